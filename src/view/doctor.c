/* SPDX-License-Identifier: GPL-2.0 */
#include "view/doctor.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define INDENT 21

static void text_row(const struct doctor_row *r)
{
	printf("  %s %-11s ", r->chosen ? "*" : " ", r->backend);
	if (r->works)
		printf("works: gives %s\n", r->provides);
	else
		printf("no: %s%s%s\n", r->program, r->program[0] ? ": " : "", r->why);
	if (r->works && r->lacks[0])
		printf("%16smissing: %s\n", "", r->lacks);
	if (!r->works)
		printf("%16swould give: %s\n%16sremedy: %s\n", "", r->provides, "", r->remedy);
}

void doctor_text(const struct doctor_fact *facts, int nf, const struct doctor_row *rows, int n, bool usable)
{
	char value[512];

	for (int i = 0; i < nf; i++) {
		printf("%-*s %s\n", INDENT - 1, facts[i].key, text_escape(value, sizeof(value), facts[i].value));
		if (facts[i].remedy[0])
			printf("%*sremedy: %s\n", INDENT, "", facts[i].remedy);
	}
	for (int i = 0; i < n; i++) {
		bool first = !i || strcmp(rows[i].hook, rows[i - 1].hook);

		if (first)
			printf("\n%s: %s%s\n", rows[i].hook, rows[i].help, rows[i].hopeless ? " - not on this machine" : "");
		text_row(&rows[i]);
	}
	printf("\nmmtrace -p PID %s on this machine.\n", usable ? "works" : "cannot run");
}

static void put(const char *key, const char *text, const char *end)
{
	char buf[2048];
	bool invalid;

	printf("\"%s\":\"%s\"%s", key, text_json(buf, sizeof(buf), text, &invalid), end);
}

void doctor_json(const struct doctor_fact *facts, int nf, const struct doctor_row *rows, int n, bool usable)
{
	printf("{\"type\":\"doctor\",\"schema\":1,\"usable\":%s,\"facts\":{", usable ? "true" : "false");
	for (int i = 0; i < nf; i++)
		put(facts[i].key, facts[i].value, i + 1 < nf ? "," : "");
	printf("},\"remedies\":{");
	for (int i = 0, put_any = 0; i < nf; i++) {
		if (!facts[i].remedy[0])
			continue;
		printf("%s", put_any++ ? "," : "");
		put(facts[i].key, facts[i].remedy, "");
	}
	printf("},\"hooks\":[");
	for (int i = 0; i < n; i++) {
		printf("%s{", i ? "," : "");
		put("hook", rows[i].hook, ",");
		put("backend", rows[i].backend, ",");
		printf("\"works\":%s,\"chosen\":%s,", rows[i].works ? "true" : "false", rows[i].chosen ? "true" : "false");
		put("provides", rows[i].provides, ",");
		put("lacks", rows[i].lacks, ",");
		put("program", rows[i].program, ",");
		put("why", rows[i].why, ",");
		put("remedy", rows[i].remedy, "}");
	}
	printf("]}\n");
}

/* SPDX-License-Identifier: GPL-2.0 */
#include "view/doctor.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

void doctor_text(const struct doctor_fact *facts, int nf, const struct doctor_row *rows, int n, bool usable)
{
	for (int i = 0; i < nf; i++)
		printf("%-14s %s\n", facts[i].key, facts[i].value);
	for (int i = 0; i < n; i++) {
		if (!i || strcmp(rows[i].hook, rows[i - 1].hook))
			printf("\n%s: %s\n", rows[i].hook, rows[i].help);
		printf("  %s %-11s %s%s\n", rows[i].chosen ? "*" : " ", rows[i].backend,
		       rows[i].works ? "works: gives " : "no: ", rows[i].works ? rows[i].provides : rows[i].why);
		if (rows[i].chosen && rows[i].lacks[0])
			printf("    %-11s missing: %s\n", "", rows[i].lacks);
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
	printf("},\"hooks\":[");
	for (int i = 0; i < n; i++) {
		printf("%s{", i ? "," : "");
		put("hook", rows[i].hook, ",");
		put("backend", rows[i].backend, ",");
		printf("\"works\":%s,\"chosen\":%s,", rows[i].works ? "true" : "false", rows[i].chosen ? "true" : "false");
		put("provides", rows[i].provides, ",");
		put("lacks", rows[i].lacks, ",");
		put("why", rows[i].why, "}");
	}
	printf("]}\n");
}

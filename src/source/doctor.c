/* SPDX-License-Identifier: GPL-2.0 */
/* The source of doctor: tries every candidate of every hook. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "probe/machine.h"
#include "probe/plan.h"
#include "probe/rights.h"
#include "source/source.h"

/* What would make a refused candidate work. */
static const char *remedy(const struct trial *t)
{
	struct refusal r = rights_refusal(t->err);

	if (!t->err)
		return "";
	if (r.hint)
		return r.hint;
	if (t->err == -EPERM || t->err == -EACCES)
		return "refused in spite of all rights: by lockdown, a security module or the hypervisor; whoever runs the "
		       "machine can allow it";
	if (t->err == -ENOENT)
		return "needs another kernel, or its BTF by --btf FILE";
	return "needs another kernel";
}

static void emit_candidate(struct source *s, const struct candidate *c, const struct trial *t, bool chosen,
			   bool hopeless)
{
	const char *texts[] = { hooks[c->hook].key, hooks[c->hook].help, c->backend, c->provides, c->limitations,
				t->err ? t->program : "", t->why, remedy(t) };
	struct input_candidate head = { .works = !t->err, .chosen = chosen, .hopeless = hopeless };
	char *body = NULL;
	size_t size = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t n = strlen(texts[i]) + 1;

		body = xreallocarray(body, size + n, 1);
		memcpy(body + size, texts[i], n);
		size += n;
	}
	emit(s, INPUT_CANDIDATE, &head, sizeof(head), body, size);
	free(body);
}

static void emit_trials(struct source *s, const struct trial *trials)
{
	bool works[HOOK_COUNT] = { false }, chosen[HOOK_COUNT] = { false };

	for (size_t i = 0; i < candidate_count; i++)
		works[candidates[i].hook] |= !trials[i].err;
	for (size_t i = 0; i < candidate_count; i++) {
		enum hook_id h = candidates[i].hook;
		bool first = !trials[i].err && !chosen[h];

		chosen[h] |= first;
		emit_candidate(s, &candidates[i], &trials[i], first, !works[h]);
	}
}

/* Can the per-VMA view run?  Else e says why not, as that would. */
static int check_trials(const struct trial *trials, struct error *e)
{
	bool works[HOOK_COUNT] = { false };

	for (size_t i = 0; i < candidate_count; i++)
		works[candidates[i].hook] |= !trials[i].err;
	for (int h = 0; h < HOOK_COUNT; h++)
		if (!works[h] && hooks[h].needed && hooks[h].object == OBJECT_MMTRACE)
			return plan_fail((enum hook_id)h, trials, NULL, e);
	return rights_read_kernel() ? 0 : rights_load_fail(e, -EPERM);
}

static void emit_machine(struct source *s)
{
	struct machine_fact facts[MACHINE_FACTS];
	int n = machine_facts(facts, s->args->probe.btf);

	for (int i = 0; i < n; i++) {
		emit_fact(s, "machine", facts[i].key, facts[i].value);
		if (facts[i].remedy[0])
			emit_fact(s, "remedy", facts[i].key, facts[i].remedy);
	}
}

static int doctor_open(struct source *s, struct error *e)
{
	struct trial *trials = xcalloc(candidate_count, sizeof(*trials));
	struct error why = { 0 };
	char code[8];

	(void)e;
	hook_trials(s->args->probe.btf, s->args->probe.verbose, trials);
	emit_machine(s);
	emit_trials(s, trials);
	if (!rights_check_start(&why) && !rights_check_proc(&why) && !check_trials(trials, &why)) {
		emit_fact(s, "option", "usable", "");
	} else {
		snprintf(code, sizeof(code), "%d", why.code);
		emit_fact(s, "option", "refusal", code);
		emit_fact(s, "refusal", "what", why.what);
		emit_fact(s, "refusal", "cause", why.cause);
		emit_fact(s, "refusal", "hint", strstr(why.hint, "mmtrace doctor") ? "" : why.hint); /* it is the doctor who speaks */
	}
	free(trials);
	return 0;
}

/* There is nothing to wait for. */
static bool doctor_ended(struct source *s)
{
	(void)s;
	return true;
}

const struct source_type source_doctor = {
	.name = "doctor", .size = sizeof(struct source), .open = doctor_open, .ended = doctor_ended,
};

/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/plan.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probe/rights.h"
#include "probe/trial.h"

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static int loud(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level <= LIBBPF_INFO ? vfprintf(stderr, fmt, ap) : 0;
}

void plan_log(bool verbose)
{
	libbpf_set_print(verbose ? loud : quiet);
}

void hook_trials(const char *btf, bool verbose, struct trial *out)
{
	struct trial_env *env;

	plan_log(verbose);
	env = trial_open(btf);
	for (size_t i = 0; i < candidate_count; i++)
		trial_run(env, &candidates[i], &out[i]);
	trial_close(env);
}

void plan_want_object(struct plan *p, enum object_id object)
{
	for (int h = 0; h < HOOK_COUNT; h++)
		p->want[h] |= hooks[h].object == object;
}

/* Of several, the one that somebody can do something about. */
static struct refusal plan_refusal(enum hook_id hook, const struct trial *trials)
{
	struct refusal best = { EXIT_OK, NULL };

	for (size_t i = 0; i < candidate_count; i++) {
		struct refusal r = { EXIT_OK, NULL };

		if (candidates[i].hook != hook || !trials[i].err)
			continue;
		r = rights_refusal(trials[i].err);
		if (!best.code || (r.hint && !best.hint))
			best = r;
	}
	return best;
}

int plan_fail(enum hook_id hook, const struct trial *trials, const char *forced, struct error *e)
{
	struct refusal refusal = plan_refusal(hook, trials);
	char cause[sizeof(e->cause)] = "";

	for (size_t i = 0; i < candidate_count; i++) {
		size_t used = strlen(cause);

		if (candidates[i].hook != hook || !trials[i].done)
			continue;
		snprintf(cause + used, sizeof(cause) - used, "%s%s: %s", used ? "; " : "", candidates[i].backend,
			 trials[i].why);
	}
	if (!cause[0])
		snprintf(cause, sizeof(cause), "no backend is called '%s'", forced ? forced : "");
	if (!refusal.code)
		return error_set(e, EXIT_USAGE, "see 'mmtrace doctor' for the backends", cause, "cannot force %s=%s",
				 hooks[hook].key, forced ? forced : "");
	if (!refusal.hint)
		refusal.hint = "'mmtrace doctor' shows what this kernel offers";
	return error_set(e, refusal.code, refusal.hint, cause, "cannot trace %s", hooks[hook].help);
}

int plan_build(struct plan *p, struct error *e)
{
	struct trial_env *env = trial_open(p->btf);
	struct trial trials[candidate_count];
	int err = trial_check_file(env, p->btf, e);

	memset(trials, 0, sizeof(trials));
	for (int h = 0; h < HOOK_COUNT && !err; h++) {
		if (!p->want[h])
			continue;
		for (size_t i = 0; i < candidate_count && !p->chosen[h]; i++) {
			if ((int)candidates[i].hook != h || (p->force[h] && strcmp(p->force[h], candidates[i].backend)))
				continue;
			trial_run(env, &candidates[i], &trials[i]);
			if (!trials[i].err)
				p->chosen[h] = &candidates[i];
		}
		if (!p->chosen[h] && (hooks[h].needed || p->force[h]))
			err = plan_fail(h, trials, p->force[h], e);
	}
	trial_close(env);
	return err;
}

void plan_autoload(const struct plan *p, struct bpf_object *obj)
{
	for (int h = 0; h < HOOK_COUNT; h++) {
		if (!p->chosen[h])
			continue;
		for (const char *const *name = p->chosen[h]->progs; *name; name++) {
			struct bpf_program *prog = bpf_object__find_program_by_name(obj, *name);

			if (prog)
				bpf_program__set_autoload(prog, true);
		}
	}
}

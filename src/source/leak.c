/* SPDX-License-Identifier: GPL-2.0 */
/* The source of leak: a table of allocations in the kernel.  Its counters are read
 * often, for the trend; the table itself once an interval. */
#include "source/leak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args/parse.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/slab.h"

/* Readings for the trend: this many an interval, and in the whole run. */
#define READINGS_INTERVAL 4
#define READINGS_RUN 40
#define READING_MIN_NS 50000000ull
/* After the last process ended, for what RCU frees behind it. */
#define AFTERMATH_NS 500000000ull
#define BATCH 1024

static const char *const domain_keys[MMT_LEAK_DOMAINS] = {
	[MMT_LEAK_KMALLOC] = "kmalloc", [MMT_LEAK_SLAB] = "slab", [MMT_LEAK_VMALLOC] = "vmalloc", [MMT_LEAK_PAGE] = "page",
};

static struct leak_source *leak_in(struct source *s)
{
	return (struct leak_source *)s;
}

/* --- options --- */

/* Bit of a domain; 0: no such word. */
static uint32_t domain_bit(const char *word)
{
	for (int d = 0; d < MMT_LEAK_DOMAINS; d++)
		if (!strcmp(domain_keys[d], word))
			return 1u << d;
	return strcmp(word, "pages") ? 0 : 1u << MMT_LEAK_PAGE;
}

static int check_slab(const char *slab, struct mmt_leak_config *config, struct error *e)
{
	char name[64], safe[256];

	if (!slab)
		return 0;
	if (!(config->domains & (1u << MMT_LEAK_KMALLOC | 1u << MMT_LEAK_SLAB)))
		return error_set(e, EXIT_USAGE, "name the domain slab too, or no domain", "no slab domain is traced",
				 "nothing to show");
	config->slab_bytes = slab_kmalloc_bytes(slab);
	if (slab_name(slab, name, sizeof(name), e))
		return -1;
	if (strcmp(name, slab))
		fprintf(stderr, "mmtrace: the kernel has merged this cache with others, all go by the name %s\n",
			error_escape(safe, sizeof(safe), name));
	snprintf(config->slab, sizeof(config->slab), "%.*s", MMT_LEAK_NAME - 1, name);
	return 0;
}

int leak_options_make(const struct args *a, struct leak_options *o, struct error *e)
{
	struct mmt_leak_config *c = &o->config;
	char safe[80];

	*o = (struct leak_options){ .btf = a->probe.btf, .entries = a->leak.entries ? a->leak.entries : LEAK_ENTRIES,
				    .verbose = a->probe.verbose };
	memcpy(o->force, a->probe.force, sizeof(o->force));
	*c = (struct mmt_leak_config){ .min_bytes = a->alloc.min_size,
				       .max_bytes = a->alloc.max_size,
				       .stacks = a->leak.stacks,
				       .sample = a->probe.sample ? a->probe.sample : 1,
				       .self = (uint32_t)getpid(),
				       .filter_pid = a->target.pids.count || a->target.command,
				       .follow = !a->target.no_follow };
	for (int i = 0; i < a->word_count; i++) {
		if (!domain_bit(a->words[i]))
			return error_set(e, EXIT_USAGE, NULL, "neither a domain (kmalloc slab vmalloc page) nor an interval and a count",
					 "unknown word '%s'", text_escape(safe, sizeof(safe), a->words[i]));
		c->domains |= domain_bit(a->words[i]);
	}
	if (!c->domains)
		c->domains = 1u << MMT_LEAK_KMALLOC | 1u << MMT_LEAK_SLAB;
	if (args_given(a, "max-size") && !c->max_bytes)
		return arg_bad(e, "max-size", "0", "no allocation is that small");
	if (c->max_bytes && c->max_bytes < c->min_bytes)
		return error_set(e, EXIT_USAGE, NULL, "-Z is less than -z", "no size is left");
	return 0;
}

/* --- open --- */

static int load_names(struct leak_source *l, struct error *e)
{
	const char *module = l->s.args->alloc.module;
	struct ksym_range code;

	l->syms = ksym_load(NULL);
	l->names_read = 1;
	l->no_names = l->syms && !ksym_hidden(l->syms) ? NULL : l->syms ? ksym_why_hidden() : "/proc/kallsyms cannot be read";
	if (l->no_names)
		emit_fact(&l->s, "unknown", "function", l->no_names);
	if (!module)
		return 0;
	if (l->no_names)
		return error_set(e, EXIT_NOT_PERMITTED, NULL, l->no_names, "cannot find module '%.80s'", module);
	return ksym_module(l->syms, module, &code, 1)
		       ? 0 : error_set(e, EXIT_USAGE, "'lsmod' lists the modules", "no such module is loaded, or it has no code",
				       "cannot find module '%.80s'", module);
}

static void emit_hook(struct leak_source *l, enum hook_id hook, const char *without)
{
	const struct candidate *c = leak_backend(l->probe, hook);

	emit_backend(&l->s, hook, c);
	if (!c && without[0])
		emit_fact(&l->s, "unknown", hooks[hook].key, without);
}

static void emit_facts(struct leak_source *l)
{
	const struct mmt_leak_config *c = &l->opt.config;

	emit_number(&l->s, "option", "sample", c->sample);
	emit_number(&l->s, "option", "entries", l->opt.entries);
	emit_number(&l->s, "option", "older_ns", l->s.args->leak.older_ns);
	if (l->s.args->alloc.module)
		emit_fact(&l->s, "run", "module", l->s.args->alloc.module);
	for (int d = 0; d < MMT_LEAK_DOMAINS; d++)
		if (c->domains & 1u << d)
			emit_fact(&l->s, "domain", domain_keys[d], domain_keys[d]);
	if (c->domains & (1u << MMT_LEAK_KMALLOC | 1u << MMT_LEAK_SLAB)) {
		emit_hook(l, HOOK_LEAK_SLAB, "");
		emit_hook(l, HOOK_LEAK_BULK, "objects freed in bulk (kfree_rcu, network buffers) stay until their address is "
			  "allocated again");
	}
	if (c->domains & 1u << MMT_LEAK_VMALLOC)
		emit_hook(l, HOOK_LEAK_VMALLOC, "");
	if (c->domains & 1u << MMT_LEAK_PAGE)
		emit_hook(l, HOOK_LEAK_PAGE, "");
}

static uint64_t reading_period(const struct time_args *t)
{
	uint64_t period = t->interval_ns ? t->interval_ns / READINGS_INTERVAL : CLOCK_SECOND_NS;

	if (t->duration_ns && t->duration_ns / READINGS_RUN < period)
		period = t->duration_ns / READINGS_RUN;
	return period > READING_MIN_NS ? period : READING_MIN_NS;
}

static int add_targets(struct leak_source *l, struct error *e)
{
	const struct id_list *pids = &l->s.args->target.pids;
	int err = 0, i = 0;

	for (; i < pids->count && !err; i++)
		err = leak_add_target(l->probe, pids->id[i]);
	if (err)
		return target_refused(pids->id[i - 1], err, e);
	err = l->s.child ? leak_add_target(l->probe, l->s.child) : 0;
	return err ? target_refused(l->s.child, err, e) : 0;
}

static int leak_open(struct source *s, struct error *e)
{
	struct leak_source *l = leak_in(s);
	struct probe_cost cost;

	if (leak_options_make(s->args, &l->opt, e) || check_slab(s->args->leak.slab, &l->opt.config, e) ||
	    target_check(s, false, true, e))
		return -1;
	l->probe = leak_probe_open(&l->opt, e);
	if (!l->probe)
		return -1;
	/* the names last: those of the trampolines are only there now */
	if (add_targets(l, e) || leak_probe_attach(l->probe, e) || load_names(l, e))
		return -1;
	s->period_ns = reading_period(&s->args->time);
	s->linger_ns = AFTERMATH_NS;
	emit_facts(l);
	leak_cost(l->probe, &cost);
	emit_cost(s, &cost);
	target_report_children(s);
	return 0;
}

/* --- reading --- */

static int leak_drain(struct source *s, struct error *e)
{
	struct leak_source *l = leak_in(s);
	uint32_t end = leak_site_end(l->probe);
	struct input_site_count *list = xcalloc(end, sizeof(*list));
	struct input_moment head;
	size_t n = 0;

	(void)e;
	leak_names_learn(l, false);
	for (uint32_t i = 1; i < end; i++)
		leak_site_emit(l, i);
	head.now = clock_monotonic_ns(); /* names have taken their time */
	for (uint32_t i = 1; i < end; i++)
		if (leak_table_knows(leak_of(s->model)->table, i) && leak_count(l->probe, i, &list[n].count))
			list[n++].number = i;
	emit(s, INPUT_LEAK_COUNTS, &head, sizeof(head), list, n * sizeof(*list));
	free(list);
	return 0;
}

struct objects { struct leak_source *l; size_t count; struct input_object object[BATCH]; };

static void objects_emit(struct objects *o)
{
	if (o->count)
		emit(&o->l->s, INPUT_LEAK_OBJECTS, NULL, 0, o->object, o->count * sizeof(o->object[0]));
	o->count = 0;
}

static void on_object(void *ctx, uint32_t site, uint64_t age)
{
	struct objects *o = ctx;

	leak_site_emit(o->l, site);
	o->object[o->count++] = (struct input_object){ age, site, 0 };
	if (o->count == BATCH)
		objects_emit(o);
}

static void emit_state(struct leak_source *l)
{
	uint64_t losses[MMT_LEAK_LOSSES] = { 0 };
	struct probe_cost cost;

	leak_losses(l->probe, losses);
	emit(&l->s, INPUT_LOSSES, NULL, 0, losses, sizeof(losses));
	leak_cost(l->probe, &cost);
	emit_cost(&l->s, &cost);
}

struct caches { struct input_cache *all; size_t count, room; };

/* All caches of kmalloc of one size are one. */
static void on_cache(void *ctx, const char *name, uint64_t objects)
{
	struct caches *c = ctx;
	uint64_t bytes = slab_kmalloc_bytes(name);

	for (size_t i = 0; bytes && i < c->count; i++)
		if (c->all[i].bytes == bytes) {
			c->all[i].objects += objects;
			return;
		}
	c->all = xgrow(c->all, c->count, &c->room, sizeof(*c->all));
	c->all[c->count] = (struct input_cache){ .bytes = bytes, .objects = objects };
	if (!bytes)
		snprintf(c->all[c->count].name, sizeof(c->all[0].name), "%.*s", MMT_LEAK_NAME - 1, name);
	c->count++;
}

/* What the kernel itself says that it has. */
static void caches_emit(struct leak_source *l)
{
	struct caches c = { 0 };

	if (!(l->opt.config.domains & (1u << MMT_LEAK_KMALLOC | 1u << MMT_LEAK_SLAB)))
		return;
	if (!slab_each(on_cache, &c) && c.count)
		emit(&l->s, INPUT_LEAK_CACHES, NULL, 0, c.all, c.count * sizeof(*c.all));
	free(c.all);
}

static int leak_read(struct source *s, bool last, struct error *e)
{
	struct leak_source *l = leak_in(s);
	struct objects *objects;
	int err;

	if (last) {
		leak_drain(s, e);
		if (l->names_wanted) {
			leak_names_learn(l, true);
			leak_drain(s, e);
		}
	}
	objects = xcalloc(1, sizeof(*objects));
	objects->l = l;
	if (!last) /* what is freed once nothing is traced is in the table, and not in the cache */
		caches_emit(l);
	emit(s, INPUT_LEAK_WALK, NULL, 0, NULL, 0);
	err = leak_each(l->probe, on_object, objects);
	objects_emit(objects);
	free(objects);
	if (!last)
		caches_emit(l);
	emit(s, INPUT_LEAK_WALKED, NULL, 0, NULL, 0);
	emit_state(l);
	return err ? error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot read the table of allocations") : 0;
}

static int leak_stop(struct source *s, struct error *e)
{
	(void)e;
	caches_emit(leak_in(s));
	leak_probe_detach(leak_in(s)->probe);
	return 0;
}

static bool leak_ended(struct source *s)
{
	struct leak_source *l = leak_in(s);

	if (!s->args->target.pids.count)
		return false;
	/* three looks: a process may fork behind one, and end */
	l->looks_without_targets = leak_target_lives(l->probe) ? 0 : l->looks_without_targets + 1;
	return l->looks_without_targets > 2;
}

static void leak_close(struct source *s)
{
	leak_probe_free(leak_in(s)->probe);
	ksym_free(leak_in(s)->syms);
}

const struct source_type source_leak = {
	.name = "leak", .traces = true,
	.size = sizeof(struct leak_source), .open = leak_open, .drain = leak_drain, .read = leak_read,
	.stop = leak_stop, .ended = leak_ended, .close = leak_close,
};

/* SPDX-License-Identifier: GPL-2.0 */
/* Which domains hist counts, by which keys: what the words and options mean together. */
#include <stdio.h>
#include <string.h>

#include "args/parse.h"
#include "base/text.h"
#include "source/hist.h"

static const struct { const char *key; bool by_default, sized; uint32_t keys; } domains[MMT_DOMAIN_COUNT] = {
#define DOMAIN(NAME, n, key, sized, timed, by_default, keys, help) [n] = { key, by_default, sized, keys },
#include "wire/domains.def"
#undef DOMAIN
};

struct choice { const struct args *a; struct kmem_options *o; bool named[MMT_DOMAIN_COUNT], group, any_named; };

static int parse_by(struct kmem_options *o, const char *list, struct error *e)
{
	int n = 0;

	for (const char *s = list; s; s = *s ? s + 1 : NULL) {
		size_t len = strcspn(s, ",");
		uint8_t k = 0;

		while (k < MMT_KEY_COUNT && (strlen(hist_key_keys[k]) != len || memcmp(hist_key_keys[k], s, len)))
			k++;
		if (k == MMT_KEY_COUNT)
			return arg_bad(e, "by", list, "keys: site cache process order gfp node cgroup region migrate");
		if (n == 2 || (n && o->config.by[0] == k))
			return arg_bad(e, "by", list, "two different keys at most");
		o->config.by[n++] = k;
		s += len;
	}
	return 0;
}

static int take_word(struct choice *c, const char *word, struct error *e)
{
	char safe[80];

	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		if (!strcmp(domains[d].key, word)) {
			c->named[d] = c->o->domain[d] = c->any_named = true;
			return 0;
		}
	c->group |= !strcmp(word, "reclaim"); /* a word for all that happens when memory runs short */
	if (!strcmp(word, "reclaim"))
		return 0;
	return error_set(e, EXIT_USAGE, NULL, "neither a domain nor an interval and a count", "unknown word '%s'",
			 text_escape(safe, sizeof(safe), word));
}

static uint32_t wanted_keys(const struct choice *c)
{
	uint32_t bits = c->a->alloc.module ? HK_SITE : 0;

	for (int i = 0; i < 2; i++)
		if (c->o->config.by[i] != MMT_KEY_NONE)
			bits |= HK_BIT(c->o->config.by[i]);
	return bits;
}

static int key_missing(int d, uint32_t missing, struct error *e)
{
	char list[128] = "";

	for (int k = 0; k < MMT_KEY_COUNT; k++)
		if (domains[d].keys & HK_BIT(k))
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", list[0] ? " " : "it has: ", hist_key_keys[k]);
	return error_set(e, EXIT_USAGE, NULL, list, "domain '%s' has no key '%s'", domains[d].key,
			 hist_key_keys[__builtin_ctz(missing)]);
}

/* Named domains must have the keys; of the others those that have them. */
static int choose_domains(struct choice *c, struct error *e)
{
	uint32_t wanted = wanted_keys(c);
	bool any = c->any_named;

	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		if (c->named[d] && wanted & ~domains[d].keys)
			return key_missing(d, wanted & ~domains[d].keys, e);
	for (int d = MMT_DOMAIN_DIRECT; d <= MMT_DOMAIN_SWAPIN && c->group; d++)
		any |= c->o->domain[d] |= !(wanted & ~domains[d].keys);
	for (int d = 0; d < MMT_DOMAIN_COUNT && !c->any_named && !c->group; d++)
		any |= c->o->domain[d] = domains[d].by_default && !(wanted & ~domains[d].keys);
	c->o->optional = !c->any_named || c->group;
	return any ? 0 : error_set(e, EXIT_USAGE, NULL, "no domain has both", "cannot split by these keys");
}

/* Options that nothing of what is counted heeds. */
static int check_use(const struct choice *c, struct error *e)
{
	const struct kmem_options *o = c->o;
	bool sized = false, freed = false, limited = c->a->alloc.min_size || args_given(c->a, "max-size");

	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		sized |= o->domain[d] && domains[d].sized;
		freed |= o->domain[d] && kmem_counts_frees((enum mmt_domain)d);
	}
	if (o->frees && !freed)
		return args_useless(e, "--frees", "only frees of kmalloc, slab and page are announced");
	if (c->a->alloc.module && o->frees && o->domain[MMT_DOMAIN_PAGE])
		return error_set(e, EXIT_USAGE, "name other domains, or leave --frees or --module away",
				 "the free of a page has no site", "cannot choose frees by module");
	if (o->config.look_through && !(wanted_keys(c) & HK_SITE))
		return args_useless(e, "--look-through", "it is about sites: --by site");
	if (c->a->show.sort && o->config.by[0] == MMT_KEY_NONE)
		return args_useless(e, "-s", "it sorts rows: --by KEY");
	if (c->a->show.sort && !strcmp(c->a->show.sort, "waste") && !sized)
		return args_useless(e, "-s waste", "times have no waste");
	if (args_given(c->a, "rows") && o->config.by[0] == MMT_KEY_NONE)
		return args_useless(e, "--rows", "there are rows only with --by KEY");
	if (limited && !sized)
		return args_useless(e, "-z or -Z", "times have no size");
	if (limited && o->frees && o->domain[MMT_DOMAIN_KMALLOC])
		return error_set(e, EXIT_USAGE, "name other domains, or leave --frees or the size away", "kfree gives no size",
				 "cannot choose frees by size");
	return 0;
}

int hist_options_make(const struct args *a, struct kmem_options *o, struct error *e)
{
	struct choice c = { .a = a, .o = o };
	const char *by = a->show.by_kernel ? a->show.by_kernel : a->show.by;
	bool max_given = args_given(a, "max-size");

	*o = (struct kmem_options){ .frees = a->hist.frees, .rows = a->probe.rows, .cgroup_fd = -1, .btf = a->probe.btf,
				    .verbose = a->probe.verbose };
	memcpy(o->force, a->probe.force, sizeof(o->force));
	o->config.by[0] = o->config.by[1] = MMT_KEY_NONE;
	o->config.look_through = a->hist.look_through;
	o->config.size_min = a->alloc.min_size;
	o->config.size_max = max_given ? a->alloc.max_size : UINT64_MAX;
	o->config.filter_pid = a->target.pids.count || a->target.command;
	o->config.follow = !a->target.no_follow;
	if (by && parse_by(o, by, e))
		return -1;
	for (int i = 0; i < a->word_count; i++)
		if (take_word(&c, a->words[i], e))
			return -1;
	if (o->config.size_min > o->config.size_max)
		return error_set(e, EXIT_USAGE, NULL, "-z is above -Z", "no size passes");
	return choose_domains(&c, e) ? -1 : check_use(&c, e);
}

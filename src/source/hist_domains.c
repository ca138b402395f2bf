/* SPDX-License-Identifier: GPL-2.0 */
/* What is counted: the domains named, or those that have the keys asked for. */
#include <stdio.h>
#include <string.h>

#include "args/parse.h"
#include "base/text.h"
#include "source/hist.h"

#define RECLAIM "reclaim" /* a word for all that happens when memory runs short */

struct choice { const struct args *a; struct hist_probe_options *o; bool named[MMT_DOMAIN_COUNT], any_named, reclaim; };

/* --- keys --- */

static uint8_t key_of(const char *name, size_t len)
{
	uint8_t k = 0;

	while (k < MMT_KEY_COUNT && (strlen(hist_keys[k].key) != len || memcmp(hist_keys[k].key, name, len)))
		k++;
	return k;
}

/* Rows are split by these in any case. */
static bool is_given(const char *name, size_t len)
{
	return (len == 5 && !memcmp(name, "event", 5)) || (len == 2 && !memcmp(name, "op", 2));
}

static const char which_keys[] = "keys:"
#define HIST_KEY(NAME, n, key, help) " " key
#include "wire/hist_keys.def"
#undef HIST_KEY
	;

static int parse_by(const char *list, uint8_t by[2], struct error *e)
{
	size_t len;
	int n = 0;

	by[0] = by[1] = MMT_KEY_NONE;
	for (const char *rest = list, *s; (s = text_element(&rest, &len));) {
		uint8_t k = key_of(s, len);

		if (is_given(s, len))
			continue;
		if (k == MMT_KEY_COUNT)
			return arg_bad(e, "by", list, which_keys);
		if (n == 2 || (n && by[0] == k))
			return arg_bad(e, "by", list, "two different keys at most");
		by[n++] = k;
	}
	return 0;
}

static uint32_t wanted_keys(const struct choice *c)
{
	uint32_t bits = c->a->alloc.module ? HK_SITE : 0;

	for (int i = 0; i < 2; i++)
		if (c->o->config.by[i] != MMT_KEY_NONE)
			bits |= HK_BIT(c->o->config.by[i]);
	return bits;
}

/* --- domains --- */

static int parse_word(struct choice *c, const char *word, struct error *e)
{
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		if (!strcmp(hist_domains[d].key, word)) {
			c->named[d] = c->any_named = c->o->domain[d] = true;
			return 0;
		}
	if (!strcmp(word, RECLAIM)) {
		c->reclaim = true;
		return 0;
	}
	return error_set(e, EXIT_USAGE, NULL, "neither a domain nor an interval and a count", "unknown word '%.40s'", word);
}

static int key_missing(const struct hist_domain *d, uint32_t missing, struct error *e)
{
	char list[128] = "";

	for (int k = 0; k < MMT_KEY_COUNT; k++)
		if (d->keys & HK_BIT(k))
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", list[0] ? " " : "it has: ", hist_keys[k].key);
	return error_set(e, EXIT_USAGE, NULL, list, "domain '%s' has no key '%s'", d->key,
			 hist_keys[__builtin_ctz(missing)].key);
}

/* Named domains must have the keys; of the others those that have them. */
static int choose(struct choice *c, struct error *e)
{
	uint32_t wanted = wanted_keys(c);
	bool any = false;

	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		if (c->named[d] && wanted & ~hist_domains[d].keys)
			return key_missing(&hist_domains[d], wanted & ~hist_domains[d].keys, e);
	for (int d = 0; d < MMT_DOMAIN_COUNT && c->reclaim; d++)
		any |= c->o->domain[d] |= hist_is(d, HD_RECLAIM) && !(wanted & ~hist_domains[d].keys);
	for (int d = 0; d < MMT_DOMAIN_COUNT && !c->any_named && !c->reclaim; d++)
		any |= c->o->domain[d] = hist_is(d, HD_DEFAULT) && !(wanted & ~hist_domains[d].keys);
	c->o->optional = !c->any_named || c->reclaim;
	return c->any_named || any ? 0 : error_set(e, EXIT_USAGE, NULL, "no domain has both", "cannot split by these keys");
}

/* --- options that nothing of what is counted heeds --- */

static int check_frees(const struct choice *c, bool freed, bool limited, struct error *e)
{
	if (!freed)
		return args_useless(e, "--frees", "of kmalloc, slab and page only frees are reported");
	if (c->a->alloc.module && c->o->domain[MMT_DOMAIN_PAGE])
		return error_set(e, EXIT_USAGE, "name other domains, or leave --frees or --module away",
				 "where pages are freed no site is reported", "cannot choose frees by module");
	if (limited && c->o->domain[MMT_DOMAIN_KMALLOC])
		return error_set(e, EXIT_USAGE, "name other domains, or leave --frees or the size away", "kfree reports no size",
				 "cannot choose frees by size");
	return 0;
}

static int check_use(const struct choice *c, struct error *e)
{
	bool limited = args_given(c->a, "min-size") || args_given(c->a, "max-size"), sized = false, freed = false;
	const char *sort = c->a->show.sort;

	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		sized |= c->o->domain[d] && hist_is(d, HD_SIZED);
		freed |= c->o->domain[d] && hist_probe_counts_frees(d);
	}
	if (c->a->hist.look_through && !(wanted_keys(c) & HK_SITE))
		return args_useless(e, "--look-through", "it is about sites: --by site");
	if (sort && c->o->config.by[0] == MMT_KEY_NONE)
		return args_useless(e, "-s", "it sorts rows: --by KEY");
	if (sort && !strcmp(sort + (*sort == '-'), "waste") && !sized)
		return args_useless(e, "-s waste", "times have no waste");
	if (args_given(c->a, "rows") && c->o->config.by[0] == MMT_KEY_NONE)
		return args_useless(e, "--rows", "there are rows only by keys: --by KEY");
	if (limited && !sized)
		return args_useless(e, "-z or -Z", "times have no size");
	return c->o->frees ? check_frees(c, freed, limited, e) : 0;
}

int hist_domains_choose(const struct args *a, struct hist_probe_options *o, struct error *e)
{
	struct choice c = { .a = a, .o = o };

	if (parse_by(a->hist.by, o->config.by, e))
		return -1;
	for (int i = 0; i < a->word_count; i++)
		if (parse_word(&c, a->words[i], e))
			return -1;
	o->frees = a->hist.frees;
	o->config.look_through = a->hist.look_through;
	o->config.size_min = a->alloc.min_size;
	o->config.size_max = args_given(a, "max-size") ? a->alloc.max_size : UINT64_MAX;
	if (!o->config.size_max)
		return arg_bad(e, "max-size", "0", "no allocation is that small");
	if (o->config.size_min > o->config.size_max)
		return error_set(e, EXIT_USAGE, NULL, "-z is above -Z", "no size passes");
	return choose(&c, e) ? -1 : check_use(&c, e);
}

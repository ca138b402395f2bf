/* SPDX-License-Identifier: GPL-2.0 */
/* What the keys of a row are called. */
#include <inttypes.h>

#include "view/rows/hist.h"

const char *hist_migrate_type(uint64_t type)
{
	static const char *const types[] = { "unmovable", "movable", "reclaimable", "high-atomic", "cma", "isolate" };

	return type < sizeof(types) / sizeof(types[0]) ? types[type] : NULL;
}

static struct value site_value(const struct name *n, uint64_t site, const struct tick *t)
{
	bool module = n && n->more[0];

	if (!site)
		return value_none();
	if (!n)
		return value_text(tick_printf(t, "0x%" PRIx64, site));
	return value_text(tick_printf(t, "%s+0x%" PRIx64 "%s%s%s%s", n->text, n->extra, module ? " [" : "",
				      module ? n->more : "", module ? "]" : "",
				      n->flags & INPUT_NAME_WRAPPER ? " (wrapper: caller unknown)" : ""));
}

static struct value cache_value(const struct hist_line *l, const struct name *n, uint64_t cache,
				const struct tick *t)
{
	if (!hist_is(l->domain, HD_SIZE_CLASSES))
		return value_text(n ? n->text : NULL);
	if (cache > 8192)
		return value_text(tick_printf(t, "pages for %" PRIu64, cache));
	return value_text(tick_printf(t, cache % 1024 || !cache ? "kmalloc-%" PRIu64 : "kmalloc-%" PRIu64 "k",
				      cache % 1024 || !cache ? cache : cache / 1024));
}

static struct value node_value(int64_t node)
{
	if (node >= 0)
		return value_uint((uint64_t)node);
	return node == -1 ? value_text("any") : value_none();
}

static struct value listed_value(const char *name, uint64_t number, const struct tick *t)
{
	return value_text(name ? name : tick_printf(t, "%" PRIu64, number));
}

const char *hist_aliases(const struct hist_line *l, const struct tick *t)
{
	const struct hist_model *h = hist_of(t->model);
	int at = h->by[0] == MMT_KEY_CACHE ? 0 : h->by[1] == MMT_KEY_CACHE ? 1 : -1;
	const struct name *n = NULL;

	if (at >= 0 && !l->other && hist_has_key(l->domain, l->op, MMT_KEY_CACHE))
		n = name_find(&h->names, hist_name_kind(l->domain, MMT_KEY_CACHE), l->k[at]);
	return n && n->more[0] ? n->more : NULL;
}

struct value hist_key_value(const struct hist_line *l, enum mmt_hist_key_id key, const struct tick *t)
{
	const struct hist_model *h = hist_of(t->model);
	int at = h->by[0] == key ? 0 : h->by[1] == key ? 1 : -1;
	const struct name *n;
	uint64_t k;

	if (at < 0 || l->other || l->op == MMT_OP_FALLBACK || !hist_has_key(l->domain, l->op, key))
		return value_none();
	k = l->k[at];
	n = name_find(&h->names, hist_name_kind(l->domain, key), k);
	switch (key) {
	case MMT_KEY_SITE: return site_value(n, k, t);
	case MMT_KEY_CACHE: return cache_value(l, n, k, t);
	case MMT_KEY_PROCESS: return value_text(tick_printf(t, "%s[%u]", n ? n->text : "?", (uint32_t)k));
	case MMT_KEY_ORDER: return value_uint(k);
	case MMT_KEY_GFP: return value_text(n ? n->text : tick_printf(t, "0x%" PRIx64, k));
	case MMT_KEY_NODE: return node_value((int64_t)k);
	case MMT_KEY_CGROUP: return value_text(n ? n->text : tick_printf(t, "cgroup id %" PRIu64, k));
	case MMT_KEY_REGION: return listed_value(k <= MMT_REGIONS ? hist_regions[k] : NULL, k, t);
	case MMT_KEY_MIGRATE: return listed_value(hist_migrate_type(k), k, t);
	case MMT_KEY_COUNT: case MMT_KEY_NONE: break;
	}
	return value_none();
}

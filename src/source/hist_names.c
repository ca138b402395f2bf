/* SPDX-License-Identifier: GPL-2.0 */
/* What histograms are split by, by name: sites, caches, processes, cgroups, flags. */
#include <stdio.h>
#include <string.h>

#include "host/cgroup.h"
#include "host/slab.h"
#include "probe/gfp.h"
#include "source/hist.h"
#include "sym/wrapper.h"

static void learn_bit(void *ctx, const char *enumerator, uint64_t bit)
{
	gfp_learn(ctx, enumerator, bit);
}

void hist_names_learn(struct hist_source *h)
{
	if (!gfp_each_bit(h->opt.btf, learn_bit, &h->gfp))
		gfp_defaults(&h->gfp);
}

static void announce(struct hist_source *h, const struct input_name *n, const char *text)
{
	emit(&h->s, INPUT_NAME, n, sizeof(*n), text, strlen(text) + 1);
}

/* Text: the function, NUL, its module. */
static void announce_site(struct hist_source *h, uint64_t site)
{
	struct input_name n = { .key = site, .kind = INPUT_NAME_SYMBOL };
	char text[512];
	struct ksym k;
	int len;

	if (h->site_unknown || !ksym_find(h->ksyms, site, &k))
		return;
	n.extra = k.offset;
	n.flags = !k.module && wrapper_is(k.name) ? INPUT_NAME_WRAPPER : 0;
	len = snprintf(text, sizeof(text), "%.300s%c%.100s", k.name, '\0', k.module ? k.module : "");
	emit(&h->s, INPUT_NAME, &n, sizeof(n), text, (size_t)len + 1);
}

/* A process may have executed another program since the last reading. */
static void announce_process(struct hist_source *h, uint64_t id, const struct name *known)
{
	struct input_name n = { .key = id, .kind = INPUT_NAME_PROCESS };
	struct mmt_hist_process p;
	const struct mmt_hist_process *kept = hist_kept_find(&h->kept, id);
	char comm[sizeof(p.comm) + 1] = "";

	if (map_get_number(&h->processes, id))
		return;
	map_set_number(&h->processes, id, h);
	if (kept)
		p = *kept;
	else if (!hist_probe_process(h->probe, id, &p))
		return;
	memcpy(comm, p.comm, sizeof(p.comm));
	n.extra = p.start_boottime;
	if (!known || strcmp(known->text, comm) || known->extra != n.extra)
		announce(h, &n, comm);
}

#define ALIASES 160 /* bytes; a list of more ends in "..." */

/* Text: the name, NUL, the names of caches that are merged with it. */
static void announce_cache(struct hist_source *h, uint64_t id)
{
	const struct input_name n = { .key = id, .kind = INPUT_NAME_CACHE };
	char text[sizeof(((struct mmt_hist_cache *)0)->name) + 1] = "";
	char aliases[ALIASES], both[sizeof(text) + ALIASES];
	struct mmt_hist_cache c;
	int len;

	if (!hist_probe_cache(h->probe, id, &c))
		return;
	memcpy(text, c.name, sizeof(c.name));
	slab_aliases(text, aliases, sizeof(aliases));
	len = snprintf(both, sizeof(both), "%s%c%s", text, '\0', aliases);
	emit(&h->s, INPUT_NAME, &n, sizeof(n), both, (size_t)len + 1);
}

static void announce_cgroup(struct hist_source *h, uint64_t id)
{
	const struct input_name n = { .key = id, .kind = INPUT_NAME_CGROUP };
	struct mmt_cgroup_path seen;
	char text[MMT_CGROUP_TEXT];
	const char *path = NULL;

	if (hist_probe_cgroup(h->probe, id, &seen))
		path = cgroup_path_text(&seen, text, sizeof(text));
	if (!path)
		path = cgroup_names_find(&h->cgroups, id);
	if (path)
		announce(h, &n, path);
}

static void announce_gfp(struct hist_source *h, uint64_t gfp)
{
	const struct input_name n = { .key = gfp, .kind = INPUT_NAME_GFP };
	char text[700];

	announce(h, &n, gfp_text(&h->gfp, gfp, text, sizeof(text)));
}

static void announce_key(struct hist_source *h, const struct mmt_hist_key *cell, int at)
{
	uint8_t key = h->opt.config.by[at];
	uint32_t kind = hist_has_key(cell->domain, cell->op, key) ? hist_name_kind(cell->domain, key) : 0;
	const struct name *known = kind ? name_find(&hist_of(h->s.model)->names, kind, cell->k[at]) : NULL;
	uint64_t value = cell->k[at];

	if (kind == INPUT_NAME_PROCESS)
		announce_process(h, value, known);
	else if (!kind || known)
		return;
	else if (kind == INPUT_NAME_SYMBOL)
		announce_site(h, value);
	else if (kind == INPUT_NAME_CACHE)
		announce_cache(h, value);
	else if (kind == INPUT_NAME_CGROUP)
		announce_cgroup(h, value);
	else
		announce_gfp(h, value);
}

void hist_names_emit(struct hist_source *h)
{
	cgroup_names_clear(&h->cgroups);
	map_free(&h->processes);
	for (size_t i = 0; i < h->cell_count; i++)
		for (int at = 0; at < 2; at++)
			if (!h->cells[i].unkeyed && h->cells[i].key.op != MMT_OP_FALLBACK && h->opt.config.by[at] != MMT_KEY_NONE)
				announce_key(h, &h->cells[i].key, at);
}

void hist_names_close(struct hist_source *h)
{
	cgroup_names_free(&h->cgroups);
	map_free(&h->processes);
	ksym_free(h->ksyms);
}

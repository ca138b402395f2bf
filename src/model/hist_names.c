/* SPDX-License-Identifier: GPL-2.0 */
/* Names of what histograms are split by. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/hist.h"

uint32_t hist_name_kind(uint8_t domain, enum mmt_hist_key_id key)
{
	switch (key) {
	case MMT_KEY_SITE: return INPUT_NAME_SYMBOL;
	case MMT_KEY_CACHE: return domain == MMT_DOMAIN_KMALLOC ? 0 : INPUT_NAME_CACHE; /* a size class */
	case MMT_KEY_PROCESS: return INPUT_NAME_PROCESS;
	case MMT_KEY_GFP: return INPUT_NAME_GFP;
	case MMT_KEY_CGROUP: return INPUT_NAME_CGROUP;
	case MMT_KEY_ORDER: case MMT_KEY_NODE: case MMT_KEY_REGION: case MMT_KEY_MIGRATE:
	case MMT_KEY_COUNT: case MMT_KEY_NONE: break;
	}
	return 0;
}

const struct hist_name *hist_name_find(const struct hist_model *h, uint32_t kind, uint64_t key)
{
	return kind < HIST_NAME_KINDS ? idmap_get(&h->names.by_key[kind], key) : NULL;
}

/* A process may have another name by now. */
void hist_name_put(struct hist_model *h, const struct input_name *n, const char *text, const char *module)
{
	size_t text_size = strlen(text) + 1, module_size = strlen(module) + 1;
	struct hist_name *old = idmap_get(&h->names.by_key[n->kind], n->key);
	struct hist_name *name = xcalloc(1, sizeof(*name) + text_size + module_size);
	char *bytes = (char *)(name + 1);

	memcpy(bytes, text, text_size);
	memcpy(bytes + text_size, module, module_size);
	*name = (struct hist_name){ n->key, n->extra, n->flags, h->readings + 1, bytes, bytes + text_size };
	idmap_set(&h->names.by_key[n->kind], n->key, name);
	h->names.count += !old;
	free(old);
}

static void line_mark(struct hist_model *h, const struct hist_line *l)
{
	for (int i = 0; i < 2 && !l->other && l->op != MMT_OP_FALLBACK; i++) {
		uint32_t kind = hist_name_kind(l->domain, h->by[i]);
		struct hist_name *name = kind ? idmap_get(&h->names.by_key[kind], l->k[i]) : NULL;

		if (name)
			name->reading = h->readings;
	}
}

/* A map never shrinks: it is made anew of what is kept. */
static void map_retain(struct hist_model *h, struct idmap *map)
{
	struct idmap kept = { 0 };

	for (size_t i = 0; i < map->size; i++) {
		struct hist_name *name = map->slots[i].value;

		if (name && name->reading + 1 < h->readings) {
			free(name);
			h->names.count--;
		} else if (name) {
			idmap_set(&kept, name->key, name);
		}
	}
	idmap_free(map);
	*map = kept;
}

void hist_names_retain(struct hist_model *h)
{
	for (size_t i = 0; i < h->now.line_count; i++)
		line_mark(h, &h->now.lines[i]);
	if (h->names.count <= HIST_NAMES_KEPT)
		return;
	for (int kind = 0; kind < HIST_NAME_KINDS; kind++)
		map_retain(h, &h->names.by_key[kind]);
}

void hist_names_free(struct hist_names *n)
{
	for (int kind = 0; kind < HIST_NAME_KINDS; kind++) {
		for (size_t i = 0; i < n->by_key[kind].size; i++)
			free(n->by_key[kind].slots[i].value);
		idmap_free(&n->by_key[kind]);
	}
}

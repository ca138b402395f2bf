/* SPDX-License-Identifier: GPL-2.0 */
#include "source/hist_kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define KEY_WORDS 3

struct kept_row { struct mmt_hist_key key; struct mmt_hist_row row; uint64_t reading; /* that has had it */ };

_Static_assert(sizeof(struct mmt_hist_key) == KEY_WORDS * sizeof(uint64_t), "a key is made of words");

static struct kept_row *find(const struct hist_kept *k, const struct mmt_hist_key *key)
{
	uint64_t words[KEY_WORDS];

	memcpy(words, key, sizeof(words));
	return map_get(&k->rows, words);
}

void hist_kept_init(struct hist_kept *k)
{
	k->rows = MAP(KEY_WORDS);
	k->processes = MAP(1);
}

static void free_all(struct map *m)
{
	size_t at = 0;
	void *value;

	while ((value = map_next(m, &at, NULL)))
		free(value);
	map_free(m);
}

void hist_kept_free(struct hist_kept *k)
{
	free_all(&k->rows);
	free_all(&k->processes);
}

void hist_kept_process(void *ctx, __u64 id, const struct mmt_hist_process *p)
{
	struct hist_kept *k = ctx;
	struct mmt_hist_process *copy;

	if (k->rows.used >= KEPT_ROWS)
		return; /* it has no row */
	free(map_remove(&k->processes, (uint64_t[]){ id }));
	copy = xmalloc(sizeof(*copy));
	*copy = *p;
	map_set_number(&k->processes, id, copy);
}

void hist_row_add(struct mmt_hist_row *to, const struct mmt_hist_row *row)
{
	to->count += row->count;
	to->requested += row->requested;
	to->allocated += row->allocated;
}

void hist_kept_row(void *ctx, const struct mmt_hist_key *key, const struct mmt_hist_row *row)
{
	struct hist_kept *k = ctx;
	struct kept_row *kept = find(k, key);
	uint64_t words[KEY_WORDS];

	if (!kept && k->rows.used >= KEPT_ROWS) {
		hist_row_add(&k->other[MMT_HIST_SLOT(key->domain, key->op, key->bucket)], row);
		return;
	}
	if (!kept) {
		kept = xcalloc(1, sizeof(*kept));
		kept->key = *key;
		memcpy(words, key, sizeof(words));
		map_set(&k->rows, words, kept);
	}
	hist_row_add(&kept->row, row);
}

const struct mmt_hist_process *hist_kept_find(const struct hist_kept *k, uint64_t id)
{
	return map_get_number(&k->processes, id);
}

void hist_kept_begin(struct hist_kept *k)
{
	k->reading++;
}

void hist_kept_join(struct hist_kept *k, const struct mmt_hist_key *key, struct mmt_hist_row *row)
{
	struct kept_row *kept = k->rows.used ? find(k, key) : NULL;

	if (!kept)
		return;
	kept->reading = k->reading;
	hist_row_add(row, &kept->row);
}

bool hist_kept_next(struct hist_kept *k, size_t *at, struct mmt_hist_key *key, struct mmt_hist_row *row)
{
	struct kept_row *kept;

	while ((kept = map_next(&k->rows, at, NULL)))
		if (kept->reading != k->reading) {
			*key = kept->key;
			*row = kept->row;
			return true;
		}
	return false;
}

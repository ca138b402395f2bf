/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/stack_rows.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "probe/kernel_read.h"

int stack_rows_begin(const struct bpf_map *rest)
{
	const struct mmt_stack_key keys[] = { { .flags = 0 }, { .flags = MMT_FAULT_MAJOR } };
	const struct mmt_stack_row none = { 0 };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (bpf_map_update_elem(bpf_map__fd(rest), &keys[i], &none, BPF_ANY))
			return -errno;
	return 0;
}

struct stack_each {
	stack_row_fn fn;
	void *ctx;
	struct mmt_stack_key *spent;
	size_t spent_count, spent_room;
};

static void each_stack_row(void *ctx, const void *key, const void *value)
{
	struct stack_each *f = ctx;

	if (!f->fn(f->ctx, key, value))
		return;
	f->spent = xgrow(f->spent, f->spent_count, &f->spent_room, sizeof(*f->spent));
	memcpy(&f->spent[f->spent_count++], key, sizeof(f->spent[0]));
}

int stack_rows_read(const struct bpf_map *map, stack_row_fn fn, void *ctx)
{
	struct stack_each f = { .fn = fn, .ctx = ctx };
	int err = map_each(map, each_stack_row, &f);

	for (size_t i = 0; i < f.spent_count; i++)
		bpf_map_delete_elem(bpf_map__fd(map), &f.spent[i]);
	free(f.spent);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Arbitrary bytes as a program or library, of which an unwind table is built. */
#include <stdlib.h>
#include <string.h>

#include "host/unwind.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct bytes { const unsigned char *at; size_t size; };

static long read_bytes(void *ctx, void *to, size_t size, uint64_t offset)
{
	const struct bytes *b = ctx;

	if (offset >= b->size)
		return 0;
	size = size < b->size - offset ? size : b->size - offset;
	memcpy(to, b->at + offset, size);
	return (long)size;
}

/* As is demanded of the process that builds it. */
static void check(const struct unwind_table *t)
{
	for (uint32_t p = 0; p < t->pages; p++)
		if (t->page[p] >= t->page[p + 1] || t->page[p + 1] - t->page[p] > 4097)
			abort();
	for (uint32_t i = 0; i < t->rows; i++)
		if (MMT_ROW_RULE(t->row[i]) >= t->rules)
			abort();
	for (uint32_t i = 0; i < t->rules; i++)
		if (t->rule[i].kind >= MMT_RULE_KINDS)
			abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct unwind_table table;
	static struct unwind_builder *builder;
	static uint64_t *fdes;
	struct bytes bytes = { data, size };
	struct unwind_file file = { read_bytes, &bytes };

	if (!builder) {
		builder = malloc(unwind_builder_size());
		fdes = malloc(UNWIND_FDES * sizeof(*fdes));
		table.rule = malloc(MMT_UNWIND_RULES * sizeof(*table.rule));
		table.page = malloc((MMT_UNWIND_PAGES + 1) * sizeof(*table.page));
		table.row = malloc(UNWIND_ROWS * sizeof(*table.row));
	}
	if (unwind_build(builder, &file, fdes, &table) == 0)
		check(&table);
	return 0;
}

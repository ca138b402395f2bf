/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of layout --kernel. */
#include "view/rows/space_kernel.h"

static const struct space_region *region_of(const void *row)
{
	return row;
}

enum { REGION_START, REGION_END, REGION_SIZE, REGION_USED, REGION_COUNT, REGION_NAME, REGION_IN, REGION_NOTE };

static struct value get_number(const struct field *f, const void *row, const struct tick *t)
{
	const struct input_region *r = &region_of(row)->r;

	(void)t;
	switch (f->arg) {
	case REGION_USED: return r->used == SPACE_UNKNOWN ? value_none() : value_uint(r->used);
	case REGION_COUNT: return r->count ? value_uint(r->count) : value_none();
	default: break;
	}
	if (!r->end)
		return value_none();
	return value_uint(f->arg == REGION_START ? r->start : f->arg == REGION_END ? r->end : r->end - r->start);
}

static struct value get_text(const struct field *f, const void *row, const struct tick *t)
{
	const struct space_region *r = region_of(row);

	(void)t;
	if (f->arg == REGION_NAME)
		return value_text(r->name);
	if (f->arg == REGION_IN)
		return r->in[0] ? value_text(r->in) : value_none();
	return r->note[0] ? value_text(r->note) : value_none();
}

/* clang-format off */
static const struct field region_fields[] = {
	{ .key = "start", .title = "START", .help = "first address; null: not known, or a sum of several",
	  .unit = UNIT_ADDRESS, .width = 16, .get = get_number, .arg = REGION_START },
	{ .key = "end", .help = "the address behind the last one", .unit = UNIT_ADDRESS, .rank = RANK_DATA, .get = get_number,
	  .arg = REGION_END },
	{ .key = "size", .path = "size_bytes", .title = "SIZE", .help = "end - start", .unit = UNIT_BYTES, .width = 6,
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .get = get_number, .arg = REGION_SIZE },
	{ .key = "used", .path = "used_bytes", .title = "USED", .help = "bytes in use; null: that is not known of it",
	  .unit = UNIT_BYTES, .width = 6, .flow = FLOW_LEVEL, .merge = MERGE_SUM, .get = get_number, .arg = REGION_USED },
	{ .key = "count", .title = "COUNT", .help = "areas that it is the sum of", .unit = UNIT_NUMBER, .width = 5,
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .rank = 2, .flags = FIELD_BLANK, .get = get_number, .arg = REGION_COUNT },
	{ .key = "name", .title = "REGION", .help = "a region, a part of one, a caller of vmalloc or a module", .width = -14,
	  .label = true, .get = get_text, .arg = REGION_NAME },
	{ .key = "in", .help = "the region that it is in; null: it is one itself", .label = true, .rank = RANK_DATA,
	  .get = get_text, .arg = REGION_IN },
	{ .key = "note", .title = "NOTE", .help = "what it is for, whether it was moved", .width = -20, .rank = 3,
	  .flags = FIELD_LAST | FIELD_BLANK, .get = get_text, .arg = REGION_NOTE },
};
/* clang-format on */

static void each_region(const struct model *m, row_fn fn, void *ctx)
{
	const struct space_kernel *k = &space_of(m)->kernel;

	for (size_t i = 0; i < k->count; i++)
		fn(ctx, &k->list[i]);
}

const struct row_type row_region = {
	.name = "region", .noun = "region", .nouns = "regions",
	.help = "with --kernel: regions of the kernel's address space by address; then what is in them",
	.fields = region_fields, .count = FIELD_COUNT(region_fields), .each = each_region,
};

/* --- one address --- */

static const struct space_kernel *kernel_of(const void *row)
{
	return row;
}

static struct value get_place(const struct field *f, const void *row, const struct tick *t)
{
	const struct space_kernel *k = kernel_of(row);

	(void)t;
	switch (f->arg) {
	case 0: return value_uint(k->place.addr);
	case 1: return value_text(k->place_region);
	case 2: return k->place_symbol[0] ? value_text(k->place_symbol) : value_none();
	default: return k->place.phys == SPACE_UNKNOWN ? value_none() : value_uint(k->place.phys);
	}
}

/* clang-format off */
static const struct field place_fields[] = {
	{ .key = "addr", .title = "ADDRESS", .help = "the address asked for", .unit = UNIT_ADDRESS, .width = 16,
	  .get = get_place, .arg = 0 },
	{ .key = "region", .title = "REGION", .help = "where it lies", .width = -14, .get = get_place, .arg = 1 },
	{ .key = "symbol", .title = "SYMBOL", .help = "the function it is in; null: none is known", .width = -20,
	  .get = get_place, .arg = 2 },
	{ .key = "phys", .title = "PHYSICAL", .help = "physical address; null: nothing is mapped there, or not known",
	  .unit = UNIT_ADDRESS, .width = 12, .get = get_place, .arg = 3 },
};
/* clang-format on */

static void each_place(const struct model *m, row_fn fn, void *ctx)
{
	if (space_of(m)->kernel.place_region)
		fn(ctx, &space_of(m)->kernel);
}

const struct row_type row_place = {
	.name = "place", .noun = "place", .nouns = "places", .whole = true,
	.help = "with --addr: where the address lies; its way through the page tables and its page are rows of entry and page",
	.fields = place_fields, .count = FIELD_COUNT(place_fields), .each = each_place,
};

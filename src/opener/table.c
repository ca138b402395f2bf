/* SPDX-License-Identifier: GPL-2.0 */
#include "opener/table.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Memory is taken where it is written to. */
struct table_room {
	struct mmt_unwind_rule rule[MMT_UNWIND_RULES];
	uint32_t page[MMT_UNWIND_PAGES + 1];
	uint32_t row[UNWIND_ROWS];
	uint64_t fdes[UNWIND_FDES]; /* for the parser alone, as what follows */
	max_align_t builder[(1u << 20) / sizeof(max_align_t)];
};

static struct table_room *room; /* what both sides have from before the fork */

static long read_at(void *ctx, void *to, size_t size, uint64_t offset)
{
	ssize_t n = offset > INT64_MAX ? 0 : pread(*(int *)ctx, to, size, (off_t)offset);

	return n < 0 ? -errno : n;
}

/* No allocator where this runs: all it needs is there before. */
static void answer(int fds[MESSAGE_FDS], const struct opener_request *r, void *out)
{
	struct unwind_table t = { .rule = room->rule, .page = room->page, .row = room->row };
	struct unwind_file file = { read_at, &fds[0] };
	struct table_answer *a = out;

	memset(a, 0, sizeof(*a));
	a->head = (struct opener_answer){ r->id, r->what, r->error };
	if (r->error)
		return;
	a->error = unwind_builder_size() > sizeof(room->builder)
			   ? -ENOMEM
			   : unwind_build((struct unwind_builder *)room->builder, &file, room->fdes, &t);
	if (a->error)
		return;
	a->rules = t.rules;
	a->pages = t.pages;
	a->rows = t.rows;
	a->first_page = t.first_page;
}

static bool decode(const void *bytes, size_t size, uint64_t id, void *out)
{
	struct table_answer *a = out;

	if (size != sizeof(*a))
		return false;
	memcpy(a, bytes, sizeof(*a));
	return a->head.id == id && a->head.what == OPENER_TABLE && a->head.error <= 0 && a->head.error >= -4095
		&& a->error <= 0 &&
	       a->error >= -4095 && a->rules <= MMT_UNWIND_RULES && a->pages <= MMT_UNWIND_PAGES && a->rows <= UNWIND_ROWS;
}

static const struct opener_service service = {
	.request_size = sizeof(struct opener_request), .answer_size = sizeof(struct table_answer), .window = 1,
	.answer = answer, .decode = decode,
};

struct opener *table_opener_start(void)
{
	struct opener *o;
	void *at = mmap(NULL, sizeof(*room), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	room = at;
	o = opener_start(&service);
	if (o)
		return o;
	munmap(room, sizeof(*room));
	room = NULL;
	return NULL;
}

void table_opener_free(struct opener *o)
{
	if (!o)
		return;
	opener_free(o);
	munmap(room, sizeof(*room));
	room = NULL;
}

struct unwind_table table_answered(const struct table_answer *a)
{
	return (struct unwind_table){ .rule = room->rule, .page = room->page, .row = room->row, .rules = a->rules,
				      .pages = a->pages, .rows = a->rows, .first_page = a->first_page };
}

void table_taken(void)
{
	madvise(room, sizeof(*room), MADV_REMOVE);
}

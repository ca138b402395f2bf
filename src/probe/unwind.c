/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/unwind.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"

/* What a table is made of lies one after the other in the slab of the moment: rows of a page never across two. */
struct unwind_store {
	int slabs, objects; /* of maps, libbpf's */
	uint32_t numbers;   /* given to files */
	uint8_t *slab;      /* that is written to; NULL: none yet */
	uint32_t number, used; /* of it: its number plus one; bytes */
};

struct unwind_store *unwind_store_open(const struct bpf_map *slabs, const struct bpf_map *objects)
{
	struct unwind_store *u = xcalloc(1, sizeof(*u));

	u->slabs = bpf_map__fd(slabs);
	u->objects = bpf_map__fd(objects);
	return u;
}

static void slab_leave(struct unwind_store *u)
{
	if (u->slab)
		munmap(u->slab, MMT_UNWIND_SLAB);
	u->slab = NULL;
}

void unwind_store_free(struct unwind_store *u)
{
	if (!u)
		return;
	slab_leave(u);
	free(u);
}

uint64_t unwind_store_bytes(const struct unwind_store *u)
{
	return (uint64_t)u->number * MMT_UNWIND_SLAB;
}

/* The kernel keeps it, once it is in the map. */
static int slab_new(struct unwind_store *u)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_MMAPABLE);
	int fd, err = 0;
	void *at;

	if (u->number == MMT_UNWIND_SLABS)
		return -ENOSPC;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "unwind_slab", sizeof(uint32_t), MMT_UNWIND_SLAB, 1, &o);
	if (fd < 0)
		return -errno;
	at = mmap(NULL, MMT_UNWIND_SLAB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED || bpf_map_update_elem(u->slabs, &u->number, &fd, BPF_ANY))
		err = -errno;
	close(fd);
	if (err) {
		if (at != MAP_FAILED)
			munmap(at, MMT_UNWIND_SLAB);
		return err;
	}
	slab_leave(u);
	u->slab = at;
	u->number++;
	u->used = 0;
	return 0;
}

struct place { uint16_t slab; uint32_t at; uint8_t *bytes; }; /* at: bytes in the slab */

static int take(struct unwind_store *u, size_t size, size_t align, struct place *out)
{
	uint32_t at = (u->used + (uint32_t)align - 1) & ~((uint32_t)align - 1);
	int err;

	if (size > MMT_UNWIND_SLAB)
		return -E2BIG;
	if (!u->slab || at + size > MMT_UNWIND_SLAB) {
		err = slab_new(u);
		if (err)
			return err;
		at = 0;
	}
	*out = (struct place){ (uint16_t)(u->number - 1), at, u->slab + at };
	u->used = at + (uint32_t)size;
	return 0;
}

/* --- from a table that is not trusted --- */

#define ONCE(x) (*(const volatile __typeof__(x) *)&(x)) /* its writer may write again */

static bool rule_good(const struct mmt_unwind_rule *r)
{
	return r->kind < MMT_RULE_KINDS && r->reg < MMT_REG_COUNT && (r->where & 15) < MMT_WHERE_COUNT &&
	       r->where >> 4 < MMT_WHERE_COUNT;
}

static int rules_add(struct unwind_store *u, const struct unwind_table *t, struct mmt_object_value *out)
{
	size_t size = t->rules * sizeof(struct mmt_unwind_rule);
	struct mmt_unwind_rule *to;
	struct place p;
	int err = take(u, size, sizeof(*to), &p);

	if (err)
		return err;
	to = (struct mmt_unwind_rule *)p.bytes;
	memcpy(to, t->rule, size);
	for (uint32_t i = 0; i < t->rules; i++)
		if (!rule_good(&to[i]))
			to[i] = (struct mmt_unwind_rule){ .kind = MMT_RULE_BAD };
	out->rules = t->rules;
	out->rules_slab = p.slab;
	out->rules_at = p.at / (uint32_t)sizeof(*to);
	return 0;
}

/* from: where the page before ended; moves on. */
static int rows_add(struct unwind_store *u, const struct unwind_table *t, uint32_t page, uint32_t *from,
	struct mmt_unwind_page *out)
{
	uint32_t count = unwind_page_rows(t, page, *from), *row;
	struct place p;
	int err;

	if (!count)
		return -EBADMSG;
	err = take(u, count * sizeof(*row), sizeof(*row), &p);
	if (err)
		return err;
	row = (uint32_t *)p.bytes;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t one = ONCE(t->row[*from + i]);

		row[i] = MMT_ROW_RULE(one) < t->rules ? one : MMT_ROW(one >> 16, MMT_RULE_N_BAD);
	}
	*out = (struct mmt_unwind_page){ p.at / (uint32_t)sizeof(*row), p.slab, (uint16_t)count };
	*from += count;
	return 0;
}

/* The slab that holds the pages may be full before their rows are in: they are written through a copy. */
static int pages_add(struct unwind_store *u, const struct unwind_table *t, struct mmt_object_value *out)
{
	struct mmt_unwind_page *pages = xcalloc(t->pages, sizeof(*pages));
	uint32_t from = 0;
	struct place p;
	int err = 0;

	for (uint32_t i = 0; i < t->pages && !err; i++)
		err = rows_add(u, t, i, &from, &pages[i]);
	if (!err)
		err = take(u, t->pages * sizeof(*pages), sizeof(*pages), &p);
	if (!err) {
		memcpy(p.bytes, pages, t->pages * sizeof(*pages));
		out->first_page = t->first_page;
		out->pages = t->pages;
		out->pages_slab = p.slab;
		out->pages_at = p.at / (uint32_t)sizeof(*pages);
	}
	free(pages);
	return err;
}

int unwind_store_mark(struct unwind_store *u, const struct mmt_object_key *key, enum mmt_object_state state)
{
	struct mmt_object_value value;

	if (bpf_map_lookup_elem(u->objects, key, &value))
		return -errno;
	value.state = state;
	return bpf_map_update_elem(u->objects, key, &value, BPF_EXIST) ? -errno : 0;
}

#define OWN_NUMBERS (1u << 28) /* BPF counts from 1 and never comes so far */

uint32_t unwind_store_number(struct unwind_store *u, const struct mmt_object_key *key)
{
	struct mmt_object_value value = { .id = OWN_NUMBERS + u->numbers };

	if (bpf_map_update_elem(u->objects, key, &value, BPF_NOEXIST))
		return 0;
	u->numbers++;
	return value.id;
}

void unwind_store_forget(struct unwind_store *u, const struct mmt_object_key *key)
{
	bpf_map_delete_elem(u->objects, key);
}

int unwind_store_add(struct unwind_store *u, const struct mmt_object_key *key, const struct unwind_table *t)
{
	struct mmt_object_value value;
	int err = 0;

	if (bpf_map_lookup_elem(u->objects, key, &value))
		return -errno;
	if (!t->rules || !t->pages || t->rules > MMT_UNWIND_RULES || t->pages > MMT_UNWIND_PAGES || t->rows > UNWIND_ROWS)
		err = -EBADMSG;
	if (!err)
		err = rules_add(u, t, &value);
	if (!err)
		err = pages_add(u, t, &value);
	value.state = err ? MMT_OBJECT_FAILED : MMT_OBJECT_READY;
	if (bpf_map_update_elem(u->objects, key, &value, BPF_EXIST))
		return -errno;
	return err;
}

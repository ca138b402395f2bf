/* SPDX-License-Identifier: GPL-2.0 */
/* src/decode/: records and layouts that are cut, too long, unknown or lie. */
#include "decode/decode.h"
#include "decode/order.h"
#include "wire/config.h"

#include "unit/check.h"
#include "unit/make.h"

static size_t size_of(unsigned kind)
{
	switch (kind) {
#define KIND(NAME, n, str, payload) \
	case n: \
		return n == MMT_KIND_VMA_SEEN ? offsetof(struct mmt_vma_seen, name) \
		       : n == MMT_KIND_STACK ? offsetof(struct mmt_stack, frame) : sizeof(struct payload);
#include "wire/kinds.def"
#undef KIND
	}
	return 0;
}

/* On the heap without slack, so that a sanitizer sees a read beyond size. */
static bool decodes(unsigned kind, size_t size)
{
	unsigned char *bytes = calloc(1, size ? size : 1);
	bool good;

	if (size >= 2)
		memcpy(bytes, &(__u16){ (__u16)kind }, 2);
	good = decode_record(bytes, size) != NULL;
	free(bytes);
	return good;
}

static void whole_records_only(void)
{
	for (unsigned kind = 1; kind < MMT_KIND_LIMIT; kind++) {
		if (!size_of(kind))
			continue;
		for (size_t size = 0; size < size_of(kind); size++)
			CHECK(!decodes(kind, size));
		CHECK(decodes(kind, size_of(kind)));
		CHECK(decodes(kind, size_of(kind) + 8)); /* a later version may say more */
	}
}

static void unknown_kinds_are_refused(void)
{
	CHECK(!decodes(0, 4096));
	CHECK(!decodes(MMT_KIND_LIMIT, 4096));
	CHECK(!decodes(0xffff, 4096));
}

/* Decodes all; the number of records, *rest: bytes that were not understood. */
static int walk(const struct bytes *b, size_t *rest)
{
	struct layout_cursor c = { .bytes = b->at, .size = b->size };
	struct layout_record r;
	int n = 0;

	while (decode_layout(&c, &r)) {
		if (r.type == MMT_LAYOUT_VMA) /* reads all of the path */
			for (size_t i = 0; i < r.vma->path_len; i++)
				CHECK(r.path[i] != '\0');
		n++;
	}
	*rest = c.size - c.at;
	return n;
}

static struct bytes sample(void)
{
	struct bytes b = { NULL, 0 };

	layout_begin(&b, 1, 5);
	layout_add(&b, make_vma(0x1000, 0x2000, 5, MMT_VMA_FILE, 1), "/odd");
	layout_add(&b, make_vma(0x2000, 0x3000, 1, MMT_VMA_FILE, 2), NULL);
	layout_add(&b, make_vma(0x3000, 0x4000, 3, MMT_VMA_ANON, 3), "");
	layout_add(&b, make_vma(0x4000, 0x5000, 3, MMT_VMA_FILE, 4), "/five");
	layout_close(&b, 5);
	return b;
}

static void layout_of_all_types(void)
{
	struct bytes b = sample();
	struct layout_cursor c = { .bytes = b.at, .size = b.size };
	struct layout_record r;
	size_t rest;

	CHECK(decode_layout(&c, &r) && r.type == MMT_LAYOUT_MM && r.mm->mm_id == 1 && r.mm->lock_seq == 5);
	CHECK(decode_layout(&c, &r) && r.type == MMT_LAYOUT_VMA && r.vma->path_len == 4 && !memcmp(r.path, "/odd", 4));
	CHECK(decode_layout(&c, &r) && r.type == MMT_LAYOUT_VMA && !(r.vma->name_flags & MMT_NAME_NEW));
	CHECK(r.vma && r.vma->vma.start == 0x2000);
	CHECK(decode_layout(&c, &r) && r.vma->name_flags & MMT_NAME_NEW && !r.vma->path_len);
	CHECK(decode_layout(&c, &r) && r.vma->vma.sig == 4);
	CHECK(decode_layout(&c, &r) && r.type == MMT_LAYOUT_END && r.end->lock_seq == 5);
	CHECK(!decode_layout(&c, &r));
	CHECK_EQ(walk(&b, &rest), 6);
	CHECK_EQ(rest, 0);
	bytes_free(&b);
}

static void layout_cut_anywhere(void)
{
	struct bytes b = sample();

	for (size_t size = 0; size < b.size; size++) {
		struct bytes cut = { NULL, 0 };
		size_t rest;

		bytes_add(&cut, b.at, size);
		CHECK(walk(&cut, &rest) < 6);
		CHECK(rest <= size);
		bytes_free(&cut);
	}
	bytes_free(&b);
}

/* Every value that a size or a length could lie with. */
static void layout_with_lying_sizes(void)
{
	static const __u32 lies[] = { 0, 1, 7, 8, 15, 16, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff };
	size_t rest;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		for (size_t field = 0; field < 3; field++) {
			struct bytes b = { NULL, 0 };
			size_t at = field == 0 ? 0 : field == 1 ? 4 : offsetof(struct mmt_layout_vma, path_len);

			layout_add(&b, make_vma(0x1000, 0x2000, 5, MMT_VMA_FILE, 1), "/path");
			memcpy(b.at + at, &lies[i], 4);
			CHECK_EQ(walk(&b, &rest), 0);
			CHECK_EQ(rest, b.size);
			bytes_free(&b);
		}
}

/* --- order --- */

struct got { uint64_t times[16]; __u64 addrs[16]; int n; };

static int on_record(void *ctx, const void *bytes, size_t size)
{
	struct got *g = ctx;

	if (g->n < 16) {
		g->addrs[g->n] = size >= sizeof(struct mmt_fault) ? ((const struct mmt_fault *)bytes)->addr : 0;
		g->times[g->n++] = size >= sizeof(struct mmt_head) ? ((const struct mmt_head *)bytes)->time : size;
	}
	return 0;
}

#define FAULT_IN(ring) (0x1000 * ((__u64)(ring) + 1)) /* the address says which ring it was put into */
static void push(struct order *o, int ring, uint64_t time)
{
	struct mmt_fault f = make_fault(1, 1, 0x1000, 1, MMT_CLASS_COW);

	f.head.time = time;
	f.addr = FAULT_IN(ring);
	CHECK(!order_push(o, ring, &f, sizeof(f)));
}

static void rings_are_joined_by_time(void)
{
	struct order *o = order_new(2);
	struct got g = { .n = 0 };

	push(o, ORDER_DATA, 10);
	push(o, ORDER_DATA, 30);
	push(o, ORDER_CONTROL, 20);
	push(o, ORDER_CONTROL, 30);
	order_release(o, 25, on_record, &g);
	CHECK_EQ(g.n, 2);
	CHECK(g.times[0] == 10 && g.times[1] == 20);
	CHECK(g.addrs[0] == FAULT_IN(ORDER_DATA) && g.addrs[1] == FAULT_IN(ORDER_CONTROL));
	push(o, ORDER_DATA, ~0ull); /* a time that cannot be still comes out */
	order_release(o, ~0ull, on_record, &g);
	CHECK_EQ(g.n, 5);
	CHECK(g.times[2] == 30 && g.times[3] == 30 && g.times[4] == ~0ull);
	/* at one time what control says comes first: data may be about it */
	CHECK(g.addrs[2] == FAULT_IN(ORDER_CONTROL) && g.addrs[3] == FAULT_IN(ORDER_DATA));
	order_free(o);
}

#define RING_OF(t) ((int)((t) * (t) * 7919 % (ORDER_DATA + MMT_RINGS)))

/* As many rings as there can be, times scattered over them. */
static void many_rings_are_joined(void)
{
	struct order *o = order_new(ORDER_DATA + MMT_RINGS);
	struct got g = { .n = 0 };
	uint64_t last = 0;

	for (uint64_t t = 1; t <= 5000; t++)
		push(o, RING_OF(t), t);
	for (uint64_t upto = 10; upto <= 5000; upto += 10) {
		g.n = 0;
		order_release(o, upto, on_record, &g);
		CHECK_EQ(g.n, 10);
		for (int i = 0; i < g.n; i++, last++)
			CHECK(g.times[i] == last + 1 && g.addrs[i] == FAULT_IN(RING_OF(last + 1)));
	}
	order_free(o);
}

static void short_records_are_handed_on(void)
{
	struct order *o = order_new(2);
	struct got g = { .n = 0 };

	CHECK(!order_push(o, ORDER_DATA, "abc", 3));
	CHECK(!order_push(o, ORDER_DATA, "", 0));
	push(o, ORDER_DATA, 10);
	order_release(o, 5, on_record, &g);
	CHECK_EQ(g.n, 2);
	CHECK(g.times[0] == 3 && g.times[1] == 0);
	order_release(o, ~0ull, on_record, &g);
	CHECK_EQ(g.n, 3);
	order_free(o);
	order_free(NULL);
}

static void queues_grow(void)
{
	struct order *o = order_new(2);
	struct got g;

	for (int i = 0; i < 5000; i++) {
		g.n = 0;
		push(o, ORDER_DATA, (uint64_t)i * 2);
		push(o, ORDER_DATA, (uint64_t)i * 2 + 1);
		order_release(o, (uint64_t)i, on_record, &g); /* half of what came */
		CHECK(g.n == 1 && g.times[0] == (uint64_t)i);
	}
	order_free(o); /* the rest is dropped without a leak */
}

#define NAME(flags, bytes, expected) \
	do { \
		static const char b_[] = bytes; \
		char name_[NAME_ROOM]; \
		CHECK_EQ(decode_name(flags, 9, b_, sizeof(b_) - 1, name_), sizeof(expected) - 1); \
		CHECK_STR(name_, expected); \
	} while (0)

static void names_as_in_maps(void)
{
	NAME(MMT_NAME_PATH, "leaf\0dir\0usr\0", "/usr/dir/leaf");
	NAME(MMT_NAME_PATH | MMT_NAME_DELETED, "dev/zero\0", "/dev/zero (deleted)");
	NAME(MMT_NAME_PATH | MMT_NAME_CUT, "leaf\0dir\0", ".../dir/leaf");
	NAME(MMT_NAME_PATH, "", "/");
	NAME(MMT_NAME_PATH | MMT_NAME_STAMP, "0123456789abcdefleaf\0", "/leaf");
	NAME(MMT_NAME_SOCKET, "", "socket:[9]");
	NAME(MMT_NAME_NEW, "[vdso]\0", "[vdso]");
	NAME(0, "no end", "no end");
}

/* What a ring or a recording holds may be anything. */
static void names_that_lie(void)
{
	char *bytes = malloc(8192), name[NAME_ROOM];
	struct mmt_file_stamp stamp;

	NAME(MMT_NAME_PATH, "no end", "/no en");
	NAME(MMT_NAME_PATH, "\0\0\0", "///");
	NAME(MMT_NAME_PATH | MMT_NAME_STAMP, "short", "/");
	CHECK(!decode_stamp(MMT_NAME_STAMP, bytes, sizeof(stamp) - 1, &stamp) && !decode_stamp(0, bytes, 8192, &stamp));
	memset(bytes, 'x', 8192);
	CHECK_EQ(decode_name(MMT_NAME_PATH | MMT_NAME_CUT | MMT_NAME_DELETED, 0, bytes, 8192, name), NAME_ROOM - 1);
	CHECK_EQ(decode_name(0, 0, bytes, 8192, name), NAME_ROOM - 1);
	free(bytes);
}

int main(void)
{
	RUN("decode", names_as_in_maps);
	RUN("decode", names_that_lie);
	RUN("decode", whole_records_only);
	RUN("decode", unknown_kinds_are_refused);
	RUN("decode", layout_of_all_types);
	RUN("decode", layout_cut_anywhere);
	RUN("decode", layout_with_lying_sizes);
	RUN("order", rings_are_joined_by_time);
	RUN("order", many_rings_are_joined);
	RUN("order", short_records_are_handed_on);
	RUN("order", queues_grow);
	return check_bad;
}

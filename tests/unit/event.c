/* SPDX-License-Identifier: GPL-2.0 */
/* src/view/rows/event.c: which events trace shows, by -F and --range. */
#include "view/rows/fault.h"

#include "unit/check.h"
#include "unit/fault.h"

#define FROM 0x10000ull
#define TO 0x20000ull

static struct session *filtered(const char *key, const char *value)
{
	struct session *s = session_new();

	give_option(s, key, value);
	if (!strcmp(key, "range_from"))
		give_option(s, "range_to", "131072"); /* TO */
	give_clock(s);
	return s;
}

static bool shows(const struct session *s, const void *bytes, size_t size)
{
	const struct input in = { .kind = INPUT_RECORD, .body = bytes, .size = size };
	const void *row = NULL;

	return fault_event(&s->base, &in, &row) != NULL;
}

static bool shows_fault(const struct session *s, uint64_t addr, enum mmt_class cls)
{
	struct mmt_fault f = make_fault(42, 1, 0x10000, 7, cls);

	f.addr = addr;
	return shows(s, &f, sizeof(f));
}

/* A call whose range is its first two arguments, or begins where it returns. */
static bool shows_call(const struct session *s, uint64_t at, uint64_t size, int64_t ret)
{
	struct mmt_call c = { .head = make_head(MMT_KIND_CALL, 42, 1), .nr = 11, .ret = ret, .arg = { at, size } };

	return shows(s, &c, sizeof(c));
}

static bool shows_life(const struct session *s)
{
	struct mmt_exit e = make_exit(42);

	return shows(s, &e, sizeof(e));
}

static void all_of_it_is_shown(void)
{
	struct session *s = session_new();
	struct mmt_vma_seen seen = make_seen(42, 1, make_vma(FROM, TO, 3, MMT_VMA_ANON, 7), "");

	give_clock(s);
	CHECK(shows_fault(s, 0, MMT_CLASS_COW) && shows_call(s, 0, 0, 0) && shows_life(s));
	CHECK(!shows(s, &seen, sizeof(seen))); /* the model's affair */
	session_free(s);
}

static void a_range_ends_before_its_end(void)
{
	struct session *s = filtered("range_from", "65536");

	CHECK(!shows_fault(s, FROM - 1, MMT_CLASS_COW) && shows_fault(s, FROM, MMT_CLASS_COW));
	CHECK(shows_fault(s, TO - 1, MMT_CLASS_COW) && !shows_fault(s, TO, MMT_CLASS_COW));
	CHECK(!shows_call(s, FROM - 4096, 4096, 0) && shows_call(s, FROM - 4096, 4097, 0));
	CHECK(shows_call(s, TO - 1, 4096, 0) && !shows_call(s, TO, 4096, 0));
	CHECK(shows_call(s, 0, 4096, FROM)); /* mmap(NULL): where it came to lie */
	CHECK(!shows_call(s, 0, 4096, TO));
	CHECK(!shows_life(s));
	session_free(s);
}

static void classes_leave_the_rest_out(void)
{
	char bits[16];
	struct session *s;

	snprintf(bits, sizeof(bits), "%u", 1u << MMT_CLASS_COW);
	s = filtered("classes", bits);
	CHECK(shows_fault(s, 0, MMT_CLASS_COW) && !shows_fault(s, 0, MMT_CLASS_SWAP));
	CHECK(!shows_call(s, FROM, 4096, 0) && !shows_life(s));
	session_free(s);
}

static void damaged_ones_are_not_shown(void)
{
	struct session *s = session_new();
	struct mmt_fault f = make_fault(42, 1, 0x10000, 7, MMT_CLASS_COW);

	give_clock(s);
	CHECK(!shows_fault(s, 0, MMT_CLASS_COUNT));
	f.mode = MMT_MODE_COUNT;
	CHECK(!shows(s, &f, sizeof(f)) && !shows(s, &f, 7));
	session_free(s);
}

int main(void)
{
	RUN("event", all_of_it_is_shown);
	RUN("event", a_range_ends_before_its_end);
	RUN("event", classes_leave_the_rest_out);
	RUN("event", damaged_ones_are_not_shown);
	return check_bad;
}

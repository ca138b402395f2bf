/* SPDX-License-Identifier: GPL-2.0 */
/* src/view/rows/event.c, src/model/fault/filter.c: which events trace shows. */
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
	CHECK(shows_life(s));
	session_free(s);
}

static void classes_leave_the_rest_out(void)
{
	char bits[16];
	struct session *s;

	snprintf(bits, sizeof(bits), "%u", 1u << MMT_CLASS_COW);
	s = filtered("classes", bits);
	CHECK(shows_fault(s, 0, MMT_CLASS_COW) && !shows_fault(s, 0, MMT_CLASS_SWAP));
	CHECK(!shows_call(s, FROM, 4096, 0) && shows_life(s));
	session_free(s);
}

static void processes_are_left_out_on_request(void)
{
	struct session *s = filtered("no_processes", "");

	CHECK(!shows_life(s) && shows_fault(s, 0, MMT_CLASS_COW) && shows_call(s, FROM, 4096, 0));
	session_free(s);
}

static void major_faults_alone(void)
{
	struct session *s = filtered("major", "");
	struct mmt_fault f = make_fault(42, 1, 0x10000, 7, MMT_CLASS_FILE_READ);

	CHECK(!shows(s, &f, sizeof(f)) && !shows_call(s, FROM, 4096, 0) && shows_life(s));
	f.flags |= MMT_FAULT_MAJOR;
	CHECK(shows(s, &f, sizeof(f)));
	f.cls = MMT_CLASS_ERROR; /* counts as neither */
	CHECK(!shows(s, &f, sizeof(f)));
	session_free(s);
}

static void faults_of_a_latency(void)
{
	struct session *s = filtered("min_latency", "1000");
	struct mmt_fault f = make_fault(42, 1, 0x10000, 7, MMT_CLASS_COW);

	f.ns = 999;
	CHECK(!shows(s, &f, sizeof(f)));
	f.ns = 0; /* not measured */
	CHECK(!shows(s, &f, sizeof(f)));
	f.ns = 1000;
	CHECK(shows(s, &f, sizeof(f)) && !shows_call(s, FROM, 4096, 0));
	session_free(s);
}

static void calls_of_a_size(void)
{
	struct session *s = filtered("min_size", "8192");
	struct mmt_call c = { .head = make_head(MMT_KIND_CALL, 42, 1), .nr = 25, .arg = { FROM, 4096, 8192 } };

	CHECK(!shows_call(s, FROM, 8191, 0) && shows_call(s, FROM, 8192, 0));
	CHECK(shows(s, &c, sizeof(c))); /* mremap: the old size or the new one */
	c.nr = 12; /* brk says no size */
	CHECK(!shows(s, &c, sizeof(c)) && !shows_fault(s, 0, MMT_CLASS_COW) && shows_life(s));
	session_free(s);
}

static void lines_of_one_process(void)
{
	static const char fact[] = "shown_pid\00042\0";
	struct session *s = session_new();
	struct mmt_fault f = make_fault(43, 1, 0x10000, 7, MMT_CLASS_COW);
	struct mmt_exit e = make_exit(43);

	give(s, INPUT_FACT, NULL, 0, fact, sizeof(fact));
	give_clock(s);
	CHECK(shows_fault(s, 0, MMT_CLASS_COW) && shows_call(s, FROM, 4096, 0) && shows_life(s));
	CHECK(!shows(s, &f, sizeof(f)) && !shows(s, &e, sizeof(e)));
	session_free(s);
}

/* Is a fault on a mapping of that name shown? */
static bool shows_on(const char *path, const char *name)
{
	struct session *s = filtered("path", path);
	struct mmt_vma_seen seen = make_seen(42, 1, make_vma(FROM, TO, 3, MMT_VMA_FILE, 7), name);
	struct mmt_fault f = make_fault(42, 1, FROM, 7, MMT_CLASS_COW);
	bool shown;

	session_apply(s, &seen, sizeof(seen));
	session_apply(s, &f, sizeof(f));
	shown = shows(s, &f, sizeof(f));
	CHECK(s->events.faults == 1 && s->events.shown_faults == shown);
	session_free(s);
	return shown;
}

static void mappings_by_a_pattern(void)
{
	CHECK(shows_on("/usr/*.so", "/usr/lib/x.so") && !shows_on("/usr/*.so", "/usr/lib/x.so.6"));
	CHECK(shows_on("x.*", "/usr/lib/x.so") && !shows_on("y.*", "/usr/lib/x.so"));
	CHECK(!shows_on("lib/x.*", "/usr/lib/x.so"));
	CHECK(shows_on("[heap]", "[heap]") && !shows_on("[heap]", "h"));
}

/* Once, and again when its bounds are others. */
static void a_mapping_is_introduced(void)
{
	struct session *s = session_new();
	struct mmt_vma_seen seen = make_seen(42, 1, make_vma(FROM, TO, 3, MMT_VMA_FILE, 7), "/x");
	struct mmt_fault f = make_fault(42, 1, FROM, 7, MMT_CLASS_COW);
	struct introduced a, b;

	give_clock(s);
	CHECK(!fault_introduced(&s->base, &event_fault, &f, &a));
	session_apply(s, &seen, sizeof(seen));
	session_apply(s, &f, sizeof(f));
	CHECK(fault_introduced(&s->base, &event_fault, &f, &a) == &event_seen);
	CHECK(fault_introduced(&s->base, &event_fault, &f, &b) && a.number == b.number && a.state == b.state);
	((struct vma *)session_vma_of(s, &f))->v.end += 4096;
	CHECK(fault_introduced(&s->base, &event_fault, &f, &b) && a.number == b.number && a.state != b.state);
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

/* Where the user was stands behind the record; older ones have none. */
static void code_of_an_event(void)
{
	struct session *s = session_new();
	struct mmt_fault_at at = { .fault = make_fault(42, 1, FROM, 7, MMT_CLASS_COW), .ip = TO + 0x123 };
	struct mmt_vma text = make_vma(TO, TO + 0x1000, 5, MMT_VMA_FILE, 8);
	struct mmt_fork fork = make_fork(42, 41, 1, 5, "sh");
	struct mmt_vma_seen seen;

	give_clock(s);
	session_apply(s, &fork, sizeof(fork));
	text.pgoff = 2;
	seen = make_seen(42, 1, text, "/lib/a.so");
	session_apply(s, &at, sizeof(at));
	CHECK_EQ(s->code.ip, TO + 0x123);
	CHECK(!s->code.name); /* nothing is known of that */
	session_apply(s, &seen, sizeof(seen));
	session_apply(s, &at, sizeof(at));
	CHECK(s->code.name && !strcmp(s->code.name, "a.so"));
	CHECK_EQ(s->code.offset, 0x2123);
	at.ip = TO + 0x1000; /* behind it */
	session_apply(s, &at, sizeof(at));
	CHECK(s->code.ip && !s->code.name);
	at.ip = TO + 0xfff;
	at.fault.flags |= MMT_FAULT_FOREIGN; /* by 42 on what is another's */
	at.fault.head.mm_id = 9;
	session_apply(s, &at, sizeof(at));
	CHECK_EQ(s->code.offset, 0x2fff);
	session_apply(s, &at.fault, sizeof(at.fault));
	CHECK_EQ(s->code.ip, 0);
	session_free(s);
}

int main(void)
{
	RUN("event", all_of_it_is_shown);
	RUN("event", a_range_ends_before_its_end);
	RUN("event", classes_leave_the_rest_out);
	RUN("event", processes_are_left_out_on_request);
	RUN("event", major_faults_alone);
	RUN("event", faults_of_a_latency);
	RUN("event", calls_of_a_size);
	RUN("event", lines_of_one_process);
	RUN("event", mappings_by_a_pattern);
	RUN("event", a_mapping_is_introduced);
	RUN("event", code_of_an_event);
	RUN("event", damaged_ones_are_not_shown);
	return check_bad;
}

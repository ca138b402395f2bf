/* SPDX-License-Identifier: GPL-2.0 */
/* Readings of the kernel's histograms become lines, intervals and tables. */
#include "unit/check.h"
#include "unit/hist_make.h"

#define KMALLOC(k, bucket, count, size) cell(MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, k, bucket, count, size)
#define SECOND 1000000000ull

static const struct view_options ascii = { .ascii = true, .top = -1 };

static struct model *by_site(void)
{
	struct model *m = model_new(&model_hist);

	FACT(m, "option\0by_0\0site");
	FACT(m, "backend\0kmalloc\0tracepoint");
	return m;
}

static void cells_become_lines(void)
{
	struct model *m = by_site();
	struct input_cell cells[] = { KMALLOC(7, 6, 10, 48), KMALLOC(3, 7, 5, 100), KMALLOC(7, 4, 1, 9),
				      KMALLOC(9, 4, 0, 9), /* counts nothing */
				      KMALLOC(0, 5, 2, 20) };
	const struct hist_snapshot *s = &hist_of(m)->now;
	struct mmt_hist_row buckets[MMT_HIST_BUCKETS], sum;

	cells[4].unkeyed = 1;
	reading(m, cells, 5);
	CHECK_EQ(s->line_count, 3);
	CHECK_EQ(s->lines[0].k[0], 3);
	CHECK_EQ(s->lines[1].k[0], 7);
	CHECK_EQ(s->lines[1].cell_count, 2);
	CHECK_EQ(s->lines[1].cells[0].key.bucket, 4);
	CHECK_EQ(s->lines[1].sum.count, 11);
	CHECK(s->lines[2].other && !s->lines[1].other);
	sum = hist_total(s, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, buckets);
	CHECK_EQ(sum.count, 18);
	CHECK_EQ(buckets[6].count, 10);
	CHECK_EQ(hist_total(s, MMT_DOMAIN_SLAB, MMT_OP_ALLOC, NULL).count, 0);
	CHECK_EQ(hist_of(m)->stalls_open[MMT_DOMAIN_DIRECT], 1);
	model_free(m);
}

static void what_has_no_row_is_a_loss(void)
{
	struct model *m = by_site();
	struct input_cell cells[] = { KMALLOC(7, 6, 10, 48), KMALLOC(0, 6, 3, 48), KMALLOC(0, 7, 2, 100) };

	cells[1].unkeyed = cells[2].unkeyed = 1;
	reading(m, cells, 3);
	CHECK_EQ(hist_without_row(hist_of(m)), 5);
	reading(m, cells, 1);
	CHECK_EQ(hist_without_row(hist_of(m)), 0);
	model_free(m);
}

static void totals_are_no_other(void)
{
	struct model *m = model_new(&model_hist);
	struct input_cell c = KMALLOC(0, 5, 2, 20);

	c.unkeyed = 1;
	reading(m, &c, 1);
	CHECK(!hist_of(m)->now.lines[0].other);
	CHECK_EQ(hist_without_row(hist_of(m)), 0);
	model_free(m);
}

/* A free has less to say than an allocation. */
static void frees_have_fewer_keys(void)
{
	static const struct { uint8_t domain; enum mmt_hist_key_id key; bool of_frees; } keys[] = {
		{ MMT_DOMAIN_PAGE, MMT_KEY_NODE, true }, { MMT_DOMAIN_SLAB, MMT_KEY_NODE, false },
		{ MMT_DOMAIN_SLAB, MMT_KEY_CACHE, true }, { MMT_DOMAIN_KMALLOC, MMT_KEY_CACHE, false },
		{ MMT_DOMAIN_PAGE, MMT_KEY_GFP, false },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		CHECK(hist_has_key(keys[i].domain, MMT_OP_ALLOC, keys[i].key));
		CHECK_EQ(hist_has_key(keys[i].domain, MMT_OP_FREE, keys[i].key), keys[i].of_frees);
	}
}

/* Each alone makes --strict fail. */
static void whatever_is_missing_is_lost(void)
{
	static const int causes[] = { MMT_HIST_LOSS_STALLS, MMT_HIST_LOSS_OOMS, MMT_HIST_LOSS_PROCESSES,
				      MMT_HIST_LOSS_THREADS };
	struct model *m = by_site();
	struct input_cell c = KMALLOC(0, 6, 3, 48);

	CHECK(!hist_lost(m));
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		m->losses[causes[i]] = 1;
		CHECK(hist_lost(m));
		m->losses[causes[i]] = 0;
	}
	m->cost.bpf_misses = 1;
	CHECK(hist_lost(m));
	m->cost.bpf_misses = 0;
	m->decode_errors = 1;
	CHECK(hist_lost(m));
	m->decode_errors = 0;
	CHECK(!hist_lost(m));
	c.unkeyed = 1;
	reading(m, &c, 1);
	CHECK(hist_lost(m));
	model_free(m);
}

static void what_failed_was_given_nothing(void)
{
	struct model *m = by_site();
	struct input_cell c = cell(MMT_DOMAIN_KMALLOC, MMT_OP_FAILED, 1, 6, 3, 40);

	reading(m, &c, 1);
	CHECK_EQ(hist_of(m)->now.lines[0].sum.allocated, 0);
	CHECK_EQ(hist_of(m)->now.lines[0].sum.requested, 120);
	model_free(m);
}

static void intervals_are_differences(void)
{
	struct model *m = by_site();
	const struct input_cell first[] = { KMALLOC(1, 6, 10, 48), KMALLOC(2, 6, 4, 48) };
	const struct input_cell second[] = { KMALLOC(0, 3, 1, 5), /* new, sorts before the others */
					     KMALLOC(1, 6, 15, 48), KMALLOC(2, 6, 4, 48) /* did not move */ };
	const struct hist_snapshot *now = &hist_of(m)->now, *added = &hist_of(m)->added;

	reading(m, first, 2);
	tick(m, SECOND, false);
	CHECK_EQ(added->lines[0].sum.count, 10);
	reading(m, second, 3);
	tick(m, 2 * SECOND, false);
	CHECK_EQ(added->line_count, 2);
	CHECK_EQ(added->lines[0].sum.count, 1);
	CHECK_EQ(added->lines[1].sum.count, 5);
	CHECK_EQ(added->lines[1].sum.requested, 5 * 48);
	CHECK(now->lines[1].interval == &added->lines[1]);
	CHECK(!now->lines[2].interval);
	CHECK_EQ(now->lines[1].sum.count, 15);
	tick(m, 3 * SECOND, false); /* nothing was read meanwhile */
	CHECK_EQ(added->line_count, 0);
	reading(m, second, 3);
	tick(m, 4 * SECOND, true);
	CHECK_EQ(added->line_count, 0);
	CHECK_EQ(now->lines[1].sum.count, 15);
	model_free(m);
}

static void damaged_cells_are_left_out(void)
{
	struct model *m = by_site();
	struct input_cell cells[] = { KMALLOC(1, 6, 10, 48), KMALLOC(1, 6, 10, 48), KMALLOC(1, 6, 10, 48),
				      KMALLOC(1, 6, 10, 48) };

	cells[0].key.domain = MMT_DOMAIN_COUNT;
	cells[1].key.op = MMT_OP_COUNT;
	cells[2].key.bucket = MMT_HIST_BUCKETS;
	reading(m, cells, 4);
	CHECK_EQ(hist_of(m)->now.line_count, 1);
	CHECK_EQ(m->decode_errors, 3);
	model_free(m);
}

/* Place of a word in a text; -1: it is not there. */
static long place(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? at - text : -1;
}

static void rows_are_sorted_and_named(void)
{
	struct model *m = by_site();
	struct input_cell cells[] = { KMALLOC(1, 6, 10, 63), KMALLOC(2, 6, 5, 33), KMALLOC(0, 6, 20, 32) };
	struct view_options waste = ascii;
	char *text;

	waste.sort = "waste";
	cells[2].unkeyed = 1;
	put_name(m, INPUT_NAME_SYMBOL, 1, "one\0", 5);
	put_name(m, INPUT_NAME_SYMBOL, 2, "two\0mod", 8);
	put_name(m, INPUT_NAME_SYMBOL, 3, "cut", 3);
	CHECK_EQ(m->decode_errors, 1);
	reading(m, cells, 3);
	tick(m, SECOND, true);
	text = shown(m, "text", &ascii, NULL);
	CHECK(place(text, "one+0x10\n") > 0 && place(text, "one+0x10\n") < place(text, "two+0x10 [mod]\n"));
	CHECK(place(text, "two+0x10 [mod]\n") < place(text, "other (no room")); /* last, whatever it counts */
	free(text);
	text = shown(m, "text", &waste, NULL);
	CHECK(place(text, "two+0x10 [mod]\n") > 0 && place(text, "two+0x10 [mod]\n") < place(text, "one+0x10\n"));
	CHECK(place(text, "one+0x10\n") < place(text, "other (no room"));
	free(text);
	text = shown(m, "json", &ascii, NULL);
	CHECK(place(text, "\"key\":{\"site\":\"two+0x10 [mod]\",\"cache\":null,") > 0);
	CHECK(place(text, "\"other\":true},\"count\":20,\"bytes_req\":640,\"bytes_alloc\":1280,\"ns_sum\":null,"
			  "\"buckets\":[{\"lo\":32,\"hi\":64,\"count\":20,\"bytes_req\":640,\"bytes_alloc\":1280}]}") > 0);
	CHECK(place(text, "\"totals\":{\"kmalloc\":{\"going_on\":null,\"alloc\":{\"count\":35,") > 0);
	free(text);
	model_free(m);
}

static void an_interval_shows_what_it_added(void)
{
	struct model *m = by_site();
	const struct input_cell first[] = { KMALLOC(1, 6, 100, 48), KMALLOC(2, 6, 4, 48), KMALLOC(3, 6, 9, 48) };
	const struct input_cell second[] = { KMALLOC(1, 6, 101, 48), KMALLOC(2, 6, 10, 48), KMALLOC(3, 6, 9, 48) };
	char *text;

	reading(m, first, 3);
	tick(m, SECOND, false);
	reading(m, second, 3);
	tick(m, 2 * SECOND, false);
	text = shown(m, "text", &ascii, NULL);
	CHECK(place(text, "interval 1.0s") > 0);
	CHECK(place(text, "kmalloc: 7 allocated (7/s), 336B requested, 448B given, 25.0% waste\n") > 0);
	CHECK(place(text, "0x2\n") > 0 && place(text, "0x2\n") < place(text, "0x1\n"));
	CHECK(place(text, "0x3\n") < 0);
	free(text);
	text = shown(m, "json", &ascii, NULL); /* totals, always, of what changed */
	CHECK(place(text, "\"count\":101,") > 0);
	CHECK(place(text, "\"site\":\"0x3\"") < 0);
	free(text);
	tick(m, 3 * SECOND, true);
	text = shown(m, "json", &ascii, NULL);
	CHECK(place(text, "\"site\":\"0x3\"") > 0);
	free(text);
	model_free(m);
}

static void a_view_is_given_each_change(void)
{
	struct model *m = by_site();
	struct view *v = view_new(format_find("json"), &hist_show, m, &ascii);
	char *text = NULL;
	size_t size;

	v->out = open_memstream(&text, &size);
	for (uint64_t i = 1; v->out && i < 4; i++) {
		const struct input_cell c = KMALLOC(1, 6, i, 48);

		reading(m, &c, 1);
		tick(m, i * SECOND, false);
		view_tick(v);
	}
	fclose(v->out);
	CHECK(place(text, "\"count\":1,") > 0 && place(text, "\"count\":2,") > 0 && place(text, "\"count\":3,") > 0);
	view_free(v);
	free(text);
	model_free(m);
}

static void kfree_has_no_sizes(void)
{
	struct model *m = by_site();
	const struct input_cell c = cell(MMT_DOMAIN_KMALLOC, MMT_OP_FREE, 1, 0, 9, 0);
	char *text;

	FACT(m, "unknown\0kmalloc_free\0kfree reports no size");
	reading(m, &c, 1);
	tick(m, SECOND, true);
	text = shown(m, "json", &ascii, NULL);
	CHECK(place(text, "\"count\":9,\"bytes_req\":null,\"bytes_alloc\":null,\"ns_sum\":null,\"buckets\":null}") > 0);
	free(text);
	text = shown(m, "text", &ascii, NULL);
	CHECK(place(text, "kmalloc: 9 freed; kfree reports no size\n") > 0);
	free(text);
	model_free(m);
}

static void names_are_kept_while_they_are_in_use(void)
{
	struct model *m = by_site();
	const struct input_cell c = KMALLOC(1, 6, 10, 63);

	put_name(m, INPUT_NAME_SYMBOL, 1, "used\0", 6);
	for (uint64_t i = 0; i < NAMES_KEPT; i++)
		put_name(m, INPUT_NAME_SYMBOL, 100 + i, "unused\0", 8);
	for (int i = 0; i < 2; i++) {
		CHECK(name_find(&hist_of(m)->names, INPUT_NAME_SYMBOL, 100));
		reading(m, &c, 1);
		tick(m, SECOND * (uint64_t)(i + 1), false);
	}
	reading(m, &c, 1);
	CHECK(!name_find(&hist_of(m)->names, INPUT_NAME_SYMBOL, 100));
	CHECK(name_find(&hist_of(m)->names, INPUT_NAME_SYMBOL, 1));
	CHECK_EQ(hist_of(m)->names.by_key.used, 1);
	model_free(m);
}

static void bounds_of_buckets(void)
{
	CHECK_EQ(hist_bucket_lo(0), 0);
	CHECK_EQ(hist_bucket_hi(0), 1);
	CHECK_EQ(hist_bucket_lo(7), 64);
	CHECK_EQ(hist_bucket_hi(7), 128);
	CHECK_EQ(hist_bucket_hi(62), 1ull << 62);
	CHECK_EQ(hist_bucket_lo(63), 1ull << 62); /* the last */
	CHECK_EQ(hist_bucket_hi(63), UINT64_MAX);
}

int main(void)
{
	RUN("hist", cells_become_lines);
	RUN("hist", what_has_no_row_is_a_loss);
	RUN("hist", totals_are_no_other);
	RUN("hist", frees_have_fewer_keys);
	RUN("hist", whatever_is_missing_is_lost);
	RUN("hist", what_failed_was_given_nothing);
	RUN("hist", intervals_are_differences);
	RUN("hist", damaged_cells_are_left_out);
	RUN("hist", rows_are_sorted_and_named);
	RUN("hist", an_interval_shows_what_it_added);
	RUN("hist", a_view_is_given_each_change);
	RUN("hist", kfree_has_no_sizes);
	RUN("hist", names_are_kept_while_they_are_in_use);
	RUN("hist", bounds_of_buckets);
	return check_bad;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* src/view: a row type of no command through every format, as rows and as groups. */
#include <stdlib.h>

#include "unit/check.h"
#include "view/format/text.h"
#include "view/group.h"
#include "view/shows.h"
#include "view/view.h"

enum { READ, WRITE, CLASSES };

struct item {
	const char *name, *place;
	uint64_t count, bytes, each[CLASSES], each_max;
	struct spread spread; /* max: of all that was timed */
};

struct items { struct model base; struct item item[4]; size_t count; };

static void no_input(struct model *m, const struct input *in)
{
	(void)m, (void)in;
}

static const struct model_type items_type = { .name = "items", .size = sizeof(struct items), .input = no_input };

/* --- what is shown --- */

enum { COUNT, BYTES, MOST };

static struct value get_text(const struct field *f, const void *row, const struct tick *t)
{
	const struct item *one = row;

	(void)t;
	return value_text(f->arg ? one->place : one->name);
}

static struct value get_number(const struct field *f, const void *row, const struct tick *t)
{
	const struct item *one = row;

	(void)t;
	return value_uint(f->arg == BYTES ? one->bytes : f->arg == MOST ? one->each_max : one->count);
}

static struct value get_time(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return (struct value){ .type = VALUE_QUANTILE,
			       .quantile = { &((const struct item *)row)->spread, (double)f->arg / 100 } };
}

static void put_classes(const struct nest *n, struct nest_out *o)
{
	static const char *const names[CLASSES] = { "read", "write" };
	const struct item *one = n->data;

	for (int c = 0; c < CLASSES; c++) {
		const struct value each = value_uint(one->each[c]), most = value_uint(one->each_max);

		if (!one->each[c])
			continue;
		o->open(o, names[c], false);
		o->value(o, "minor", &each, UNIT_COUNT);
		o->value(o, "max", &most, UNIT_COUNT);
		o->close(o, false);
	}
}

static struct value get_classes(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return (struct value){ .type = VALUE_NEST, .nest = { put_classes, row, t, false } };
}

/* clang-format off */
static const struct field item_fields[] = {
	{ .key = "name", .title = "NAME", .help = "who", .width = -8, .flow = FLOW_FACT, .label = true, .get = get_text,
	  .arg = 0 },
	{ .key = "place", .title = "PLACE", .help = "where", .width = -6, .flow = FLOW_FACT, .label = true, .rank = 1,
	  .get = get_text, .arg = 1 },
	{ .key = "count", .path = "use.count", .title = "COUNT", .help = "how many", .unit = UNIT_COUNT, .width = 6,
	  .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = 2, .get = get_number, .arg = COUNT },
	{ .key = "bytes", .path = "use.held_bytes", .title = "BYTES", .help = "how large", .unit = UNIT_BYTES,
	  .width = 6, .flow = FLOW_LEVEL, .merge = MERGE_SUM, .rank = 3, .get = get_number, .arg = BYTES },
	{ .key = "most", .title = "MOST", .help = "at a time", .unit = UNIT_COUNT, .width = 4, .flow = FLOW_LEVEL,
	  .merge = MERGE_MAX, .rank = 6, .get = get_number, .arg = MOST },
	{ .key = "p50", .path = "p50_ns", .title = "P50", .help = "median", .unit = UNIT_NS, .width = 6,
	  .flow = FLOW_LEVEL, .merge = MERGE_SPREAD, .rank = 4, .get = get_time, .arg = 50 },
	{ .key = "max", .path = "max_ns", .title = "MAX", .help = "longest", .unit = UNIT_NS, .width = 6,
	  .flow = FLOW_LEVEL, .merge = MERGE_SPREAD, .rank = 5, .get = get_time, .arg = 200 },
	{ .key = "class", .help = "by class", .flow = FLOW_TOTAL, .merge = MERGE_NESTED, .rank = RANK_DATA,
	  .get = get_classes },
};
/* clang-format on */

static void each_item(const struct model *m, row_fn fn, void *ctx)
{
	const struct items *all = (const struct items *)m;

	for (size_t i = 0; i < all->count; i++)
		fn(ctx, &all->item[i]);
}

static uint64_t gone_count; /* of items that are no more */

static bool item_gone(const void *row)
{
	return gone_count && ((const struct item *)row)->count == gone_count;
}

static const struct row_type row_item = {
	.name = "item", .noun = "item", .nouns = "items", .help = "what counts", .sort = "count",
	.fields = item_fields, .count = FIELD_COUNT(item_fields), .each = each_item,
	.gone = item_gone,
};
static const struct text_page page = { .head = NULL };
static const struct row_type *const rows[] = { &row_item, NULL };
static const struct show show = { .command = "items", .rows = rows, .page = &page };

/* --- what is put in --- */

static void timed(struct item *one, int bucket, uint64_t times, uint64_t max)
{
	one->spread.bucket[bucket] = times;
	one->spread.total += times;
	one->spread.max = max > one->spread.max ? max : one->spread.max;
}

static struct model *items_make(void)
{
	struct model *m = model_new(&items_type);
	struct items *all = (struct items *)m;
	const struct input_tick t = { .now = 7, .flags = INPUT_TICK_LAST };
	const struct input in = { .kind = INPUT_TICK, .head = &t, .head_size = sizeof(t) };

	all->item[0] = (struct item){
		.name = "one", .place = "here", .count = 3, .bytes = 4096, .each = { 1, 2 }, .each_max = 5
	};
	all->item[1] = (struct item){ .name = "one", .place = "there", .count = 40, .bytes = 1048575, .each = { 0, 40 },
				      .each_max = 2 };
	/* a separator, a quote, a newline, an escape, and what is no UTF-8 */
	all->item[2] = (struct item){ .name = "t,\"\n\033\xff", .place = "here", .count = 500, .bytes = 0 };
	all->count = 3;
	timed(&all->item[0], 20, 6, 1100);   /* bucket 20: to 1536 ns */
	timed(&all->item[1], 26, 4, 999600); /* bucket 26: to 12288 ns */
	timed(&all->item[1], 40, 1, 999600);
	model_input(m, &in);
	return m;
}

/* The lines of a format that begin so, with ' for each "; NULL by: not grouped. Holds until the next call. */
static const char *lines(const char *format, const char *by, const char *begin)
{
	static char out[4096];
	const struct view_options opt = { .by = by, .top = -1 };
	struct model *m = items_make();
	struct view *v = view_new(format_find(format), &show, m, &opt);
	char *text = NULL, *rest, *line;
	size_t size, used = 0;

	v->out = open_memstream(&text, &size);
	if (!v->out)
		abort();
	view_start(v);
	view_end(v);
	fclose(v->out);
	view_free(v);
	model_free(m);
	for (char *c = text; (c = strchr(c, '"'));)
		*c = '\'';
	rest = text;
	for (*out = '\0'; (line = strsep(&rest, "\n")) && used < sizeof(out);)
		if (*line && !strncmp(line, begin, strlen(begin)))
			used += (size_t)snprintf(out + used, sizeof(out) - used, "%s\n", line);
	free(text);
	return out;
}

/* --- what comes out --- */

static void rows_as_text(void)
{
	CHECK_STR(lines("text", NULL, ""),
		  "NAME            PLACE   COUNT  BYTES MOST    P50    MAX\n"
		  "t,'\\x0a\\x1b\\xff here      500      0    0      -      -\n"
		  "one             there      40   1.0M    2   12us  1.0ms\n"
		  "one             here        3     4K    5  1.1us  1.1us\n");
}

static void rows_as_json(void)
{
	CHECK_STR(lines("json", NULL, "{'type':'item'"),
		  "{'type':'item','t':7,'name':'one','place':'here','use':{'count':3,'held_bytes':4096},"
		  "'most':5,'p50_ns':1100,'max_ns':1100,'class':{'read':{'minor':1,'max':5},"
		  "'write':{'minor':2,'max':5}}}\n"
		  "{'type':'item','t':7,'name':'one','place':'there','use':{'count':40,'held_bytes':1048575},"
		  "'most':2,'p50_ns':12288,'max_ns':999600,'class':{'write':{'minor':40,'max':2}}}\n"
		  "{'type':'item','t':7,'name':'t,\\'\\u000a\\u001b\xef\xbf\xbd','name_hex':'742c220a1bff',"
		  "'place':'here','use':{'count':500,'held_bytes':0},'most':0,'p50_ns':null,'max_ns':null,"
		  "'class':{}}\n");
}

static void rows_as_csv(void)
{
	CHECK_STR(lines("csv", NULL, ""),
		  "t,name,place,use_count,use_held_bytes,most,p50_ns,max_ns,class\n"
		  "7,one,here,3,4096,5,1100,1100,'{''read'':{''minor'':1,''max'':5},''write'':{''minor'':2,"
		  "''max'':5}}'\n"
		  "7,one,there,40,1048575,2,12288,999600,'{''write'':{''minor'':40,''max'':2}}'\n"
		  "7,'t,''\\x0a\\x1b\\xff',here,500,0,0,,,{}\n");
}

/* Series are the same in both, titles are not. */
static void rows_as_metrics(void)
{
	static const char series[] =
		"mmtrace_item_use_count_total{name='one',place='here'} 3\n"
		"mmtrace_item_use_count_total{name='one',place='there'} 40\n"
		"mmtrace_item_use_count_total{name='t,\\'\\\\x0a\\\\x1b\\\\xff',place='here'} 500\n"
		"mmtrace_item_use_held_bytes{name='one',place='here'} 4096\n"
		"mmtrace_item_use_held_bytes{name='one',place='there'} 1048575\n"
		"mmtrace_item_use_held_bytes{name='t,\\'\\\\x0a\\\\x1b\\\\xff',place='here'} 0\n"
		"mmtrace_item_most{name='one',place='here'} 5\n"
		"mmtrace_item_most{name='one',place='there'} 2\n"
		"mmtrace_item_most{name='t,\\'\\\\x0a\\\\x1b\\\\xff',place='here'} 0\n"
		"mmtrace_item_p50_seconds{name='one',place='here'} 1.1000000000000001e-06\n"
		"mmtrace_item_p50_seconds{name='one',place='there'} 1.2288e-05\n"
		"mmtrace_item_max_seconds{name='one',place='here'} 1.1000000000000001e-06\n"
		"mmtrace_item_max_seconds{name='one',place='there'} 0.00099960000000000001\n"
		"mmtrace_item_class_minor_total{name='one',place='here',class='read'} 1\n"
		"mmtrace_item_class_minor_total{name='one',place='here',class='write'} 2\n"
		"mmtrace_item_class_minor_total{name='one',place='there',class='write'} 40\n"
		"mmtrace_item_class_max{name='one',place='here',class='read'} 5\n"
		"mmtrace_item_class_max{name='one',place='here',class='write'} 5\n"
		"mmtrace_item_class_max{name='one',place='there',class='write'} 2\n";

	CHECK_STR(lines("prometheus", NULL, "mmtrace_item"), series);
	CHECK_STR(lines("openmetrics", NULL, "mmtrace_item"), series);
	CHECK_STR(lines("prometheus", NULL, "# TYPE mmtrace_item_use"),
		  "# TYPE mmtrace_item_use_count_total counter\n"
		  "# TYPE mmtrace_item_use_held_bytes gauge\n");
	CHECK_STR(lines("openmetrics", NULL, "# TYPE mmtrace_item_use"),
		  "# TYPE mmtrace_item_use_count counter\n"
		  "# TYPE mmtrace_item_use_held_bytes gauge\n");
	CHECK_STR(lines("prometheus", NULL, "# UNIT"), "");
	CHECK_STR(lines("openmetrics", NULL, "# UNIT mmtrace_item"),
		  "# UNIT mmtrace_item_use_held_bytes bytes\n"
		  "# UNIT mmtrace_item_p50_seconds seconds\n"
		  "# UNIT mmtrace_item_max_seconds seconds\n");
	CHECK_STR(lines("prometheus", NULL, "# EOF"), "");
	CHECK_STR(lines("openmetrics", NULL, "# EOF"), "# EOF\n");
}

/* Two rows of "one": 3 + 40, 4096 + 1048575, the most of 5 and 2, the median of both
 * histograms together, classes each by itself. */
static void groups_as_json(void)
{
	CHECK_STR(lines("json", "name", "{'type':'group'"),
		  "{'type':'group','t':7,'by':{'name':'one'},'of':'item','rows':2,'place':null,'use':{'count':43,"
		  "'held_bytes':1052671},'most':5,'p50_ns':1536,'max_ns':999600,'class':{'read':{'minor':1,"
		  "'max':5},'write':{'minor':42,'max':5}}}\n"
		  "{'type':'group','t':7,'by':{'name':'t,\\'\\u000a\\u001b\xef\xbf\xbd',"
		  "'name_hex':'742c220a1bff'},'of':'item','rows':1,'place':'here','use':{'count':500,'held_bytes':0},"
		  "'most':0,'p50_ns':null,'max_ns':null,'class':{}}\n");
	CHECK_STR(lines("json", "name", "{'type':'item'"), "");
	CHECK_STR(lines("json", "place,name", "{'type':'group','t':7,'by':{'place':'there'"),
		  "{'type':'group','t':7,'by':{'place':'there','name':'one'},'of':'item','rows':1,"
		  "'use':{'count':40,'held_bytes':1048575},'most':2,'p50_ns':12288,'max_ns':999600,"
		  "'class':{'write':{'minor':40,'max':2}}}\n");
}

static void groups_as_text(void)
{
	CHECK_STR(lines("text", "name", ""),
		  "NAME              ROWS  COUNT  BYTES MOST    P50    MAX\n"
		  "t,'\\x0a\\x1b\\xff      1    500      0    0      -      -\n"
		  "one                  2     43   1.0M    5  1.5us  1.0ms\n");
}

static void groups_as_csv(void)
{
	CHECK_STR(lines("csv", "name", ""),
		  "t,by_name,of,rows,place,use_count,use_held_bytes,most,p50_ns,max_ns,class\n"
		  "7,one,item,2,,43,1052671,5,1536,999600,'{''read'':{''minor'':1,''max'':5},"
		  "''write'':{''minor'':42,''max'':5}}'\n"
		  "7,'t,''\\x0a\\x1b\\xff',item,1,here,500,0,0,,,{}\n");
}

/* A value holds nothing but what its type says: the rest of it may be anything. */
static struct value get_flag(const struct field *f, const void *row, const struct tick *t)
{
	struct value v;

	(void)f, (void)t;
	memset(&v, (int)((const struct item *)row)->count, sizeof(v));
	v.type = VALUE_BOOL;
	v.b = true;
	return v;
}

static const struct field flag_fields[] = { { .key = "flag", .help = "yes", .label = true, .get = get_flag } };
static const struct row_type row_flag = {
	.name = "flag", .help = "yes or no", .fields = flag_fields, .count = FIELD_COUNT(flag_fields), .each = each_item,
};
static const struct row_type *const flag_rows[] = { &row_flag, NULL };
static const struct show flag_show = { .command = "flags", .rows = flag_rows, .page = &page };

static void count_row(void *ctx, const void *row)
{
	(void)row;
	++*(int *)ctx;
}

static void groups_by_yes_and_no(void)
{
	struct model *m = items_make();
	struct tick t = { .model = m, .scratch = scratch_new() };
	struct group *g = group_new(&flag_show, NULL, "flag", false);
	int n = 0;

	group_types(g, m, &t)[0]->each(group_model(g), count_row, &n);
	CHECK_EQ(n, 1);
	group_free(g);
	scratch_free(t.scratch);
	model_free(m);
}

/* What is not counted is shown, and by the name that all commands have for it. */
static void damage_is_shown(void)
{
	static const struct show *const all[] = { &show_live, &show_trace, &show_hist, &show_leak, &show_top };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int index = field_find(all[i]->end, "decode_error", strlen("decode_error"));
		struct model m = { .decode_errors = 3 };
		struct tick t = { .model = &m };
		struct value v = value_none();

		CHECK_STR(index < 0 ? all[i]->command : "", "");
		if (index >= 0)
			v = all[i]->end->fields[index].get(&all[i]->end->fields[index], &m, &t);
		CHECK(v.type == VALUE_UINT && v.u == 3);
	}
}

/* Labels are those of --by alone: that all rows have one place may end at any time. */
static void groups_as_metrics(void)
{
	static const char series[] =
		"mmtrace_group_use_count_total{name='one'} 43\n"
		"mmtrace_group_use_count_total{name='t,\\'\\\\x0a\\\\x1b\\\\xff'} 500\n"
		"mmtrace_group_use_held_bytes{name='one'} 1052671\n"
		"mmtrace_group_use_held_bytes{name='t,\\'\\\\x0a\\\\x1b\\\\xff'} 0\n"
		"mmtrace_group_most{name='one'} 5\n"
		"mmtrace_group_most{name='t,\\'\\\\x0a\\\\x1b\\\\xff'} 0\n"
		"mmtrace_group_p50_seconds{name='one'} 1.536e-06\n"
		"mmtrace_group_max_seconds{name='one'} 0.00099960000000000001\n"
		"mmtrace_group_class_minor_total{name='one',class='read'} 1\n"
		"mmtrace_group_class_minor_total{name='one',class='write'} 42\n"
		"mmtrace_group_class_max{name='one',class='read'} 5\n"
		"mmtrace_group_class_max{name='one',class='write'} 5\n";

	CHECK_STR(lines("prometheus", "name", "mmtrace_group"), series);
	CHECK_STR(lines("openmetrics", "name", "mmtrace_group"), series);
}

/* What is no more counts for what happened, and holds nothing. */
static void levels_of_what_is_gone(void)
{
	gone_count = 3;
	CHECK_STR(lines("prometheus", "name", "mmtrace_group_use_count_total{name='one'}"),
		  "mmtrace_group_use_count_total{name='one'} 43\n");
	CHECK_STR(lines("prometheus", "name", "mmtrace_group_use_held_bytes{name='one'}"),
		  "mmtrace_group_use_held_bytes{name='one'} 1048575\n");
	gone_count = 0;
}

int main(void)
{
	RUN("format", rows_as_text);
	RUN("format", rows_as_json);
	RUN("format", rows_as_csv);
	RUN("format", rows_as_metrics);
	RUN("format", groups_as_text);
	RUN("format", groups_as_json);
	RUN("format", groups_as_csv);
	RUN("format", groups_as_metrics);
	RUN("format", levels_of_what_is_gone);
	RUN("format", groups_by_yes_and_no);
	RUN("format", damage_is_shown);
	return check_bad;
}

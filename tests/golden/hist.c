/* SPDX-License-Identifier: GPL-2.0 */
/* Histograms: an interval, then the whole run. */
#include "golden/hist.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "view/hist.h"

#define HOSTILE "e\x1b]0;x\a\n\xff\"\xe2\x80\xae"

static void add(struct hist_snapshot *s, uint8_t domain, uint8_t op, uint64_t key, uint8_t bucket, uint64_t count, bool other)
{
	uint64_t size = bucket ? 3ull << bucket >> 2 : 0; /* in the middle of the bucket */
	struct mmt_hist_key k = { .k = { key, key * 10 }, .domain = domain, .op = op, .bucket = bucket };
	struct mmt_hist_row row = { count, count * size, op == MMT_OP_LATENCY || op == MMT_OP_FAILED ? 0 : count << bucket };

	hist_add(s, &k, &row, other);
}

static void fill(struct hist_snapshot *s, uint64_t times)
{
	add(s, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, 1, 7, 1000 * times, false);
	add(s, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, 1, 9, 250 * times, false);
	add(s, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, 2, 20, 3, false);
	add(s, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, 0, 7, 5, true);
	add(s, MMT_DOMAIN_KMALLOC, MMT_OP_FREE, 1, 0, 900 * times, false);
	add(s, MMT_DOMAIN_KMALLOC, MMT_OP_FAILED, 2, 63, 1, false);
	add(s, MMT_DOMAIN_PAGE, MMT_OP_ALLOC, 3, 13, 40 * times, false);
	add(s, MMT_DOMAIN_PAGE, MMT_OP_FALLBACK, MMT_FALLBACK(1, 2), 13, 2, false);
	add(s, MMT_DOMAIN_DIRECT, MMT_OP_LATENCY, 3, 20, 7 * times, false);
	hist_finish(s);
}

static void name(void *ctx, enum mmt_hist_key_id key, const struct hist_line *line, uint64_t value, bool json, char *out,
		 size_t size)
{
	char body[100];
	bool invalid;

	(void)ctx;
	(void)line;
	if (key == MMT_KEY_SITE && json)
		snprintf(out, size, "\"%s\"", text_json(body, sizeof(body), HOSTILE, &invalid));
	else if (key == MMT_KEY_SITE)
		snprintf(out, size, "%s", HOSTILE);
	else
		snprintf(out, size, "%" PRIu64, value);
}

static void show(bool json)
{
	static const struct mmt_range regions[MMT_REGIONS] = {
		[MMT_REGION_LINEAR] = { 0xffff888000000000, 0xffffc88000000000 }, [MMT_REGION_FIXMAP] = { 0xffffffffff000000, 0xfffffffffffff000 },
		[MMT_REGION_IMAGE] = { 0xffffffff81000000, 0xffffffff83000000 },
	};
	struct hist_snapshot first = { 0 }, now = { 0 }, delta = { 0 };
	struct hist_report r = { .out = stdout, .by = { MMT_KEY_SITE, MMT_KEY_ORDER }, .kernel = "6.1.0-golden", .target = HOSTILE,
				 .name = name, .now_ns = 1000000000, .interval_ns = 500000000, .t0_unix_ns = 1700000000000000000ull,
				 .regions = regions, .misses = 3, .unpaired = 2 };

	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		r.domains[d] = (struct hist_domain_text){ NULL, "", "" };
	r.domains[MMT_DOMAIN_KMALLOC] = (struct hist_domain_text){ "tracepoint", "", "kfree tells no size" };
	r.domains[MMT_DOMAIN_PAGE] = (struct hist_domain_text){ "tracepoint", "no \"bulk\"", "" };
	r.domains[MMT_DOMAIN_DIRECT].backend = "tracepoint";
	r.domains[MMT_DOMAIN_SWAPIN].lacks = "needs fentry";
	r.stalls_open[MMT_DOMAIN_DIRECT] = 1;
	fill(&first, 1);
	fill(&now, 2);
	hist_subtract(&now, &first, &delta);
	if (json)
		hist_json_start(&r);
	r.now = json ? &now : &delta;
	if (json)
		hist_json_rows(&r, false);
	else
		hist_text(&r);
	r.now = &now;
	r.interval_ns = 0;
	r.ascii = true;
	(json ? hist_json_end : hist_text_end)(&r);
	hist_free(&first);
	hist_free(&now);
	hist_free(&delta);
}

bool golden_hist(const char *view)
{
	if (strncmp(view, "hist", 4))
		return false;
	show(strstr(view, "-json"));
	return true;
}

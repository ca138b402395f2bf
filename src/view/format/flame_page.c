/* SPDX-License-Identifier: GPL-2.0 */
/* The page is flame_page.html, with JSON where it says so, in a script element that is not run.  Names get into the
 * document as text only: here "<" is written as \u003c, and the script sets textContent. */
#include "view/format/flame_page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "view/format/flame_texts.h"

#define SMALLEST 4000 /* of a whole: what is less in all metrics is not drawn by itself */

/* The file as it is. */
__asm__(".pushsection .rodata\n"
	"flame_page_html: .incbin \"src/view/format/flame_page.html\"\n"
	".byte 0\n"
	".popsection\n");
extern const char flame_page_html[];

struct page {
	struct flame_tree *tree;
	unsigned metrics;
	const struct flame_node *root;
	struct flame_texts texts;
	char **small; /* names that are made here, as texts are not copied */
	size_t small_count;
	FILE *out;
	bool comma;
};

/* What would end or begin an element is written as a number. */
static void write_safely(FILE *out, const char *json)
{
	for (; *json; json++) {
		if (strchr("<>&", *json))
			fprintf(out, "\\u%04x", (unsigned char)*json);
		else
			putc(*json, out);
	}
}

static void write_html(FILE *out, const char *text)
{
	for (; text && *text; text++) {
		if (strchr("<>&\"'", *text))
			fprintf(out, "&#%u;", (unsigned char)*text);
		else if ((unsigned char)*text >= ' ')
			putc(*text, out);
	}
}

/* --- nodes: [depth, kind, name, module, detail, self of each metric] --- */

static void write_row(struct page *p, unsigned depth, enum flame_kind kind, const uint32_t text[3],
		      const uint64_t *self)
{
	fprintf(p->out, "%s[%u,%d,%u,%u,%u", p->comma ? ",\n" : "", depth, (int)kind, text[0], text[1], text[2]);
	for (unsigned m = 0; m < p->metrics; m++)
		fprintf(p->out, ",%" PRIu64, self[m]);
	putc(']', p->out);
	p->comma = true;
}

static bool is_small(const struct page *p, const struct flame_node *n)
{
	for (unsigned m = 0; m < p->metrics; m++)
		if (n->total[m] && n->total[m] >= p->root->total[m] / SMALLEST)
			return false;
	return true;
}

static void write_small(struct page *p, unsigned depth, unsigned count, const uint64_t *sums)
{
	char name[48];

	if (!count)
		return;
	snprintf(name, sizeof(name), "(%u smaller)", count);
	p->small = xreallocarray(p->small, p->small_count + 1, sizeof(char *));
	p->small[p->small_count] = xstrdup(name);
	write_row(p, depth, FLAME_UNKNOWN, (uint32_t[]){ flame_text_number(&p->texts, p->small[p->small_count]), 0, 0 }, sums);
	p->small_count++;
}

static void write_children(struct page *p, const struct flame_node *parent, unsigned depth)
{
	uint64_t sums[FLAME_METRICS] = { 0 };
	unsigned small = 0;

	for (const struct flame_node *n = parent->child; n; n = n->next) {
		if (is_small(p, n)) {
			small++;
			for (unsigned m = 0; m < p->metrics; m++)
				sums[m] += n->total[m];
			continue;
		}
		write_row(p, depth, n->kind, (uint32_t[]){ flame_text_number(&p->texts, n->name),
			  flame_text_number(&p->texts, n->module), flame_text_number(&p->texts, n->detail) }, n->self);
		write_children(p, n, depth + 1);
	}
	write_small(p, depth, small, sums);
}

static void write_metrics(struct page *p)
{
	static const char *const units[] = { [FLAME_COUNT] = "count", [FLAME_BYTES] = "bytes", [FLAME_NS] = "ns" };
	const struct flame_metric *metrics = flame_tree_metrics(p->tree, &p->metrics);
	struct json j = { 0 };

	json_open(&j, NULL, '[');
	for (unsigned m = 0; m < p->metrics; m++) {
		json_open(&j, NULL, '{');
		json_text(&j, "key", metrics[m].key);
		json_text(&j, "title", metrics[m].title);
		json_text(&j, "unit", units[metrics[m].unit]);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	write_safely(p->out, j.text);
	json_free(&j);
}

static void write_data(struct page *p)
{
	fputs("{\"metrics\":", p->out);
	write_metrics(p);
	fputs(",\n\"nodes\":[\n", p->out);
	write_row(p, 0, FLAME_GROUP, (uint32_t[]){ 0, 0, 0 }, p->root->self);
	json_open(&p->texts.list, NULL, '[');
	write_children(p, p->root, 1);
	json_close(&p->texts.list, ']');
	fputs("\n],\n\"texts\":", p->out);
	write_safely(p->out, p->texts.list.text);
	fputs("}\n", p->out);
}

void flame_page_write(struct flame_tree *t, const struct flame_words *words, FILE *out)
{
	struct page p = { .tree = t, .root = flame_tree_root(t), .out = out, .texts = { .by_text = MAP(1) } };
	const char *at = flame_page_html, *mark;

	for (; (mark = strstr(at, "<?")); at = strstr(mark, "?>") + 2) {
		fwrite(at, 1, (size_t)(mark - at), out);
		if (!strncmp(mark, "<?TITLE", 7))
			write_html(out, words->title ? words->title : "mmtrace flame");
		else if (!strncmp(mark, "<?SUBTITLE", 10))
			write_html(out, words->subtitle);
		else
			write_data(&p);
	}
	fputs(at, out);
	flame_texts_free(&p.texts);
	for (size_t i = 0; i < p.small_count; i++)
		free(p.small[i]);
	free(p.small);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* src/view/flame_tree.c and the two that write it: sums hold whatever is left out, and a name is text whatever is
 * in it.  With an argument: writes a page there, which tests/browser/flame.py looks at. */
#include <stdlib.h>

#include "unit/check.h"
#include "view/flame_tree.h"
#include "view/format/flame_folded.h"
#include "view/format/flame_page.h"

#define HOSTILE "</script><script>alert(1)</script><!-- \" ' & \\ \x01 \xff;"

static const struct flame_metric metrics[] = {
	{ "faults", "Faults", FLAME_COUNT }, { "bytes", "Made resident", FLAME_BYTES },
};

static void add(struct flame_tree *t, const char *stack, uint64_t faults, uint64_t bytes)
{
	struct flame_frame frames[16];
	char *words = strdup(stack), *rest = words, *word;
	unsigned depth = 0;

	while ((word = strsep(&rest, " ")))
		frames[depth++] = (struct flame_frame){ .name = word[0] == '+' ? word + 1 : word, .module = "a.out",
							.kind = word[0] == '+' ? FLAME_KERNEL : FLAME_USER };
	flame_tree_add(t, frames, depth, (uint64_t[]){ faults, bytes });
	free(words);
}

static struct flame_tree *sample(void)
{
	struct flame_tree *t = flame_tree_new(metrics, 2, 0);

	add(t, "main work malloc +page_fault", 70, 70 << 12);
	add(t, "main work free", 10, 1 << 12);
	add(t, "main idle", 20, 2 << 20);
	add(t, "main work malloc +page_fault", 5, 5 << 12);
	flame_tree_add(t, (struct flame_frame[]){ { .name = "main", .module = "a.out" },
			  { .name = HOSTILE, .module = "<b>m</b>", .detail = HOSTILE } }, 2, (uint64_t[]){ 30, 30 << 12 });
	return t;
}

static char *written(struct flame_tree *t, bool page)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (page)
		flame_page_write(t, &(struct flame_words){ "flame <i>", "of \"all\"" }, f);
	else
		flame_folded_write(t, 0, f);
	fclose(f);
	return text;
}

static void sums(void)
{
	struct flame_tree *t = sample();
	const struct flame_node *root = flame_tree_root(t), *main = root->child, *work = main->child;

	CHECK_EQ(root->total[0], 135);
	CHECK(main && !main->next);
	CHECK_STR(work->name, "work");
	CHECK_EQ(work->total[0], 85);
	CHECK_EQ(work->self[0], 0);
	CHECK_EQ(work->child->child->self[0], 75);
	CHECK_STR(work->next->name, HOSTILE);
	CHECK_STR(work->next->next->name, "idle");
	flame_tree_free(t);
}

static void frames_that_differ_by_module(void)
{
	struct flame_tree *t = flame_tree_new(metrics, 1, 0);
	struct flame_frame a = { .name = "f", .module = "a" }, b = { .name = "f", .module = "b" }, c = { .name = "f" };
	uint64_t one = 1;

	flame_tree_add(t, &a, 1, &one);
	flame_tree_add(t, &b, 1, &one);
	flame_tree_add(t, &c, 1, &one);
	flame_tree_add(t, &a, 1, &one);
	CHECK_EQ(flame_tree_root(t)->child->total[0], 2);
	CHECK(flame_tree_root(t)->child->next->next && !flame_tree_root(t)->child->next->next->next);
	flame_tree_free(t);
}

static void no_room(void)
{
	struct flame_tree *t = flame_tree_new(metrics, 1, 2);
	struct flame_frame frames[3] = { { .name = "a" }, { .name = "b" }, { .name = "c" } };
	uint64_t one = 1;

	flame_tree_add(t, frames, 3, &one);
	CHECK_EQ(flame_tree_cut(t), 1);
	CHECK_EQ(flame_tree_root(t)->total[0], 1);
	CHECK_EQ(flame_tree_root(t)->child->child->self[0], 1);
	flame_tree_free(t);
}

static void folded(void)
{
	struct flame_tree *t = sample();
	char *text = written(t, false);

	CHECK_STR(text, "main;work;malloc;page_fault_[k] 75\nmain;work;free 10\n"
			"main;</script><script>alert(1)</script><!-- \" ' & \\ \\x01 \\xff: 30\nmain;idle 20\n");
	free(text);
	flame_tree_free(t);
}

static size_t times(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

static void names_are_text(void)
{
	struct flame_tree *t = sample();
	char *text = written(t, true);

	CHECK_EQ(times(text, "<script"), 2); /* the page's own */
	CHECK_EQ(times(text, "</script"), 2);
	CHECK_EQ(times(text, "<!--"), 0);
	CHECK_EQ(times(text, "<b>"), 0);
	CHECK_EQ(times(text, "<i>"), 0);
	CHECK_EQ(times(text, "http://") + times(text, "https://") + times(text, "src="), 0);
	CHECK_EQ(times(text, "\\u003c/script\\u003e\\u003cscript\\u003ealert(1)"), 1); /* once, however often it is used */
	CHECK(times(text, "flame &#60;i&#62;") == 2 && times(text, "of &#34;all&#34;") == 1);
	free(text);
	flame_tree_free(t);
}

static void small_ones_are_put_together(void)
{
	struct flame_tree *t = flame_tree_new(metrics, 1, 0);
	char name[16], *text;

	add(t, "large", 100000, 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "small%d", i);
		add(t, name, 2, 0);
	}
	text = written(t, true);
	CHECK_EQ(times(text, "\"small"), 0);
	CHECK_EQ(times(text, "(1000 smaller)"), 1);
	CHECK_EQ(times(text, ",2000]"), 1);
	free(text);
	flame_tree_free(t);
}

static void nothing(void)
{
	struct flame_tree *t = flame_tree_new(metrics, 2, 0);
	char *text = written(t, true), *lines = written(t, false);

	CHECK_EQ(times(text, "\"nodes\":[\n[0,4,0,0,0,0,0]\n]"), 1);
	CHECK_STR(lines, "");
	free(text);
	free(lines);
	flame_tree_free(t);
}

int main(int count, char **words)
{
	if (count > 1) {
		struct flame_tree *t = sample();
		FILE *f = fopen(words[1], "w");

		if (!f)
			return 1;
		flame_page_write(t, &(struct flame_words){ "flame <i>", "of \"all\"" }, f);
		flame_tree_free(t);
		return fclose(f) != 0;
	}
	RUN("flame", sums);
	RUN("flame", frames_that_differ_by_module);
	RUN("flame", no_room);
	RUN("flame", folded);
	RUN("flame", names_are_text);
	RUN("flame", small_ones_are_put_together);
	RUN("flame", nothing);
	return check_bad;
}

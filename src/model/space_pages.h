/* SPDX-License-Identifier: GPL-2.0 */
/* Pages of an address space, and the way of an address through its page tables. */
#ifndef MODEL_SPACE_PAGES_H
#define MODEL_SPACE_PAGES_H

#include "decode/page_walk.h"
#include "input/input.h"

struct space_pages {
	bool read; /* they were asked for */
	struct input_pages head;
	struct input_page_run *runs; /* ascending */
	struct input_page_sum *sums; /* the most pages first */
	size_t run_count, sum_count;
};

void space_pages_begin(struct space_pages *p);
void space_pages_runs(struct space_pages *p, const struct input_page_run *list, size_t n);
void space_pages_sums(struct space_pages *p, const struct input_pages *head, const struct input_page_sum *list,
		      size_t n);
void space_pages_clean(struct space_pages *p);

struct space_walk {
	bool read;
	struct input_walk head;
	struct page_walk walk; /* count 0: page tables could not be read */
};

void space_walk_take(struct space_walk *w, const struct input_walk *head, const struct input_walk_step *list, size_t n);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's address space: its regions, what lies in them, and where one address lies. */
#ifndef MODEL_SPACE_KERNEL_H
#define MODEL_SPACE_KERNEL_H

#include "input/input.h"

/* in: the region it is a part of, or ""; all texts are owned. */
struct space_region { struct input_region r; char *name, *in, *note; };

struct space_kernel {
	struct space_region *list; /* regions by address, those that are not known last; then what is in them, as it came */
	size_t count, room;
	struct input_place place; /* if place_region */
	char *place_region, *place_symbol; /* owned; the symbol may be "" */
};

/* false: the input is damaged. */
bool space_region_add(struct space_kernel *k, const struct input *in);
bool space_place_take(struct space_kernel *k, const struct input *in);
void space_kernel_clean(struct space_kernel *k);

#endif

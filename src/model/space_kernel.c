/* SPDX-License-Identifier: GPL-2.0 */
#include "model/space_kernel.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Does a stand before b? Of what is in a region the order is the one it came in. */
static bool is_before(const struct space_region *a, const struct space_region *b)
{
	if (a->in[0] || b->in[0])
		return !a->in[0] && b->in[0];
	if (!a->r.end || !b->r.end)
		return a->r.end && !b->r.end;
	return a->r.start < b->r.start;
}

bool space_region_add(struct space_kernel *k, const struct input *in)
{
	size_t at = 0, i;
	const char *name = input_text(in, &at), *of = name ? input_text(in, &at) : NULL,
		   *note = of ? input_text(in, &at) : NULL;
	struct space_region new;

	if (!note)
		return false;
	new = (struct space_region){ *(const struct input_region *)in->head, xstrdup(name), xstrdup(of),
				     xstrdup(note) };
	k->list = xgrow(k->list, k->count, &k->room, sizeof(*k->list));
	for (i = k->count++; i && is_before(&new, &k->list[i - 1]); i--)
		k->list[i] = k->list[i - 1];
	k->list[i] = new;
	return true;
}

bool space_place_take(struct space_kernel *k, const struct input *in)
{
	size_t at = 0;
	const char *region = input_text(in, &at), *symbol = region ? input_text(in, &at) : NULL;

	if (!symbol)
		return false;
	free(k->place_region);
	free(k->place_symbol);
	k->place = *(const struct input_place *)in->head;
	k->place_region = xstrdup(region);
	k->place_symbol = xstrdup(symbol);
	return true;
}

void space_kernel_clean(struct space_kernel *k)
{
	for (size_t i = 0; i < k->count; i++) {
		free(k->list[i].name);
		free(k->list[i].in);
		free(k->list[i].note);
	}
	free(k->list);
	free(k->place_region);
	free(k->place_symbol);
}

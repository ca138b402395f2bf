/* SPDX-License-Identifier: GPL-2.0 */
#include "model/doctor.h"

#include <stdlib.h>

#include "base/alloc.h"

#define CANDIDATES_MAX 1024 /* a recording may hold anything */

_Static_assert(DOCTOR_TEXTS == 8, "struct doctor_candidate has room for all");

static void doctor_input(struct model *m, const struct input *in)
{
	struct doctor *d = (struct doctor *)m;
	struct doctor_candidate *c;
	size_t at = 0;

	if (in->kind != INPUT_CANDIDATE)
		return;
	if (d->count == CANDIDATES_MAX) {
		m->decode_errors++;
		return;
	}
	d->candidates = xreallocarray(d->candidates, d->count + 1, sizeof(*d->candidates));
	c = &d->candidates[d->count++];
	c->head = *(const struct input_candidate *)in->head;
	for (int i = 0; i < DOCTOR_TEXTS; i++) {
		const char *text = input_text(in, &at);

		c->text[i] = xstrdup(text ? text : "");
	}
}

static void doctor_clean(struct model *m)
{
	struct doctor *d = (struct doctor *)m;

	for (size_t i = 0; i < d->count; i++)
		for (int t = 0; t < DOCTOR_TEXTS; t++)
			free(d->candidates[i].text[t]);
	free(d->candidates);
}

const struct model_type model_doctor = {
	.name = "doctor", .size = sizeof(struct doctor), .input = doctor_input, .clean = doctor_clean,
};

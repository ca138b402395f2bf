/* SPDX-License-Identifier: GPL-2.0 */
/* The model of doctor: how the trial of each candidate went.  What decides it on this
 * machine are facts: group machine (key: value), group remedy (key: what to do). */
#ifndef MODEL_DOCTOR_H
#define MODEL_DOCTOR_H

#include "model/model.h"

struct doctor_candidate {
	struct input_candidate head;
	char *text[8]; /* as enum doctor_text */
};

enum doctor_text {
	DOCTOR_HOOK,
	DOCTOR_HELP,
	DOCTOR_BACKEND,
	DOCTOR_PROVIDES,
	DOCTOR_LIMITATIONS,
	DOCTOR_PROGRAM,
	DOCTOR_WHY,
	DOCTOR_REMEDY,
	DOCTOR_TEXTS
};

struct doctor {
	struct model base;
	struct doctor_candidate *candidates;
	size_t count;
};

extern const struct model_type model_doctor;

static inline const struct doctor *doctor_of(const struct model *m)
{
	return (const struct doctor *)m;
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_DOCTOR_H
#define VIEW_DOCTOR_H
#include <stdbool.h>
/* One candidate's trial, as the doctor shows it. */
struct doctor_row {
	const char *hook, *help, *backend, *provides, *lacks;
	const char *why, *program, *remedy; /* of one that does not work */
	bool works, chosen;
	bool hopeless; /* no candidate of its hook works */
};
struct doctor_fact { const char *key, *value, *remedy; };
void doctor_text(const struct doctor_fact *facts, int nf, const struct doctor_row *rows, int n, bool usable);
void doctor_json(const struct doctor_fact *facts, int nf, const struct doctor_row *rows, int n, bool usable);
#endif

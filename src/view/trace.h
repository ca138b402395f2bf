/* SPDX-License-Identifier: GPL-2.0 */
/* One line per event, aligned, or one JSON object. */
#ifndef VIEW_TRACE_H
#define VIEW_TRACE_H
#include <stdbool.h>

#include "model/session.h"
#include "view/report.h"

struct trace_filter {
	uint32_t classes;  /* bit per enum mmt_class; 0: all */
	uint64_t from, to; /* addresses; to 0: all */
};

/* Parses "cow,swap" to bits; false: unknown class. */
bool trace_classes(const char *list, uint32_t *bits);
/* Lists the classes on stdout. */
void trace_classes_help(void);
void trace_titles(const struct report *r);
/* Totals and everything lost, for people. */
void trace_end(const struct report *r);
/* Shows one record that the session has applied; t0 in ns of CLOCK_MONOTONIC. */
void trace_record(const struct report *r, const struct trace_filter *f, bool json, uint64_t t0, const void *bytes, size_t size);
#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Fault statistics as values. */
#ifndef VIEW_ROWS_STAT_H
#define VIEW_ROWS_STAT_H

#include "model/fault/stat.h"
#include "view/field.h"

/* {class: {minor, major, error, new, there, ns_sum, ns_max, hist}}, of classes that occurred. */
struct value stat_classes(const struct fault_stat *s, const struct tick *t);
/* A quantile of all classes; percent above 100: the maximum. */
struct value stat_latency(const struct fault_stat *s, int percent, const struct tick *t);
/* ns in faults; VALUE_NONE: none was timed. */
struct value stat_time(const struct fault_stat *s);
/* Pages that get() counts, of one class or (MMT_CLASS_COUNT) all; VALUE_NONE: none was ever looked up. */
typedef uint64_t (*stat_fn)(const struct fault_stat *s, enum mmt_class c);
struct value stat_pages(const struct fault_stat *s, int only, stat_fn get);
/* "new", "there", or NULL: which of them the page of a fault was. */
const char *page_key(const struct mmt_fault *f);
extern const char *const class_keys[MMT_CLASS_COUNT];
extern const char *const mode_keys[MMT_MODE_COUNT];

/* Faults a second: of the interval, of the run where there is none. */
struct value stat_rate(uint64_t in_interval, const struct fault_stat *s, const struct tick *t);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Values of options (the parse column of options.def).  Each writes its member, and
 * returns 0, or -1 with e filled. */
#ifndef ARGS_PARSE_H
#define ARGS_PARSE_H

#include "args/args.h"

typedef int parse_fn(const struct option_row *row, char *value, void *member, struct error *e);

parse_fn arg_flag;     /* bool */
parse_fn arg_text;     /* const char * */
parse_fn arg_ids;      /* struct id_list; adds */
parse_fn arg_duration; /* uint64_t ns, above 0 */
parse_fn arg_bytes;    /* uint64_t */
parse_fn arg_power;    /* uint64_t bytes, a power of two from min to max */
parse_fn arg_u32;      /* uint32_t, from min to max */
parse_fn arg_rows;     /* int, from min to max */
parse_fn arg_percent;  /* double, above min, at most max */
parse_fn arg_address;  /* uint64_t, hexadecimal */
parse_fn arg_pages;    /* bool, and the range of struct layout_args behind it: the value may be missing */
parse_fn arg_range;    /* struct address_range */
parse_fn arg_classes;  /* struct fault_args.classes: bits; "help" sets classes_help */
parse_fn arg_backend;  /* const char *[HOOK_COUNT] */
parse_fn arg_shell;    /* char **, and the shell[] behind it in struct target_args */
parse_fn arg_format;   /* const char * */
parse_fn arg_format_json, arg_format_csv, arg_format_folded;
parse_fn arg_weight;     /* const char * */
parse_fn arg_call_graph; /* uint32_t: enum mmt_stack_mode */
parse_fn arg_also;     /* struct also[], and the also_count behind it in struct show_args */

/* "bad value 'x' of --NAME": why; -1. */
int arg_bad(struct error *e, const char *name, const char *value, const char *why);
/* A number from min to max. */
int arg_number(const char *name, const char *value, uint64_t min, uint64_t max, uint64_t *out, struct error *e);

#endif

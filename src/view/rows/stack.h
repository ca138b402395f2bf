/* SPDX-License-Identifier: GPL-2.0 */
/* Call stacks as rows. */
#ifndef VIEW_ROWS_STACK_H
#define VIEW_ROWS_STACK_H

#include "model/fault/session.h"
#include "view/field.h"

extern const struct row_type row_stack, row_frames;

/* "libc.so.6", "[anon]"; and where in it.  Texts hold until the next row. */
const char *frame_module(const struct session *s, uint64_t frame, const struct tick *t);
uint64_t frame_offset(uint64_t frame);
/* NULL: it has none. */
const struct name *frame_name(const struct session *s, uint64_t frame, pid_t pid);
/* "libc.so.6+0x9ac3d" */
const char *frame_text(const struct session *s, uint64_t frame, pid_t pid, const struct tick *t);
/* The name of an enum mmt_stack_why, and what it means. */
const char *stack_why_key(unsigned why);
const char *stack_why_help(unsigned why);
/* {complete, guessed, incomplete, none, why: {...}} */
struct value stacks_value(const struct session *s, const struct tick *t);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Getters that the last lines of several commands share.  The row is the model. */
#ifndef VIEW_ROWS_RUN_H
#define VIEW_ROWS_RUN_H

#include "view/field.h"

/* The loss of number arg, by the command's own causes. */
struct value run_loss(const struct field *f, const void *row, const struct tick *t);
/* Runs of BPF programs that the kernel refused. */
struct value run_probe_missed(const struct field *f, const void *row, const struct tick *t);
/* Damaged inputs. */
struct value run_decode_errors(const struct field *f, const void *row, const struct tick *t);

#endif

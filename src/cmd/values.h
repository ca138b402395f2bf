/* SPDX-License-Identifier: GPL-2.0 */
/* Values of options that several commands take.  All return 0, or -1 with e
 * filled but for its hint: that is the command's (error_hint). */
#ifndef CMD_VALUES_H
#define CMD_VALUES_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "probe/hook.h"

#define TARGET_MAX 256 /* processes that a list may name */

int value_bad(struct error *e, const char *option, const char *value, const char *why); /* -1 */
/* "PID,PID...", added to the *count of them in out. */
int value_ids(const char *option, const char *list, pid_t out[TARGET_MAX], int *count, struct error *e);
/* HOOK=NAME, for the hooks of one object; text is cut in two and kept. */
int value_backend(const char *force[HOOK_COUNT], enum object_id object, char *text, struct error *e);
int value_duration(const char *option, const char *text, uint64_t *ns, struct error *e);
int value_bytes(const char *option, const char *text, uint64_t *bytes, struct error *e);
/* A number from min to max. */
int value_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out, struct error *e);
/* Rows to show, of -n. */
int value_rows(const char *text, int *rows, struct error *e);

#endif

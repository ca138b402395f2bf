/* SPDX-License-Identifier: GPL-2.0 */
/* Names of C++ and Rust as people write them. */
#ifndef SYM_DEMANGLE_H
#define SYM_DEMANGLE_H

#include <stddef.h>

/* What is no mangled name, or one that is damaged or too complex, is copied as it is; what has no room is cut
 * and ends with "...".  Runs where hostile names cost nothing.  Returns out. */
char *demangle(const char *name, char *out, size_t room);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that is there or the program ends: a tracer that forgets counts would
 * lie.  Everything is the caller's to free(). */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that is there or the program ends: a tracer that forgets counts would
 * lie.  Everything is the caller's to free(). */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
/* An array with room for another element of `size` bytes behind `count` of them: the same, or
 * a larger one in its place.  *room: how many it has room for, 0 at first. */
void *xgrow(void *array, size_t count, size_t *room, size_t size);
/* After very much was freed: what is free goes back to the kernel, where the C library can do so. */
void memory_return(void);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* A map from a number to a pointer that is not owned; grows, never shrinks. */
#ifndef BASE_IDMAP_H
#define BASE_IDMAP_H

#include <stddef.h>
#include <stdint.h>

struct idmap_slot { uint64_t key; void *value; };
struct idmap { struct idmap_slot *slots; size_t size, used; }; /* all zero: empty */

void *idmap_get(const struct idmap *m, uint64_t key); /* NULL: not there */
/* Puts or replaces; value is not NULL. Aborts when out of memory. */
void idmap_set(struct idmap *m, uint64_t key, void *value);
void idmap_free(struct idmap *m);

#endif

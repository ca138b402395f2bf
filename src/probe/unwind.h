/* SPDX-License-Identifier: GPL-2.0 */
/* Unwind tables in the kernel: slabs of a MiB, made as they are needed, that BPF reads. */
#ifndef PROBE_UNWIND_H
#define PROBE_UNWIND_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/unwind.h"

struct unwind_store;

/* maps: of the object that is loaded.  The caller's to free. */
struct unwind_store *unwind_store_open(const struct bpf_map *slabs, const struct bpf_map *objects);
void unwind_store_free(struct unwind_store *u);
/* t is of a file that BPF gave a number, and from somebody who is not trusted: it is copied, and each number in
 * it looked at.  0, or a negative errno: the file is marked as one whose table is missing. */
int unwind_store_add(struct unwind_store *u, const struct mmt_object_key *key, const struct unwind_table *t);
/* Gives a file a number before BPF meets it.  0: it has one already, or there is no room. */
uint32_t unwind_store_number(struct unwind_store *u, const struct mmt_object_key *key);
/* BPF gives it another number, and asks again, when it meets it again. */
void unwind_store_forget(struct unwind_store *u, const struct mmt_object_key *key);
/* There is no table: state says why. */
int unwind_store_mark(struct unwind_store *u, const struct mmt_object_key *key, enum mmt_object_state state);
uint64_t unwind_store_bytes(const struct unwind_store *u);

#endif

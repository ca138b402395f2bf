/* SPDX-License-Identifier: GPL-2.0 */
/* Reading what BPF programs have: maps as a whole, and iterators. */
#ifndef PROBE_KERNEL_READ_H
#define PROBE_KERNEL_READ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bpf_map;

/* Calls fn for each entry of a hash map or an array; 0 or a negative errno.  Of a per-CPU
 * map value holds one for each possible CPU, at a multiple of 8 bytes each. */
int map_each(const struct bpf_map *map, void (*fn)(void *ctx, const void *key, const void *value), void *ctx);
/* Is one of the processes (threads: of the threads) alive that are the values of a hash map? */
bool map_any_lives(const struct bpf_map *map, bool threads);
/* Value number `which` of a per-CPU array of u64, summed over the CPUs. */
uint64_t map_sum(const struct bpf_map *map, uint32_t which);

struct iter_buffer { uint8_t *bytes; size_t size; }; /* all zero: empty */
/* Runs an iterator to its end; returns the bytes read, or a negative errno. */
ssize_t iter_read(struct iter_buffer *b, int link_fd);
void iter_free(struct iter_buffer *b);
#endif

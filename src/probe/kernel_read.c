/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/kernel_read.h"

#include "host/procfs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK_BYTES (64 << 10) /* of values in one call: each call has its price, and so has memory */
#define CHUNK_MIN 256          /* entries: a bucket of a hash map must fit, or the call fails */
#define ITER_STEP (1 << 20)

static bool is_per_cpu(const struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);

	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static size_t map_stride(const struct bpf_map *map)
{
	size_t size = bpf_map__value_size(map);

	return is_per_cpu(map) ? (size + 7) & ~(size_t)7 : size;
}

int map_each(const struct bpf_map *map, void (*fn)(void *ctx, const void *key, const void *value), void *ctx)
{
	int cpus = is_per_cpu(map) ? libbpf_num_possible_cpus() : 1;
	size_t key_size = bpf_map__key_size(map), value_size = map_stride(map) * (size_t)(cpus > 0 ? cpus : 1);
	uint32_t most = (uint32_t)(CHUNK_BYTES / value_size > CHUNK_MIN ? CHUNK_BYTES / value_size : CHUNK_MIN);
	uint8_t *keys = malloc(most * key_size), *values = malloc(most * value_size);
	uint32_t token = 0, n;
	bool first = true;
	int err = cpus < 0 ? cpus : keys && values ? 0 : -ENOMEM;

	while (!err) {
		n = most;
		err = bpf_map_lookup_batch(bpf_map__fd(map), first ? NULL : &token, &token, keys, values, &n, NULL) ? -errno : 0;
		if (err && err != -ENOENT)
			break;
		first = false;
		for (uint32_t i = 0; i < n; i++)
			fn(ctx, keys + i * key_size, values + i * value_size);
	}
	free(keys);
	free(values);
	return err == -ENOENT ? 0 : err;
}

bool map_any_lives(const struct bpf_map *map, bool threads)
{
	uint32_t key, id, *last = NULL;
	int fd = bpf_map__fd(map);

	while (!bpf_map_get_next_key(fd, last, &key)) {
		if (!bpf_map_lookup_elem(fd, &key, &id) && (threads ? procfs_thread_lives((pid_t)id) : procfs_living((pid_t)id) > 0))
			return true;
		last = &key;
	}
	return false;
}

uint64_t map_sum(const struct bpf_map *map, uint32_t which)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t values[cpus > 0 ? cpus : 1], sum = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(map), &which, values))
		return 0;
	for (int c = 0; c < cpus; c++)
		sum += values[c];
	return sum;
}

ssize_t iter_read(struct iter_buffer *b, int link_fd)
{
	int fd = bpf_iter_create(link_fd);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	for (;;) {
		if (b->size - used < ITER_STEP / 4) {
			uint8_t *bigger = realloc(b->bytes, b->size + ITER_STEP);

			if (!bigger) {
				n = -ENOMEM;
				break;
			}
			b->bytes = bigger;
			b->size += ITER_STEP;
		}
		n = read(fd, b->bytes + used, b->size - used);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0) {
			n = n < 0 ? -errno : 0;
			break;
		}
		used += (size_t)n;
	}
	close(fd);
	return n < 0 ? n : (ssize_t)used;
}

void iter_free(struct iter_buffer *b)
{
	free(b->bytes);
	*b = (struct iter_buffer){ NULL, 0 };
}

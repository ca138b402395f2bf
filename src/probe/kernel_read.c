/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/kernel_read.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define MAP_CHUNK 256
#define ITER_STEP (1 << 20)

int map_each(const struct bpf_map *map, void (*fn)(void *ctx, const void *key, const void *value), void *ctx)
{
	size_t key_size = bpf_map__key_size(map), value_size = bpf_map__value_size(map);
	uint8_t *keys = malloc(MAP_CHUNK * key_size), *values = malloc(MAP_CHUNK * value_size);
	uint32_t token = 0, n;
	bool first = true;
	int err = keys && values ? 0 : -ENOMEM;

	while (!err) {
		n = MAP_CHUNK;
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

/* SPDX-License-Identifier: GPL-2.0 */
/* Attaches one program of ring.bpf.c and reads what it sends.
 * Usage: ring OBJECT PROGRAM PID; prints "ready", at SIGINT "events N lost N". */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define RECORD_BYTES 56
#define CPUS_MAX 64

static volatile sig_atomic_t stop;
static uint64_t events;
static volatile uint64_t sum; /* nobody wants it, but it must be read */

static void on_signal(int n)
{
	(void)n;
	stop = 1;
}

/* A batch holds many records; each is looked at, as a reader would. */
static int on_record(void *ctx, void *bytes, size_t size)
{
	size_t step = size > 2 * RECORD_BYTES + 8 ? RECORD_BYTES : size;

	(void)ctx;
	for (size_t at = 0; at + step <= size; at += step) {
		sum += *(uint64_t *)((char *)bytes + at);
		events++;
	}
	return 0;
}

/* Woken by a wake-up, as mmtrace is, and not by a ring that has something in it. */
static int listen_to(int epoll, int fd)
{
	struct epoll_event woken = { .events = EPOLLIN | EPOLLET };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &woken);
}

static struct ring_buffer *open_rings(struct bpf_object *obj, int epoll)
{
	int shared = bpf_object__find_map_fd_by_name(obj, "shared");
	struct ring_buffer *rb = ring_buffer__new(shared, on_record, NULL, NULL);
	int outer = bpf_object__find_map_fd_by_name(obj, "rings"), cpus = libbpf_num_possible_cpus();

	if (listen_to(epoll, shared))
		return NULL;
	for (int cpu = 0; rb && cpu < cpus && cpu < CPUS_MAX; cpu++) {
		int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, 4 << 20, NULL);

		if (fd < 0 || bpf_map_update_elem(outer, &cpu, &fd, BPF_ANY) || ring_buffer__add(rb, fd, on_record, NULL) ||
		    listen_to(epoll, fd))
			return NULL;
	}
	return rb;
}

int main(int argc, char **argv)
{
	struct bpf_program *prog, *chosen = NULL;
	struct epoll_event woken[CPUS_MAX];
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct ring_buffer *rb;
	struct bpf_object *obj;
	struct bpf_map *map;
	uint32_t zero = 0;
	char data[64] = { 0 };
	size_t size;

	if (argc != 4)
		return 2;
	obj = bpf_object__open_file(argv[1], NULL);
	if (!obj)
		return 1;
	bpf_object__for_each_program(prog, obj)
		if (!strcmp(bpf_program__name(prog), argv[2]))
			chosen = prog;
	map = bpf_object__find_map_by_name(obj, "ring.rodata");
	if (!chosen || !map || bpf_map__set_autocreate(map, true))
		return 1;
	bpf_program__set_autoload(chosen, true);
	*(uint32_t *)bpf_map__initial_value(map, &size) = (uint32_t)atoi(argv[3]);
	if (bpf_object__load(obj) || !(rb = open_rings(obj, epoll)) || !bpf_program__attach(chosen))
		return 1;
	signal(SIGINT, on_signal);
	puts("ready");
	fflush(stdout);
	while (!stop) {
		if (epoll_wait(epoll, woken, CPUS_MAX, 50) < 0 && errno != EINTR)
			break;
		ring_buffer__consume(rb);
	}
	map = bpf_object__find_map_by_name(obj, "ring.bss");
	if (!map || bpf_map__value_size(map) > sizeof(data) || bpf_map_lookup_elem(bpf_map__fd(map), &zero, data))
		return 1;
	printf("events %lu lost %lu\n", events, ((uint64_t *)data)[1]);
	return 0;
}

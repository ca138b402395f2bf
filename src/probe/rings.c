/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/rings.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "probe/attach.h"
#include "wire/config.h"
#include "wire/event.h"

/* A record's time is taken before it enters its ring: this much earlier at most
 * (programs do not sleep; an interrupt may come between). */
#define IN_FLIGHT_NS 5000000ull
/* Where threads are preempted in a program, one may not come back for long to submit
 * its record, nor are those behind it read: the other rings wait as long as this. */
#define BUSY_NS 100000000ull
#define TOTAL_DEFAULT (4u << 20)
#define EACH_DEFAULT (512u << 10) /* at least, however many CPUs */
#define EACH_MIN 4096u

struct ring {
	struct ring_buffer *buffer;
	struct rings *all;
	int number;      /* of order_push() */
	size_t bytes;
	const unsigned long *consumed, *produced; /* the kernel's positions, pages of their own */
	size_t budget;   /* that one drain may still take */
	uint64_t last;   /* time of the last record taken */
};

struct rings {
	struct order *order;
	struct ring control, data[MMT_RINGS];
	int fds[MMT_RINGS]; /* of the data rings' maps */
	int count, epoll;
	uint64_t delivered;
	record_fn hurry; /* NULL: nobody */
	void *hurry_ctx;
};

static int rings_count(void)
{
	int cpus = libbpf_num_possible_cpus();

	return cpus < 1 ? 1 : cpus < MMT_RINGS ? cpus : MMT_RINGS;
}

uint32_t rings_each(uint64_t total)
{
	uint64_t each = (total ? total : TOTAL_DEFAULT) / (uint64_t)rings_count();
	uint64_t least = total ? EACH_MIN : EACH_DEFAULT, size = least;

	while (size * 2 <= each) /* a power of two */
		size *= 2;
	return (uint32_t)size;
}

/* A producer can be faster than we are: a budget keeps a drain finite. */
static int take(struct ring *r, const void *bytes, size_t size)
{
	int err = order_push(r->all->order, r->number, bytes, size);

	if (err)
		return err;
	if (size >= sizeof(struct mmt_head))
		r->last = ((const struct mmt_head *)bytes)->time;
	if (r->budget < size)
		return -EAGAIN;
	r->budget -= size;
	return 0;
}

static int on_control(void *ctx, void *bytes, size_t size)
{
	const struct mmt_head *h = bytes;
	const struct ring *r = ctx;

	if (r->all->hurry && size >= sizeof(*h) && h->kind == MMT_KIND_OBJECT)
		r->all->hurry(r->all->hurry_ctx, bytes, size);
	return take(ctx, bytes, size);
}

static int on_data(void *ctx, void *bytes, size_t size)
{
	struct ring *r = ctx;
	int err = take(r, bytes, size);

	r->all->delivered += err == 0 || err == -EAGAIN; /* taken, that is */
	return err;
}

static const unsigned long *position_map(int fd, long offset)
{
	void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd, offset);

	return page == MAP_FAILED ? NULL : page;
}

static void position_unmap(const unsigned long *page)
{
	if (page)
		munmap((void *)page, (size_t)sysconf(_SC_PAGESIZE));
}

/* Edge-triggered: a ring with something in it is no reason to wake, its mark is. */
static int ring_open(struct rings *all, struct ring *r, int number, int fd, size_t bytes)
{
	struct epoll_event woken = { .events = EPOLLIN | EPOLLET };

	if (epoll_ctl(all->epoll, EPOLL_CTL_ADD, fd, &woken))
		return -errno;
	*r = (struct ring){ .all = all, .number = number, .bytes = bytes };
	r->consumed = position_map(fd, 0);
	r->produced = position_map(fd, sysconf(_SC_PAGESIZE));
	if (!r->consumed || !r->produced)
		return -errno;
	r->buffer = ring_buffer__new(fd, number == ORDER_CONTROL ? on_control : on_data, r, NULL);
	return r->buffer ? 0 : -errno;
}

static void ring_close(struct ring *r)
{
	ring_buffer__free(r->buffer);
	position_unmap(r->consumed);
	position_unmap(r->produced);
}

static int data_open(struct rings *r, int i, uint32_t each)
{
	r->fds[i] = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "data_ring", 0, 0, each, NULL);
	if (r->fds[i] < 0)
		return -errno;
	r->count++;
	return ring_open(r, &r->data[i], ORDER_DATA + i, r->fds[i], each);
}

struct rings *rings_open(const struct bpf_map *control, uint32_t each)
{
	struct rings *r = calloc(1, sizeof(*r));
	int n = rings_count(), err = r ? 0 : -ENOMEM;

	if (r) {
		r->epoll = epoll_create1(EPOLL_CLOEXEC);
		r->order = order_new(ORDER_DATA + n);
		err = r->epoll < 0 ? -errno : r->order ? 0 : -ENOMEM;
	}
	if (!err)
		err = ring_open(r, &r->control, ORDER_CONTROL, bpf_map__fd(control), bpf_map__max_entries(control));
	for (int i = 0; i < n && !err; i++)
		err = data_open(r, i, each);
	if (!err)
		return r;
	rings_free(r);
	errno = -err;
	return NULL;
}

void rings_free(struct rings *r)
{
	if (!r)
		return;
	for (int i = 0; i < r->count; i++) {
		ring_close(&r->data[i]);
		close(r->fds[i]);
	}
	ring_close(&r->control);
	order_free(r->order);
	if (r->epoll >= 0)
		close(r->epoll);
	free(r);
}

void rings_hurry(struct rings *r, record_fn fn, void *ctx)
{
	r->hurry = fn;
	r->hurry_ctx = ctx;
}

int rings_publish(const struct rings *r, const struct bpf_map *data)
{
	uint32_t keys[MMT_RINGS], n = (uint32_t)r->count;

	for (uint32_t i = 0; i < n; i++)
		keys[i] = i;
	/* all in one call: the kernel waits after each */
	return bpf_map_update_batch(bpf_map__fd(data), keys, r->fds, &n, NULL) ? -errno : 0;
}

int rings_fd(const struct rings *r)
{
	return r->epoll;
}

static bool ring_is_empty(const struct ring *r)
{
	unsigned long consumed = __atomic_load_n(r->consumed, __ATOMIC_ACQUIRE);

	return consumed == __atomic_load_n(r->produced, __ATOMIC_ACQUIRE);
}

/* *upto: lowered where the ring was not emptied: what is left there is not older
 * than the last that was taken. */
static int ring_drain(struct ring *r, uint64_t now, uint64_t *upto)
{
	uint64_t left = 0;
	int n;

	r->budget = 2 * r->bytes;
	n = ring_buffer__consume(r->buffer);
	if (n < 0 && n != -EAGAIN)
		return n;
	if (r->last > IN_FLIGHT_NS)
		left = r->last - IN_FLIGHT_NS;
	if (n != -EAGAIN && left < now - BUSY_NS)
		left = now - BUSY_NS;
	if ((n == -EAGAIN || !ring_is_empty(r)) && left < *upto)
		*upto = left;
	return 0;
}

int rings_drain(struct rings *r, bool all, record_fn fn, void *ctx)
{
	uint64_t now = clock_monotonic_ns(), upto = now - IN_FLIGHT_NS;
	struct epoll_event woken[ORDER_DATA + MMT_RINGS];
	int err;

	epoll_wait(r->epoll, woken, ORDER_DATA + MMT_RINGS, 0); /* heard: what asks from now on, asks again */
	err = ring_drain(&r->control, now, &upto);
	for (int i = 0; i < r->count && !err; i++)
		err = ring_drain(&r->data[i], now, &upto);
	/* once more: a fault drained just now may belong to what this got meanwhile */
	if (!err)
		err = ring_drain(&r->control, now, &upto);
	if (!err || all) /* what could not be read is older */
		order_release(r->order, all ? ~0ull : upto, fn, ctx);
	return err;
}

uint64_t rings_delivered(const struct rings *r)
{
	return r->delivered;
}

uint64_t rings_bytes(const struct rings *r)
{
	uint64_t sum = 0;

	for (int i = 0; i < r->count; i++)
		sum += map_charge(r->fds[i]);
	return sum;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Does a known number of things that make the kernel allocate:
 *   kernel_allocs KIND COUNT [BYTES], where KIND is a row of kinds[], touch or keeptouch,
 *   kernel_allocs nodetouch COUNT NODE
 * Says on stdout what it did.  keepsocket, keepbpfmap and keeptouch give nothing
 * back before stdin ends. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void one_eventfd(long bytes)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	(void)bytes;
	if (fd < 0 || close(fd))
		die("eventfd");
}

static void one_pipe(long bytes)
{
	int fds[2];

	(void)bytes;
	if (pipe(fds) || close(fds[0]) || close(fds[1]))
		die("pipe");
}

/* 256 slots of 40 bytes: a large kmalloc (fs/pipe.c, pipe_resize_ring). */
static void one_bigpipe(long bytes)
{
	int fds[2];

	(void)bytes;
	if (pipe(fds) || fcntl(fds[0], F_SETPIPE_SZ, 1 << 20) < 0 || close(fds[0]) || close(fds[1]))
		die("big pipe");
}

static void one_socket(long bytes)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)bytes;
	if (fd < 0 || close(fd))
		die("socket");
}

static void one_keepsocket(long bytes)
{
	(void)bytes;
	if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
		die("socket");
}

/* An array of more than a few pages is vmalloc'ed (kernel/bpf/arraymap.c). */
static int make_bpfmap(long bytes)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4096;
	attr.max_entries = (unsigned)(bytes / 4096);
	fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		die("bpf map");
	return (int)fd;
}

static void one_bpfmap(long bytes)
{
	close(make_bpfmap(bytes));
}

static void one_keepbpfmap(long bytes)
{
	make_bpfmap(bytes);
}

static void one_mmap(long bytes)
{
	void *p = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || munmap(p, (size_t)bytes))
		die("mmap");
}

/* More than any address space has. */
static void one_failmmap(long bytes)
{
	(void)bytes;
	if (mmap(NULL, 1ull << 63, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		die("mmap of half the world");
}

static void one_brk(long bytes)
{
	if (sbrk(bytes) == (void *)-1)
		die("brk");
}

/* Up, down and where it is already. */
static void one_shrink(long bytes)
{
	if (sbrk(bytes) == (void *)-1 || sbrk(-bytes) == (void *)-1 ||
	    syscall(SYS_brk, sbrk(0)) != (long)sbrk(0))
		die("brk");
}

/* Above all that can be mapped: the break stays. */
static void one_failbrk(long bytes)
{
	(void)bytes;
	if (syscall(SYS_brk, 1ul << 62) != (long)sbrk(0))
		die("brk of half the world");
}

static void *thread_main(void *argument)
{
	return argument;
}

/* A thread has ended, and the kernel has forgotten it or is about to: then so many eventfds. */
static void one_afterthread(long count)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_main, NULL) || pthread_join(thread, NULL))
		die("thread");
	for (int i = 0; i < 3; i++) /* each waits for what RCU has to do */
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	for (long i = 0; i < count; i++)
		one_eventfd(0);
}

/* Each page of a fresh mapping is one fault; no huge pages. */
static void touch(long count)
{
	char *p = mmap(NULL, (size_t)count * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || madvise(p, (size_t)count * 4096, MADV_NOHUGEPAGE))
		die("mmap");
	for (long i = 0; i < count; i++)
		((volatile char *)p)[i * 4096] = 1;
}

/* The kernel looks at each page with faults disabled, then reads it: one fault. */
static void look(long count)
{
	char *p = mmap(NULL, (size_t)count * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || madvise(p, (size_t)count * 4096, MADV_NOHUGEPAGE))
		die("mmap");
	for (long i = 0; i < count; i++)
		syscall(SYS_futex, p + i * 4096, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}

static void one_look(long bytes)
{
	look(bytes / 4096);
}

/* Pages of one node only. */
static void take_from(long node)
{
	unsigned long mask = 1ul << node;

	if (syscall(SYS_set_mempolicy, 2 /* MPOL_BIND */, &mask, sizeof(mask) * 8))
		die("set_mempolicy");
}

static void keep(const char *name)
{
	char c;

	if (strncmp(name, "keep", 4))
		return;
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*one)(long bytes); } kinds[] = {
		{ "eventfd", one_eventfd }, { "pipe", one_pipe }, { "bigpipe", one_bigpipe }, { "socket", one_socket },
		{ "bpfmap", one_bpfmap }, { "mmap", one_mmap }, { "failmmap", one_failmmap },
		{ "brk", one_brk }, { "shrink", one_shrink }, { "failbrk", one_failbrk },
		{ "afterthread", one_afterthread }, { "look", one_look },
		{ "keepsocket", one_keepsocket }, { "keepbpfmap", one_keepbpfmap },
	};
	long count = argc > 2 ? atol(argv[2]) : 0, bytes = argc > 3 ? atol(argv[3]) : 0;
	struct rusage ru;

	for (size_t k = 0; argc > 2 && k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (!strcmp(argv[1], kinds[k].name)) {
			for (long i = 0; i < count; i++)
				kinds[k].one(bytes);
			printf("%s %ld\n", argv[1], count);
			keep(argv[1]);
			return 0;
		}
	if (argc < 3 || (strcmp(argv[1], "touch") && strcmp(argv[1], "keeptouch") && strcmp(argv[1], "nodetouch"))) {
		fprintf(stderr, "usage: kernel_allocs KIND COUNT [BYTES]\n");
		return 2;
	}
	if (!strcmp(argv[1], "nodetouch"))
		take_from(bytes);
	touch(count);
	getrusage(RUSAGE_SELF, &ru);
	printf("touch %ld faults %ld\n", count, ru.ru_minflt + ru.ru_majflt);
	keep(argv[1]);
	return 0;
}

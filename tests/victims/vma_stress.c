/* Random calls that change the VMAs of a process.
 *
 * usage: vma_stress [--seed S] [--calls N] [--stop-every K]
 *        vma_stress --one CALL
 *        vma_stress --list
 *
 * The first form makes N random calls (default 10,000; the same seed gives the
 * same calls), with a touch of a random page after each.  After each K of them (default: never) it prints "stop COUNT"
 * and stops itself with SIGSTOP, so that a tester can compare what it believes
 * with /proc/PID/maps and send SIGCONT.  At the end: "done COUNT".
 *
 * The second form prints "ready" and makes one call of the given kind for each
 * line on stdin, answering "ok" or "failed ERRNO".  Every call changes the VMAs,
 * and nothing else does after "ready": what the calls need is prepared before,
 * in a slot for each of them (hence up to 127 lines, then "exhausted").  A call
 * that the kernel lacks fails with 22 (`name` without CONFIG_ANON_VMA_NAME). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

#define PAGE 4096ul
#define SLOT 16ul	/* pages of a slot */
#define SLOTS 256ul
#define SPAN (SLOT * PAGE)

/* All happens in one range of SLOTS slots that nobody else uses. */
static char *arena;
static int memfd, shm_id;
static uint64_t seed = 1;
static char *heap_low;

/* stdio would take its buffers from the heap that the brk calls cut off. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (write(1, text, (size_t)n) != n)
		_exit(1);
}

static uint64_t random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static size_t random_below(size_t n)
{
	return (size_t)(random_next() % n);
}

static char *slot_at(size_t i)
{
	return arena + i * SPAN;
}

/* Part of a slot: start and length in pages. */
static char *part(char *slot, size_t *len)
{
	size_t first = random_below(SLOT);

	*len = (1 + random_below(SLOT - first)) * PAGE;
	return slot + first * PAGE;
}

static int slot_reset(char *slot)
{
	return mmap(slot, SPAN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		    -1, 0) == slot ? 0 : -1;
}

/* Each kind is done to a slot; with `one` the change is sure to be one. */
static int do_mmap_anon(char *slot, int one)
{
	int prot = one || random_below(2) ? PROT_READ | PROT_WRITE : PROT_READ;
	size_t len = SPAN;
	char *p = one ? slot : part(slot, &len);

	return mmap(p, len, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p ? 0 : -1;
}

static int do_mmap_file(char *slot, int one)
{
	size_t len = SPAN;
	char *p = one ? slot : part(slot, &len);
	int shared = random_below(2) ? MAP_SHARED : MAP_PRIVATE;

	return mmap(p, len, PROT_READ, shared | MAP_FIXED, memfd, 0) == p ? 0 : -1;
}

static int do_munmap(char *slot, int one)
{
	size_t len = 2 * PAGE;
	char *p = one ? slot + 4 * PAGE : part(slot, &len);

	return munmap(p, len);
}

static int do_mprotect(char *slot, int one)
{
	static const int prots[] = {PROT_READ, PROT_READ | PROT_WRITE, PROT_NONE};
	size_t len = 2 * PAGE;
	char *p = one ? slot + 4 * PAGE : part(slot, &len);

	return mprotect(p, len, prots[one ? 0 : random_below(3)]);
}

/* Moves half of the slot into the other half. */
static int do_mremap_move(char *slot, int one)
{
	char *to = slot + SPAN / 2;

	(void)one;
	return mremap(slot, SPAN / 2, SPAN / 2, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to ? 0 : -1;
}

static int do_mremap_grow(char *slot, int one)
{
	(void)one;
	return mremap(slot, SPAN / 2, SPAN, 0) == slot ? 0 : -1;
}

/* Room for it to grow. */
static int half_munmap(char *slot, int one)
{
	(void)one;
	return munmap(slot + SPAN / 2, SPAN / 2);
}

static int do_mremap_shrink(char *slot, int one)
{
	(void)one;
	return mremap(slot, SPAN, SPAN / 2, 0) == slot ? 0 : -1;
}

static int advise(char *slot, int one, int advice, int other)
{
	size_t len = 2 * PAGE;
	char *p = one ? slot + 4 * PAGE : part(slot, &len);

	return madvise(p, len, one || random_below(2) ? advice : other);
}

static int do_madvise_fork(char *slot, int one)
{
	return advise(slot, one, MADV_DONTFORK, MADV_DOFORK);
}

static int do_madvise_dump(char *slot, int one)
{
	return advise(slot, one, MADV_DONTDUMP, MADV_DODUMP);
}

static int do_madvise_random(char *slot, int one)
{
	return advise(slot, one, MADV_RANDOM, MADV_NORMAL);
}

static int do_brk_grow(char *slot, int one)
{
	(void)slot;
	(void)one;
	if ((char *)sbrk(0) > heap_low + 1024 * PAGE)
		return brk(heap_low);
	return sbrk((intptr_t)(4 * PAGE)) == (void *)-1 ? -1 : 0;
}

static int do_brk_shrink(char *slot, int one)
{
	(void)slot;
	(void)one;
	if ((char *)sbrk(0) <= heap_low + 2 * PAGE)
		return sbrk((intptr_t)(4 * PAGE)) == (void *)-1 ? -1 : 0;
	return sbrk(-(intptr_t)(2 * PAGE)) == (void *)-1 ? -1 : 0;
}

static int do_mlock(char *slot, int one)
{
	size_t len = 2 * PAGE;
	char *p = one ? slot + 4 * PAGE : part(slot, &len);

	return mlock(p, len);
}

/* Half of what is locked: not every kernel merges what was split for the lock. */
static int do_munlock(char *slot, int one)
{
	size_t len = one ? PAGE : 2 * PAGE;
	char *p = one ? slot + 4 * PAGE : part(slot, &len);

	return munlock(p, len);
}

static int do_name(char *slot, int one)
{
	static const char *const names[] = {"stress one", "stress two", NULL};
	size_t len = 2 * PAGE;
	char *p = one ? slot + 4 * PAGE : part(slot, &len);
	const char *name = names[one ? 0 : random_below(3)];

	return prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, len, name);
}

static int do_shmat(char *slot, int one)
{
	(void)one;
	return shmat(shm_id, slot, SHM_REMAP) == slot ? 0 : -1;
}

static int do_shmdt(char *slot, int one)
{
	(void)one;
	return shmdt(slot);
}

/* Growing downwards by a touch below the lowest stack page. */
static int do_stack(char *slot, int one)
{
	static char *low;
	char here;

	(void)slot;
	(void)one;
	if (!low)
		low = &here - 256 * PAGE;
	if ((uintptr_t)&here - (uintptr_t)low > 1024 * PAGE)
		return 0;
	low -= 2 * PAGE;
	*(volatile char *)low = 1;
	return 0;
}

struct kind {
	const char *name;
	int (*call)(char *slot, int one);
	int (*before)(char *slot, int one);	/* for --one: in each slot, before "ready" */
};

static const struct kind kinds[] = {
	{"mmap", do_mmap_anon, do_munmap},
	{"mmap_file", do_mmap_file, NULL},
	{"munmap", do_munmap, NULL},
	{"mprotect", do_mprotect, NULL},
	{"mremap_move", do_mremap_move, NULL},
	{"mremap_grow", do_mremap_grow, half_munmap},
	{"mremap_shrink", do_mremap_shrink, NULL},
	{"madvise_dontfork", do_madvise_fork, NULL},
	{"madvise_dontdump", do_madvise_dump, NULL},
	{"madvise_random", do_madvise_random, NULL},
	{"brk_grow", do_brk_grow, NULL},
	{"brk_shrink", do_brk_shrink, do_brk_grow},
	{"mlock", do_mlock, NULL},
	{"munlock", do_munlock, do_mlock},
	{"name", do_name, NULL},
	{"shmat", do_shmat, NULL},
	{"shmdt", do_shmdt, do_shmat},
	{"stack", do_stack, NULL},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int prepare(void)
{
	/* A page apart from its neighbours at both ends. */
	arena = mmap(NULL, (SLOTS + 2) * SPAN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED)
		return -1;
	arena += SPAN;
	memfd = memfd_create("stress", MFD_CLOEXEC);
	if (memfd < 0 || ftruncate(memfd, (off_t)SPAN))
		return -1;
	shm_id = shmget(IPC_PRIVATE, SPAN, IPC_CREAT | 0600);
	heap_low = sbrk(0);
	for (size_t i = 0; i < SLOTS; i++)
		if (slot_reset(slot_at(i)))
			return -1;
	return 0;
}

/* A System V segment is only there until the process ends. */
static void finish(void)
{
	if (shm_id >= 0)
		shmctl(shm_id, IPC_RMID, NULL);
}

/* A fault where one can be: the kernel writes there, and says EFAULT where a
 * write of our own would kill us. */
static void touch(void)
{
	long done = getrandom(slot_at(random_below(SLOTS)) + random_below(SLOT) * PAGE, 1, 0);

	(void)done;
}

static void stress(long calls, long every)
{
	for (long i = 1; i <= calls; i++) {
		const struct kind *kind = &kinds[random_below(KINDS)];
		char *slot = slot_at(random_below(SLOTS));

		/* Many fail, as the slot is not what they want: that is fine. */
		kind->call(slot, 0);
		touch();
		if (i % 16 == 0)
			slot_reset(slot_at(random_below(SLOTS)));
		if (every && i % every == 0) {
			say("stop %ld\n", i);
			raise(SIGSTOP);
		}
	}
	say("done %ld\n", calls);
}

static int line_read(void)
{
	char byte;

	while (read(0, &byte, 1) == 1)
		if (byte == '\n')
			return 1;
	return 0;
}

/* Every other slot, so that neighbours do not merge with what is done. */
static int one(const char *name)
{
	const struct kind *kind = NULL;
	size_t slot = 1;

	for (size_t i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			kind = &kinds[i];
	if (!kind) {
		fprintf(stderr, "vma_stress: no call %s (see --list)\n", name);
		return 2;
	}
	for (size_t i = 1; kind->before && i < SLOTS - 1; i += 2)
		kind->before(slot_at(i), 1);
	say("ready\n");
	for (; line_read(); slot += 2) {
		if (slot >= SLOTS - 1)
			say("exhausted\n");
		else if (kind->call(slot_at(slot), 1))
			say("failed %d\n", errno);
		else
			say("ok\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	long calls = 10000, every = 0;
	const char *single = NULL;
	int status = 0;

	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--list")) {
			for (size_t k = 0; k < KINDS; k++)
				puts(kinds[k].name);
			return 0;
		}
		if (!strcmp(argv[i], "--seed"))
			seed = strtoull(value, NULL, 0);
		else if (!strcmp(argv[i], "--calls"))
			calls = strtol(value, NULL, 0);
		else if (!strcmp(argv[i], "--stop-every"))
			every = strtol(value, NULL, 0);
		else if (!strcmp(argv[i], "--one"))
			single = value;
		else {
			fprintf(stderr, "vma_stress: unknown option %s\n", argv[i]);
			return 2;
		}
	}
	if (!seed)
		seed = 1;
	if (prepare()) {
		perror("vma_stress");
		return 1;
	}
	if (single)
		status = one(single);
	else
		stress(calls, every);
	finish();
	return status;
}

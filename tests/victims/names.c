/* SPDX-License-Identifier: GPL-2.0 */
/* Maps files and memory of many kinds, each for a moment, and says how the kernel calls it:
 * "START INODE NAME", the name as in /proc/self/maps.  With "stay" the mappings remain until
 * its input ends; DIRECTORY takes its files. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096ul
#define HUGE (2ul << 20)
#define ANON_NAME 0x53564d41, 0 /* PR_SET_VMA, PR_SET_VMA_ANON_NAME */

static int stay;

/* None where another one was: a row is known by its address and file. */
static void *place(void)
{
	static char *next = (char *)0x100000000000;

	next += HUGE;
	return next;
}

static void die(const char *what)
{
	fprintf(stderr, "names: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The line of maps that begins at start. */
static void say(const void *start)
{
	unsigned long from, inode;
	FILE *maps = fopen("/proc/self/maps", "r");
	char *line = NULL;
	size_t size = 0;
	int at;

	while (maps && getline(&line, &size, maps) > 0)
		if (at = 0, sscanf(line, "%lx-%*x %*s %*s %*s %lu %n", &from, &inode, &at) == 2 && from == (unsigned long)start)
			printf("%lx %lu %s", from, inode, line + at);
	if (maps)
		fclose(maps);
	free(line);
}

static void use(void *at, size_t size, int write)
{
	if (at == MAP_FAILED)
		return; /* this kernel does not offer it */
	if (write)
		*(volatile char *)at = 1;
	else
		(void)*(volatile char *)at;
	say(at);
	if (!stay)
		munmap(at, size);
}

static void use_file(int fd)
{
	if (fd < 0)
		die("file");
	use(mmap(place(), PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0), PAGE, 0);
	close(fd);
}

static int make(const char *name)
{
	int fd = openat(AT_FDCWD, name, O_RDWR | O_CREAT, 0600);

	if (fd < 0 || ftruncate(fd, PAGE))
		die(name);
	return fd;
}

static void *anonymous(int flags)
{
	return mmap(place(), PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);
}

static void memory(void)
{
	int fd = memfd_create("x/y", 0), id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	void *at;

	use(anonymous(MAP_SHARED), PAGE, 1);
	if (ftruncate(fd, PAGE))
		die("memfd");
	use_file(fd);
	at = shmat(id, place(), 0);
	shmctl(id, IPC_RMID, NULL);
	use(at, PAGE, 1);
	if (!stay && at != MAP_FAILED)
		shmdt(at);
	at = anonymous(MAP_PRIVATE);
	if (!prctl(ANON_NAME, at, PAGE, "an odd name"))
		use(at, PAGE, 1);
	at = anonymous(MAP_SHARED);
	if (!prctl(ANON_NAME, at, PAGE, "shared"))
		use(at, PAGE, 1);
	at = mmap(place(), HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB, -1, 0);
	use(at, HUGE, 1);
}

static void perf(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_DUMMY };
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd >= 0 && stay) /* nothing faults there: without a layout it has no row */
		use(mmap(place(), 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0), 2 * PAGE, 0);
}

static void files(void)
{
	char long_name[256] = "";

	memset(long_name, 'n', 255);
	use_file(make("plain"));
	use_file(make("new\nline \\ \303\274"));
	use_file(make("[heap]"));
	use_file(make(long_name));
	if (mkdir("sub", 0700) || link("plain", "sub/linked"))
		die("sub");
	use_file(open("sub/linked", O_RDONLY));
	make("gone");
	int fd = open("gone", O_RDONLY);
	unlink("gone");
	use_file(fd);
}

/* Longer than a record has room for. */
static void deep(void)
{
	char part[201] = "";
	int back = open(".", O_RDONLY | O_DIRECTORY);

	memset(part, 'd', 200);
	for (int i = 0; i < 8; i++)
		if (mkdir(part, 0700) || chdir(part))
			die("deep");
	use_file(make("leaf"));
	if (fchdir(back))
		die("back");
}

static void mounts(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return;
	mkdir("bound", 0700);
	if (!mount("sub", "bound", NULL, MS_BIND, NULL))
		use_file(open("bound/linked", O_RDONLY));
	mkdir("tmp", 0700);
	if (!mount("none", "tmp", "tmpfs", 0, NULL))
		use_file(make("tmp/on tmpfs"));
	mkdir("upper", 0700);
	mkdir("work", 0700);
	mkdir("over", 0700);
	if (!mount("overlay", "over", "overlay", 0, "lowerdir=sub,upperdir=upper,workdir=work"))
		use_file(open("over/linked", O_RDONLY));
}

int main(int argc, char **argv)
{
	if (argc < 2 || chdir(argv[1]) )
		die("usage: names DIRECTORY [stay]");
	stay = argc > 2;
	memory();
	perf();
	files();
	deep();
	mounts();
	puts("ready");
	fflush(stdout);
	while (stay && getchar() != EOF)
		;
	return 0;
}

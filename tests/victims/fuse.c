/* SPDX-License-Identifier: GPL-2.0 */
/* A file system without a library: fuse DIR FILE mounts one on DIR, in a mount namespace of its own, that
 * holds FILE's bytes and zeros up to 1 MiB as DIR/file.  Says "ready" and the number of its connection; after
 * the line "hang" it answers nothing any more.  Ends, and its mount with it, at the end of stdin. */
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#define SIZE ((size_t)1 << 20)
#define NODE 2 /* the file; the directory is FUSE_ROOT_ID */

static int device;
static char *bytes;
static atomic_bool hangs;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void answer(const struct fuse_in_header *in, int error, const void *data, size_t n)
{
	struct fuse_out_header out = { .len = (uint32_t)(sizeof(out) + n), .error = error, .unique = in->unique };
	struct iovec parts[] = { { &out, sizeof(out) }, { (void *)(uintptr_t)data, n } };

	if (writev(device, parts, 2) < 0 && !hangs)
		fprintf(stderr, "fuse: an answer to %u was refused\n", in->opcode);
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){ .ino = node, .size = node == NODE ? SIZE : 0, .blksize = 4096, .nlink = 1,
				   .mode = node == NODE ? S_IFREG | 0755 : S_IFDIR | 0755 };
}

static void lookup(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out out = { .nodeid = NODE, .attr = attributes(NODE) }; /* valid for no time: asked each time */

	if (strcmp(name, "file"))
		answer(in, -2, NULL, 0);
	else
		answer(in, 0, &out, sizeof(out));
}

static void read_some(const struct fuse_in_header *in, const struct fuse_read_in *r)
{
	size_t from = r->offset < SIZE ? r->offset : SIZE, n = SIZE - from < r->size ? SIZE - from : r->size;

	answer(in, 0, bytes + from, n);
}

static void serve_one(const struct fuse_in_header *in)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096, .max_background = 16 };
	struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
	struct fuse_open_out open = { .open_flags = FOPEN_KEEP_CACHE };

	switch (in->opcode) {
	case FUSE_INIT: answer(in, 0, &init, sizeof(init)); break;
	case FUSE_LOOKUP: lookup(in, (const char *)(in + 1)); break;
	case FUSE_GETATTR: answer(in, 0, &attr, sizeof(attr)); break;
	case FUSE_OPEN: case FUSE_OPENDIR: answer(in, 0, &open, sizeof(open)); break;
	case FUSE_READ: read_some(in, (const struct fuse_read_in *)(in + 1)); break;
	case FUSE_FLUSH: case FUSE_RELEASE: answer(in, 0, NULL, 0); break;
	case FUSE_FORGET: case FUSE_BATCH_FORGET: case FUSE_INTERRUPT: break; /* want no answer */
	default: answer(in, -38, NULL, 0);
	}
}

static void *serve(void *arg)
{
	static _Alignas(struct fuse_in_header) char in[1 << 17];

	while (read(device, in, sizeof(in)) > 0)
		if (!hangs)
			serve_one((const struct fuse_in_header *)in);
	return arg;
}

static void load(const char *path)
{
	FILE *f = fopen(path, "re");

	bytes = calloc(1, SIZE);
	if (!f || !bytes || !fread(bytes, 1, SIZE, f))
		die(path);
	fclose(f);
}

int main(int argc, char **argv)
{
	char options[64], line[64];
	pthread_t thread;
	struct stat st;

	if (argc != 3)
		return 2;
	alarm(300); /* whoever waits for it is freed at last */
	load(argv[2]);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die("unshare");
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		die("/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
	if (mount("fuse", argv[1], "fuse", 0, options))
		die("mount");
	if (pthread_create(&thread, NULL, serve, NULL) || stat(argv[1], &st))
		die("serve");
	printf("ready %u\n", minor(st.st_dev));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		hangs = !strcmp(line, "hang\n");
		puts(hangs ? "hangs" : "what?");
		fflush(stdout);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
#include "view/rows/call.h"

#include <linux/mman.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const struct { unsigned nr; const char *name, *args; char ret; } calls[] = {
#define CALL(nr, name, args, ret) { nr, name, args, ret },
#include "view/rows/calls.def"
#undef CALL
};

struct bit { unsigned long value; const char *name; };

static const struct bit protections[] = {
	{ PROT_READ, "PROT_READ" }, { PROT_WRITE, "PROT_WRITE" }, { PROT_EXEC, "PROT_EXEC" },
	{ PROT_GROWSDOWN, "PROT_GROWSDOWN" }, { 0, "PROT_NONE" },
};
static const struct bit map_flags[] = {
	{ MAP_ANONYMOUS, "MAP_ANONYMOUS" }, { MAP_FIXED, "MAP_FIXED" }, { MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE" },
	{ MAP_GROWSDOWN, "MAP_GROWSDOWN" }, { MAP_HUGETLB, "MAP_HUGETLB" }, { MAP_LOCKED, "MAP_LOCKED" },
	{ MAP_NONBLOCK, "MAP_NONBLOCK" }, { MAP_NORESERVE, "MAP_NORESERVE" }, { MAP_POPULATE, "MAP_POPULATE" },
	{ MAP_STACK, "MAP_STACK" }, { MAP_SYNC, "MAP_SYNC" }, { MAP_DENYWRITE, "MAP_DENYWRITE" },
	{ MAP_EXECUTABLE, "MAP_EXECUTABLE" }, { 0x40, "MAP_32BIT" }, { 0, "0" },
};
static const struct bit mremap_flags[] = {
	{ MREMAP_MAYMOVE, "MREMAP_MAYMOVE" }, { MREMAP_FIXED, "MREMAP_FIXED" },
	{ MREMAP_DONTUNMAP, "MREMAP_DONTUNMAP" }, { 0, "0" },
};
static const struct bit advices[] = {
	{ MADV_NORMAL, "MADV_NORMAL" }, { MADV_RANDOM, "MADV_RANDOM" }, { MADV_SEQUENTIAL, "MADV_SEQUENTIAL" },
	{ MADV_WILLNEED, "MADV_WILLNEED" }, { MADV_DONTNEED, "MADV_DONTNEED" }, { MADV_FREE, "MADV_FREE" },
	{ MADV_REMOVE, "MADV_REMOVE" }, { MADV_DONTFORK, "MADV_DONTFORK" }, { MADV_DOFORK, "MADV_DOFORK" },
	{ MADV_MERGEABLE, "MADV_MERGEABLE" }, { MADV_UNMERGEABLE, "MADV_UNMERGEABLE" },
	{ MADV_HUGEPAGE, "MADV_HUGEPAGE" }, { MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE" },
	{ MADV_DONTDUMP, "MADV_DONTDUMP" }, { MADV_DODUMP, "MADV_DODUMP" }, { MADV_WIPEONFORK, "MADV_WIPEONFORK" },
	{ MADV_KEEPONFORK, "MADV_KEEPONFORK" }, { MADV_COLD, "MADV_COLD" }, { MADV_PAGEOUT, "MADV_PAGEOUT" },
	{ MADV_POPULATE_READ, "MADV_POPULATE_READ" }, { MADV_POPULATE_WRITE, "MADV_POPULATE_WRITE" },
	{ 24, "MADV_DONTNEED_LOCKED" }, { 25, "MADV_COLLAPSE" }, { 102, "MADV_GUARD_INSTALL" },
	{ 103, "MADV_GUARD_REMOVE" },
};
static const struct bit errors[] = {
	{ 1, "EPERM" }, { 4, "EINTR" }, { 5, "EIO" }, { 6, "ENXIO" }, { 9, "EBADF" }, { 11, "EAGAIN" }, { 12, "ENOMEM" },
	{ 13, "EACCES" }, { 14, "EFAULT" }, { 16, "EBUSY" }, { 17, "EEXIST" }, { 19, "ENODEV" }, { 22, "EINVAL" },
	{ 26, "ETXTBSY" }, { 28, "ENOSPC" }, { 75, "EOVERFLOW" }, { 95, "EOPNOTSUPP" }, { 512, "ERESTARTSYS" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int add(char *out, size_t size, int at, const char *text)
{
	return at + snprintf(out + at, (size_t)at < size ? size - (size_t)at : 0, "%s", text);
}

/* One of a list, else the number. */
static void put_one(char *out, size_t size, const struct bit *list, size_t n, unsigned long v)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].value == v) {
			snprintf(out, size, "%s", list[i].name);
			return;
		}
	snprintf(out, size, "%lu", v);
}

/* A|B|0x.. ; the last entry of the list names the empty set. */
static void put_bits(char *out, size_t size, const struct bit *list, size_t n, unsigned long v, int at)
{
	if (!v && !at) {
		add(out, size, 0, list[n - 1].name);
		return;
	}
	for (size_t i = 0; i + 1 < n; i++) {
		if (!(v & list[i].value) || (v & list[i].value) != list[i].value)
			continue;
		if (at)
			at = add(out, size, at, "|");
		at = add(out, size, at, list[i].name);
		v &= ~list[i].value;
	}
	if (v)
		snprintf(out + at, size - (size_t)at, "%s0x%lx", at ? "|" : "", v);
}

static void put_map_flags(char *out, size_t size, unsigned long v)
{
	static const char *const types[] = { "", "MAP_SHARED", "MAP_PRIVATE", "MAP_SHARED_VALIDATE" };
	unsigned long type = v & 3;

	put_bits(out, size, map_flags, COUNT(map_flags), v & ~3ul, add(out, size, 0, types[type]));
}

static void put_arg(char kind, char *out, size_t size, unsigned long v)
{
	switch (kind) {
	case 'a': snprintf(out, size, v ? "0x%lx" : "NULL", v); break;
	case 'p': put_bits(out, size, protections, COUNT(protections), v, 0); break;
	case 'f': put_map_flags(out, size, v); break;
	case 'r': put_bits(out, size, mremap_flags, COUNT(mremap_flags), v, 0); break;
	case 'm': put_one(out, size, advices, COUNT(advices), v); break;
	case 'd': case 'i': snprintf(out, size, "%d", (int)v); break;
	case 'o': case 'x': snprintf(out, size, v ? "0x%lx" : "0", v); break;
	default: snprintf(out, size, "%lu", v); break;
	}
}

static const char *args_of(unsigned nr, char *ret)
{
	for (size_t i = 0; i < COUNT(calls); i++)
		if (calls[i].nr == nr) {
			*ret = calls[i].ret;
			return calls[i].args;
		}
	*ret = 'x';
	return "xxxxxx";
}

const char *call_name(const struct mmt_call *c, char *out, size_t size)
{
	snprintf(out, size, c->nr == MMT_CALL_STACK_GROWTH ? "stack_grow" : "call %u", c->nr);
	for (size_t i = 0; i < COUNT(calls); i++)
		if (calls[i].nr == c->nr)
			snprintf(out, size, "%s", calls[i].name);
	return out;
}

/* mremap's new address counts only with MREMAP_FIXED or DONTUNMAP. */
int call_args(const struct mmt_call *c)
{
	char ret;

	if (c->nr == MMT_CALL_STACK_GROWTH)
		return 1;
	if (c->nr == 25 && !(c->arg[3] & (MREMAP_FIXED | MREMAP_DONTUNMAP)))
		return 4;
	return (int)strlen(args_of(c->nr, &ret));
}

void call_text(const struct mmt_call *c, char *out, size_t size)
{
	char one[512], ret;
	const char *args = args_of(c->nr, &ret);
	int at, n = call_args(c);

	if (c->nr == MMT_CALL_STACK_GROWTH) {
		snprintf(out, size, "to reach 0x%llx", c->arg[0]);
		return;
	}
	at = add(out, size, 0, "(");
	for (int i = 0; i < n; i++) {
		put_arg(args[i], one, sizeof(one), c->arg[i]);
		at = add(out, size, at, i ? ", " : "");
		at = add(out, size, at, one);
	}
	at = add(out, size, at, ") = ");
	if (c->ret < 0 && c->ret > -4096) {
		put_one(one, sizeof(one), errors, COUNT(errors), (unsigned long)-c->ret);
		at = add(out, size, at, "-1 ");
	} else {
		put_arg(ret, one, sizeof(one), (unsigned long)c->ret);
	}
	add(out, size, at, one);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel addresses to names, from files of known content. */
#include "sym/ksym.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int bad;

static void check(const char *name, bool good)
{
	printf("%s - ksym: %s\n", good ? "ok" : "not ok", name);
	bad |= !good;
}

static struct ksym_table *load(const char *text)
{
	char path[] = "/tmp/mmtrace-ksym-XXXXXX";
	int fd = mkstemp(path);
	struct ksym_table *t;

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
	t = ksym_load(path);
	unlink(path);
	return t;
}

static bool text_is(const struct ksym_table *t, uint64_t addr, const char *expected)
{
	char out[160];

	ksym_text(t, addr, out, sizeof(out));
	if (!strcmp(out, expected))
		return true;
	printf("# %s, not %s\n", out, expected);
	return false;
}

static void names(void)
{
	struct ksym_table *t = load(
		"0000000000021000 A per_cpu_thing\n"
		"ffffffff81000000 T _stext\n"
		"ffffffff81000000 t local_alias\n"
		"ffffffff81000000 T first\n"
		"ffffffff810000f0 t __pfx_second\n"
		"ffffffff81000100 t second\n"
		"ffffffff82000000 D page_offset_base\n"
		"ffffffffc0201000 t beta\t[mod_b]\n"
		"ffffffffc0101000 t alpha\t[mod_a]\n"
		"ffffffffc0301000 t bpf_prog_1234_x\t[bpf]\n"
		"not a line\n"
		"ffffffffc0101080 T __builtin_one\t[__builtin__kprobes]\n");

	check("offset within a function", text_is(t, 0xffffffff81000012, "first+0x12"));
	check("padding belongs to the function before", text_is(t, 0xffffffff810000f4, "first+0xf4"));
	check("start of a function", text_is(t, 0xffffffff81000100, "second+0x0"));
	check("module, file not in order", text_is(t, 0xffffffffc0101010, "alpha+0x10 [mod_a]"));
	check("second module", text_is(t, 0xffffffffc0201ffe, "beta+0xffe [mod_b]"));
	check("BPF program", text_is(t, 0xffffffffc0301001, "bpf_prog_1234_x+0x1 [bpf]"));
	check("builtin is the kernel's", text_is(t, 0xffffffffc0101081, "__builtin_one+0x1"));
	check("a variable is no function", text_is(t, 0xffffffff82000008, "0xffffffff82000008"));
	check("a hole has no name", text_is(t, 0xffffffffc1301000, "0xffffffffc1301000"));
	check("before all", text_is(t, 0x1000, "0x1000"));
	check("variable's address", ksym_address(t, "page_offset_base") == 0xffffffff82000000);
	check("no such symbol", ksym_address(t, "nothing") == 0);
	check("not hidden", !ksym_hidden(t));
	ksym_free(t);
}

/* Two modules side by side; one of them has data between its functions, and code
 * in a second place, behind a hole. */
static void modules(void)
{
	struct ksym_table *t = load(
		"ffffffffc0101000 t one\t[net_a]\n"
		"ffffffffc0101000 t alias\t[net_a]\n"
		"ffffffffc0101080 t two\t[net_a]\n"
		"ffffffffc0101100 t other\t[net_b]\n"
		"ffffffffc0101200 d table\t[net_a]\n"
		"ffffffffc0601000 t late\t[net_a]\n");
	struct ksym_range r[3] = { { 0, 0 } };
	struct ksym s;

	check("a module's code, in two places", ksym_module(t, "net-a", r, 3) == 2);
	check("up to the next module", r[0].start == 0xffffffffc0101000 && r[0].end == 0xffffffffc0101100);
	check("to where names reach", r[1].start == 0xffffffffc0601000 && ksym_find(t, r[1].end - 1, &s) &&
	      !ksym_find(t, r[1].end, &s));
	check("its data is no code", ksym_module(t, "net_b", r, 3) == 1 && r[0].end == 0xffffffffc0101200);
	r[1].start = 7;
	check("more than there is room for", ksym_module(t, "net_a", r, 1) == 2 && r[1].start == 7);
	check("no such module", !ksym_module(t, "net", r, 3) && !ksym_module(t, "net_ab", r, 3) && !ksym_module(t, "", r, 3));
	check("a function of it", ksym_find(t, 0xffffffffc0101081, &s) && ksym_in_module(&s, "net_a") &&
	      !ksym_in_module(&s, "net_b"));
	ksym_free(t);
}

static void hidden(void)
{
	struct ksym_table *t = load("0000000000000000 T first\n0000000000000000 t alpha\t[mod_a]\n");
	struct ksym_table *none = load("");

	check("hidden addresses", t && ksym_hidden(t) && text_is(t, 0xffffffff81000012, "0xffffffff81000012"));
	check("empty file", none && ksym_hidden(none));
	errno = 0;
	check("no file", !ksym_load("/nonexistent") && errno == ENOENT);
	ksym_free(t);
	ksym_free(none);
}

/* Room is made for the names before, and for the one that comes. */
static void long_names(void)
{
	size_t first = (1 << 20) - 100, second = 3 << 19;
	char *text = malloc(first + second + 100);
	struct ksym_table *t;
	struct ksym s;

	sprintf(text, "ffffffff81000000 T %0*d\nffffffff81000100 T %0*d\n", (int)first, 1, (int)second, 2);
	t = load(text);
	check("names of a mebibyte", t && ksym_find(t, 0xffffffff81000100, &s) && strlen(s.name) == second &&
	      ksym_find(t, 0xffffffff81000000, &s) && strlen(s.name) == first);
	ksym_free(t);
	free(text);
}

static void running_kernel(void)
{
	struct ksym_table *t = ksym_load(NULL);
	struct ksym s;
	uint64_t addr = t ? ksym_address(t, "do_exit") : 0;

	if (!addr)
		printf("skip - ksym: running kernel: %s\n", t ? ksym_why_hidden() : strerror(errno));
	else
		check("running kernel", ksym_find(t, addr + 5, &s) && !strcmp(s.name, "do_exit") && s.offset == 5);
	ksym_free(t);
}

int main(void)
{
	names();
	modules();
	hidden();
	long_names();
	running_kernel();
	return bad;
}

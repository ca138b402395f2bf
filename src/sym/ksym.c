/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/ksym.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A function larger than this is none: the address lies in a hole behind it. */
#define FUNCTION_MAX (256u << 10)
#define MODULE_MAX 1024

struct entry {
	uint64_t addr;
	uint32_t name;   /* offset in names */
	uint16_t module; /* index in modules; 0: kernel image */
	bool function;
	bool global;
};

struct ksym_table {
	struct entry *entries;
	size_t count, capacity;
	size_t seen; /* lines read */
	char *names;
	size_t used, size;
	char *modules[MODULE_MAX];
	int module_count;
};

static bool is_function(char type)
{
	return strchr("tTwW", type) != NULL;
}

/* Padding before functions, and marks of sections: no names to show. */
static bool is_noise(const char *name)
{
	return !strncmp(name, "__pfx_", 6) || !strncmp(name, "__cfi_", 6) || !strcmp(name, "_stext");
}

static int module_index(struct ksym_table *t, const char *name)
{
	for (int i = t->module_count; i > 0; i--)
		if (!strcmp(t->modules[i - 1], name))
			return i;
	if (t->module_count == MODULE_MAX)
		return -ENOSPC;
	t->modules[t->module_count] = strdup(name);
	return t->modules[t->module_count] ? ++t->module_count : -ENOMEM;
}

static int entry_room(struct ksym_table *t, size_t name_length)
{
	if (t->count == t->capacity) {
		size_t n = t->capacity ? t->capacity * 2 : 1 << 16;
		struct entry *bigger = reallocarray(t->entries, n, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		t->entries = bigger;
		t->capacity = n;
	}
	if (t->used + name_length + 1 > t->size) {
		size_t n = t->size ? t->size : 1 << 20;
		char *bigger;

		while (n < t->used + name_length + 1)
			n *= 2;
		bigger = n <= UINT32_MAX ? realloc(t->names, n) : NULL; /* entries have offsets of 32 bits */
		if (!bigger)
			return -ENOMEM;
		t->names = bigger;
		t->size = n;
	}
	return 0;
}

/* One line: "ffffffff81000000 T name" or with "\t[module]" behind. */
static int line_add(struct ksym_table *t, char *line)
{
	char *end, *name, *module;
	uint64_t addr = strtoull(line, &end, 16);
	int index = 0;

	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
		return 0; /* not a line of kallsyms */
	name = end + 3;
	t->seen++;
	module = name + strcspn(name, " \t\n");
	if (*module == '\t' || *module == ' ') {
		*module++ = '\0';
		module += *module == '[';
		module[strcspn(module, "]\n")] = '\0';
		if (strncmp(module, "__builtin__", 11)) {
			index = module_index(t, module);
			if (index < 0)
				return index;
		}
	} else {
		*module = '\0';
	}
	/* below the kernel's half: hidden, or a per-CPU offset */
	if (addr < 1ull << 63 || !*name || is_noise(name))
		return 0;
	if (entry_room(t, strlen(name)))
		return -ENOMEM;
	t->entries[t->count++] = (struct entry){ addr, (uint32_t)t->used, (uint16_t)index, is_function(end[1]),
						 end[1] == 'T' };
	memcpy(t->names + t->used, name, strlen(name) + 1);
	t->used += strlen(name) + 1;
	return 0;
}

/* By address; of names for one address the function and the global one first. */
static int entry_compare(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->function != b->function)
		return a->function ? -1 : 1;
	if (a->global != b->global)
		return a->global ? -1 : 1;
	return a->name < b->name ? -1 : 1;
}

static int table_read(struct ksym_table *t, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	if (!f)
		return -errno;
	setvbuf(f, NULL, _IOFBF, 1 << 16);
	while (!err && getline(&line, &size, f) > 0)
		err = line_add(t, line);
	if (!err && ferror(f))
		err = -EIO;
	free(line);
	fclose(f);
	return err;
}

struct ksym_table *ksym_load(const char *path)
{
	struct ksym_table *t = calloc(1, sizeof(*t));
	int err = t ? table_read(t, path ? path : "/proc/kallsyms") : -ENOMEM;

	if (err) {
		ksym_free(t);
		errno = -err;
		return NULL;
	}
	if (t->count)
		qsort(t->entries, t->count, sizeof(*t->entries), entry_compare);
	return t;
}

void ksym_free(struct ksym_table *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->module_count; i++)
		free(t->modules[i]);
	free(t->entries);
	free(t->names);
	free(t);
}

bool ksym_hidden(const struct ksym_table *t)
{
	return !t->count;
}

bool ksym_find(const struct ksym_table *t, uint64_t addr, struct ksym *out)
{
	size_t low = 0, high = t->count;
	const struct entry *e;

	while (low < high) { /* the first entry above addr */
		size_t mid = low + (high - low) / 2;

		if (t->entries[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return false;
	e = &t->entries[low - 1];
	while (e > t->entries && e[-1].addr == e->addr)
		e--;
	if (!e->function || addr - e->addr >= FUNCTION_MAX)
		return false;
	out->name = t->names + e->name;
	out->module = e->module ? t->modules[e->module - 1] : NULL;
	out->offset = addr - e->addr;
	return true;
}

bool ksym_span(const struct ksym_table *t, size_t i, struct ksym_span *out)
{
	const struct entry *e = &t->entries[i];
	size_t next = i + 1;

	if (i >= t->count)
		return false;
	while (next < t->count && t->entries[next].addr == e->addr)
		next++;
	*out = (struct ksym_span){ t->names + e->name, e->module ? t->modules[e->module - 1] : NULL, e->addr,
				   e->function && next < t->count ? t->entries[next].addr : 0 };
	return true;
}

static bool same_module(const char *known, const char *name)
{
	for (; *known && (*known == *name || (*known == '_' && *name == '-')); known++)
		name++;
	return *known == *name;
}

bool ksym_in_module(const struct ksym *k, const char *name)
{
	return k->module && same_module(k->module, name);
}

size_t ksym_module(const struct ksym_table *t, const char *name, struct ksym_range *out, size_t max)
{
	struct ksym_range last = { 0, 0 };
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct entry *e = &t->entries[i];
		uint64_t end = e->addr + FUNCTION_MAX;

		if (!e->function || !e->module || !same_module(t->modules[e->module - 1], name))
			continue;
		if (i + 1 < t->count && t->entries[i + 1].addr < end)
			end = t->entries[i + 1].addr;
		n += e->addr > last.end;
		last = (struct ksym_range){ e->addr > last.end ? e->addr : last.start, end };
		if (n <= max)
			out[n - 1] = last;
	}
	return n;
}

uint64_t ksym_address(const struct ksym_table *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->entries[i].module && !strcmp(t->names + t->entries[i].name, name))
			return t->entries[i].addr;
	return 0;
}

char *ksym_text(const struct ksym_table *t, uint64_t addr, char *out, size_t size)
{
	struct ksym s;

	if (t && ksym_find(t, addr, &s))
		snprintf(out, size, "%s+0x%" PRIx64 "%s%s%s", s.name, s.offset, s.module ? " [" : "",
			 s.module ? s.module : "", s.module ? "]" : "");
	else
		snprintf(out, size, "0x%" PRIx64, addr);
	return out;
}

const char *ksym_why_hidden(void)
{
	return "the kernel hides its addresses (kernel.kptr_restrict, or CAP_SYSLOG is missing)";
}

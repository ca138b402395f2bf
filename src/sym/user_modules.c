/* SPDX-License-Identifier: GPL-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sym/user_internal.h"

#define MODULES_MAX 8192u
#define CACHE_BYTES (64ull << 20)

struct user_symbols *user_start(const struct user_options *options)
{
	struct opener *o = opener_start(&user_service);
	struct user_symbols *u;

	if (!o)
		return NULL;
	u = xcalloc(1, sizeof(*u));
	u->options = *options;
	if (!u->options.cache_bytes)
		u->options.cache_bytes = CACHE_BYTES;
	u->opener = o;
	u->answer = xcalloc(1, sizeof(*u->answer));
	u->by_file = MAP(2);
	u->dumps = MAP(1);
	u->modules = xgrow(NULL, 0, &u->room, sizeof(struct module *));
	u->modules[0] = NULL;
	u->count = 1;
	return u;
}

static void names_free(struct module *m)
{
	size_t at = 0;
	void *name;

	while ((name = map_next(&m->names, &at, NULL)))
		free(name);
	map_free(&m->names);
}

static void module_free(struct module *m)
{
	names_free(m);
	free(m->path);
	free(m->debuglink);
	free(m->debug);
	free(m->alt);
	free(m);
}

void user_free(struct user_symbols *u)
{
	if (!u)
		return;
	opener_free(u->opener);
	for (uint32_t i = 1; i < u->count; i++)
		module_free(u->modules[i]);
	map_free(&u->by_file);
	map_free(&u->dumps);
	free(u->modules);
	free(u->answer);
	free(u);
}

int user_fd(const struct user_symbols *u)
{
	return opener_fd(u->opener);
}

void user_take(struct user_symbols *u)
{
	opener_take(u->opener, user_ask_end, u);
}

/* jit-PID.dump, mapped for execution: that is how a JIT announces it. */
static bool is_jitdump(const char *name)
{
	size_t digits = strncmp(name, "jit-", 4) ? 0 : strspn(name + 4, "0123456789");

	return digits && !strcmp(name + 4 + digits, ".dump");
}

static struct module *module_new(const struct user_file *file)
{
	struct module *m = xcalloc(1, sizeof(*m));
	const char *slash;

	m->file = *file;
	m->path = xstrdup(file->path ? file->path : "");
	m->file.path = m->path;
	slash = strrchr(m->path, '/');
	m->name = slash ? slash + 1 : m->path;
	m->names = MAP(1);
	m->build_id_length = file->build_id_length <= USER_BUILD_ID ? file->build_id_length : 0;
	memcpy(m->build_id, file->build_id, m->build_id_length);
	return m;
}

/* Its first process had gone before its file was opened: this one has it mapped too. */
static void try_again(struct user_symbols *u, struct module *m, const struct user_file *file)
{
	if (m->facts != FACTS_FAILED || m->why != USER_GONE || m->file.pid == file->pid)
		return;
	m->file.pid = file->pid;
	m->file.start = file->start;
	m->file.end = file->end;
	m->facts = FACTS_ASKED;
	user_ask_facts(u, m->number);
}

uint32_t user_module(struct user_symbols *u, const struct user_file *file)
{
	uint64_t key[2] = { file->ino, file->dev | (uint64_t)file->edition << 32 };
	struct module *m = map_get(&u->by_file, key);

	if (m) {
		try_again(u, m, file);
		return m->number;
	}
	if (u->count > MODULES_MAX) {
		u->counts.modules_left_out++;
		return 0;
	}
	m = module_new(file);
	m->number = u->count;
	u->modules = xgrow(u->modules, u->count, &u->room, sizeof(struct module *));
	u->modules[u->count++] = m;
	u->counts.modules++;
	map_set(&u->by_file, key, m);
	if (is_jitdump(m->name))
		map_set_number(&u->dumps, (uint64_t)file->pid, m);
	if (file->remote) {
		m->facts = FACTS_FAILED;
		m->why = USER_REMOTE;
	} else {
		user_ask_facts(u, m->number);
	}
	return m->number;
}

size_t user_build_id(const struct user_symbols *u, uint32_t module, uint8_t out[USER_BUILD_ID])
{
	const struct module *m = module && module < u->count ? u->modules[module] : NULL;

	if (!m)
		return 0;
	memcpy(out, m->build_id, m->build_id_length);
	return m->build_id_length;
}

struct user_counts user_counts(const struct user_symbols *u)
{
	return u->counts;
}

const char *user_why_text(enum user_why why)
{
	static const char *const texts[USER_WHY_COUNT] = {
		[USER_NAMED] = "it has a name",
		[USER_NO_SYMBOL] = "no symbol covers it",
		[USER_STRIPPED] = "the file is stripped, and no debug file of it was found",
		[USER_GONE] = "the file or its process had gone before it could be read",
		[USER_REPLACED] = "another file has taken the place of the one that ran",
		[USER_UNREADABLE] = "the file cannot be read, or is no ELF file",
		[USER_REMOTE] = "its file system may hang: not read",
		[USER_LATE] = "the file was not read in time",
		[USER_DIED] = "the process that read the file crashed or was killed",
		[USER_NO_READER] = "no process is left to read files",
		[USER_NO_MAP] = "code made at run time, without /tmp/perf-PID.map or jitdump",
		[USER_HIDDEN] = "the kernel hides its addresses",
	};

	return why < USER_WHY_COUNT ? texts[why] : "?";
}

void user_names_forget(struct user_symbols *u)
{
	for (uint32_t i = 1; i < u->count; i++)
		names_free(u->modules[i]);
	u->cached = 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Many places at once: those of one module together, as it is opened for them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/procfs.h"
#include "sym/user_internal.h"
#include "sym/vdso.h"

#define AT_ONCE 4096 /* places whose names are there at the same time */

/* Places of one chunk, by module or pid, and address. */
struct chunk {
	struct user_symbols *u;
	const struct user_place *places;
	size_t count;
	uint32_t *order;
	struct kept_name **names; /* by index; of a module's cache, or owned (JIT) */
	bool *owned;
	uint64_t until;
};

/* --- names that are kept --- */

static struct kept_name *name_reason(enum user_why why)
{
	struct kept_name *n = xcalloc(1, sizeof(*n));

	n->why = (uint8_t)why;
	return n;
}

static struct kept_name *name_of_answer(const struct user_answer *a, uint32_t place, size_t *size)
{
	const struct user_answer_place *p = &a->place[place];
	struct kept_name *n;
	size_t used = sizeof(*n) + p->count * sizeof(n->frame[0]), at = used;

	for (unsigned i = 0; i < p->count; i++)
		used += strlen(a->text + a->frame[p->first + i].function) +
			strlen(a->text + a->frame[p->first + i].source) + 2;
	n = xcalloc(1, used);
	*n = (struct kept_name){ .offset = p->offset, .approximate = p->approximate, .count = p->count };
	for (unsigned i = 0; i < p->count; i++) {
		const struct user_answer_frame *f = &a->frame[p->first + i];

		n->frame[i].function = (uint32_t)at;
		at += strlen(strcpy((char *)n + at, a->text + f->function)) + 1;
		n->frame[i].line = f->line;
		if (!f->source)
			continue;
		n->frame[i].source = (uint32_t)at;
		at += strlen(strcpy((char *)n + at, a->text + f->source)) + 1;
	}
	*size = used;
	return n;
}

static void module_keep(struct user_symbols *u, struct module *m, uint64_t offset, struct kept_name *n, size_t size)
{
	free(map_remove(&m->names, &offset));
	map_set(&m->names, &offset, n);
	u->cached += size + 64;
}

/* --- files --- */

/* Of which nothing is known but why; what may be known another time is not kept. */
static enum user_why why_nothing(const struct module *m, const struct user_answer *a)
{
	enum user_why why = user_ask_why(OPENER_ANSWERED, a->head.error);

	if (why != USER_NAMED)
		return why;
	return m->has_symtab || m->has_debugdata || a->debug == USER_DEBUG_USED ? USER_NO_SYMBOL : USER_STRIPPED;
}

static enum opener_end ask_names(struct chunk *c, struct module *m, struct user_request *r)
{
	enum opener_end end;

	r->flags = (c->u->options.inlined && !m->no_dwarf ? USER_ASK_DWARF : 0) |
		   (c->u->options.demangle_raw ? USER_ASK_RAW : 0);
	end = user_ask(c->u, r, c->until);
	if ((end == OPENER_DIED || end == OPENER_LATE) && r->flags & USER_ASK_DWARF && clock_monotonic_ns() < c->until) {
		m->no_dwarf = true; /* names of the symbol table are better than none */
		r->flags &= ~(uint32_t)USER_ASK_DWARF;
		end = user_ask(c->u, r, c->until);
	}
	if (end == OPENER_DIED || (end == OPENER_LATE && clock_monotonic_ns() < c->until)) {
		m->facts = FACTS_FAILED; /* not once more */
		m->why = user_ask_why(end, 0);
	}
	return end;
}

/* Names of offsets (ascending) that all are in the file; what is not answered stays out of the cache. */
static void module_ask(struct chunk *c, struct module *m, const uint64_t *offsets, const uint64_t *vaddrs, size_t count)
{
	struct user_request r;
	size_t done = 0, size;

	user_debug_settle(c->u, m, c->until);
	while (done < count && m->facts == FACTS_KNOWN && clock_monotonic_ns() < c->until) {
		memset(&r, 0, sizeof(r));
		user_ask_fill(m, &r, USER_ASK_NAMES);
		r.where = m->where;
		r.has_crc = m->debuglink != NULL;
		r.debug_crc = m->debuglink_crc;
		strcpy(r.debug, m->debug ? m->debug : "");
		strcpy(r.alt, m->alt ? m->alt : "");
		r.count = (uint32_t)(count - done < ASK_PLACES ? count - done : ASK_PLACES);
		memcpy(r.place, vaddrs + done, r.count * sizeof(r.place[0]));
		if (ask_names(c, m, &r) != OPENER_ANSWERED || !c->u->answer->done)
			return;
		for (uint32_t i = 0; i < c->u->answer->done && i < r.count; i++) {
			struct kept_name *n = name_of_answer(c->u->answer, i, &size);

			if (!n->count)
				n->why = (uint8_t)why_nothing(m, c->u->answer);
			module_keep(c->u, m, offsets[done + i], n, size);
		}
		done += c->u->answer->done;
	}
}

static void module_resolve(struct chunk *c, struct module *m, const uint32_t *order, size_t count)
{
	uint64_t *offsets = xcalloc(count, sizeof(*offsets)), *vaddrs = xcalloc(count, sizeof(*vaddrs));
	size_t n = 0;

	for (size_t i = 0; i < count && m->facts == FACTS_KNOWN; i++) {
		uint64_t offset = c->places[order[i]].address, vaddr;

		if (map_get(&m->names, &offset) || (n && offsets[n - 1] == offset))
			continue;
		if (!elf_vaddr(m->load, m->load_count, offset, &vaddr)) {
			module_keep(c->u, m, offset, name_reason(USER_NO_SYMBOL), sizeof(struct kept_name));
			continue;
		}
		offsets[n] = offset;
		vaddrs[n++] = vaddr;
	}
	module_ask(c, m, offsets, vaddrs, n);
	free(offsets);
	free(vaddrs);
	for (size_t i = 0; i < count; i++) {
		struct kept_name *found = map_get(&m->names, &c->places[order[i]].address);

		c->owned[order[i]] = !found;
		c->names[order[i]] = found ? found : name_reason(m->facts == FACTS_FAILED ? m->why : USER_LATE);
	}
}

/* --- code made at run time --- */

static bool jit_ask(struct chunk *c, struct user_request *r, const struct user_place *first)
{
	pid_t innermost;
	uid_t owner;

	if (user_ask(c->u, r, c->until) != OPENER_ANSWERED || c->u->answer->head.error)
		return false;
	if (first->started_unix_ns && c->u->answer->modified_ns < first->started_unix_ns)
		return false; /* of one that had this pid before */
	return !c->u->answer->owner || !procfs_owner(first->pid, &owner, &innermost) || owner == c->u->answer->owner;
}

/* The map that it sees as its own, that of its pid here, its jitdump: the first that there is. */
static bool jit_ask_any(struct chunk *c, struct user_request *r, const struct user_place *first)
{
	const struct module *dump = map_get_number(&c->u->dumps, (uint64_t)first->pid);
	pid_t innermost = 0;
	uid_t owner;

	r->file.what = USER_ASK_JIT;
	r->file.by = OPENER_BY_SERVICE;
	r->file.pid = first->pid;
	r->file.ino = (uint64_t)first->pid;
	r->file.edition = ~0u;
	r->space_pid = procfs_owner(first->pid, &owner, &innermost) ? innermost : 0;
	r->where = USER_IN_ROOT;
	if (r->space_pid > 0 && jit_ask(c, r, first))
		return true;
	r->where = USER_ON_HOST;
	if (jit_ask(c, r, first))
		return true;
	if (!dump)
		return false;
	user_ask_fill(dump, r, USER_ASK_JIT);
	return jit_ask(c, r, first);
}

static void jit_resolve(struct chunk *c, const uint32_t *order, size_t count)
{
	struct user_request r;
	size_t done = 0, size;

	while (done < count) {
		memset(&r, 0, sizeof(r));
		r.count = (uint32_t)(count - done < ASK_PLACES ? count - done : ASK_PLACES);
		for (uint32_t i = 0; i < r.count; i++)
			r.place[i] = c->places[order[done + i]].address;
		if (clock_monotonic_ns() >= c->until || !jit_ask_any(c, &r, &c->places[order[0]]) || !c->u->answer->done)
			break;
		for (uint32_t i = 0; i < c->u->answer->done && i < r.count; i++) {
			struct kept_name *n = name_of_answer(c->u->answer, i, &size);

			n->why = n->count ? USER_NAMED : USER_NO_SYMBOL;
			c->names[order[done + i]] = n;
			c->owned[order[done + i]] = true;
		}
		done += c->u->answer->done;
	}
	for (; done < count; done++) {
		c->names[order[done]] = name_reason(clock_monotonic_ns() < c->until ? USER_NO_MAP : USER_LATE);
		c->owned[order[done]] = true;
	}
}

/* --- all --- */

static int place_compare(const void *pa, const void *pb, void *ctx)
{
	const struct user_place *places = ctx, *a = &places[*(const uint32_t *)pa], *b = &places[*(const uint32_t *)pb];

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind == USER_FILE && a->module != b->module)
		return a->module < b->module ? -1 : 1;
	if (a->kind == USER_JIT && a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return a->address != b->address ? a->address < b->address ? -1 : 1 : 0;
}

static bool same_group(const struct user_place *a, const struct user_place *b)
{
	return a->kind == b->kind && (a->kind != USER_FILE || a->module == b->module) &&
	       (a->kind != USER_JIT || a->pid == b->pid);
}

static void group_resolve(struct chunk *c, const uint32_t *order, size_t count)
{
	const struct user_place *first = &c->places[order[0]];

	if (first->kind == USER_JIT)
		jit_resolve(c, order, count);
	else if (first->kind == USER_FILE && first->module && first->module < c->u->count)
		module_resolve(c, c->u->modules[first->module], order, count);
}

static void show_kernel(const struct user_symbols *u, uint64_t address, struct user_name *out)
{
	struct ksym k;

	out->module = "[kernel]";
	if (!u->options.kernel || ksym_hidden(u->options.kernel)) {
		out->why = USER_HIDDEN;
	} else if (!ksym_find(u->options.kernel, address, &k)) {
		out->why = USER_NO_SYMBOL;
	} else {
		out->module = k.module ? k.module : out->module;
		out->offset = k.offset;
		out->count = 1;
		out->frame[0].function = k.name;
	}
}

static void show_vdso(uint64_t offset, struct user_name *out)
{
	static char name[128];
	uint64_t start;

	out->module = "[vdso]";
	out->why = USER_NO_SYMBOL;
	if (!vdso_find(offset, name, sizeof(name), &start))
		return;
	out->why = USER_NAMED;
	out->offset = offset - start;
	out->count = 1;
	out->frame[0].function = name;
}

static void show(const struct user_symbols *u, const struct user_place *p, const struct kept_name *n,
		 struct user_name *out)
{
	memset(out, 0, sizeof(*out));
	out->module = p->kind == USER_JIT ? "[jit]" : "";
	if (p->kind == USER_KERNEL) {
		show_kernel(u, p->address, out);
		return;
	}
	if (p->kind == USER_VDSO) {
		show_vdso(p->address, out);
		return;
	}
	if (p->kind == USER_FILE && p->module && p->module < u->count)
		out->module = u->modules[p->module]->name;
	if (!n) {
		out->why = USER_NO_READER; /* a module that there was no room for */
		return;
	}
	out->why = n->why;
	out->approximate = n->approximate;
	out->offset = n->offset;
	out->count = n->count;
	for (unsigned i = 0; i < n->count; i++) {
		out->frame[i].function = (const char *)n + n->frame[i].function;
		out->frame[i].source = n->frame[i].source ? (const char *)n + n->frame[i].source : NULL;
		out->frame[i].line = n->frame[i].line;
	}
}

static void chunk_resolve(struct chunk *c)
{
	size_t from = 0, to;

	for (size_t i = 0; i < c->count; i++)
		c->order[i] = (uint32_t)i;
	qsort_r(c->order, c->count, sizeof(c->order[0]), place_compare, (void *)(uintptr_t)c->places);
	for (; from < c->count; from = to) {
		for (to = from + 1; to < c->count && same_group(&c->places[c->order[from]], &c->places[c->order[to]]);)
			to++;
		group_resolve(c, c->order + from, to - from);
	}
}

void user_resolve(struct user_symbols *u, const struct user_place *places, size_t n, uint64_t ns, user_name_fn fn,
		  void *ctx)
{
	struct chunk c = { .u = u, .until = clock_monotonic_ns() + ns };
	struct user_name name;

	c.order = xcalloc(AT_ONCE, sizeof(*c.order));
	c.names = xcalloc(AT_ONCE, sizeof(*c.names));
	c.owned = xcalloc(AT_ONCE, sizeof(*c.owned));
	user_ask_settle(u, c.until);
	for (size_t at = 0; at < n; at += c.count) {
		if (u->cached > u->options.cache_bytes)
			user_names_forget(u);
		c.places = places + at;
		c.count = n - at < AT_ONCE ? n - at : AT_ONCE;
		memset(c.names, 0, c.count * sizeof(*c.names));
		memset(c.owned, 0, c.count * sizeof(*c.owned));
		chunk_resolve(&c);
		for (size_t i = 0; i < c.count; i++) {
			show(u, &c.places[i], c.names[i], &name);
			u->counts.asked++;
			u->counts.named += name.count > 0;
			fn(ctx, at + i, &c.places[i], &name);
			if (c.owned[i])
				free(c.names[i]);
		}
	}
	free(c.order);
	free(c.names);
	free(c.owned);
}

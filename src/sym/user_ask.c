/* SPDX-License-Identifier: GPL-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sym/user_internal.h"

enum user_why user_ask_why(enum opener_end end, int error)
{
	switch (end) {
	case OPENER_ANSWERED: break;
	case OPENER_LATE:
	case OPENER_DEVICE_LATE: return USER_LATE;
	case OPENER_DIED: return USER_DIED;
	case OPENER_NONE: return USER_NO_READER;
	}
	switch (error) {
	case 0: return USER_NAMED;
	case -ENOENT:
	case -ESRCH: return USER_GONE;
	case -ESTALE: return USER_REPLACED;
	default: return USER_UNREADABLE;
	}
}

void user_ask_fill(const struct module *m, struct user_request *r, uint32_t what)
{
	const struct user_file *f = &m->file;

	r->file.what = what;
	r->file.by = OPENER_BY_RANGE;
	r->file.pid = f->pid;
	r->file.start = f->start;
	r->file.end = f->end;
	r->file.ino = f->ino;
	r->file.dev = f->dev;
	r->file.edition = f->edition;
	r->file.size = f->size;
	r->file.ctime_ns = f->ctime_ns;
	r->file.flags = OPENER_KEEP | (m->build_id_length ? OPENER_ANY_FILE : 0);
	r->build_id_length = m->build_id_length;
	memcpy(r->build_id, m->build_id, sizeof(r->build_id));
	if (strlen(m->path) < sizeof(r->file.path))
		strcpy(r->file.path, m->path);
}

static struct module *module_of(struct user_symbols *u, const struct opener_request *r)
{
	uint64_t key[2] = { r->ino, r->dev | (uint64_t)r->edition << 32 };

	return map_get(&u->by_file, key);
}

static void facts_take(struct module *m, enum opener_end end, const struct user_answer *a)
{
	m->why = user_ask_why(end, a ? a->head.error : 0);
	m->facts = m->why == USER_NAMED ? FACTS_KNOWN : FACTS_FAILED;
	if (m->facts == FACTS_FAILED)
		return;
	m->has_symtab = a->has_symtab;
	m->has_dwarf = a->has_dwarf;
	m->has_debugdata = a->has_debugdata;
	m->build_id_length = a->build_id_length;
	memcpy(m->build_id, a->build_id, sizeof(m->build_id));
	m->load_count = a->load_count;
	memcpy(m->load, a->load, sizeof(m->load));
	m->debuglink = a->debuglink[0] ? xstrdup(a->debuglink) : NULL;
	m->debuglink_crc = a->debuglink_crc;
}

void user_ask_end(void *ctx, const struct opener_request *request, enum opener_end end, const void *answer)
{
	const struct user_request *r = (const struct user_request *)request;
	struct user_symbols *u = ctx;
	struct module *m;

	u->counts.late += end == OPENER_LATE || end == OPENER_DEVICE_LATE;
	u->counts.deaths += end == OPENER_DIED;
	if (request->what == USER_ASK_FACTS) {
		m = module_of(u, request);
		if (m && m->facts == FACTS_ASKED)
			facts_take(m, end, answer);
		return;
	}
	if (!u->waiting || r->serial != u->serial)
		return; /* given up */
	u->waiting = false;
	u->end = end;
	if (answer)
		memcpy(u->answer, answer, sizeof(*u->answer));
}

void user_ask_facts(struct user_symbols *u, uint32_t number)
{
	struct module *m = u->modules[number];
	struct user_request r = { 0 };

	user_ask_fill(m, &r, USER_ASK_FACTS);
	if (!opener_ask(u->opener, &r.file)) {
		user_ask_settle(u, clock_monotonic_ns() + CLOCK_SECOND_NS); /* the queue is full */
		if (!opener_ask(u->opener, &r.file)) {
			m->facts = FACTS_FAILED;
			m->why = USER_LATE;
		}
	}
	user_take(u);
}

void user_ask_settle(struct user_symbols *u, uint64_t until)
{
	uint64_t now = clock_monotonic_ns();

	opener_wait(u->opener, until > now ? until - now : 0, user_ask_end, u);
}

enum opener_end user_ask(struct user_symbols *u, struct user_request *r, uint64_t until)
{
	r->serial = ++u->serial;
	u->waiting = true;
	u->end = OPENER_LATE;
	if (!opener_ask(u->opener, &r->file)) {
		user_ask_settle(u, until); /* the same file is being asked about */
		if (!opener_ask(u->opener, &r->file))
			return OPENER_LATE;
	}
	user_ask_settle(u, until);
	u->waiting = false;
	return u->end;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Where the debug file of a module may be.  What is found counts only if it is of the same build: by
 * build-id, or by the checksum that the program has of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sym/debuginfod.h"
#include "sym/user_internal.h"

static void id_text(const struct module *m, char out[2 * USER_BUILD_ID + 1])
{
	out[0] = '\0';
	for (uint32_t i = 0; i < m->build_id_length; i++)
		sprintf(out + 2 * i, "%02x", m->build_id[i]);
}

/* The i-th place to look at; false: there are no more.  out may be empty: there is none of that kind. */
static bool candidate(const struct user_symbols *u, const struct module *m, unsigned i, char *out, size_t room,
		      enum user_where *where, uint64_t until)
{
	static const char *const beside[][2] = { { "", "" }, { "", "/.debug" }, { "/usr/lib/debug", "" } };
	char id[2 * USER_BUILD_ID + 1];
	int n = 0;

	id_text(m, id);
	out[0] = '\0';
	*where = i & 1 ? USER_IN_ROOT : USER_ON_HOST;
	if (i < 2 && m->build_id_length > 1)
		n = snprintf(out, room, "/usr/lib/debug/.build-id/%.2s/%s.debug", id, id + 2);
	else if (i >= 2 && i < 8 && m->debuglink && m->path[0] == '/')
		n = snprintf(out, room, "%s%.*s%s/%s", beside[i / 2 - 1][0], (int)(m->name - m->path - 1), m->path,
			     beside[i / 2 - 1][1], m->debuglink);
	else if (i == 8 && u->options.debuginfod && m->build_id_length && !debuginfod_find(id, until, out, room))
		out[0] = '\0';
	if (n < 0 || (size_t)n >= room)
		out[0] = '\0';
	return i < 9;
}

static bool wants_debug(const struct user_symbols *u, const struct module *m)
{
	return !m->has_symtab || (u->options.inlined && !m->has_dwarf && !m->no_dwarf);
}

/* Its path may be relative to the debug file's folder. */
static void alt_take(struct module *m, const char *alt)
{
	const char *slash = strrchr(m->debug, '/');
	char path[sizeof(((struct user_request *)0)->alt)];
	int n;

	if (!alt[0])
		return;
	n = alt[0] == '/' ? snprintf(path, sizeof(path), "%s", alt) :
			    snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - m->debug), m->debug, alt);
	if (n > 0 && (size_t)n < sizeof(path))
		m->alt = xstrdup(path);
}

void user_debug_settle(struct user_symbols *u, struct module *m, uint64_t until)
{
	struct user_request r;
	enum user_where where;
	enum opener_end end;

	if (m->debug_settled)
		return;
	for (unsigned i = 0; wants_debug(u, m); i++) {
		memset(&r, 0, sizeof(r));
		if (!candidate(u, m, i, r.debug, sizeof(r.debug), &where, until))
			break;
		if (!r.debug[0])
			continue;
		user_ask_fill(m, &r, USER_ASK_NAMES);
		r.where = where;
		r.has_crc = m->debuglink != NULL;
		r.debug_crc = m->debuglink_crc;
		end = user_ask(u, &r, until);
		if (end == OPENER_LATE || end == OPENER_NONE)
			return; /* another time */
		if (end != OPENER_ANSWERED || u->answer->debug != USER_DEBUG_USED)
			continue;
		m->debug = xstrdup(r.debug);
		m->where = where;
		alt_take(m, u->answer->debugaltlink);
		break;
	}
	m->debug_settled = true;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Names of threads: those of ended ones stay, as their memory and their faults do. */
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"

static bool is_living(void *ctx, void *value)
{
	struct thread *t = value;

	if (session_find(ctx, t->pid))
		return true;
	free(t);
	return false;
}

void thread_name(struct session *s, const struct input_thread *in, const char *name, size_t size)
{
	struct thread *t = map_get_number(&s->threads, (uint64_t)(uint32_t)in->tid);

	if (!t && s->threads.used >= THREADS_NAMED)
		map_filter(&s->threads, is_living, s);
	if (!t && s->threads.used >= THREADS_NAMED)
		return;
	if (!t)
		map_set_number(&s->threads, (uint64_t)(uint32_t)in->tid, t = xcalloc(1, sizeof(*t)));
	t->pid = in->pid;
	memset(t->comm, 0, sizeof(t->comm));
	if (size)
		memcpy(t->comm, name, strnlen(name, size < sizeof(t->comm) - 1 ? size : sizeof(t->comm) - 1));
}

/* The id is that of another thread or process now: what bore it lives no more. */
void thread_began(struct session *s, const struct mmt_fork *f)
{
	const struct input_thread now = { .pid = (int32_t)f->head.tgid, .tid = (int32_t)f->head.tid };

	uint64_t key = f->head.tid;

	if (!map_get_number(&s->threads, key))
		return;
	if (f->thread)
		thread_name(s, &now, f->comm, sizeof(f->comm)); /* its creator's, until it is asked for its own */
	else
		free(map_remove(&s->threads, &key));
}

const char *session_thread_name(const struct session *s, pid_t tid)
{
	const struct thread *t = map_get_number(&s->threads, (uint64_t)(uint32_t)tid);
	const struct process *p = t ? NULL : map_get_number(&s->by_pid, (uint64_t)tid);
	const char *name = t ? t->comm : p ? p->comm : "";

	return *name ? name : NULL;
}

void threads_free(struct session *s)
{
	size_t at = 0;

	for (void *value; (value = map_next(&s->threads, &at, NULL));)
		free(value);
	map_free(&s->threads);
}

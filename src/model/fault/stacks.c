/* SPDX-License-Identifier: GPL-2.0 */
#include "model/fault/stack.h"

#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"

#define KEY_WORDS (sizeof(struct mmt_stack_key) / sizeof(uint64_t))
_Static_assert(sizeof(struct mmt_stack_key) % sizeof(uint64_t) == 0, "words");

enum stack_state stack_state(const struct stack *s)
{
	if (s->guessed != MMT_STACK_ALL_KNOWN)
		return STACK_IS_GUESSED;
	return s->why == MMT_STACK_COMPLETE ? STACK_IS_COMPLETE : STACK_IS_INCOMPLETE;
}

const struct stack *stacks_find(const struct stacks *s, uint64_t id)
{
	return map_get_number(&s->by_id, id);
}

const struct stack_file *stacks_file(const struct stacks *s, uint32_t id)
{
	return map_get_number(&s->files, id);
}

void stacks_init(struct session *s)
{
	s->stacks.by_id = s->stacks.files = MAP(1);
	s->stacks.rows = MAP(KEY_WORDS);
	s->stacks.uses = s->stacks.by_file = MAP(2);
	s->stacks.end = &s->stacks.first;
}

void stack_apply(struct session *s, const struct mmt_stack *r, size_t size)
{
	struct stack *made;

	if (!r->id || r->why >= MMT_STACK_WHY_COUNT || r->count > MMT_STACK_FRAMES ||
	    size < offsetof(struct mmt_stack, frame) + r->count * sizeof(uint64_t)) {
		s->base.decode_errors++;
		return;
	}
	if (stacks_find(&s->stacks, r->id))
		return;
	made = xmalloc(sizeof(*made) + r->count * sizeof(uint64_t));
	made->id = r->id;
	made->count = r->count;
	made->described = made->own = false;
	made->guessed = r->guessed;
	made->why = r->why;
	for (int i = 0; i < made->count; i++) {
		made->frame[i] = r->frame[i];
		made->own |= frame_is_own(r->frame[i]);
	}
	map_set_number(&s->stacks.by_id, r->id, made);
}

/* --- the files of frames --- */

#define FILES_MAX (1u << 16) /* frames in others have no name */

static const uint64_t *file_key(uint64_t ino, uint32_t dev, uint32_t edition, uint64_t key[2])
{
	key[0] = ino;
	key[1] = (uint64_t)dev << 32 | edition;
	return key;
}

/* A mapping has got its name, or is there already. */
static void file_name(struct session *s, struct stack_file *f, const char *name)
{
	for (; f && !f->name; f = f->same) {
		f->name = xstrdup(name);
		s->stacks.nameless--;
	}
}

void stacks_mapped(struct session *s, const struct vma *v)
{
	uint64_t key[2];

	if (s->stacks.nameless && v->known && v->v.ino && v->name && v->name[0])
		file_name(s, map_get(&s->stacks.by_file, file_key(v->v.ino, v->v.dev, v->v.edition, key)), v->name);
}

/* A layout may have shown it before. */
static void file_search(struct session *s, uint32_t mm_id)
{
	const struct mm *mm = map_get_number(&s->by_mm, mm_id);

	for (const struct vma *v = mm ? mm->vmas : NULL; v; v = v->next)
		stacks_mapped(s, v);
}

void object_apply(struct session *s, const struct mmt_object *r)
{
	struct stack_file *made, *same;
	uint64_t key[2];

	if (!r->id || stacks_file(&s->stacks, r->id) || s->stacks.files.used >= FILES_MAX)
		return;
	same = map_get(&s->stacks.by_file, file_key(r->key.ino, r->key.dev, r->key.edition, key));
	made = xcalloc(1, sizeof(*made));
	*made = (struct stack_file){ .id = r->id, .dev = r->key.dev, .edition = r->key.edition, .ino = r->key.ino,
				     .start = r->start, .end = r->end, .pid = (pid_t)r->head.tgid, .remote = r->remote,
				     .same = same };
	map_set_number(&s->stacks.files, r->id, made);
	map_set(&s->stacks.by_file, key, made);
	s->stacks.nameless++;
	if (same && same->name)
		file_name(s, made, same->name);
	else
		file_search(s, r->head.mm_id);
}

/* --- what is counted --- */

/* A pid may have been used twice: the row is of the one whose mm it names. */
static const struct process *process_of(struct session *s, const struct mmt_stack_key *k)
{
	const struct mm *mm = map_get_number(&s->by_mm, k->mm_id);

	return mm && mm->proc->pid == (pid_t)k->tgid ? mm->proc : map_get_number(&s->by_pid, k->tgid);
}

static struct stack_use *use_of(struct session *s, const struct mmt_stack_key *k)
{
	static const struct process all; /* of those that had no room for a row */
	const struct process *known = process_of(s, k), *p = !k->tgid ? &all : known ? known : process_get(s, (pid_t)k->tgid);
	uint64_t key[2] = { k->stack, (uint64_t)k->tgid << 32 | p->id };
	struct stack_use *use = map_get(&s->stacks.uses, key);

	if (!use) {
		use = xcalloc(1, sizeof(*use));
		use->id = k->stack;
		use->pid = (pid_t)k->tgid;
		use->process = p->id;
		*s->stacks.end = use;
		s->stacks.end = &use->next;
		s->stacks.use_count++;
		map_set(&s->stacks.uses, key, use);
	}
	use->version = s->base.version;
	return use;
}

/* A program that is executed, or a record of the end that comes after the rows, brings another name: the last one
 * that was known stays when the process goes. */
static void name_use(struct session *s, struct stack_use *use)
{
	const struct process *p = map_get_number(&s->by_pid, (uint64_t)use->pid);

	while (p && p->id != use->process)
		p = p->older;
	if (!p || !p->comm[0] || !memcmp(use->comm, p->comm, sizeof(use->comm)))
		return;
	memcpy(use->comm, p->comm, sizeof(use->comm));
	use->version = s->base.version;
}

/* What one fault of a class brings into memory, at least. */
static uint64_t class_bytes(uint8_t cls, uint16_t flags)
{
	switch ((enum mmt_class)cls) {
	case MMT_CLASS_ANON_WRITE: case MMT_CLASS_ANON_HUGE: case MMT_CLASS_FILE_READ: case MMT_CLASS_FILE_WRITE:
	case MMT_CLASS_COW: case MMT_CLASS_SHMEM: case MMT_CLASS_SWAP: case MMT_CLASS_HUGETLB: case MMT_CLASS_UFFD:
		return flags & MMT_FAULT_HUGE ? 2 << 20 : 4096;
	case MMT_CLASS_OTHER: case MMT_CLASS_ANON_READ: case MMT_CLASS_MKWRITE: case MMT_CLASS_WP_REUSE:
	case MMT_CLASS_MIGRATION: case MMT_CLASS_NUMA: case MMT_CLASS_DEVICE: case MMT_CLASS_SPURIOUS: case MMT_CLASS_ERROR:
	case MMT_CLASS_COUNT: break;
	}
	return 0;
}

static void row_apply(struct session *s, const struct mmt_stack_key *k, const struct mmt_stack_row *row)
{
	uint64_t key[KEY_WORDS], grown;
	struct mmt_stack_row *was;
	struct stack_use *use;

	memcpy(key, k, sizeof(key));
	was = map_get(&s->stacks.rows, key);
	if (!was) {
		was = xcalloc(1, sizeof(*was));
		map_set(&s->stacks.rows, key, was);
	}
	if (row->count == was->count)
		return;
	if (row->count < was->count) /* it went, and began again */
		*was = (struct mmt_stack_row){ 0 };
	use = use_of(s, k);
	grown = row->count - was->count;
	use->count += grown;
	use->major += k->flags & MMT_FAULT_MAJOR ? grown : 0;
	use->ns += row->ns_sum - was->ns_sum;
	use->bytes += grown * class_bytes(k->cls, k->flags);
	*was = *row;
}

bool stacks_row_news(const struct session *s, const struct input_stack_row *r)
{
	const struct mmt_stack_row *was;
	uint64_t key[KEY_WORDS];

	memcpy(key, &r->key, sizeof(key));
	was = map_get(&s->stacks.rows, key);
	return s->stacks.waiting_count || r->row.count != (was ? was->count : 0); /* it may be among those that wait */
}

/* Whoever has the pid next has rows of another mm.  Of a process that is not known yet more may come. */
bool stacks_row_final(const struct session *s, const struct mmt_stack_key *k)
{
	const struct process *p = session_find(s, (pid_t)k->tgid);

	return k->tgid && k->mm_id && map_get_number(&s->by_pid, k->tgid) && (!p || p->dead);
}

void stacks_rows(struct session *s, const struct input_stack_row *list, size_t n)
{
	struct stacks *k = &s->stacks;

	for (size_t i = 0; i < n; i++) {
		/* none overtakes those that wait: they are of one row, maybe */
		if (!k->waiting_count && (!list[i].key.tgid || process_of(s, &list[i].key))) {
			row_apply(s, &list[i].key, &list[i].row);
			continue;
		}
		/* those after it wait as well: of a key the order is kept */
		k->waiting = xgrow(k->waiting, k->waiting_count, &k->waiting_room, sizeof(*k->waiting));
		k->waiting[k->waiting_count++] = list[i];
	}
}

/* Records say whose they are by now. */
static void rows_waiting(struct session *s)
{
	for (size_t i = 0; i < s->stacks.waiting_count; i++)
		row_apply(s, &s->stacks.waiting[i].key, &s->stacks.waiting[i].row);
	s->stacks.waiting_count = 0;
}

/* The frames of a use have come: the first one of them describes them, and each whose process has code
 * of its own there. */
static void describe(struct session *s, struct stack_use *use)
{
	struct stack *known = map_get_number(&s->stacks.by_id, use->id);

	use->stack = known;
	if (!known || (known->described && !known->own))
		return;
	known->described = true;
	use->describes = true;
	use->described = use->version = s->base.version;
}

static void stacks_sum(struct stacks *s)
{
	memset(s->state, 0, sizeof(s->state));
	memset(s->why, 0, sizeof(s->why));
	s->none = 0;
	for (struct stack_use *use = s->first; use; use = use->next) {
		if (!use->stack) {
			s->none += use->count;
			continue;
		}
		s->state[stack_state(use->stack)] += use->count;
		s->why[use->stack->why] += use->count;
	}
}

void stacks_tick(struct session *s)
{
	rows_waiting(s);
	for (struct stack_use *use = s->stacks.first; use; use = use->next) {
		name_use(s, use);
		if (!use->stack)
			describe(s, use);
	}
	stacks_sum(&s->stacks);
}

static bool drop(void *ctx, void *value)
{
	(void)ctx;
	free(value);
	return false;
}

void stacks_free(struct session *s)
{
	struct stack_file *f;
	size_t at = 0;

	while ((f = map_next(&s->stacks.files, &at, NULL)))
		free(f->name);
	free(s->stacks.waiting);
	map_filter(&s->stacks.by_id, drop, NULL);
	map_filter(&s->stacks.files, drop, NULL);
	map_filter(&s->stacks.rows, drop, NULL);
	map_filter(&s->stacks.uses, drop, NULL);
	map_free(&s->stacks.by_id);
	map_free(&s->stacks.files);
	map_free(&s->stacks.by_file);
	map_free(&s->stacks.rows);
	map_free(&s->stacks.uses);
}

/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/jit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAP_BYTES (256ull << 20)  /* that are read of one of these files */
#define RECORDS_MAX (4u << 20)
#define MAGIC 0x4a695444u

/* As tools/perf/Documentation/jitdump-specification.txt has them; for all other records the head is enough. */
struct dump_head { uint32_t magic, version, total_size, machine, pad, pid; uint64_t timestamp, flags; };
struct dump_record { uint32_t id, total_size; uint64_t timestamp; };
struct dump_load { uint32_t pid, tid; uint64_t vma, address, size, index; };
struct dump_move { uint32_t pid, tid; uint64_t vma, from, to, size, index; };
enum { DUMP_LOAD = 0, DUMP_MOVE = 1 };

static size_t first_from(const struct jit_found *list, size_t count, uint64_t address)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list[mid].address < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void say(struct jit_found *list, size_t count, uint64_t start, uint64_t size, const char *name)
{
	for (size_t i = first_from(list, count, start); i < count && list[i].address - start < size; i++) {
		list[i].found = true;
		list[i].start = start;
		snprintf(list[i].name, sizeof(list[i].name), "%s", name);
	}
}

/* "START SIZE name", both in hex. */
static void line_take(char *line, struct jit_found *list, size_t count)
{
	uint64_t start, size;
	char *end;

	if (!strchr("0123456789abcdefABCDEF", line[0]) || !line[0])
		return;
	errno = 0;
	start = strtoull(line, &end, 16);
	if (*end != ' ' || end[1] == ' ' || end[1] == '-' || end[1] == '+')
		return;
	size = strtoull(end + 1, &end, 16);
	if (*end == ' ' && end[1] && !errno)
		say(list, count, start, size, end + 1);
}

void jit_perf_map(const struct bytes *b, struct jit_found *list, size_t count)
{
	struct bytes part = *b;
	struct bytes_lines *lines = calloc(1, sizeof(*lines));
	char *line;

	if (part.size > MAP_BYTES)
		part.size = MAP_BYTES;
	if (!lines)
		return;
	lines->b = &part;
	while ((line = bytes_line(lines)))
		line_take(line, list, count);
	free(lines);
}

bool jit_is_dump(const struct bytes *b)
{
	struct dump_head head;

	return bytes_get(b, 0, &head, sizeof(head)) && head.magic == MAGIC;
}

/* Code went elsewhere, and what is there now has no name that holds. */
static void move_take(const struct bytes *b, uint64_t at, const struct dump_record *r, struct jit_found *list,
		      size_t count)
{
	struct dump_move move;

	if (r->total_size < sizeof(*r) + sizeof(move) || !bytes_get(b, at + sizeof(*r), &move, sizeof(move)))
		return;
	for (size_t i = first_from(list, count, move.to); i < count && list[i].address - move.to < move.size; i++)
		list[i].found = false;
}

static void load_take(const struct bytes *b, uint64_t at, const struct dump_record *r, struct jit_found *list,
		      size_t count)
{
	struct dump_load load;
	char name[JIT_NAME];

	if (r->total_size < sizeof(*r) + sizeof(load) + 1 || !bytes_get(b, at + sizeof(*r), &load, sizeof(load)))
		return;
	if (first_from(list, count, load.address) == count)
		return;
	if (bytes_text(b, at + sizeof(*r) + sizeof(load), at + r->total_size, name, sizeof(name)))
		say(list, count, load.address, load.size, name);
}

void jit_dump(const struct bytes *b, struct jit_found *list, size_t count)
{
	struct dump_head head;
	struct dump_record r;
	uint64_t at;

	if (!bytes_get(b, 0, &head, sizeof(head)) || head.magic != MAGIC || head.total_size < sizeof(head))
		return;
	at = head.total_size;
	for (unsigned i = 0; i < RECORDS_MAX && bytes_get(b, at, &r, sizeof(r)) && r.total_size >= sizeof(r); i++) {
		if (r.id == DUMP_LOAD)
			load_take(b, at, &r, list, count);
		else if (r.id == DUMP_MOVE)
			move_take(b, at, &r, list, count);
		at += r.total_size;
	}
}

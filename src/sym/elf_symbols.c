/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/elf_symbols.h"

#include <elf.h>
#include <string.h>

#define SYMBOLS_MAX (16u << 20)
#define AT_ONCE 512
#define TIES_MAX 64 /* names of one function that are compared: each is read for that */

/* The better, the higher. */
enum { RANK_LABEL = 1, RANK_LOCAL = 2, RANK_SHARED = 4, RANK_FUNCTION = 8 };

static uint32_t rank_of(const Elf64_Sym *s)
{
	unsigned type = ELF64_ST_TYPE(s->st_info), bind = ELF64_ST_BIND(s->st_info);
	uint32_t rank;

	if (s->st_shndx == SHN_UNDEF || s->st_shndx == SHN_ABS || !s->st_name)
		return 0;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		rank = RANK_FUNCTION;
	else if (type == STT_NOTYPE)
		rank = RANK_LABEL;
	else
		return 0;
	return rank + (bind == STB_LOCAL ? RANK_LOCAL : RANK_SHARED);
}

static size_t underscores(const char *name)
{
	return strspn(name, "_");
}

/* Without its version: mtx_init@GLIBC_2.28, mtx_init@@GLIBC_2.34. */
bool elf_symbol_name(const struct bytes *b, const struct elf_found *found, char *out, size_t room)
{
	if (!bytes_text(b, found->name, found->names_end, out, room))
		return false;
	out[strcspn(out, "@")] = '\0';
	return out[0];
}

/* Of two names for one address the one without underscores, then the shorter one: malloc is __libc_malloc. */
static bool reads_better(const struct bytes *b, const struct elf_found *now, const struct elf_found *other)
{
	char a[128], c[128];

	if (!elf_symbol_name(b, other, c, sizeof(c)))
		return false;
	if (!elf_symbol_name(b, now, a, sizeof(a)))
		return true;
	if (!strncmp(a, "_Z", 2) || !strncmp(c, "_Z", 2)) /* those of constructors: the first one */
		return false;
	if (underscores(a) != underscores(c))
		return underscores(c) < underscores(a);
	return strlen(c) < strlen(a);
}

/* What covers the address is better than what only begins before it, of those the nearest, of equals the
 * better name. */
static void offer(const struct bytes *b, struct elf_found *at, const struct elf_found *symbol)
{
	uint64_t vaddr = at->vaddr, ended = at->ended;
	uint32_t ties = at->ties;

	if (at->found && at->sized != symbol->sized) {
		if (at->sized)
			return;
	} else if (at->found && at->start != symbol->start) {
		if (symbol->start < at->start)
			return;
	} else if (at->found && symbol->rank <= at->rank) {
		if (symbol->rank < at->rank || at->ties >= TIES_MAX)
			return;
		at->ties = ++ties;
		if (!reads_better(b, at, symbol))
			return;
	}
	*at = *symbol;
	at->vaddr = vaddr;
	at->ended = ended;
	at->ties = ties;
}

bool elf_symbol_holds(const struct bytes *b, const struct elf_found *f)
{
	if (!f->found || f->sized)
		return f->found;
	return !f->size && f->start >= f->ended && elf_in_section(b, f->table, f->section, f->vaddr);
}

/* The first of the list at or above vaddr. */
static size_t first_from(const struct elf_found *list, size_t count, uint64_t vaddr)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list[mid].vaddr < vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void symbol_take(const struct bytes *b, const struct elf_table *t, const Elf64_Sym *s, struct elf_found *list,
			size_t count)
{
	struct elf_found symbol = { .start = s->st_value, .size = s->st_size, .table = t, .section = s->st_shndx,
				    .found = true, .rank = rank_of(s), .name = t->names.offset + s->st_name,
				    .names_end = t->names.offset + t->names.size };

	if (!symbol.rank || s->st_name >= t->names.size || symbol.names_end < t->names.offset)
		return;
	for (size_t i = first_from(list, count, s->st_value); i < count; i++) {
		symbol.sized = list[i].vaddr - s->st_value < s->st_size;
		if (s->st_size && !symbol.sized && s->st_value + s->st_size > list[i].ended)
			list[i].ended = s->st_value + s->st_size;
		offer(b, &list[i], &symbol);
	}
}

void elf_symbols_find(const struct bytes *b, const struct elf_table *table, bool is_64, struct elf_found *list,
		      size_t count)
{
	union { Elf64_Sym e64[AT_ONCE]; Elf32_Sym e32[AT_ONCE]; } part;
	uint64_t left = table->entry ? table->symbols.size / table->entry : 0, at = table->symbols.offset;
	size_t got;

	if (left > SYMBOLS_MAX)
		left = SYMBOLS_MAX;
	while (left && count) {
		got = bytes_read(b, at, &part, (left < AT_ONCE ? left : AT_ONCE) * table->entry) / table->entry;
		if (!got)
			return;
		for (size_t i = 0; i < got; i++) {
			const Elf32_Sym *e = &part.e32[i];
			Elf64_Sym s = is_64 ? part.e64[i] : (Elf64_Sym){ e->st_name, e->st_info, e->st_other, e->st_shndx,
									  e->st_value, e->st_size };

			symbol_take(b, table, &s, list, count);
		}
		left -= got;
		at += got * table->entry;
	}
}

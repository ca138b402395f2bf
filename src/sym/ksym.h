/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel addresses to names, from /proc/kallsyms read once.  A table is as old
 * as its reading: modules and BPF programs loaded later are not in it. */
#ifndef SYM_KSYM_H
#define SYM_KSYM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ksym {
	const char *name;   /* function; owned by the table */
	const char *module; /* "bpf" for BPF programs; NULL: the kernel image */
	uint64_t offset;    /* bytes from the function's start */
};

struct ksym_table;

/* Reads path (NULL: /proc/kallsyms). NULL and errno when it cannot. */
struct ksym_table *ksym_load(const char *path);
void ksym_free(struct ksym_table *t); /* takes NULL */

/* The kernel shows all addresses as zero to us (kptr_restrict, or too few
 * rights): nothing can be found. */
bool ksym_hidden(const struct ksym_table *t);

/* The function around addr. false: not known. */
bool ksym_find(const struct ksym_table *t, uint64_t addr, struct ksym *out);
/* The i-th symbol by address, end being the next one's start. false: no more. */
struct ksym_span { const char *name, *module; uint64_t start, end; };
bool ksym_span(const struct ksym_table *t, size_t i, struct ksym_span *out);
/* Is it code of this module? A '-' in name is a '_'. */
bool ksym_in_module(const struct ksym *k, const char *name);
/* Where the code of a module lies, by address, as ksym_find() describes it; returns the
 * number of ranges, of which max are written at most; 0: there is no such module. */
struct ksym_range { uint64_t start, end; };
size_t ksym_module(const struct ksym_table *t, const char *name, struct ksym_range *out, size_t max);
/* Address of a symbol of the kernel image, function or variable. 0: not shown. */
uint64_t ksym_address(const struct ksym_table *t, const char *name);
/* "name+0x12 [module]", or the raw address where it is not known. Returns out.
 * Names are as the kernel gives them: escape before output. */
char *ksym_text(const struct ksym_table *t, uint64_t addr, char *out, size_t size);
/* Why addresses have no names: for a note beside the output. */
const char *ksym_why_hidden(void);

#endif

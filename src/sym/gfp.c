/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/gfp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Words of the kernel for several flags together, the largest first. */
static const struct { const char *name, *flags[9];
} sets[] = {
	{ "GFP_TRANSHUGE",
	  { "DIRECT_RECLAIM", "IO", "FS", "HARDWALL", "HIGHMEM", "MOVABLE", "COMP", "NOMEMALLOC", "NOWARN" } },
	{ "GFP_TRANSHUGE_LIGHT", { "IO", "FS", "HARDWALL", "HIGHMEM", "MOVABLE", "COMP", "NOMEMALLOC", "NOWARN" } },
	{ "GFP_HIGHUSER_MOVABLE",
	  { "DIRECT_RECLAIM", "KSWAPD_RECLAIM", "IO", "FS", "HARDWALL", "HIGHMEM", "MOVABLE" } },
	{ "GFP_HIGHUSER", { "DIRECT_RECLAIM", "KSWAPD_RECLAIM", "IO", "FS", "HARDWALL", "HIGHMEM" } },
	{ "GFP_USER", { "DIRECT_RECLAIM", "KSWAPD_RECLAIM", "IO", "FS", "HARDWALL" } },
	{ "GFP_KERNEL_ACCOUNT", { "DIRECT_RECLAIM", "KSWAPD_RECLAIM", "IO", "FS", "ACCOUNT" } },
	{ "GFP_KERNEL", { "DIRECT_RECLAIM", "KSWAPD_RECLAIM", "IO", "FS" } },
	{ "GFP_NOFS", { "DIRECT_RECLAIM", "KSWAPD_RECLAIM", "IO" } },
	{ "GFP_NOIO", { "DIRECT_RECLAIM", "KSWAPD_RECLAIM" } },
	{ "GFP_ATOMIC", { "HIGH", "ATOMIC", "KSWAPD_RECLAIM" } }, /* up to 6.2 */
	{ "GFP_ATOMIC", { "HIGH", "KSWAPD_RECLAIM" } },
	{ "GFP_NOWAIT", { "KSWAPD_RECLAIM" } },
};

void gfp_defaults(struct gfp_names *n)
{
	/* ATOMIC is 6.1 and 6.2: later nothing sets the bit */
	static const char *const names[] = {
		"DMA", "HIGHMEM", "DMA32", "MOVABLE", "RECLAIMABLE", "HIGH", "IO", "FS", "ZERO", "ATOMIC", "DIRECT_RECLAIM",
		"KSWAPD_RECLAIM", "WRITE", "NOWARN", "RETRY_MAYFAIL", "NOFAIL", "NORETRY", "MEMALLOC", "COMP", "NOMEMALLOC",
		"HARDWALL", "THISNODE", "ACCOUNT", "ZEROTAGS",
	};

	*n = (struct gfp_names){ 0 };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		snprintf(n->bit[i], sizeof(n->bit[i]), "%s", names[i]);
}

void gfp_learn(struct gfp_names *n, const char *enumerator, uint64_t bit)
{
	size_t head = strlen("___GFP_"), tail = strlen("_BIT"), length = strlen(enumerator);

	if (bit >= GFP_BITS || length <= head + tail || length - head - tail >= sizeof(n->bit[0]) ||
	    strncmp(enumerator, "___GFP_", head) || strcmp(enumerator + length - tail, "_BIT"))
		return;
	length -= head + tail;
	memcpy(n->bit[bit], enumerator + head, length);
	n->bit[bit][length] = '\0';
	if (!strcmp(n->bit[bit], "LAST") || !strcmp(n->bit[bit], "UNUSED"))
		n->bit[bit][0] = '\0';
}

static uint64_t flag_mask(const struct gfp_names *n, const char *name)
{
	for (int i = 0; i < GFP_BITS; i++)
		if (!strcmp(n->bit[i], name))
			return 1ull << i;
	return 0;
}

/* 0: this kernel has not all of them. */
static uint64_t set_mask(const struct gfp_names *n, const char *const *flags)
{
	uint64_t mask = 0;

	for (int i = 0; i < 9 && flags[i]; i++) {
		uint64_t one = flag_mask(n, flags[i]);

		if (!one)
			return 0;
		mask |= one;
	}
	return mask;
}

static void append(char *out, size_t size, const char *prefix, const char *name)
{
	size_t used = strlen(out);

	snprintf(out + used, size - used, "%s%s%s", used ? "|" : "", prefix, name);
}

char *gfp_text(const struct gfp_names *n, uint64_t gfp, char *out, size_t size)
{
	char hex[24];

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		uint64_t mask = set_mask(n, sets[i].flags);

		if (!mask || (gfp & mask) != mask)
			continue;
		append(out, size, "", sets[i].name);
		gfp &= ~mask;
	}
	for (int i = 0; i < GFP_BITS; i++)
		if (gfp >> i & 1 && n->bit[i][0]) {
			append(out, size, "__GFP_", n->bit[i]);
			gfp &= ~(1ull << i);
		}
	snprintf(hex, sizeof(hex), "0x%" PRIx64, gfp);
	if (gfp || !out[0])
		append(out, size, "", hex);
	return out;
}

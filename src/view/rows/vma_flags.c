/* SPDX-License-Identifier: GPL-2.0 */
/* The letters of VmFlags in words (Documentation/filesystems/proc.rst). The kernel gives the letters, so that
 * bits which have other numbers on other kernels are no matter. */
#include "view/rows/vma_flags.h"

#include <string.h>

#include "view/field.h"

static const struct { char two[3]; const char *text; } words[] = {
	{ "rd", "readable" }, { "wr", "writable" }, { "ex", "executable" }, { "sh", "shared" }, { "mr", "may read" },
	{ "mw", "may write" }, { "me", "may execute" }, { "ms", "may share" }, { "gd", "grows down" },
	{ "um", "userfaultfd (missing)" }, { "pf", "frames without struct page" }, { "gu", "may hold guard pages" },
	{ "uw", "userfaultfd (write-protect)" }, { "ui", "userfaultfd (minor)" }, { "lo", "locked" },
	{ "lf", "lock on fault" }, { "io", "device memory" }, { "sr", "read in order" }, { "rr", "read at random" },
	{ "dc", "not copied by fork" }, { "de", "not expandable" }, { "ac", "counted as committed" },
	{ "nr", "no swap reserved" }, { "ht", "hugetlb" }, { "sf", "synchronous faults" },
	{ "ar", "architecture's own" }, { "wf", "wiped by fork" }, { "dd", "not dumped" }, { "sd", "soft-dirty" },
	{ "mm", "mixed map" }, { "hg", "huge pages wished" }, { "nh", "no huge pages" }, { "mg", "mergeable (KSM)" },
	{ "bt", "guarded by BTI" }, { "mt", "memory tags" }, { "ss", "shadow stack" }, { "dp", "droppable" },
	{ "sl", "sealed" },
};

static const char *word_of(const char *two)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(words[i].two, two, 2))
			return words[i].text;
	return NULL;
}

const char *vma_flags_spelled(const char *flags, const struct tick *t)
{
	const char *out = "";

	for (const char *at = flags; *at;) {
		size_t len = strcspn(at, " ");
		const char *word = len == 2 ? word_of(at) : NULL;

		out = word ? tick_printf(t, "%s%s%s", out, *out ? ", " : "", word)
			   : tick_printf(t, "%s%s%.*s", out, *out ? ", " : "", (int)len, at);
		at += len;
		at += strspn(at, " ");
	}
	return out;
}

/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/oom.h"

#include <string.h>

/* Functions of the kernel that decide, the most specific first. */
static const struct { const char *function, *cause; } causes[] = {
	{ "mem_cgroup_out_of_memory", "cgroup" },
	{ "oom_kill_memcg_member", "cgroup" },
	{ "moom_callback", "sysrq" },
	{ "pagefault_out_of_memory", "pagefault" },
	{ "out_of_memory", "global" },
};

/* The compiler may have put .isra.0 and the like behind the name. */
static bool is_function(const char *name, const char *function)
{
	size_t n = strlen(function);

	return !strncmp(name, function, n) && (!name[n] || name[n] == '.');
}

const char *oom_cause(const struct ksym_table *t, const unsigned long long *stack, size_t n)
{
	for (size_t c = 0; t && c < sizeof(causes) / sizeof(causes[0]); c++) {
		for (size_t i = 0; i < n && stack[i]; i++) {
			struct ksym s;

			if (ksym_find(t, stack[i], &s) && is_function(s.name, causes[c].function))
				return causes[c].cause;
		}
	}
	return NULL;
}

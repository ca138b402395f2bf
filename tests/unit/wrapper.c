/* SPDX-License-Identifier: GPL-2.0 */
/* Functions that only pass an allocation on, under the names that compilers and kernels give them. */
#include "sym/wrapper.h"

#include "unit/check.h"

static void a_wrapper_has_many_names(void)
{
	static const char *const are[] = { "kvrealloc", "kvrealloc_noprof", "kvrealloc.isra.0", "kvrealloc_noprof.constprop.0",
					   "vmap", "vmap_noprof", "__kmalloc_node_track_caller_noprof.part.0", "kmalloc" };
	static const char *const are_not[] = { "kvreallo", "kvrealloc2", "kvrealloc_noprof2", "vmapped", "_noprof",
					       "kmallo", "vfs_read", "", ".isra.0" };

	for (size_t i = 0; i < sizeof(are) / sizeof(are[0]); i++)
		CHECK(wrapper_is(are[i]));
	for (size_t i = 0; i < sizeof(are_not) / sizeof(are_not[0]); i++)
		CHECK(!wrapper_is(are_not[i]));
}

int main(void)
{
	RUN("wrapper", a_wrapper_has_many_names);
	return check_bad;
}

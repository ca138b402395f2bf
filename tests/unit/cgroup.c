/* SPDX-License-Identifier: GPL-2.0 */
/* Paths of cgroups from the names that BPF found, the leaf first. */
#include "host/cgroup.h"

#include "unit/check.h"

static struct mmt_cgroup_path path_of(const char *names, size_t size, enum mmt_cgroup_end end)
{
	struct mmt_cgroup_path p = { .size = (uint32_t)size, .end = (uint16_t)end, .done = 1 };

	memset(p.names, 'x', sizeof(p.names)); /* what is behind them means nothing */
	memcpy(p.names, names, size);
	return p;
}

static void names_become_a_path(void)
{
	struct mmt_cgroup_path p = path_of("leaf\0middle\0top", sizeof("leaf\0middle\0top"), MMT_CGROUP_ROOT);
	char text[MMT_CGROUP_TEXT];

	CHECK_STR(cgroup_path_text(&p, text, sizeof(text)), "/top/middle/leaf");
	p.end = MMT_CGROUP_CUT;
	CHECK_STR(cgroup_path_text(&p, text, sizeof(text)), ".../top/middle/leaf");
	p = path_of("", 0, MMT_CGROUP_OWN);
	CHECK_STR(cgroup_path_text(&p, text, sizeof(text)), "/");
	p = path_of("one", sizeof("one"), MMT_CGROUP_OWN);
	CHECK_STR(cgroup_path_text(&p, text, sizeof(text)), "/one");
}

static void the_longest_fits(void)
{
	struct mmt_cgroup_path p = { .size = sizeof(p.names), .end = MMT_CGROUP_CUT, .done = 1 };
	char text[MMT_CGROUP_TEXT];

	memset(p.names, 'x', sizeof(p.names));
	for (size_t i = 1; i < sizeof(p.names); i += 2)
		p.names[i] = '\0';
	CHECK(cgroup_path_text(&p, text, sizeof(text)));
	CHECK_EQ(strlen(text), sizeof(p.names) + 3);
	CHECK(!cgroup_path_text(&p, text, 100));
}

static void what_is_no_path_is_none(void)
{
	struct mmt_cgroup_path p = path_of("leaf", sizeof("leaf"), MMT_CGROUP_ROOT);
	char text[MMT_CGROUP_TEXT];

	p.done = 0;
	CHECK(!cgroup_path_text(&p, text, sizeof(text)));
	p.done = 1;
	p.size = sizeof(p.names) + 1;
	CHECK(!cgroup_path_text(&p, text, sizeof(text)));
	p.size = sizeof("leaf") - 1; /* no NUL */
	CHECK(!cgroup_path_text(&p, text, sizeof(text)));
}

int main(void)
{
	RUN("cgroup", names_become_a_path);
	RUN("cgroup", the_longest_fits);
	RUN("cgroup", what_is_no_path_is_none);
	return check_bad;
}

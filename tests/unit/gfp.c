/* SPDX-License-Identifier: GPL-2.0 */
/* Flags of allocations by name. */
#include "sym/gfp.h"

#include <string.h>

#include "unit/check.h"

static char out[400];

static int reads(const struct gfp_names *n, uint64_t gfp, const char *want)
{
	return !strcmp(gfp_text(n, gfp, out, sizeof(out)), want);
}

static void of_6_1(void)
{
	struct gfp_names n;

	gfp_defaults(&n);
	CHECK(reads(&n, 0xcc0, "GFP_KERNEL"));
	CHECK(reads(&n, 0xdc0, "GFP_KERNEL|__GFP_ZERO"));
	CHECK(reads(&n, 0x140dca, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP"));
	CHECK(reads(&n, 0xa20, "GFP_ATOMIC")); /* 6.1 */
	CHECK(reads(&n, 0x820, "GFP_ATOMIC"));
	CHECK(reads(&n, 0x400cc0, "GFP_KERNEL_ACCOUNT"));
	CHECK(reads(&n, 0x8000800, "GFP_NOWAIT|0x8000000"));
	CHECK(reads(&n, 0, "0x0"));
}

/* Nothing is where it was. */
static void as_the_kernel_shows(void)
{
	struct gfp_names n = { 0 };

	gfp_learn(&n, "___GFP_DIRECT_RECLAIM_BIT", 0);
	gfp_learn(&n, "___GFP_KSWAPD_RECLAIM_BIT", 5);
	gfp_learn(&n, "___GFP_IO_BIT", 31);
	gfp_learn(&n, "___GFP_UNUSED_BIT", 3);
	gfp_learn(&n, "___GFP_LAST_BIT", 4);
	gfp_learn(&n, "___GFP_TOO_FAR_BIT", 32);
	gfp_learn(&n, "___GFP__BIT", 6);
	gfp_learn(&n, "OTHER_BIT", 7);
	gfp_learn(&n, "___GFP_A_NAME_LONGER_THAN_ITS_ROOM_BIT", 8);
	CHECK(reads(&n, 1u << 31 | 0x21, "GFP_NOFS"));
	CHECK(reads(&n, 0x21, "GFP_NOIO"));
	CHECK(reads(&n, 0x1, "__GFP_DIRECT_RECLAIM"));
	CHECK(reads(&n, 0x1d8, "0x1d8"));
	CHECK(!strcmp(gfp_text(&n, 1u << 31 | 0x21, out, 4), "GFP"));
}

int main(void)
{
	RUN("gfp", of_6_1);
	RUN("gfp", as_the_kernel_shows);
	return check_bad;
}

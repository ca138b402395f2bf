/* SPDX-License-Identifier: GPL-2.0 */
#include "host/thp.h"

#include <stdio.h>

bool thp_setting(char out[16])
{
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	bool found = f && fscanf(f, "%*[^[][%15[^]]", out) == 1;

	if (f && !found) { /* the first word is the chosen one */
		rewind(f);
		found = fscanf(f, "[%15[^]]", out) == 1;
	}
	if (f)
		fclose(f);
	return found;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* The resource limits of this process: raised as far as may be, put back for a command. */
#ifndef HOST_LIMITS_H
#define HOST_LIMITS_H

#include <stdbool.h>

#include "base/error.h"

/* Once, at the start: open files (maps, programs, links, rings) and stack.  -1 and e: with so
 * little stack nothing runs. */
int limits_raise(struct error *e);
/* In a child: as they were. */
void limits_restore(void);
/* Can so many more files be opened? */
bool limits_files_left(int n);
/* Is memory limited for this process? */
bool limits_memory(void);

#endif

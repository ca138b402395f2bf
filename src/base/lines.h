/* SPDX-License-Identifier: GPL-2.0 */
/* A stream into a file that gets whole lines only: whoever kills the program leaves no half of
 * one there. */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stdio.h>

/* The stream closes fd, and writes then what has no end of line; NULL: errno, fd stays open.  *err:
 * set to the first error of a write, which errno does not keep. */
FILE *lines_open(int fd, int *err);

#endif

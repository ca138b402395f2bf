/* SPDX-License-Identifier: GPL-2.0 */
/* What the model cannot find out by itself to tell what a VMA is. */
#ifndef CMD_IMAGES_H
#define CMD_IMAGES_H

#include "model/session.h"

/* Reads the program headers of the files in a layout of pid, each once. */
void images_read(struct session *s, pid_t pid, const void *layout, size_t size);

/* Asks for the stack pointers of blocked threads, if threads came or went; of
 * a bounded number of threads each time. */
void stacks_read(struct session *s);

#endif

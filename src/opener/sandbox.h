/* SPDX-License-Identifier: GPL-2.0 */
/* How the processes that touch what is not trusted give up their rights. */
#ifndef OPENER_SANDBOX_H
#define OPENER_SANDBOX_H

#include <stdbool.h>

/* Keeps of the capabilities what opening another process's files needs. */
void sandbox_opener(unsigned kept_files);
/* Keeps none, little memory and time, and the few system calls that reading an open file needs; each
 * other one kills.  allocates: also those for memory of its own, and more of it; opening fails then, as libraries
 * try that. */
void sandbox_parser(bool allocates);
/* Keeps none; opens and maps files, as any program of this user may. */
void sandbox_mapper(void);
/* Closes all descriptors but one or two, which become 0 and 1: what a stuck process
 * holds stays with it, BPF programs and pipes too. */
void sandbox_keep(const int *fds, int count);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* The library of stack_chain. */
#ifndef STACK_CHAIN_H
#define STACK_CHAIN_H

#include <stddef.h>

typedef void (*chain_fn)(void *at, size_t size);
/* Calls touch below two functions of this library and qsort(). */
void chain_sort(chain_fn touch, void *at, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/error.h"

static void *checked(void *p)
{
	static const char words[] = "mmtrace: out of memory\n"
				    "hint: free memory, or raise the limits of it (ulimit -d, ulimit -v)\n";

	if (p)
		return p;
	if (write(STDERR_FILENO, words, sizeof(words) - 1) < 0) /* stdio may want memory */
		_exit(EXIT_FAILED);
	_exit(EXIT_FAILED);
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size ? size : 1));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	return checked(reallocarray(p, n ? n : 1, size ? size : 1));
}

void *xgrow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 64;
	return xreallocarray(array, *room, size);
}

void memory_return(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

char *xstrdup(const char *text)
{
	return checked(strdup(text));
}

char *xstrndup(const char *text, size_t len)
{
	return checked(strndup(text, len));
}

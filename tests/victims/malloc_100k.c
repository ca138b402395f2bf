/* Allocates 100 KiB, fills it, prints the address and waits on stdin.
 *
 * To be linked statically: then little else is on the heap, and the 25 pages
 * (26 when the block does not start on a page) show in its VMA. 100 KiB is
 * below malloc's threshold for mmap (128 KiB), so the block is on the heap. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	size_t size = 100 * 1024;
	char *block = malloc(size), byte;

	if (!block)
		return 1;
	memset(block, 1, size);
	dprintf(1, "0x%jx\n", (uintmax_t)(uintptr_t)block);
	while (read(0, &byte, 1) == 1 && byte != '\n')
		;
	return block[size - 1] != 1;
}

/* Prints where the parts of a process lie, then moves the break by 4 bytes.
 *
 * Lines of `name 0xADDR`: text, data, bss, rodata, stack, break_before,
 * break_after; then it waits for a line (or the end) of stdin. */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

int initialised = 42;		/* data */
int uninitialised;		/* bss */
static const char constant[] = "a constant string"; /* rodata */

static void print(const char *name, const void *address)
{
	printf("%s 0x%jx\n", name, (uintmax_t)(uintptr_t)address);
}

int main(void)
{
	/* No allocation by stdio between the two readings of the break. */
	static char buffer[1024];
	int local = 0;		/* stack */
	void *before, *after;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	before = sbrk(0);
	if (brk((char *)before + 4)) {
		perror("brk");
		return 1;
	}
	after = sbrk(0);
	print("text", (const void *)(uintptr_t)main);
	print("data", &initialised);
	print("bss", &uninitialised);
	print("rodata", constant);
	print("stack", &local);
	print("break_before", before);
	print("break_after", after);
	fflush(stdout);
	while (read(0, &local, 1) == 1 && (char)local != '\n')
		;
	return 0;
}

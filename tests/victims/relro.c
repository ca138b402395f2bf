/* SPDX-License-Identifier: GPL-2.0 */
/* Four megabytes of constants that the loader relocates and then protects.  Prints where they
 * begin and ends; with an argument it waits for the end of its input and runs itself once more. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define A &x, &x, &x, &x, &x, &x, &x, &x, &x, &x
#define B A, A, A, A, A, A, A, A, A, A
#define C B, B, B, B, B, B, B, B, B, B
#define D C, C, C, C, C, C, C, C, C, C
#define E D, D, D, D, D, D, D, D, D, D
static int x;
static int *const table[] = { E, E, E, E, E };

int main(int argc, char **argv)
{
	volatile int middle = 250000;

	printf("%p %d\n", (void *)&table[middle], *table[middle]);
	fflush(stdout);
	if (argc == 1)
		return 0;
	while (getchar() != EOF)
		;
	if (!fork())
		execl("/proc/self/exe", argv[0], (char *)NULL);
	wait(NULL);
	return 0;
}

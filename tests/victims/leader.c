/* A process whose threads end in an unusual order.
 *
 * usage: leader stays|ends|execs|thread
 *
 * Prints "PID TID" of the process and of its second thread, and goes on at a line on
 * stdin.  ends: the leader has ended by then, the second thread lives; execs: the second thread
 * executes this program anew; thread: the second thread ends, the leader lives.  It says
 * "done" then, and ends at the end of stdin. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *mode;
static int tid[2];

static void wait_line(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		;
}

static void end(void)
{
	char c;

	puts("done");
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	exit(0);
}

static void *second(void *unused)
{
	char n = 0;

	(void)unused;
	tid[0] = (int)syscall(SYS_gettid);
	if (write(tid[1], &n, 1) != 1)
		exit(1);
	if (!strcmp(mode, "execs")) {
		wait_line();
		execl("/proc/self/exe", "leader", "executed", NULL);
		exit(1);
	}
	if (!strcmp(mode, "ends")) {
		wait_line();
		end();
	}
	if (!strcmp(mode, "thread")) {
		wait_line();
		return NULL;
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	pthread_t t;
	int ready[2];
	char c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mode = argc > 1 ? argv[1] : "stays";
	if (!strcmp(mode, "executed"))
		end();
	if (pipe(ready))
		return 1;
	tid[1] = ready[1];
	if (pthread_create(&t, NULL, second, NULL) || read(ready[0], &c, 1) != 1)
		return 1;
	printf("%d %d\n", getpid(), tid[0]);
	if (!strcmp(mode, "ends"))
		pthread_exit(NULL);
	if (!strcmp(mode, "thread") || !strcmp(mode, "execs"))
		pthread_join(t, NULL);
	else
		wait_line();
	end();
}

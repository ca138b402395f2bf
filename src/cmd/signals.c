/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_open(struct error *e)
{
	struct sigaction hangup;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	if (sigaction(SIGHUP, NULL, &hangup) || hangup.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot start") : fd;
}

/* A ^C of the terminal went to the command too; one by kill(2) to us alone. */
static bool from_terminal(const struct signalfd_siginfo *si)
{
	return si->ssi_signo == SIGINT && si->ssi_code == SI_KERNEL;
}

bool signals_take(int fd, struct child *command, bool *passed)
{
	struct signalfd_siginfo si;
	bool stop = false;

	while (read(fd, &si, sizeof(si)) == sizeof(si)) {
		*passed |= si.ssi_signo != SIGCHLD;
		if (si.ssi_signo == SIGCHLD)
			child_reap(command);
		else if (!command->pid || command->ended)
			stop = true;
		else if (!from_terminal(&si))
			kill(command->pid, (int)si.ssi_signo);
	}
	return stop;
}

bool signals_read(int fd, struct child *command)
{
	bool passed = false;

	return signals_take(fd, command, &passed);
}

void signals_await(int fd, struct child *command)
{
	struct pollfd p = { fd, POLLIN, 0 };

	while (!command->ended) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return;
		signals_read(fd, command);
	}
}

/* SPDX-License-Identifier: GPL-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "opener/wire.h"

union control { char bytes[CMSG_SPACE(MESSAGE_FDS * sizeof(int))]; struct cmsghdr align; };

int message_send(int to, const void *bytes, size_t size, const int *fds, int fd_count, int flags)
{
	struct iovec part = { (void *)(uintptr_t)bytes, size };
	union control c = { { 0 } };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *head;
	ssize_t n;

	if (fd_count > 0) {
		m.msg_control = c.bytes;
		m.msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int));
		head = CMSG_FIRSTHDR(&m);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
		memcpy(CMSG_DATA(head), fds, (size_t)fd_count * sizeof(int));
	}
	do
		n = sendmsg(to, &m, flags | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* All that came: what has no place is closed, or a sender could leave us without descriptors. */
static void take_descriptors(struct msghdr *m, int fds[MESSAGE_FDS])
{
	int taken = 0, fd;

	for (struct cmsghdr *head = CMSG_FIRSTHDR(m); head; head = CMSG_NXTHDR(m, head)) {
		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(fd)) <= head->cmsg_len; at += sizeof(fd)) {
			memcpy(&fd, CMSG_DATA(head) + at, sizeof(fd));
			if (taken < MESSAGE_FDS)
				fds[taken++] = fd;
			else
				close(fd);
		}
	}
}

long message_receive(int from, void *bytes, size_t size, int fds[MESSAGE_FDS], int flags)
{
	struct iovec part = { bytes, size };
	union control c = { { 0 } };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t n;

	if (fds) {
		for (int i = 0; i < MESSAGE_FDS; i++)
			fds[i] = -1;
		m.msg_control = c.bytes;
		m.msg_controllen = sizeof(c);
	}
	do
		n = recvmsg(from, &m, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (fds)
		take_descriptors(&m, fds);
	if (!n)
		return 0;
	return (size_t)n == size && !(m.msg_flags & MSG_TRUNC) ? n : -EPROTO;
}

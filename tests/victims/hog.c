/* SPDX-License-Identifier: GPL-2.0 */
/* Uses memory, and says what the kernel made it wait for: hog MIB PASSES [huge].
 * The pages are written once with numbers that do not compress away, then read
 * PASSES times; huge asks for huge pages, and so for compaction.  Prints its
 * pid, and at the end its faults (getrusage) and delays (taskstats). */
#include <linux/genetlink.h>
#include <linux/taskstats.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAGE 4096

struct message { struct nlmsghdr nl; struct genlmsghdr ge; char data[4096]; };

/* One attribute there, the answer back. */
static void ask(int fd, int type, int command, int attribute, const void *value, int len, struct message *m)
{
	struct nlattr *a = (void *)m->data;

	memset(m, 0, sizeof(*m));
	a->nla_type = (uint16_t)attribute;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	memcpy(m->data + NLA_HDRLEN, value, (size_t)len);
	m->ge = (struct genlmsghdr){ .cmd = (uint8_t)command, .version = 1 };
	m->nl = (struct nlmsghdr){ .nlmsg_type = (uint16_t)type, .nlmsg_flags = NLM_F_REQUEST,
				   .nlmsg_len = (uint32_t)(NLMSG_LENGTH(GENL_HDRLEN) + NLA_ALIGN(a->nla_len)) };
	if (send(fd, m, m->nl.nlmsg_len, 0) < 0 || recv(fd, m, sizeof(*m), 0) < 0) {
		perror("netlink");
		exit(1);
	}
}

static void *find(struct message *m, char *from, int type)
{
	char *end = (char *)m + m->nl.nlmsg_len;

	while (from + NLA_HDRLEN <= end) {
		struct nlattr *a = (void *)from;

		if (a->nla_type == type)
			return from + NLA_HDRLEN;
		from += a->nla_len ? NLA_ALIGN(a->nla_len) : PAGE;
	}
	return NULL;
}

static void print_delays(int fd, int family)
{
	uint32_t pid = (uint32_t)getpid();
	struct taskstats *ts;
	struct message m;
	struct rusage ru;
	char *both;

	ask(fd, family, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_PID, &pid, sizeof(pid), &m);
	both = find(&m, m.data, TASKSTATS_TYPE_AGGR_PID);
	ts = both ? find(&m, both, TASKSTATS_TYPE_STATS) : NULL;
	if (!ts) {
		puts("no taskstats");
		exit(1);
	}
	getrusage(RUSAGE_SELF, &ru);
	printf("faults %u %ld %ld\n", pid, ru.ru_minflt, ru.ru_majflt);
	printf("delays %u %llu %llu %llu %llu %llu %llu\n", pid, ts->freepages_count, ts->freepages_delay_total,
	       ts->swapin_count, ts->swapin_delay_total, ts->compact_count, ts->compact_delay_total);
}

int main(int argc, char **argv)
{
	size_t size = argc > 1 ? (size_t)atoi(argv[1]) << 20 : 0;
	int passes = argc > 2 ? atoi(argv[2]) : 0, fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	uint64_t x = 88172645463325252ull, sum = 0;
	volatile uint64_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct message m;
	uint16_t *family;

	ask(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME, sizeof(TASKSTATS_GENL_NAME), &m);
	family = find(&m, m.data, CTRL_ATTR_FAMILY_ID);
	if (p == MAP_FAILED || !size || !family)
		return 1;
	printf("pid %d\n", getpid());
	fflush(stdout);
	if (argc > 3)
		madvise((void *)p, size, MADV_HUGEPAGE);
	for (size_t i = 0; i < size / sizeof(*p); i += 4) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = x;
	}
	for (int n = 0; n < passes; n++)
		for (size_t i = 0; i < size / sizeof(*p); i += PAGE / sizeof(*p))
			sum += p[i];
	print_delays(fd, *family);
	return sum == 42;
}

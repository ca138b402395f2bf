/* SPDX-License-Identifier: GPL-2.0 */
/* The BPF programs that a process holds.  Usage: programs PID; prints for each
 * "NAME VERIFIED TRANSLATED JITED RUNS NS": instructions that the verifier
 * walked, instructions, bytes of machine code, and what it ran while `programs
 * stats` was there, which makes the kernel count until it is killed. */
#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The id of the program behind a descriptor of another process; 0: it is none. */
static unsigned program_id(const char *pid, const char *fd)
{
	char path[300], line[128];
	unsigned id = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "link_type", 9) || !strncmp(line, "map_id", 6))
			break; /* a link names its program too */
		if (sscanf(line, "prog_id: %u", &id) == 1)
			break;
	}
	fclose(f);
	return id;
}

static void print_program(unsigned id)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size)) {
		fprintf(stderr, "programs: no program %u\n", id);
		return;
	}
	printf("%s %u %u %u %llu %llu\n", info.name, info.verified_insns, info.xlated_prog_len / 8, info.jited_prog_len,
	       (unsigned long long)info.run_cnt, (unsigned long long)info.run_time_ns);
	close(fd);
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	char path[64];
	DIR *dir;

	if (argc != 2)
		return 2;
	if (!strcmp(argv[1], "stats")) {
		if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
			return 1;
		puts("ready");
		fflush(stdout);
		pause();
	}
	snprintf(path, sizeof(path), "/proc/%s/fdinfo", argv[1]);
	dir = opendir(path);
	if (!dir)
		return 1;
	while ((entry = readdir(dir))) {
		unsigned id = isdigit((unsigned char)entry->d_name[0]) ? program_id(argv[1], entry->d_name) : 0;

		if (id)
			print_program(id);
	}
	closedir(dir);
	return 0;
}

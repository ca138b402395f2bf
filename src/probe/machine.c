/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/machine.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "probe/direct_map.h"
#include "probe/kernel_btf.h"
#include "probe/probe.h"
#include "probe/rights.h"

static bool read_line(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(out, (int)size, f);

	if (f)
		fclose(f);
	if (ok)
		out[strcspn(out, "\n")] = '\0';
	return ok;
}

static void say(struct machine_fact *f, const char *key, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void say(struct machine_fact *f, const char *key, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	f->key = key;
	snprintf(f->remedy, sizeof(f->remedy), "%s", remedy ? remedy : "");
	va_start(ap, fmt);
	vsnprintf(f->value, sizeof(f->value), fmt, ap);
	va_end(ap);
}

static void say_btf(struct machine_fact *f, const char *btf)
{
	const char *path = btf ? btf : "/sys/kernel/btf/vmlinux";
	const struct btf *loaded = kernel_btf(btf);
	char why[128];

	libbpf_strerror(errno, why, sizeof(why)); /* it has errors of its own */
	if (loaded)
		say(f, "btf", NULL, "%s, %u types", path, btf__type_cnt(loaded) - 1);
	else
		say(f, "btf", "give the BTF of this very kernel with --btf FILE (CONFIG_DEBUG_INFO_BTF makes it)",
		    "%s cannot be used: %s", path, why);
}

static void say_lockdown(struct machine_fact *f)
{
	bool reads = rights_read_kernel();
	char line[4096], *word;

	if (read_line("/sys/kernel/security/lockdown", line, sizeof(line)))
		say(f, "lockdown", reads ? NULL : "boot with lockdown=integrity or without lockdown", "%s%s", line,
		    reads ? "" : ": BPF programs may not read kernel memory");
	else if (!reads)
		say(f, "lockdown", "boot with lockdown=integrity or without lockdown",
		    "confidentiality: BPF programs may not read kernel memory (inferred: securityfs is not mounted)");
	else if (read_line("/proc/cmdline", line, sizeof(line)) && (word = strstr(line, "lockdown=")))
		say(f, "lockdown", NULL, "%.*s on the kernel's command line (securityfs is not mounted)",
		    (int)strcspn(word, " "), word);
	else
		say(f, "lockdown", "'mount -t securityfs none /sys/kernel/security' makes the kernel show it",
		    "not confidentiality; integrity or none: securityfs is not mounted");
}

static void say_rights(struct machine_fact *f)
{
	static const struct { const char *name; int bit; } wanted[] = {
		{ "CAP_BPF", CAP_BPF }, { "CAP_PERFMON", CAP_PERFMON }, { "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
		{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE },
	};
	uint64_t caps = rights_capabilities();
	char text[160] = "";
	size_t at = 0;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "; %s %s", wanted[i].name,
				       caps >> wanted[i].bit & 1 ? "yes" : "no");
	say(f, "rights", rights_all() ? NULL : "run it as root (in a container: with these capabilities)", "%s%s",
	    geteuid() ? "not root" : "root", text);
}

static void say_namespaces(struct machine_fact *pids, struct machine_fact *users)
{
	bool other = rights_user_namespace();
	struct error e = { 0 };

	if (rights_check_proc(&e))
		say(pids, "pid_namespace", e.hint, "%s: %s", e.what, e.cause);
	else
		say(pids, "pid_namespace", NULL, "%s", rights_initial_pids() ? "the initial one" : "another: pids are those of here");
	say(users, "user_namespace", other ? "run it outside of it: its root has no rights over the kernel" : NULL, "%s",
	    other ? "not the initial one" : "the initial one");
}

static void say_seccomp(struct machine_fact *f)
{
	bool filtered = rights_seccomp();

	say(f, "seccomp", filtered ? "if programs are refused: let the filter allow bpf(2) and perf_event_open(2)" : NULL,
	    filtered ? "a filter is active" : "no filter");
}

static void say_page_tables(struct machine_fact *f, const char *btf)
{
	struct direct_map dm;
	int err = direct_map_find(&dm);
	bool found = !err;

	if (!err)
		err = probe_try_peek(btf);
	if (err == -ENXIO)
		say(f, "page_tables", NULL, "show other page frames than /proc/self/pagemap (memory encryption, or Xen PV): "
		    "fault classes are coarse, RSS comes from smaps");
	else if (found && err)
		say(f, "page_tables", NULL, "cannot be checked against /proc/self/pagemap (%s): fault classes are coarse, "
		    "RSS comes from smaps", strerror(-err));
	else if (err)
		say(f, "page_tables",
		    rights_capabilities() >> CAP_SYS_ADMIN & 1
			    ? NULL
			    : "CAP_SYS_ADMIN opens /proc/self/pagemap, which shows where they are",
		    "cannot be read (%s): fault classes are coarse, RSS comes from smaps", strerror(-err));
	else
		say(f, "page_tables", NULL, "readable, %d levels: fault classes are exact, RSS comes from there", dm.levels);
}

static void say_limits(struct machine_fact *memlock, struct machine_fact *tracefs)
{
	struct rlimit limit = { 0 };
	struct statfs fs;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur == RLIM_INFINITY)
		say(memlock, "memlock", NULL, "unlimited");
	else
		say(memlock, "memlock", NULL, "%llu KiB (BPF has not counted against it since 5.11)",
		    (unsigned long long)limit.rlim_cur >> 10);
	say(tracefs, "tracefs", NULL, "%s (not needed: tracepoints are attached through BTF)",
	    statfs("/sys/kernel/tracing", &fs) == 0 && fs.f_type == TRACEFS_MAGIC ? "mounted" : "not mounted");
}

/* How files that targets map are looked into: src/opener. */
static void say_files(struct machine_fact *f)
{
	static const char *const remote[] = {
#define REMOTE(NAME, magic, name) name,
#include "wire/remote.def"
#undef REMOTE
	};
	uint64_t caps = rights_user_namespace() ? 0 : rights_capabilities();
	bool opens = caps >> CAP_CHECKPOINT_RESTORE & 1 || caps >> CAP_SYS_ADMIN & 1, others = caps >> CAP_SYS_PTRACE & 1;
	char names[120] = "";
	size_t at = 0;

	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]) && at < sizeof(names); i++)
		if (!strstr(names, remote[i]))
			at += (size_t)snprintf(names + at, sizeof(names) - at, " %s", remote[i]);
	if (opens && others)
		say(f, "files", NULL, "of targets: ELF headers are read, by processes that may do nothing else; not of file "
		    "systems that may hang:%s", names);
	else
		say(f, "files",
		    opens ? "grant CAP_SYS_PTRACE" : "grant CAP_CHECKPOINT_RESTORE, or CAP_SYS_ADMIN, in the initial user namespace",
		    "of targets: %s: kinds of mappings are judged by permissions",
		    opens ? "those of other users are not read" : "/proc/PID/map_files may not be read");
}

static void say_sysctl(struct machine_fact *f, const char *key, const char *file, const char *meaning)
{
	char path[96], line[64] = "not there";

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", file);
	read_line(path, line, sizeof(line));
	say(f, key, NULL, "%s (%s)", line, meaning);
}

int machine_facts(struct machine_fact out[MACHINE_FACTS], const char *btf)
{
	struct utsname uts;
	int n = 0;

	uname(&uts);
	say(&out[n++], "kernel", NULL, "%s %s", uts.release, uts.machine);
	say_btf(&out[n++], btf);
	say_lockdown(&out[n++]);
	say_rights(&out[n++]);
	say_namespaces(&out[n], &out[n + 1]);
	n += 2;
	say_seccomp(&out[n++]);
	say_page_tables(&out[n++], btf);
	say_limits(&out[n], &out[n + 1]);
	n += 2;
	say_files(&out[n++]);
	say_sysctl(&out[n++], "perf_event_paranoid", "perf_event_paranoid", "above 1 perf events need CAP_PERFMON");
	say_sysctl(&out[n++], "kptr_restrict", "kptr_restrict", "mmtrace needs no addresses from kallsyms");
	say_sysctl(&out[n++], "unprivileged_bpf", "unprivileged_bpf_disabled", "above 0 BPF needs CAP_BPF");
	say_sysctl(&out[n++], "bpf_stats", "bpf_stats_enabled", "1 makes the summary show the time of the BPF programs");
	return n;
}

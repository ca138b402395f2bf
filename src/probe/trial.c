/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/trial.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/kernel_btf.h"
#include "probe/objects.h"
#include "probe/perf.h"

/* Functions that may be attached, with the argument types that their BTF must
 * show: a wrong prototype can panic a kernel (fentry/mm_init on 6.1 did). */
static const struct {
	const char *function;
	const char *args[6]; /* struct name of a pointer, "pointer" to anything, or "scalar" */
} prototypes[] = {
	{ "handle_mm_fault", { "vm_area_struct", "scalar", "scalar", "pt_regs" } },
	{ "expand_downwards", { "vm_area_struct", "scalar" } },
	{ "__x64_sys_mmap", { "pt_regs" } },
	{ "__x64_sys_munmap", { "pt_regs" } },
	{ "__x64_sys_mremap", { "pt_regs" } },
	{ "__x64_sys_mprotect", { "pt_regs" } },
	{ "__x64_sys_pkey_mprotect", { "pt_regs" } },
	{ "__x64_sys_madvise", { "pt_regs" } },
	{ "__x64_sys_brk", { "pt_regs" } },
	{ "__x64_sys_mlock", { "pt_regs" } },
	{ "__x64_sys_munlock", { "pt_regs" } },
	{ "__x64_sys_shmat", { "pt_regs" } },
	{ "__x64_sys_shmdt", { "pt_regs" } },
	{ "do_swap_page", { "vm_fault" } },
	{ "swap_read_folio", { "folio", "pointer" } },
	{ "swap_readpage", { "page", "scalar", "pointer" } },
	{ "__swap_writepage", { "folio", "pointer" } },
	{ "__swap_writepage", { "page", "pointer" } }, /* to 6.6 */
	{ "btf_trace_mark_victim", { "pointer", "task_struct", "scalar" } }, /* once (pid) */
	{ "__alloc_pages_bulk", { "scalar", "scalar", "pointer", "scalar", "list_head", "pointer" } },
	{ "alloc_pages_bulk_noprof", { "scalar", "scalar", "pointer", "scalar", "list_head", "pointer" } },
	{ "alloc_vmap_area", { "scalar", "scalar", "scalar", "scalar", "scalar", "scalar" } },
	{ "free_vmap_area_noflush", { "vmap_area" } },
	{ "kmem_cache_free_bulk", { "kmem_cache", "scalar", "pointer" } },
	{ "kmem_cache_alloc_bulk", { "kmem_cache", "scalar", "scalar", "pointer" } },
	{ "kmem_cache_alloc_bulk_noprof", { "kmem_cache", "scalar", "scalar", "pointer" } },
};

static bool argument_matches(const struct btf *btf, uint32_t type, const char *expected)
{
	const struct btf_type *t = btf__type_by_id(btf, type);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	if (!t)
		return false;
	if (!strcmp(expected, "scalar"))
		return btf_is_int(t) || btf_is_any_enum(t);
	if (!btf_is_ptr(t))
		return false;
	if (!strcmp(expected, "pointer"))
		return true;
	t = btf__type_by_id(btf, t->type);
	while (t && btf_is_mod(t))
		t = btf__type_by_id(btf, t->type);
	return t && btf_is_struct(t) && !strcmp(btf__name_by_offset(btf, t->name_off), expected);
}

static bool arguments_match(const struct btf *btf, const struct btf_type *proto, const char *const args[6])
{
	uint16_t n = 0;

	while (n < 6 && args[n])
		n++;
	if (btf_vlen(proto) != n)
		return false;
	for (uint16_t a = 0; a < n; a++)
		if (!argument_matches(btf, btf_params(proto)[a].type, args[a]))
			return false;
	return true;
}

/* Is the function, or (their types are named btf_trace_NAME) the tracepoint, as
 * listed, once or more?  unlisted: what is returned for one that is not. */
static bool prototype_matches(const struct btf *btf, int id, const char *function, bool unlisted)
{
	const struct btf_type *proto = btf__type_by_id(btf, btf__type_by_id(btf, (uint32_t)id)->type);

	if (btf_is_ptr(proto))
		proto = btf__type_by_id(btf, proto->type);
	for (size_t i = 0; i < sizeof(prototypes) / sizeof(prototypes[0]); i++) {
		if (strcmp(prototypes[i].function, function))
			continue;
		if (arguments_match(btf, proto, prototypes[i].args))
			return true;
		unlisted = false;
	}
	return unlisted;
}

static int fail(struct trial *out, int err, const char *why)
{
	out->err = err;
	snprintf(out->why, sizeof(out->why), "%s", why ? why : strerror(-err));
	return err;
}

struct trial_env {
	const struct btf *btf; /* kernel_btf() keeps it */
	int btf_err;           /* why there is none */
	struct bpf_object *objects[OBJECT_COUNT]; /* opened on first use, never loaded */
	bool call_attached; /* to the entry of a system call: they are alike */
};

/* Loads `r0 = 0; exit` and attaches it.  A tracepoint of BTF that could be loaded
 * for can be attached to (a trampoline may be refused, fentry under lockdown is):
 * it is not tried, since each try waits for all CPUs, some 10 ms. */
static int try_tracing(struct trial *out, enum bpf_attach_type type, int btf_id, bool attach)
{
	struct bpf_insn insns[] = { { .code = 0xb7 }, { .code = 0x95 } };
	LIBBPF_OPTS(bpf_prog_load_opts, o, .expected_attach_type = type, .attach_btf_id = (uint32_t)btf_id);
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "mmt_trial", "GPL", insns, 2, &o), link, err;

	if (fd < 0)
		return fail(out, -errno, NULL);
	link = attach ? bpf_raw_tracepoint_open(NULL, fd) : -1;
	err = attach && link < 0 ? -errno : 0;
	if (link >= 0)
		close(link);
	close(fd);
	return err ? fail(out, err, NULL) : 0;
}

static int try_function(struct trial_env *env, struct trial *out, const char *section, const char *name, int id)
{
	enum bpf_attach_type type = section[1] == 'e' && section[2] == 'n' ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT;
	bool call = type == BPF_TRACE_FEXIT && !strncmp(name, "__x64_sys_", 10);
	int err = try_tracing(out, type, id, !call || !env->call_attached);

	env->call_attached |= call && !err;
	return err;
}

static int try_btf_hook(struct trial_env *env, struct trial *out, const char *section)
{
	const char *name = strchr(section, '/') + 1;
	const struct btf *btf = env->btf;
	char why[120], tp[64];
	int id;

	if (!strncmp(section, "tp_btf", 6)) {
		snprintf(tp, sizeof(tp), "btf_trace_%s", name);
		id = btf__find_by_name_kind(btf, tp, BTF_KIND_TYPEDEF);
		snprintf(why, sizeof(why), "this kernel has no tracepoint %s", name);
		if (id <= 0)
			return fail(out, -ENOENT, why);
		snprintf(why, sizeof(why), "tracepoint %s has other arguments on this kernel", name);
		return prototype_matches(btf, id, tp, true) ? try_tracing(out, BPF_TRACE_RAW_TP, id, false)
							     : fail(out, -EOPNOTSUPP, why);
	}
	id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	snprintf(why, sizeof(why), "this kernel has no function %s", name);
	if (id <= 0)
		return fail(out, -ENOENT, why);
	snprintf(why, sizeof(why), "%s has another prototype on this kernel", name);
	if (!prototype_matches(btf, id, name, false))
		return fail(out, -EOPNOTSUPP, why);
	return try_function(env, out, section, name, id);
}

static int try_perf(struct trial *out)
{
	int err = perf_try();

	return err ? fail(out, err, NULL) : 0;
}

static int try_raw_tp(struct trial *out, const char *name)
{
	struct bpf_insn insns[] = { { .code = 0xb7 }, { .code = 0x95 } };
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "mmt_trial", "GPL", insns, 2, NULL), link, err;

	if (fd < 0)
		return fail(out, -errno, NULL);
	link = bpf_raw_tracepoint_open(name, fd);
	err = link < 0 ? -errno : 0;
	if (link >= 0)
		close(link);
	close(fd);
	return err ? fail(out, err, err == -ENOENT ? "this kernel has no such tracepoint" : NULL) : 0;
}

static int try_program(struct trial_env *env, struct trial *out, const char *section)
{
	char name[64];

	if (section[0] == '?')
		section++;
	if (!strcmp(section, "perf_event"))
		return try_perf(out);
	if (!strncmp(section, "raw_tp/", 7))
		return try_raw_tp(out, section + 7);
	if (!strcmp(section, "syscall"))
		return 0;
	if (!strncmp(section, "iter/", 5)) {
		snprintf(name, sizeof(name), "bpf_iter_%s", section + 5);
		return btf__find_by_name_kind(env->btf, name, BTF_KIND_FUNC) > 0
			       ? 0 : fail(out, -ENOENT, "this kernel has no such iterator");
	}
	return try_btf_hook(env, out, section);
}

static const struct bpf_program *find_program(struct trial_env *env, enum object_id id, const char *name)
{
	size_t size;
	const void *bytes = object_bytes(id, &size);

	if (!env->objects[id])
		env->objects[id] = bpf_object__open_mem(bytes, size, NULL);
	return env->objects[id] ? bpf_object__find_program_by_name(env->objects[id], name) : NULL;
}

struct trial_env *trial_open(const char *btf_path)
{
	struct trial_env *env = calloc(1, sizeof(*env));

	if (!env)
		return NULL;
	env->btf = kernel_btf(btf_path);
	env->btf_err = env->btf ? 0 : -errno;
	return env;
}

int trial_check_file(const struct trial_env *env, const char *btf_path, struct error *e)
{
	FILE *f;

	if (!btf_path || !env || (env->btf && btf__find_by_name_kind(env->btf, "task_struct", BTF_KIND_STRUCT) > 0))
		return 0;
	f = fopen(btf_path, "re");
	if (!f)
		return error_set(e, EXIT_USAGE, NULL, strerror(errno), "cannot read the BTF file '%s'", btf_path);
	fclose(f);
	return error_set(e, EXIT_USAGE, "'mmtrace doctor --btf FILE' shows whether one can be used",
			 "it has no struct task_struct", "'%s' is not BTF of a kernel", btf_path);
}

void trial_close(struct trial_env *env)
{
	if (!env)
		return;
	for (int i = 0; i < OBJECT_COUNT; i++)
		bpf_object__close(env->objects[i]);
	free(env);
}

static void fail_btf(struct trial *out, int err)
{
	char why[100];

	snprintf(why, sizeof(why), "cannot read the BTF of this kernel: %s", strerror(-err));
	if (err == -ENOMEM || err == -EMFILE || err == -EACCES || err == -EPERM)
		fail(out, err, why);
	else
		fail(out, -ENOENT, "no BTF of this kernel (give one with --btf FILE)");
}

void trial_run(struct trial_env *env, const struct candidate *c, struct trial *out)
{
	memset(out, 0, sizeof(*out));
	out->done = true;
	if (!env || !env->btf) {
		fail_btf(out, env ? env->btf_err : -ENOMEM);
		return;
	}
	for (const char *const *name = c->progs; *name && !out->err; name++) {
		const struct bpf_program *prog = find_program(env, hooks[c->hook].object, *name);

		snprintf(out->program, sizeof(out->program), "%s", *name);
		if (prog)
			try_program(env, out, bpf_program__section_name(prog));
		else
			fail(out, -ENOENT, "no such program");
	}
}

/* SPDX-License-Identifier: GPL-2.0 */
/* The probe of the fault commands: plan, load, attach, rings, layout. */
#include "probe/probe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/config.h"

#include "mmtrace.skel.h"
#include "base/clock.h"
#include "host/procfs.h"
#include "host/swap_types.h"
#include "probe/direct_map.h"
#include "probe/kernel_btf.h"
#include "probe/kernel_read.h"
#include "probe/objects.h"
#include "probe/pidns.h"
#include "probe/rights.h"
#include "probe/rings.h"
#include "probe/stack_rows.h"
#include "probe/tables.h"
#include "probe/unwind.h"

/* Sizes of maps when any process may be traced */
#define MANY_ROWS 65536
#define MANY_COARSE 8192

struct probe {
	struct mmtrace_bpf *skel;
	struct plan plan;
	struct links links;
	struct bpf_link *watch_link;
	struct rings *rings;
	uint64_t cpus_came;     /* online while traced */
	uint64_t folded_read;   /* MMT_LOSS_FOLDED when rows were last read */
	struct iter_buffer layout;
	uint64_t targets_refused; /* by user space; programs count their own */
	struct tables *tables;
	struct unwind_store *unwind; /* NULL: no stacks */
	int tables_failed; /* -errno: they cannot be opened here */
	bool peek;
	bool each;              /* single events are wanted from the first one on */
};

/* Bytes of a data ring; none is used where all is counted in the kernel. */
static uint32_t ring_size(const struct probe_options *opt)
{
	return rings_each(opt->aggregate ? 1 : opt->ring_bytes);
}

/* Sizes of the maps; many processes need more of each. */
static void maps_size(struct mmtrace_bpf *skel, const struct probe_options *opt)
{
	bool many = opt->scope != MMT_SCOPE_LIST;

	if (opt->control_bytes)
		bpf_map__set_max_entries(skel->maps.control_ring, (uint32_t)opt->control_bytes);
	if (opt->rows || many)
		bpf_map__set_max_entries(skel->maps.aggregate_rows, opt->rows ? opt->rows : MANY_ROWS);
	if (many)
		bpf_map__set_max_entries(skel->maps.aggregate_coarse, MANY_COARSE);
	if (opt->rows && opt->rows < bpf_map__max_entries(skel->maps.aggregate_coarse))
		bpf_map__set_max_entries(skel->maps.aggregate_coarse, opt->rows);
	if (opt->rows && opt->rows < bpf_map__max_entries(skel->maps.aggregate_processes))
		bpf_map__set_max_entries(skel->maps.aggregate_processes, opt->rows + 1); /* one stands for the rest */
	/* some 80 bytes each: 5 MiB a table for 65,536 */
	bpf_map__set_max_entries(skel->maps.targets, procfs_processes_max());
	bpf_map__set_max_entries(skel->maps.mms, procfs_processes_max());
	bpf_map__set_max_entries(skel->maps.tids, opt->filter_tid ? procfs_processes_max() : 1);
}

/* Shows the programs where page tables are. */
static bool peek_prepare(struct mmtrace_bpf *skel)
{
	struct mmt_config *c = (struct mmt_config *)&skel->rodata->mmt_config;
	struct swap_types swap;
	struct direct_map dm;

	swap_types_find(&swap);
	c->swap_marker = swap.marker;
	c->swap_special = swap.special;
	if (direct_map_find(&dm))
		return false;
	c->direct_map = dm.base;
	c->levels = (uint32_t)dm.levels;
	bpf_program__set_autoload(skel->progs.peek__sc, true);
	bpf_program__set_autoload(skel->progs.root__it, true);
	return true;
}

/* Rather coarse classes than wrong ones. */
static int peek_check(struct mmtrace_bpf *skel)
{
	int err = direct_map_check(bpf_program__fd(skel->progs.peek__sc), &skel->bss->peek_trial);

	skel->bss->mmt_tuning.no_peek = err != 0;
	return err;
}

int probe_try_peek(const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .btf_custom_path = btf);
	struct mmtrace_bpf *skel = mmtrace_object_open(&o);
	int err;

	if (!skel)
		return -errno;
	err = peek_prepare(skel) ? mmtrace_bpf__load(skel) : -ENOENT;
	if (!err)
		err = peek_check(skel);
	mmtrace_bpf__destroy(skel);
	return err;
}

static void config_set(struct probe *p, const struct probe_options *opt)
{
	struct mmt_config *c = (struct mmt_config *)&p->skel->rodata->mmt_config;

	p->peek = peek_prepare(p->skel);
	c->follow = opt->follow;
	c->residual = bpf_program__autoload(p->skel->progs.fault_end__pe) || opt->sampling;
	c->calls = bpf_program__autoload(p->skel->progs.vma_sys__tb);
	c->code = opt->each;
	p->skel->bss->mmt_tuning.aggregate = opt->aggregate;
	c->filter_tid = opt->filter_tid;
	c->scope = opt->scope;
	c->self = (uint32_t)getpid();
	c->keeper = (uint32_t)opt->keeper;
	c->wake_bytes = ring_size(opt) / 4;
	c->control_bytes = bpf_map__max_entries(p->skel->maps.control_ring);
}

/* What takes call stacks is entered by those programs of its kind that the plan chose. */
static void stacks_prepare(struct mmtrace_bpf *skel, const struct probe_options *opt)
{
	struct mmt_config *c = (struct mmt_config *)&skel->rodata->mmt_config;
	struct bpf_map *const maps[] = { skel->maps.unwinders, skel->maps.unwind_slabs, skel->maps.unwind_objects,
					 skel->maps.unwind_next_id, skel->maps.stacks_sent, skel->maps.stack_rows,
					 skel->maps.stack_rest };

	c->stacks = opt->stacks;
	c->stack_mode = opt->stack_mode;
	c->stack_user = opt->stack_user;
	c->stack_kernel = opt->stack_kernel;
	for (int i = 0; i < MMT_FAULT_ENTRIES; i++) {
		c->fault_entry[i].from = opt->fault_entry[i].from;
		c->fault_entry[i].size = opt->fault_entry[i].size;
	}
	if (opt->stacks) { /* some 100 bytes each */
		uint32_t room = opt->scope == MMT_SCOPE_LIST ? 1u << 15 : 1u << 17;

		bpf_map__set_max_entries(skel->maps.stacks_sent, room);
		bpf_map__set_max_entries(skel->maps.stack_rows, room);
		bpf_program__set_autoload(skel->progs.stack_fault__fx, bpf_program__autoload(skel->progs.fault_out__fx));
		bpf_program__set_autoload(skel->progs.stack_fault__pe, bpf_program__autoload(skel->progs.fault_end__pe));
		return;
	}
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		bpf_map__set_autocreate(maps[i], false);
}

static int stacks_enter(struct probe *p)
{
	const struct { struct bpf_map *map; struct bpf_program *prog; } all[] = {
		{ p->skel->maps.stack_entry_fx, p->skel->progs.stack_fault__fx },
		{ p->skel->maps.stack_entry_pe, p->skel->progs.stack_fault__pe },
	};
	uint32_t zero = 0;

	if (!p->skel->rodata->mmt_config.stacks)
		return 0;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int fd = bpf_program__fd(all[i].prog);

		if (fd >= 0 && bpf_map_update_elem(bpf_map__fd(all[i].map), &zero, &fd, BPF_ANY))
			return -errno;
	}
	p->unwind = unwind_store_open(p->skel->maps.unwind_slabs, p->skel->maps.unwind_objects);
	return stack_rows_begin(p->skel->maps.stack_rest);
}

/* Programs that others enter are on no hook, so in no plan. */
static void calls_prepare(struct mmtrace_bpf *skel)
{
	bool entered = bpf_program__autoload(skel->progs.vma_mmap__fx);

	bpf_program__set_autoload(skel->progs.vma_always__fx, entered);
	bpf_program__set_autoload(skel->progs.vma_option__fx, entered);
}

/* The one that the kernel accepts there: see bpf/vma.bpf.c. */
static int calls_enter(struct mmtrace_bpf *skel)
{
	int always = bpf_program__fd(skel->progs.vma_always__fx), option = bpf_program__fd(skel->progs.vma_option__fx);
	struct bpf_map *map;
	uint32_t zero = 0;

	bpf_object__for_each_map(map, skel->obj) {
		int fd = bpf_map__fd(map);

		if (always < 0 || bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY || map == skel->maps.stack_entry_fx ||
		    map == skel->maps.stack_entry_pe)
			continue;
		if (bpf_map_update_elem(fd, &zero, &always, BPF_ANY) && bpf_map_update_elem(fd, &zero, &option, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int object_load(struct probe *p, const struct probe_options *opt, struct error *e)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .btf_custom_path = opt->btf);
	uint32_t zero = 0;
	int err;

	p->skel = mmtrace_object_open(&o);
	if (!p->skel)
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot open the BPF object");
	plan_autoload(&p->plan, p->skel->obj);
	calls_prepare(p->skel);
	stacks_prepare(p->skel, opt);
	maps_size(p->skel, opt);
	config_set(p, opt);
	if (links_check_files(p->skel->obj, e))
		return -1;
	p->skel->rodata->pidns_inner = pidns_prepare(p->skel->obj);
	kernel_btf_release(); /* libbpf has its own now */
	err = mmtrace_bpf__load(p->skel);
	if (err)
		return rights_load_fail(e, err);
	err = calls_enter(p->skel);
	if (!err)
		err = stacks_enter(p);
	if (err)
		return rights_fail(e, err, NULL, "cannot join the BPF programs");
	err = pidns_find(p->skel->obj);
	if (err)
		return error_set(e, error_code_of(err), NULL, strerror(-err), "cannot find the pid namespace");
	p->peek = p->peek && peek_check(p->skel) == 0;
	if (opt->scope == MMT_SCOPE_CGROUP &&
	    bpf_map_update_elem(bpf_map__fd(p->skel->maps.cgroup), &zero, &opt->cgroup, BPF_ANY))
		return error_set(e, error_code_of(-errno), "give a directory of cgroup v2", strerror(errno),
				 "cannot trace the cgroup");
	return 0;
}

static int records_open(struct probe *p, const struct probe_options *opt, struct error *e)
{
	struct mmt_aggregate_process_key nobody = { 0 };
	struct mmt_aggregate_process none = { 0 };

	p->rings = rings_open(p->skel->maps.control_ring, ring_size(opt));
	if (!p->rings)
		return rights_fail(e, -errno, NULL, "cannot map the rings");
	/* the row for everything that has none of its own */
	if (bpf_map_update_elem(bpf_map__fd(p->skel->maps.aggregate_processes), &nobody, &none, BPF_NOEXIST))
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot prepare the rows");
	return 0;
}

struct probe *probe_open(const struct probe_options *opt, struct error *e)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (!p) {
		error_set(e, EXIT_FAILED, NULL, strerror(ENOMEM), "cannot start");
		return NULL;
	}
	plan_log(opt->verbose);
	memcpy(p->plan.force, opt->force, sizeof(p->plan.force));
	p->plan.btf = opt->btf;
	plan_want_object(&p->plan, OBJECT_MMTRACE);
	p->plan.want[HOOK_VMA] = opt->calls;
	p->plan.want[HOOK_FORK_TIME] = opt->each;
	p->each = opt->each;
	if (plan_build(&p->plan, e) || object_load(p, opt, e) || records_open(p, opt, e)) {
		probe_free(p);
		return NULL;
	}
	return p;
}

/* Until then all events are added to rows: they count, but are not single ones. */
static int publish(struct probe *p, struct error *e)
{
	int err = rings_publish(p->rings, p->skel->maps.data_rings);

	return err ? rights_fail(e, err, NULL, "cannot prepare the rings") : 0;
}

int probe_attach(struct probe *p, struct error *e)
{
	p->watch_link = bpf_program__attach_iter(p->skel->progs.watch__it, NULL);
	if (!p->watch_link)
		return rights_fail(e, -errno, "'mmtrace doctor' shows what works here", "cannot attach watch__it");
	if (p->each && publish(p, e))
		return -1;
	if (links_attach(&p->links, &p->plan, p->skel->obj, e))
		return -1;
	p->skel->bss->mmt_tuning.since = clock_boottime_ns();
	p->skel->bss->mmt_tuning.on = 1;
	return p->each ? 0 : publish(p, e);
}

void probe_detach(struct probe *p)
{
	if (p->skel)
		p->skel->bss->mmt_tuning.on = 0; /* a fault whose end is not seen is none */
	links_detach(&p->links);
}

void probe_free(struct probe *p)
{
	if (!p)
		return;
	probe_detach(p);
	bpf_link__destroy(p->watch_link);
	rings_free(p->rings);
	mmtrace_bpf__destroy(p->skel);
	iter_free(&p->layout);
	tables_free(p->tables);
	unwind_store_free(p->unwind);
	free(p);
}

int probe_tune(struct probe *p, bool aggregate, uint32_t sample)
{
	int err = perf_sample(&p->links.perf, sample);

	if (err)
		return err;
	p->skel->bss->mmt_tuning.sample = sample;
	p->skel->bss->mmt_tuning.aggregate = aggregate;
	return 0;
}

int probe_follow_cpus(struct probe *p)
{
	int came = perf_follow(&p->links.perf);

	p->cpus_came += came > 0 ? (uint64_t)came : 0;
	return came;
}

int probe_cpu_fd(const struct probe *p)
{
	return p->links.perf.prog ? p->links.perf.news : -1;
}

int probe_add_target(struct probe *p, pid_t tgid)
{
	struct mmt_target t = { 0 };
	uint32_t key = (uint32_t)tgid;
	uint64_t bit = MMT_FILTER_HASH(key);

	__atomic_fetch_or(&p->skel->bss->target_filter[bit >> 6], 1ull << (bit & 63), __ATOMIC_RELAXED);
	if (!bpf_map_update_elem(bpf_map__fd(p->skel->maps.targets), &key, &t, BPF_ANY))
		return 0;
	p->targets_refused++;
	return -errno;
}

int probe_add_tid(struct probe *p, pid_t tid)
{
	uint32_t key = (uint32_t)tid;

	return bpf_map_update_elem(bpf_map__fd(p->skel->maps.tids), &key, &key, BPF_ANY) ? -errno : 0;
}

bool probe_tid_lives(const struct probe *p)
{
	return map_any_lives(p->skel->maps.tids, true);
}

const struct candidate *probe_backend(const struct probe *p, enum hook_id hook)
{
	return p->plan.chosen[hook];
}

bool probe_has_peek(const struct probe *p)
{
	return p->peek;
}

int probe_fd(const struct probe *p)
{
	return rings_fd(p->rings);
}

int probe_drain(struct probe *p, bool all, record_fn fn, void *ctx)
{
	return rings_drain(p->rings, all, fn, ctx);
}

struct aggregate_each {
	const struct aggregate_reader *reader;
	void *ctx;
	struct mmt_aggregate_key *spent;
	uint32_t spent_count, spent_max;
};

static void each_row(void *ctx, const void *key, const void *value)
{
	struct aggregate_each *f = ctx;

	if (f->reader->row(f->ctx, key, value) && f->spent_count < f->spent_max)
		memcpy(&f->spent[f->spent_count++], key, sizeof(f->spent[0]));
}

/* Reads a map of rows; those that will not grow any more leave it. */
static int rows_read(const struct bpf_map *map, const struct aggregate_reader *reader, void *ctx)
{
	struct aggregate_each f = { .reader = reader, .ctx = ctx, .spent_max = bpf_map__max_entries(map) };
	struct mmt_aggregate_row last;
	int err;

	f.spent = malloc(f.spent_max * sizeof(*f.spent));
	if (!f.spent)
		return -ENOMEM;
	err = map_each(map, each_row, &f);
	for (uint32_t i = 0; i < f.spent_count; i++)
		if (bpf_map_lookup_and_delete_elem(bpf_map__fd(map), &f.spent[i], &last) == 0)
			reader->gone(ctx, &f.spent[i], &last);
	free(f.spent);
	return err;
}

static void each_process(void *ctx, const void *key, const void *value)
{
	const struct aggregate_each *f = ctx;

	f->reader->process(f->ctx, key, value);
}

int probe_aggregate(struct probe *p, bool all, const struct aggregate_reader *reader, void *ctx)
{
	struct aggregate_each f = { .reader = reader, .ctx = ctx };
	uint64_t folded =
		map_sum(p->skel->maps.losses, MMT_LOSS_FOLDED) + map_sum(p->skel->maps.losses, MMT_LOSS_CONTROL_FULL);
	int err;

	if (folded == p->folded_read && !all)
		return 0;
	err = rows_read(p->skel->maps.aggregate_rows, reader, ctx);
	if (!err)
		err = rows_read(p->skel->maps.aggregate_coarse, reader, ctx);
	if (!err)
		err = map_each(p->skel->maps.aggregate_processes, each_process, &f);
	if (!err)
		p->folded_read = folded;
	return err;
}

int probe_stacks(struct probe *p, stack_row_fn fn, void *ctx)
{
	int err = p->unwind ? stack_rows_read(p->skel->maps.stack_rows, fn, ctx) : 0;

	return p->unwind && !err ? stack_rows_read(p->skel->maps.stack_rest, fn, ctx) : err;
}

void probe_hurry(struct probe *p, record_fn fn, void *ctx)
{
	rings_hurry(p->rings, fn, ctx);
}

struct unwind_store *probe_unwind(const struct probe *p)
{
	return p->unwind;
}

ssize_t probe_watch(struct probe *p, const struct mmt_watch **records)
{
	ssize_t n = iter_read(&p->layout, bpf_link__fd(p->watch_link));

	*records = (const void *)p->layout.bytes;
	return n < 0 ? n : n / (ssize_t)sizeof(**records);
}

ssize_t probe_layout(struct probe *p, pid_t pid, const uint8_t **bytes)
{
	union bpf_iter_link_info info = { .task.pid = (uint32_t)pid };
	LIBBPF_OPTS(bpf_iter_attach_opts, o, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(p->skel->progs.layout__it, &o);
	ssize_t n;

	if (!link)
		return -errno;
	n = iter_read(&p->layout, bpf_link__fd(link));
	bpf_link__destroy(link);
	*bytes = p->layout.bytes;
	return n;
}

ssize_t probe_layout_files(struct probe *p, pid_t pid, const uint8_t **bytes)
{
	ssize_t n;

	p->skel->bss->layout_files = true;
	n = probe_layout(p, pid, bytes);
	p->skel->bss->layout_files = false;
	return n;
}

static int root_read(struct probe *p, pid_t pid, struct mmt_root *out)
{
	union bpf_iter_link_info info = { .task.tid = (uint32_t)procfs_living(pid) };
	LIBBPF_OPTS(bpf_iter_attach_opts, o, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(p->skel->progs.root__it, &o);
	ssize_t n;

	if (!link)
		return -errno;
	n = iter_read(&p->layout, bpf_link__fd(link));
	bpf_link__destroy(link);
	if (n != sizeof(*out))
		return n < 0 ? (int)n : -ESTALE;
	memcpy(out, p->layout.bytes, sizeof(*out));
	return 0;
}

int probe_resident(struct probe *p, pid_t pid, uint32_t mm_id, struct resident_vma *list, size_t count)
{
	struct mmt_root root, after;
	int err;

	if (!p->peek)
		return -ENOTSUP;
	if (p->tables_failed)
		return p->tables_failed;
	if (!p->tables) {
		err = tables_open(&p->tables, &p->skel->rodata->mmt_config, bpf_program__fd(p->skel->progs.peek__sc),
				  &p->skel->bss->peek_trial);
		p->tables_failed = err;
		if (err)
			return err;
	}
	err = root_read(p, pid, &root);
	if (err || root.mm_id != mm_id)
		return err ? err : -ESTALE;
	err = tables_count(p->tables, root.pgd, list, count);
	/* while it is the mm of a process its highest table is there, and so is what hangs on it */
	if (!err)
		err = root_read(p, pid, &after);
	return err ? err : after.pgd == root.pgd && after.mm_id == mm_id ? 0 : -ESTALE;
}

void probe_losses(struct probe *p, bool all, uint64_t out[MMT_LOSS_COUNT])
{
	uint64_t went;

	for (uint32_t i = 0; i < MMT_LOSS_COUNT; i++)
		out[i] = map_sum(p->skel->maps.losses, i);
	out[MMT_LOSS_DELIVERED] = rings_delivered(p->rings);
	out[MMT_LOSS_TARGETS_FULL] += p->targets_refused;
	out[MMT_LOSS_CPU_ONLINE] = p->cpus_came;
	went = out[MMT_LOSS_DELIVERED] + out[MMT_LOSS_FOLDED] + out[MMT_LOSS_SAMPLED_OUT];
	out[MMT_LOSS_DROPPED] = all && out[MMT_LOSS_SEEN] > went ? out[MMT_LOSS_SEEN] - went : 0;
}

int probe_stats_on(void)
{
	return bpf_enable_stats(BPF_STATS_RUN_TIME);
}

void probe_cost(struct probe *p, struct probe_cost *out)
{
	object_cost(p->skel->obj, out);
	out->map_bytes += rings_bytes(p->rings);
	/* The events count faults of all processes; among some only, a skipped one may
	 * be another's, and shows in the residual if it is ours.  Detached: nothing is
	 * under way any more. */
	if (!p->links.perf.prog && p->skel->rodata->mmt_config.scope == MMT_SCOPE_ALL)
		out->misses += perf_missed(&p->links.perf, map_sum(p->skel->maps.event_runs, 0));
}

/* SPDX-License-Identifier: GPL-2.0 */
/* The door of the fault model: each input goes to the file that knows it. */
#include <stdlib.h>

#include "model/fault/elf.h"
#include "model/fault/internal.h"
#include "model/fault/kind.h"

static struct session *session_in(struct model *m)
{
	return (struct session *)m;
}

static void session_init(struct model *m)
{
	struct session *s = session_in(m);

	s->by_pid = s->by_mm = s->threads = MAP(1);
	s->slots = s->elf_by_file = s->executables = s->by_place = MAP(2);
	s->by_mapping = MAP(4);
	s->mappings_end = &s->mappings;
	s->sample_max = 1;
	stacks_init(s);
	names_init(&s->names);
	s->limits = retention_limits;
}

static void session_clean(struct model *m)
{
	struct session *s = session_in(m);

	mms_free(s);
	mappings_free(s);
	processes_free(s);
	code_free(s);
	threads_free(s);
	failures_free(s);
	stat_free(&s->faults);
	stat_free(&s->outside);
	elf_free(s);
	stacks_free(s);
	names_clean(&s->names);
	map_free(&s->by_pid);
	map_free(&s->by_mm);
	aggregate_free(s);
	map_free(&s->slots);
	free(s->merged);
}

/* What the source found out of this kernel and of the options. */
static void take_options(struct session *s)
{
	const struct model *m = &s->base;

	s->child = (pid_t)model_option_number(m, "launcher", 0); /* its name in recordings */
	s->rows_only = model_option(m, "aggregate");
	s->slice_threads = model_option(m, "by_thread");
	s->slice_modes = model_option(m, "by_mode");
	s->elf_given = model_option(m, "elf_given");
	s->count_calls = model_option(m, "calls");
	s->heap_touching = model_option(m, "heap_touching");
	s->vsyscall.start = model_option_number(m, "vsyscall_start", 0);
	s->vsyscall.end = model_option_number(m, "vsyscall_end", 0);
	s->vsyscall.vm_flags = model_option_number(m, "vsyscall_flags", 0);
	filter_take_options(s);
	s->sample_max = (uint32_t)model_option_number(m, "sample", 1);
}

/* --- inputs of few words --- */

static void take_gone(struct session *s, const struct input_process *in)
{
	struct process *p = session_find(s, in->pid);

	if (p && (!in->start_boottime || !p->start_time || p->start_time == in->start_boottime))
		process_exited(s, p);
}

static void take_comm(struct session *s, const struct input *in)
{
	struct process *p = session_find(s, ((const struct input_process *)in->head)->pid);

	if (p && in->size)
		process_name(s, p, in->body, in->size);
}

static void take_cgroup(struct session *s, const struct input *in)
{
	const struct input_process *of = in->head;
	struct process *p = session_find(s, of->pid);
	size_t at = 0;

	if (!p || (of->start_boottime && p->start_time && p->start_time != of->start_boottime))
		return;
	process_cgroup(s, p, input_text(in, &at));
	p->cgroup_read = true;
}

static void take_stacks(struct session *s, const struct input_stacks *in)
{
	struct process *p = session_find(s, in->pid);

	if (!p)
		return;
	p->stacks_at = in->threads_changed + 1;
	p->stacks_from = in->from;
	p->stacks_passes = in->passes;
}

static void take_level(struct session *s, const struct input_level *in)
{
	s->level = *in;
	if (in->sample > s->sample_max)
		s->sample_max = in->sample;
}

/* Rates are made once for all views. */
static void interval_end(struct session *s)
{
	bool last = s->base.ended;

	for (struct process *p = s->processes; p; p = p->next) {
		uint64_t total = stat_total(&p->faults) + p->faults.unattributed_minor + p->faults.unattributed_major;

		p->interval_faults = last || total < p->previous ? 0 : total - p->previous; /* a later reading may take back */
		p->previous = total;
	}
	for (struct mm *mm = s->mms; mm; mm = mm->next) {
		if (mm->changed <= s->mapped && !mm->moving)
			continue;
		mm->moving = false;
		for (struct vma *v = mm->vmas; v; v = v->next) {
			uint64_t total = stat_total(&v->faults);

			v->interval_faults = last ? 0 : total - v->previous;
			v->previous = total;
			mm->moving |= v->interval_faults != 0;
		}
	}
	mappings_tick(s);
	slices_tick(s);
	failures_tick(s);
	stacks_tick(s);
}

static void take_rows(struct session *s, const struct input *in)
{
	if (input_count(in) != 1)
		s->base.decode_errors++;
	else if (in->kind == INPUT_ROW)
		aggregate_row(s, in->head, in->body);
	else if (in->kind == INPUT_ROW_GONE)
		aggregate_gone(s, in->head, in->body);
	else
		aggregate_process(s, in->head, in->body);
}

static void session_input(struct model *m, const struct input *in)
{
	struct session *s = session_in(m);
	const struct input_process *process = in->head;

	if (s->elf_newest != s->elf_judged && in->kind != INPUT_ELF)
		kind_judge_news(s); /* once for all that came together */
	switch (in->kind) {
	case INPUT_RECORD: record_apply(s, in->body, in->size); break;
	case INPUT_CLOCK: take_options(s); break;
	case INPUT_TICK: interval_end(s); break;
	case INPUT_RETAIN: retention_apply(s, in->head); break;
	case INPUT_LAYOUT: layout_apply(s, process->pid, in->body, in->size); break;
	case INPUT_WATCH: processes_listed(s, in->body, input_count(in)); break;
	case INPUT_MEMBER: process_living(s, process->pid); break;
	case INPUT_GONE: take_gone(s, process); break;
	case INPUT_COMM: take_comm(s, in); break;
	case INPUT_CGROUP: take_cgroup(s, in); break;
	case INPUT_ROW: case INPUT_ROW_GONE: case INPUT_ROW_PROCESS: take_rows(s, in); break;
	case INPUT_ELF: elf_add(s, in->head, in->body, input_count(in)); break;
	case INPUT_STACK: layout_stack_pointer(s, in->head); break;
	case INPUT_THREAD: thread_name(s, in->head, in->body, in->size); break;
	case INPUT_STACKS: take_stacks(s, in->head); break;
	case INPUT_RSS: layout_resident(s, in->head, in->body, input_count(in)); break;
	case INPUT_COPIED: layout_copied(s, in->head, in->body, input_count(in)); break;
	case INPUT_MEMORY: layout_memory(s, in->head, in->body, input_count(in)); break;
	case INPUT_LEVEL: take_level(s, in->head); break;
	case INPUT_LOSSES: s->readings++; break; /* they come behind the rows */
	case INPUT_LIMIT: process_limited(s, in); break;
	case INPUT_STACK_ROWS: stacks_rows(s, in->body, input_count(in)); break;
	case INPUT_RUSAGE:
		s->rusage = *(const struct input_rusage *)in->head;
		s->rusage_known = true;
		break;
	case INPUT_NAME: names_input(&s->names, m, in); break;
	case INPUT_FACT: case INPUT_COST: case INPUT_HIST_BEGIN: case INPUT_HIST_CELLS:
	case INPUT_HIST_STALLS: case INPUT_OOM: case INPUT_LEAK_SITE: case INPUT_LEAK_COUNTS: case INPUT_LEAK_WALK:
	case INPUT_LEAK_OBJECTS: case INPUT_LEAK_WALKED: case INPUT_LEAK_CACHES:
	case INPUT_TOP_BEGIN: case INPUT_TOP_TASKS: case INPUT_TOP_ROWS:
	case INPUT_TOP_END: case INPUT_CANDIDATE: case INPUT_SPACE_BEGIN: case INPUT_SPACE_VMA: case INPUT_SECTIONS:
	case INPUT_SPACE_END: case INPUT_WALK: case INPUT_PAGES_BEGIN: case INPUT_PAGE_RUNS: case INPUT_PAGE_SUMS:
	case INPUT_REGION: case INPUT_PLACE: break;
	}
}

static bool session_over_limit(const struct model *m, uint64_t now)
{
	return retention_over_limit(session_of(m), now);
}

const struct model_type model_fault = {
	.name = "fault", .size = sizeof(struct session), .init = session_init, .input = session_input,
	.clean = session_clean, .over_limit = session_over_limit,
};

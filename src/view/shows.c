/* SPDX-License-Identifier: GPL-2.0 */
#include "view/shows.h"

#include <stddef.h>

#include "view/format/text_fault.h"
#include "view/format/text_hist.h"
#include "view/rows/doctor.h"
#include "view/rows/fault.h"
#include "view/rows/hist.h"
#include "view/rows/leak.h"
#include "view/rows/space.h"
#include "view/rows/space_kernel.h"
#include "view/rows/space_pages.h"
#include "view/rows/stack.h"
#include "view/rows/top.h"

#define ROWS(...) (const struct row_type *const[]){ __VA_ARGS__, NULL }

const struct show show_live = {
	.command = "live", .whole_last = true, .rows = ROWS(&row_mapping, &row_process, &row_kind, &row_stack, &row_frames),
	  .others = ROWS(&row_slice, &row_vma),
	.start = &row_fault_start, .end = &row_fault_end,
	.merged = &row_merged, .merged_type = fault_merged_type, .page = &page_live,
};

const struct show show_trace = {
	.command = "trace", .whole_last = true, .rows = ROWS(&row_vma, &row_process, &row_stack, &row_frames),
	.others = ROWS(&row_mapping, &row_slice, &row_kind),
	.events = ROWS(&event_fault, &event_call, &event_life, &event_seen),
	.event = fault_event, .introduced = fault_introduced,
	.start = &row_fault_start, .end = &row_fault_end, .page = &page_trace,
};

const struct show show_flame = {
	.command = "flame", .whole_last = true, .rows = ROWS(&row_stack, &row_process, &row_frames),
	.start = &row_fault_start, .end = &row_fault_end, .page = &page_flame,
};

const struct show show_hist = {
	.command = "hist", .rows = ROWS(&row_hist), .events = ROWS(&event_oom), .event = hist_event, .main = &row_hist,
	.start = &row_hist_start, .end = &row_hist_end, .page = &page_hist,
};

const struct show show_leak = {
	.command = "leak", .rows = ROWS(&row_leak), .start = &row_leak_start, .end = &row_leak_end, .page = &page_leak,
};

const struct show show_top = { .command = "top", .rows = ROWS(&row_top), .end = &row_top_end, .page = &page_top };

const struct show show_layout = {
	.command = "layout",
	.rows = ROWS(&row_area, &row_space_kind, &row_mark, &row_page, &row_page_sum, &row_entry, &row_region, &row_place),
	.end = &row_space_end, .page = &page_layout,
};

const struct show show_doctor = {
	.command = "doctor", .rows = ROWS(&row_candidate, &row_machine), .end = &row_doctor_end, .page = &page_doctor,
};

/* SPDX-License-Identifier: GPL-2.0 */
/* The source of layout: what its files share. */
#ifndef SOURCE_SPACE_H
#define SOURCE_SPACE_H

#include "host/smaps.h"
#include "opener/opener.h"
#include "probe/page_struct.h"
#include "probe/space.h"
#include "source/source.h"

struct space_vma { struct smaps_vma v; char *name; /* owned */ };
struct space_vmas { struct space_vma *list; size_t count, room; };

struct space_source {
	struct source s;
	struct opener *opener; /* NULL: it could not be started */
	struct space_probe *probe; /* NULL: the kernel refuses it, probe_err */
	int probe_err;
	pid_t pid, tid;        /* tid: a thread of it that lives */
	uint64_t start_ticks;  /* of the process */
	struct space_vmas vmas; /* of the last reading */
	struct mmt_space kernel; /* its mm_struct, if kernel_read */
	bool kernel_read, ended;
	bool pages_known, ksm_unknown; /* of what kpageflags calls KSM */
	bool structs_known;
	struct page_structs structs; /* where struct pages are, if structs_known */
	bool shm_known;
	uint32_t shm_dev; /* device of shared memory without a file; shm_known */
};

/* --- space_vmas.c --- */

/* Reads all VMAs, until two readings agree; *racing: none did. 0 or a negative errno. */
int space_vmas_read(struct space_source *s, bool *racing);
/* One of VmFlags, by its two letters. */
bool space_vma_flag(const struct smaps_vma *v, const char *two);
void space_vmas_clean(struct space_vmas *v);
/* Hands them to the fault model and to that of layout. */
void space_vmas_emit(struct space_source *s, uint64_t start_boottime);
/* Headers and sections of mapped programs and libraries that are not known yet: asks and waits. */
void space_files_read(struct space_source *s);

/* --- space_walk.c, space_pages.c: what cannot be known is emitted as a fact, with the reason --- */

void space_walk_read(struct space_source *s, uint64_t addr);
/* Whether the process still has the mm that s->kernel is of. */
bool space_is_same(struct space_source *s);
void space_pages_read(struct space_source *s, uint64_t from, uint64_t to);

/* The page of a frame, wherever the kernel has it mapped. */
void space_frame_read(struct space_source *s, uint64_t addr, uint64_t pfn);

/* --- space_kernel.c --- */

/* Regions of the kernel's address space and what is in them; 0. */
int space_kernel_read(struct space_source *s);

#endif

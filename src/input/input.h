/* SPDX-License-Identifier: GPL-2.0 */
/* What a model can learn, one thing at a time.  Live, inputs come from a source
 * (src/source); replayed, from a recording (src/record).  An input owns nothing:
 * it points to bytes that hold until the next one.  Those bytes are not trusted. */
#ifndef INPUT_INPUT_H
#define INPUT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/event.h"
#include "wire/hist.h"
#include "wire/leak.h"
#include "wire/oom.h"
#include "wire/space.h"
#include "wire/top.h"

enum input_kind {
#define INPUT(NAME, n, ...) INPUT_##NAME = n,
#include "input/input.def"
#undef INPUT
};

struct input {
	enum input_kind kind;
	const void *head; /* fixed part, as input.def says; NULL: none */
	const void *body; /* array or bytes; NULL: none. Aligned to 8 */
	size_t head_size, size; /* bytes */
};

typedef int (*input_fn)(void *ctx, const struct input *in);

/* --- fixed parts; times are ns of CLOCK_MONOTONIC unless said --- */

struct input_clock { uint64_t t0, t0_unix_ns; /* CLOCK_REALTIME */ };

enum input_tick_flag { INPUT_TICK_LAST = 1 /* the run is over */ };
struct input_tick { uint64_t now; uint32_t flags, pad; };

struct input_cost {
	uint64_t cpu_ns, rss_bytes; /* of mmtrace; 0: not known */
	uint64_t map_bytes;         /* of BPF maps */
	uint64_t bpf_runs, bpf_ns;  /* hold if bpf_timed */
	uint64_t bpf_misses;        /* runs that the kernel refused: the program was active on that CPU */
	uint32_t bpf_timed, pad;    /* kernel.bpf_stats_enabled */
};

/* between: not at the end of an interval, as very much has ended. */
struct input_retain { uint64_t now; uint32_t between, pad; };

/* What an INPUT_NAME names. */
enum input_name_kind {
	INPUT_NAME_SYMBOL = 1, /* key: a kernel address; extra: offset in the function; text: function, NUL, module or "" */
	INPUT_NAME_CACHE,      /* key: as in the rows of hist */
	INPUT_NAME_PROCESS,    /* key: as in the rows of hist; extra: start_boottime; text: comm */
	INPUT_NAME_CGROUP,     /* key: id */
	INPUT_NAME_GFP,        /* key: the flags */
	INPUT_NAME_OOM,        /* key: time of the kill; text: its cause */
	INPUT_NAME_OOM_CGROUP, /* key: time of the kill; text: path of the victim's cgroup */
	/* key: a frame of user space (wire/unwind.h); extra: offset in the function; text: the function, those that it
	 * has inlined there after it, each behind a semicolon; NUL; the line of source or "" */
	INPUT_NAME_FRAME,
	INPUT_NAME_CODE, /* key: a frame in memory of no file; flags: the process that it is of; the rest as of a frame */
};
struct input_name { uint64_t key, extra; uint32_t kind; uint32_t flags; };
enum input_name_flag { INPUT_NAME_WRAPPER = 1 /* a function that only passes an allocation on */ };

/* start_boottime: ns of CLOCK_BOOTTIME; 0: not known. parent: of INPUT_CGROUP; 0: not known. */
struct input_process { uint64_t start_boottime; int32_t pid, parent; };

/* A PT_LOAD segment; perm: VM_READ | VM_WRITE | VM_EXEC. */
struct input_segment { uint64_t offset, vaddr, filesz, memsz; uint32_t perm, pad; };
/* Whether a file's headers were read, and why not.  Numbers stand in recordings. */
enum input_elf_read {
	ELF_UNREADABLE = 0, /* it cannot be opened or read */
	ELF_READ = 1,
	ELF_REMOTE,      /* not asked for: its file system may hang (wire/remote.def) */
	ELF_LATE,        /* no answer in time */
	ELF_DEVICE_LATE, /* not asked for: another file of its device gave no answer in time */
	ELF_DIED,        /* the process that read it was killed or crashed */
	ELF_UNASKED,     /* there is no process to ask */
};
/* read: enum input_elf_read. relro: in the file's own addresses; equal: none. */
struct input_elf {
	uint64_t ino, relro_start, relro_end;
	uint32_t dev;
	uint32_t read : 32 - MMT_EDITION_BITS, edition : MMT_EDITION_BITS; /* edition: of the VMA that it was read for */
};

struct input_stack { uint64_t sp; int32_t pid, tid; /* tid 0: not known */ };
struct input_thread { int32_t pid, tid; };
/* threads_changed: what the search saw; passes: that are left. */
struct input_stacks { uint64_t threads_changed; int32_t pid, from, passes; uint32_t pad; };

/* now: ns since the run began. */
struct input_rss { uint64_t now; int32_t pid; uint32_t pad; };
struct input_resident { uint64_t start, bytes; };

/* Amounts of memory of a VMA or mapping, in bytes. */
enum memory_amount {
	MEMORY_RSS,     /* with hugetlb, without zero pages */
	MEMORY_HUGE,    /* of it mapped by huge entries: AnonHugePages, ShmemPmdMapped and FilePmdMapped of smaps */
	MEMORY_HUGETLB,
	MEMORY_SWAP,
	MEMORY_PSS,
	MEMORY_READINGS, /* the above come with INPUT_MEMORY */
	MEMORY_COPIED = MEMORY_READINGS, /* of a file's private mapping: its own pages, not the file's */
	MEMORY_AMOUNTS
};
#define MEMORY_UNKNOWN (~0ull)
/* MEMORY_UNKNOWN: not in this reading. uncertain: it changed whenever it was read. */
struct input_memory { uint64_t start, amount[MEMORY_READINGS]; uint32_t uncertain, pad; };

struct input_stack_row { struct mmt_stack_key key; struct mmt_stack_row row; };

struct input_level { double overhead_pct; uint32_t sample, level; };
struct input_rusage { uint64_t minor, major; };
/* bytes: the lowest on the way up to the root; hits: how often something was refused or reclaimed there for it. */
struct input_limit { uint64_t bytes, hits; int32_t pid; uint32_t last; }; /* last: after the run */

struct input_cell { struct mmt_hist_key key; struct mmt_hist_row row; uint32_t unkeyed, pad; /* unkeyed: in no row */ };

struct input_site {
	struct mmt_leak_site site;
	uint64_t caller;       /* address that the row is named by */
	uint32_t number;
	uint32_t seen_through; /* caller is not what the kernel called the site */
	uint32_t frame_count;  /* stacks that are rows of their own */
	uint32_t pad;
	uint64_t frames[MMT_LEAK_STACK];
};
struct input_moment { uint64_t now; };
struct input_site_count { struct mmt_leak_count count; uint32_t number, pad; };
/* bytes: of a kmalloc of all caches of that size; 0: a cache by name. */
struct input_cache { char name[MMT_LEAK_NAME]; uint64_t bytes, objects; };
struct input_object { uint64_t age_ns; uint32_t number, pad; };

struct input_top_row { struct mmt_top_key key; struct mmt_top_row row; };

/* body: hook, its help, backend, provides, limitations, program, why, remedy. */
struct input_candidate { uint32_t works, chosen, hopeless, pad; };

/* --- address spaces --- */

#define SPACE_UNKNOWN (~0ull)

/* In the order of mmt_space; pages as bytes. SPACE_UNKNOWN: not to be had here. */
enum space_rss { SPACE_FILE, SPACE_ANON, SPACE_SHMEM, SPACE_SWAP, SPACE_RSS_KINDS };
struct input_space {
	uint64_t now, start_boottime; /* now: ns since the run began */
	int32_t pid, threads;
	uint64_t mark[MMT_MARKS], rss[SPACE_RSS_KINDS];
};

enum vma_amount {
#define AMOUNT(ID, ...) VMA_##ID,
#include "input/vma_amounts.def"
#undef AMOUNT
	VMA_AMOUNTS
};
struct input_space_vma {
	uint64_t start, end, offset, ino;
	uint32_t dev, pad;
	char perm[8];
	uint64_t amount[VMA_AMOUNTS];
};

/* type: ET_EXEC 2, ET_DYN 3. */
#define SECTIONS_TRUNCATED (1u << 31) /* in type, which is ET_* */
struct input_sections { uint64_t ino; uint32_t dev, type; };
#define SECTION_NAME 24
struct input_section { uint64_t addr, size; uint32_t flags, type; char name[SECTION_NAME]; };

/* racing: the process changed it each time it was read: the VMAs are not all of one moment. */
struct input_space_end { uint32_t racing, pad; };

/* pagemap: the entry of /proc/PID/pagemap, read right after; SPACE_UNKNOWN: it could not be. special: as in struct
 * mmt_config. racing: the tables changed whenever they were read. */
struct input_walk { uint64_t addr, pagemap; uint32_t levels, special, racing, pad; };
struct input_walk_step { uint64_t table, entry; uint32_t level, index; };

/* Bits of a page's mapping, from pagemap. */
enum page_flag_bit {
	PAGE_IS_PRESENT = 1, PAGE_IS_SWAPPED = 2, PAGE_IS_SOFT_DIRTY = 4, PAGE_IS_EXCLUSIVE = 8, PAGE_IS_FILE = 16,
	PAGE_IS_WP = 32, PAGE_IS_GUARD = 64,
	PAGE_IS_HIDDEN = 1024, /* pagemap has nothing of such VMAs (VM_PFNMAP), whatever is there */
	PAGE_IS_KNOWN = 512, /* kflags are those of /proc/kpageflags, even if there are none */
	PAGE_IS_FRAME = 256, /* it was looked at by its frame: what a mapping says is not known */
};
#define PAGE_COUNT_UNKNOWN (~0u)
/* Bits of kpageflags that say something beside the names of input/page_flags.def. */
#define KPF_ANON (1ull << 12)
#define KPF_SWAPBACKED (1ull << 14)
#define KPF_HEAD (1ull << 15)
#define KPF_TAIL (1ull << 16)
#define KPF_HUGETLB (1ull << 17)
#define KPF_NOPAGE (1ull << 20)
#define KPF_KSM (1ull << 21)
#define KPF_THP (1ull << 22)
#define KPF_ZERO (1ull << 24)
#define KPF_RESERVED (1ull << 32)

/* What pages have in common.  level: of the entry that maps them, 1 PTE, 2 PMD, 3 PUD; 0: not known, or there is none.
 * node: -1: not known.  kflags: 0 where they are not known. */
struct page_traits {
	uint64_t kflags;
	uint32_t bits, level;
	int32_t node;
	char zone[12];
};
/* Pages one after the other, of frames one after the other. pfn 0: not known. swap: place in its area, of the first. */
struct input_page_run {
	uint64_t addr, pages, pfn, swap_offset;
	struct page_traits is;
	uint32_t mapcount, refcount, swap_type, pad; /* refcount: of the folio of its first page */
};
/* shared: of these, mapped more than once; SPACE_UNKNOWN: how often is not known. */
struct input_page_sum { struct page_traits is; uint64_t pages, shared; };
/* looked: pages; of blocks of 512 pages in which there is something one in `sample` was looked at. left_out: runs
 * beyond those that are kept.  absent: pages looked at that are not there. */
struct input_pages { uint64_t from, to, looked, absent, blocks, left_out; uint32_t sample, ksm_unknown; };

/* start, end: 0 where they are not known, and of sums of many. used: bytes, SPACE_UNKNOWN; count: of what is summed. */
struct input_region { uint64_t start, end, used, count; };
/* phys, pfn: SPACE_UNKNOWN: nothing is mapped there, or not known. */
struct input_place { uint64_t addr, phys; };

/* --- reading them --- */

/* The head if it and the body have the sizes that input.def says, else NULL.  A
 * kind without a head gives a pointer that is not NULL and not to be read. */
const void *input_head(const struct input *in);
/* Elements of the body. */
size_t input_count(const struct input *in);
/* The texts in a body of texts that each end with a NUL: the next one after *at,
 * or NULL where none is whole. */
const char *input_text(const struct input *in, size_t *at);
/* Have the head and the body the sizes that input.def says?  Texts are not looked at. */
bool input_valid(const struct input *in);

#endif

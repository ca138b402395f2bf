/* The truth-of-counts suite: what mmtrace counts against what the kernel counted.
 *
 * A case is an operation that touches a known number of pages.  A victim
 * process does it between two getrusage() calls while mmtrace is attached; the
 * driver then holds mmtrace's JSON against the kernel's numbers and against
 * the numbers that follow from the operation's definition. */
#ifndef TRUTH_H
#define TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE 4096ul
#define PAGES 256ul /* what most cases touch */
#define HUGE (2ul << 20)
#define KV(major, minor) ((major) * 1000 + (minor))

/* Fault classes of the JSON, in the order of class_names[]. */
enum class_id {
	C_ANON_READ, C_ANON_WRITE, C_ANON_HUGE, C_FILE_READ, C_FILE_WRITE, C_MKWRITE,
	C_COW, C_WP_REUSE, C_SHMEM, C_SWAP, C_MIGRATION, C_NUMA, C_HUGETLB, C_UFFD,
	C_DEVICE, C_SPURIOUS, C_ERROR,
	C_COUNT
};
extern const char *const class_names[C_COUNT];

#define M(class_id) (1u << (class_id))
/* Not classes, but counters that a row can expect in the same way. */
#define X_RESIDUAL (1u << 24) /* faults.unattributed_minor + _major of the end line */
#define X_KERNEL (1u << 25)   /* mode.kernel of the end line */
#define X_GUP (1u << 26)      /* mode.gup of the end line */
#define X_FOREIGN (1u << 27)  /* faults.foreign of the region's VMA lines */
#define X_NEW (1u << 28)      /* class.*.new of the region's VMA lines: pages read in or allocated */
#define X_THERE (1u << 29)    /* class.*.there likewise: pages that were there */
#define X_ANY_CLASS (M(C_COUNT) - 1)

/* Numbers that are not known beforehand. */
#define N_ANY (-1)  /* not checked */
#define N_REST (-2) /* the kernel's total minus the exact rows */
#define N_SLOT(i) (-10 - (i)) /* report.slot[i], found out by the victim */

enum backend { BK_FENTRY = 1, BK_TRACEPOINT = 2 };

enum row_flags {
	ROW_TOTAL = 1,  /* only in the totals of the end line */
	ROW_REGION = 2, /* only in the VMA lines of the region, victim's process */
	ROW_CHILD = 4,  /* only in the VMA lines of the region, child's process */
};

/* One expectation: the sum of the counters in `what` is `n`.  Without flags it
 * holds for the totals and for the region.  Classes in no row must be 0. */
struct row {
	unsigned what;
	long n;
	unsigned on;     /* backends it holds on, 0 = all */
	int from, below; /* kernels it holds on, KV(), 0 = open */
	unsigned flags;
	const char *why; /* why a backend differs */
};

enum case_flags {
	CF_THP = 1,       /* huge pages stay enabled in the victim */
	CF_CHILDREN = 2,  /* the kernel's number includes waited-for children */
	CF_NOISY = 4,     /* classes in no row may be above 0 in the totals */
	CF_FOREIGN = 8,   /* others fault on the victim's memory */
	CF_KILL = 16,     /* the driver kills the victim while it faults */
	CF_EXIT = 32,     /* the victim exits while mmtrace is attached */
	CF_COMMAND = 64,  /* mmtrace -- truth --under FILE CASE */
	CF_ABANDON = 128, /* abandoned faults are allowed */
	CF_MOVES = 256,   /* pages are moved or swapped on purpose */
};

#define MAX_ROWS 8
/* Whether the page was there, where the VMA is known when a fault begins. */
#define PAGES_SEEN(which, number) \
	{.what = which, .n = number, .on = BK_FENTRY}, \
	{.what = which, .n = number, .on = BK_TRACEPOINT, .from = KV(6, 13)}
#define LATENCY_MOST 0xffffffffl /* ns: what is longer is shown as this */
struct truth_case {
	const char *name;
	const char *what;
	unsigned flags;
	void (*setup)(void);   /* before mmtrace attaches */
	void (*operate)(void); /* between the getrusage() calls */
	void (*finish)(void);  /* after mmtrace has ended */
	void (*driver)(void);  /* in the driver, after operate */
	long total;            /* minor + major by definition, or N_ANY */
	long major;            /* major by definition, or N_ANY */
	long latency;          /* the longest fault took at least so many ns; 0: not checked */
	struct row rows[MAX_ROWS];
};

extern const struct truth_case cases_anon[], cases_vma[], cases_file[], cases_shmem[],
	cases_gup[], cases_error[], cases_fork[], cases_thread[], cases_huge[],
	cases_uffd[], cases_swap[], cases_command[];

/* What the kernel counted so far. */
struct usage {
	long minor, major;   /* RUSAGE_SELF: all threads */
	long cminor, cmajor; /* RUSAGE_CHILDREN: waited for */
};

struct region {
	uint64_t start, len;
};

#define MAX_REGIONS 4
#define MAX_SLOTS 4
/* Shared between driver and victim. */
struct report {
	pid_t victim, child;
	struct usage ready, before, after, final;
	long slot[MAX_SLOTS];
	int region_count;
	struct region region[MAX_REGIONS];
	char dir[512], file[600];
	char skip[200];    /* set: the case is skipped, and why */
	char failure[200]; /* set: the victim itself went wrong */
	uint64_t driver_start; /* untouched memory of the driver, PAGES long */
};
extern struct report *report;

/* victim.c: the victim's side */
void victim_main(const struct truth_case *c, int from_driver, int to_driver)
	__attribute__((noreturn));
void victim_prepare(const struct truth_case *c);
void victim_skip(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void victim_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void usage_read(struct usage *u);
#define CHECK(condition) \
	do { \
		if (!(condition)) \
			victim_fail("%s:%d: %s", __FILE__, __LINE__, #condition); \
	} while (0)

/* touch.c: memory helpers for the cases */
void region_add(const void *start, size_t len);
char *map_pages(size_t pages);
char *map_region(size_t pages);
void touch_read(const void *start, size_t pages);
void touch_write(void *start, size_t pages);
void stack_warm(void);
/* What most cases map, and operations on PAGES of it. */
extern char *area;
void read_operate(void);
void write_operate(void);
void read_write_operate(void);
void write_text(const char *path, const char *text);
bool read_text(const char *path, char *buffer, size_t size);
int file_create(size_t pages);
void file_evict(int fd, size_t pages);
bool pagemap_read(const void *start, size_t pages, uint64_t *entries);
bool dir_is_memory(const char *dir);
#define PAGEMAP_PFN ((UINT64_C(1) << 55) - 1)
#define PAGEMAP_SWAPPED (UINT64_C(1) << 62)

/* json.c: find values in one JSON line */
struct text {
	const char *p, *end;
};
bool json_find(struct text line, const char *path, struct text *value);
bool json_number(struct text line, const char *path, long *number);
bool json_hex(struct text line, const char *path, uint64_t *number);
bool json_is(struct text line, const char *path, const char *string);
struct json_file {
	char *data;
	size_t size;
};
bool json_file_read(struct json_file *file, const char *path);
void json_file_free(struct json_file *file);
bool json_file_last(const struct json_file *file, size_t *cursor, struct text *line);

/* DISTURBED: the machine faulted the victim as the operation does not (compaction, say): again. */
enum outcome { OUT_OK, OUT_FAILED, OUT_SKIPPED, OUT_REFUSED, OUT_DISTURBED };

/* check.c: compare */
struct verdict {
	bool failed;
	char text[1200];
};
struct kernel_counts {
	long minor, major;           /* all that mmtrace should count */
	long self_minor, self_major; /* the victim's own part */
};
/* moved: pages of the machine that were moved meanwhile. */
enum outcome check_case(const struct truth_case *c, const char *backend, const struct json_file *file,
	const struct kernel_counts *kernel, long moved, struct verdict *verdict);
void check_command(const struct json_file *file, const char *under_path, struct verdict *verdict);
void check_definition(const struct truth_case *c, const struct kernel_counts *kernel,
	struct verdict *verdict);
void verdict_fail(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int kernel_version(void);

/* tracer.c: mmtrace as a child of the driver */
struct tracer {
	pid_t pid;
	char json[700], log[700];
	char where[600]; /* what it was at when it had to be killed */
	int status; /* wait status, valid once ended */
	bool ended;
};
bool tracer_start(struct tracer *t, const char *backend, pid_t target, char *const *command);
bool tracer_ready(struct tracer *t, double limit);
bool tracer_wait(struct tracer *t, double limit);
void tracer_discard(struct tracer *t, bool keep);
void tracer_log(const struct tracer *t, char *text, size_t size);
double now(void);
void pause_briefly(void);

/* run.c: one case */
struct options {
	const char *dir;
	bool keep;
	double start_limit;
};
enum outcome run_case(const struct truth_case *c, const char *backend, const struct options *o,
	struct verdict *verdict);
int run_under(const char *path, const struct truth_case *c);

#endif

/* Holds mmtrace's JSON against the kernel's counters and the case's rows. */
#include "truth.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

const char *const class_names[C_COUNT] = {
	"anon_read", "anon_write", "anon_huge", "file_read", "file_write", "mkwrite",
	"cow", "wp_reuse", "shmem", "swap", "migration", "numa", "hugetlb", "uffd",
	"device", "spurious", "error",
};

/* Counters of one scope: the end line, a process, or the VMAs of a region. */
struct counts {
	long class[C_COUNT];
	long minor, major, error, foreign, residual_minor, residual_major;
	long kernel, gup, abandoned, new, there;
	int lines;
};

/* Only the first failure is reported. */
void verdict_fail(struct verdict *verdict, const char *format, ...)
{
	va_list args;

	if (verdict->failed)
		return;
	verdict->failed = true;
	va_start(args, format);
	vsnprintf(verdict->text, sizeof(verdict->text), format, args);
	va_end(args);
}

int kernel_version(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	uname(&u);
	sscanf(u.release, "%d.%d", &major, &minor);
	return KV(major, minor);
}

static long number_or_zero(struct text line, const char *path)
{
	long n;

	return json_number(line, path, &n) ? n : 0;
}

static void counts_add(struct counts *counts, struct text line)
{
	char path[64];

	counts->lines++;
	counts->minor += number_or_zero(line, "faults.minor");
	counts->major += number_or_zero(line, "faults.major");
	counts->error += number_or_zero(line, "faults.error");
	counts->foreign += number_or_zero(line, "faults.foreign");
	counts->abandoned += number_or_zero(line, "events.abandoned");
	counts->residual_minor += number_or_zero(line, "faults.unattributed_minor");
	counts->residual_major += number_or_zero(line, "faults.unattributed_major");
	counts->kernel += number_or_zero(line, "mode.kernel");
	counts->gup += number_or_zero(line, "mode.gup");
	for (int i = 0; i < C_COUNT; i++) {
		static const char *const keys[] = {"minor", "major", "error"};

		for (int k = i == C_ERROR ? 2 : 0; k < (i == C_ERROR ? 3 : 2); k++) {
			snprintf(path, sizeof(path), "class.%s.%s", class_names[i], keys[k]);
			counts->class[i] += number_or_zero(line, path);
		}
		snprintf(path, sizeof(path), "class.%s.new", class_names[i]);
		counts->new += number_or_zero(line, path);
		snprintf(path, sizeof(path), "class.%s.there", class_names[i]);
		counts->there += number_or_zero(line, path);
	}
}

/* A row of the output is sent again whenever it changes; the last one holds. */
struct seen {
	long *ids;
	size_t count, room;
};

static bool seen_before(struct seen *seen, long id)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->ids[i] == id)
			return true;
	if (seen->count == seen->room) {
		seen->room = seen->room ? 2 * seen->room : 64;
		seen->ids = realloc(seen->ids, seen->room * sizeof(*seen->ids));
		if (!seen->ids)
			abort();
	}
	seen->ids[seen->count++] = id;
	return false;
}

static bool in_region(struct text line)
{
	uint64_t start, end;

	if (!json_hex(line, "start", &start) || !json_hex(line, "end", &end))
		return false;
	for (int i = 0; i < report->region_count; i++) {
		const struct region *r = &report->region[i];

		if (start < r->start + r->len && r->start < end)
			return true;
	}
	return false;
}

/* VMA lines of the process that overlap the region. */
static void region_counts(const struct json_file *file, pid_t pid, struct counts *counts)
{
	struct seen seen = {0};
	size_t cursor = file->size;
	struct text line;
	long id;

	*counts = (struct counts){0};
	while (json_file_last(file, &cursor, &line)) {
		if (!json_is(line, "type", "vma") || number_or_zero(line, "pid") != pid)
			continue;
		if (!json_number(line, "vma", &id) || seen_before(&seen, id))
			continue;
		if (in_region(line))
			counts_add(counts, line);
	}
	free(seen.ids);
}

/* Process lines of `pid`, or of all others if `others`. */
static void process_counts(const struct json_file *file, pid_t pid, bool others,
	struct counts *counts)
{
	struct seen seen = {0};
	size_t cursor = file->size;
	struct text line;
	long id;

	*counts = (struct counts){0};
	while (json_file_last(file, &cursor, &line)) {
		if (!json_is(line, "type", "process"))
			continue;
		if (!json_number(line, "proc", &id))
			id = number_or_zero(line, "pid");
		if ((number_or_zero(line, "pid") == pid) == others || seen_before(&seen, id))
			continue;
		counts_add(counts, line);
	}
	free(seen.ids);
}

static bool row_applies(const struct row *row, const char *backend, unsigned scope)
{
	unsigned bit = !strcmp(backend, "fentry") ? BK_FENTRY : BK_TRACEPOINT;
	int kernel = kernel_version();

	if (!row->what || (row->on && !(row->on & bit)))
		return false;
	if ((row->from && kernel < row->from) || (row->below && kernel >= row->below))
		return false;
	return row->flags ? (row->flags & scope) != 0 : scope != ROW_CHILD;
}

static long row_value(const struct row *row, const struct counts *counts)
{
	long sum = 0;

	for (int i = 0; i < C_COUNT; i++)
		if (row->what & M(i))
			sum += counts->class[i];
	if (row->what & X_RESIDUAL)
		sum += counts->residual_minor + counts->residual_major;
	if (row->what & X_KERNEL)
		sum += counts->kernel;
	if (row->what & X_GUP)
		sum += counts->gup;
	if (row->what & X_FOREIGN)
		sum += counts->foreign;
	if (row->what & X_NEW)
		sum += counts->new;
	if (row->what & X_THERE)
		sum += counts->there;
	return sum;
}

static void row_name(const struct row *row, char *name, size_t size)
{
	size_t used = 0;

	*name = 0;
	for (int i = 0; i < C_COUNT && used < size; i++)
		if (row->what & M(i))
			used += (size_t)snprintf(name + used, size - used, "%s%s", used ? "|" : "",
				class_names[i]);
	if (row->what & X_RESIDUAL)
		snprintf(name, size, "gup_residual");
	if (row->what & X_KERNEL)
		snprintf(name, size, "mode.kernel");
	if (row->what & X_GUP)
		snprintf(name, size, "mode.gup");
	if (row->what & X_FOREIGN)
		snprintf(name, size, "foreign");
	if (row->what & (X_NEW | X_THERE))
		snprintf(name, size, "%s", row->what & X_NEW ? "new" : "there");
}

static long row_number(const struct row *row)
{
	return row->n <= N_SLOT(0) ? report->slot[N_SLOT(0) - row->n] : row->n;
}

/* The kernel's total minus what the exact rows of this scope take. */
static long rest_number(const struct truth_case *c, const char *backend, unsigned scope,
	const struct kernel_counts *kernel)
{
	long rest = kernel->minor + kernel->major;

	for (int i = 0; i < MAX_ROWS; i++) {
		const struct row *row = &c->rows[i];
		bool counts_faults = row->what & ((X_ANY_CLASS & ~M(C_ERROR)) | X_RESIDUAL);

		if (row_applies(row, backend, scope) && counts_faults && row_number(row) > 0)
			rest -= row_number(row);
	}
	return rest;
}

static void check_row(const struct truth_case *c, const struct row *row, const char *backend,
	unsigned scope, const struct counts *counts, const struct kernel_counts *kernel,
	struct verdict *verdict)
{
	static const char *const scopes[] = {
		[ROW_TOTAL] = "", [ROW_REGION] = " in its VMA", [ROW_CHILD] = " in the child's VMA",
	};
	long expected = row_number(row), got = row_value(row, counts);
	char name[200];

	if (row->n == N_ANY)
		return;
	/* The residual and the modes are totals; foreign faults belong to VMAs. */
	if ((row->what & (X_RESIDUAL | X_KERNEL | X_GUP)) && scope != ROW_TOTAL)
		return;
	if ((row->what & (X_FOREIGN | X_NEW | X_THERE)) && scope == ROW_TOTAL)
		return;
	if (row->n == N_REST)
		expected = rest_number(c, backend, scope, kernel);
	if (got == expected)
		return;
	row_name(row, name, sizeof(name));
	verdict_fail(verdict, "%s%s%s: expected %ld, got %ld (kernel minor %ld major %ld, "
		"mmtrace minor %ld major %ld)%s%s", row->what & X_ANY_CLASS ? "class " : "", name,
		scopes[scope], expected, got, kernel->minor, kernel->major, counts->minor,
		counts->major, row->why ? "; " : "", row->why ? row->why : "");
}

/* All rows of one scope, and zero for every class that no row names. */
static void check_rows(const struct truth_case *c, const char *backend, unsigned scope,
	const struct counts *counts, const struct kernel_counts *kernel, struct verdict *verdict)
{
	unsigned named = 0;

	for (int i = 0; i < MAX_ROWS; i++) {
		if (!row_applies(&c->rows[i], backend, scope))
			continue;
		named |= c->rows[i].what;
		check_row(c, &c->rows[i], backend, scope, counts, kernel, verdict);
	}
	if (scope == ROW_TOTAL && !(named & X_RESIDUAL)) {
		struct row none = {.what = X_RESIDUAL, .why = "no get_user_pages fault happened"};

		check_row(c, &none, backend, scope, counts, kernel, verdict);
	}
	if (scope == ROW_REGION && !(named & X_FOREIGN)) {
		struct row none = {.what = X_FOREIGN, .why = "nobody else touched the victim"};

		check_row(c, &none, backend, scope, counts, kernel, verdict);
	}
	if (scope == ROW_TOTAL && (c->flags & (CF_NOISY | CF_FOREIGN)))
		return;
	for (int i = 0; i < C_COUNT; i++) {
		struct row none = {.what = M(i), .why = "no such fault in this case"};

		/* SIGSEGV has no VMA of its own in every case: totals only. */
		if (!(named & M(i)) && !(i == C_ERROR && scope != ROW_TOTAL))
			check_row(c, &none, backend, scope, counts, kernel, verdict);
	}
}

/* What must hold in every end line. */
static void check_end(const struct truth_case *c, struct text end, const struct counts *counts,
	struct verdict *verdict)
{
	static const char *const zero[] = {
		"events.dropped", "lost.control_full", "lost.probe_missed", "lost.decode_error",
	};
	long n, classes = 0;

	if (!json_number(end, "faults.minor", &n) || !json_number(end, "faults.major", &n))
		verdict_fail(verdict, "the end line has no faults.minor and faults.major");
	if (!json_number(end, "events.dropped", &n))
		verdict_fail(verdict, "the end line has no events.dropped");
	for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		if (json_number(end, zero[i], &n) && n)
			verdict_fail(verdict, "%s is %ld", zero[i], n);
	if (counts->abandoned && !(c->flags & CF_ABANDON))
		verdict_fail(verdict, "abandoned: expected 0, got %ld", counts->abandoned);
	if (counts->error != counts->class[C_ERROR])
		verdict_fail(verdict, "faults.error %ld is not class.error.count %ld",
			counts->error, counts->class[C_ERROR]);
	for (int i = 0; i < C_ERROR; i++)
		classes += counts->class[i];
	classes += counts->residual_minor + counts->residual_major;
	if (!(c->flags & CF_FOREIGN) && classes != counts->minor + counts->major)
		verdict_fail(verdict, "classes and residual sum to %ld, faults to %ld", classes,
			counts->minor + counts->major);
}

static void check_totals(const char *what, const struct counts *counts, long minor, long major,
	struct verdict *verdict)
{
	if (counts->minor != minor)
		verdict_fail(verdict, "%s minor: kernel %ld, mmtrace %ld (major: kernel %ld, "
			"mmtrace %ld)", what, minor, counts->minor, major, counts->major);
	if (counts->major != major)
		verdict_fail(verdict, "%s major: kernel %ld, mmtrace %ld (minor: kernel %ld, "
			"mmtrace %ld)", what, major, counts->major, minor, counts->minor);
}

/* The kernel against the operation's definition: is the victim what it claims? */
void check_definition(const struct truth_case *c, const struct kernel_counts *kernel,
	struct verdict *verdict)
{
	long total = kernel->minor + kernel->major;

	if (c->total >= 0 && total != c->total)
		verdict_fail(verdict, "victim: the operation takes %ld faults, the kernel counted "
			"%ld minor and %ld major", c->total, kernel->minor, kernel->major);
	if (c->major >= 0 && kernel->major != c->major)
		verdict_fail(verdict, "victim: the operation takes %ld major faults, the kernel "
			"counted %ld minor and %ld major", c->major, kernel->minor, kernel->major);
}

static bool end_line(const struct json_file *file, struct text *end, struct verdict *verdict)
{
	size_t cursor = file->size;

	if (json_file_last(file, &cursor, end) && json_is(*end, "type", "end"))
		return true;
	verdict_fail(verdict, "the last line is not of type end: truncated");
	return false;
}

static void check_backend(const struct json_file *file, const char *backend,
	struct verdict *verdict)
{
	const char *newline = memchr(file->data, '\n', file->size);
	struct text start = {file->data, newline ? newline : file->data + file->size};

	if (!json_is(start, "backends.fault", backend))
		verdict_fail(verdict, "the start line does not say backends.fault %s", backend);
}

/* Class counts for the line that says ok. */
static void describe(const struct counts *counts, struct verdict *verdict)
{
	size_t used = (size_t)snprintf(verdict->text, sizeof(verdict->text),
		"minor %ld major %ld", counts->minor, counts->major);

	for (int i = 0; i < C_COUNT && used < sizeof(verdict->text); i++)
		if (counts->class[i])
			used += (size_t)snprintf(verdict->text + used,
				sizeof(verdict->text) - used, " %s %ld", class_names[i],
				counts->class[i]);
	long residual = counts->residual_minor + counts->residual_major;
	if (residual && used < sizeof(verdict->text))
		snprintf(verdict->text + used, sizeof(verdict->text) - used, " gup_residual %ld",
			residual);
}

/* The kernel's own totals are the measure, whatever happened: they hold before anything else is
 * looked at.  Where they are not those of the operation, the machine did something to the victim
 * as well; where a page that was moved or swapped out meanwhile may have been one of the victim's,
 * the classes are not known.  Both are said of the machine, and not of mmtrace. */
enum outcome check_case(const struct truth_case *c, const char *backend, const struct json_file *file,
	const struct kernel_counts *kernel, long moved, struct verdict *verdict)
{
	struct counts total = {0}, part;
	struct text end;

	if (!end_line(file, &end, verdict))
		return OUT_FAILED;
	check_backend(file, backend, verdict);
	counts_add(&total, end);
	check_end(c, end, &total, verdict);
	check_totals("total", &total, kernel->minor, kernel->major, verdict);
	process_counts(file, report->victim, false, &part);
	if (!part.lines)
		verdict_fail(verdict, "no process line for the victim");
	check_totals("victim's process", &part, kernel->self_minor, kernel->self_major, verdict);
	process_counts(file, report->victim, true, &part);
	check_totals("other processes'", &part, kernel->minor - kernel->self_minor,
		kernel->major - kernel->self_major, verdict);
	if (verdict->failed)
		return OUT_FAILED;
	check_definition(c, kernel, verdict);
	if (verdict->failed)
		return OUT_DISTURBED;
	check_rows(c, backend, ROW_TOTAL, &total, kernel, verdict);
	if (number_or_zero(end, "latency_ns.max") < c->latency)
		verdict_fail(verdict, "the longest fault took %ld ns, not %ld", number_or_zero(end, "latency_ns.max"), c->latency);
	if (report->region_count) {
		region_counts(file, report->victim, &part);
		check_rows(c, backend, ROW_REGION, &part, kernel, verdict);
	}
	if (report->region_count && report->child) {
		region_counts(file, report->child, &part);
		check_rows(c, backend, ROW_CHILD, &part, kernel, verdict);
	}
	if (verdict->failed)
		return moved && !(c->flags & CF_MOVES) ? OUT_DISTURBED : OUT_FAILED;
	describe(&total, verdict);
	return OUT_OK;
}

/* A command started by mmtrace: `under_path` was written by run_under(). */
void check_command(const struct json_file *file, const char *under_path, struct verdict *verdict)
{
	static const struct truth_case any = {.flags = CF_NOISY | CF_ABANDON};
	struct counts total = {0}, root, others;
	long pid, minor, major, low, high, low_major, high_major;
	struct text end;
	char text[256];

	if (!end_line(file, &end, verdict))
		return;
	if (!read_text(under_path, text, sizeof(text)) ||
		sscanf(text, "%ld %ld %ld %ld %ld %ld %ld", &pid, &minor, &major, &low, &high,
			&low_major, &high_major) != 7) {
		verdict_fail(verdict, "the command did not write its report");
		return;
	}
	counts_add(&total, end);
	check_end(&any, end, &total, verdict);
	process_counts(file, (pid_t)pid, true, &others);
	check_totals("children's (wait4)", &others, minor, major, verdict);
	process_counts(file, (pid_t)pid, false, &root);
	if (root.minor < low || root.minor > high)
		verdict_fail(verdict, "command minor: kernel %ld to %ld, mmtrace %ld", low, high,
			root.minor);
	if (root.major < low_major || root.major > high_major)
		verdict_fail(verdict, "command major: kernel %ld to %ld, mmtrace %ld", low_major,
			high_major, root.major);
	check_totals("total", &total, root.minor + others.minor, root.major + others.major,
		verdict);
	if (!verdict->failed)
		describe(&total, verdict);
}

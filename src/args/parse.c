/* SPDX-License-Identifier: GPL-2.0 */
#include "args/parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/config.h"
#include "base/text.h"

int arg_bad(struct error *e, const char *name, const char *value, const char *why)
{
	char safe[80];

	text_escape(safe, sizeof(safe), value);
	/* INTERVAL and COUNT are words, the rest are options */
	return error_set(e, EXIT_USAGE, NULL, why, "bad value '%s' of %s%s", safe,
			 islower((unsigned char)*name) ? "--" : "", name);
}

int arg_number(const char *name, const char *value, uint64_t min, uint64_t max, uint64_t *out, struct error *e)
{
	char why[80];

	if (text_parse_u64(value, out) && *out >= min && *out <= max)
		return 0;
	if (max == UINT64_MAX)
		snprintf(why, sizeof(why), "not a number from %" PRIu64 " on", min);
	else
		snprintf(why, sizeof(why), "not a number from %" PRIu64 " to %" PRIu64, min, max);
	return arg_bad(e, name, value, why);
}

int arg_flag(const struct option_row *row, char *value, void *member, struct error *e)
{
	(void)row, (void)value, (void)e;
	*(bool *)member = true;
	return 0;
}

int arg_text(const struct option_row *row, char *value, void *member, struct error *e)
{
	if (!*value)
		return arg_bad(e, row->name, value, "it is empty");
	*(const char **)member = value;
	return 0;
}

/* The next element of a list, cut off in place; an empty one is given back too. */
static char *element(char **rest)
{
	char *one = *rest, *comma = one ? strchr(one, ',') : NULL;

	if (comma)
		*comma = '\0';
	*rest = comma ? comma + 1 : NULL;
	return one;
}

int arg_ids(const struct option_row *row, char *value, void *member, struct error *e)
{
	struct id_list *list = member;
	char *copy = strdup(value), *rest = copy;
	int err = copy ? 0 : error_set(e, EXIT_FAILED, NULL, strerror(ENOMEM), "cannot start");

	for (char *one; !err && (one = element(&rest));) {
		uint64_t v;

		if (!*one)
			err = arg_bad(e, row->name, value, "an element is empty");
		else if (!text_parse_u64(one, &v) || !v || v > 1u << 30)
			err = arg_bad(e, row->name, one, "not a number of a process");
		else if (list->count == TARGET_MAX)
			err = arg_bad(e, row->name, one, "too many, 256 at most");
		else
			list->id[list->count++] = (pid_t)v;
	}
	free(copy);
	return err;
}

int arg_duration(const struct option_row *row, char *value, void *member, struct error *e)
{
	return text_parse_duration(value, member) ? 0
						  : arg_bad(e, row->name, value, "not a duration above 0 like 5s, 500ms, 2m, 0.5");
}

int arg_bytes(const struct option_row *row, char *value, void *member, struct error *e)
{
	return text_parse_bytes(value, member) ? 0 : arg_bad(e, row->name, value, "not a size like 4096 or 4K");
}

int arg_power(const struct option_row *row, char *value, void *member, struct error *e)
{
	char min[16], max[16], why[80];
	uint64_t *v = member;

	if (text_parse_bytes(value, v) && *v >= row->min && *v <= row->max && !(*v & (*v - 1)))
		return 0;
	snprintf(why, sizeof(why), "not a power of two from %s to %s", text_bytes(min, sizeof(min), row->min),
		 text_bytes(max, sizeof(max), row->max));
	return arg_bad(e, row->name, value, why);
}

int arg_u32(const struct option_row *row, char *value, void *member, struct error *e)
{
	uint64_t v;

	if (arg_number(row->name, value, row->min, row->max, &v, e))
		return -1;
	*(uint32_t *)member = (uint32_t)v;
	return 0;
}

int arg_rows(const struct option_row *row, char *value, void *member, struct error *e)
{
	uint64_t v;

	if (arg_number(row->name, value, row->min, row->max, &v, e))
		return -1;
	*(int *)member = (int)v;
	return 0;
}

int arg_percent(const struct option_row *row, char *value, void *member, struct error *e)
{
	char *end = NULL;
	double v = strspn(value, "0123456789.") == strlen(value) ? strtod(value, &end) : 0;

	if (end && end != value && !*end && isfinite(v) && v > (double)row->min && v <= (double)row->max) {
		*(double *)member = v;
		return 0;
	}
	return arg_bad(e, row->name, value, "not a percentage above 0, 100 at most");
}

int arg_weight(const struct option_row *row, char *value, void *member, struct error *e)
{
	static const char *const names[] = { "faults", "bytes", "time", "major" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]))
			continue;
		*(const char **)member = names[i];
		return 0;
	}
	return arg_bad(e, row->name, value, "not faults, bytes, time or major");
}

int arg_call_graph(const struct option_row *row, char *value, void *member, struct error *e)
{
	static const char *const names[] = { [MMT_STACK_AUTO] = "auto", [MMT_STACK_TABLE] = "table", [MMT_STACK_FP] = "fp" };

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]))
			continue;
		*(uint32_t *)member = i;
		return 0;
	}
	return arg_bad(e, row->name, value, "not auto, table or fp");
}

/* Of 64 bits at most, with or without 0x; *end: what follows it. strtoull alone would take signs and spaces. */
static bool hex_number(const char *text, char **end, uint64_t *out)
{
	if (!isxdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*out = strtoull(text, end, 16);
	return !errno;
}

int arg_range(const struct option_row *row, char *value, void *member, struct error *e)
{
	struct address_range *r = member;
	char *end;

	if (hex_number(value, &end, &r->from) && *end == '-' && hex_number(end + 1, &end, &r->to) && !*end &&
	    r->to > r->from)
		return 0;
	return arg_bad(e, row->name, value, "not START-END in hexadecimal, of 64 bits");
}

int arg_address(const struct option_row *row, char *value, void *member, struct error *e)
{
	char *end;

	if (hex_number(value, &end, member) && !*end)
		return 0;
	return arg_bad(e, row->name, value, "not an address in hexadecimal, of 64 bits");
}

int arg_pages(const struct option_row *row, char *value, void *member, struct error *e)
{
	struct layout_args *a = (struct layout_args *)((char *)member - offsetof(struct layout_args, pages));

	a->pages = true;
	return value ? arg_range(row, value, &a->range, e) : 0;
}

static const struct { const char *key, *help; } classes[] = {
#define CLASS(NAME, n, key, title, help) [n] = { key, help },
#include "wire/classes.def"
#undef CLASS
};
#define CLASSES (sizeof(classes) / sizeof(classes[0]))

void args_classes_help(void)
{
	for (size_t c = 0; c < CLASSES; c++)
		printf("%-12s %s\n", classes[c].key, classes[c].help);
}

int arg_classes(const struct option_row *row, char *value, void *member, struct error *e)
{
	struct fault_args *a = (struct fault_args *)((char *)member - offsetof(struct fault_args, classes));
	char *copy = strdup(value), *rest = copy;
	bool good = copy != NULL;

	a->classes_help = !strcmp(value, "help");
	for (char *one; good && !a->classes_help && (one = element(&rest));) {
		size_t c = 0;

		while (c < CLASSES && strcmp(classes[c].key, one))
			c++;
		good = c < CLASSES;
		a->classes |= good ? 1u << c : 0;
	}
	free(copy);
	if (good)
		return 0;
	arg_bad(e, row->name, value, "no such class");
	return error_hint(e, "'mmtrace trace -F help' lists the classes");
}

static const enum object_id objects[COMMAND_COUNT] = {
	[COMMAND_LIVE] = OBJECT_MMTRACE, [COMMAND_TRACE] = OBJECT_MMTRACE, [COMMAND_FLAME] = OBJECT_MMTRACE,
		[COMMAND_HIST] = OBJECT_HIST,
	[COMMAND_LEAK] = OBJECT_LEAK, [COMMAND_TOP] = OBJECT_TOP,
};

/* text is cut in two and kept. */
int arg_backend(const struct option_row *row, char *value, void *member, struct error *e)
{
	struct args *a = (struct args *)((char *)member - row->member);
	char *name = strchr(value, '=');

	if (!name || !name[1])
		return arg_bad(e, row->name, value, "it takes HOOK=NAME");
	*name++ = '\0';
	for (int h = 0; h < HOOK_COUNT; h++)
		if (!strcmp(hooks[h].key, value) && hooks[h].object == objects[a->command]) {
			((const char **)member)[h] = name;
			return 0;
		}
	arg_bad(e, row->name, value, "this command has no such hook");
	return error_hint(e, "'mmtrace doctor' lists the hooks");
}

int arg_shell(const struct option_row *row, char *value, void *member, struct error *e)
{
	struct target_args *t = (struct target_args *)((char *)member - offsetof(struct target_args, command));

	if (!*value)
		return arg_bad(e, row->name, value, "no command");
	t->shell[0] = "/bin/sh";
	t->shell[1] = "-c";
	t->shell[2] = value;
	t->command = t->shell;
	return 0;
}

static const char which_formats[] = "formats:"
#define FORMAT(name, help) " " #name
#include "args/formats.def"
#undef FORMAT
	;

static bool format_exists(const char *name, size_t len)
{
	static const char *const names[] = {
#define FORMAT(name, help) #name,
#include "args/formats.def"
#undef FORMAT
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return true;
	return false;
}

static int one_format(const char *name, void *member, struct error *e)
{
	const char **format = member;

	if (*format && strcmp(*format, name))
		return error_set(e, EXIT_USAGE, "--also FORMAT=FILE writes a second one", "one output has one format",
				 "two formats, %s and %s", *format, name);
	*format = name;
	return 0;
}

int arg_format(const struct option_row *row, char *value, void *member, struct error *e)
{
	if (format_exists(value, strlen(value)))
		return one_format(value, member, e);
	return arg_bad(e, row->name, value, which_formats);
}

int arg_format_json(const struct option_row *row, char *value, void *member, struct error *e)
{
	(void)row, (void)value;
	return one_format("json", member, e);
}

int arg_format_folded(const struct option_row *row, char *value, void *member, struct error *e)
{
	(void)row, (void)value;
	return one_format("folded", member, e);
}

int arg_format_csv(const struct option_row *row, char *value, void *member, struct error *e)
{
	(void)row, (void)value;
	return one_format("csv", member, e);
}

/* The text is cut in two and kept. */
int arg_also(const struct option_row *row, char *value, void *member, struct error *e)
{
	struct show_args *s = (struct show_args *)((char *)member - offsetof(struct show_args, also));
	char *file = strchr(value, '=');

	if (!file || !file[1])
		return arg_bad(e, row->name, value, "it takes FORMAT=FILE");
	if (!format_exists(value, (size_t)(file - value)))
		return arg_bad(e, row->name, value, which_formats);
	if (s->also_count == ALSO_MAX)
		return arg_bad(e, row->name, value, "too many, 16 at most");
	*file = '\0';
	s->also[s->also_count++] = (struct also){ value, file + 1 };
	return 0;
}

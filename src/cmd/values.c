/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int value_bad(struct error *e, const char *option, const char *value, const char *why)
{
	return error_set(e, EXIT_USAGE, NULL, why, "bad value '%s' of %s", value, option);
}

int value_ids(const char *option, const char *list, pid_t out[TARGET_MAX], int *count, struct error *e)
{
	char *copy = strdup(list), *save = NULL;
	int err = copy ? 0 : error_set(e, EXIT_FAILED, NULL, "no memory", "cannot start");
	int before = *count;

	for (char *one = err ? NULL : strtok_r(copy, ",", &save); one && !err; one = strtok_r(NULL, ",", &save)) {
		uint64_t v;

		if (!text_parse_u64(one, &v) || !v || v > 1u << 30)
			err = value_bad(e, option, one, "not a number of a process");
		else if (*count == TARGET_MAX)
			err = value_bad(e, option, one, "too many, 256 at most");
		else
			out[(*count)++] = (pid_t)v;
	}
	free(copy);
	return err || *count > before ? err : value_bad(e, option, list, "no number given");
}

int value_backend(const char *force[HOOK_COUNT], enum object_id object, char *text, struct error *e)
{
	char *name = strchr(text, '=');

	if (!name)
		return value_bad(e, "--backend", text, "it takes HOOK=NAME");
	*name++ = '\0';
	for (int h = 0; h < HOOK_COUNT; h++)
		if (!strcmp(hooks[h].key, text) && hooks[h].object == object) {
			force[h] = name;
			return 0;
		}
	value_bad(e, "--backend", text, "this command has no such hook");
	return error_hint(e, "'mmtrace doctor' lists the hooks");
}

int value_duration(const char *option, const char *text, uint64_t *ns, struct error *e)
{
	return text_parse_duration(text, ns) ? 0 : value_bad(e, option, text, "not a duration above 0 like 5s, 500ms, 2m, 0.5");
}

int value_bytes(const char *option, const char *text, uint64_t *bytes, struct error *e)
{
	return text_parse_bytes(text, bytes) ? 0 : value_bad(e, option, text, "not a size like 4096 or 4K");
}

int value_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out, struct error *e)
{
	char why[80];

	if (text_parse_u64(text, out) && *out >= min && *out <= max)
		return 0;
	if (max == UINT64_MAX)
		snprintf(why, sizeof(why), "not a number from %" PRIu64 " on", min);
	else
		snprintf(why, sizeof(why), "not a number from %" PRIu64 " to %" PRIu64, min, max);
	return value_bad(e, option, text, why);
}

int value_rows(const char *text, int *rows, struct error *e)
{
	uint64_t v;

	if (value_number("-n", text, 0, 1000000, &v, e))
		return -1;
	*rows = (int)v;
	return 0;
}

/* Finding values in JSON lines: enough for one flat format, no tree is built. */
#include "truth.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *space_skip(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* `p` is at the opening quote; returns what follows the closing one. */
static const char *string_skip(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return NULL;
}

static const char *value_skip(const char *p, const char *end)
{
	int depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = string_skip(p, end);
			if (!p)
				return NULL;
			if (!depth)
				return p;
			continue;
		}
		if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			if (!depth)
				return p;
			if (!--depth)
				return p + 1;
		} else if (!depth && *p == ',') {
			return p;
		}
		p++;
	}
	return depth ? NULL : p;
}

/* The value of `key` among the members of the object that starts at line.p. */
static bool member_find(struct text line, const char *key, size_t key_len, struct text *value)
{
	const char *p = space_skip(line.p, line.end);

	if (p >= line.end || *p != '{')
		return false;
	p = space_skip(p + 1, line.end);
	while (p < line.end && *p == '"') {
		const char *name = p + 1;

		p = string_skip(p, line.end);
		if (!p)
			return false;
		bool hit = (size_t)(p - 1 - name) == key_len && !memcmp(name, key, key_len);
		p = space_skip(p, line.end);
		if (p >= line.end || *p != ':')
			return false;
		p = space_skip(p + 1, line.end);
		const char *end = value_skip(p, line.end);
		if (!end)
			return false;
		if (hit) {
			*value = (struct text){p, end};
			return true;
		}
		p = space_skip(end, line.end);
		if (p >= line.end || *p != ',')
			return false;
		p = space_skip(p + 1, line.end);
	}
	return false;
}

/* `path` is keys joined by dots: "faults.minor". */
bool json_find(struct text line, const char *path, struct text *value)
{
	*value = line;
	while (*path) {
		size_t len = strcspn(path, ".");

		if (!member_find(*value, path, len, value))
			return false;
		path += len;
		if (*path == '.')
			path++;
	}
	return true;
}

/* False if absent or null. */
bool json_number(struct text line, const char *path, long *number)
{
	struct text value;
	char digits[32];

	if (!json_find(line, path, &value))
		return false;
	size_t len = (size_t)(value.end - value.p);
	if (!len || len >= sizeof(digits))
		return false;
	memcpy(digits, value.p, len);
	digits[len] = 0;
	char *end;
	*number = strtol(digits, &end, 10);
	return end != digits;
}

bool json_hex(struct text line, const char *path, uint64_t *number)
{
	struct text value;
	char digits[32];

	if (!json_find(line, path, &value) || value.end - value.p < 3 || *value.p != '"')
		return false;
	size_t len = (size_t)(value.end - value.p) - 2;
	if (len >= sizeof(digits))
		return false;
	memcpy(digits, value.p + 1, len);
	digits[len] = 0;
	char *end;
	*number = strtoull(digits, &end, 16);
	return end != digits && !*end;
}

bool json_is(struct text line, const char *path, const char *string)
{
	struct text value;
	size_t len = strlen(string);

	return json_find(line, path, &value) && (size_t)(value.end - value.p) == len + 2 &&
		*value.p == '"' && !memcmp(value.p + 1, string, len);
}

bool json_file_read(struct json_file *file, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*file = (struct json_file){0};
	if (fd < 0 || fstat(fd, &st) < 0)
		goto fail;
	file->data = malloc((size_t)st.st_size + 1);
	if (!file->data)
		goto fail;
	while (file->size < (size_t)st.st_size) {
		ssize_t n = read(fd, file->data + file->size, (size_t)st.st_size - file->size);

		if (n <= 0)
			break;
		file->size += (size_t)n;
	}
	close(fd);
	return true;
fail:
	if (fd >= 0)
		close(fd);
	return false;
}

void json_file_free(struct json_file *file)
{
	free(file->data);
	*file = (struct json_file){0};
}

/* Lines from the last to the first; start with *cursor = file->size. */
bool json_file_last(const struct json_file *file, size_t *cursor, struct text *line)
{
	size_t end = *cursor;

	while (end && file->data[end - 1] == '\n')
		end--;
	if (!end)
		return false;
	const char *newline = memrchr(file->data, '\n', end);
	line->p = newline ? newline + 1 : file->data;
	line->end = file->data + end;
	*cursor = (size_t)(line->p - file->data);
	return true;
}

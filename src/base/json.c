/* SPDX-License-Identifier: GPL-2.0 */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

static char *room_for(struct json *j, size_t more)
{
	if (j->room - j->used < more) {
		j->room = (j->room + more) * 2 + 256;
		j->text = xreallocarray(j->text, j->room, 1);
	}
	return j->text + j->used;
}

static void put(struct json *j, const char *text, size_t len)
{
	memcpy(room_for(j, len + 1), text, len);
	j->used += len;
	j->text[j->used] = '\0';
}

static void put_key(struct json *j, const char *key, const char *suffix)
{
	if (j->comma)
		put(j, ",", 1);
	j->comma = true;
	if (!key)
		return;
	put(j, "\"", 1);
	put(j, key, strlen(key));
	put(j, suffix, strlen(suffix));
	put(j, "\":", 2);
}

void json_open(struct json *j, const char *key, char bracket)
{
	put_key(j, key, "");
	put(j, &bracket, 1);
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	put(j, &bracket, 1);
	j->comma = true;
}

void json_null(struct json *j, const char *key)
{
	put_key(j, key, "");
	put(j, "null", 4);
}

void json_bool(struct json *j, const char *key, bool v)
{
	put_key(j, key, "");
	put(j, v ? "true" : "false", v ? 4 : 5);
}

/* Many rows are little but numbers: printf would be most of their cost. */
static void put_decimal(struct json *j, uint64_t v)
{
	char digits[20], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	put(j, at, (size_t)(digits + sizeof(digits) - at));
}

void json_uint(struct json *j, const char *key, uint64_t v)
{
	put_key(j, key, "");
	put_decimal(j, v);
}

void json_decimal_text(struct json *j, const char *key, uint64_t v)
{
	put_key(j, key, "");
	put(j, "\"", 1);
	put_decimal(j, v);
	put(j, "\"", 1);
}

void json_int(struct json *j, const char *key, int64_t v)
{
	put_key(j, key, "");
	if (v < 0)
		put(j, "-", 1);
	put_decimal(j, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void json_real(struct json *j, const char *key, double v)
{
	char text[40];

	if (!isfinite(v)) {
		json_null(j, key);
		return;
	}
	put_key(j, key, "");
	put(j, text, (size_t)snprintf(text, sizeof(text), "%.12g", v));
}

void json_hex(struct json *j, const char *key, uint64_t v)
{
	char text[24];

	put_key(j, key, "");
	put(j, text, (size_t)snprintf(text, sizeof(text), "\"0x%" PRIx64 "\"", v));
}

static void put_hex(struct json *j, const char *key, const char *text)
{
	size_t len = strlen(text);
	char *at;

	put_key(j, key, "_hex");
	at = room_for(j, 2 * len + 3);
	*at++ = '"';
	for (size_t i = 0; i < len; i++)
		at += sprintf(at, "%02x", (unsigned char)text[i]);
	*at++ = '"';
	*at = '\0';
	j->used = (size_t)(at - j->text);
}

void json_text(struct json *j, const char *key, const char *text)
{
	size_t room;
	bool invalid = false;

	if (!text) {
		json_null(j, key);
		return;
	}
	room = strlen(text) * 6 + 16;
	put_key(j, key, "");
	put(j, "\"", 1);
	text_json(room_for(j, room), room, text, &invalid);
	j->used += strlen(j->text + j->used);
	put(j, "\"", 1);
	if (invalid && key)
		put_hex(j, key, text);
}

void json_clear(struct json *j)
{
	j->used = 0;
	j->comma = false;
}

void json_free(struct json *j)
{
	free(j->text);
	*j = (struct json){ 0 };
}

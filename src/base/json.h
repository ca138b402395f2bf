/* SPDX-License-Identifier: GPL-2.0 */
/* The one writer of JSON: builds a text in memory.  Keys are ours, values are not:
 * they are escaped.  key is NULL inside an array and for the outermost value. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json { char *text; size_t used, room; bool comma; }; /* all zero: empty */

void json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);                 /* '}' or ']' */
void json_null(struct json *j, const char *key);
void json_bool(struct json *j, const char *key, bool v);
void json_uint(struct json *j, const char *key, uint64_t v);
void json_int(struct json *j, const char *key, int64_t v);
void json_real(struct json *j, const char *key, double v); /* null if it is not finite */
void json_hex(struct json *j, const char *key, uint64_t v); /* "0x7f..." */
/* "18446744073709551615": more bits than readers of JSON keep of a number. */
void json_decimal_text(struct json *j, const char *key, uint64_t v);
/* Invalid UTF-8 becomes U+FFFD, with KEY_hex beside it.  NULL: null. */
void json_text(struct json *j, const char *key, const char *text);
/* Starts anew; keeps the room. */
void json_clear(struct json *j);
void json_free(struct json *j);

#endif

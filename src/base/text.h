/* SPDX-License-Identifier: GPL-2.0 */
/* Text for people and machines: escaping of hostile names, sizes, durations. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies src with invalid UTF-8, control characters and what has no width or turns
 * the direction of text as \xNN, so that a terminal shows it as it is.  Always
 * NUL-terminated; what has no room is left out: 4 * strlen(src) + 1 bytes hold all.
 * Returns out. */
char *text_escape(char *out, size_t size, const char *src);
/* The same for terminals that show ASCII only: all else as \xNN. */
char *text_escape_ascii(char *out, size_t size, const char *src);
/* The size of a real number of any sign, whole; what is too large is UINT64_MAX, and NAN 0. */
uint64_t text_whole(double v);
/* JSON string body (without quotes); invalid UTF-8 becomes U+FFFD, and
 * *invalid is set.  6 * strlen(src) + 13 bytes hold all. Returns out. */
char *text_json(char *out, size_t size, const char *src, bool *invalid);
/* 4096 -> "4K", 1536 -> "1.5K". */
char *text_bytes(char *out, size_t size, uint64_t bytes);
/* 950 -> "950", 12345 -> "12.3k". */
char *text_count(char *out, size_t size, double n);
/* 1500 ns -> "1.5us". */
char *text_ns(char *out, size_t size, uint64_t ns);
/* "5s", "500ms", "2m", "1.5" (seconds) -> ns. false: not a duration. */
bool text_parse_duration(const char *s, uint64_t *ns);
/* Digits only, whole string. */
bool text_parse_u64(const char *s, uint64_t *out);
/* "64K", "4M" -> bytes. */
bool text_parse_bytes(const char *s, uint64_t *out);
/* The elements of a list "a,b", one at a time; empty ones too.  *rest is the list at first;
 * NULL: no more.  *len: bytes of the element, which no NUL ends. */
const char *text_element(const char **rest, size_t *len);
/* Is word one of them? list may be NULL. */
bool text_has_element(const char *list, const char *word);

#endif

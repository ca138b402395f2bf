/* SPDX-License-Identifier: GPL-2.0 */
/* Recordings made by hand, with names of people who mean no good: what golden
 * replays, and what the fuzzer starts from. */
#ifndef GOLDEN_SAMPLES_H
#define GOLDEN_SAMPLES_H

#include "record/record.h"

#define HOSTILE_PATH "/tmp/ev\033[31m\n\xff\xe2\x80\xae\"\\il"
#define HOSTILE_COMM "e\033]0;x\007\n\xff\",'" /* 10 bytes */

/* record_put() with less to write; size 0: no such part. */
void put(struct record_writer *w, enum input_kind kind, const void *head, size_t head_size, const void *body,
	 size_t size);
void put_fact(struct record_writer *w, const char *group, const char *key, const char *value);
/* group run, and the clock. */
void put_start(struct record_writer *w, const char *command);
void put_tick(struct record_writer *w, uint64_t seconds, bool last);
void put_losses(struct record_writer *w, const uint64_t *losses, size_t count);
void put_name(struct record_writer *w, enum input_name_kind kind, uint64_t key, uint64_t extra, const void *text,
	      size_t size);

/* One for each command. */
void sample_live(struct record_writer *w);
void sample_trace(struct record_writer *w);
void sample_hist(struct record_writer *w);
void sample_leak(struct record_writer *w);
void sample_top(struct record_writer *w);
void sample_layout(struct record_writer *w);
void sample_doctor(struct record_writer *w);

#endif

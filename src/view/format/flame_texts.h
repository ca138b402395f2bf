/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_FORMAT_FLAME_TEXTS_H
#define VIEW_FORMAT_FLAME_TEXTS_H

#include "base/json.h"
#include "base/map.h"

/* Texts that many nodes share are written once, in the order of their first use.  They are not copied. */
struct flame_texts { struct json list; uint32_t count; struct map by_text; struct flame_text *first; };

/* Its number, from 1; 0: there is none. */
uint32_t flame_text_number(struct flame_texts *t, const char *text);
void flame_texts_free(struct flame_texts *t);

#endif

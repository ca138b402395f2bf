/* SPDX-License-Identifier: GPL-2.0 */
/* JSON lines: docs/json.md.  One object per line, its keys the paths of the
 * fields; dots make objects. */
#include <string.h>

#include "view/format/json.h"

/* --- values --- */

void json_value(struct json *j, const char *key, const struct value *v, enum unit unit)
{
	uint64_t ns;

	switch (v->type) {
	case VALUE_NONE: json_null(j, key); return;
	case VALUE_BOOL: json_bool(j, key, v->b); return;
	case VALUE_INT: json_int(j, key, v->i); return;
	case VALUE_REAL: json_real(j, key, v->d); return;
	case VALUE_TEXT: json_text(j, key, v->text); return;
	case VALUE_NEST: json_nest(j, key, &v->nest); return;
	case VALUE_QUANTILE:
		if (value_quantile(v, &ns))
			json_uint(j, key, ns);
		else
			json_null(j, key);
		return;
	case VALUE_UINT: break;
	}
	if (unit == UNIT_ADDRESS)
		json_hex(j, key, v->u);
	else if (unit == UNIT_ID)
		json_decimal_text(j, key, v->u);
	else
		json_uint(j, key, v->u);
}

struct sink { struct nest_out out; struct json *j; };

static void sink_open(struct nest_out *o, const char *key, bool array)
{
	json_open(((struct sink *)o)->j, key, array ? '[' : '{');
}

static void sink_value(struct nest_out *o, const char *key, const struct value *v, enum unit unit)
{
	json_value(((struct sink *)o)->j, key, v, unit);
}

static void sink_close(struct nest_out *o, bool array)
{
	json_close(((struct sink *)o)->j, array ? ']' : '}');
}

void json_nest(struct json *j, const char *key, const struct nest *n)
{
	struct sink s = { { sink_open, sink_value, sink_close }, j };

	json_open(j, key, n->array ? '[' : '{');
	n->put(n, &s.out);
	json_close(j, n->array ? ']' : '}');
}

/* --- fields --- */

#define DEPTH_MAX 4

/* Objects that are open, by the parts of the path before its last dot. */
struct place { char open[DEPTH_MAX][32]; int depth; };

static size_t part_len(const char *path)
{
	return strcspn(path, ".");
}

/* Closes what path does not share, opens what it has more; returns its last part. */
static const char *place_move(struct json *j, struct place *p, const char *path)
{
	int depth = 0;

	for (size_t n; n = part_len(path), path[n]; path += n + 1, depth++) {
		if (depth < p->depth && (strlen(p->open[depth]) != n || memcmp(p->open[depth], path, n)))
			for (; p->depth > depth; p->depth--)
				json_close(j, '}');
		if (depth == p->depth && depth < DEPTH_MAX && n < sizeof(p->open[0])) {
			memcpy(p->open[depth], path, n);
			p->open[depth][n] = '\0';
			json_open(j, p->open[depth], '{');
			p->depth++;
		}
	}
	for (; p->depth > depth; p->depth--)
		json_close(j, '}');
	return path;
}

static void fields_put(struct json *j, struct place *place, const struct row_type *type, const void *row,
		       const struct tick *t)
{
	for (int i = 0; type && i < type->count; i++) {
		const struct field *f = &type->fields[i];
		struct value v;

		if (f->flags & FIELD_TABLE_ONLY)
			continue;
		v = f->get(f, row, t);
		json_value(j, place_move(j, place, field_path(f)), &v, f->unit);
	}
}

void json_fields(struct json *j, const struct row_type *type, const struct row_type *more, const void *row,
		 const struct tick *t)
{
	struct place place = { .depth = 0 };

	fields_put(j, &place, type, row, t);
	fields_put(j, &place, more, row, t);
	for (; place.depth; place.depth--)
		json_close(j, '}');
}

/* --- lines --- */

static void line_begin(struct view *v, const char *type, bool timed)
{
	json_clear(&v->json);
	json_open(&v->json, NULL, '{');
	json_text(&v->json, "type", type);
	if (timed)
		json_uint(&v->json, "t", v->tick.now_ns);
}

static void line_end(struct view *v)
{
	json_close(&v->json, '}');
	fwrite(v->json.text, 1, v->json.used, v->out);
	fputc('\n', v->out);
	scratch_reset(v->tick.scratch);
}

static void start(struct view *v)
{
	line_begin(v, "start", false);
	json_fields(&v->json, &row_start, v->show->start, v->model, &v->tick);
	line_end(v);
	fflush(v->out);
}

static void row(struct view *v, const struct row_type *type, const void *row)
{
	line_begin(v, type->name, true);
	json_fields(&v->json, type, NULL, row, &v->tick);
	line_end(v);
}

/* An event has a time of its own among its fields. */
static void event(struct view *v, const struct row_type *type, const void *row)
{
	line_begin(v, type->name, false);
	json_fields(&v->json, type, NULL, row, &v->tick);
	line_end(v);
}

static void tick(struct view *v)
{
	line_begin(v, "tick", true);
	json_uint(&v->json, "rows", v->rows);
	line_end(v);
	fflush(v->out);
}

static void end(struct view *v)
{
	line_begin(v, "end", true);
	json_fields(&v->json, v->show->end, &row_end, v->model, &v->tick);
	line_end(v);
	fflush(v->out);
}

const struct format format_json = {
	.name = "json", .help = "JSON lines (docs/json.md)", .changed = true,
	.start = start, .row = row, .event = event, .tick = tick, .end = end,
};

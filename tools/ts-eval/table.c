/*
 * A result as a table for people: a column for each label name, the time when
 * there may be several, the value at the right.
 */
#include <math.h>

#include "core/dur.h"
#include "core/num.h"
#include "core/utf8.h"
#include "eval.h"
#include "tmpl/humanize.h"

#define GAP	2	/* columns between columns */

/* ---- units ---- */

static const struct unit {
	const char *name;
	void	(*put)(double v, struct buf *out);
} units[] = {
	[UNIT_NONE] = { "none", NULL },
	[UNIT_SHORT] = { "short", humanize },
	[UNIT_BYTES] = { "bytes", humanize_1024 },
	[UNIT_SECONDS] = { "seconds", humanize_duration },
	[UNIT_RATIO] = { "ratio", humanize_percentage },
};

int
print_unit_parse(struct str name, enum print_unit *out)
{
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (str_eq(name, str_of(units[i].name))) {
			*out = (enum print_unit)i;
			return 0;
		}
	return -1;
}

void
print_number(struct buf *out, double v, enum print_unit unit)
{
	if (units[unit].put == NULL) {
		num_print(out, v, NUM_GO_F);
		return;
	}
	units[unit].put(v, out);
	if (unit == UNIT_BYTES && isfinite(v))
		(void)buf_putc(out, 'B');
}

/* ---- cells ---- */

struct column {
	const struct sym *label;	/* NULL: time, value */
	size_t width;
};

struct table {
	struct column *column;
	size_t n;			/* the last is the value's */
	bool times;			/* the one before it is the time's */
	VEC(struct str) cell;		/* row by row */
	struct arena arena;
	enum print_unit unit;
	const struct labels *labels;	/* of the row at hand */
};

/* The next cell of the row; empties b. */
static void
add_cell(struct table *t, struct buf *b)
{
	size_t at = t->cell.n % t->n, width;
	struct str s = arena_str(&t->arena, buf_str(b));

	vec_push(&t->cell, s);
	width = utf8_columns(s);
	if (width > t->column[at].width)
		t->column[at].width = width;
	buf_reset(b);
}

/* What a label holds must not drive the terminal: \xNN. */
static void
put_text(struct buf *out, struct str s)
{
	size_t at = 0, from;

	while ((from = at) < s.n) {
		if (utf8_printable(utf8_next(s, &at)))
			(void)buf_put(out, str_sub(s, from, at));
		else
			for (; from < at; from++)
				(void)buf_printf(out, "\\x%02x",
				    (unsigned char)s.p[from]);
	}
}

static void
add_header(struct table *t)
{
	size_t i, labels = t->n - 1 - t->times;
	struct buf b = { 0 };

	for (i = 0; i < t->n; i++) {
		if (i >= labels)
			(void)buf_put(&b, i == t->n - 1 ? STR("value") :
			    STR("time"));
		else if (str_eq(t->column[i].label->s, STR("__name__")))
			(void)buf_put(&b, STR("metric"));
		else
			put_text(&b, t->column[i].label->s);
		add_cell(t, &b);
	}
	buf_release(&b);
}

static void
add_point(void *arg, const struct print_point *p)
{
	struct table *t = arg;
	size_t i, labels = t->n - 1 - t->times;
	const struct sym *value;
	struct buf b = { 0 };

	for (i = 0; i < labels; i++) {
		value = labels_get_sym(t->labels, t->column[i].label);
		if (value)
			put_text(&b, value->s);
		add_cell(t, &b);
	}
	if (t->times) {
		time_print_rfc3339(&b, p->ts);
		add_cell(t, &b);
	}
	if (p->h)
		hist_print(p->h, &b);
	else
		print_number(&b, p->v, t->unit);
	add_cell(t, &b);
	buf_release(&b);
}

static void
put_cells(struct buf *out, const struct table *t)
{
	size_t i, at, pad;
	struct str s;
	bool value;

	for (i = 0; i < t->cell.n; i++) {
		at = i % t->n;
		s = t->cell.p[i];
		value = at == t->n - 1;
		pad = t->column[at].width - utf8_columns(s);
		if (value)
			(void)buf_printf(out, "%*s", (int)pad, "");
		(void)buf_put(out, s);
		if (!value)
			(void)buf_printf(out, "%*s", (int)pad + GAP, "");
		else
			(void)buf_putc(out, '\n');
	}
}

void
print_table(struct buf *out, const struct pcols *v, enum print_unit unit)
{
	struct table t = { .unit = unit, .times = print_is_matrix(v) };
	const struct sym **name;
	size_t i, n = print_label_names(v, &t.arena, &name);

	t.n = n + 1 + t.times;
	t.column = ARENA_ARRAY(&t.arena, t.n, struct column);
	for (i = 0; i < n; i++)
		t.column[i].label = name[i];
	if (print_rows(v) > 0)
		add_header(&t);
	for (i = 0; i < print_rows(v); i++) {
		t.labels = print_labels(v, i);
		print_points(v, i, add_point, &t);
	}
	put_cells(out, &t);
	vec_release(&t.cell);
	arena_free(&t.arena);
}

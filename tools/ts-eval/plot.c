/*
 * A range result drawn in the terminal: lines of braille dots, an axis of
 * values, an axis of time, a legend.  Each cell is two dots wide and four
 * high, so eighty columns show about 140 steps.
 */
#include <math.h>

#include "core/dur.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/utf8.h"
#include "eval.h"

#define HEIGHT		15	/* cells */
#define AXIS		11	/* columns of the value axis */
#define WIDTH_MIN	20
#define WIDTH_MAX	400
#define SERIES_MAX	8	/* drawn; the legend says how many are not */

struct canvas {
	unsigned width;			/* cells */
	unsigned char *dots, *owner;	/* a byte a cell; owner: series + 1 */
};

struct scale {
	double low, high;
};

static struct scale
scale_of(const struct pcols *v, size_t nrows)
{
	struct scale s = { INFINITY, -INFINITY };
	size_t i, k;

	for (i = 0; i < nrows; i++)
		for (k = 0; k < v->nsteps; k++) {
			double x = v->row[i].v[k];

			if (!isfinite(x))
				continue;
			s.low = fmin(s.low, x);
			s.high = fmax(s.high, x);
		}
	if (s.low > s.high)
		return (struct scale){ 0, 1 };
	if (s.low == s.high) {
		s.low -= s.low ? fabs(s.low) / 2 : 1;
		s.high += s.high ? fabs(s.high) / 2 : 1;
	}
	return s;
}

/* Dot (x, y) from the upper left, in dots. */
static void
put_dot(struct canvas *c, unsigned x, unsigned y, size_t series)
{
	static const unsigned char bit[4][2] = {
		{ 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 },
	};
	size_t cell = (size_t)(y / 4) * c->width + x / 2;

	c->dots[cell] |= bit[y % 4][x % 2];
	c->owner[cell] = (unsigned char)(series + 1);
}

static unsigned
row_of(const struct scale *s, double v)
{
	double share = (v - s->low) / (s->high - s->low);

	return (unsigned)lround((1 - share) * (HEIGHT * 4 - 1));
}

/* A value holds until the next step; there a vertical stroke joins them. */
static void
draw(struct canvas *c, const struct pcols *v, size_t i, const struct scale *s)
{
	unsigned dots = c->width * 2, x, y, from, last = 0, last_x = 0;
	bool joined = false;
	size_t k;

	for (k = 0; k < v->nsteps; k++) {
		if (!isfinite(v->row[i].v[k])) {
			joined = false;
			continue;
		}
		x = v->nsteps < 2 ? 0 : (unsigned)((double)k * (dots - 1) /
		    (double)(v->nsteps - 1));
		y = row_of(s, v->row[i].v[k]);
		for (; joined && last_x < x; last_x++)
			put_dot(c, last_x, last, i);
		from = joined ? last : y;
		last_x = x;
		for (last = y; from != y; from < y ? from++ : from--)
			put_dot(c, x, from, i);
		put_dot(c, x, y, i);
		joined = true;
	}
}

static void
color_on(struct buf *out, bool color, size_t series)
{
	static const int code[SERIES_MAX] = { 32, 33, 34, 35, 36, 31, 92, 94 };

	if (color)
		(void)buf_printf(out, "\033[%dm", code[series % SERIES_MAX]);
}

static void
color_off(struct buf *out, bool color)
{
	if (color)
		(void)buf_put(out, STR("\033[0m"));
}

/* A value in at most AXIS - 2 columns. */
static void
put_value(struct buf *out, double v, enum print_unit unit)
{
	struct buf b = { 0 };

	if (unit == UNIT_NONE)
		(void)buf_printf(&b, "%.4g", v);
	else
		print_number(&b, v, unit);
	(void)buf_printf(out, "%*s", AXIS - 2, buf_cstr(&b));
	buf_release(&b);
}

static void
put_canvas(struct buf *out, const struct canvas *c, const struct scale *s,
    enum print_unit unit, bool color)
{
	unsigned x, y;
	size_t cell;

	for (y = 0; y < HEIGHT; y++) {
		if (y % 7 == 0)
			put_value(out, s->high - (s->high - s->low) *
			    y / (HEIGHT - 1), unit);
		else
			(void)buf_printf(out, "%*s", AXIS - 2, "");
		(void)buf_put(out, y % 7 ? STR(" \u2502") : STR(" \u2524"));
		for (x = 0; x < c->width; x++) {
			cell = (size_t)y * c->width + x;
			if (c->dots[cell] == 0) {
				(void)buf_putc(out, ' ');
				continue;
			}
			color_on(out, color, c->owner[cell] - 1U);
			(void)utf8_put(out, 0x2800U + c->dots[cell]);
			color_off(out, color);
		}
		(void)buf_putc(out, '\n');
	}
}

static void
put_times(struct buf *out, const struct pcols *v, unsigned width)
{
	struct buf from = { 0 }, to = { 0 };
	unsigned i;

	(void)buf_printf(out, "%*s \u2514", AXIS - 2, "");
	for (i = 0; i < width; i++)
		(void)buf_put(out, STR("\u2500"));
	time_print_rfc3339(&from, v->start);
	time_print_rfc3339(&to, v->start + (int64_t)(v->nsteps - 1) *
	    v->step);
	(void)buf_printf(out, "\n%*s%s%*s\n", AXIS, "", buf_cstr(&from),
	    (int)width > (int)from.n ? (int)(width - from.n) : (int)to.n + 1,
	    buf_cstr(&to));
	buf_release(&from);
	buf_release(&to);
}

static double
last_value(const struct pcols *v, size_t i)
{
	size_t k;

	for (k = v->nsteps; k > 0; k--)
		if (!pv_absent(v->row[i].v[k - 1]))
			return v->row[i].v[k - 1];
	return NAN;
}

static void
put_legend(struct buf *out, const struct pcols *v, size_t drawn,
    enum print_unit unit, bool color)
{
	size_t i;

	for (i = 0; i < drawn; i++) {
		color_on(out, color, i);
		(void)buf_put(out, STR("  \u25a0 "));
		color_off(out, color);
		if (v->row[i].labels)
			labels_print(v->row[i].labels, out);
		(void)buf_put(out, STR(" = "));
		if (unit == UNIT_NONE)
			num_print(out, last_value(v, i), NUM_GO_G);
		else
			print_number(out, last_value(v, i), unit);
		(void)buf_putc(out, '\n');
	}
	if (v->nrows > drawn)
		(void)buf_printf(out, "  and %zu more series, not drawn\n",
		    v->nrows - drawn);
}

void
print_plot(struct buf *out, const struct pcols *v, enum print_unit unit,
    unsigned columns, bool color)
{
	struct canvas c = { 0 };
	struct scale s;
	size_t i, drawn = v->nrows < SERIES_MAX ? v->nrows : SERIES_MAX;

	if (drawn == 0) {
		(void)buf_put(out, STR("(no data)\n"));
		return;
	}
	if (columns < WIDTH_MIN + AXIS)
		columns = WIDTH_MIN + AXIS;
	c.width = columns - AXIS < WIDTH_MAX ? columns - AXIS : WIDTH_MAX;
	c.dots = mem_array((size_t)c.width * HEIGHT, 1);
	c.owner = mem_array((size_t)c.width * HEIGHT, 1);
	s = scale_of(v, drawn);
	for (i = drawn; i > 0; i--)
		draw(&c, v, i - 1, &s);
	put_canvas(out, &c, &s, unit, color);
	put_times(out, v, c.width);
	put_legend(out, v, drawn, unit, color);
	mem_free(c.dots);
	mem_free(c.owner);
}

/*
 * plugin: reading the output of a monitoring plugin.
 *
 *	output -> text [ '|' perf ] { newline long-text } [ '|' perf-lines ]
 */
#include "plugin.h"

#include <math.h>

#include "core/num.h"
#include "core/utf8.h"

#define PERF_MAX	1000

static struct str
clean(struct str s, struct arena *a)
{
	struct buf b = { 0 };
	struct str out;
	size_t at = 0;

	if (utf8_valid(s))
		return arena_str(a, s);
	while (at < s.n)
		(void)utf8_put(&b, utf8_next(s, &at));
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* label -> 'quoted, '' for a quote' | anything up to '=' */
static bool
take_label(struct str *s, struct arena *a, struct str *label)
{
	char *out = arena_raw(a, s->n + 1);
	size_t i = 0, n = 0;

	if (s->p[0] != '\'') {
		while (i < s->n && s->p[i] != '=' && s->p[i] != ' ')
			out[n++] = s->p[i++];
	} else {
		for (i = 1; i < s->n; i++) {
			if (s->p[i] == '\'') {
				if (i + 1 >= s->n || s->p[i + 1] != '\'')
					break;
				i++;
			}
			out[n++] = s->p[i];
		}
		i++;
	}
	*label = (struct str){ out, n };
	if (n == 0 || i >= s->n || s->p[i] != '=')
		return false;
	*s = str_sub(*s, i + 1, s->n);
	return true;
}

static size_t
number_length(struct str s)
{
	double v;
	size_t n;

	for (n = s.n; n > 0; n--)
		if (num_parse_double(str_sub(s, 0, n), &v))
			return n;
	return 0;
}

static double
optional_number(struct str s)
{
	double v;

	return s.n && num_parse_double(s, &v) ? v : NAN;
}

static struct str
optional_range(struct str s)
{
	return s.n ? s : STR_NONE;
}

/* value [uom] [; warn [; crit [; min [; max]]]] */
static bool
take_values(struct str s, struct perf *p)
{
	struct str field[5] = { { 0 } };
	size_t i, n;

	for (i = 0; i < 5 && s.p != NULL; i++)
		s = str_cut(s, ';', &field[i]);
	if (str_eq(field[0], STR("U"))) {
		p->value = NAN;
	} else {
		/* A value is short; more would only cost time. */
		n = number_length(str_sub(field[0], 0, 64));
		if (n == 0)
			return false;
		(void)num_parse_double(str_sub(field[0], 0, n), &p->value);
		p->uom = str_sub(field[0], n, field[0].n);
	}
	p->warn = optional_range(field[1]);
	p->crit = optional_range(field[2]);
	p->min = optional_number(field[3]);
	p->max = optional_number(field[4]);
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Up to a blank outside of a quoted label. */
static size_t
item_length(struct str s)
{
	bool quoted = false;
	size_t n;

	for (n = 0; n < s.n && (quoted || !is_blank(s.p[n])); n++)
		if (s.p[n] == '\'')
			quoted = !quoted;
	return n;
}

static struct str
trim_end(struct str s)
{
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static void
take_perf(struct str s, struct arena *a, struct plugin_output *p)
{
	struct perf one;
	struct str item;
	size_t n;

	while ((s = str_trim(s)).n && p->perf.n < PERF_MAX) {
		n = item_length(s);
		item = clean(str_sub(s, 0, n), a);
		s = str_sub(s, n, s.n);
		/* Words behind a bar in a usage text are no data at all. */
		if (str_find_char(item, '=') < 0)
			continue;
		memset(&one, 0, sizeof(one));
		if (take_label(&item, a, &one.label) &&
		    take_values(item, &one))
			vec_push(&p->perf, one);
		else
			p->bad_perf++;
	}
}

void
plugin_parse(struct str out, struct arena *a, struct plugin_output *p)
{
	struct str line, perf;

	memset(p, 0, sizeof(*p));
	out = str_cut(out, '\n', &line);
	perf = str_cut(line, '|', &line);
	p->text = clean(str_trim(line), a);
	take_perf(perf, a, p);
	while (out.n) {
		out = str_cut(out, '\n', &line);
		perf = str_cut(line, '|', &line);
		if (perf.p == NULL) {
			vec_push(&p->long_text, clean(line, a));
			continue;
		}
		vec_push(&p->long_text, clean(trim_end(line), a));
		/* Behind a second bar all that follows is values. */
		take_perf(perf, a, p);
		take_perf(out, a, p);
		break;
	}
}

void
plugin_release(struct plugin_output *p)
{
	vec_release(&p->long_text);
	vec_release(&p->perf);
}

enum check_status
plugin_status(int status, int signal)
{
	if (signal || status < 0 || status > 3)
		return CHECK_UNKNOWN;
	return (enum check_status)status;
}

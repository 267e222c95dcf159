/*
 * report_nagios: a monitoring plugin's output.
 */
#include "report.h"

#include <math.h>

#include "core/num.h"

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* What would end the text: the bar begins the performance data. */
static void
put_plain(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		(void)buf_putc(out, s.p[i] == '|' ? '/' :
		    is_control(s.p[i]) ? ' ' : s.p[i]);
}

/*
 * Within quotes: a quote is two, an equals sign would end the label.  A mount
 * point may hold anything.
 */
static void
put_label(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			(void)buf_putc(out, '\'');
		(void)buf_putc(out, s.p[i] == '=' || s.p[i] == '|' ||
		    is_control(s.p[i]) ? '_' : s.p[i]);
	}
}

/* 'label'=value uom;warn;crit;min;max, with no trailing semicolons. */
static void
put_perf(struct buf *out, struct str prefix, const struct perf *p)
{
	const double ends[] = { p->min, p->max };
	size_t i, from;

	(void)buf_put(out, STR(" '"));
	put_label(out, prefix);
	put_label(out, p->label);
	(void)buf_put(out, STR("'="));
	if (isnan(p->value))
		(void)buf_putc(out, 'U');
	else
		num_print(out, p->value, NUM_GO_F);
	(void)buf_put(out, p->uom);
	from = out->n;
	(void)buf_printf(out, ";" STR_FMT ";" STR_FMT, STR_ARG(p->warn),
	    STR_ARG(p->crit));
	for (i = 0; i < 2; i++) {
		(void)buf_putc(out, ';');
		if (!isnan(ends[i]))
			num_print(out, ends[i], NUM_GO_F);
	}
	while (out->n > from && out->p[out->n - 1] == ';')
		out->n--;
}

/* Seconds as a threshold; empty for none. */
static struct str
limit_text(struct arena *a, int64_t ms)
{
	return ms ? arena_printf(a, "%g", (double)ms / 1000) : STR_NONE;
}

/*
 * What asks over the network has a time, U when nothing came back: a graph
 * has a gap then, not an end.
 */
static void
put_outcome_perf(const struct report *r, struct buf *out,
    const struct outcome *o)
{
	bool several = r->n > 1;
	struct perf time = { .label = several ? o->check->name :
	    STR("time"), .value = o->result->seconds, .uom = STR("s"),
	    .warn = limit_text(r->arena, o->check->slow_ms),
	    .crit = limit_text(r->arena, o->check->slow_crit_ms),
	    .min = 0, .max = (double)o->check->timeout_ms / 1000 };
	struct buf prefix = { 0 };
	size_t i;

	if (isnan(time.value))
		time.uom = STR_NONE;
	if (!isnan(time.value) || o->check->kind->network)
		put_perf(out, STR_NONE, &time);
	if (several)
		(void)buf_printf(&prefix, STR_FMT "::",
		    STR_ARG(o->check->name));
	for (i = 0; i < o->result->perf.n; i++)
		put_perf(out, buf_str(&prefix), &o->result->perf.p[i]);
	buf_release(&prefix);
}

static size_t
put_problems(const struct report *r, struct buf *out)
{
	const struct outcome *o;
	size_t healthy = 0;

	for (o = r->outcome; o != r->outcome + r->n; o++) {
		if (outcome_status(o) == CHECK_OK) {
			healthy++;
			continue;
		}
		put_plain(out, o->check->name);
		(void)buf_put(out, STR(": "));
		put_plain(out, outcome_text(o));
		(void)buf_put(out, STR("; "));
	}
	return healthy;
}

void
report_nagios(const struct report *r, struct buf *out)
{
	const struct outcome *o;
	size_t healthy;

	(void)buf_printf(out, "HEALTH %s - ",
	    check_status_plugin(report_status(r)));
	if (r->n == 1 && outcome_text(r->outcome).n) {
		put_plain(out, outcome_text(r->outcome));
	} else {
		healthy = put_problems(r, out);
		(void)buf_printf(out, "%zu of %zu healthy", healthy, r->n);
	}
	(void)buf_put(out, STR(" |"));
	for (o = r->outcome; o != r->outcome + r->n; o++)
		put_outcome_perf(r, out, o);
	if (out->p[out->n - 1] == '|')
		out->n -= 2;
	(void)buf_putc(out, '\n');
	for (o = r->outcome; r->n > 1 && o != r->outcome + r->n; o++) {
		(void)buf_printf(out, "%s ",
		    check_status_plugin(o->result->status));
		put_plain(out, o->check->name);
		if (outcome_text(o).n)
			(void)buf_put(out, STR(": "));
		put_plain(out, outcome_text(o));
		(void)buf_putc(out, '\n');
	}
}

/*
 * sla_text: for people, and as JSON lines.
 */
#include "sla.h"

#include <math.h>

#include "core/dur.h"
#include "core/utf8.h"
#include "json/write.h"

struct str
sla_duration(double ms, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	if (isnan(ms))
		return STR("-");
	dur_print(&b, ms < 1000 && ms > -1000 ? (int64_t)ms :
	    (int64_t)(ms / 1000) * 1000);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

struct str
sla_instant(int64_t ms, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	time_print_rfc3339(&b, ms);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

enum { COLUMNS = 8 };

static void
row_of(const struct sla *s, const struct sla_check *c, struct arena *a,
    struct str *cell)
{
	double left = sla_allowed_ms(s, c) - (double)c->ms[SLA_DOWN];

	cell[0] = c->name;
	cell[1] = sla_percent(sla_availability(c), a);
	cell[2] = sla_duration((double)c->ms[SLA_DOWN], a);
	cell[3] = arena_printf(a, "%zu", c->failures);
	cell[4] = sla_duration(sla_mttr_ms(c), a);
	cell[5] = sla_duration(sla_mtbf_ms(c), a);
	cell[6] = sla_duration(left, a);
	cell[7] = isnan(sla_availability(c)) ? STR("no data") :
	    sla_met(s, c) ? STR("met") : STR("missed");
}

static void
put_row(struct buf *out, const struct str *cell, const size_t *width)
{
	size_t i, w;

	for (i = 0; i < COLUMNS; i++) {
		(void)buf_put(out, cell[i]);
		for (w = utf8_columns(cell[i]); i + 1 < COLUMNS &&
		    w < width[i] + 2; w++)
			(void)buf_putc(out, ' ');
	}
	(void)buf_putc(out, '\n');
}

static void
put_outages(const struct sla_check *c, struct arena *a, struct buf *out)
{
	const struct sla_span *p, *end = c->spans.p + c->spans.n;

	if (c->failures == 0)
		return;
	(void)buf_printf(out, "\n" STR_FMT " was down:\n", STR_ARG(c->name));
	for (p = c->spans.p; p != end; p++) {
		if (p->state != SLA_DOWN)
			continue;
		(void)buf_printf(out, "  " STR_FMT "  " STR_FMT "%s%s"
		    STR_FMT "\n", STR_ARG(sla_instant(p->from_ms, a)),
		    STR_ARG(sla_duration((double)(p->to_ms - p->from_ms), a)),
		    p + 1 == end ? ", still" : "", p->error.n ? "  " : "",
		    STR_ARG(p->error));
	}
}

void
sla_text(const struct sla *s, struct arena *a, struct buf *out)
{
	static const struct str heads[COLUMNS] = {
		{ "CHECK", 5 }, { "AVAILABLE %", 11 }, { "DOWN", 4 },
		{ "FAILURES", 8 }, { "MTTR", 4 }, { "MTBF", 4 },
		{ "BUDGET LEFT", 11 }, { "OBJECTIVE", 9 },
	};
	struct str (*cell)[COLUMNS] = arena_array(a, s->checks.n + 1,
	    sizeof(*cell));
	size_t width[COLUMNS], i, k, w;

	for (k = 0; k < COLUMNS; k++)
		width[k] = heads[k].n;
	for (i = 0; i < s->checks.n; i++) {
		row_of(s, s->checks.p[i], a, cell[i]);
		for (k = 0; k < COLUMNS; k++)
			if ((w = utf8_columns(cell[i][k])) > width[k])
				width[k] = w;
	}
	(void)buf_printf(out, STR_FMT " to " STR_FMT ", objective %g %%\n\n",
	    STR_ARG(sla_instant(s->from_ms, a)), STR_ARG(sla_instant(s->to_ms, a)),
	    s->objective * 100);
	put_row(out, heads, width);
	for (i = 0; i < s->checks.n; i++)
		put_row(out, cell[i], width);
	for (i = 0; i < s->checks.n; i++)
		put_outages(s->checks.p[i], a, out);
}

/* ---- JSON ---- */

static void
put_seconds(struct jw *w, const char *key, double ms)
{
	jw_key(w, str_of(key));
	jw_num(w, isnan(ms) ? ms : round(ms) / 1000);
}

static void
put_budget(struct jw *w, const struct sla *s, const struct sla_check *c)
{
	double allowed = sla_allowed_ms(s, c);

	jw_key(w, STR("budget"));
	jw_obj(w);
	put_seconds(w, "allowed", allowed);
	put_seconds(w, "used", (double)c->ms[SLA_DOWN]);
	put_seconds(w, "remaining", allowed - (double)c->ms[SLA_DOWN]);
	jw_obj_end(w);
}

static void
put_downtime(struct jw *w, const struct sla_check *c, struct arena *a)
{
	const struct sla_span *p, *end = c->spans.p + c->spans.n;

	jw_key(w, STR("downtime"));
	jw_arr(w);
	for (p = c->spans.p; p != end; p++) {
		if (p->state != SLA_DOWN)
			continue;
		jw_obj(w);
		jw_key(w, STR("from"));
		jw_str(w, sla_instant(p->from_ms, a));
		jw_key(w, STR("to"));
		jw_str(w, sla_instant(p->to_ms, a));
		put_seconds(w, "seconds", (double)(p->to_ms - p->from_ms));
		jw_key(w, STR("ongoing"));
		jw_bool(w, p + 1 == end);
		jw_key(w, STR("error"));
		jw_str(w, p->error);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void
put_check(struct jw *w, const struct sla *s, const struct sla_check *c,
    struct arena *a)
{
	static const char *const states[] = { "up", "down", "excluded",
	    "unmonitored" };
	int i;

	jw_obj(w);
	jw_key(w, STR("sla"));
	jw_str(w, c->name);
	jw_key(w, STR("from"));
	jw_str(w, sla_instant(s->from_ms, a));
	jw_key(w, STR("to"));
	jw_str(w, sla_instant(s->to_ms, a));
	jw_key(w, STR("objective"));
	jw_num(w, s->objective);
	jw_key(w, STR("availability"));
	jw_num(w, sla_availability(c));
	jw_key(w, STR("met"));
	if (isnan(sla_availability(c)))
		jw_null(w);
	else
		jw_bool(w, sla_met(s, c));
	for (i = 0; i < SLA_NSTATES; i++)
		put_seconds(w, states[i], (double)c->ms[i]);
	jw_key(w, STR("failures"));
	jw_int(w, (int64_t)c->failures);
	put_seconds(w, "mttr", sla_mttr_ms(c));
	put_seconds(w, "mtbf", sla_mtbf_ms(c));
	put_budget(w, s, c);
	put_downtime(w, c, a);
	jw_obj_end(w);
}

void
sla_json(const struct sla *s, struct arena *a, struct buf *out)
{
	struct jw w = { .out = out };
	size_t i;

	for (i = 0; i < s->checks.n; i++) {
		w.comma = false;
		put_check(&w, s, s->checks.p[i], a);
		(void)buf_putc(out, '\n');
	}
}

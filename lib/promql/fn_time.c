/*
 * fn_time: the calendar (UTC), and what a query knows of its own time.
 */
#include <math.h>

#include "core/dur.h"
#include "promql/internal.h"

#define DAY_S	86400

/*
 * Go counts from a first of March some 292 billion years ago, without a sign;
 * what no number of seconds is (NaN, infinities) becomes the smallest one,
 * and wraps around there.  So do we, to give the same nonsense for it.
 */
#define EPOCH_DAYS	(INT64_C(730692556) * 146097 + 306 + 719162)

static uint64_t
absolute(double v)
{
	int64_t s = v >= -0x1p63 && v < 0x1p63 ? (int64_t)v : INT64_MIN;

	return (uint64_t)s + (uint64_t)EPOCH_DAYS * DAY_S;
}

static int64_t
days(double v)
{
	return (int64_t)(absolute(v) / DAY_S) - EPOCH_DAYS;
}

static int64_t
second_of_day(double v)
{
	return (int64_t)(absolute(v) % DAY_S);
}

struct civil {
	int64_t year;
	unsigned month, day;
};

static struct civil
civil(double v)
{
	struct civil c;

	time_civil_from_days(days(v), &c.year, &c.month, &c.day);
	return c;
}

double
fn_year(double v, const double *arg)
{
	(void)arg;
	return (double)civil(v).year;
}

double
fn_month(double v, const double *arg)
{
	(void)arg;
	return civil(v).month;
}

double
fn_day_of_month(double v, const double *arg)
{
	(void)arg;
	return civil(v).day;
}

/* 0 is Sunday; the epoch was a Thursday. */
double
fn_day_of_week(double v, const double *arg)
{
	int64_t d = (days(v) + 4) % 7;

	(void)arg;
	return (double)(d < 0 ? d + 7 : d);
}

double
fn_day_of_year(double v, const double *arg)
{
	(void)arg;
	return (double)(days(v) -
	    time_days_from_civil(civil(v).year, 1, 1) + 1);
}

double
fn_days_in_month(double v, const double *arg)
{
	struct civil c = civil(v);
	int64_t first = time_days_from_civil(c.year, c.month, 1), next;

	(void)arg;
	next = c.month == 12 ? time_days_from_civil(c.year + 1, 1, 1) :
	    time_days_from_civil(c.year, c.month + 1, 1);
	return (double)(next - first);
}

double
fn_hour(double v, const double *arg)
{
	(void)arg;
	return (double)(second_of_day(v) / 3600);
}

double
fn_minute(double v, const double *arg)
{
	(void)arg;
	return (double)(second_of_day(v) / 60 % 60);
}

/* ---- of the query ---- */

double
fn_time(const struct pcall *c, int64_t ts, const double *arg)
{
	(void)c, (void)arg;
	return (double)ts / 1000;
}

double
fn_start(const struct pcall *c, int64_t ts, const double *arg)
{
	(void)ts, (void)arg;
	return (double)c->ev->c->start / 1000;
}

double
fn_end(const struct pcall *c, int64_t ts, const double *arg)
{
	(void)ts, (void)arg;
	return (double)c->ev->c->end / 1000;
}

double
fn_range(const struct pcall *c, int64_t ts, const double *arg)
{
	(void)ts, (void)arg;
	return (double)(c->ev->c->end - c->ev->c->start) / 1000;
}

double
fn_step(const struct pcall *c, int64_t ts, const double *arg)
{
	(void)ts, (void)arg;
	return (double)c->ev->c->step / 1000;
}

/* ---- of samples ---- */

static int
selector_times(struct pcall *c, enum pselect_what what, struct pcols *out)
{
	size_t i;

	if (pselect_vector_as(c->ev, pcall_arg(c, 0), c->g, what, out) == -1)
		return -1;
	pcols_drop_empty(out);
	for (i = 0; i < out->nrows; i++)
		prow_drop_name(c->ev, &out->row[i]);
	return c->ev->c->delayed_name_removal ? 0 : pcols_merge(c->ev, out);
}

/* Of a selector: the sample's own time; of all else: the step's. */
int
fn_timestamp(struct pcall *c, struct pcols *out)
{
	struct prow *r;
	size_t i, k;

	if (pcall_arg(c, 0)->kind == PX_SELECTOR)
		return selector_times(c, PSELECT_TIME, out);
	if (peval_expr(c->ev, c->x->u.call.arg[0], c->g, out) == -1)
		return -1;
	for (i = 0; i < out->nrows; i++) {
		r = &out->row[i];
		for (k = 0; k < c->g->n; k++)
			if (!pv_gone(r->v[k]))
				r->v[k] = (double)pgrid_at(c->g, k) / 1000;
		r->h = NULL;
		prow_drop_name(c->ev, r);
	}
	return c->ev->c->delayed_name_removal ? 0 : pcols_merge(c->ev, out);
}

/* When the counting of each sample began, as far as it is known. */
int
fn_start_timestamp(struct pcall *c, struct pcols *out)
{
	if (pcall_arg(c, 0)->kind == PX_SELECTOR)
		return selector_times(c, PSELECT_START, out);
	if (peval_expr(c->ev, c->x->u.call.arg[0], c->g, out) == -1)
		return -1;
	out->nrows = 0;
	return 0;
}

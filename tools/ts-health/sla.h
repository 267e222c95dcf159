/*
 * sla: how available checks were, from the result lines of their runs.
 *
 * A result stands until the next one of its check, at most for the gap;
 * beyond that nothing is known (unmonitored).  Healthy and warning are up,
 * unhealthy is down.  An unknown result says nothing about its target, so it
 * is unmonitored time; results in a maintenance window are excluded, and with
 * a configuration all time inside of a window, to the minute.  Availability
 * is up / (up + down).
 */
#ifndef TS_HEALTH_SLA_H
#define TS_HEALTH_SLA_H

#include "check_status.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/map.h"
#include "core/vec.h"
#include "maintenance.h"

#define SLA_RESULTS_MAX	((size_t)20 << 20)
#define SLA_CHECKS_MAX	100000
#define SLA_TEXT_MAX	200	/* bytes of an error that are kept */

enum sla_state { SLA_UP, SLA_DOWN, SLA_EXCLUDED, SLA_UNMONITORED,
    SLA_NSTATES };

struct sla_result {
	int64_t time_ms;
	size_t at;		/* in order of reading */
	enum sla_state state;
	struct str error;	/* of a bad one */
};

/* Neighbours differ in state. */
struct sla_span {
	int64_t from_ms, to_ms;
	enum sla_state state;
	struct str error;	/* the first one, of SLA_DOWN */
};

struct sla_check {
	struct str name;
	const struct maintenance *maintenance;	/* or NULL */
	VEC(struct sla_result) results;

	/* by sla_compute */
	VEC(struct sla_span) spans;	/* all of the period, in order */
	int64_t interval_ms;		/* the median between results */
	int64_t ms[SLA_NSTATES];
	size_t failures;		/* spans of SLA_DOWN */
	int64_t repaired_ms;		/* of those that ended */
	size_t repaired;
	bool down_now;			/* the last span is SLA_DOWN */
};

struct sla {
	double objective;		/* 0.999 */
	int64_t from_ms, to_ms;		/* 0 = as the results have it */
	int64_t gap_ms;			/* 0 = 3 intervals of the check */

	VEC(struct sla_check *) checks;	/* in order of appearance */
	struct map index;
	size_t nresults;
	struct arena arena;
};

/* One line: 1 a result, 0 something else, -1 with *e. */
int	sla_add(struct sla *s, struct str line, struct err *e);

/* The check of that name; made when there is none yet. */
struct sla_check	*sla_check(struct sla *s, struct str name);

/* When all is added; sets the period's ends that were 0. */
void	sla_compute(struct sla *s);

/* NaN when nothing was monitored. */
double	sla_availability(const struct sla_check *c);

/* The downtime that the objective allows of the time monitored, ms. */
double	sla_allowed_ms(const struct sla *s, const struct sla_check *c);

/* Mean times; NaN without a failure (without one that ended: no MTTR). */
double	sla_mttr_ms(const struct sla_check *c);
double	sla_mtbf_ms(const struct sla_check *c);

/* Monitored, and not below the objective. */
bool	sla_met(const struct sla *s, const struct sla_check *c);

/* Availability in percent, never rounded up: "99.953". */
struct str	sla_percent(double availability, struct arena *a);

/* For people: "1h30m", "-" of NaN; RFC 3339. */
struct str	sla_duration(double ms, struct arena *a);
struct str	sla_instant(int64_t ms, struct arena *a);

void	sla_release(struct sla *s);

/* sla_text.c, sla_html.c: for people, a JSON line a check, one page. */
void	sla_text(const struct sla *s, struct arena *a, struct buf *out);
void	sla_json(const struct sla *s, struct arena *a, struct buf *out);
void	sla_html(const struct sla *s, struct arena *a, struct buf *out);

#endif

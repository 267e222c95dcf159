/*
 * schedule: when a plan is due.
 *
 *	when: EXPRESSION | [EXPRESSION ...]	calendar(7), `every 5m`, cron(5)
 *	jitter: 15m		the same for this host and plan each time
 *	missed: run | skip	what becomes of times when nothing ran
 *	max_lateness: 12h	later than that it is skipped
 *	retry_after: 1h		a run that failed is due again
 */
#ifndef TS_MAINT_SCHEDULE_H
#define TS_MAINT_SCHEDULE_H

#include "core/calendar.h"
#include "yaml/fields.h"

#define SCHEDULE_TIMES_MAX	64

struct schedule {
	struct ystrs text;		/* as written */
	struct calendar *at[2 * SCHEDULE_TIMES_MAX];
	size_t n;
	int64_t every_ms;		/* 0 = not so */
	int64_t jitter_ms, max_lateness_ms, retry_after_ms;
	bool skip_missed;
};

#define SCHEDULE_ROWS(at)						\
	YROW("when", YT_CUSTOM, (at), .decode = schedule_decode_when),	\
	YROW("jitter", YT_DURATION, (at) + offsetof(struct schedule,	\
	    jitter_ms)),						\
	YROW("missed", YT_CUSTOM, (at), .decode = schedule_decode_missed), \
	YROW("max_lateness", YT_DURATION, (at) +			\
	    offsetof(struct schedule, max_lateness_ms)),		\
	YROW("retry_after", YT_DURATION, (at) +				\
	    offsetof(struct schedule, retry_after_ms), .dflt = "1h")

int	schedule_decode_when(const struct ynode *n, void *schedule,
	    struct arena *a, struct err *e);
int	schedule_decode_missed(const struct ynode *n, void *schedule,
	    struct arena *a, struct err *e);

static inline bool
schedule_is_set(const struct schedule *s)
{
	return s->n > 0 || s->every_ms > 0;
}

/* The first time after a moment, without jitter; INT64_MAX = none. */
int64_t	schedule_next(const struct schedule *s, int64_t after_ms);

/*
 * What jitter adds to the times of the plan of that name on this host: never
 * so much that one reaches the next.
 */
int64_t	schedule_jitter(const struct schedule *s, struct str name,
	    int64_t at_ms);

/* What is known of its runs, and what that means now. */
struct due {
	bool due;
	int64_t at_ms;		/* due: since then; else: when it will be */
	int64_t missed;		/* times before that one, not run either */
	int64_t skipped_ms;	/* the last time that is too late to run; 0 */
	bool future;		/* the state is of a later time than now */
};

/*
 * since: the last time that is done with (0: it was never looked at); tried
 * and failed: the last attempt since then, 0 = none.  A calendar that was
 * never looked at begins now, so nothing is due; `every` is due at once.
 */
void	schedule_due(const struct schedule *s, struct str name,
	    int64_t since_ms, int64_t tried_ms, int64_t now_ms,
	    struct due *out);

#endif

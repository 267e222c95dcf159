/*
 * report: results as each -o wants them.
 */
#ifndef TS_HEALTH_REPORT_H
#define TS_HEALTH_REPORT_H

#include "runner.h"
#include "streak.h"

/* A check, what was seen, and what it was before. */
struct outcome {
	const struct check *check;
	const struct check_result *result;
	struct streak streak;
	int64_t time_ms;
	bool kept;		/* of an earlier run */
};

struct report {
	const struct outcome *outcome;	/* in order of the configuration */
	size_t n;
	int64_t now_ms;
	double seconds;		/* that the run took */
	bool color;
	bool envelope;		/* JSON ends with a line of the whole */
	struct arena *arena;
};

struct report_format {
	const char *name;
	void	(*print)(const struct report *r, struct buf *out);
};

extern const struct report_format report_formats[];
/* Of the formats in this order, then "http" (serve.h). */
extern const char *const report_names[];
extern const size_t report_nformats;

void	report_json(const struct report *r, struct buf *out);
void	report_table(const struct report *r, struct buf *out);
void	report_nagios(const struct report *r, struct buf *out);
void	report_samples(const struct report *r, struct buf *out);
void	report_text(const struct report *r, struct buf *out);
void	report_alerts(const struct report *r, struct buf *out);

/*
 * What the whole is: the worst debounced state of the checks that are not in
 * maintenance; those with `critical: false` count as a warning at most.
 */
enum check_status	report_status(const struct report *r);

/* The state that counts of one of them. */
enum check_status	outcome_status(const struct outcome *o);

/* Error, or message, or the empty text. */
struct str	outcome_text(const struct outcome *o);

#endif

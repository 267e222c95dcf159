/*
 * follow: -f: run checks again and again, each at its interval, until asked
 * to stop.
 */
#ifndef TS_HEALTH_FOLLOW_H
#define TS_HEALTH_FOLLOW_H

#include "health_yml.h"
#include "tool/tool.h"

enum follow { FOLLOW_STOP, FOLLOW_GO_ON, FOLLOW_RELOAD };

/* Catch signals from now on. */
void	follow_start(void);

/*
 * When what was due at due_ms and started at now_ms is due again: one
 * interval later.  Never a backlog: what was missed is left out.
 */
int64_t	follow_next(int64_t due_ms, int64_t now_ms, int64_t interval_ms);

/*
 * Room for what each check of h was in the run before; what it was in `old`
 * (NULL = none) under the same name.  Both must have been loaded.
 */
void	follow_begin(struct health_config *h, const struct health_config *old);

/*
 * The checks that have just run are due one interval later; those whose bad
 * results are being counted, one retry_interval (0 = the interval too).
 */
void	follow_ran(struct health_config *h, int64_t now_ms);

/*
 * Write out what stands there, and wait until a check is due: or SIGTERM,
 * SIGINT and a closed stdout (stop), or SIGHUP (reload).
 */
enum follow	follow_wait(struct tool *t, const struct health_config *h);

/* The same until at_ms on the clock that never jumps (clk_mono_ms). */
enum follow	follow_until(struct tool *t, int64_t at_ms);

#endif

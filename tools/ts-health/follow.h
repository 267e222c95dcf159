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

/* The checks that have just run are due one interval later. */
void	follow_ran(struct health_config *h, int64_t now_ms);

/*
 * Write out what stands there, and wait until a check is due: or SIGTERM,
 * SIGINT and a closed stdout (stop), or SIGHUP (reload).
 */
enum follow	follow_wait(struct tool *t, const struct health_config *h);

#endif

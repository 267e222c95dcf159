/*
 * units: what starts the plans: systemd timers, a crontab.
 */
#ifndef TS_MAINT_UNITS_H
#define TS_MAINT_UNITS_H

#include "maint_yml.h"
#include "tool/tool.h"

/* A .service and a .timer for each plan with a schedule, one behind the other
 * or (dir) as files there.  0, or -1 with *e. */
int	units_systemd(const struct tool *t, const struct maint_config *m,
	    const char *dir, struct buf *out, struct err *e);

/* A table for /etc/cron.d. */
void	units_cron(const struct tool *t, const struct maint_config *m,
	    struct buf *out);

#endif

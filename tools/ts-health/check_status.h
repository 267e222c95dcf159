/*
 * check_status: how well something is.  In order of the exit statuses of
 * monitoring plugins.
 */
#ifndef TS_HEALTH_CHECK_STATUS_H
#define TS_HEALTH_CHECK_STATUS_H

#include "config/range.h"
#include "core/str.h"

enum check_status { CHECK_OK, CHECK_WARN, CHECK_FAIL, CHECK_UNKNOWN };

/* healthy, warning, unhealthy, unknown */
const char	*check_status_name(enum check_status s);
bool		 check_status_parse(struct str name, enum check_status *out);

/* The plugins' words: OK, WARNING, CRITICAL, UNKNOWN. */
const char	*check_status_plugin(enum check_status s);

/* The worse one: unhealthy, unknown, warning, healthy. */
enum check_status	check_status_worse(enum check_status a,
			    enum check_status b);

/* The critical range is asked first. */
enum check_status	range_status(const struct range *warn,
			    const struct range *crit, double v);

#endif

/*
 * cgroup: what the container or service that we run in may use, and uses.
 * Both versions; on a hybrid machine the hierarchy that has the controller
 * counts.
 */
#ifndef TS_HEALTH_CGROUP_H
#define TS_HEALTH_CGROUP_H

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"

/* NaN where nothing is told, or there is no limit. */
struct cgroup {
	int version;		/* 1 or 2; 0: no memory controller at all */
	struct str path;	/* of the memory controller */
	double memory_limit;	/* bytes; the smallest on the way up */
	double memory_current;	/* with page cache */
	double memory_used;	/* without what can be dropped at once */
	double cpu_limit;	/* processors; the smallest on the way up */
	double cpu_usage_s, periods, throttled_periods, throttled_s;
};

/*
 * Of the process procfs/self.  1 read, 0 when there are no cgroups, -1 with
 * *e.  A mount below /sys is taken below sysfs, others below rootfs.
 */
int	cgroup_read(const char *procfs, const char *sysfs, const char *rootfs,
	    struct arena *a, struct cgroup *out, struct err *e);

#endif

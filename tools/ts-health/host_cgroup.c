/*
 * cgroup: what the container or service that this runs in may use, and uses,
 * under cAdvisor's names.  Nothing on a bare machine.
 */
#include "host.h"

#include <math.h>

#include "cgroup.h"

#define PERIOD_US	100000

#define AT(f)	offsetof(struct cgroup, f)
static const struct {
	const char *name, *type, *help;
	size_t at;
	double factor;
} rows[] = {
	{ "container_cpu_cfs_periods_total", "counter",
	    "Number of elapsed enforcement period intervals.", AT(periods),
	    1 },
	{ "container_cpu_cfs_throttled_periods_total", "counter",
	    "Number of throttled period intervals.", AT(throttled_periods),
	    1 },
	{ "container_cpu_cfs_throttled_seconds_total", "counter",
	    "Total time duration the container has been throttled.",
	    AT(throttled_s), 1 },
	{ "container_cpu_usage_seconds_total", "counter",
	    "Cumulative cpu time consumed in seconds.", AT(cpu_usage_s), 1 },
	{ "container_memory_usage_bytes", "gauge", "Current memory usage in "
	    "bytes, including all memory regardless of when it was accessed",
	    AT(memory_current), 1 },
	{ "container_memory_working_set_bytes", "gauge",
	    "Current working set in bytes.", AT(memory_used), 1 },
	{ "container_spec_cpu_quota", "gauge", "CPU quota of the container.",
	    AT(cpu_limit), PERIOD_US },
	{ "container_spec_memory_limit_bytes", "gauge",
	    "Memory limit for the container.", AT(memory_limit), 1 },
};
#undef AT

int
host_cgroup(struct host *h, struct err *e)
{
	struct cgroup g;
	int rc = cgroup_read(h->procfs, h->sysfs, h->rootfs, &h->arena, &g,
	    e);
	size_t i;
	double v;

	if (rc != 1)
		return rc;
	if (g.version == 0 || (g.path.n <= 1 && isnan(g.memory_limit) &&
	    isnan(g.cpu_limit))) {
		(void)err_set(e, ERR_CONFIG, "no cgroup of our own");
		return 0;
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(&v, (const char *)&g + rows[i].at, sizeof(v));
		if (isnan(v))
			continue;
		host_family(h, str_of(rows[i].name), rows[i].type,
		    str_of(rows[i].help));
		host_sample1(h, v * rows[i].factor, "id", g.path);
	}
	if (!isnan(g.cpu_limit)) {
		host_family(h, STR("container_spec_cpu_period"), "gauge",
		    STR("CPU period of the container."));
		host_sample1(h, PERIOD_US, "id", g.path);
	}
	return 1;
}

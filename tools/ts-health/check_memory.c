/*
 * check_memory: memory that programs could still get, swap, and how long
 * they wait for it.  In a container its limit is what there is.
 */
#include <math.h>

#include "cgroup.h"
#include "host.h"
#include "kinds.h"
#include "procfs.h"

struct memory_check {
	struct check check;
	bool cgroup;
	struct range warn, crit, avail_warn, avail_crit;
	struct range swap_warn, swap_crit, psi_warn, psi_crit;
};

#define T	struct memory_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("cgroup", YT_BOOL, offsetof(T, cgroup), .dflt = "true"),
	RANGE_ROW("warn", T, warn),
	RANGE_ROW("crit", T, crit),
	BYTES_ROW("avail_warn", T, avail_warn),
	BYTES_ROW("avail_crit", T, avail_crit),
	RANGE_ROW("swap_warn", T, swap_warn),
	RANGE_ROW("swap_crit", T, swap_crit),
	RANGE_ROW("psi_warn", T, psi_warn),
	RANGE_ROW("psi_crit", T, psi_crit),
};
KIND_FIELDS(memory, T);
#undef T

/* The limit of the cgroup when it is below what the machine has. */
static bool
within_cgroup(const struct check *c, struct meminfo *m, struct arena *a)
{
	struct cgroup g;
	struct err e;

	if (cgroup_read(c->procfs, c->sysfs, c->rootfs, a, &g, &e) != 1 ||
	    !(g.memory_limit < m->total) || isnan(g.memory_used))
		return false;
	m->total = g.memory_limit;
	m->available = fmax(m->total - g.memory_used, 0);
	return true;
}

static void
check_pressure(const struct memory_check *m, struct check_result *r)
{
	struct str text;
	struct err e;
	double v;

	if (proc_read(m->check.procfs, "pressure/memory", r->arena, &text,
	    &e) == 1 && psi_value(text, STR("some"), "avg10", &v))
		check_measure(r, STR("pressure"), v, "%", &m->psi_warn,
		    &m->psi_crit, "memory pressure");
	else if (m->psi_warn.set || m->psi_crit.set)
		check_say(r, CHECK_UNKNOWN, "this kernel does not tell of "
		    "memory pressure");
}

static void
memory_run(const struct check *c, struct check_result *r)
{
	const struct memory_check *m = (const struct memory_check *)c;
	struct meminfo info;
	struct str text;
	double used;
	bool contained;

	if (!proc_text(c, "meminfo", r, &text))
		return;
	if (!meminfo_parse(text, &info)) {
		check_say(r, CHECK_UNKNOWN, "meminfo lacks MemTotal");
		return;
	}
	check_metric(r, "node_memory_MemTotal_bytes", info.total);
	check_metric(r, "node_memory_MemAvailable_bytes", info.available);
	contained = m->cgroup && within_cgroup(c, &info, r->arena);
	used = (info.total - info.available) * 100 / info.total;
	check_measure(r, STR("used"), used, "%", &m->warn, &m->crit,
	    "memory usage");
	check_measure(r, STR("available"), info.available, "B",
	    &m->avail_warn, &m->avail_crit, "available memory");
	if (info.swap_total > 0)
		check_measure(r, STR("swap"), (info.swap_total -
		    info.swap_free) * 100 / info.swap_total, "%",
		    &m->swap_warn, &m->swap_crit, "swap usage");
	check_pressure(m, r);
	check_note(r, "%.1f%% used, %.2f GiB available%s%s", used,
	    info.available / (1 << 30), contained ? " of the container" : "",
	    info.estimated && !contained ? " (estimated)" : "");
}

const struct check_kind check_memory = {
	.name = "memory", .fields = &memory_fields, .run = memory_run,
};

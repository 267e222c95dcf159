/*
 * check_cpu: what the processors did between two looks.  In a container with
 * a quota, also how much of that was used.
 */
#include <math.h>
#include <time.h>

#include "cgroup.h"
#include "core/clk.h"
#include "kinds.h"
#include "procfs.h"

struct cpu_check {
	struct check check;
	int64_t sample_ms;
	bool per_core, cgroup;
	struct range warn, crit, iowait_warn, iowait_crit;
	struct range steal_warn, steal_crit;
};

#define T	struct cpu_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("sample", YT_DURATION, offsetof(T, sample_ms), .dflt = "1s"),
	YROW("per_core", YT_BOOL, offsetof(T, per_core)),
	YROW("cgroup", YT_BOOL, offsetof(T, cgroup), .dflt = "true"),
	RANGE_ROW("warn", T, warn),
	RANGE_ROW("crit", T, crit),
	RANGE_ROW("iowait_warn", T, iowait_warn),
	RANGE_ROW("iowait_crit", T, iowait_crit),
	RANGE_ROW("steal_warn", T, steal_warn),
	RANGE_ROW("steal_crit", T, steal_crit),
};
KIND_FIELDS(cpu, T);
#undef T

static int
cpu_configure(struct check *c, struct arena *a, struct err *e)
{
	const struct cpu_check *p = (const struct cpu_check *)c;

	(void)a;
	if (p->sample_ms <= 0 || p->sample_ms >= c->timeout_ms)
		return ynode_err(c->node, e, "'sample' must be shorter than "
		    "the timeout");
	return 0;
}

struct look {
	struct cpu_times *cpu;
	size_t n;
	struct cgroup group;
	double at_s;
};

static bool
look(const struct check *c, struct check_result *r, struct look *out)
{
	struct str text;
	struct err e;

	if (!proc_text(c, "stat", r, &text))
		return false;
	out->n = cpu_times_parse(text, r->arena, &out->cpu);
	out->at_s = clk_mono_s();
	if (cgroup_read(c->procfs, c->sysfs, c->rootfs, r->arena,
	    &out->group, &e) != 1)
		out->group.cpu_limit = NAN;
	if (out->n == 0)
		check_say(r, CHECK_UNKNOWN, "no cpu line in stat");
	return out->n > 0;
}

/* The processor of the first look; one that came or went has no share. */
static const struct cpu_times *
same_cpu(const struct look *l, struct str name)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (str_eq(l->cpu[i].name, name))
			return &l->cpu[i];
	return NULL;
}

static void
check_cores(const struct cpu_check *p, const struct look *a,
    const struct look *b, struct check_result *r)
{
	const struct cpu_times *before;
	struct str what;
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (b->cpu[i].name.n == 3 ||
		    (before = same_cpu(a, b->cpu[i].name)) == NULL)
			continue;
		what = arena_printf(r->arena, "usage of " STR_FMT,
		    STR_ARG(b->cpu[i].name));
		check_measure(r, b->cpu[i].name, cpu_share(before,
		    &b->cpu[i]).busy, "%", &p->warn, &p->crit, what.p);
	}
}

static double
check_quota(const struct cpu_check *p, const struct look *a,
    const struct look *b, struct check_result *r)
{
	double used = b->group.cpu_usage_s - a->group.cpu_usage_s;
	double share = used * 100 / ((b->at_s - a->at_s) *
	    b->group.cpu_limit);

	if (!p->cgroup || isnan(share))
		return NAN;
	share = fmax(share, 0);		/* a cgroup made anew begins at 0 */
	check_measure(r, STR("quota"), share, "%", &p->warn, &p->crit,
	    "usage of the CPU quota");
	return share;
}

static void
cpu_run(const struct check *c, struct check_result *r)
{
	const struct cpu_check *p = (const struct cpu_check *)c;
	struct timespec t = { p->sample_ms / 1000,
	    p->sample_ms % 1000 * 1000000 };
	struct cpu_share s;
	struct look a, b;
	double quota;

	if (!look(c, r, &a))
		return;
	(void)nanosleep(&t, NULL);
	if (!look(c, r, &b))
		return;
	s = cpu_share(&a.cpu[0], &b.cpu[0]);
	check_measure(r, STR("busy"), s.busy, "%", &p->warn, &p->crit,
	    "CPU usage");
	check_measure(r, STR("iowait"), s.mode[CPU_IOWAIT], "%",
	    &p->iowait_warn, &p->iowait_crit, "iowait");
	check_measure(r, STR("steal"), s.mode[CPU_STEAL], "%",
	    &p->steal_warn, &p->steal_crit, "steal");
	if (p->per_core)
		check_cores(p, &a, &b, r);
	quota = check_quota(p, &a, &b, r);
	if (isnan(quota))
		check_note(r, "%.1f%% busy", s.busy);
	else
		check_note(r, "%.1f%% busy, %.1f%% of the quota", s.busy,
		    quota);
}

const struct check_kind check_cpu = {
	.name = "cpu", .fields = &cpu_fields, .configure = cpu_configure,
	.run = cpu_run,
};

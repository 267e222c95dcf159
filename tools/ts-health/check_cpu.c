/*
 * check_cpu: what the processors did between two looks.
 */
#include <time.h>

#include "host.h"
#include "kinds.h"

enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, NMODES };

struct cpu_check {
	struct check check;
	int64_t sample_ms;
	struct range warn, crit, iowait_warn, iowait_crit;
	struct range steal_warn, steal_crit;
};

#define T	struct cpu_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("sample", YT_DURATION, offsetof(T, sample_ms), .dflt = "1s"),
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

/* The line of all processors; modes that old kernels lack are 0. */
static bool
read_modes(const struct check *c, struct check_result *r, double *mode)
{
	struct str text, line;
	size_t i;

	if (!proc_text(c, "stat", r, &text))
		return false;
	while (host_line(&text, &line)) {
		if (!str_eq(host_word(&line), STR("cpu")))
			continue;
		for (i = 0; i < NMODES; i++)
			if (!host_number(host_word(&line), &mode[i]))
				mode[i] = 0;
		return true;
	}
	check_say(r, CHECK_UNKNOWN, "no cpu line in stat");
	return false;
}

static void
cpu_run(const struct check *c, struct check_result *r)
{
	const struct cpu_check *p = (const struct cpu_check *)c;
	struct timespec t = { p->sample_ms / 1000,
	    p->sample_ms % 1000 * 1000000 };
	double a[NMODES], b[NMODES], total = 0, busy;
	size_t i;

	if (!read_modes(c, r, a))
		return;
	(void)nanosleep(&t, NULL);
	if (!read_modes(c, r, b))
		return;
	/* iowait and idle may go back: that is no negative time. */
	for (i = 0; i < NMODES; i++) {
		b[i] = b[i] > a[i] ? b[i] - a[i] : 0;
		total += b[i];
	}
	if (total == 0)
		total = 1;
	busy = 100 - (b[IDLE] + b[IOWAIT]) * 100 / total;
	check_measure(r, STR("busy"), busy, "%", &p->warn, &p->crit,
	    "CPU usage");
	check_measure(r, STR("iowait"), b[IOWAIT] * 100 / total, "%",
	    &p->iowait_warn, &p->iowait_crit, "iowait");
	check_measure(r, STR("steal"), b[STEAL] * 100 / total, "%",
	    &p->steal_warn, &p->steal_crit, "steal");
	check_note(r, "%.1f%% busy", busy);
}

const struct check_kind check_cpu = {
	.name = "cpu", .fields = &cpu_fields, .configure = cpu_configure,
	.run = cpu_run,
};

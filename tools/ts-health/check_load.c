/*
 * check_load: load averages, per processor unless told otherwise.
 */
#include "host.h"
#include "kinds.h"

#define NLOADS	3

struct load_check {
	struct check check;
	bool per_core;
	struct range warn[NLOADS], crit[NLOADS];
};

#define T	struct load_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("per_core", YT_BOOL, offsetof(T, per_core), .dflt = "true"),
	RANGE_ROW("warn", T, warn[0]),
	RANGE_ROW("crit", T, crit[0]),
	RANGE_ROW("warn5", T, warn[1]),
	RANGE_ROW("crit5", T, crit[1]),
	RANGE_ROW("warn15", T, warn[2]),
	RANGE_ROW("crit15", T, crit[2]),
};
KIND_FIELDS(load, T);
#undef T

/* Lines cpu0, cpu1 … of /proc/stat: those that are online. */
static double
count_cpus(struct str stat)
{
	struct str line;
	double n = 0;

	while (host_line(&stat, &line))
		n += str_starts(line, STR("cpu")) && line.n > 3 &&
		    line.p[3] >= '0' && line.p[3] <= '9';
	return n > 0 ? n : 1;
}

static void
load_run(const struct check *c, struct check_result *r)
{
	static const char *const names[NLOADS] = { "load1", "load5",
	    "load15" };
	const struct load_check *l = (const struct load_check *)c;
	struct str text, stat = STR_NONE;
	double load[NLOADS], cpus = 1;
	size_t i;

	if (!proc_text(c, "loadavg", r, &text) ||
	    (l->per_core && !proc_text(c, "stat", r, &stat)))
		return;
	if (l->per_core)
		cpus = count_cpus(stat);
	for (i = 0; i < NLOADS; i++) {
		if (!host_number(host_word(&text), &load[i])) {
			check_say(r, CHECK_UNKNOWN, "loadavg is not three "
			    "numbers");
			return;
		}
		check_metric(r, i == 0 ? "node_load1" : i == 1 ?
		    "node_load5" : "node_load15", load[i]);
		check_measure(r, str_of(names[i]), load[i] / cpus, "",
		    &l->warn[i], &l->crit[i], names[i]);
	}
	check_note(r, "load %.2f, %.2f, %.2f on %.0f processors", load[0],
	    load[1], load[2], count_cpus(stat));
}

const struct check_kind check_load = {
	.name = "load", .fields = &load_fields, .run = load_run,
};

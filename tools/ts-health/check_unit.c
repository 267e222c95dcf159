/*
 * check_unit: units of systemd are in the state that they should be in, and
 * stay there.
 */
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/clk.h"
#include "core/num.h"
#include "core/proc.h"
#include "host.h"
#include "json/write.h"
#include "kinds.h"

#define OUTPUT_MAX	((size_t)1 << 20)
#define UNITS_MAX	100
#define FIXED_ARGS	6

struct unit_check {
	struct check check;
	struct ystrs unit;
	struct str expect;
	int64_t stuck_ms;
	struct range restarts_warn, restarts_crit, age_warn, age_crit;
	char **argv;
};

#define T	struct unit_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("unit", YT_CUSTOM, offsetof(T, unit), .flags = YF_REQUIRED,
	    .decode = words_decode),
	YROW("expect", YT_STR, offsetof(T, expect), .dflt = "active"),
	YROW("stuck", YT_DURATION, offsetof(T, stuck_ms), .dflt = "90s"),
	RANGE_ROW("restarts_warn", T, restarts_warn),
	RANGE_ROW("restarts_crit", T, restarts_crit),
	RANGE_ROW("age_warn", T, age_warn),
	RANGE_ROW("age_crit", T, age_crit),
};
KIND_FIELDS(unit, T);
#undef T

enum { ID, LOAD, ACTIVE, SUB, RESULT, RESTARTS, CHANGED, NPROPS };

static const char *const props[NPROPS] = {
	"Id", "LoadState", "ActiveState", "SubState", "Result", "NRestarts",
	"StateChangeTimestampMonotonic",
};
static const char props_arg[] = "--property=Id,LoadState,ActiveState,"
	"SubState,Result,NRestarts,StateChangeTimestampMonotonic";

static int
unit_configure(struct check *c, struct arena *a, struct err *e)
{
	static const char *const fixed[FIXED_ARGS] = { "systemctl",
	    "--no-pager", "--no-ask-password", "show", props_arg, "--" };
	struct unit_check *u = (struct unit_check *)c;
	size_t i, n = 0;

	if (u->unit.n == 0 || u->unit.n > UNITS_MAX)
		return ynode_err(c->node, e, "'unit' must name from 1 to %d "
		    "units", UNITS_MAX);
	u->argv = ARENA_ARRAY(a, FIXED_ARGS + u->unit.n + 1, char *);
	for (i = 0; i < FIXED_ARGS; i++)
		u->argv[n++] = arena_cstr(a, str_of(fixed[i]));
	for (i = 0; i < u->unit.n; i++)
		u->argv[n++] = arena_cstr(a, u->unit.p[i]);
	c->target = u->unit.p[0];
	return 0;
}

/* KEY=VALUE lines up to an empty one: one unit. */
static bool
next_unit(struct str *text, struct str *value)
{
	struct str line, key, v;
	bool any = false;
	size_t i;

	for (i = 0; i < NPROPS; i++)
		value[i] = STR_NONE;
	while (host_line(text, &line)) {
		if (line.n == 0 && any)
			break;
		v = str_cut(line, '=', &key);
		for (i = 0; v.p != NULL && i < NPROPS; i++)
			if (str_eq(key, str_of(props[i]))) {
				value[i] = v;
				any = true;
			}
	}
	return any;
}

static double
number_or_nan(struct str s)
{
	double v;

	return num_parse_double(s, &v) ? v : NAN;
}

static void
measure(struct str unit, const char *what, double v, const char *uom,
    const struct range *warn, const struct range *crit, bool one,
    struct check_result *r)
{
	struct arena *a = r->arena;
	struct str label = one ? str_of(what) : arena_printf(a, STR_FMT
	    "_%s", STR_ARG(unit), what);

	if (!isnan(v))
		check_measure(r, label, v, uom, warn, crit, arena_printf(a,
		    "%s of " STR_FMT, what, STR_ARG(unit)).p);
}

/* On the way up is neither: it has a while to arrive. */
static void
check_state(const struct unit_check *u, const struct str *v, double age_s,
    struct check_result *r)
{
	struct str unit = v[ID], state = v[ACTIVE];

	if (str_eq(v[LOAD], STR("not-found")) ||
	    str_eq(v[LOAD], STR("masked"))) {
		check_say(r, CHECK_FAIL, STR_FMT " is " STR_FMT,
		    STR_ARG(unit), STR_ARG(v[LOAD]));
		return;
	}
	if (str_eq(state, u->expect))
		return;
	if (str_eq(u->expect, STR("active")) &&
	    (str_eq(state, STR("activating")) ||
	    str_eq(state, STR("reloading")))) {
		if (age_s * 1000 > (double)u->stuck_ms)
			check_say(r, CHECK_WARN, STR_FMT " is " STR_FMT
			    " for %.0f seconds", STR_ARG(unit),
			    STR_ARG(state), age_s);
		return;
	}
	check_say(r, CHECK_FAIL, STR_FMT " is " STR_FMT " (" STR_FMT "), "
	    "result " STR_FMT, STR_ARG(unit), STR_ARG(state),
	    STR_ARG(v[SUB]), STR_ARG(v[RESULT].n ? v[RESULT] :
	    STR("unknown")));
}

/* Microseconds since boot, as CLOCK_MONOTONIC counts. */
static double
age_of(struct str us)
{
	double v = number_or_nan(us);

	return v > 0 ? clk_mono_s() - v / 1e6 : NAN;
}

static void
check_unit_of(const struct unit_check *u, const struct str *v,
    struct check_result *r)
{
	static const char *const states[] = { "activating", "active",
	    "deactivating", "failed", "inactive" };
	struct arena *a = r->arena;
	struct check_label l[2] = { { STR("name"), arena_str(a, v[ID]) } };
	double age = age_of(v[CHANGED]);
	bool one = u->unit.n == 1;
	size_t i;

	check_state(u, v, age, r);
	measure(l[0].value, "restarts", number_or_nan(v[RESTARTS]), "",
	    &u->restarts_warn, &u->restarts_crit, one, r);
	measure(l[0].value, "age", age, "s", &u->age_warn, &u->age_crit, one,
	    r);
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		l[1] = (struct check_label){ STR("state"),
		    str_of(states[i]) };
		check_metric_labels(r, "node_systemd_unit_state", l, 2,
		    str_eq(v[ACTIVE], str_of(states[i])));
	}
	if (one)
		check_note(r, STR_FMT " (" STR_FMT ")", STR_ARG(v[ACTIVE]),
		    STR_ARG(v[SUB]));
}

static void
unit_run(const struct check *c, struct check_result *r)
{
	const struct unit_check *u = (const struct unit_check *)c;
	struct proc_request q = { .argv = u->argv,
	    .timeout_ms = c->timeout_ms, .output_max = OUTPUT_MAX };
	struct str booted = arena_printf(r->arena, "%s/run/systemd/system",
	    c->rootfs), text, value[NPROPS];
	struct proc_result p = { 0 };
	struct stat st;
	struct err e;
	size_t n = 0;

	if (stat(booted.p, &st) == -1) {
		check_say(r, CHECK_UNKNOWN, "this machine does not run "
		    "systemd");
		return;
	}
	if (proc_run(&q, &p, &e) == -1) {
		check_say(r, CHECK_UNKNOWN, "%s", e.msg);
		return;
	}
	text = buf_str(&p.out);
	while (next_unit(&text, value)) {
		n++;
		check_unit_of(u, value, r);
	}
	if (p.timed_out)
		check_say(r, CHECK_FAIL, "no answer within %.3gs",
		    (double)c->timeout_ms / 1000);
	else if (n == 0)
		check_say(r, CHECK_UNKNOWN, "systemctl: " STR_FMT,
		    STR_ARG(str_trim(buf_str(&p.err))));
	if (n > 1)
		check_note(r, "%zu units are " STR_FMT, n,
		    STR_ARG(u->expect));
}

const struct check_kind check_unit = {
	.name = "unit", .operand = "unit", .fields = &unit_fields,
	.configure = unit_configure, .run = unit_run,
};

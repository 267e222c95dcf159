#include <math.h>
#include <time.h>

#include "core/dur.h"
#include "core/tz.h"
#include "tmpl/internal.h"

#define FUNC(f)								\
static int								\
f(struct tmpl_ctx *c, const struct tval *arg, size_t n,			\
    struct tval *out, struct err *e)

#define UNUSED(x)	(void)(x)

/* A number or text out of a layout of the time: Year, Weekday … */
static int
formatted(struct tmpl_ctx *c, const struct tval *t, const char *layout,
    struct tval *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	gotime_format(t, str_of(layout), &b);
	out_buf(c, &b, out);
	return 0;
}

static int
number(struct tmpl_ctx *c, const struct tval *t, const char *layout,
    struct tval *out)
{
	struct tval text;
	int64_t v = 0;
	size_t i;

	(void)formatted(c, t, layout, &text);
	for (i = 0; i < text.u.s.n; i++)
		v = v * 10 + (text.u.s.p[i] - '0');
	*out = tval_int(v);
	return 0;
}

FUNC(time_format)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	UNUSED(n);
	UNUSED(e);
	gotime_format(&arg[0], arg[1].u.s, &b);
	out_buf(c, &b, out);
	return 0;
}

#define NUMBER(f, layout)						\
FUNC(f)									\
{									\
	UNUSED(n);							\
	UNUSED(e);							\
	return number(c, &arg[0], layout, out);				\
}

NUMBER(time_year, "2006")
NUMBER(time_day, "2")
NUMBER(time_hour, "15")
NUMBER(time_minute, "4")
NUMBER(time_second, "5")
NUMBER(time_year_day, "002")

FUNC(time_month)
{
	UNUSED(n);
	UNUSED(e);
	(void)formatted(c, &arg[0], "January", out);
	out->type = "time.Month";
	return 0;
}

FUNC(time_weekday)
{
	UNUSED(n);
	UNUSED(e);
	(void)formatted(c, &arg[0], "Monday", out);
	out->type = "time.Weekday";
	return 0;
}

FUNC(time_string)
{
	struct buf b = { 0 };

	UNUSED(n);
	UNUSED(e);
	gotime_print(&arg[0], &b);
	out_buf(c, &b, out);
	return 0;
}

FUNC(time_unix)
{
	int64_t ms = arg[0].u.time.ms;

	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = tval_int(ms / 1000 - (ms % 1000 < 0));
	return 0;
}

FUNC(time_unix_milli)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = tval_int(arg[0].u.time.ms);
	return 0;
}

FUNC(time_unix_nano)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	/* Wraps where Go's wraps. */
	*out = tval_int((int64_t)((uint64_t)arg[0].u.time.ms * 1000000));
	return 0;
}

FUNC(time_nanosecond)
{
	int64_t ms = arg[0].u.time.ms % 1000;

	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = tval_int((ms < 0 ? ms + 1000 : ms) * 1000000);
	return 0;
}

FUNC(time_sub)
{
	int64_t ms = arg[0].u.time.ms - arg[1].u.time.ms, ns;

	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	if (__builtin_mul_overflow(ms, INT64_C(1000000), &ns))
		ns = ms < 0 ? INT64_MIN : INT64_MAX;
	*out = (struct tval){ .kind = TV_DURATION, .u.i = ns };
	return 0;
}

FUNC(time_add)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = arg[0];
	out->u.time.ms += arg[1].u.i / 1000000;
	return 0;
}

FUNC(time_add_date)
{
	int64_t ms = arg[0].u.time.ms, days, rest, year;
	unsigned month, day;

	UNUSED(c);
	UNUSED(n);
	if (arg[1].u.i < -10000 || arg[1].u.i > 10000 ||
	    arg[2].u.i < -120000 || arg[2].u.i > 120000 ||
	    arg[3].u.i < -4000000 || arg[3].u.i > 4000000)
		return err_set(e, ERR_LIMIT, "date out of range");
	days = ms / DUR_DAY - (ms % DUR_DAY < 0);
	rest = ms - days * DUR_DAY;
	time_civil_from_days(days, &year, &month, &day);
	year += arg[1].u.i;
	rest += (arg[3].u.i + day - 1) * DUR_DAY;
	year += (month - 1 + arg[2].u.i + 1200000) / 12 - 100000;
	month = (unsigned)((month - 1 + arg[2].u.i + 1200000) % 12) + 1;
	*out = arg[0];
	out->u.time.ms = time_days_from_civil(year, month, 1) * DUR_DAY +
	    rest;
	return 0;
}

FUNC(time_before)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = tval_bool(arg[0].u.time.ms < arg[1].u.time.ms);
	return 0;
}

FUNC(time_after)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = tval_bool(arg[0].u.time.ms > arg[1].u.time.ms);
	return 0;
}

FUNC(time_equal)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = tval_bool(arg[0].u.time.ms == arg[1].u.time.ms);
	return 0;
}

FUNC(time_is_zero)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = tval_bool(arg[0].u.time.ms == TMPL_TIME_ZERO);
	return 0;
}

FUNC(time_utc)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = tval_time(arg[0].u.time.ms);
	return 0;
}

FUNC(time_local)
{
	time_t t = (time_t)(arg[0].u.time.ms / 1000);
	struct tzone *z;
	struct tm tm;

	UNUSED(n);
	UNUSED(e);
	*out = arg[0];
	out->u.time.zone = NULL;
	if (localtime_r(&t, &tm) == NULL || tm.tm_gmtoff == 0)
		return 0;
	z = ARENA_NEW(c->arena, struct tzone);
	z->offset_s = (int32_t)tm.tm_gmtoff;
	z->name = arena_str(c->arena, str_of(tm.tm_zone));
	out->u.time.zone = z;
	return 0;
}

/* Down to a multiple of step since Go's zero time; half up when rounding. */
static int64_t
to_multiple(int64_t v, int64_t step, bool round)
{
	int64_t r;

	if (step <= 0)
		return v;
	r = v % step;
	if (r < 0)
		r += step;
	return round && r >= step - r ? v + (step - r) : v - r;
}

static int
time_step(const struct tval *arg, bool round, struct tval *out)
{
	int64_t step = arg[1].u.i / 1000000;

	*out = arg[0];
	out->u.time.ms = to_multiple(arg[0].u.time.ms - TMPL_TIME_ZERO, step,
	    round) + TMPL_TIME_ZERO;
	return 0;
}

FUNC(time_truncate)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	return time_step(arg, false, out);
}

FUNC(time_round)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	return time_step(arg, true, out);
}

static const struct tmpl_func time_rows[] = {
	{ "Add", "d", time_add },
	{ "AddDate", "iii", time_add_date },
	{ "After", "t", time_after },
	{ "Before", "t", time_before },
	{ "Day", "", time_day },
	{ "Equal", "t", time_equal },
	{ "Format", "s", time_format },
	{ "Hour", "", time_hour },
	{ "IsZero", "", time_is_zero },
	{ "Local", "", time_local },
	{ "Minute", "", time_minute },
	{ "Month", "", time_month },
	{ "Nanosecond", "", time_nanosecond },
	{ "Round", "d", time_round },
	{ "Second", "", time_second },
	{ "String", "", time_string },
	{ "Sub", "t", time_sub },
	{ "Truncate", "d", time_truncate },
	{ "UTC", "", time_utc },
	{ "Unix", "", time_unix },
	{ "UnixMilli", "", time_unix_milli },
	{ "UnixNano", "", time_unix_nano },
	{ "Weekday", "", time_weekday },
	{ "Year", "", time_year },
	{ "YearDay", "", time_year_day },
};

const struct tmpl_funcs gotime_methods = {
	time_rows, sizeof(time_rows) / sizeof(time_rows[0])
};

FUNC(dur_string)
{
	struct buf b = { 0 };

	UNUSED(n);
	UNUSED(e);
	godur_print(arg[0].u.i, &b);
	out_buf(c, &b, out);
	return 0;
}

/* Whole units and the rest apart, as Go does, for equal rounding. */
static struct tval
in_units(int64_t ns, int64_t unit)
{
	return tval_float((double)(ns / unit) +
	    (double)(ns % unit) / (double)unit);
}

#define UNITS(f, unit)							\
FUNC(f)									\
{									\
	UNUSED(c);							\
	UNUSED(n);							\
	UNUSED(e);							\
	*out = in_units(arg[0].u.i, INT64_C(unit));			\
	return 0;							\
}

UNITS(dur_seconds, 1000000000)
UNITS(dur_minutes, 60000000000)
UNITS(dur_hours, 3600000000000)

#define WHOLE(f, unit)							\
FUNC(f)									\
{									\
	UNUSED(c);							\
	UNUSED(n);							\
	UNUSED(e);							\
	*out = tval_int(arg[0].u.i / INT64_C(unit));			\
	return 0;							\
}

WHOLE(dur_milliseconds, 1000000)
WHOLE(dur_microseconds, 1000)
WHOLE(dur_nanoseconds, 1)

static int
dur_step(const struct tval *arg, bool round, struct tval *out)
{
	int64_t v = arg[0].u.i;

	*out = arg[0];
	/* Toward zero, unlike a time. */
	if (v == INT64_MIN)
		return 0;
	out->u.i = to_multiple(v < 0 ? -v : v, arg[1].u.i, round);
	if (v < 0)
		out->u.i = -out->u.i;
	return 0;
}

FUNC(dur_truncate)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	return dur_step(arg, false, out);
}

FUNC(dur_round)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	return dur_step(arg, true, out);
}

FUNC(dur_abs)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = arg[0];
	if (out->u.i < 0)
		out->u.i = out->u.i == INT64_MIN ? INT64_MAX : -out->u.i;
	return 0;
}

static const struct tmpl_func dur_rows[] = {
	{ "Abs", "", dur_abs },
	{ "Hours", "", dur_hours },
	{ "Microseconds", "", dur_microseconds },
	{ "Milliseconds", "", dur_milliseconds },
	{ "Minutes", "", dur_minutes },
	{ "Nanoseconds", "", dur_nanoseconds },
	{ "Round", "d", dur_round },
	{ "Seconds", "", dur_seconds },
	{ "String", "", dur_string },
	{ "Truncate", "d", dur_truncate },
};

const struct tmpl_funcs godur_methods = {
	dur_rows, sizeof(dur_rows) / sizeof(dur_rows[0])
};

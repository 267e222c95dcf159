#include "tmpl/humanize.h"

#include <math.h>

#include "core/num.h"
#include "model/labels.h"

int
tval_number(const struct tval *v, double *out, struct err *e)
{
	struct buf b = { 0 };

	switch (v->kind) {
	case TV_FLOAT:
		*out = v->u.f;
		return 0;
	case TV_INT:
		*out = (double)v->u.i;
		return 0;
	case TV_UINT:
		*out = (double)v->u.u;
		return 0;
	case TV_DURATION:
		*out = (double)v->u.i / 1e9;
		return 0;
	case TV_STR:
		if (num_parse_prom(v->u.s, out))
			return 0;
		go_quote(&b, v->u.s);
		(void)err_set(e, ERR_CONFIG, "strconv.ParseFloat: parsing "
		    STR_FMT ": invalid syntax", STR_ARG(buf_str(&b)));
		buf_release(&b);
		return -1;
	default:
		return err_set(e, ERR_CONFIG, "can't convert %s to float",
		    tval_type(v));
	}
}

static bool
odd(double v)
{
	return isnan(v) || isinf(v);
}

/* Go's %.4g */
static void
put_4g(double v, struct buf *out)
{
	if (isnan(v))
		(void)buf_put(out, STR("NaN"));
	else if (isinf(v))
		(void)buf_put(out, v > 0 ? STR("+Inf") : STR("-Inf"));
	else
		(void)buf_printf(out, "%.4g", v);
}

/* Below 1: the prefix by which |v| becomes at least 1. */
static const char *
small_prefix(double *v)
{
	static const char *const prefixes[] = {
		"m", "u", "n", "p", "f", "a", "z", "y"
	};
	const char *prefix = "";
	size_t i;

	for (i = 0; i < 8 && fabs(*v) < 1; i++) {
		prefix = prefixes[i];
		*v *= 1000;
	}
	return prefix;
}

static const char *
large_prefix(double *v, double step, const char *const prefixes[8])
{
	const char *prefix = "";
	size_t i;

	for (i = 0; i < 8 && fabs(*v) >= step; i++) {
		prefix = prefixes[i];
		*v /= step;
	}
	return prefix;
}

void
humanize(double v, struct buf *out)
{
	static const char *const prefixes[8] = {
		"k", "M", "G", "T", "P", "E", "Z", "Y"
	};
	const char *prefix = "";

	if (v != 0 && !odd(v))
		prefix = fabs(v) >= 1 ? large_prefix(&v, 1000, prefixes) :
		    small_prefix(&v);
	put_4g(v, out);
	(void)buf_put(out, str_of(prefix));
}

void
humanize_1024(double v, struct buf *out)
{
	static const char *const prefixes[8] = {
		"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"
	};
	const char *prefix = "";

	if (fabs(v) > 1 && !odd(v))
		prefix = large_prefix(&v, 1024, prefixes);
	put_4g(v, out);
	(void)buf_put(out, str_of(prefix));
}

/* As Go converts on amd64: what does not fit is the smallest. */
static int64_t
to_int64(double v)
{
	return v >= 9223372036854775808.0 || v < -9223372036854775808.0 ?
	    INT64_MIN : (int64_t)v;
}

void
humanize_duration(double v, struct buf *out)
{
	const char *sign = v < 0 ? "-" : "";
	long long s, m, h, d;

	if (odd(v)) {
		put_4g(v, out);
		return;
	}
	if (v == 0) {
		(void)buf_put(out, STR("0s"));
		return;
	}
	if (fabs(v) < 1) {
		const char *prefix = small_prefix(&v);

		put_4g(v, out);
		(void)buf_printf(out, "%ss", prefix);
		return;
	}
	v = fabs(v);
	s = to_int64(v);
	m = s / 60 % 60;
	h = s / 3600 % 24;
	d = s / 86400;
	s %= 60;
	if (d != 0)
		(void)buf_printf(out, "%s%lldd %lldh %lldm %llds", sign, d, h,
		    m, s);
	else if (h != 0)
		(void)buf_printf(out, "%s%lldh %lldm %llds", sign, h, m, s);
	else if (m != 0)
		(void)buf_printf(out, "%s%lldm %llds", sign, m, s);
	else {
		(void)buf_put(out, str_of(sign));
		put_4g(v, out);
		(void)buf_putc(out, 's');
	}
}

void
humanize_percentage(double v, struct buf *out)
{
	put_4g(v * 100, out);
	(void)buf_putc(out, '%');
}

int
seconds_to_time(double v, struct tval *out, struct err *e)
{
	double ns = v * 1e9;
	struct buf b = { 0 };

	/* Go converts to whole nanoseconds first. */
	if (!(ns < 9223372036854775808.0 && ns >= -9223372036854775808.0) ||
	    ns == -9223372036854775808.0) {
		num_print(&b, v, NUM_GO_G);
		(void)err_set(e, ERR_CONFIG, STR_FMT " cannot be represented "
		    "as a nanoseconds timestamp since it overflows int64",
		    STR_ARG(buf_str(&b)));
		buf_release(&b);
		return -1;
	}
	*out = tval_time((int64_t)ns / 1000000);
	return 0;
}

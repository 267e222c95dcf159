/*
 * check: what the kinds use to tell what they saw.
 */
#include "check.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/num.h"
#include "core/utf8.h"

/* One line of valid UTF-8, cut at a character. */
static struct str __attribute__((format(printf, 2, 0)))
one_line(struct arena *a, const char *fmt, va_list ap)
{
	struct buf raw = { 0 }, out = { 0 };
	struct str s;
	size_t at = 0;
	uint32_t c;

	(void)buf_vprintf(&raw, fmt, ap);
	s = str_trim(buf_str(&raw));
	while (at < s.n && out.n + 4 <= CHECK_TEXT_MAX) {
		c = utf8_next(s, &at);
		if (!utf8_control(c))
			(void)utf8_put(&out, c);
		else if (out.n && out.p[out.n - 1] != ' ')
			(void)buf_putc(&out, ' ');
	}
	s = arena_str(a, buf_str(&out));
	buf_release(&raw);
	buf_release(&out);
	return s;
}

void
check_clear(struct check_result *r)
{
	vec_reset(&r->phases);
	vec_reset(&r->perf);
	vec_reset(&r->metrics);
	r->status = CHECK_OK;
	r->skipped = false;
	r->seconds = NAN;
	r->message = r->error = r->data = STR_NONE;
	r->facts = (struct condition_facts){ 0 };
}

void
check_say(struct check_result *r, enum check_status s, const char *fmt, ...)
{
	bool said = r->status == s && (r->error.p != NULL ||
	    (s == CHECK_WARN && r->message.p != NULL));
	struct str text;
	va_list ap;

	if (said || check_status_worse(r->status, s) != s)
		return;
	va_start(ap, fmt);
	text = one_line(r->arena, fmt, ap);
	va_end(ap);
	r->status = s;
	r->message = s == CHECK_FAIL || s == CHECK_UNKNOWN ? STR_NONE : text;
	r->error = s == CHECK_FAIL || s == CHECK_UNKNOWN ? text : STR_NONE;
}

void
check_failed(struct check_result *r, const struct err *e)
{
	bool ours = e->kind == ERR_SYS || e->kind == ERR_CONFIG;

	check_say(r, ours ? CHECK_UNKNOWN : CHECK_FAIL, "%s", e->msg);
	if (ours)
		r->seconds = NAN;
}

void
check_note(struct check_result *r, const char *fmt, ...)
{
	va_list ap;

	if (r->status != CHECK_OK)
		return;
	va_start(ap, fmt);
	r->message = one_line(r->arena, fmt, ap);
	va_end(ap);
}

void
check_release(struct check_result *r)
{
	vec_release(&r->phases);
	vec_release(&r->perf);
	vec_release(&r->metrics);
}

void
check_phase(struct check_result *r, const char *name, double seconds)
{
	vec_push(&r->phases, (struct check_phase){ str_of(name),
	    round(seconds * 1e6) / 1e6 });
}

const struct check_label *
check_labels_keep(struct arena *a, const struct check_label *label, size_t n)
{
	struct check_label *copy;

	assert(n <= CHECK_LABELS_MAX);
	if (n == 0)
		return NULL;
	copy = ARENA_ARRAY(a, n, struct check_label);
	memcpy(copy, label, n * sizeof(*copy));
	return copy;
}

void
check_metric_labels(struct check_result *r, const char *name,
    const struct check_label *label, size_t n, double value)
{
	vec_push(&r->metrics, (struct check_metric){ .name = str_of(name),
	    .value = value, .nlabels = n,
	    .label = check_labels_keep(r->arena, label, n) });
}

void
check_metric1(struct check_result *r, const char *name, const char *label,
    struct str value_of, double value)
{
	struct check_label l = { str_of(label), value_of };

	check_metric_labels(r, name, &l, 1, value);
}

void
check_metric(struct check_result *r, const char *name, double value)
{
	check_metric_labels(r, name, NULL, 0, value);
}

void
check_measure(struct check_result *r, struct str label, double value,
    const char *uom, const struct range *warn, const struct range *crit,
    const char *what)
{
	struct perf p = { .label = label, .value = value, .uom = str_of(uom),
	    .warn = warn->set ? warn->text : STR_NONE,
	    .crit = crit->set ? crit->text : STR_NONE,
	    .min = NAN, .max = NAN };
	enum check_status s = range_status(warn, crit, value);
	char number[32];

	vec_push(&r->perf, p);
	(void)snprintf(number, sizeof(number), value == floor(value) &&
	    fabs(value) < 1e15 ? "%.0f" : "%.2f", value);
	if (s != CHECK_OK)
		check_say(r, s, "%s is %s%s (threshold " STR_FMT ")", what,
		    number, uom, STR_ARG(s == CHECK_FAIL ? crit->text :
		    warn->text));
}

void
check_slow(const struct check *c, struct check_result *r, const char *what)
{
	enum check_status s = CHECK_OK;

	if (c->slow_ms && r->seconds * 1000 > (double)c->slow_ms)
		s = CHECK_WARN;
	if (c->slow_crit_ms && r->seconds * 1000 > (double)c->slow_crit_ms)
		s = CHECK_FAIL;
	if (s != CHECK_OK)
		check_say(r, s, "Slow %s response: %.2fs", what, r->seconds);
}

void
check_conditions(const struct check *c, struct check_result *r)
{
	struct condition_facts *f = &r->facts;
	struct buf out = { 0 };
	size_t i;

	if (f->duration_ms == 0 && !isnan(r->seconds))
		f->duration_ms = (int64_t)(r->seconds * 1000);
	f->connected |= r->error.p == NULL;
	for (i = 0; i < c->conditions.n; i++) {
		buf_reset(&out);
		if (!condition_holds(&c->condition[i], f, true, r->arena,
		    &out))
			check_say(r, CHECK_FAIL, STR_FMT,
			    STR_ARG(buf_str(&out)));
	}
	buf_release(&out);
}

void
check_become(struct check_result *r, enum check_status s)
{
	struct str text = r->error.p ? r->error : r->message;
	bool error = s == CHECK_FAIL || s == CHECK_UNKNOWN;

	r->status = s;
	r->message = error ? STR_NONE : text;
	r->error = error ? text : STR_NONE;
}

void
check_timed_out(const struct check *c, struct check_result *r)
{
	if (c->timeout_status.set)
		check_become(r, c->timeout_status.status);
}

void
check_bound(const struct check *c, struct check_result *r)
{
	if (c->severity_max.set && r->status != c->severity_max.status &&
	    check_status_worse(r->status, c->severity_max.status) ==
	    r->status)
		check_become(r, c->severity_max.status);
}

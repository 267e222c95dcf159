#include "tmpl/read.h"

#include "core/dur.h"
#include "core/num.h"
#include "json/read.h"
#include "tmpl/internal.h"

struct reader {
	struct jr r;
	struct labels_table *table;
	struct arena *a;
	struct err *e;
};

static int
unexpected(struct reader *x, const char *expected)
{
	return jr_err(&x->r, expected, x->e);
}

/* A string; null is empty. */
static int
read_str(struct reader *x, struct str *out)
{
	enum jr_tok t = jr_next(&x->r);

	*out = STR("");
	if (t == JR_STR)
		*out = x->r.str;
	return t == JR_STR || t == JR_NULL ? 0 : unexpected(x, "a string");
}

static int
read_labels(struct reader *x, const struct labels **out)
{
	struct labels_builder b = { 0 };
	struct str name, value;
	enum jr_tok t = jr_next(&x->r);

	if (t == JR_NULL)
		return 0;
	if (t != JR_OBJ)
		return unexpected(x, "an object");
	labels_build(&b, x->table, NULL);
	while ((t = jr_next(&x->r)) == JR_KEY) {
		name = x->r.str;
		if (read_str(x, &value) == -1) {
			labels_builder_release(&b);
			return -1;
		}
		labels_set(&b, name, value);
	}
	*out = labels_done(&b);
	labels_builder_release(&b);
	return t == JR_OBJ_END ? 0 : unexpected(x, "a member");
}

/* +02:00 at the end of an RFC 3339 time. */
static const struct tzone *
zone_of(struct str s, struct arena *a)
{
	int64_t h, m;
	struct tzone *z;

	if (s.n < 6 || s.p[s.n - 3] != ':' ||
	    (s.p[s.n - 6] != '+' && s.p[s.n - 6] != '-') ||
	    !num_parse_i64(str_sub(s, s.n - 5, s.n - 3), 0, 23, &h) ||
	    !num_parse_i64(str_sub(s, s.n - 2, s.n), 0, 59, &m) ||
	    (h == 0 && m == 0))
		return NULL;
	z = ARENA_NEW(a, struct tzone);
	z->offset_s = (int32_t)(h * 3600 + m * 60);
	if (s.p[s.n - 6] == '-')
		z->offset_s = -z->offset_s;
	return z;
}

static int
read_time(struct reader *x, struct tval *out)
{
	struct str s;
	int64_t ms;

	if (read_str(x, &s) == -1)
		return -1;
	if (s.n == 0)
		return 0;
	if (!time_parse_rfc3339(s, &ms))
		return unexpected(x, "a time");
	*out = tval_time(ms);
	out->u.time.zone = zone_of(s, x->a);
	return 0;
}

static int
read_alert_member(struct reader *x, struct str key, struct tmpl_alert *al)
{
	if (str_eq(key, STR("status")))
		return read_str(x, &al->status);
	if (str_eq(key, STR("labels")))
		return read_labels(x, &al->labels);
	if (str_eq(key, STR("annotations")))
		return read_labels(x, &al->annotations);
	if (str_eq(key, STR("startsAt")))
		return read_time(x, &al->starts_at);
	if (str_eq(key, STR("endsAt")))
		return read_time(x, &al->ends_at);
	if (str_eq(key, STR("generatorURL")))
		return read_str(x, &al->generator_url);
	if (str_eq(key, STR("fingerprint")))
		return read_str(x, &al->fingerprint);
	return jr_skip(&x->r, JR_KEY) == -1 ? unexpected(x, "a value") : 0;
}

static int
read_alert(struct reader *x, struct tmpl_alert *al)
{
	enum jr_tok t;

	*al = (struct tmpl_alert){ .status = STR(""),
	    .starts_at = tval_time(TMPL_TIME_ZERO),
	    .ends_at = tval_time(TMPL_TIME_ZERO),
	    .generator_url = STR(""), .fingerprint = STR("") };
	while ((t = jr_next(&x->r)) == JR_KEY)
		if (read_alert_member(x, x->r.str, al) == -1)
			return -1;
	return t == JR_OBJ_END ? 0 : unexpected(x, "a member");
}

static int
read_alerts(struct reader *x, struct tmpl_alerts *out)
{
	VEC(struct tmpl_alert) v = { 0 };
	struct tmpl_alert al, *copy;
	enum jr_tok t = jr_next(&x->r);
	int rc = 0;

	if (t == JR_NULL)
		return 0;
	if (t != JR_ARR)
		return unexpected(x, "a list");
	while (rc == 0 && (t = jr_next(&x->r)) == JR_OBJ) {
		rc = read_alert(x, &al);
		vec_push(&v, al);
	}
	if (rc == 0 && t != JR_ARR_END)
		rc = unexpected(x, "an alert");
	copy = ARENA_ARRAY(x->a, v.n, struct tmpl_alert);
	if (v.n > 0)
		memcpy(copy, v.p, v.n * sizeof(*copy));
	*out = (struct tmpl_alerts){ copy, v.n };
	vec_release(&v);
	return rc;
}

static int
read_member(struct reader *x, struct str key, struct tmpl_data *d)
{
	if (str_eq(key, STR("receiver")))
		return read_str(x, &d->receiver);
	if (str_eq(key, STR("status")))
		return read_str(x, &d->status);
	if (str_eq(key, STR("alerts")))
		return read_alerts(x, &d->alerts);
	if (str_eq(key, STR("groupLabels")))
		return read_labels(x, &d->group_labels);
	if (str_eq(key, STR("commonLabels")))
		return read_labels(x, &d->common_labels);
	if (str_eq(key, STR("commonAnnotations")))
		return read_labels(x, &d->common_annotations);
	if (str_eq(key, STR("routeLabels")))
		return read_labels(x, &d->route_labels);
	if (str_eq(key, STR("externalURL")))
		return read_str(x, &d->external_url);
	if (str_eq(key, STR("notification_reason")))
		return read_str(x, &d->notification_reason);
	return jr_skip(&x->r, JR_KEY) == -1 ? unexpected(x, "a value") : 0;
}

int
tmpl_data_read(struct str text, struct labels_table *t, struct arena *a,
    struct tmpl_data *out, struct err *e)
{
	struct reader x = { .table = t, .a = a, .e = e };
	enum jr_tok tok;

	*out = (struct tmpl_data){ .receiver = STR(""), .status = STR(""),
	    .external_url = STR(""), .notification_reason = STR("") };
	jr_init(&x.r, text, a);
	if (jr_next(&x.r) != JR_OBJ)
		return unexpected(&x, "an object");
	while ((tok = jr_next(&x.r)) == JR_KEY)
		if (read_member(&x, x.r.str, out) == -1)
			return -1;
	if (tok != JR_OBJ_END || jr_next(&x.r) != JR_END)
		return unexpected(&x, "the end");
	return 0;
}

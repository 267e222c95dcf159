#include <inttypes.h>

#include "json/write.h"
#include "tmpl/data.h"
#include "tmpl/internal.h"

/* A struct of Go's, shown by rows: its fields in Go's order. */
struct shown {
	const char *name;		/* .Name */
	const char *json;		/* "name" */
	struct tval (*get)(const void *self);
	bool added;			/* after Alertmanager 0.25 */
};

static bool
rows_field(const struct shown *row, size_t n, const void *self,
    struct str name, struct tval *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(name, str_of(row[i].name))) {
			*out = row[i].get(self);
			return true;
		}
	return false;
}

static void
rows_print(const struct shown *row, size_t n, const void *self,
    struct tmpl_ctx *c, struct buf *out)
{
	struct tval v;
	size_t i;

	(void)buf_putc(out, '{');
	for (i = 0; i < n; i++) {
		if (row[i].added && c->compat_025)
			continue;
		if (i > 0)
			(void)buf_putc(out, ' ');
		v = row[i].get(self);
		fmt_value(c, &v, out);
	}
	(void)buf_putc(out, '}');
}

static void
rows_json(const struct shown *row, size_t n, const void *self,
    struct tmpl_ctx *c, struct jw *w)
{
	struct tval v;
	size_t i;

	jw_obj(w);
	for (i = 0; i < n; i++) {
		v = row[i].get(self);
		if (row[i].added && !tval_truth(&v))
			continue;
		jw_key(w, str_of(row[i].json));
		tval_json(c, &v, w);
	}
	jw_obj_end(w);
}

/* A getter of one member. */
#define GET(f, type, value)						\
static struct tval							\
f(const void *self)							\
{									\
	const struct type *s = self;					\
									\
	return value;							\
}

GET(alert_status, tmpl_alert, tval_str(s->status))
GET(alert_labels, tmpl_alert, tval_kv(s->labels))
GET(alert_annotations, tmpl_alert, tval_kv(s->annotations))
GET(alert_starts_at, tmpl_alert, s->starts_at)
GET(alert_ends_at, tmpl_alert, s->ends_at)
GET(alert_generator_url, tmpl_alert, tval_str(s->generator_url))
GET(alert_fingerprint, tmpl_alert, tval_str(s->fingerprint))

static const struct shown alert_rows[] = {
	{ "Status", "status", alert_status, false },
	{ "Labels", "labels", alert_labels, false },
	{ "Annotations", "annotations", alert_annotations, false },
	{ "StartsAt", "startsAt", alert_starts_at, false },
	{ "EndsAt", "endsAt", alert_ends_at, false },
	{ "GeneratorURL", "generatorURL", alert_generator_url, false },
	{ "Fingerprint", "fingerprint", alert_fingerprint, false },
};
#define NALERT	(sizeof(alert_rows) / sizeof(alert_rows[0]))

static bool
alert_field(const void *self, struct str name, struct tmpl_ctx *c,
    struct tval *out)
{
	(void)c;
	return rows_field(alert_rows, NALERT, self, name, out);
}

static void
alert_print(const void *self, struct tmpl_ctx *c, struct buf *out)
{
	rows_print(alert_rows, NALERT, self, c, out);
}

static void
alert_json(const void *self, struct tmpl_ctx *c, struct jw *w)
{
	rows_json(alert_rows, NALERT, self, c, w);
}

static const struct tclass alert_class = {
	.name = "template.Alert", .field = alert_field, .print = alert_print,
	.json = alert_json
};

static size_t
alerts_count(const void *self)
{
	const struct tmpl_alerts *a = self;

	return a->n;
}

static void
alerts_at(const void *self, size_t i, struct tmpl_ctx *c, struct tval *key,
    struct tval *value)
{
	const struct tmpl_alerts *a = self;

	(void)c;
	*key = tval_int((int64_t)i);
	*value = tval_obj(&alert_class, &a->p[i]);
}

static int
alerts_with(struct tmpl_ctx *c, const struct tmpl_alerts *a,
    struct str status, struct tval *out)
{
	struct tval *v = ARENA_ARRAY(c->arena, a->n, struct tval);
	size_t i, n = 0;

	for (i = 0; i < a->n; i++)
		if (str_eq(a->p[i].status, status))
			v[n++] = tval_obj(&alert_class, &a->p[i]);
	*out = tval_list(v, n, "[]template.Alert");
	return 0;
}

static int
alerts_firing(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	(void)n;
	(void)e;
	return alerts_with(c, arg[0].u.obj.self, STR("firing"), out);
}

static int
alerts_resolved(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	(void)n;
	(void)e;
	return alerts_with(c, arg[0].u.obj.self, STR("resolved"), out);
}

static const struct tmpl_func alerts_methods[] = {
	{ "Firing", "", alerts_firing },
	{ "Resolved", "", alerts_resolved },
};

static const struct tclass alerts_class = {
	.name = "template.Alerts", .count = alerts_count, .at = alerts_at,
	.methods = alerts_methods, .nmethods = 2
};

GET(data_receiver, tmpl_data, tval_str(s->receiver))
GET(data_status, tmpl_data, tval_str(s->status))
GET(data_alerts, tmpl_data, tval_obj(&alerts_class, &s->alerts))
GET(data_reason, tmpl_data, tval_str(s->notification_reason))
GET(data_group_labels, tmpl_data, tval_kv(s->group_labels))
GET(data_common_labels, tmpl_data, tval_kv(s->common_labels))
GET(data_common_annotations, tmpl_data, tval_kv(s->common_annotations))
GET(data_route_labels, tmpl_data, tval_kv(s->route_labels))
GET(data_external_url, tmpl_data, tval_str(s->external_url))

static const struct shown data_rows[] = {
	{ "Receiver", "receiver", data_receiver, false },
	{ "Status", "status", data_status, false },
	{ "Alerts", "alerts", data_alerts, false },
	{ "NotificationReason", "notification_reason", data_reason, true },
	{ "GroupLabels", "groupLabels", data_group_labels, false },
	{ "CommonLabels", "commonLabels", data_common_labels, false },
	{ "CommonAnnotations", "commonAnnotations", data_common_annotations,
	    false },
	{ "RouteLabels", "routeLabels", data_route_labels, true },
	{ "ExternalURL", "externalURL", data_external_url, false },
};
#define NDATA	(sizeof(data_rows) / sizeof(data_rows[0]))

static bool
data_field(const void *self, struct str name, struct tmpl_ctx *c,
    struct tval *out)
{
	(void)c;
	return rows_field(data_rows, NDATA, self, name, out);
}

static void
data_print(const void *self, struct tmpl_ctx *c, struct buf *out)
{
	rows_print(data_rows, NDATA, self, c, out);
}

static void
data_json(const void *self, struct tmpl_ctx *c, struct jw *w)
{
	rows_json(data_rows, NDATA, self, c, w);
}

static const struct tclass data_class = {
	.name = "template.Data", .field = data_field, .print = data_print,
	.json = data_json
};

struct tval
tval_data(const struct tmpl_data *d)
{
	return tval_obj(&data_class, d);
}

struct str
quote_meta(struct str s, struct arena *a)
{
	struct buf b = { 0 };
	struct str out;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '\0' &&
		    strchr("\\.+*?()|[]{}^$", s.p[i]) != NULL)
			(void)buf_putc(&b, '\\');
		(void)buf_putc(&b, s.p[i]);
	}
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static struct tval
time_or_zero(int64_t ms)
{
	return tval_time(ms == 0 ? TMPL_TIME_ZERO : ms);
}

void
tmpl_data_of(const struct notification *n, struct arena *a,
    struct tmpl_data *out)
{
	struct tmpl_alert *v = ARENA_ARRAY(a, n->nalerts, struct tmpl_alert);
	bool firing = false;
	size_t i;

	for (i = 0; i < n->nalerts; i++) {
		const struct alert *al = &n->alerts[i];
		bool resolved = alert_resolved_at(al,
		    n->time == 0 ? INT64_MAX : n->time);

		firing = firing || !resolved;
		v[i] = (struct tmpl_alert){
			resolved ? STR("resolved") : STR("firing"),
			al->labels, al->annotations,
			time_or_zero(al->starts_at),
			time_or_zero(resolved ? al->ends_at : 0),
			al->generator_url,
			arena_printf(a, "%016" PRIx64,
			    labels_fingerprint(al->labels))
		};
	}
	*out = (struct tmpl_data){
		.receiver = quote_meta(n->receiver, a),
		.status = firing ? STR("firing") : STR("resolved"),
		.alerts = { v, n->nalerts },
		.group_labels = n->group_labels,
		.common_labels = n->common_labels,
		.common_annotations = n->common_annotations,
		.route_labels = n->route_labels,
		.external_url = n->external_url,
		.notification_reason = n->reason,
	};
}

#include <endian.h>

#include "core/hash.h"
#include "wire/internal.h"

/* What Alertmanager's webhook body holds, then ours. */
static const struct field notification_fields[] = {
	{ STR("receiver"), F_STR, offsetof(struct notification, receiver),
	    true },
	{ STR("status"), F_IGNORED, 0, false },
	{ STR("alerts"), F_IGNORED, 0, false },
	{ STR("notification_reason"), F_STR,
	    offsetof(struct notification, reason), false },
	{ STR("groupLabels"), F_LABELS,
	    offsetof(struct notification, group_labels), true },
	{ STR("commonLabels"), F_LABELS,
	    offsetof(struct notification, common_labels), true },
	{ STR("commonAnnotations"), F_LABELS,
	    offsetof(struct notification, common_annotations), true },
	{ STR("routeLabels"), F_LABELS,
	    offsetof(struct notification, route_labels), false },
	{ STR("externalURL"), F_STR,
	    offsetof(struct notification, external_url), true },
	{ STR("version"), F_IGNORED, 0, false },
	{ STR("groupKey"), F_STR, offsetof(struct notification, group_key),
	    true },
	{ STR("truncatedAlerts"), F_COUNT,
	    offsetof(struct notification, truncated), true },
	{ STR("time"), F_TIME, offsetof(struct notification, time), false },
	{ STR("repeatInterval"), F_DURATION,
	    offsetof(struct notification, repeat_interval_ms), false },
	{ STR("route"), F_STR, offsetof(struct notification, route), false },
	{ STR("groupInterval"), F_DURATION,
	    offsetof(struct notification, group_interval_ms), false },
};

#define NFIELDS	(sizeof(notification_fields) / sizeof(notification_fields[0]))

static bool
is_regex_meta(char c)
{
	return c != '\0' && strchr("\\.+*?()|[]{}^$", c) != NULL;
}

/* The body names the receiver as Go's regexp.QuoteMeta prints it. */
static struct str
quote_meta(struct arena *a, struct str s)
{
	char *p = arena_raw(a, 2 * s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (is_regex_meta(s.p[i]))
			p[n++] = '\\';
		p[n++] = s.p[i];
	}
	return (struct str){ p, n };
}

static struct str
unquote_meta(struct arena *a, struct str s)
{
	char *p = arena_raw(a, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n && is_regex_meta(s.p[i + 1]))
			i++;
		p[n++] = s.p[i];
	}
	return (struct str){ p, n };
}

/* The object that begins with the token just read. */
static int
one_alert_read(const struct decode *d, struct jr *r, struct alert *out)
{
	struct members m;

	if (members_read(d, r, &m) == -1)
		return -1;
	return alert_fields_read(d, &m, out, NULL);
}

static void
alert_push(struct arena *a, struct alert **list, size_t *n, struct alert one)
{
	struct alert *wider;

	/* full at 8, 16, 32 … */
	if (*n % 8 == 0 && (*n & (*n - 1)) == 0) {
		wider = ARENA_ARRAY(a, *n ? 2 * *n : 8, struct alert);
		if (*n)
			memcpy(wider, *list, *n * sizeof(one));
		*list = wider;
	}
	(*list)[(*n)++] = one;
}

static int
alerts_read(const struct decode *d, struct str text, struct notification *n)
{
	struct alert one, *list = NULL;
	enum jr_tok tok;
	struct jr r;

	jr_init(&r, text, d->a);
	if (jr_next(&r) != JR_ARR)
		return wrong(d, text, "'alerts': expected an array");
	while ((tok = jr_next(&r)) == JR_OBJ) {
		if (one_alert_read(d, &r, &one) == -1)
			return err_prefix(d->e, "'alerts'");
		alert_push(d->a, &list, &n->nalerts, one);
	}
	if (tok != JR_ARR_END)
		return wrong(d, str_sub(text, r.start, text.n),
		    "'alerts': expected objects");
	n->alerts = list;
	return 0;
}

int
notification_read(const struct decode *d, const struct members *m,
    struct wire_rec *out)
{
	struct notification *n = &out->u.notification.n;
	const struct member *alerts = members_find(m, STR("alerts"));

	*n = (struct notification){ 0 };
	if (fields_read(d, FIELDS(notification_fields), m, n,
	    &out->u.notification.extra) == -1)
		return -1;
	n->receiver = unquote_meta(d->a, n->receiver);
	if (members_find(m, STR("routeLabels")) == NULL)
		n->route_labels = NULL;
	if (alerts == NULL || str_eq(alerts->value, STR("null")))
		return 0;
	return alerts_read(d, alerts->value, n);
}

static bool
is_resolved(const struct notification *n, const struct alert *a)
{
	return n->time ? alert_resolved_at(a, n->time) : a->ends_at != 0;
}

static struct str
status_text(bool resolved)
{
	return resolved ? STR("resolved") : STR("firing");
}

/* An alert inside the body; its rows all stand there, given or not. */
static const struct field body_alert_head[] = {
	{ STR("labels"), F_LABELS, offsetof(struct alert, labels), true },
	{ STR("annotations"), F_LABELS, offsetof(struct alert, annotations),
	    true },
	{ STR("startsAt"), F_TIME, offsetof(struct alert, starts_at), true },
	{ STR("endsAt"), F_TIME, offsetof(struct alert, ends_at), true },
	{ STR("generatorURL"), F_STR, offsetof(struct alert, generator_url),
	    true },
};

static void
put_body_alert(struct jw *w, const struct alert *a, bool resolved)
{
	uint64_t print = htobe64(labels_fingerprint(a->labels));
	char text[2 * sizeof(print)];
	struct buf hex = { .p = text, .cap = sizeof(text) };
	struct alert shown = *a;

	if (!resolved)
		shown.ends_at = 0;
	(void)hash_hex(&hex, (const unsigned char *)&print, sizeof(print));
	jw_obj(w);
	jw_key(w, STR("status"));
	jw_str(w, status_text(resolved));
	fields_write(w, FIELDS(body_alert_head), &shown);
	jw_key(w, STR("fingerprint"));
	jw_str(w, buf_str(&hex));
	jw_obj_end(w);
}

static void
put_alerts(struct jw *w, const struct notification *n)
{
	bool resolved = true;
	size_t i;

	for (i = 0; i < n->nalerts; i++)
		resolved = resolved && is_resolved(n, &n->alerts[i]);
	jw_key(w, STR("status"));
	jw_str(w, status_text(resolved));
	jw_key(w, STR("alerts"));
	jw_arr(w);
	for (i = 0; i < n->nalerts; i++)
		put_body_alert(w, &n->alerts[i],
		    is_resolved(n, &n->alerts[i]));
	jw_arr_end(w);
}

/* The rows [from, to), whose keys stand between those that we compute. */
static void
put_rows(struct jw *w, const struct notification *n, size_t from, size_t to)
{
	fields_write(w, (struct fields){ notification_fields + from,
	    to - from }, n);
}

static size_t
row_of(struct str key)
{
	size_t i;

	for (i = 0; i < NFIELDS; i++)
		if (str_eq(notification_fields[i].key, key))
			break;
	return i;
}

/* All of the body but its closing brace. */
static void
put_body(struct jw *w, const struct notification *n)
{
	struct arena a = { 0 };
	struct notification shown = *n;
	size_t version = row_of(STR("version"));

	shown.receiver = quote_meta(&a, n->receiver);
	jw_obj(w);
	put_rows(w, &shown, 0, 1);
	put_alerts(w, n);
	put_rows(w, &shown, 1, version);
	jw_key(w, STR("version"));
	jw_str(w, STR("4"));
	put_rows(w, &shown, version, row_of(STR("time")));
	arena_free(&a);
}

void
wire_put_webhook(struct buf *out, const struct notification *n)
{
	struct jw w = { .out = out, .html = true };

	put_body(&w, n);
	jw_obj_end(&w);
}

void
wire_put_notification(struct buf *out, const struct notification *n,
    struct str extra)
{
	struct jw w = { .out = out, .html = true };

	put_body(&w, n);
	put_rows(&w, n, row_of(STR("time")), NFIELDS);
	extra_write(&w, extra);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

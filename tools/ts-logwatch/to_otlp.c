/*
 * otlp: POST /v1/logs, OTLP/HTTP with JSON (opentelemetry-proto 1.x): 64-bit
 * integers as texts, identifiers as hexadecimal.  The event's name stands in
 * log.record.uid, as the semantic conventions have it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "json/tree.h"
#include "json/write.h"
#include "level.h"
#include "ship.h"

#define DEPTH_MAX	32	/* of values in values */

/* Fields that speak of the resource, not of the record. */
static const struct { struct str ours, theirs; } of_resource[] = {
	{ STR("service.name"), STR("service.name") },
	{ STR("service.version"), STR("service.version") },
	{ STR("host.name"), STR("host.name") },
	{ STR("host.hostname"), STR("host.name") },
};
#define NRESOURCE	(sizeof(of_resource) / sizeof(of_resource[0]))

static void *
open_otlp(struct ship *s, struct err *e)
{
	(void)e;
	return s;		/* there is nothing to remember */
}

static void
close_otlp(void *arg)
{
	(void)arg;
}

/* ---- values ---- */

static bool
is_integer(struct str s)
{
	size_t i;

	if (s.n == 0 || s.n > 18)
		return false;
	for (i = s.p[0] == '-' && s.n > 1; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static void
put_number(struct jw *w, struct str text)
{
	if (is_integer(text)) {
		jw_key(w, STR("intValue"));
		jw_str(w, text);
	} else {
		jw_key(w, STR("doubleValue"));
		jw_raw(w, text);
	}
}

static void	put_tree(struct jw *w, const json_t *j, unsigned depth);

static void
put_members(struct jw *w, const json_t *j, unsigned depth)
{
	void *it = json_object_iter((json_t *)(uintptr_t)j);

	jw_key(w, STR("kvlistValue"));
	jw_obj(w);
	jw_key(w, STR("values"));
	jw_arr(w);
	for (; it != NULL; it = json_object_iter_next(
	    (json_t *)(uintptr_t)j, it)) {
		jw_obj(w);
		jw_key(w, STR("key"));
		jw_str(w, str_of(json_object_iter_key(it)));
		jw_key(w, STR("value"));
		put_tree(w, json_object_iter_value(it), depth + 1);
		jw_obj_end(w);
	}
	jw_arr_end(w);
	jw_obj_end(w);
}

static void
put_elements(struct jw *w, const json_t *j, unsigned depth)
{
	size_t i;

	jw_key(w, STR("arrayValue"));
	jw_obj(w);
	jw_key(w, STR("values"));
	jw_arr(w);
	for (i = 0; i < json_array_size(j); i++)
		put_tree(w, json_array_get(j, i), depth + 1);
	jw_arr_end(w);
	jw_obj_end(w);
}

/* An AnyValue; null is one without a member. */
static void
put_tree(struct jw *w, const json_t *j, unsigned depth)
{
	jw_obj(w);
	if (json_is_object(j) && depth < DEPTH_MAX) {
		put_members(w, j, depth);
	} else if (json_is_array(j) && depth < DEPTH_MAX) {
		put_elements(w, j, depth);
	} else if (json_is_string(j)) {
		jw_key(w, STR("stringValue"));
		jw_str(w, (struct str){ json_string_value(j),
		    json_string_length(j) });
	} else if (json_is_boolean(j)) {
		jw_key(w, STR("boolValue"));
		jw_bool(w, json_is_true(j));
	} else if (json_is_number(j)) {
		struct buf b = { 0 };

		(void)json_put_tree(&b, j);
		put_number(w, buf_str(&b));
		buf_release(&b);
	}
	jw_obj_end(w);
}

static void
put_value(struct jw *w, struct value v)
{
	struct err e;
	json_t *j;

	if (v.kind == VAL_JSON && (j = json_tree(v.text, &e)) != NULL) {
		put_tree(w, j, 0);
		json_decref(j);
		return;
	}
	jw_obj(w);
	if (v.kind == VAL_NUM) {
		put_number(w, v.text);
	} else if (v.kind == VAL_BOOL) {
		jw_key(w, STR("boolValue"));
		jw_raw(w, v.text);
	} else if (v.kind == VAL_STR || v.kind == VAL_JSON) {
		jw_key(w, STR("stringValue"));
		jw_str(w, v.text);
	}
	jw_obj_end(w);
}

static void
put_attribute(struct jw *w, struct str key, struct value v)
{
	struct buf name = { 0 };
	size_t i;

	(void)buf_put(&name, key);
	for (i = 0; i < name.n; i++)
		if (name.p[i] == NAME_DOT)
			name.p[i] = '.';
	jw_obj(w);
	jw_key(w, STR("key"));
	jw_str(w, buf_str(&name));
	jw_key(w, STR("value"));
	put_value(w, v);
	jw_obj_end(w);
	buf_release(&name);
}

/* ---- an event ---- */

static bool
speaks_of_resource(struct str name)
{
	size_t i;

	for (i = 0; i < NRESOURCE; i++)
		if (str_eq(name, of_resource[i].ours))
			return true;
	return false;
}

static void
put_resource(void *arg, const struct event *ev, struct str id,
    struct buf *out)
{
	struct jw w = { .out = out };
	bool host = false;
	struct value v;
	size_t i;

	(void)arg;
	(void)id;
	jw_obj(&w);
	jw_key(&w, STR("attributes"));
	jw_arr(&w);
	for (i = 0; i < NRESOURCE; i++) {
		bool is_host = str_eq(of_resource[i].theirs, STR("host.name"));

		v = event_get(ev, of_resource[i].ours);
		if (v.kind == VAL_NONE || (is_host && host))
			continue;
		host |= is_host;
		put_attribute(&w, of_resource[i].theirs, v);
	}
	jw_arr_end(&w);
	jw_obj_end(&w);
}

/* A trace or span as W3C has it: n digits, not all of them zero. */
static bool
is_trace(struct str s, size_t n)
{
	size_t i;
	bool zero = true;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\0' ||
		    strchr("0123456789abcdefABCDEF", s.p[i]) == NULL)
			return false;
		zero &= s.p[i] == '0';
	}
	return s.n == n && !zero;
}

static void
put_trace(struct jw *w, const struct event *ev, struct str field, size_t n,
    struct str key)
{
	struct value v = event_get(ev, field);

	if (v.kind != VAL_STR || !is_trace(v.text, n))
		return;
	jw_key(w, key);
	jw_str(w, v.text);
}

static void
put_nanoseconds(struct jw *w, struct str key, int64_t ms, uint32_t ns)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%lld%06u",
	    (long long)(ms < 0 ? 0 : ms), (unsigned)(ms < 0 ? 0 : ns));
	jw_key(w, key);
	jw_str(w, str_of(text));
}

static void
put_attributes(struct jw *w, const struct event *ev, struct str id)
{
	size_t i;

	jw_key(w, STR("attributes"));
	jw_arr(w);
	put_attribute(w, STR("log.record.uid"), VALUE_STR(id));
	if (ev->origin != NULL && ev->origin->path.n > 0)
		put_attribute(w, STR("log.file.path"),
		    VALUE_STR(ev->origin->path));
	for (i = 0; i < ev->nfields; i++)
		if (!speaks_of_resource(ev->field[i].name))
			put_attribute(w, ev->field[i].name,
			    ev->field[i].value);
	if (ev->ntags > 0)
		put_attribute(w, STR("tags"), event_get(ev, STR("tags")));
	jw_arr_end(w);
}

static void
put_record(void *arg, const struct event *ev, struct str id, struct buf *out)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	put_nanoseconds(&w, STR("timeUnixNano"), ev->time, ev->time_ns);
	put_nanoseconds(&w, STR("observedTimeUnixNano"),
	    ship_now(arg), 0);
	if (ev->level != NULL) {
		jw_key(&w, STR("severityNumber"));
		jw_int(&w, ev->level->otlp);
	}
	if (ev->level != NULL || ev->level_text.n > 0) {
		jw_key(&w, STR("severityText"));
		jw_str(&w, ev->level_text.n > 0 ? ev->level_text :
		    str_of(ev->level->name));
	}
	if (ev->message.kind != VAL_NONE) {
		jw_key(&w, STR("body"));
		put_value(&w, ev->message);
	}
	put_attributes(&w, ev, id);
	put_trace(&w, ev, STR("trace.id"), 32, STR("traceId"));
	put_trace(&w, ev, STR("span.id"), 16, STR("spanId"));
	jw_obj_end(&w);
}

static void
compose(void *arg, struct ship_doc *docs, size_t n, struct buf *out)
{
	size_t i;

	(void)arg;
	ship_sort(docs, n);
	(void)buf_put(out, STR("{\"resourceLogs\":["));
	for (i = 0; i < n; i++) {
		bool first = i == 0 || !str_eq(docs[i].head, docs[i - 1].head);

		if (first)
			(void)buf_printf(out, "%s{\"resource\":" STR_FMT
			    ",\"scopeLogs\":[{\"scope\":{\"name\":"
			    "\"ts-logwatch\",\"version\":\"" TS_VERSION
			    "\"},\"logRecords\":[", i ? "]}]}," : "",
			    STR_ARG(docs[i].head));
		else
			(void)buf_putc(out, ',');
		(void)buf_put(out, docs[i].body);
	}
	(void)buf_put(out, STR("]}]}]}"));
}

/* ---- answers ---- */

/* Which of them were rejected is not said, and they must not come again. */
static void
judge_partial(struct ship *s, const struct http_response *r)
{
	struct err e;
	json_t *o = json_tree(r->body, &e);
	const json_t *p = json_object_get(o, "partialSuccess");
	const json_t *count = json_object_get(p, "rejectedLogRecords");
	struct str why = json_get_str(p, "errorMessage");
	long long n = json_is_string(count) ?
	    strtoll(json_string_value(count), NULL, 10) :
	    json_integer_value(count);

	if (n > 0) {
		ship_refused(s, (uint64_t)n);
		diag("%lld events were rejected: " STR_FMT, n,
		    STR_ARG(str_sub(why, 0, 200)));
	} else if (why.n > 0)
		diag_warning("the collector says: " STR_FMT,
		    STR_ARG(str_sub(why, 0, 200)));
	json_decref(o);
}

/* What may be sent again is fixed by the protocol; the rest must not be. */
static enum ship_fate
fate_of(int status)
{
	switch (status) {
	case 429:
	case 502:
	case 503:
	case 504:
		return SHIP_AGAIN;
	case 401:
	case 403:
	case 404:
	case 405:
		return SHIP_DENIED;
	case 413:
		return SHIP_SPLIT;
	}
	return status / 100 == 2 ? SHIP_STORED : SHIP_NEVER;
}

static void
judge(void *arg, const struct http_response *r, struct ship_verdict *v,
    size_t n, struct arena *a)
{
	struct str text = arena_printf(a, "HTTP status %d%s" STR_FMT,
	    r->status, r->body.n ? ": " : "",
	    STR_ARG(str_sub(str_trim(r->body), 0, 300)));
	size_t i;

	if (r->status / 100 == 2 && r->body.n > 2)
		judge_partial(arg, r);
	for (i = 0; i < n; i++)
		v[i] = (struct ship_verdict){ fate_of(r->status), text };
}

static const char *const params[] = { NULL };

static const struct destination otlp = {
	.path = "/v1/logs", .type = "application/json", .port = 4318,
	.params = params, .open = open_otlp, .put_head = put_resource,
	.put_body = put_record, .compose = compose, .judge = judge,
	.close = close_otlp,
};

static void *
open_output(struct watch *w, const char *url, struct err *e)
{
	return ship_open(w, url, &otlp, e);
}

const struct output output_otlp = {
	.name = "otlp", .summary = "OpenTelemetry's logs over HTTP",
	.open = open_output, SHIP_OUTPUT,
};

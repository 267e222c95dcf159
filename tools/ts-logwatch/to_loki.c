/*
 * loki: POST /loki/api/v1/push.  A few fields are labels of the stream, all
 * others structured metadata, the message is the line.  Loki itself drops an
 * entry that it has already (same stream, time and line).
 */
#include <stdio.h>

#include "core/mem.h"
#include "json/write.h"
#include "level.h"
#include "printer.h"
#include "ship.h"

struct loki {
	struct printer *printer;	/* of events without a message */
	struct str job;
	struct str *label;		/* fields that are labels, too */
	size_t nlabels;
	struct buf name, json;
	struct arena arena;
};

static void
close_loki(void *arg)
{
	struct loki *self = arg;

	printer_free(self->printer);
	buf_release(&self->name);
	buf_release(&self->json);
	arena_free(&self->arena);
	mem_free(self);
}

static void *
open_loki(struct ship *s, struct err *e)
{
	struct loki *self = mem_zalloc(sizeof(*self));
	struct str list = ship_param(s, "labels"), one;

	(void)e;
	self->printer = printer_new(ship_flat(s));
	self->job = ship_param(s, "job");
	if (self->job.n == 0)
		self->job = STR("ts-logwatch");
	if (list.n == 0)
		list = STR("service.name");
	self->label = ARENA_ARRAY(&self->arena, list.n + 1, struct str);
	while (list.p != NULL) {
		list = str_cut(list, ',', &one);
		if (one.n > 0)
			self->label[self->nlabels++] = one;
	}
	return self;
}

/* A name of Prometheus: http.request.method is http_request_method. */
static struct str
label_name(struct loki *self, struct str name)
{
	size_t i;

	buf_reset(&self->name);
	if (name.n > 0 && name.p[0] >= '0' && name.p[0] <= '9')
		(void)buf_putc(&self->name, '_');
	for (i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9');

		(void)buf_putc(&self->name, word ? c : '_');
	}
	return buf_str(&self->name);
}

static bool
is_label(const struct loki *self, struct str name)
{
	size_t i;

	for (i = 0; i < self->nlabels; i++)
		if (str_eq(name, self->label[i]))
			return true;
	return false;
}

static void
put_stream(void *arg, const struct event *ev, struct str id, struct buf *out)
{
	struct loki *self = arg;
	struct jw w = { .out = out };
	struct str text;
	size_t i;

	(void)id;
	jw_obj(&w);
	jw_key(&w, STR("job"));
	jw_str(&w, self->job);
	if (ev->level != NULL) {
		jw_key(&w, STR("level"));
		jw_str(&w, str_of(ev->level->name));
	}
	for (i = 0; i < self->nlabels; i++) {
		text = value_text(event_get(ev, self->label[i]));
		if (text.n == 0)
			continue;
		jw_key(&w, label_name(self, self->label[i]));
		jw_str(&w, text);
	}
	jw_obj_end(&w);
}

static void
put_line(struct loki *self, const struct event *ev, struct jw *w)
{
	struct str text = value_text(ev->message);

	if (ev->message.kind == VAL_NONE) {
		buf_reset(&self->json);
		printer_put(self->printer, ev, &self->json);
		text = str_trim(buf_str(&self->json));
	}
	jw_str(w, text);
}

static void
put_metadata(struct loki *self, const struct event *ev, struct str id,
    struct jw *w)
{
	size_t i;

	jw_obj(w);
	jw_key(w, STR("event_id"));
	jw_str(w, id);
	if (ev->origin != NULL && ev->origin->path.n > 0) {
		jw_key(w, STR("filename"));
		jw_str(w, ev->origin->path);
	}
	for (i = 0; i < ev->nfields; i++) {
		if (is_label(self, ev->field[i].name))
			continue;
		jw_key(w, label_name(self, ev->field[i].name));
		jw_str(w, value_text(ev->field[i].value));
	}
	jw_obj_end(w);
}

/* ["NANOSECONDS","line",{metadata}] */
static void
put_entry(void *arg, const struct event *ev, struct str id, struct buf *out)
{
	struct loki *self = arg;
	struct jw w = { .out = out };
	char ns[32];

	(void)snprintf(ns, sizeof(ns), "%lld%06u", (long long)ev->time,
	    (unsigned)ev->time_ns);
	jw_arr(&w);
	jw_str(&w, str_of(ns));
	put_line(self, ev, &w);
	put_metadata(self, ev, id, &w);
	jw_arr_end(&w);
}

static void
compose(void *arg, struct ship_doc *docs, size_t n, struct buf *out)
{
	size_t i;

	(void)arg;
	ship_sort(docs, n);
	(void)buf_put(out, STR("{\"streams\":["));
	for (i = 0; i < n; i++) {
		bool first = i == 0 || !str_eq(docs[i].head, docs[i - 1].head);

		if (first)
			(void)buf_printf(out, "%s{\"stream\":" STR_FMT
			    ",\"values\":[", i ? "]}," : "",
			    STR_ARG(docs[i].head));
		else
			(void)buf_putc(out, ',');
		(void)buf_put(out, docs[i].body);
	}
	(void)buf_put(out, STR("]}]}"));
}

/* 400 names the entries that are too old or too long; the others are stored. */
static enum ship_fate
fate_of(int status)
{
	switch (status) {
	case 200:
	case 204:
		return SHIP_STORED;
	case 260:	/* ingestion is blocked by a limit */
	case 429:
		return SHIP_AGAIN;
	case 401:
	case 403:
	case 404:
	case 405:
		return SHIP_DENIED;
	case 413:
		return SHIP_SPLIT;
	}
	return status / 100 == 4 ? SHIP_NEVER : SHIP_AGAIN;
}

static void
judge(void *arg, const struct http_response *r, struct ship_verdict *v,
    size_t n, struct arena *a)
{
	struct str text = arena_printf(a, "HTTP status %d%s" STR_FMT,
	    r->status, r->body.n ? ": " : "",
	    STR_ARG(str_sub(str_trim(r->body), 0, 300)));
	size_t i;

	(void)arg;
	for (i = 0; i < n; i++)
		v[i] = (struct ship_verdict){ fate_of(r->status), text };
}

static const char *const params[] = { "job", "labels", NULL };

static const struct destination loki = {
	.path = "/loki/api/v1/push", .type = "application/json",
	.port = 3100, .params = params,
	.open = open_loki, .put_head = put_stream, .put_body = put_entry,
	.compose = compose, .judge = judge, .close = close_loki,
};

static void *
open_output(struct watch *w, const char *url, struct err *e)
{
	return ship_open(w, url, &loki, e);
}

const struct output output_loki = {
	.name = "loki", .summary = "Loki's push API",
	.open = open_output, SHIP_OUTPUT,
};

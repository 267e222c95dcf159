/*
 * elasticsearch: POST /_bulk, one create a document (Elasticsearch 8,
 * OpenSearch 2).  The name of a document is that of its event: one that comes
 * twice is stored once.
 */
#include "core/mem.h"
#include "index_name.h"
#include "json/tree.h"
#include "json/write.h"
#include "printer.h"
#include "ship.h"

#define INDEX	STR("truststram-%{+YYYY.MM.dd}")

struct elastic {
	struct ship *ship;
	struct printer *printer;
	struct index_name *index;
	struct str data_stream, template;
	struct buf name;
	struct arena arena;
};

static void
close_elastic(void *arg)
{
	struct elastic *self = arg;

	printer_free(self->printer);
	buf_release(&self->name);
	arena_free(&self->arena);
	mem_free(self);
}

static int
read_names(struct elastic *self, struct err *e)
{
	struct str index = ship_param(self->ship, "index");

	self->data_stream = ship_param(self->ship, "data_stream");
	self->template = ship_param(self->ship, "template");
	if (self->data_stream.n > 0 && index.n > 0)
		return err_set(e, ERR_CONFIG, "index or data_stream, not "
		    "both");
	if (self->data_stream.n > 0)
		index = self->data_stream;
	self->index = index_name_parse(index.n > 0 ? index : INDEX,
	    &self->arena, e);
	return self->index != NULL ? 0 : -1;
}

static void *
open_elastic(struct ship *s, struct err *e)
{
	struct elastic *self = mem_zalloc(sizeof(*self));

	self->ship = s;
	if (read_names(self, e) == -1) {
		close_elastic(self);
		return NULL;
	}
	self->printer = printer_new(ship_flat(s));
	return self;
}

/* {"create":{"_index":"…","_id":"…"}} */
static void
put_action(void *arg, const struct event *ev, struct str id, struct buf *out)
{
	struct elastic *self = arg;

	buf_reset(&self->name);
	index_name_put(self->index, ev, &self->name);
	(void)buf_put(out, STR("{\"create\":{\"_index\":"));
	json_put_str(out, buf_str(&self->name), false);
	(void)buf_put(out, STR(",\"_id\":"));
	json_put_str(out, id, false);
	(void)buf_put(out, STR("}}\n"));
}

static void
put_source(void *arg, const struct event *ev, struct str id, struct buf *out)
{
	struct elastic *self = arg;

	(void)id;
	printer_put(self->printer, ev, out);
}

static void
compose(void *arg, struct ship_doc *docs, size_t n, struct buf *out)
{
	size_t i;

	(void)arg;
	for (i = 0; i < n; i++) {
		(void)buf_put(out, docs[i].head);
		(void)buf_put(out, docs[i].body);
	}
}

/* ---- answers ---- */

static enum ship_fate
fate_of_item(int status)
{
	if (status / 100 == 2 || status == 409)
		return SHIP_STORED;	/* 409: it was there already */
	if (status == 429 || status >= 500)
		return SHIP_AGAIN;
	return status == 403 ? SHIP_MAYBE : SHIP_NEVER;
}

static struct str
why(const json_t *result, int status, struct arena *a)
{
	const json_t *error = json_object_get(result, "error");
	struct str type = json_get_str(error, "type");
	struct str reason = json_get_str(error, "reason");

	return arena_printf(a, "%d " STR_FMT "%s" STR_FMT, status,
	    STR_ARG(type), reason.n ? ": " : "", STR_ARG(reason));
}

/* The only member of an item, whatever the action is called. */
static const json_t *
result_of(json_t *item)
{
	return json_object_iter_value(json_object_iter(item));
}

static void
all(struct ship_verdict *v, size_t n, enum ship_fate fate, struct str text)
{
	size_t i;

	for (i = 0; i < n; i++)
		v[i] = (struct ship_verdict){ fate, text };
}

static void
judge_items(const json_t *items, struct ship_verdict *v, size_t n,
    struct arena *a)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const json_t *r = result_of(json_array_get(items, i));
		int status = (int)json_integer_value(json_object_get(r,
		    "status"));

		v[i].fate = fate_of_item(status);
		if (status == 0)
			v[i] = (struct ship_verdict){ SHIP_AGAIN,
			    STR("an item without a status") };
		else if (v[i].fate != SHIP_STORED)
			v[i].why = why(r, status, a);
	}
}

static void
judge_200(const struct http_response *r, struct ship_verdict *v, size_t n,
    struct arena *a)
{
	struct err e;
	json_t *o = json_tree(r->body, &e);
	const json_t *errors = json_object_get(o, "errors");
	const json_t *items = json_object_get(o, "items");

	if (json_array_size(items) == n)
		judge_items(items, v, n, a);
	else if (!json_is_false(errors))
		all(v, n, SHIP_AGAIN, STR("the answer is not that of _bulk"));
	json_decref(o);
}

static void
judge(void *arg, const struct http_response *r, struct ship_verdict *v,
    size_t n, struct arena *a)
{
	struct str text = arena_printf(a, "HTTP status %d%s" STR_FMT,
	    r->status, r->body.n ? ": " : "",
	    STR_ARG(str_sub(str_trim(r->body), 0, 300)));

	(void)arg;
	switch (r->status) {
	case 200:
	case 201:
		judge_200(r, v, n, a);
		break;
	case 400:
	case 413:
		all(v, n, SHIP_SPLIT, text);
		break;
	case 401:
	case 403:
	case 404:
	case 405:
		all(v, n, SHIP_DENIED, text);
		break;
	default:
		all(v, n, SHIP_AGAIN, text);
	}
}

/* ---- the template ---- */

/*
 * Texts are keywords, but for message; numbers as they come.  Without it an
 * index has each text twice, and long ones are refused as keywords.
 */
static const char mappings[] =
    "\"mappings\":{\"dynamic_templates\":[{\"texts\":{"
    "\"match_mapping_type\":\"string\",\"mapping\":{\"type\":\"keyword\","
    "\"ignore_above\":1024}}}],\"properties\":{"
    "\"@timestamp\":{\"type\":\"date\"},"
    "\"message\":{\"type\":\"match_only_text\"},"
    "\"source\":{\"properties\":{\"ip\":{\"type\":\"ip\","
    "\"ignore_malformed\":true}}},"
    "\"event\":{\"properties\":{\"duration\":{\"type\":\"long\"}}}}}";

static bool
prepare(void *arg, struct str *method, struct buf *path, struct buf *body)
{
	struct elastic *self = arg;
	struct buf pattern = { 0 };

	if (self->template.n == 0)
		return false;
	*method = STR("PUT");
	(void)buf_printf(path, "/_index_template/" STR_FMT,
	    STR_ARG(self->template));
	index_name_put_wildcard(self->index, &pattern);
	(void)buf_put(body, STR("{\"index_patterns\":["));
	json_put_str(body, buf_str(&pattern), false);
	(void)buf_printf(body, "],\"priority\":200,%s\"template\":{%s}}",
	    self->data_stream.n > 0 ? "\"data_stream\":{}," : "", mappings);
	buf_release(&pattern);
	return true;
}

static const char *const params[] = { "data_stream", "index", "template",
    NULL };

static const struct destination elasticsearch = {
	.path = "/_bulk",
	.query = "?filter_path=errors,items.*.status,items.*.error.type,"
	    "items.*.error.reason",
	.type = "application/x-ndjson", .port = 9200, .params = params,
	.open = open_elastic, .put_head = put_action, .put_body = put_source,
	.compose = compose, .judge = judge, .prepare = prepare,
	.close = close_elastic,
};

static void *
open_output(struct watch *w, const char *url, struct err *e)
{
	return ship_open(w, url, &elasticsearch, e);
}

const struct output output_elasticsearch = {
	.name = "elasticsearch", .summary = "the bulk API",
	.open = open_output, SHIP_OUTPUT,
};

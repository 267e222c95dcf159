#include "remote.h"

#include "config/common.h"
#include "core/dur.h"
#include "core/num.h"
#include "json/tree.h"
#include "net/http.h"
#include "net/url.h"

#define ANSWER_MAX	((size_t)256 << 20)
#define MESSAGE_MAX	300

struct remote {
	struct arena arena;		/* the configuration */
	struct http_config config;
	struct str url;			/* without a slash at its end */
	int64_t timeout_ms;
	struct clk clk;
	struct loop *loop;
	struct http_client *http;
};

struct remote *
remote_new(const char *url, const char *config, int64_t timeout_ms,
    struct err *e)
{
	struct remote *r = mem_zalloc(sizeof(*r));
	struct url parts;

	r->url = str_of(url);
	r->timeout_ms = timeout_ms;
	while (str_ends(r->url, STR("/")))
		r->url = str_sub(r->url, 0, r->url.n - 1);
	if (!url_parse(r->url, &parts))
		(void)err_set(e, ERR_CONFIG, "the source is no URL");
	else if (http_config_load(config, &r->config, &r->arena,
	    e) == 0)
		return r;
	remote_free(r);
	return NULL;
}

void
remote_free(struct remote *r)
{
	if (r == NULL)
		return;
	if (r->http)
		http_client_free(r->http);
	if (r->loop)
		loop_free(r->loop);
	arena_free(&r->arena);
	mem_free(r);
}

/* ---- asking ---- */

struct answer {
	struct loop *loop;
	struct buf body;
	int status;
	struct err err;
};

static void
answered(void *arg, const struct http_response *res)
{
	struct answer *a = arg;

	a->status = res->status;
	a->err = res->err;
	(void)buf_put(&a->body, res->body);
	loop_stop(a->loop);
}

static void
put_field(struct buf *form, const char *name, struct str value)
{
	(void)buf_printf(form, "%s%s=", form->n ? "&" : "", name);
	url_put_query(form, value);
}

static void
put_time(struct buf *form, const char *name, int64_t ms)
{
	(void)buf_printf(form, "&%s=", name);
	wire_put_api_time(form, ms);
}

static void
put_form(struct buf *form, const struct remote *r,
    const struct remote_query *q)
{
	put_field(form, "query", q->expr);
	if (q->step > 0) {
		put_time(form, "start", q->start);
		put_time(form, "end", q->end);
		put_time(form, "step", q->step);
	} else {
		put_time(form, "time", q->start);
	}
	put_time(form, "timeout", r->timeout_ms);
	if (q->lookback > 0 && q->lookback != LOOKBACK_MS)
		put_time(form, "lookback_delta", q->lookback);
}

/* The connection is kept; libcurl is loaded by the first request. */
static void
ask(struct remote *r, const struct remote_query *q, struct answer *a)
{
	static const struct http_header form_type = {
		STR("Content-Type"), STR("application/x-www-form-urlencoded")
	};
	struct buf url = { 0 }, form = { 0 };
	struct http_request req = { .method = STR("POST"),
	    .headers = &form_type, .nheaders = 1, .config = &r->config,
	    .timeout_ms = r->timeout_ms, .body_max = ANSWER_MAX,
	    .compression = true };

	if (r->loop == NULL) {
		r->clk = (struct clk){ .kind = CLK_WALL };
		r->loop = loop_new(&r->clk);
		r->http = http_client_new(r->loop, 1);
	}
	a->loop = r->loop;
	(void)buf_put(&url, r->url);
	(void)buf_put(&url, q->step > 0 ? STR("/api/v1/query_range") :
	    STR("/api/v1/query"));
	put_form(&form, r, q);
	req.url = buf_str(&url);
	req.body = buf_str(&form);
	http_send(r->http, &req, answered, a);
	loop_run(r->loop, false);
	buf_release(&url);
	buf_release(&form);
}

/* ---- the answer ---- */

struct reading {
	struct remote_query *q;
	struct pcols *out;
	struct err *e;
};

static int
odd(struct reading *r, const char *what)
{
	return err_set(r->e, ERR_SYNTAX, "the source's answer: %s", what);
}

/* [seconds, "value"] */
static int
point_of(struct reading *r, const json_t *p, int64_t *ts, const json_t **v)
{
	const json_t *t = json_array_get(p, 0);

	*v = json_array_get(p, 1);
	if (!json_is_number(t) || *v == NULL)
		return odd(r, "expected a time and a value");
	*ts = (int64_t)(json_number_value(t) * 1000 +
	    (json_number_value(t) < 0 ? -0.5 : 0.5));
	return 0;
}

static int
number_of(struct reading *r, const json_t *v, double *out)
{
	struct str s = { json_string_value(v), json_string_length(v) };

	if (!json_is_string(v) || !num_parse_prom(s, out))
		return odd(r, "expected a number in a string");
	return 0;
}

/* Which step a time belongs to; the store may answer for no other. */
static int
step_of(struct reading *r, int64_t ts, size_t *step)
{
	const struct pcols *v = r->out;
	int64_t at = v->step ? (ts - v->start) / v->step : 0;

	if (at < 0 || (size_t)at >= v->nsteps ||
	    (v->step && (ts - v->start) % v->step))
		return odd(r, "a time that was not asked for");
	*step = (size_t)at;
	return 0;
}

static int
put_float(struct reading *r, struct prow *row, const json_t *p)
{
	const json_t *v;
	int64_t ts = 0;
	size_t at;

	if (point_of(r, p, &ts, &v) == -1 || step_of(r, ts, &at) == -1)
		return -1;
	return number_of(r, v, &row->v[at]);
}

/* A histogram is read as a sample line has it. */
static int
put_hists(struct reading *r, struct prow *row, const json_t *points)
{
	struct wire_rec rec;
	struct buf line = { 0 };
	size_t i, at;
	int rc;

	row->h = (const struct hist **)arena_array(r->q->arena,
	    r->out->nsteps, sizeof(*row->h));
	(void)buf_put(&line, STR("{\"metric\":{},\"histograms\":"));
	(void)json_put_tree(&line, points);
	(void)buf_putc(&line, '}');
	rc = wire_read(r->q->wire, arena_str(r->q->arena, buf_str(&line)),
	    r->q->arena, &rec, r->e);
	buf_release(&line);
	if (rc == -1)
		return err_prefix(r->e, "the source's answer");
	for (i = 0; i < rec.u.sample.n; i++) {
		if (step_of(r, rec.u.sample.ts[i], &at) == -1)
			return -1;
		row->h[at] = rec.u.sample.hist[i];
	}
	return 0;
}

static int
put_points(struct reading *r, struct prow *row, const json_t *series)
{
	const json_t *v, *one = json_object_get(series, "histogram");
	json_t *list;
	size_t i;
	int rc;

	if ((v = json_object_get(series, "value")) != NULL &&
	    put_float(r, row, v) == -1)
		return -1;
	v = json_object_get(series, "values");
	for (i = 0; i < json_array_size(v); i++)
		if (put_float(r, row, json_array_get(v, i)) == -1)
			return -1;
	if ((v = json_object_get(series, "histograms")) != NULL)
		return put_hists(r, row, v);
	if (one == NULL)
		return 0;
	list = json_pack("[O]", one);
	rc = put_hists(r, row, list);
	json_decref(list);
	return rc;
}

static int
put_row(struct reading *r, struct prow *row, const json_t *series)
{
	struct buf metric = { 0 };
	size_t i;
	int rc;

	row->v = ARENA_ARRAY(r->q->arena, r->out->nsteps, double);
	for (i = 0; i < r->out->nsteps; i++)
		row->v[i] = pv_absent_value();
	(void)json_put_tree(&metric, json_object_get(series, "metric"));
	rc = wire_get_labels(r->q->table, arena_str(r->q->arena,
	    buf_str(&metric)), r->q->arena, &row->labels, r->e);
	buf_release(&metric);
	return rc == -1 ? err_prefix(r->e, "the source's answer") :
	    put_points(r, row, series);
}

static int
take_rows(struct reading *r, const json_t *result)
{
	size_t i, n = json_array_size(result);

	r->out->type = P_VECTOR;
	r->out->row = ARENA_ARRAY(r->q->arena, n, struct prow);
	for (i = 0; i < n; i++)
		if (put_row(r, &r->out->row[r->out->nrows++],
		    json_array_get(result, i)) == -1)
			return -1;
	return 0;
}

static int
take_scalar(struct reading *r, const json_t *result)
{
	struct prow *row = ARENA_NEW(r->q->arena, struct prow);

	row->v = ARENA_NEW(r->q->arena, double);
	row->labels = labels_empty(r->q->table);
	r->out->type = P_SCALAR;
	r->out->row = row;
	r->out->nrows = 1;
	return put_float(r, row, result);
}

static int
take_string(struct reading *r, const json_t *result)
{
	const json_t *s = json_array_get(result, 1);

	if (!json_is_string(s))
		return odd(r, "expected a string");
	r->out->type = P_STRING;
	r->out->text = arena_str(r->q->arena, (struct str){
	    json_string_value(s), json_string_length(s) });
	return 0;
}

static const struct {
	struct str type;
	bool range;
	int	(*take)(struct reading *r, const json_t *result);
} result_types[] = {
	{ STR("vector"), false, take_rows },
	{ STR("matrix"), true, take_rows },
	{ STR("scalar"), false, take_scalar },
	{ STR("string"), false, take_string },
};

static int
take_data(struct reading *r, const json_t *data)
{
	struct str type = json_get_str(data, "resultType");
	size_t i;

	for (i = 0; i < sizeof(result_types) / sizeof(result_types[0]); i++)
		if (str_eq(type, result_types[i].type) &&
		    result_types[i].range == (r->q->step > 0))
			return result_types[i].take(r,
			    json_object_get(data, "result"));
	return odd(r, "a result of a type that was not asked for");
}

static void
take_notes(struct reading *r, const json_t *list, enum pnote_kind kind)
{
	struct pnote **end = &r->q->notes, *n;
	size_t i;

	while (*end)
		end = &(*end)->next;
	for (i = 0; i < json_array_size(list); i++) {
		n = ARENA_NEW(r->q->arena, struct pnote);
		n->kind = kind;
		n->text = arena_str(r->q->arena, str_of(json_string_value(
		    json_array_get(list, i)) ? json_string_value(
		    json_array_get(list, i)) : ""));
		*end = n;
		end = &n->next;
	}
}

static int
take_answer(struct reading *r, const struct answer *a)
{
	struct err why;
	json_t *j = json_tree(buf_str(&a->body), &why);
	struct str message = json_get_str(j, "error");
	int rc;

	if (message.n > MESSAGE_MAX)
		message = str_sub(message, 0, MESSAGE_MAX);
	if (message.n)
		rc = err_set(r->e, a->status == 400 || a->status == 422 ?
		    ERR_CONFIG : ERR_NET, "the source answers: " STR_FMT,
		    STR_ARG(message));
	else if (a->status != 200)
		rc = err_set(r->e, ERR_NET, "the source answers with HTTP "
		    "status %d", a->status);
	else if (!str_eq(json_get_str(j, "status"), STR("success")))
		rc = odd(r, "not that of Prometheus' HTTP API");
	else if (json_is_true(json_object_get(j, "isPartial")))
		rc = odd(r, "only a part of the data could be reached");
	else
		rc = take_data(r, json_object_get(j, "data"));
	take_notes(r, json_object_get(j, "warnings"), PNOTE_WARNING);
	take_notes(r, json_object_get(j, "infos"), PNOTE_INFO);
	json_decref(j);
	return rc;
}

int
remote_eval(struct remote *r, struct remote_query *q, struct pcols *out,
    struct err *e)
{
	struct reading reading = { q, out, e };
	struct answer a = { .body = { .max = ANSWER_MAX } };
	int rc;

	*out = (struct pcols){ .start = q->start, .step = q->step };
	out->nsteps = q->step > 0 ?
	    (size_t)((q->end - q->start) / q->step) + 1 : 1;
	ask(r, q, &a);
	if (a.status == 0) {
		*e = a.err;
		rc = err_prefix(e, "the source");
	} else {
		rc = take_answer(&reading, &a);
	}
	buf_release(&a.body);
	return rc;
}

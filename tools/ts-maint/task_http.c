/*
 * task_http: a request, mostly to tell somebody.
 *
 *	url: URL		a secret: often it holds a token
 *	method: POST
 *	json: {status: x}	a body of these texts, timestamp and host
 *	body: TEXT		or this one; a secret
 *	headers: {NAME: secret}
 *	status: [200]		that are good; none: 2xx
 *	optional: true		a failure is a warning
 */
#include <unistd.h>

#include "core/dur.h"
#include "core/num.h"
#include "json/write.h"
#include "kinds.h"
#include "post.h"

struct http_task {
	struct task task;
	struct secret url, body;
	struct str method;
	struct ypairs json;
	const struct ynode *headers_node;
	struct ystrs status;
	int64_t wait_ms;
	bool optional;
	struct task_env *headers;
	size_t nheaders;
};

#define AT(f)	offsetof(struct http_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("url", YT_CUSTOM, AT(url), .decode = secret_decode,
	    .flags = YF_REQUIRED | YF_SECRET),
	YROW("body", YT_CUSTOM, AT(body), .decode = secret_decode),
	YROW("method", YT_STR, AT(method)),
	YROW("json", YT_STRMAP, AT(json)),
	YROW("headers", YT_RAW, AT(headers_node)),
	YROW("status", YT_STRLIST, AT(status)),
	YROW("wait", YT_DURATION, AT(wait_ms), .dflt = "10s"),
	YROW("optional", YT_BOOL, AT(optional)),
};
TASK_FIELDS(http, struct http_task);
#undef AT

static int
http_configure(struct task *task, struct arena *a, struct err *e)
{
	struct http_task *t = (struct http_task *)task;
	const struct ynode *c;

	if (t->json.n && secret_is_set(&t->body))
		return ynode_err(task->node, e, "either 'json' or 'body'");
	if (t->method.n == 0)
		t->method = t->json.n || secret_is_set(&t->body) ?
		    STR("POST") : STR("GET");
	if (t->headers_node == NULL)
		return 0;
	if (t->headers_node->kind != Y_MAP)
		return ynode_err(t->headers_node, e, "'headers' must be a "
		    "mapping");
	t->headers = ARENA_ARRAY(a, t->headers_node->n + 1,
	    struct task_env);
	for (c = t->headers_node->child; c != NULL; c = c->next) {
		t->headers[t->nheaders].name = c->key->scalar;
		if (secret_decode(c, &t->headers[t->nheaders++].value, a,
		    e) == -1)
			return -1;
	}
	return 0;
}

/* Of a URL that stands in the file the host may be shown. */
static struct str
shown(const struct http_task *t, struct arena *a)
{
	struct str rest, head;
	ptrdiff_t at = str_find(t->url.text, STR("://"));

	if (t->url.text.n == 0 || at < 0)
		return secret_shown(&t->url, a);
	rest = str_sub(t->url.text, (size_t)at + 3, t->url.text.n);
	(void)str_cut(rest, '/', &head);
	if (str_find_char(head, '@') >= 0)
		(void)str_cut(str_cut(head, '@', &rest), '@', &head);
	return arena_printf(a, STR_FMT "://" STR_FMT "/...",
	    STR_ARG(str_sub(t->url.text, 0, (size_t)at)), STR_ARG(head));
}

static int
http_plan(struct work *w, struct err *e)
{
	const struct http_task *t = (const struct http_task *)w->task;

	(void)e;
	(void)work_step(w, (struct step){ .action = "request",
	    .what = arena_printf(w->arena, STR_FMT " " STR_FMT,
	    STR_ARG(t->method), STR_ARG(shown(t, w->arena))),
	    .reads = str_eq(t->method, STR("GET")) ||
	    str_eq(t->method, STR("HEAD")) });
	return 0;
}

static struct str
make_body(struct work *w, const struct http_task *t)
{
	char host[256] = "";
	struct buf b = { 0 }, time = { 0 };
	struct jw j = { .out = &b };
	struct str s;
	size_t i;

	(void)gethostname(host, sizeof(host) - 1);
	jw_obj(&j);
	for (i = 0; i < t->json.n; i++) {
		jw_key(&j, t->json.p[i].key);
		jw_str(&j, t->json.p[i].value);
	}
	time_print_rfc3339(&time, w->now_ms / 1000 * 1000);
	jw_key(&j, STR("timestamp"));
	jw_str(&j, buf_str(&time));
	jw_key(&j, STR("host"));
	jw_str(&j, str_of(host));
	jw_obj_end(&j);
	s = arena_str(w->arena, buf_str(&b));
	buf_release(&b);
	buf_release(&time);
	return s;
}

static bool
good(const struct http_task *t, int status)
{
	int64_t v;
	size_t i;

	for (i = 0; i < t->status.n; i++)
		if (num_parse_i64(t->status.p[i], 100, 599, &v) &&
		    v == status)
			return true;
	return t->status.n == 0 && status >= 200 && status < 300;
}

static int
fill(struct work *w, const struct http_task *t, struct http_request *q,
    struct err *e)
{
	struct http_header *h = ARENA_ARRAY(w->arena, t->nheaders + 1,
	    struct http_header);
	size_t i;

	if (secret_fetch(&t->url, w->arena, &q->url, e) == -1 ||
	    secret_fetch(&t->body, w->arena, &q->body, e) == -1)
		return -1;
	for (i = 0; i < t->nheaders; i++) {
		h[i].name = t->headers[i].name;
		if (secret_fetch(&t->headers[i].value, w->arena, &h[i].value,
		    e) == -1)
			return -1;
	}
	if (t->json.n) {
		q->body = make_body(w, t);
		h[i++] = (struct http_header){ STR("Content-Type"),
		    STR("application/json") };
	}
	q->headers = h;
	q->nheaders = i;
	q->method = t->method;
	q->timeout_ms = t->wait_ms;
	return 0;
}

static enum step_end
http_apply(struct work *w, struct step *s, struct err *e)
{
	const struct http_task *t = (const struct http_task *)w->task;
	struct http_request q = { 0 };
	struct post_answer answer = { 0 };
	int rc;

	(void)s;
	if ((rc = fill(w, t, &q, e)) == 0) {
		/* The client's own words may hold the address. */
		if (post(&q, 1, &answer, e) == -1)
			rc = err_set(e, ERR_NET, "no answer");
		else if (!good(t, answer.status))
			rc = err_set(e, ERR_NET, "answered %d",
			    answer.status);
		else
			work_note(w, "answered %d", answer.status);
	}
	buf_release(&answer.body);
	if (rc == 0)
		return STEP_DONE;
	if (!t->optional)
		return STEP_FAILED;
	work_say(w, TASK_WARNING, "%s", e->msg);
	s->note = arena_str(w->arena, str_of(e->msg));
	return STEP_SKIPPED;
}

const struct task_kind task_http = {
	.name = "http", .about = "a request", .fields = &http_fields,
	.configure = http_configure, .plan = http_plan, .apply = http_apply,
};

/*
 * serve: reading one request, writing one answer.
 */
#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/dur.h"
#include "json/write.h"
#include "net/url.h"
#include "result_json.h"

static const struct { int status; const char *reason; } reasons[] = {
	{ 200, "OK" }, { 400, "Bad Request" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 408, "Request Timeout" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 503, "Service Unavailable" },
};

/* 1 more bytes, 0 the end, or the status to refuse with. */
static int
read_more(int fd, struct buf *text, int64_t deadline)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int64_t left = deadline - clk_mono_ms();
	ssize_t n;
	int rc;

	if (text->n >= SERVE_REQUEST_MAX)
		return 431;
	rc = left > 0 ? poll(&p, 1, (int)left) : 0;
	if (rc == 0)
		return 408;
	if (rc == -1)
		return errno == EINTR ? 1 : 0;
	(void)buf_reserve(text, SERVE_REQUEST_MAX);
	n = read(fd, text->p + text->n, SERVE_REQUEST_MAX - text->n);
	if (n <= 0)
		return n == -1 && errno == EINTR ? 1 : 0;
	text->n += (size_t)n;
	return 1;
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* %xy in the request's own bytes; false when it is not well-formed. */
static bool
decode(char *p, struct str *s)
{
	size_t i, n = 0;
	int high, low;

	for (i = 0; i < s->n; i++, n++) {
		p[n] = p[i];
		if (p[i] != '%')
			continue;
		if (i + 2 >= s->n || (high = hex(p[i + 1])) == -1 ||
		    (low = hex(p[i + 2])) == -1)
			return false;
		p[n] = (char)(high << 4 | low);
		i += 2;
	}
	*s = (struct str){ p, n };
	return true;
}

/* http://host/path, as a proxy is asked, is /path. */
static struct str
origin_form(struct str target)
{
	struct url u;

	if (!str_starts(target, STR("http://")) || !url_parse(target, &u))
		return target;
	return u.path;
}

/* METHOD SP target SP HTTP/1.x */
static void
parse(struct buf *request, struct serve_request *q)
{
	struct str text = buf_str(request);
	struct str line, method, target, version;

	(void)str_cut(text, '\n', &line);
	line = str_trim(line);
	line = str_cut(line, ' ', &method);
	version = str_cut(line, ' ', &target);
	(void)str_cut(origin_form(target), '?', &q->path);
	if (!str_starts(version, STR("HTTP/1.")) || version.n != 8 ||
	    q->path.n == 0 || q->path.p[0] != '/' ||
	    !decode(request->p + (q->path.p - text.p), &q->path)) {
		q->refuse = 400;
		return;
	}
	q->head = str_eq(method, STR("HEAD"));
	if (!q->head && !str_eq(method, STR("GET")))
		q->refuse = 405;
}

static bool
is_whole(struct str text)
{
	return str_find(text, STR("\r\n\r\n")) >= 0 ||
	    str_find(text, STR("\n\n")) >= 0;
}

int
serve_read(int fd, struct buf *text, struct serve_request *q)
{
	int64_t deadline = clk_mono_ms() + SERVE_DEADLINE_MS;
	int more = 1;

	*q = (struct serve_request){ 0 };
	while (!is_whole(buf_str(text)) && more == 1)
		more = read_more(fd, text, deadline);
	if (more > 1)
		q->refuse = more;
	else if (text->n == 0)
		return -1;
	else if (more == 0 && !is_whole(buf_str(text)))
		q->refuse = 400;
	else
		parse(text, q);
	return 0;
}

/* ---- bodies ---- */

typedef int body_fn(const struct serve_request *q, const struct report *r,
	    struct buf *body);

static int
status_code(const struct serve_request *q, enum check_status s)
{
	return s == CHECK_OK ? 200 : s == CHECK_WARN ? q->warning_status :
	    503;
}

static void
put_head(struct jw *w, const struct report *r)
{
	struct buf b = { 0 };

	jw_obj(w);
	jw_key(w, STR("status"));
	jw_str(w, str_of(check_status_name(report_status(r))));
	jw_key(w, STR("timestamp"));
	time_print_rfc3339(&b, r->now_ms);
	jw_str(w, buf_str(&b));
	buf_release(&b);
	jw_key(w, STR("checks"));
}

static int
body_summary(const struct serve_request *q, const struct report *r,
    struct buf *body)
{
	struct jw w = { .out = body };
	size_t i;

	put_head(&w, r);
	jw_obj(&w);
	for (i = 0; i < r->n; i++) {
		jw_key(&w, r->outcome[i].check->name);
		jw_str(&w, str_of(check_status_name(
		    r->outcome[i].streak.status)));
	}
	jw_obj_end(&w);
	jw_obj_end(&w);
	return status_code(q, report_status(r));
}

static int
body_detailed(const struct serve_request *q, const struct report *r,
    struct buf *body)
{
	struct jw w = { .out = body };
	struct buf one = { 0 };
	const struct outcome *o;

	put_head(&w, r);
	jw_obj(&w);
	for (o = r->outcome; o != r->outcome + r->n; o++) {
		buf_reset(&one);
		result_put(o->check, o->result, &o->streak, o->time_ms, &one);
		jw_key(&w, o->check->name);
		jw_raw(&w, buf_str(&one));
	}
	jw_obj_end(&w);
	jw_obj_end(&w);
	buf_release(&one);
	return status_code(q, report_status(r));
}

static int
body_metrics(const struct serve_request *q, const struct report *r,
    struct buf *body)
{
	(void)q;
	report_text(r, body);
	return 200;
}

static int
body_alive(const struct serve_request *q, const struct report *r,
    struct buf *body)
{
	(void)q;
	(void)r;
	(void)buf_put(body, STR("{\"status\":\"alive\"}"));
	return 200;
}

/* /health/NAME */
static int
body_one(const struct serve_request *q, const struct report *r,
    struct buf *body)
{
	struct str name = str_sub(q->path, sizeof("/health/") - 1, q->path.n);
	const struct outcome *o;

	for (o = r->outcome; o != r->outcome + r->n; o++)
		if (str_eq(o->check->name, name)) {
			result_put(o->check, o->result, &o->streak,
			    o->time_ms, body);
			return status_code(q, outcome_status(o));
		}
	(void)buf_put(body, STR("{\"error\":\"no such check\"}"));
	return 404;
}

static const struct route {
	const char *path;
	bool prefix, report;
	const char *type;
	body_fn *body;
} routes[] = {
	{ "/health/detailed", false, true, "application/json",
	    body_detailed },
	{ "/health/", true, true, "application/json", body_one },
	{ "/health", false, true, "application/json", body_summary },
	{ "/healthz", false, true, "application/json", body_summary },
	{ "/readyz", false, true, "application/json", body_summary },
	{ "/-/ready", false, true, "application/json", body_summary },
	{ "/-/healthy", false, false, "application/json", body_alive },
	{ "/livez", false, false, "application/json", body_alive },
	{ "/metrics", false, true, "text/plain; version=0.0.4",
	    body_metrics },
};

static const struct route *
route_find(const struct serve_request *q)
{
	size_t i;

	for (i = 0; q->refuse == 0 && i < sizeof(routes) / sizeof(routes[0]);
	    i++)
		if (routes[i].prefix ?
		    str_starts(q->path, str_of(routes[i].path)) :
		    str_eq(q->path, str_of(routes[i].path)))
			return &routes[i];
	return NULL;
}

bool
serve_needs_report(const struct serve_request *q)
{
	const struct route *route = route_find(q);

	return route != NULL && route->report;
}

static const char *
reason_of(int status)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

void
serve_answer(const struct serve_request *q, const struct report *r,
    struct buf *out)
{
	const struct route *route = route_find(q);
	struct buf body = { 0 };
	int status = q->refuse ? q->refuse : 404;

	if (route != NULL)
		status = route->body(q, r, &body);
	else
		(void)buf_printf(&body, "{\"error\":\"%s\"}",
		    reason_of(status));
	(void)buf_printf(out, "HTTP/1.1 %d %s\r\n"
	    "Content-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\nConnection: close\r\n%s\r\n", status,
	    reason_of(status), route ? route->type : "application/json",
	    body.n, status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!q->head)
		(void)buf_put(out, buf_str(&body));
	buf_release(&body);
}

void
serve_goodbye(int fd)
{
	int64_t until = clk_mono_ms() + SERVE_GOODBYE_MS, left;
	struct pollfd p = { fd, POLLIN, 0 };
	char room[SERVE_REQUEST_MAX];

	if (shutdown(fd, SHUT_WR) == -1)
		return;		/* no socket */
	while ((left = until - clk_mono_ms()) > 0 &&
	    poll(&p, 1, (int)left) == 1)
		if (recv(fd, room, sizeof(room), MSG_DONTWAIT) <= 0)
			return;
}

#include "net/alertmanagers.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/vec.h"
#include "net/url.h"

#define PATH		"/api/v2/alerts"
#define BACKOFF_MS	500
#define BACKOFF_MAX_MS	15000
#define ANSWER_MAX	((size_t)64 << 10)
#define SHOWN_MAX	200	/* of an answer, in a message */

/* An alert that waits; its text stands behind it. */
struct item {
	uint64_t key;
	size_t n;
	char json[];
};

struct member {
	struct alertmanagers *all;
	struct buf url;
	struct buf name;		/* without credentials */
	const struct http_config *config;
	int64_t timeout_ms;
	size_t at;			/* the next item to post */
	size_t batch;			/* items of the request under way */
	bool in_flight;
	struct buf body;
	struct ltimer retry;
	int64_t backoff_ms;		/* 0: it is up */
};

struct alertmanagers {
	struct loop *loop;
	struct http_client *http;
	alertmanagers_fn *report;
	void *arg;
	VEC(struct member *) member;
	VEC(struct item *) queue;	/* NULL: replaced, dropped or done */
	size_t live;			/* that are not NULL */
	struct map place;		/* key -> place in the queue + 1 */
	size_t lost;			/* dropped, and no member had it */
	bool refused;			/* some alert, by some member */
	bool full;			/* that was reported */
	bool finishing;
	struct ltimer limit;
};

struct alertmanagers *
alertmanagers_new(struct loop *l, alertmanagers_fn *report, void *arg)
{
	struct alertmanagers *m = mem_zalloc(sizeof(*m));

	m->loop = l;
	m->http = http_client_new(l, 0);
	m->report = report;
	m->arg = arg;
	return m;
}

void
alertmanagers_free(struct alertmanagers *m)
{
	size_t i;

	if (m == NULL)
		return;
	http_client_free(m->http);
	for (i = 0; i < m->member.n; i++) {
		struct member *one = m->member.p[i];

		loop_deadline_stop(m->loop, &one->retry);
		buf_release(&one->url);
		buf_release(&one->name);
		buf_release(&one->body);
		mem_free(one);
	}
	for (i = 0; i < m->queue.n; i++)
		mem_free(m->queue.p[i]);
	vec_release(&m->member);
	vec_release(&m->queue);
	map_release(&m->place);
	mem_free(m);
}

/* ---- the queue ---- */

static struct str
key_of(const struct item *i)
{
	return (struct str){ (const char *)&i->key, sizeof(i->key) };
}

/* The item at a place goes; the place stays until the next compaction. */
static void
discard(struct alertmanagers *m, size_t at)
{
	struct item *i = m->queue.p[at];

	if (i == NULL)
		return;
	if ((uintptr_t)map_get(&m->place, key_of(i)) == at + 1)
		(void)map_del(&m->place, key_of(i));
	mem_free(i);
	m->queue.p[at] = NULL;
	m->live--;
}

static size_t
live_before(const struct alertmanagers *m, size_t at)
{
	size_t i, n = 0;

	for (i = 0; i < at; i++)
		n += m->queue.p[i] != NULL;
	return n;
}

/* Close the gaps; the members keep what they had before them. */
static void
compact(struct alertmanagers *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->member.n; i++) {
		struct member *one = m->member.p[i];
		size_t end = live_before(m, one->at + one->batch);

		one->at = live_before(m, one->at);
		one->batch = end - one->at;
	}
	map_reset(&m->place);
	for (i = 0; i < m->queue.n; i++) {
		struct item *item = m->queue.p[i];

		if (item == NULL)
			continue;
		m->queue.p[n++] = item;
		(void)map_put(&m->place, key_of(item), (void *)(uintptr_t)n);
	}
	m->queue.n = n;
}

/* What every member has behind it; and the one that is ahead. */
static size_t
taken_by_all(const struct alertmanagers *m)
{
	size_t i, at = m->queue.n;

	for (i = 0; i < m->member.n; i++)
		at = m->member.p[i]->at < at ? m->member.p[i]->at : at;
	return at;
}

static size_t
taken_by_one(const struct alertmanagers *m)
{
	size_t i, at = 0;

	for (i = 0; i < m->member.n; i++)
		at = m->member.p[i]->at > at ? m->member.p[i]->at : at;
	return at;
}

static void
drop_taken(struct alertmanagers *m)
{
	size_t i, end = taken_by_all(m);

	for (i = 0; i < end; i++)
		discard(m, i);
	if (end == m->queue.n || m->queue.n > 64 + 2 * m->live)
		compact(m);
	m->full = m->full && m->live + 1 >= ALERTMANAGERS_QUEUE;
}

static void
drop_oldest(struct alertmanagers *m)
{
	struct err e;
	size_t i = 0;

	while (m->queue.p[i] == NULL)
		i++;
	m->lost += i >= taken_by_one(m);
	discard(m, i);
	if (!m->full) {
		(void)err_set(&e, ERR_LIMIT, "%d alerts wait for an "
		    "alertmanager, the oldest are dropped",
		    ALERTMANAGERS_QUEUE);
		m->report(m->arg, &e);
	}
	m->full = true;
}

void
alertmanagers_put(struct alertmanagers *m, uint64_t key, struct str json)
{
	struct item *i = mem_alloc(sizeof(*i) + json.n);
	size_t old;

	i->key = key;
	i->n = json.n;
	memcpy(i->json, json.p, json.n);
	old = (size_t)(uintptr_t)map_get(&m->place, key_of(i));
	if (old)
		discard(m, old - 1);
	else if (m->live >= ALERTMANAGERS_QUEUE)
		drop_oldest(m);
	if (m->queue.n > 64 + 2 * m->live)
		compact(m);
	vec_push(&m->queue, i);
	m->live++;
	(void)map_put(&m->place, key_of(i), (void *)(uintptr_t)m->queue.n);
}

/* ---- posting ---- */

static void	post(struct member *one);

/* All have all; or one has, and the others were tried. */
static bool
is_finished(const struct alertmanagers *m)
{
	size_t i;

	for (i = 0; i < m->member.n; i++) {
		const struct member *one = m->member.p[i];

		if (one->in_flight || (one->at < m->queue.n &&
		    (one->backoff_ms == 0 || taken_by_one(m) < m->queue.n)))
			return false;
	}
	return true;
}

static void
on_retry(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	post(arg);
}

static void
report(struct member *one, enum err_kind kind, const char *what,
    struct str why)
{
	struct err e;

	(void)err_set(&e, kind, "the alertmanager '" STR_FMT "' %s" STR_FMT,
	    STR_ARG(buf_str(&one->name)), what, STR_ARG(why));
	one->all->report(one->all->arg, &e);
}

/* It stays in the queue for another time. */
static void
try_later(struct member *one, const struct http_response *r)
{
	struct alertmanagers *m = one->all;
	struct buf why = { 0 };

	if (one->backoff_ms == 0) {
		if (r->status)
			(void)buf_printf(&why, "HTTP status %d", r->status);
		else
			(void)buf_put(&why, str_of(r->err.msg));
		report(one, ERR_NET, "takes no alerts, they wait: ",
		    buf_str(&why));
		buf_release(&why);
		one->backoff_ms = BACKOFF_MS;
	}
	loop_deadline(m->loop, &one->retry, one->backoff_ms);
	one->backoff_ms += one->backoff_ms / 2;
	if (one->backoff_ms > BACKOFF_MAX_MS)
		one->backoff_ms = BACKOFF_MAX_MS;
}

/* A bad alert costs itself: Alertmanager keeps the good ones of a batch. */
static void
refused(struct member *one, const struct http_response *r)
{
	struct str text = str_sub(str_trim(r->body), 0, SHOWN_MAX);
	struct buf why = { 0 };

	(void)buf_printf(&why, "HTTP status %d%s" STR_FMT, r->status,
	    text.n ? ": " : "", STR_ARG(text));
	report(one, ERR_CONFIG, "refuses alerts: ", buf_str(&why));
	buf_release(&why);
	one->all->refused = true;
}

static void
on_answer(void *arg, const struct http_response *r)
{
	struct member *one = arg;
	struct alertmanagers *m = one->all;
	size_t batch = one->batch;

	one->in_flight = false;
	one->batch = 0;
	if (r->status == 0 || r->status == 429 || r->status >= 500) {
		try_later(one, r);
	} else {
		if (r->status / 100 != 2)
			refused(one, r);
		else if (one->backoff_ms)
			report(one, ERR_NONE, "takes alerts again",
			    STR_NONE);
		one->backoff_ms = 0;
		one->at += batch;
		drop_taken(m);
		post(one);
	}
	if (m->finishing && is_finished(m))
		loop_stop(m->loop);
}

/* The next alerts as a list; how many items they were, replaced ones too. */
static size_t
fill_body(struct member *one)
{
	const struct alertmanagers *m = one->all;
	size_t at, n = 0;

	buf_reset(&one->body);
	(void)buf_putc(&one->body, '[');
	for (at = one->at; at < m->queue.n && n < ALERTMANAGERS_BATCH; at++) {
		const struct item *i = m->queue.p[at];

		if (i == NULL)
			continue;
		(void)buf_put(&one->body, n++ ? STR(",") : STR_NONE);
		(void)buf_put(&one->body, (struct str){ i->json, i->n });
	}
	(void)buf_putc(&one->body, ']');
	if (n == 0)
		one->at = at;
	return at - one->at;
}

static void
post(struct member *one)
{
	static const struct http_header type = { STR("Content-Type"),
	    STR("application/json") };
	struct http_request q = { .method = STR("POST"), .headers = &type,
	    .nheaders = 1, .config = one->config, .body_max = ANSWER_MAX,
	    .timeout_ms = one->timeout_ms, .url = buf_str(&one->url) };

	if ((one->batch = fill_body(one)) == 0)
		return;
	one->in_flight = true;
	q.body = buf_str(&one->body);
	http_send(one->all->http, &q, on_answer, one);
}

void
alertmanagers_push(struct alertmanagers *m)
{
	size_t i;

	for (i = 0; i < m->member.n; i++)
		if (!m->member.p[i]->in_flight &&
		    m->member.p[i]->backoff_ms == 0)
			post(m->member.p[i]);
}

int
alertmanagers_add(struct alertmanagers *m, struct str url,
    const struct http_config *config, int64_t timeout_ms, struct err *e)
{
	struct member *one;
	struct url parts;

	while (str_ends(url, STR("/")))
		url = str_sub(url, 0, url.n - 1);
	if (!url_parse(url, &parts) || (!str_eq(parts.scheme, STR("http")) &&
	    !str_eq(parts.scheme, STR("https"))))
		return err_set(e, ERR_CONFIG, "the URL of an alertmanager "
		    "begins with http:// or https:// and a host");
	one = mem_zalloc(sizeof(*one));
	one->all = m;
	one->config = config;
	one->timeout_ms = timeout_ms;
	one->at = m->queue.n;
	one->retry = (struct ltimer){ .fn = on_retry, .arg = one };
	(void)buf_printf(&one->url, STR_FMT PATH, STR_ARG(url));
	(void)buf_printf(&one->name, STR_FMT "://" STR_FMT "%s" STR_FMT
	    STR_FMT, STR_ARG(parts.scheme), STR_ARG(parts.host),
	    parts.port.n ? ":" : "", STR_ARG(parts.port),
	    STR_ARG(parts.path));
	vec_push(&m->member, one);
	return 0;
}

/* ---- the end ---- */

static void
report_lost(const struct alertmanagers *m)
{
	struct err e;

	(void)err_set(&e, ERR_NET, "%zu alerts were taken by no alertmanager",
	    m->lost);
	m->report(m->arg, &e);
}

static void
on_limit(struct loop *l, void *arg, unsigned events)
{
	(void)arg;
	(void)events;
	loop_stop(l);
}

bool
alertmanagers_finish(struct alertmanagers *m, int64_t wait_ms)
{
	size_t i;

	m->finishing = true;
	alertmanagers_push(m);
	if (!is_finished(m)) {
		m->limit = (struct ltimer){ .fn = on_limit, .arg = m };
		loop_deadline(m->loop, &m->limit, wait_ms);
		loop_run(m->loop, false);
		loop_deadline_stop(m->loop, &m->limit);
	}
	for (i = taken_by_one(m); i < m->queue.n; i++)
		m->lost += m->queue.p[i] != NULL;
	if (m->lost)
		report_lost(m);
	return m->lost == 0 && !m->refused;
}

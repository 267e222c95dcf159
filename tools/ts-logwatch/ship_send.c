/* Requests, what the answers say of each document, and trying again. */
#include "ship_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/mem.h"
#include "core/num.h"
#include "json/write.h"

#define ANSWER_MAX	((size_t)8 << 20)
#define BACKOFF_MAX_MS	64000
#define RETRY_AFTER_MAX	300		/* seconds that we let a server say */
#define DENIED_MS	60000		/* when it will not have us */
#define DEAD_HOST_MS	30000
#define MAYBE_TRIES	5
#define SHOWN_MAX	200		/* of an answer, in a message */

/* ---- hosts ---- */

/* The next that is not dead, or the one that was dead for longest. */
static struct ship_host *
pick_host(struct ship *s)
{
	struct ship_host *best = NULL, *h;
	int64_t now = clk_mono_ms();
	size_t i;

	for (i = 0; i < s->host.n; i++) {
		h = s->host.p[(s->turn + i) % s->host.n];
		if (h->dead_until <= now)
			h->dead_until = 0;
		if (best == NULL || h->dead_until < best->dead_until)
			best = h;
	}
	s->turn++;
	return best;
}

static bool
other_host_lives(const struct ship *s)
{
	int64_t now = clk_mono_ms();
	size_t i;

	for (i = 0; i < s->host.n; i++)
		if (s->host.p[i]->dead_until <= now)
			return true;
	return false;
}

/* ---- trying again ---- */

static int64_t
after_failure(const struct ship *s, int64_t *backoff_ms)
{
	*backoff_ms = *backoff_ms == 0 ? s->retry_ms : *backoff_ms * 2;
	if (*backoff_ms > BACKOFF_MAX_MS)
		*backoff_ms = BACKOFF_MAX_MS;
	/* Those that failed together come back apart. */
	return *backoff_ms + random() % (*backoff_ms / 4 + 1);
}

/* Seconds, or a date; 0 when the server says nothing. */
static int64_t
retry_after_ms(const struct http_response *r)
{
	int64_t s;

	if (r->retry_after.n == 0)
		return 0;
	if (!num_parse_i64(r->retry_after, 0, INT32_MAX, &s)) {
		s = http_date(r->retry_after);
		s = s < 0 ? 0 : s - time(NULL);
	}
	return s < 0 ? 0 : 1000 * (s > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : s);
}

static void
say_down(struct ship *s, const struct ship_host *h, struct str why)
{
	s->w->count.ship_retries++;
	if (s->down)
		return;
	s->down = true;
	diag("'" STR_FMT "' takes no events, they wait: " STR_FMT,
	    STR_ARG(buf_str(&h->name)), STR_ARG(str_sub(why, 0, SHOWN_MAX)));
}

static void
say_up(struct ship *s, const struct ship_host *h)
{
	s->progress = clk_mono_ms();
	s->denied = false;
	if (!s->down)
		return;
	s->down = false;
	diag_warning("'" STR_FMT "' takes events again",
	    STR_ARG(buf_str(&h->name)));
}

static void
on_retry(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	ship_post(arg);
}

static void
retry(struct ship_batch *b, int64_t after_ms)
{
	b->retry = (struct ltimer){ .fn = on_retry, .arg = b };
	loop_deadline(b->ship->loop, &b->retry, after_ms);
}

/* No answer at all: another host at once, or the same later. */
static void
unanswered(struct ship *s, struct ship_host *h, const struct http_response *r)
{
	if (s->host.n > 1)
		h->dead_until = clk_mono_ms() + DEAD_HOST_MS;
	if (!other_host_lives(s) || s->host.n == 1)
		say_down(s, h, str_of(r->err.msg));
}

/* ---- dead letters ---- */

static void
put_letter(const struct ship_batch *b, const struct ship_entry *x,
    struct str why, struct buf *out)
{
	struct jw w = { .out = out };
	struct str text = buf_str(&b->text);
	struct str head = str_trim(str_sub(text, x->head, x->body));

	jw_obj(&w);
	jw_key(&w, STR("time"));
	jw_int(&w, clk_now(&b->ship->w->t->clk));
	jw_key(&w, STR("to"));
	jw_str(&w, buf_str(&b->host->name));
	jw_key(&w, STR("error"));
	jw_str(&w, why);
	if (head.n > 0) {
		jw_key(&w, STR("head"));
		jw_raw(&w, head);
	}
	jw_key(&w, STR("document"));
	jw_raw(&w, str_trim(str_sub(text, x->body, x->end)));
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

/* False when they are not safe on the disk: then they are not dead yet. */
static bool
bury(struct ship *s, struct str letters)
{
	if (letters.n == 0 || s->dead_fd == -1)
		return true;
	if (io_write_all(s->dead_fd, letters) == 0 && fsync(s->dead_fd) == 0)
		return true;
	diag("cannot write '" STR_FMT "': %s", STR_ARG(s->dead_path),
	    strerror(errno));
	return false;
}

/* ---- answers ---- */

/* What the verdicts come to. */
struct outcome {
	size_t fate[SHIP_DENIED + 1];
	struct str why[SHIP_DENIED + 1];
	struct buf letters;
};

static void
weigh(struct ship_batch *b, struct ship_verdict *v, struct outcome *o)
{
	size_t i, n = b->flying.n;

	for (i = 0; i < n; i++) {
		struct ship_entry *x = &b->entry.p[b->flying.p[i]];

		if (v[i].fate == SHIP_SPLIT && n == 1)
			v[i].fate = SHIP_NEVER;
		if (v[i].fate == SHIP_MAYBE)
			v[i].fate = ++x->tries < MAYBE_TRIES ? SHIP_AGAIN :
			    SHIP_NEVER;
		if (o->fate[v[i].fate]++ == 0)
			o->why[v[i].fate] = v[i].why;
		if (v[i].fate == SHIP_NEVER)
			put_letter(b, x, v[i].why, &o->letters);
	}
}

static void
settle_entries(struct ship_batch *b, const struct ship_verdict *v,
    bool buried)
{
	size_t i;

	for (i = 0; i < b->flying.n; i++)
		if (v[i].fate == SHIP_STORED ||
		    (v[i].fate == SHIP_NEVER && buried)) {
			b->entry.p[b->flying.p[i]].done = true;
			b->left--;
		}
	while (b->first < b->entry.n && b->entry.p[b->first].done)
		b->first++;
}

static void
say_refused(struct ship_batch *b, const struct outcome *o)
{
	struct ship *s = b->ship;
	struct str why = str_sub(o->why[SHIP_NEVER], 0, SHOWN_MAX);

	s->w->count.ship_refused += o->fate[SHIP_NEVER];
	s->w->bad = true;
	diag("'" STR_FMT "' refuses %zu event%s, %s" STR_FMT ": " STR_FMT,
	    STR_ARG(buf_str(&b->host->name)), o->fate[SHIP_NEVER],
	    o->fate[SHIP_NEVER] == 1 ? "" : "s",
	    s->dead_fd == -1 ? "dropped" : "kept in ",
	    STR_ARG(s->dead_fd == -1 ? STR_NONE : s->dead_path),
	    STR_ARG(why));
}

/* Half as many after a request that was too much, twice after a good one. */
static void
adapt_limit(struct ship_batch *b, const struct outcome *o)
{
	if (o->fate[SHIP_SPLIT] > 0)
		b->limit = b->flying.n / 2;
	else if (b->limit > 0 && (b->limit *= 2) >= b->left)
		b->limit = 0;
}

static void
go_on(struct ship_batch *b, const struct http_response *r,
    const struct outcome *o)
{
	struct ship *s = b->ship;
	int64_t wait = retry_after_ms(r);

	if (o->fate[SHIP_STORED] > 0)
		b->backoff_ms = 0;
	if (b->left == 0)
		return;
	if (o->fate[SHIP_DENIED] > 0) {
		s->denied = true;
		say_down(s, b->host, o->why[SHIP_DENIED]);
		retry(b, DENIED_MS);
	} else if (o->fate[SHIP_AGAIN] > 0) {
		if (o->fate[SHIP_STORED] == 0)
			say_down(s, b->host, o->why[SHIP_AGAIN]);
		else
			s->w->count.ship_retries++;
		retry(b, wait > 0 ? wait : after_failure(s, &b->backoff_ms));
	} else {
		retry(b, 0);
	}
}

static void
on_answer(void *arg, const struct http_response *r)
{
	struct ship_batch *b = arg;
	struct ship *s = b->ship;
	struct ship_verdict *v;
	struct outcome o = { 0 };
	struct arena a = { 0 };
	bool buried;

	b->sent = false;
	if (r->status == 0) {
		unanswered(s, b->host, r);
		retry(b, s->host.n > 1 && other_host_lives(s) ? 0 :
		    after_failure(s, &b->backoff_ms));
		ship_progress(s);
		return;
	}
	v = ARENA_ARRAY(&a, b->flying.n, struct ship_verdict);
	s->d->judge(s->self, r, v, b->flying.n, &a);
	weigh(b, v, &o);
	buried = bury(s, buf_str(&o.letters));
	settle_entries(b, v, buried);
	if (o.fate[SHIP_STORED] > 0)
		say_up(s, b->host);
	s->w->count.shipped += o.fate[SHIP_STORED];
	if (o.fate[SHIP_NEVER] > 0) {
		say_refused(b, &o);
		if (!buried)
			o.fate[SHIP_AGAIN]++;
		else
			s->progress = clk_mono_ms();
	}
	adapt_limit(b, &o);
	go_on(b, r, &o);
	buf_release(&o.letters);
	arena_free(&a);
	ship_progress(s);
}

/* ---- requests ---- */

static void
gather(struct ship_batch *b)
{
	struct str text = buf_str(&b->text);
	size_t i, most = b->limit ? b->limit : b->left;

	vec_reset(&b->flying);
	vec_reset(&b->doc);
	for (i = b->first; i < b->entry.n && b->doc.n < most; i++) {
		const struct ship_entry *x = &b->entry.p[i];

		if (x->done)
			continue;
		vec_push(&b->doc, (struct ship_doc){
		    .head = str_sub(text, x->head, x->body),
		    .body = str_sub(text, x->body, x->end),
		    .time = x->time, .ns = x->ns, .index = b->doc.n });
		vec_push(&b->flying, i);
	}
}

static struct http_request
request_of(struct ship *s, struct str url, struct str body,
    const struct http_header *type)
{
	return (struct http_request){ .method = STR("POST"), .url = url,
	    .body = body, .headers = type, .nheaders = 1,
	    .config = &s->config, .body_max = ANSWER_MAX,
	    .timeout_ms = s->timeout_ms };
}

/* -n: what would be sent, and as if it had been taken. */
static void
print_request(struct ship *s, const struct http_request *q)
{
	http_print(q, io_writer_buf(s->w->t->out));
	if (io_writer_ready(s->w->t->out) == -1)
		(void)tool_flush(s->w->t);
}

static void	prepare(struct ship *s);

void
ship_post(struct ship_batch *b)
{
	struct ship *s = b->ship;
	struct http_header type = { STR("Content-Type"),
	    str_of(s->d->type) };
	struct http_request q;

	if (!s->prepared) {
		prepare(s);
		if (!s->prepared)
			return;
	}
	if (b->sent || b->left == 0)
		return;
	gather(b);
	buf_reset(&b->request);
	s->d->compose(s->self, b->doc.p, b->doc.n, &b->request);
	b->host = pick_host(s);
	buf_reset(&b->url);
	(void)buf_printf(&b->url, STR_FMT "%s%s",
	    STR_ARG(buf_str(&b->host->url)), s->d->path,
	    s->d->query ? s->d->query : "");
	q = request_of(s, buf_str(&b->url), buf_str(&b->request), &type);
	if (s->w->t->dry_run) {
		print_request(s, &q);
		b->left = 0;
		return;
	}
	b->sent = true;
	http_send(s->http, &q, on_answer, b);
}

/* ---- what goes before all ---- */

static void
on_again(struct loop *l, void *arg, unsigned events)
{
	(void)l;
	(void)events;
	prepare(arg);
}

static void
on_prepared(void *arg, const struct http_response *r)
{
	struct ship *s = arg;
	struct ship_host *h = s->host.p[(s->turn - 1) % s->host.n];
	struct buf why = { 0 };
	size_t i;

	s->preparing = false;
	if (r->status / 100 == 2) {
		s->prepared = true;
		say_up(s, h);
		for (i = 0; i < s->sealed.n; i++)
			ship_post(s->sealed.p[i]);
		ship_progress(s);
		return;
	}
	if (r->status == 0) {
		unanswered(s, h, r);
	} else {
		(void)buf_printf(&why, "HTTP status %d " STR_FMT, r->status,
		    STR_ARG(str_trim(r->body)));
		say_down(s, h, buf_str(&why));
		buf_release(&why);
	}
	s->denied = r->status / 100 == 4 && r->status != 429;
	s->again = (struct ltimer){ .fn = on_again, .arg = s };
	loop_deadline(s->loop, &s->again, s->denied ? DENIED_MS :
	    after_failure(s, &s->again_ms));
	ship_progress(s);
}

static void
prepare(struct ship *s)
{
	struct http_header type = { STR("Content-Type"),
	    STR("application/json") };
	struct ship_host *h;
	struct http_request q;
	struct buf path = { 0 };
	struct str method;

	if (s->preparing || s->again.set)
		return;
	buf_reset(&s->request);
	if (!s->d->prepare(s->self, &method, &path, &s->request)) {
		s->prepared = true;
		return;
	}
	h = pick_host(s);
	buf_reset(&s->url);
	(void)buf_printf(&s->url, STR_FMT STR_FMT, STR_ARG(buf_str(&h->url)),
	    STR_ARG(buf_str(&path)));
	buf_release(&path);
	q = request_of(s, buf_str(&s->url), buf_str(&s->request), &type);
	q.method = method;
	if (s->w->t->dry_run) {
		print_request(s, &q);
		s->prepared = true;
		return;
	}
	s->preparing = true;
	http_send(s->http, &q, on_prepared, s);
}

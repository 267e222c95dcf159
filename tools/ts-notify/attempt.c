#include "integration.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/hash.h"
#include "core/mem.h"
#include "core/num.h"

#define VIRTUAL_TIMEOUT_MS	10000	/* real time has no deadline there */
#define ANSWER_MAX		((size_t)1 << 20)
#define ANSWER_SHOWN		256

int
attempt_fail(struct attempt *a, const char *fmt, ...)
{
	char msg[sizeof(a->err.msg)];
	va_list ap;

	if (a->err.kind != ERR_NONE)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);	/* may be cut */
	va_end(ap);
	return err_set(&a->err, ERR_CONFIG, "%s", msg);
}

bool
attempt_ok(const struct attempt *a)
{
	return a->err.kind == ERR_NONE;
}

static bool
is_wanted(const struct attempt *a, const struct alert *al,
    const struct nflog_hashes *told)
{
	if (!alert_resolved_at(al, a->n.time))
		return true;
	return a->target.send_resolved &&
	    !nflog_hashes_has(told, labels_hash64(al->labels));
}

static bool
any_fires(const struct attempt *a)
{
	size_t i;

	for (i = 0; i < a->n.nalerts; i++)
		if (!alert_resolved_at(&a->n.alerts[i], a->n.time))
			return true;
	return false;
}

static void
only_wanted(struct attempt *a, const struct nflog_hashes *told)
{
	struct alert *v = ARENA_ARRAY(&a->arena, a->n.nalerts, struct alert);
	size_t i, n = 0;

	for (i = 0; i < a->n.nalerts; i++)
		if (is_wanted(a, &a->n.alerts[i], told))
			v[n++] = a->n.alerts[i];
	if (n == a->n.nalerts)
		return;
	a->n.alerts = v;
	a->n.nalerts = n;
	commons_of(a);
}

struct str
key_hash(struct attempt *a)
{
	unsigned char digest[HASH_SHA256_BYTES];
	struct buf b = { 0 };

	if (a->key_hash.n > 0)
		return a->key_hash;
	hash_sha256(a->n.group_key, digest);
	(void)hash_hex(&b, digest, sizeof(digest));
	a->key_hash = arena_str(&a->arena, buf_str(&b));
	buf_release(&b);
	return a->key_hash;
}

/*
 * What replicas would send is the same message when it follows on the same
 * entry of the log and tells the same alerts; told again later, it is not.
 */
static void
once_of(struct attempt *a, const struct job *j)
{
	unsigned char digest[HASH_SHA256_BYTES];
	struct buf b = { 0 };
	size_t i;

	(void)buf_printf(&b, STR_FMT " %" PRId64, STR_ARG(j->key),
	    j->last_time);
	for (i = 0; i < a->n.nalerts; i++)
		(void)buf_printf(&b, " %" PRIx64 " %" PRId64 " %d",
		    labels_hash64(a->n.alerts[i].labels),
		    a->n.alerts[i].starts_at,
		    alert_resolved_at(&a->n.alerts[i], a->n.time));
	hash_sha256(buf_str(&b), digest);
	buf_reset(&b);
	(void)hash_hex(&b, digest, sizeof(digest) / 2);
	a->once = arena_str(&a->arena, buf_str(&b));
	buf_release(&b);
}

struct attempt *
attempt_new(const struct job *j)
{
	struct attempt *a = mem_zalloc(sizeof(*a));
	struct notifier *nf = j->nf;

	a->nf = nf;
	a->back = &nf->attempts;
	a->link = nf->attempts;
	if (a->link != NULL)
		a->link->back = &a->link;
	nf->attempts = a;
	a->target = j->target;
	a->setup = j->note->setup;
	a->setup->refs++;
	a->n = j->note->n;
	if (a->n.time == 0)
		a->n.time = notifier_now(nf);
	if (nf->external_url.n > 0)
		a->n.external_url = nf->external_url;
	if (!nf->compat_025)
		a->n.reason = str_of(j->reason);
	if (nf->compat_025) {
		a->n.reason = STR_NONE;
		a->n.route_labels = NULL;
	}
	only_wanted(a, &j->told);
	a->resolved = !any_fires(a);
	a->ctx = (struct tmpl_ctx){ .arena = &a->arena,
	    .now_ms = a->n.time, .compat_025 = nf->compat_025,
	    .external_url = a->n.external_url };
	if (lease_needed(nf))
		once_of(a, j);
	return a;
}

static void
release(struct attempt *a)
{
	*a->back = a->link;
	if (a->link != NULL)
		a->link->back = a->back;
	loop_timer_stop(a->nf->loop, &a->timer);
	setup_unref(a->setup);
	buf_release(&a->body);
	vec_release(&a->secrets);
	arena_free(&a->arena);
	mem_free(a);
}

void
attempt_free(struct attempt *a)
{
	if (a == NULL)
		return;
	a->job = NULL;
	if (a->in_flight && a->target.kind->cancel != NULL) {
		a->target.kind->cancel(a);
		a->in_flight = false;
	}
	/* A request cannot be called back: the answer will free us. */
	if (!a->in_flight)
		release(a);
}

void
attempt_end(struct attempt *a, enum verdict v)
{
	a->in_flight = false;
	if (v != DELIVERED && attempt_ok(a))
		(void)err_set(&a->err, ERR_NET, "not delivered");
	if (v != DELIVERED)
		a->err.kind = v == RETRY ? ERR_NET : ERR_CONFIG;
	if (a->job == NULL)
		release(a);
	else
		queue_finished(a->job, v == DELIVERED);
}

/* A server's words for a message: one line, short, without secrets. */
static void
put_harmless(struct attempt *a, struct str s, struct buf *out)
{
	size_t i = 0, j;

	s = str_sub(str_trim(s), 0, ANSWER_SHOWN);
	while (i < s.n) {
		struct str rest = str_sub(s, i, s.n);

		for (j = 0; j < a->secrets.n; j++)
			if (str_starts(rest, a->secrets.p[j]))
				break;
		if (j < a->secrets.n) {
			(void)buf_put(out, STR("<secret>"));
			i += a->secrets.p[j].n;
		} else {
			(void)buf_putc(out, iscntrl((unsigned char)s.p[i]) ?
			    ' ' : s.p[i]);
			i++;
		}
	}
}

void
attempt_status_err(struct attempt *a, const struct http_response *r)
{
	struct buf b = { 0 };

	if (r->status == 0) {
		put_harmless(a, str_of(r->err.msg), &b);
		(void)attempt_fail(a, STR_FMT, STR_ARG(buf_str(&b)));
	} else {
		put_harmless(a, r->body, &b);
		(void)attempt_fail(a, "unexpected status %d%s" STR_FMT,
		    r->status, b.n > 0 ? ": " : "", STR_ARG(buf_str(&b)));
	}
	buf_release(&b);
}

enum verdict
verdict_of(const struct attempt *a, const struct http_response *r)
{
	unsigned flags = a->target.kind->retry;
	int s = r->status;

	if (s == 0)
		return flags & NO_RETRY_CONNECTION ? FAILED : RETRY;
	if (s / 100 == 2)
		return DELIVERED;
	/* Upstream gives up on most 429s; with --retry-after we come back. */
	if (s == 429 && a->nf->retry_after)
		return RETRY;
	if (s / 100 == 5 || flags & RETRY_STATUS ||
	    (s == 429 && flags & RETRY_429) || (s == 403 && flags & RETRY_403))
		return RETRY;
	return FAILED;
}

#define RETRY_AFTER_MAX_MS	INT64_C(86400000)

/* Retry-After: seconds, or a date, which is of the real time. */
static void
take_retry_after(struct attempt *a, struct str value)
{
	struct clk wall = { .kind = CLK_WALL };
	int64_t s, ms = 0;

	value = str_trim(value);
	if (!a->nf->retry_after || value.n == 0)
		return;
	if (num_parse_i64(value, 0, RETRY_AFTER_MAX_MS / 1000, &s))
		ms = s * 1000;
	else if ((s = http_date(value)) != -1)
		ms = s * 1000 - clk_now(&wall);
	if (ms > 0 && ms <= RETRY_AFTER_MAX_MS)
		a->retry_after_ms = ms;
}

static void	send_next(struct attempt *a);

static void
on_answer(void *arg, const struct http_response *r)
{
	struct attempt *a = arg;
	enum verdict v;

	a->in_flight = false;
	if (a->job == NULL) {
		release(a);
		return;
	}
	v = a->target.kind->answer != NULL ?
	    a->target.kind->answer(a, r) : verdict_of(a, r);
	if (v != DELIVERED) {
		attempt_status_err(a, r);
		take_retry_after(a, r->retry_after);
		attempt_end(a, v);
		return;
	}
	a->step++;
	send_next(a);
}

bool
attempt_may_send(void *arg)
{
	struct attempt *a = arg;

	if (a->job != NULL && !lease_holds(a->job))
		a->too_late = true;
	return !a->too_late;
}

int64_t
attempt_time_left(const struct attempt *a)
{
	int64_t left = VIRTUAL_TIMEOUT_MS;

	if (!virtual_time(a->nf))
		left = a->job->deadline - notifier_now(a->nf);
	if (a->timeout_ms > 0 && a->timeout_ms < left)
		left = a->timeout_ms;
	return left < 1 ? 1 : left;
}

/* The next request, made ready; as build returns. */
static int
prepare(struct attempt *a)
{
	int rc;

	a->request = (struct http_request){ .headers = a->header };
	buf_reset(&a->body);
	rc = a->step >= REQUESTS_MAX ? 0 : a->target.kind->build(a);
	if (rc == 0 || !attempt_ok(a))
		return attempt_ok(a) ? 0 : -1;
	a->request.config = ((const struct recv_common *)a->target.conf)->http;
	a->request.body_max = ANSWER_MAX;
	a->request.secrets = a->secrets.p;
	a->request.nsecrets = a->secrets.n;
	return 1;
}

static void
send_next(struct attempt *a)
{
	int rc = prepare(a);

	if (rc == 1) {
		a->request.timeout_ms = attempt_time_left(a);
		a->request.may_send = attempt_may_send;
		a->request.may_send_arg = a;
		a->in_flight = true;
		http_send(a->nf->http, &a->request, on_answer, a);
	} else
		attempt_end(a, rc == 0 ? DELIVERED : FAILED);
}

void
attempt_start(struct attempt *a)
{
	if (a->target.kind->deliver != NULL) {
		a->in_flight = true;
		a->target.kind->deliver(a);
	} else
		send_next(a);
}

int
attempt_show(struct attempt *a, struct buf *out)
{
	int rc = -1;

	if (a->target.kind->show != NULL)
		a->target.kind->show(a, out);
	else if ((rc = prepare(a)) == 1)
		http_print(&a->request, out);
	return attempt_ok(a) ? 0 : -1;
}

#include "ship_parts.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/mem.h"
#include "event_id.h"

#define LINGER_MS	500	/* that a batch waits for company */
#define LOOK_MS		100	/* for signals, while we wait */
#define TURN		64	/* events between two looks at the network */

static void
on_look(struct loop *l, void *arg, unsigned events)
{
	(void)arg;
	(void)events;
	loop_stop(l);
}

struct ship *
ship_open(struct watch *w, const char *url, const struct destination *d,
    struct err *e)
{
	struct ship *s = mem_zalloc(sizeof(*s));

	s->w = w;
	s->d = d;
	s->dead_fd = -1;
	s->loop = loop_new(&w->t->clk);
	s->look = (struct ltimer){ .fn = on_look, .arg = s };
	s->prepared = d->prepare == NULL;
	if (getrandom(s->run, sizeof(s->run), 0) != sizeof(s->run))
		(void)err_sys(e, "no random bytes");
	else if (ship_read_url(s, url, e) == 0 &&
	    (s->self = d->open(s, e)) != NULL) {
		s->http = http_client_new(s->loop, 0);
		return s;
	}
	ship_close(s);
	return NULL;
}

bool
ship_flat(const struct ship *s)
{
	return s->w->opt.flat;
}

void
ship_refused(struct ship *s, uint64_t n)
{
	s->w->count.ship_refused += n;
	s->w->bad = true;
}

int64_t
ship_now(const struct ship *s)
{
	return clk_now(&s->w->t->clk);
}

static void
batch_free(struct ship_batch *b)
{
	if (b == NULL)
		return;
	loop_deadline_stop(b->ship->loop, &b->retry);
	buf_release(&b->text);
	buf_release(&b->request);
	buf_release(&b->url);
	vec_release(&b->entry);
	vec_release(&b->flying);
	vec_release(&b->doc);
	mem_free(b);
}

void
ship_close(void *arg)
{
	struct ship *s = arg;
	size_t i;

	if (s->http != NULL)
		http_client_free(s->http);
	for (i = 0; i < s->sealed.n; i++)
		batch_free(s->sealed.p[i]);
	for (i = 0; i < s->spare.n; i++)
		batch_free(s->spare.p[i]);
	batch_free(s->filling);
	for (i = 0; i < s->host.n; i++) {
		buf_release(&s->host.p[i]->url);
		buf_release(&s->host.p[i]->name);
		mem_free(s->host.p[i]);
	}
	if (s->self != NULL)
		s->d->close(s->self);
	if (s->dead_fd != -1)
		(void)close(s->dead_fd);
	loop_deadline_stop(s->loop, &s->look);
	loop_deadline_stop(s->loop, &s->again);
	loop_free(s->loop);
	vec_release(&s->host);
	vec_release(&s->sealed);
	vec_release(&s->spare);
	buf_release(&s->url);
	buf_release(&s->request);
	arena_free(&s->arena);
	mem_free(s);
}

/* ---- waiting ---- */

/* Batches that have nothing left are free again; the others keep their order. */
static void
collect(struct ship *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->sealed.n; i++) {
		struct ship_batch *b = s->sealed.p[i];

		if (b->left > 0)
			s->sealed.p[n++] = b;
		else
			vec_push(&s->spare, b);
	}
	s->sealed.n = n;
}

void
ship_progress(struct ship *s)
{
	collect(s);
	loop_stop(s->loop);
}

static void
give_up(struct ship *s)
{
	s->given_up = true;
	s->w->stop = true;
}

/*
 * After a signal, at once when the server is away, else after --grace.  One
 * pass waits --max-wait for any progress, and not at all for a server that
 * will not have us.
 */
static void
consider(struct ship *s)
{
	const struct options *o = &s->w->opt;
	int64_t now = clk_mono_ms();

	if (s->w->loop != NULL)
		loop_signals(s->w->loop);
	if (s->w->stop) {
		if (s->stopping == 0)
			s->stopping = now;
		if (s->down || now - s->stopping >= o->grace_ms)
			give_up(s);
	} else if (!s->w->t->follow && (s->denied ||
	    now - s->progress >= o->max_wait_ms)) {
		give_up(s);
	}
}

/* One round of the network, or as long as something happens. */
static void
turn(struct ship *s, int64_t wait_ms)
{
	loop_deadline(s->loop, &s->look, wait_ms);
	loop_run(s->loop, false);
	loop_deadline_stop(s->loop, &s->look);
}

static void
await(struct ship *s, size_t most)
{
	while (s->sealed.n > most && !s->given_up) {
		turn(s, LOOK_MS);
		consider(s);
	}
}

/* ---- batches ---- */

static struct ship_batch *
begin(struct ship *s)
{
	struct ship_batch *b;

	if (s->spare.n > 0) {
		b = s->spare.p[--s->spare.n];
		buf_reset(&b->text);
		vec_reset(&b->entry);
		b->first = b->limit = 0;
		b->backoff_ms = 0;
	} else {
		b = mem_zalloc(sizeof(*b));
		b->ship = s;
	}
	s->since = clk_mono_ms();
	return b;
}

static void
seal(struct ship *s)
{
	struct ship_batch *b = s->filling;

	if (b == NULL)
		return;
	await(s, SHIP_FLYING - 1);
	s->filling = NULL;
	b->left = b->entry.n;
	if (s->sealed.n == 0)
		s->progress = clk_mono_ms();
	vec_push(&s->sealed, b);
	if (!s->given_up)
		ship_post(b);
	collect(s);
}

static void
put(struct ship *s, const struct event *ev)
{
	struct ship_batch *b = s->filling;
	struct ship_entry one = { .seq = s->w->seq, .time = ev->time,
	    .ns = ev->time_ns, .head = b->text.n };
	char text[EVENT_ID_LEN];
	struct str id = event_id(ev, (struct str){ (const char *)s->run,
	    sizeof(s->run) }, s->w->seq, text);

	s->d->put_head(s->self, ev, id, &b->text);
	one.body = b->text.n;
	s->d->put_body(s->self, ev, id, &b->text);
	one.end = b->text.n;
	vec_push(&b->entry, one);
}

void
ship_event(void *arg, const struct event *ev)
{
	struct ship *s = arg;

	if (s->given_up) {
		if (s->lost++ == 0)
			s->lost_from = s->w->seq;
		return;
	}
	if (s->filling == NULL)
		s->filling = begin(s);
	put(s, ev);
	if (s->filling->entry.n >= s->batch_max ||
	    s->filling->text.n >= SHIP_BYTES)
		seal(s);
	else if (s->sealed.n > 0 && s->filling->entry.n % TURN == 0)
		turn(s, 0);
}

void
ship_settle(void *arg)
{
	struct ship *s = arg;

	seal(s);
	await(s, 0);
}

static size_t
count_left(const struct ship *s)
{
	size_t n = s->lost + (s->filling ? s->filling->entry.n : 0), i;

	for (i = 0; i < s->sealed.n; i++)
		n += s->sealed.p[i]->left;
	return n;
}

/*
 * In virtual time nothing tells when a batch has waited long enough: what is
 * there goes at once.
 */
int
ship_flush(void *arg, bool final)
{
	struct ship *s = arg;

	if (final) {
		ship_settle(s);
		if (count_left(s) == 0)
			return 0;
		diag("%zu events were not taken by '" STR_FMT "'%s",
		    count_left(s), STR_ARG(buf_str(&s->host.p[0]->name)),
		    s->w->t->state ? ", the next run sends them" : "");
		return -1;
	}
	if (s->filling != NULL && (s->w->t->clk.kind == CLK_INPUT ||
	    clk_mono_ms() - s->since >= LINGER_MS))
		seal(s);
	await(s, 0);
	return 0;
}

/* Only so that the loop flushes once a second. */
void
ship_tick(void *arg, int64_t now)
{
	(void)arg;
	(void)now;
}

uint64_t
ship_acknowledged(void *arg)
{
	const struct ship *s = arg;

	if (s->sealed.n > 0)
		return s->sealed.p[0]->entry.p[s->sealed.p[0]->first].seq - 1;
	if (s->filling != NULL)
		return s->filling->entry.p[0].seq - 1;
	return s->lost > 0 ? s->lost_from - 1 : s->w->seq;
}

/* ---- for destinations ---- */

static int
by_stream(const void *a, const void *b)
{
	const struct ship_doc *x = a, *y = b;
	int c = str_cmp(x->head, y->head);

	if (c != 0)
		return c;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

void
ship_sort(struct ship_doc *docs, size_t n)
{
	qsort(docs, n, sizeof(docs[0]), by_stream);
}

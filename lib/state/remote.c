#include "state/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "core/clk.h"
#include "core/hash.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/vec.h"

#define BACKOFF_FIRST_MS	50
#define BACKOFF_MAX_MS		15000

/* The generation of a lease, with the number of its epoch above it. */
#define GENERATION_BITS		44
#define GENERATION_OF(g)	((g) & (((int64_t)1 << GENERATION_BITS) - 1))

/* A key with what this process knows of it. */
struct known {
	struct buf value, next;
	bool there;		/* value counts: read, or committed by us */
	bool dirty;		/* next counts: not yet committed */
	bool next_there;	/* false: the change is a deletion */
	bool owed;		/* committed, but the server does not have it */
	struct str key;
	char room[];
};

struct remote {
	struct state base;
	const struct remote_driver *driver;
	void *conn;
	bool connected;
	bool told;		/* that the server cannot be reached */
	int64_t retry_at, backoff_ms;	/* monotonic */
	struct remote_mark mark;	/* as seen last; epoch empty: never */
	int64_t epochs;			/* how many we have seen */
	int64_t synced;		/* entries are complete up to there; -1 = no */
	int64_t changes_seen;	/* what remote_changes has told of; -1 = no */
	char owner[REMOTE_ID_BYTES];
	struct map entries;
	VEC(struct known *) changes;	/* dirty ones */
	VEC(struct known *) owed;
};

static struct remote *
remote_of(struct state *s)
{
	return (struct remote *)(void *)s;
}

static void
random_id(char out[REMOTE_ID_BYTES])
{
	unsigned char bytes[(REMOTE_ID_BYTES - 1) / 2];
	struct buf b = { 0 };

	(void)!getrandom(bytes, sizeof(bytes), 0);
	(void)hash_hex(&b, bytes, sizeof(bytes));
	memcpy(out, buf_cstr(&b), REMOTE_ID_BYTES);
	buf_release(&b);
}

static void
notice(struct remote *r, const char *what, const char *why)
{
	struct str name = r->driver->name(r->conn);

	(void)buf_printf(&r->base.notice, "%s'" STR_FMT "' %s%s%s",
	    r->base.notice.n ? "; " : "", STR_ARG(name), what,
	    why[0] ? ": " : "", why);
}

/* ---- entries ---- */

static struct known *
known_of(struct remote *r, struct str key)
{
	struct known *k = map_get(&r->entries, key);

	if (k)
		return k;
	k = mem_zalloc(sizeof(*k) + key.n);
	memcpy(k->room, key.n ? key.p : "", key.n);
	k->key = (struct str){ k->room, key.n };
	(void)map_put(&r->entries, k->key, k);
	return k;
}

static void
known_free(struct known *k)
{
	buf_release(&k->value);
	buf_release(&k->next);
	mem_free(k);
}

static void
known_settle(struct remote *r, struct known *k)
{
	if (k->there || k->dirty || k->owed)
		return;
	(void)map_del(&r->entries, k->key);
	known_free(k);
}

/* What the server holds; what we owe it is newer. */
static void
learn(struct remote *r, struct str key, const struct str *value)
{
	struct known *k = known_of(r, key);

	if (!k->owed) {
		k->there = value != NULL;
		buf_reset(&k->value);
		if (value)
			(void)buf_put(&k->value, *value);
	}
	known_settle(r, k);
}

static bool
current(const struct known *k, struct str *value)
{
	if (k == NULL || !(k->dirty ? k->next_there : k->there))
		return false;
	*value = buf_str(k->dirty ? &k->next : &k->value);
	return true;
}

/* ---- the connection ---- */

static void
disconnect(struct remote *r)
{
	r->driver->drop(r->conn);
	r->connected = false;
}

/* All that we know: a server that lost its records gets them back. */
static int
give_back(struct remote *r, struct remote_mark *m, struct err *e)
{
	VEC(struct remote_change) all = { 0 };
	bool lost = r->mark.epoch[0] != '\0';
	struct remote_mark new = { .revision = 0 };
	struct remote_self self = { r->owner, new.epoch };
	struct remote_changes changes;
	struct map_entry *me;
	size_t at = 0;
	int rc;

	while (lost && (me = map_next(&r->entries, &at)) != NULL) {
		const struct known *k = me->value;

		if (k->there)
			vec_push(&all, (struct remote_change){ k->key,
			    buf_str(&k->value) });
	}
	random_id(new.epoch);
	changes = (struct remote_changes){ all.p, all.n };
	rc = r->driver->restore(r->conn, &self, &changes,
	    lost ? REMOTE_QUIET_MS : 0, m, e);
	if (rc != -1 && lost)
		notice(r, "has lost records; what is known here was put back",
		    "");
	if (lost)
		r->synced = r->changes_seen = -1;
	vec_release(&all);
	return rc;
}

/* Compare what the server says of itself with what was seen before. */
static int
check_mark(struct remote *r, struct remote_mark *m, struct err *e)
{
	bool other = strcmp(m->epoch, r->mark.epoch) != 0;

	if (m->epoch[0] == '\0' || (r->mark.epoch[0] != '\0' &&
	    (other || m->revision < r->mark.revision)))
		if (give_back(r, m, e) == -1)
			return -1;
	r->epochs += strcmp(m->epoch, r->mark.epoch) != 0;
	r->mark = *m;
	return 0;
}

static void
pay(struct remote *r)
{
	size_t i;

	for (i = 0; i < r->owed.n; i++) {
		r->owed.p[i]->owed = false;
		known_settle(r, r->owed.p[i]);
	}
	vec_reset(&r->owed);
}

/* Nobody else has committed in between: nothing to learn. */
static void
committed(struct remote *r, const struct remote_mark *m)
{
	if (r->synced == m->revision - 1)
		r->synced++;
	if (r->changes_seen == m->revision - 1)
		r->changes_seen++;
	r->mark = *m;
}

/* What is owed, in one transaction; REMOTE_* or -1. */
static int
deliver(struct remote *r, struct err *e)
{
	struct remote_self self = { r->owner, r->mark.epoch };
	struct remote_change *p = mem_array(r->owed.n + 1, sizeof(*p));
	struct remote_changes changes = { p, r->owed.n };
	struct remote_mark m;
	size_t i;
	int rc;

	for (i = 0; i < r->owed.n; i++) {
		p[i].key = r->owed.p[i]->key;
		if (r->owed.p[i]->there)
			p[i].value = buf_str(&r->owed.p[i]->value);
	}
	rc = r->driver->apply(r->conn, &self, &changes, NULL, &m, e);
	mem_free(p);
	if (rc == REMOTE_YES) {
		committed(r, &m);
		pay(r);
	} else if (rc == -1 && e->kind == ERR_SYNTAX) {
		/* Once more would be refused once more. */
		notice(r, "refuses a record", e->msg);
		pay(r);
	}
	return rc;
}

static int
connect_now(struct remote *r, struct err *e)
{
	struct remote_mark m;

	if (r->driver->connect(r->conn, !r->base.read_only, e) == -1 ||
	    r->driver->mark(r->conn, &m, e) == -1)
		return -1;
	if (r->base.read_only)
		r->mark = m;
	else if (check_mark(r, &m, e) == -1)
		return -1;
	return r->owed.n == 0 || deliver(r, e) != -1 ? 0 : -1;
}

static void
unreachable(struct remote *r, const struct err *e)
{
	disconnect(r);
	r->backoff_ms = r->backoff_ms == 0 ? BACKOFF_FIRST_MS :
	    r->backoff_ms * 2;
	if (r->backoff_ms > BACKOFF_MAX_MS)
		r->backoff_ms = BACKOFF_MAX_MS;
	r->retry_at = clk_mono_ms() + r->backoff_ms;
	if (!r->told)
		notice(r, "cannot be used, going on in memory until it can",
		    e->msg);
	r->told = true;
}

/* Connect when it is time to.  0; -1 with *e. */
static int
reach(struct remote *r, struct err *e)
{
	if (r->connected)
		return 0;
	if (clk_mono_ms() < r->retry_at)
		return err_set(e, ERR_NET, "'" STR_FMT "' cannot be reached",
		    STR_ARG(r->driver->name(r->conn)));
	if (connect_now(r, e) == -1) {
		unreachable(r, e);
		return -1;
	}
	r->connected = true;
	r->backoff_ms = 0;
	if (r->told)
		notice(r, "can be used again; what it missed was written",
		    "");
	r->told = false;
	return 0;
}

/* Ask the server what it is, and give it back what it has lost. */
static int
look(struct remote *r, struct err *e)
{
	struct remote_mark m;

	return r->driver->mark(r->conn, &m, e) == -1 ? -1 :
	    check_mark(r, &m, e);
}

/*
 * One call of the driver, and a second one over a new connection when the
 * first was lost, or after lost records were given back.
 */
typedef int call_fn(struct remote *r, void *arg, struct err *e);

static int
ask(struct remote *r, call_fn *fn, void *arg, struct err *e)
{
	int tries, rc = -1;

	for (tries = 0; tries < 2; tries++) {
		if (reach(r, e) == -1)
			return -1;
		rc = fn(r, arg, e);
		if (rc != -1 && rc != REMOTE_LOST)
			return rc;
		if (rc == REMOTE_LOST && look(r, e) != -1)
			continue;
		disconnect(r);
		r->retry_at = 0;
	}
	if (rc != -1)
		err_set(e, ERR_NET, "the server loses its records");
	unreachable(r, e);
	return -1;
}

/* ---- reading ---- */

struct getting {
	struct str key;
	struct buf *value;
};

static int
call_get(struct remote *r, void *arg, struct err *e)
{
	struct getting *g = arg;

	const struct known *k = map_get(&r->entries, g->key);
	int rc;

	buf_reset(g->value);
	rc = r->driver->get(r->conn, g->key, g->value, e);
	/* Not there any more: has the server lost it, with all others? */
	if (rc != 0 || k == NULL || !k->there || r->base.read_only)
		return rc;
	if (look(r, e) == -1)
		return -1;
	return r->driver->get(r->conn, g->key, g->value, e);
}

int
remote_get(struct state *s, struct str key, struct buf *value, struct err *e)
{
	struct remote *r = remote_of(s);
	struct known *k = map_get(&r->entries, key);
	struct getting g = { key, value };
	struct str v;
	int rc = -1;

	if (k == NULL || !(k->dirty || k->owed))
		rc = ask(r, call_get, &g, e);
	if (rc != -1) {
		v = buf_str(value);
		learn(r, key, rc == 1 ? &v : NULL);
		return rc;
	}
	if (s->read_only)
		return -1;
	/* Changed here, or the server is away: what we know. */
	buf_reset(value);
	if (!current(map_get(&r->entries, key), &v))
		return 0;
	return buf_put(value, v) == -1 ? -1 : 1;
}

struct walk {
	struct remote *r;
	int64_t since;
	state_fn *fn;
	void *arg;
	struct remote_mark mark;
};

static int
learn_one(void *arg, struct str key, struct str value)
{
	learn(arg, key, &value);
	return 0;
}

static int
call_each(struct remote *r, void *arg, struct err *e)
{
	struct walk *w = arg;

	return r->driver->each(r->conn, w->since, w->fn, w->arg, &w->mark,
	    e);
}

/* Make the entries as complete as the server's records. */
static int
sync_entries(struct remote *r, struct err *e)
{
	struct walk w = { .r = r, .since = r->synced, .fn = learn_one,
	    .arg = r };

	if (ask(r, call_each, &w, e) == -1)
		return r->base.read_only ? -1 : 0;
	/* Its connection may have been the one that found records lost. */
	if (strcmp(w.mark.epoch, r->mark.epoch) == 0 || r->base.read_only)
		r->synced = w.mark.revision;
	if (r->changes_seen == -1)
		r->changes_seen = r->synced;
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct known *const *x = a, *const *y = b;

	return str_cmp((*x)->key, (*y)->key);
}

int
remote_each(struct state *s, struct str prefix, state_fn *fn, void *arg,
    struct err *e)
{
	struct remote *r = remote_of(s);
	VEC(struct known *) all = { 0 };
	struct map_entry *m;
	struct str value;
	size_t at = 0, i;
	int rc = 0;

	if (sync_entries(r, e) == -1)
		return -1;
	while ((m = map_next(&r->entries, &at)) != NULL)
		if (current(m->value, &value) && str_starts(m->key, prefix))
			vec_push(&all, m->value);
	if (all.n)
		qsort(all.p, all.n, sizeof(*all.p), by_key);
	for (i = 0; i < all.n && rc == 0; i++)
		if (current(all.p[i], &value))
			rc = fn(arg, all.p[i]->key, value);
	vec_release(&all);
	return rc;
}

int
remote_changes(struct state *s, state_fn *fn, void *arg, struct err *e)
{
	struct remote *r = remote_of(s);
	struct walk w = { .r = r, .since = r->changes_seen, .fn = fn,
	    .arg = arg };

	if (ask(r, call_each, &w, e) == -1)
		return -1;
	if (strcmp(w.mark.epoch, r->mark.epoch) == 0 || s->read_only)
		r->changes_seen = w.mark.revision;
	return 0;
}

/* ---- changing ---- */

static struct known *
change(struct remote *r, struct str key)
{
	struct known *k = known_of(r, key);

	if (!k->dirty)
		vec_push(&r->changes, k);
	k->dirty = true;
	buf_reset(&k->next);
	return k;
}

int
remote_put(struct state *s, struct str key, struct str value, struct err *e)
{
	struct known *k = change(remote_of(s), key);

	(void)e;
	k->next_there = true;
	return buf_put(&k->next, value);
}

int
remote_del(struct state *s, struct str key, struct err *e)
{
	(void)e;
	change(remote_of(s), key)->next_there = false;
	return 0;
}

void
remote_rollback(struct state *s)
{
	struct remote *r = remote_of(s);
	size_t i;

	for (i = 0; i < r->changes.n; i++) {
		r->changes.p[i]->dirty = false;
		buf_release(&r->changes.p[i]->next);
		known_settle(r, r->changes.p[i]);
	}
	vec_reset(&r->changes);
}

/* What is dirty counts from now on, and is owed to the server. */
static void
take_changes(struct remote *r)
{
	size_t i;

	for (i = 0; i < r->changes.n; i++) {
		struct known *k = r->changes.p[i];
		struct buf old = k->value;

		k->value = k->next;
		k->next = old;
		k->there = k->next_there;
		k->dirty = false;
		buf_release(&k->next);
		if (!k->owed)
			vec_push(&r->owed, k);
		k->owed = true;
	}
	vec_reset(&r->changes);
}

static int
call_deliver(struct remote *r, void *arg, struct err *e)
{
	(void)arg;
	/* Connecting again has paid already. */
	return r->owed.n == 0 ? REMOTE_YES : deliver(r, e);
}

int
remote_commit(struct state *s, struct err *e)
{
	struct remote *r = remote_of(s);

	take_changes(r);
	if (r->owed.n)
		(void)ask(r, call_deliver, NULL, e);
	return 0;
}

/* All of it stands there as we would have it. */
static int
is_done(struct remote *r, struct err *e)
{
	struct buf b = { 0 };
	const struct known *k;
	size_t i;
	int rc = r->changes.n ? 1 : 0;

	for (i = 0; i < r->changes.n && rc == 1; i++) {
		k = r->changes.p[i];
		buf_reset(&b);
		rc = r->driver->get(r->conn, k->key, &b, e);
		if (rc != -1)
			rc = rc == k->next_there && (rc == 0 ||
			    str_eq(buf_str(&b), buf_str(&k->next)));
	}
	buf_release(&b);
	return rc;
}

static int
call_settle(struct remote *r, void *arg, struct err *e)
{
	struct remote_lease lease = *(const struct remote_lease *)arg;
	bool over = lease.generation >> GENERATION_BITS != r->epochs;
	struct remote_self self = { r->owner, r->mark.epoch };
	struct remote_change *p = mem_array(r->changes.n + 1, sizeof(*p));
	struct remote_changes changes = { p, r->changes.n };
	struct remote_mark m;
	size_t i;
	int rc;

	for (i = 0; i < r->changes.n; i++) {
		p[i].key = r->changes.p[i]->key;
		if (r->changes.p[i]->next_there)
			p[i].value = buf_str(&r->changes.p[i]->next);
	}
	/* Nobody holds a lease of an epoch that is over: what is, is. */
	lease.generation = GENERATION_OF(lease.generation);
	rc = r->driver->apply(r->conn, &self, &changes, over ? NULL : &lease,
	    &m, e);
	mem_free(p);
	if (rc == REMOTE_YES)
		committed(r, &m);
	/* The answer may have been lost, and the lease with it. */
	return rc == REMOTE_NO ? is_done(r, e) : rc;
}

int
remote_settle(struct state *s, struct str key, int64_t generation,
    struct err *e)
{
	struct remote *r = remote_of(s);
	struct remote_lease lease = { key, generation };
	int rc = ask(r, call_settle, &lease, e);

	if (rc == REMOTE_NO) {
		remote_rollback(s);
		return STATE_TAKEN;
	}
	take_changes(r);
	if (rc != REMOTE_YES)
		return STATE_OWED;
	pay(r);
	return STATE_DONE;
}

struct leasing {
	struct str key;
	int64_t ms, generation;
};

static int
call_lease(struct remote *r, void *arg, struct err *e)
{
	struct remote_self self = { r->owner, r->mark.epoch };
	struct leasing *l = arg;

	return r->driver->lease(r->conn, &self, l->key, l->ms,
	    &l->generation, e);
}

int64_t
remote_lease(struct state *s, struct str key, int64_t ms, struct err *e)
{
	struct remote *r = remote_of(s);
	struct leasing l = { key, ms, 0 };
	int rc = ask(r, call_lease, &l, e);

	if (rc != REMOTE_YES)
		return rc;
	return r->epochs << GENERATION_BITS | l.generation;
}

void
remote_release(struct state *s, struct str key, int64_t generation)
{
	struct remote *r = remote_of(s);
	struct remote_self self = { r->owner, r->mark.epoch };
	struct remote_lease lease = { key, GENERATION_OF(generation) };
	struct err e;

	/* One that cannot be given back ends by itself. */
	if (r->connected && generation >> GENERATION_BITS == r->epochs &&
	    r->driver->release(r->conn, &self, &lease, &e) == -1) {
		disconnect(r);
		r->retry_at = 0;
	}
}

/* ---- opening and closing ---- */

static int
call_look(struct remote *r, void *arg, struct err *e)
{
	(void)arg;
	return look(r, e) == -1 ? -1 : REMOTE_YES;
}

bool
remote_online(const struct state *s)
{
	return ((const struct remote *)(const void *)s)->connected;
}

bool
remote_reachable(struct state *s)
{
	struct remote *r = remote_of(s);
	struct err e;

	if (ask(r, call_look, NULL, &e) == -1)
		return false;
	/* What all know survives the server and the one who wrote it. */
	if (!s->read_only && r->synced != -1 && r->synced < r->mark.revision)
		(void)sync_entries(r, &e);
	return r->connected;
}

struct state *
remote_open(const struct remote_driver *d, struct str url, const char *tool,
    const struct state_how *how, struct err *e)
{
	struct remote *r = mem_zalloc(sizeof(*r));

	r->driver = d;
	r->base.read_only = how->read_only;
	r->synced = r->changes_seen = -1;
	r->conn = d->open(url, tool, e);
	if (r->conn == NULL) {
		mem_free(r);
		return NULL;
	}
	random_id(r->owner);
	if (reach(r, e) == 0 || (how->anyway && e->kind == ERR_NET))
		return &r->base;
	(void)err_prefix(e, "'" STR_FMT "'", STR_ARG(d->name(r->conn)));
	buf_release(&r->base.notice);
	remote_close(&r->base);
	return NULL;
}

void
remote_close(struct state *s)
{
	struct remote *r = remote_of(s);
	struct map_entry *m;
	size_t at = 0;

	while ((m = map_next(&r->entries, &at)) != NULL)
		known_free(m->value);
	map_release(&r->entries);
	vec_release(&r->changes);
	vec_release(&r->owed);
	r->driver->drop(r->conn);
	r->driver->close(r->conn);
	mem_free(r);
}

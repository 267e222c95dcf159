#include "state/state.h"

#include "state/backend.h"

/* Which scheme is whose; no scheme at all is a directory. */
static const struct {
	const char *scheme;
	const struct state_backend *backend;
} servers[] = {
	{ "postgres", &state_postgres },
	{ "postgresql", &state_postgres },
	{ "redis", &state_redis },
	{ "redis+unix", &state_redis },
	{ "rediss", &state_redis },
	{ "unix", &state_redis },
};

static const struct state_backend *
backend_of(struct str *url, struct err *e)
{
	ptrdiff_t at = str_find(*url, STR("://"));
	struct str scheme;
	size_t i;

	if (url->n == 0) {
		err_set(e, ERR_CONFIG, "the place for state is empty");
		return NULL;
	}
	if (at == -1)
		return &state_directory;
	scheme = str_sub(*url, 0, (size_t)at);
	if (str_eq(scheme, STR("file"))) {
		*url = str_sub(*url, (size_t)at + 3, url->n);
		return &state_directory;
	}
	for (i = 0; i < sizeof(servers) / sizeof(servers[0]); i++)
		if (str_eq(scheme, str_of(servers[i].scheme)))
			return servers[i].backend;
	err_set(e, ERR_CONFIG, "no state in '" STR_FMT "://': it is a "
	    "directory, redis:// or postgresql://", STR_ARG(scheme));
	return NULL;
}

static struct state *
open_any(struct str url, const char *tool, const struct state_how *how,
    struct err *e)
{
	const struct state_backend *b = backend_of(&url, e);
	struct state *s = b ? b->open(url, tool, how, e) : NULL;

	if (s) {
		s->backend = b;
		s->read_only = how->read_only;
	}
	return s;
}

struct state *
state_open(struct str url, const char *tool, int64_t wait_ms, struct err *e)
{
	return open_any(url, tool, &(struct state_how){ .wait_ms = wait_ms },
	    e);
}

struct state *
state_open_anyway(struct str url, const char *tool, int64_t wait_ms,
    struct err *e)
{
	return open_any(url, tool, &(struct state_how){ .wait_ms = wait_ms,
	    .anyway = true }, e);
}

struct state *
state_open_read(struct str url, const char *tool, struct err *e)
{
	return open_any(url, tool, &(struct state_how){ .read_only = true },
	    e);
}

int
state_get(struct state *s, struct str key, struct buf *value, struct err *e)
{
	buf_reset(value);
	return s->backend->get(s, key, value, e);
}

static int
refuse_read_only(const struct state *s, struct err *e)
{
	if (s->read_only)
		return err_set(e, ERR_SYS, "this state is open for reading");
	return 0;
}

int
state_put(struct state *s, struct str key, struct str value, struct err *e)
{
	if (refuse_read_only(s, e) == -1)
		return -1;
	if (value.n == 0 || memchr(value.p, '\n', value.n))
		return err_set(e, ERR_LIMIT, "a state value is one line of "
		    "JSON");
	return s->backend->put(s, key, value, e);
}

int
state_del(struct state *s, struct str key, struct err *e)
{
	if (refuse_read_only(s, e) == -1)
		return -1;
	return s->backend->del(s, key, e);
}

int
state_each(struct state *s, struct str prefix, state_fn *fn, void *arg,
    struct err *e)
{
	return s->backend->each(s, prefix, fn, arg, e);
}

int
state_commit(struct state *s, struct err *e)
{
	return s->read_only ? 0 : s->backend->commit(s, e);
}

void
state_rollback(struct state *s)
{
	s->backend->rollback(s);
}

int64_t
state_lease(struct state *s, struct str key, int64_t ms, struct err *e)
{
	if (refuse_read_only(s, e) == -1)
		return -1;
	return s->backend->lease(s, key, ms, e);
}

int
state_settle(struct state *s, struct str key, int64_t generation,
    struct err *e)
{
	if (refuse_read_only(s, e) == -1)
		return -1;
	if (generation == 0 || !s->backend->shared)
		return s->backend->commit(s, e) == -1 ? -1 : STATE_DONE;
	return s->backend->settle(s, key, generation, e);
}

void
state_release(struct state *s, struct str key, int64_t generation)
{
	if (s->backend->shared && generation > 0)
		s->backend->release(s, key, generation);
}

bool
state_shared(const struct state *s)
{
	return s->backend->shared;
}

int
state_changes(struct state *s, state_fn *fn, void *arg, struct err *e)
{
	return s->backend->shared ? s->backend->changes(s, fn, arg, e) : 0;
}

bool
state_online(const struct state *s)
{
	return !s->backend->shared || s->backend->online(s);
}

bool
state_reachable(struct state *s)
{
	return !s->backend->shared || s->backend->reachable(s);
}

struct str
state_notice(struct state *s)
{
	struct buf old = s->told;

	s->told = s->notice;
	s->notice = old;
	buf_reset(&s->notice);
	return buf_str(&s->told);
}

void
state_close(struct state *s)
{
	if (s == NULL)
		return;
	buf_release(&s->notice);
	buf_release(&s->told);
	s->backend->close(s);
}

#include "state/state.h"

#include <dlfcn.h>
#include <unistd.h>

#include "core/mem.h"
#include "state/backend.h"

/* Which scheme lives in which module; no scheme at all is a directory. */
static const struct {
	const char *scheme;
	const char *module;
} remote[] = {
	{ "postgres", "ts-state-postgres.so" },
	{ "postgresql", "ts-state-postgres.so" },
	{ "redis", "ts-state-redis.so" },
	{ "rediss", "ts-state-redis.so" },
};

/* The module stands beside the binary, or in ../lib/truststram. */
static const struct state_backend *
load_module(const char *module, struct str scheme, struct err *e)
{
	static const char *const places[] = { "", "../lib/truststram/" };
	char self[4096];
	struct buf path = { 0 };
	const void *symbol = NULL;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	void *lib = NULL;
	size_t i;

	while (n > 0 && self[n - 1] != '/')
		n--;
	for (i = 0; lib == NULL && i < 2; i++) {
		buf_reset(&path);
		(void)buf_printf(&path, "%.*s%s%s", (int)(n > 0 ? n : 0), self,
		    places[i], module);
		lib = dlopen(buf_cstr(&path), RTLD_NOW | RTLD_LOCAL);
	}
	if (lib)
		symbol = dlsym(lib, STATE_MODULE_SYMBOL);
	if (symbol == NULL)
		err_set(e, ERR_CONFIG, "state in '" STR_FMT "' needs the "
		    "module '%s', which is not installed", STR_ARG(scheme),
		    module);
	buf_release(&path);
	return symbol;
}

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
	for (i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
		if (str_eq(scheme, str_of(remote[i].scheme)))
			return load_module(remote[i].module, scheme, e);
	err_set(e, ERR_CONFIG, "no state in '" STR_FMT "://': it is a "
	    "directory, redis:// or postgresql://", STR_ARG(scheme));
	return NULL;
}

static struct state *
open_any(struct str url, const char *tool, int64_t wait_ms, bool read_only,
    struct err *e)
{
	const struct state_backend *b = backend_of(&url, e);
	struct state *s = b ? b->open(url, tool, wait_ms, read_only, e) : NULL;

	if (s) {
		s->backend = b;
		s->read_only = read_only;
	}
	return s;
}

struct state *
state_open(struct str url, const char *tool, int64_t wait_ms, struct err *e)
{
	return open_any(url, tool, wait_ms, false, e);
}

struct state *
state_open_read(struct str url, const char *tool, struct err *e)
{
	return open_any(url, tool, 0, true, e);
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

struct str
state_notice(const struct state *s)
{
	return buf_str(&s->notice);
}

void
state_close(struct state *s)
{
	if (s == NULL)
		return;
	buf_release(&s->notice);
	s->backend->close(s);
}

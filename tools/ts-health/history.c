/*
 * history: keys history/NAME/TIME, so that the order of keys is that of time.
 */
#include "history.h"

#include "core/arena.h"
#include "core/num.h"
#include "core/vec.h"

static struct str
prefix_of(struct str name, struct arena *a)
{
	return arena_printf(a, "history/" STR_FMT "/", STR_ARG(name));
}

static int64_t
time_of(struct str key, struct str prefix)
{
	int64_t ms;

	return num_parse_i64(str_sub(key, prefix.n, key.n), 0, INT64_MAX,
	    &ms) ? ms : 0;
}

struct walk {
	struct arena *arena;
	struct str prefix;
	int64_t from_ms;
	VEC(struct str) keys;
	struct buf *out;
};

static int
gather(void *arg, struct str key, struct str value)
{
	struct walk *w = arg;

	(void)value;
	vec_push(&w->keys, arena_str(w->arena, key));
	return 0;
}

int
history_keep(struct state *st, struct str name, int64_t time_ms,
    struct str data, struct err *e)
{
	struct arena a = { 0 };
	struct walk w = { .arena = &a, .prefix = prefix_of(name, &a) };
	struct str key = arena_printf(&a, STR_FMT "%015lld",
	    STR_ARG(w.prefix), (long long)time_ms);
	size_t i;
	int rc = state_put(st, key, data, e);

	if (rc == 0)
		rc = state_each(st, w.prefix, gather, &w, e);
	for (i = 0; i < w.keys.n && rc == 0; i++)
		if (w.keys.n - i > HISTORY_RUNS ||
		    time_of(w.keys.p[i], w.prefix) < time_ms - HISTORY_MS)
			rc = state_del(st, w.keys.p[i], e);
	vec_release(&w.keys);
	arena_free(&a);
	return rc;
}

static int
print(void *arg, struct str key, struct str value)
{
	struct walk *w = arg;

	if (time_of(key, w->prefix) < w->from_ms)
		return 0;
	(void)buf_put(w->out, value);
	(void)buf_putc(w->out, '\n');
	return 0;
}

int
history_print(struct state *st, struct str name, int64_t from_ms,
    struct buf *out, struct err *e)
{
	struct arena a = { 0 };
	struct walk w = { .arena = &a, .prefix = prefix_of(name, &a),
	    .from_ms = from_ms, .out = out };
	int rc = state_each(st, w.prefix, print, &w, e);

	arena_free(&a);
	return rc;
}

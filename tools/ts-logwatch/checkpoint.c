#include "checkpoint.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/num.h"
#include "json/tree.h"
#include "json/write.h"
#include "peek.h"
#include "state/state.h"

#define PREFIX	"file:"

static struct str
key_of(uint64_t dev, uint64_t ino, struct arena *a)
{
	return arena_printf(a, PREFIX "%llu:%llu", (unsigned long long)dev,
	    (unsigned long long)ino);
}

static uint64_t
number(const json_t *o, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(o, key));

	return v > 0 ? (uint64_t)v : 0;
}

static uint64_t
hex(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? strtoull(s, NULL, 16) : 0;
}

struct loading {
	struct checkpoints *c;
	int64_t now, newest;		/* ms; newest of all that is kept */
};

static int
load_one(void *arg, struct str key, struct str value)
{
	struct loading *l = arg;
	struct checkpoint *p = ARENA_NEW(&l->c->arena, struct checkpoint);
	struct err e;
	json_t *o = json_tree(value, &e);
	size_t i;

	(void)key;
	if (o == NULL)
		return 0;
	p->path = arena_str(&l->c->arena, json_get_str(o, "path"));
	p->path.p = arena_cstr(&l->c->arena, p->path);
	p->dev = number(o, "dev");
	p->ino = number(o, "ino");
	p->fp_len = number(o, "fp_len");
	p->fp = hex(o, "fp");
	p->mark_len = number(o, "mark_len");
	p->mark = hex(o, "mark");
	p->head = hex(o, "head");
	p->offset = number(o, "offset");
	p->generation = number(o, "gen");
	p->size = number(o, "size");
	p->mtime = (int64_t)number(o, "mtime");
	p->seen = (int64_t)number(o, "seen");
	p->done = json_is_true(json_object_get(o, "done"));
	for (i = 0; i < NSTREAMS; i++)
		p->ahead[i] = (uint64_t)json_integer_value(json_array_get(
		    json_object_get(o, "ahead"), i));
	json_decref(o);
	if (p->seen > l->newest)
		l->newest = p->seen;
	if (p->fp_len <= CHECKPOINT_FP_MAX &&
	    p->mark_len <= CHECKPOINT_MARK_MAX)
		vec_push(&l->c->all, p);
	return 0;
}

/* A clock that is wrong by years today must not cost what was read before. */
static int
drop_old(struct loading *l, struct err *e)
{
	struct checkpoints *c = l->c;
	int64_t now = l->newest < l->now ? l->newest : l->now;
	size_t i, n = 0;

	for (i = 0; i < c->all.n; i++)
		if (now - c->all.p[i]->seen <= CHECKPOINT_KEEP_MS)
			c->all.p[n++] = c->all.p[i];
		else if (checkpoint_drop(c, c->all.p[i]->dev,
		    c->all.p[i]->ino, e) == -1)
			return -1;
	c->all.n = n;
	return 0;
}

int
checkpoints_load(struct checkpoints *c, struct state *state, int64_t now,
    struct err *e)
{
	struct loading l = { .c = c, .now = now, .newest = INT64_MIN };

	c->state = state;
	if (state == NULL)
		return 0;
	if (state_each(state, STR(PREFIX), load_one, &l, e) == -1)
		return -1;
	return drop_old(&l, e);
}

void
checkpoints_release(struct checkpoints *c)
{
	vec_release(&c->all);
	arena_free(&c->arena);
}

struct checkpoint *
checkpoints_find(struct checkpoints *c, uint64_t dev, uint64_t ino)
{
	size_t i;

	for (i = 0; i < c->all.n; i++)
		if (c->all.p[i]->dev == dev && c->all.p[i]->ino == ino)
			return c->all.p[i];
	return NULL;
}

struct checkpoint *
checkpoints_set(struct checkpoints *c, const struct checkpoint *p)
{
	struct checkpoint *at = checkpoints_find(c, p->dev, p->ino);
	struct str path = arena_str(&c->arena, p->path);

	if (at == NULL) {
		at = ARENA_NEW(&c->arena, struct checkpoint);
		vec_push(&c->all, at);
	}
	*at = *p;
	at->path = path;
	return at;
}

static void
put_hex(struct jw *w, const char *key, uint64_t v)
{
	char text[20];

	(void)snprintf(text, sizeof(text), "%016llx", (unsigned long long)v);
	jw_key(w, str_of(key));
	jw_str(w, str_of(text));
}

static void
put_int(struct jw *w, const char *key, uint64_t v)
{
	jw_key(w, str_of(key));
	jw_int(w, (int64_t)v);
}

static void
put_ahead(struct jw *w, const struct checkpoint *p)
{
	bool any = false;
	size_t i;

	for (i = 0; i < NSTREAMS; i++)
		any |= p->ahead[i] > p->offset;
	if (!any)
		return;
	jw_key(w, STR("ahead"));
	jw_arr(w);
	for (i = 0; i < NSTREAMS; i++)
		jw_int(w, (int64_t)p->ahead[i]);
	jw_arr_end(w);
}

int
checkpoint_put(struct checkpoints *c, const struct checkpoint *p,
    struct err *e)
{
	struct buf b = { 0 };
	struct jw w = { .out = &b };
	struct arena a = { 0 };
	int rc;

	jw_obj(&w);
	jw_key(&w, STR("path"));
	jw_str(&w, p->path);
	put_int(&w, "dev", p->dev);
	put_int(&w, "ino", p->ino);
	put_int(&w, "fp_len", p->fp_len);
	put_hex(&w, "fp", p->fp);
	put_int(&w, "mark_len", p->mark_len);
	put_hex(&w, "mark", p->mark);
	put_hex(&w, "head", p->head);
	put_int(&w, "offset", p->offset);
	put_ahead(&w, p);
	put_int(&w, "gen", p->generation);
	put_int(&w, "size", p->size);
	put_int(&w, "mtime", (uint64_t)p->mtime);
	put_int(&w, "seen", (uint64_t)p->seen);
	jw_key(&w, STR("done"));
	jw_bool(&w, p->done);
	jw_obj_end(&w);
	rc = state_put(c->state, key_of(p->dev, p->ino, &a), buf_str(&b), e);
	buf_release(&b);
	arena_free(&a);
	return rc;
}

int
checkpoint_drop(struct checkpoints *c, uint64_t dev, uint64_t ino,
    struct err *e)
{
	struct arena a = { 0 };
	int rc = state_del(c->state, key_of(dev, ino, &a), e);

	arena_free(&a);
	return rc;
}

uint64_t
checkpoint_hash(struct str bytes)
{
	return hash_xx64(bytes);
}

static bool
hashes_to(int fd, uint64_t from, uint64_t n, uint64_t want)
{
	char bytes[CHECKPOINT_FP_MAX];

	return n == 0 || (n <= sizeof(bytes) &&
	    peek(fd, bytes, n, from) == (ssize_t)n &&
	    checkpoint_hash((struct str){ bytes, n }) == want);
}

bool
checkpoint_matches(const struct checkpoint *p, int fd)
{
	struct stat st;

	return peek_stat(fd, &st) == 0 &&
	    (uint64_t)st.st_size >= p->offset &&
	    p->mark_len <= p->offset && hashes_to(fd, 0, p->fp_len, p->fp) &&
	    hashes_to(fd, p->offset - p->mark_len, p->mark_len, p->mark);
}

/* Who is blocked, in memory and in the state. */
#include "block.h"
#include "core/mem.h"
#include "json/tree.h"
#include "json/write.h"
#include "state/state.h"

#define PREFIX		"block:"
#define TEXT_MAX	256

static char *
copy_of(struct str s)
{
	char *p;

	if (s.n > TEXT_MAX)
		s.n = TEXT_MAX;
	p = mem_alloc(s.n + 1);
	memcpy(p, s.n ? s.p : "", s.n);
	p[s.n] = '\0';
	return p;
}

struct block *
blocks_find(const struct blocks *l, struct str name)
{
	return map_get(&l->map, name);
}

static bool
covers(const struct cidr *wide, const struct cidr *net)
{
	return wide->prefix <= net->prefix && cidr_has(wide, &net->address);
}

const struct block *
blocks_covering(const struct blocks *l, const struct cidr *net, int64_t now)
{
	struct cidr wide = *net;
	const struct block *b;
	char text[ADDRESS_TEXT];

	/* One look for each length that a network may have. */
	for (; wide.prefix > 0; wide.prefix--) {
		address_mask(&wide.address, wide.prefix);
		b = blocks_find(l, address_print(&wide.address, wide.prefix,
		    text));
		if (b != NULL && b->active && b->until > now &&
		    covers(&b->net, net))
			return b;
	}
	return NULL;
}

struct block *
blocks_get(struct blocks *l, const struct cidr *net)
{
	char text[ADDRESS_TEXT];
	struct str name = address_print(&net->address, net->prefix, text);
	struct block *b = blocks_find(l, name);

	if (b != NULL)
		return b;
	b = mem_zalloc(sizeof(*b));
	b->name = (struct str){ copy_of(name), name.n };
	b->net = *net;
	b->rule = copy_of(STR_NONE);
	b->reason = copy_of(STR_NONE);
	(void)map_put(&l->map, b->name, b);
	return b;
}

static void
free_block(struct block *b)
{
	mem_free((char *)(uintptr_t)b->name.p);
	mem_free(b->rule);
	mem_free(b->reason);
	mem_free(b);
}

void
blocks_drop(struct blocks *l, struct block *b)
{
	blocks_set_active(l, b, false);
	(void)map_del(&l->map, b->name);
	free_block(b);
}

void
blocks_set_active(struct blocks *l, struct block *b, bool on)
{
	if (on && !b->active)
		l->active++;
	else if (!on && b->active)
		l->active--;
	b->active = on;
}

void
blocks_release(struct blocks *l)
{
	struct map_entry *en;
	size_t at = 0;

	while ((en = map_next(&l->map, &at)) != NULL)
		free_block(en->value);
	map_release(&l->map);
	memset(l, 0, sizeof(*l));
}

/* ---- the state ---- */

static void
put_key(const struct block *b, struct buf *out)
{
	(void)buf_printf(out, PREFIX STR_FMT, STR_ARG(b->name));
}

int
block_save(const struct block *b, struct state *s, struct err *e)
{
	struct buf key = { 0 }, value = { 0 };
	struct jw w = { .out = &value };
	int rc;

	put_key(b, &key);
	jw_obj(&w);
	jw_key(&w, STR("backend"));
	jw_str(&w, str_of(b->backend->name));
	jw_key(&w, STR("since"));
	jw_int(&w, b->since);
	jw_key(&w, STR("until"));
	if (b->until == INT64_MAX)
		jw_null(&w);
	else
		jw_int(&w, b->until);
	jw_key(&w, STR("count"));
	jw_int(&w, b->count);
	jw_key(&w, STR("rule"));
	jw_str(&w, str_of(b->rule));
	jw_key(&w, STR("reason"));
	jw_str(&w, str_of(b->reason));
	jw_key(&w, STR("active"));
	jw_bool(&w, b->active);
	if (b->pending) {
		jw_key(&w, STR("pending"));
		jw_bool(&w, true);
	}
	jw_obj_end(&w);
	rc = state_put(s, buf_str(&key), buf_str(&value), e);
	buf_release(&key);
	buf_release(&value);
	return rc;
}

int
block_forget(const struct block *b, struct state *s, struct err *e)
{
	struct buf key = { 0 };
	int rc;

	put_key(b, &key);
	rc = state_del(s, buf_str(&key), e);
	buf_release(&key);
	return rc;
}

static int
load_one(void *arg, struct str key, struct str value)
{
	const struct backend *backend;
	struct blocks *l = arg;
	struct block *b;
	struct cidr net;
	struct err e;
	json_t *o = json_tree(value, &e), *until;

	/* A record that somebody wrote by hand is checked like a line. */
	if (o == NULL || !cidr_parse(str_sub(key, sizeof(PREFIX) - 1, key.n),
	    &net) || (backend = backend_find(json_get_str(o, "backend"),
	    &e)) == NULL) {
		json_decref(o);
		return 0;
	}
	b = blocks_get(l, &net);
	b->backend = backend;
	b->since = json_integer_value(json_object_get(o, "since"));
	until = json_object_get(o, "until");
	b->until = json_is_integer(until) ? json_integer_value(until) :
	    INT64_MAX;
	b->count = json_integer_value(json_object_get(o, "count"));
	mem_free(b->rule);
	b->rule = copy_of(json_get_str(o, "rule"));
	mem_free(b->reason);
	b->reason = copy_of(json_get_str(o, "reason"));
	b->pending = json_is_true(json_object_get(o, "pending"));
	blocks_set_active(l, b, json_is_true(json_object_get(o, "active")));
	json_decref(o);
	return 0;
}

int
blocks_load(struct blocks *l, struct state *s, struct err *e)
{
	blocks_release(l);
	return state_each(s, STR(PREFIX), load_one, l, e);
}

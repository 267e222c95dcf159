#include "save.h"

#include <inttypes.h>

#include "core/diag.h"
#include "core/hash.h"
#include "core/num.h"
#include "json/read.h"
#include "json/write.h"

#define ALERT_PREFIX	"alert/"
#define GROUP_PREFIX	"group"		/* then the path, from its slash */

/* ---- writing ---- */

static void
put_fingerprint(struct buf *out, const struct labels *l)
{
	(void)buf_printf(out, "%016" PRIx64, labels_fingerprint(l));
}

/* An alert line with two more members. */
static int
put_alert(struct state *st, const struct alert *a, struct err *e)
{
	struct buf key = { 0 }, value = { 0 }, extra = { 0 };
	int rc;

	(void)buf_put(&key, STR(ALERT_PREFIX));
	put_fingerprint(&key, a->labels);
	(void)buf_printf(&extra, "\"updatedAt\":%" PRId64, a->updated_at);
	if (a->timeout)
		(void)buf_put(&extra, STR(",\"timeout\":true"));
	wire_put_alert(&value, a, buf_str(&extra));
	rc = state_put(st, buf_str(&key), str_trim(buf_str(&value)), e);
	buf_release(&key);
	buf_release(&value);
	buf_release(&extra);
	return rc;
}

static void
group_name(const struct group *g, struct buf *out)
{
	(void)buf_put(out, STR(GROUP_PREFIX));
	tree_path(g->route, out);
	(void)buf_printf(out, " " STR_FMT, STR_ARG(g->key));
}

static void
put_members(struct jw *w, const struct group *g)
{
	struct buf fp = { 0 };
	size_t i;

	jw_obj(w);
	for (i = 0; i < g->members.n; i++) {
		buf_reset(&fp);
		put_fingerprint(&fp, g->members.p[i].entry->alert.labels);
		jw_key(w, buf_str(&fp));
		jw_int(w, g->members.p[i].told);
	}
	jw_obj_end(w);
	buf_release(&fp);
}

static int
put_group(struct state *st, const struct group *g, struct str by,
    struct err *e)
{
	struct buf key = { 0 }, value = { 0 };
	struct jw w = { .out = &value };
	int rc;

	group_name(g, &key);
	jw_obj(&w);
	jw_key(&w, STR("receiver"));
	jw_str(&w, g->route->receiver);
	jw_key(&w, STR("labels"));
	wire_put_labels(&w, g->labels);
	jw_key(&w, STR("next"));
	jw_int(&w, g->next);
	jw_key(&w, STR("flushed"));
	jw_bool(&w, g->flushed);
	jw_key(&w, STR("emptied"));
	jw_int(&w, g->emptied);
	/* fingerprint: when it was first told as resolved, 0 = it was not */
	jw_key(&w, STR("alerts"));
	put_members(&w, g);
	if (by.n) {
		jw_key(&w, STR("by"));
		jw_str(&w, by);
	}
	jw_obj_end(&w);
	rc = state_put(st, buf_str(&key), buf_str(&value), e);
	buf_release(&key);
	buf_release(&value);
	return rc;
}

/* Equal for trees that make the same groups. */
static uint64_t
tree_hash(uint64_t h, const struct am_route *r)
{
	struct buf b = { 0 };
	size_t i;

	am_route_key(r, &b);
	h = hash_fnv(h, buf_str(&b));
	h = hash_fnv(h, r->receiver);
	h = hash_fnv(h, r->group_by_all ? STR("\xff.") : STR("\xff"));
	for (i = 0; i < r->group_by.n; i++)
		h = hash_fnv(hash_fnv(h, r->group_by.p[i]), STR("\xff"));
	h = hash_fnv(h, r->go_on ? STR("c(") : STR("("));
	for (i = 0; i < r->nchildren; i++)
		h = tree_hash(h, &r->child[i]);
	buf_release(&b);
	return hash_fnv(h, STR(")"));
}

static int
put_clock(struct state *st, const struct router *r, int64_t now,
    struct err *e)
{
	struct buf value = { 0 };
	int rc;

	(void)buf_printf(&value, "{\"now\":%" PRId64 ",\"started\":%" PRId64
	    ",\"collect\":%" PRId64 ",\"tree\":\"%016" PRIx64 "\"}", now,
	    r->started, r->gc_at, tree_hash(HASH_FNV_INIT, r->config->route));
	rc = state_put(st, STR("clock"), buf_str(&value), e);
	buf_release(&value);
	return rc;
}

bool
save_pending(const struct router *r)
{
	const struct map_entry *me;
	size_t i, at = 0;

	for (i = 0; i < r->store.all.n; i++)
		if (r->store.all.p[i]->changed)
			return true;
	while ((me = map_next(&r->groups, &at)) != NULL)
		if (((const struct group *)me->value)->changed)
			return true;
	return false;
}

int
save_put(struct router *r, struct state *st, struct str by, int64_t now,
    struct err *e)
{
	struct map_entry *me;
	struct group *g;
	size_t i, at = 0;

	for (i = 0; i < r->store.all.n; i++) {
		if (!r->store.all.p[i]->changed)
			continue;
		if (put_alert(st, &r->store.all.p[i]->alert, e) == -1)
			return -1;
		r->store.all.p[i]->changed = false;
	}
	while ((me = map_next(&r->groups, &at)) != NULL) {
		g = me->value;
		if (g->changed && put_group(st, g, by, e) == -1)
			return -1;
		g->changed = false;
	}
	if (put_clock(st, r, now, e) == -1)
		return -1;
	return state_commit(st, e);
}

int
save_del_group(struct state *st, const struct group *g, struct err *e)
{
	struct buf key = { 0 };
	int rc;

	group_name(g, &key);
	rc = state_del(st, buf_str(&key), e);
	buf_release(&key);
	return rc;
}

int
save_del_alert(struct state *st, const struct alert *a, struct err *e)
{
	struct buf key = { 0 };
	int rc;

	(void)buf_put(&key, STR(ALERT_PREFIX));
	put_fingerprint(&key, a->labels);
	rc = state_del(st, buf_str(&key), e);
	buf_release(&key);
	return rc;
}

/* ---- reading ---- */

struct restoring {
	struct router *r;
	struct wire_reader *reader;
	struct state *st;
	struct err *e;
	struct arena arena;	/* of one record */
	struct arena keys;	/* of the map */
	struct map by_fp;	/* "0123456789abcdef" -> entry */
	struct map routes;	/* path -> route */
	bool same_tree;
	int64_t now;
};

static int64_t
get_int(struct str json, const char *key)
{
	struct str raw;
	int64_t v = 0;

	if (wire_member(json, str_of(key), &raw))
		(void)num_parse_i64(raw, INT64_MIN, INT64_MAX, &v);
	return v;
}

static bool
get_bool(struct str json, const char *key)
{
	struct str raw;

	return wire_member(json, str_of(key), &raw) &&
	    str_eq(raw, STR("true"));
}

static int
restore_alert(void *arg, struct str key, struct str value)
{
	struct restoring *s = arg;
	struct wire_rec rec;
	struct alert *a = &rec.u.alert.alert;
	struct entry *en;

	arena_reset(&s->arena);
	if (wire_read(s->reader, value, &s->arena, &rec, s->e) == -1)
		return err_prefix(s->e, STR_FMT, STR_ARG(key));
	if (rec.kind != WIRE_ALERT)
		return err_set(s->e, ERR_SYNTAX, STR_FMT ": not an alert",
		    STR_ARG(key));
	a->updated_at = get_int(value, "updatedAt");
	a->timeout = get_bool(value, "timeout");
	en = store_restore(&s->r->store, a);
	inhibitor_add(&s->r->inhibitor, en);
	key = arena_str(&s->keys, str_sub(key, sizeof(ALERT_PREFIX) - 1,
	    key.n));
	(void)map_put(&s->by_fp, key, en);
	return 0;
}

typedef void member_fn(struct restoring *s, struct group *g, struct entry *en,
    int64_t told);

/* {"fp":told,...} */
static int
each_member(struct restoring *s, struct group *g, struct str json,
    member_fn *fn)
{
	struct entry *en;
	struct jr j;
	enum jr_tok tok;

	jr_init(&j, json, &s->arena);
	if (jr_next(&j) != JR_OBJ)
		return jr_err(&j, "an object", s->e);
	while ((tok = jr_next(&j)) == JR_KEY) {
		en = map_get(&s->by_fp, j.str);
		if (jr_next(&j) != JR_NUM)
			return jr_err(&j, "a number", s->e);
		if (en != NULL)
			fn(s, g, en, (int64_t)j.num);
	}
	return tok == JR_OBJ_END ? 0 : jr_err(&j, "an object", s->e);
}

static void
restore_member(struct restoring *s, struct group *g, struct entry *en,
    int64_t told)
{
	(void)s;
	router_join(g, en, told);
}

static int
restore_group(void *arg, struct str key, struct str value)
{
	struct restoring *s = arg;
	const struct am_route *route;
	const struct labels *l;
	struct str path, raw;
	struct group *g;
	bool is_new;

	(void)str_cut(str_sub(key, sizeof(GROUP_PREFIX) - 1, key.n), ' ',
	    &path);
	route = map_get(&s->routes, path);
	if (!s->same_tree || route == NULL)
		return state_del(s->st, key, s->e);
	arena_reset(&s->arena);
	if (!wire_member(value, STR("labels"), &raw) ||
	    wire_get_labels(s->r->table, raw, &s->arena, &l, s->e) == -1)
		return err_set(s->e, ERR_SYNTAX, STR_FMT ": bad labels",
		    STR_ARG(key));
	g = router_group(s->r, route, l, &is_new);
	g->flushed = get_bool(value, "flushed");
	g->emptied = get_int(value, "emptied");
	if (wire_member(value, STR("alerts"), &raw) &&
	    each_member(s, g, raw, restore_member) == -1)
		return err_prefix(s->e, STR_FMT, STR_ARG(key));
	router_schedule(s->r, g, get_int(value, "next"));
	g->changed = false;
	return 0;
}

static void
map_routes(struct restoring *s, const struct am_route *r)
{
	struct buf b = { 0 };
	const void *value = r;
	void *keep;
	size_t i;

	tree_path(r, &b);
	memcpy(&keep, &value, sizeof(keep));
	(void)map_put(&s->routes, arena_str(&s->keys, buf_str(&b)), keep);
	buf_release(&b);
	for (i = 0; i < r->nchildren; i++)
		map_routes(s, &r->child[i]);
}

static int
restore_clock(struct restoring *s)
{
	struct buf clock = { 0 }, want = { 0 };
	struct str raw;
	int rc = state_get(s->st, STR("clock"), &clock, s->e);

	if (rc == 1) {
		s->now = get_int(buf_str(&clock), "now");
		s->r->started = get_int(buf_str(&clock), "started");
		s->r->gc_at = get_int(buf_str(&clock), "collect");
		(void)buf_printf(&want, "\"%016" PRIx64 "\"",
		    tree_hash(HASH_FNV_INIT, s->r->config->route));
		s->same_tree = wire_member(buf_str(&clock), STR("tree"),
		    &raw) && str_eq(raw, buf_str(&want));
	}
	buf_release(&clock);
	buf_release(&want);
	return rc == -1 ? -1 : 0;
}

static int
restore_all(struct restoring *s)
{
	if (restore_clock(s) == -1)
		return -1;
	map_routes(s, s->r->config->route);
	if (state_each(s->st, STR(ALERT_PREFIX), restore_alert, s, s->e) != 0)
		return -1;
	if (state_each(s->st, STR(GROUP_PREFIX), restore_group, s, s->e) != 0)
		return -1;
	if (s->now != 0 && !s->same_tree)
		router_reload(s->r, s->r->config, s->now);
	return 0;
}

int
save_load(struct router *r, struct wire_reader *reader, struct state *st,
    int64_t *now, struct err *e)
{
	struct restoring s = { .r = r, .reader = reader, .st = st, .e = e };
	int rc = restore_all(&s);

	*now = s.now;
	map_release(&s.by_fp);
	map_release(&s.routes);
	arena_free(&s.keys);
	arena_free(&s.arena);
	return rc;
}

/* ---- what others save ---- */

struct record { struct str key, value; };

struct merging {
	struct restoring s;
	struct str by;
	struct arena arena;
	VEC(struct record) groups;	/* until all alerts are known */
	VEC(struct entry *) alerts;	/* that were new or newer */
};

static int
merge_alert(struct merging *m, struct str value)
{
	struct restoring *s = &m->s;
	struct wire_rec rec;
	struct alert *a = &rec.u.alert.alert;
	struct entry *en;
	bool known;

	arena_reset(&s->arena);
	if (wire_read(s->reader, value, &s->arena, &rec, s->e) == -1)
		return -1;
	if (rec.kind != WIRE_ALERT)
		return err_set(s->e, ERR_SYNTAX, "not an alert");
	a->updated_at = get_int(value, "updatedAt");
	a->timeout = get_bool(value, "timeout");
	en = store_find(&s->r->store, a->labels);
	known = en != NULL;
	if (known && a->updated_at <= en->alert.updated_at)
		return 0;
	en = store_restore(&s->r->store, a);
	if (known)
		inhibitor_touch(&s->r->inhibitor, en);
	else
		inhibitor_add(&s->r->inhibitor, en);
	vec_push(&m->alerts, en);
	return 0;
}

static int
merge_one(void *arg, struct str key, struct str value)
{
	struct merging *m = arg;

	if (str_starts(key, STR(ALERT_PREFIX))) {
		if (merge_alert(m, value) == -1) {
			(void)err_prefix(m->s.e, STR_FMT, STR_ARG(key));
			diag_warn(m->s.e);
		}
	} else if (str_starts(key, STR(GROUP_PREFIX "/"))) {
		vec_push(&m->groups, (struct record){
		    arena_str(&m->arena, key), arena_str(&m->arena, value) });
	}
	return 0;
}

/* Told as resolved by another: only what is resolved here as well. */
static void
merge_member(struct restoring *s, struct group *g, struct entry *en,
    int64_t told)
{
	router_join_other(g, en, alert_resolved_at(&en->alert, s->now) ?
	    told : 0);
}

static int
merge_group(struct merging *m, const struct record *rec)
{
	struct restoring *s = &m->s;
	const struct am_route *route;
	const struct labels *l;
	struct str path, raw;
	struct group *g;
	int64_t next;
	bool is_new;

	if (wire_member(rec->value, STR("by"), &raw) &&
	    str_eq(str_sub(raw, 1, raw.n - 1), m->by))
		return 0;
	(void)str_cut(str_sub(rec->key, sizeof(GROUP_PREFIX) - 1, rec->key.n),
	    ' ', &path);
	route = map_get(&s->routes, path);
	if (route == NULL)
		return 0;
	arena_reset(&s->arena);
	if (!wire_member(rec->value, STR("labels"), &raw) ||
	    wire_get_labels(s->r->table, raw, &s->arena, &l, s->e) == -1)
		return err_set(s->e, ERR_SYNTAX, "bad labels");
	g = router_group(s->r, route, l, &is_new);
	g->flushed |= get_bool(rec->value, "flushed");
	next = get_int(rec->value, "next");
	if (is_new || (next < g->next && next > s->now))
		router_schedule(s->r, g, next);
	return wire_member(rec->value, STR("alerts"), &raw) ?
	    each_member(s, g, raw, merge_member) : 0;
}

/* By fingerprint, all that we know: a group may name any of them. */
static void
index_alerts(struct merging *m)
{
	const struct store *st = &m->s.r->store;
	size_t i;

	for (i = 0; i < st->all.n; i++)
		(void)map_put(&m->s.by_fp, arena_printf(&m->arena,
		    "%016" PRIx64, labels_fingerprint(
		    st->all.p[i]->alert.labels)), st->all.p[i]);
}

static void
merge_groups(struct merging *m)
{
	size_t i;

	map_routes(&m->s, m->s.r->config->route);
	index_alerts(m);
	for (i = 0; i < m->groups.n; i++)
		if (merge_group(m, &m->groups.p[i]) == -1) {
			(void)err_prefix(m->s.e, STR_FMT,
			    STR_ARG(m->groups.p[i].key));
			diag_warn(m->s.e);
		}
}

int
save_merge(struct router *r, struct wire_reader *reader, struct state *st,
    struct str by, int64_t now, struct err *e)
{
	struct merging m = { .s = { .r = r, .reader = reader, .st = st,
	    .e = e, .now = now }, .by = by };
	size_t i;
	int rc = state_changes(st, merge_one, &m, e);

	if (rc == 0 && m.groups.n)
		merge_groups(&m);
	/* One with another route tree has no groups for us: find our own. */
	for (i = 0; i < m.alerts.n; i++)
		if (m.alerts.p[i]->places.n == 0 && !alert_resolved_at(
		    &m.alerts.p[i]->alert, now))
			router_place(r, m.alerts.p[i], now);
	vec_release(&m.alerts);
	vec_release(&m.groups);
	map_release(&m.s.by_fp);
	map_release(&m.s.routes);
	arena_free(&m.s.keys);
	arena_free(&m.s.arena);
	arena_free(&m.arena);
	return rc;
}

/*
 * silence: one of them; its JSON form and its rules.
 */
#include <sys/random.h>

#include "core/dur.h"
#include "core/hash.h"
#include "core/mem.h"
#include "json/tree.h"
#include "json/write.h"
#include "silences.h"

void
silence_free(struct silence *sil)
{
	struct arena a;
	size_t i;

	if (sil == NULL)
		return;
	for (i = 0; i < sil->nsets; i++)
		matchers_release(sil->set[i].p, sil->set[i].n);
	a = sil->arena;
	arena_free(&a);
	mem_free(sil);
}

enum silence_state
silence_state_at(const struct silence *sil, int64_t now)
{
	if (now < sil->starts_at)
		return SILENCE_PENDING;
	return now <= sil->ends_at ? SILENCE_ACTIVE : SILENCE_EXPIRED;
}

const char *
silence_state_name(enum silence_state st)
{
	static const char *const names[] = {
		[SILENCE_PENDING] = "pending", [SILENCE_ACTIVE] = "active",
		[SILENCE_EXPIRED] = "expired",
	};

	return names[st];
}

bool
silence_matches(const struct silence *sil, const struct labels *l)
{
	size_t i;

	for (i = 0; i < sil->nsets; i++)
		if (matchers_ok(sil->set[i].p, sil->set[i].n, l))
			return true;
	return false;
}

static bool
flag(const json_t *o, const char *key, bool dflt)
{
	const json_t *v = json_object_get(o, key);

	return v == NULL ? dflt : json_is_true(v);
}

static int
parse_matcher(const json_t *o, struct arena *a, struct matcher *m,
    struct err *e)
{
	bool regex = flag(o, "isRegex", false);
	bool equal = flag(o, "isEqual", true);

	if (!json_is_string(json_object_get(o, "name")) ||
	    !json_is_string(json_object_get(o, "value")))
		return err_set(e, ERR_SYNTAX, "a matcher needs a name and a "
		    "value");
	return matcher_init(m, regex ? equal ? MATCH_RE : MATCH_NRE :
	    equal ? MATCH_EQ : MATCH_NE, arena_str(a, json_get_str(o, "name")),
	    arena_str(a, json_get_str(o, "value")), 0, e);
}

static int
parse_set(const json_t *list, struct silence *sil, struct err *e)
{
	struct silence_matchers *set = &sil->set[sil->nsets];
	size_t i;

	set->p = ARENA_ARRAY(&sil->arena, json_array_size(list) + 1,
	    struct matcher);
	sil->nsets++;
	for (i = 0; i < json_array_size(list); i++, set->n++)
		if (parse_matcher(json_array_get(list, i), &sil->arena,
		    &set->p[i], e) == -1)
			return -1;
	return 0;
}

/* "matchers", and since 0.32 "matcherSets": a list of such lists. */
static int
parse_sets(const json_t *o, struct silence *sil, struct err *e)
{
	const json_t *one = json_object_get(o, "matchers");
	const json_t *more = json_object_get(o, "matcherSets");
	size_t i;

	sil->set = ARENA_ARRAY(&sil->arena, json_array_size(more) + 1,
	    struct silence_matchers);
	if (json_array_size(one) > 0 && parse_set(one, sil, e) == -1)
		return -1;
	for (i = 0; i < json_array_size(more); i++)
		if (parse_set(json_array_get(more, i), sil, e) == -1)
			return -1;
	if (sil->nsets == 0)
		return err_set(e, ERR_SYNTAX, "no matchers");
	return 0;
}

static int
parse_time(const json_t *o, const char *key, bool needed, int64_t *out,
    struct err *e)
{
	struct str s = json_get_str(o, key);

	if (s.n == 0 && !needed)
		return 0;
	if (!time_parse_rfc3339(s, out))
		return err_set(e, ERR_SYNTAX, "bad %s '" STR_FMT "'", key,
		    STR_ARG(s));
	return 0;
}

static int
parse_members(const json_t *o, struct silence *sil, struct err *e)
{
	const json_t *notes = json_object_get(o, "annotations");
	struct buf b = { 0 };

	sil->id = arena_str(&sil->arena, json_get_str(o, "id"));
	sil->created_by = arena_str(&sil->arena,
	    json_get_str(o, "createdBy"));
	sil->comment = arena_str(&sil->arena, json_get_str(o, "comment"));
	if (json_object_size(notes) > 0) {
		(void)json_put_tree(&b, notes);
		sil->annotations = arena_str(&sil->arena, buf_str(&b));
		sil->interval = arena_str(&sil->arena,
		    json_get_str(notes, "timeInterval"));
		buf_release(&b);
	}
	if (parse_time(o, "startsAt", true, &sil->starts_at, e) == -1 ||
	    parse_time(o, "endsAt", true, &sil->ends_at, e) == -1 ||
	    parse_time(o, "updatedAt", false, &sil->updated_at, e) == -1)
		return -1;
	return parse_sets(o, sil, e);
}

struct silence *
silence_parse(struct str json, struct err *e)
{
	struct silence *sil;
	json_t *o = json_tree(json, e);

	if (o == NULL)
		return NULL;
	sil = mem_zalloc(sizeof(*sil));
	if (parse_members(o, sil, e) == -1) {
		silence_free(sil);
		sil = NULL;
	}
	json_decref(o);
	return sil;
}

/* As Alertmanager's API: always three digits of a second. */
void
put_api_time(struct jw *w, const char *key, int64_t ms)
{
	struct buf b = { 0 };

	time_print_rfc3339(&b, ms - ms % 1000);
	b.n--;
	(void)buf_printf(&b, ".%03dZ", (int)(ms % 1000));
	jw_member(w, key, buf_str(&b));
	buf_release(&b);
}

static void
put_matchers(struct jw *w, const struct silence_matchers *set)
{
	const struct matcher *m;
	size_t i;

	jw_arr(w);
	for (i = 0; i < set->n; i++) {
		m = &set->p[i];
		jw_obj(w);
		jw_key(w, STR("isEqual"));
		jw_bool(w, m->op == MATCH_EQ || m->op == MATCH_RE);
		jw_key(w, STR("isRegex"));
		jw_bool(w, m->op == MATCH_RE || m->op == MATCH_NRE);
		jw_member(w, "name", m->name);
		jw_member(w, "value", m->value);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

void
silence_print(const struct silence *sil, int64_t now, struct buf *out)
{
	struct jw w = { .out = out };
	size_t i;

	jw_obj(&w);
	jw_member(&w, "id", sil->id);
	if (now != 0) {
		jw_key(&w, STR("status"));
		jw_obj(&w);
		jw_member(&w, "state",
		    str_of(silence_state_name(silence_state_at(sil, now))));
		jw_obj_end(&w);
	}
	put_api_time(&w, "updatedAt", sil->updated_at);
	if (sil->annotations.n) {
		jw_key(&w, STR("annotations"));
		jw_raw(&w, sil->annotations);
	}
	jw_member(&w, "comment", sil->comment);
	jw_member(&w, "createdBy", sil->created_by);
	put_api_time(&w, "endsAt", sil->ends_at);
	jw_key(&w, STR("matchers"));
	put_matchers(&w, &sil->set[0]);
	if (sil->nsets > 1) {
		jw_key(&w, STR("matcherSets"));
		jw_arr(&w);
		for (i = 1; i < sil->nsets; i++)
			put_matchers(&w, &sil->set[i]);
		jw_arr_end(&w);
	}
	put_api_time(&w, "startsAt", sil->starts_at);
	jw_obj_end(&w);
}

static bool
matches_something(const struct silence_matchers *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (!matcher_ok_value(&set->p[i], STR("")))
			return true;
	return false;
}

int
silence_check(struct silence *sil, int64_t now, struct err *e)
{
	size_t i;

	for (i = 0; i < sil->nsets; i++)
		if (!matches_something(&sil->set[i]))
			return err_set(e, ERR_CONFIG, "silence invalid: at "
			    "least one matcher must not match the empty "
			    "string");
	if (sil->starts_at < now)
		sil->starts_at = now;
	if (sil->ends_at < sil->starts_at)
		return err_set(e, ERR_CONFIG, sil->ends_at < now ?
		    "silence invalid: end time can't be in the past" :
		    "silence invalid: end time must not be before start time");
	sil->updated_at = now;
	return 0;
}

void
silence_set_id(struct silence *sil)
{
	unsigned char r[16];
	struct buf hex = { 0 };
	const char *h;

	(void)getrandom(r, sizeof(r), 0);
	r[6] = (r[6] & 0x0f) | 0x40;
	r[8] = (r[8] & 0x3f) | 0x80;
	(void)hash_hex(&hex, r, sizeof(r));
	h = buf_cstr(&hex);
	sil->id = arena_printf(&sil->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", h,
	    h + 8, h + 12, h + 16, h + 20);
	buf_release(&hex);
}

void
silence_expire(struct silence *sil, int64_t now)
{
	if (silence_state_at(sil, now) == SILENCE_PENDING)
		sil->starts_at = now;
	sil->ends_at = sil->updated_at = now;
}

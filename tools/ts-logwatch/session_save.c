/*
 * What sessions have told, kept between runs and over a reload:
 * "session:RULE:PATTERN:ID" to the time and the captures.  PATTERN is a hash
 * of the text of `after`, so notes find their pattern when others come or go.
 */
#include "core/hash.h"
#include "core/mem.h"
#include "json/tree.h"
#include "json/write.h"
#include "selector.h"
#include "state/state.h"

#define PREFIX	"session:"

struct saving {
	struct selector *s;
	struct str owner;		/* the rule */
	struct state *state;
	struct buf key, value;
	struct err *e;
};

static const struct pattern_match *
pattern_at(const struct selector *s, size_t i)
{
	const struct pattern_match *m = s->match.p;

	return i < s->match.n && m[i].earlier != NULL ? &m[i] : NULL;
}

static bool
key_name(struct saving *x, const struct window *note)
{
	size_t i;
	struct str id = sessions_id(note, &i);
	const struct pattern_match *m = pattern_at(x->s, i);

	if (m == NULL)
		return false;
	buf_reset(&x->key);
	(void)buf_printf(&x->key, PREFIX STR_FMT ":%016llx:" STR_FMT,
	    STR_ARG(x->owner), (unsigned long long)hash_xx64(m->after),
	    STR_ARG(id));
	return true;
}

static int
forget(void *arg, struct str key)
{
	struct saving *x = arg;
	const struct window note = { .key = key };

	return key_name(x, &note) ? state_del(x->state, buf_str(&x->key),
	    x->e) : 0;
}

/* {"last":MS,"NAME":"TEXT",...} */
static void
put_note(struct saving *x, const struct window *note)
{
	struct jw w = { .out = &x->value };
	const struct grok_field *f;
	size_t i, n;

	(void)sessions_id(note, &i);
	n = grok_fields(pattern_at(x->s, i)->earlier, &f);
	buf_reset(&x->value);
	jw_obj(&w);
	jw_key(&w, STR("last"));
	jw_int(&w, note->last);
	jw_key(&w, STR("captures"));
	jw_obj(&w);
	for (i = 0; i < n && i < x->s->sessions.notes.ncollections; i++) {
		if (note->seen[i].n == 0)
			continue;
		jw_key(&w, f[i].name);
		jw_str(&w, (struct str){ note->seen[i].p[0].text,
		    note->seen[i].p[0].n });
	}
	jw_obj_end(&w);
	jw_obj_end(&w);
}

int
selector_save(struct selector *s, struct str owner, struct state *state,
    struct err *e)
{
	struct saving x = { .s = s, .owner = owner, .state = state, .e = e };
	struct windows *notes = &s->sessions.notes;
	struct window *one, *next;
	int rc = 0;

	for (one = notes->newest; one != NULL; one = next) {
		next = one->older;
		if (sessions_over(&s->sessions, one))
			windows_drop(notes, one);
	}
	rc = windows_each_gone(notes, forget, &x);
	for (one = notes->newest; one != NULL && rc == 0; one = one->older) {
		if (!one->dirty || !key_name(&x, one))
			continue;
		put_note(&x, one);
		rc = state_put(state, buf_str(&x.key), buf_str(&x.value), e);
		one->dirty = rc == -1;
		one->saved = true;
	}
	buf_release(&x.key);
	buf_release(&x.value);
	return rc;
}

static void
load_captures(struct selector *s, struct window *note, const struct grok *g,
    const json_t *captures)
{
	const struct grok_field *f;
	size_t n = grok_fields(g, &f), i;
	struct arena a = { 0 };
	struct str text;

	for (i = 0; i < n && i < s->sessions.notes.ncollections; i++) {
		text = json_get_str(captures, arena_cstr(&a, f[i].name));
		if (text.n > 0)
			window_collect(&s->sessions.notes, note, i, text,
			    note->last, 1);
	}
	arena_free(&a);
}

bool
selector_load(struct selector *s, struct str rest, struct str value)
{
	struct str hex, id = str_cut(rest, ':', &hex);
	const struct pattern_match *m;
	struct window *note;
	struct err e;
	char want[20];
	bool found = false;
	json_t *o;
	size_t i;

	if (id.p == NULL || (o = json_tree(value, &e)) == NULL)
		return false;
	for (i = 0; i < s->match.n; i++) {
		if ((m = pattern_at(s, i)) == NULL)
			continue;
		(void)snprintf(want, sizeof(want), "%016llx",
		    (unsigned long long)hash_xx64(m->after));
		if (!str_eq(hex, str_of(want)))
			continue;
		note = sessions_put(&s->sessions, id, i);
		note->last = json_integer_value(json_object_get(o, "last"));
		load_captures(s, note, m->earlier, json_object_get(o,
		    "captures"));
		note->dirty = false;
		note->saved = true;
		found = true;
	}
	json_decref(o);
	return found;
}

static bool
same_session(const struct selector *a, const struct selector *b)
{
	size_t i;

	if (a->sessions.id.n != b->sessions.id.n)
		return false;
	for (i = 0; i < a->sessions.id.n; i++)
		if (!str_eq(a->sessions.id.p[i], b->sessions.id.p[i]))
			return false;
	return true;
}

/* The captures of one pattern under those of another. */
static void
copy_captures(struct selector *s, struct window *to, const struct grok *g,
    const struct window *from, const struct grok *of)
{
	const struct grok_field *f;
	size_t n = grok_fields(g, &f), i;
	struct str text;

	for (i = 0; i < n && i < s->sessions.notes.ncollections; i++) {
		text = session_capture(from, of, f[i].name);
		if (text.n > 0)
			window_collect(&s->sessions.notes, to, i, text,
			    from->last, 1);
	}
}

void
selector_take(struct selector *s, struct selector *old)
{
	const struct pattern_match *m, *was;
	struct window *one, *note;
	struct str id;
	size_t i, j;

	if (!same_session(s, old))
		return;
	/* The newest comes last, so it stays that. */
	for (one = old->sessions.notes.oldest; one != NULL; one = one->newer) {
		id = sessions_id(one, &i);
		if ((was = pattern_at(old, i)) == NULL)
			continue;
		for (j = 0; j < s->match.n; j++) {
			if ((m = pattern_at(s, j)) == NULL ||
			    !str_eq(m->after, was->after))
				continue;
			note = sessions_put(&s->sessions, id, j);
			note->last = one->last;
			note->dirty = one->dirty;
			note->saved = one->saved;
			copy_captures(s, note, m->earlier, one, was->earlier);
		}
	}
}

#include "selector.h"

#include "core/diag.h"
#include "core/num.h"

/* A rule whose patterns keep running away is switched off. */
#define LIMITS_MAX	10

static const struct yfield match_rows[] = {
	YROW("regex", YT_STR, offsetof(struct pattern_match, regex),
	    .flags = YF_REQUIRED),
	YROW("weight", YT_INT, offsetof(struct pattern_match, weight),
	    .dflt = "1"),
	YROW("after", YT_STR, offsetof(struct pattern_match, after)),
};

static const struct yfields match_fields = {
	.name = "match", .size = sizeof(struct pattern_match),
	.row = match_rows, .n = sizeof(match_rows) / sizeof(match_rows[0]),
	.node_offset = offsetof(struct pattern_match, node),
};

/* A pattern, or a list of patterns and {regex, weight}. */
int
decode_match(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct ylist *out = field;
	const struct ynode *c = n->kind == Y_SEQ ? n->child : n;
	size_t count = n->kind == Y_SEQ ? n->n : 1;
	struct pattern_match *m = ARENA_ARRAY(a, count + 1,
	    struct pattern_match);

	out->p = m;
	for (; out->n < count; c = c->next, m++, out->n++) {
		if (c->kind == Y_SCALAR)
			*m = (struct pattern_match){ .regex = c->scalar,
			    .weight = 1, .node = c };
		else if (yaml_decode(c, &match_fields, m, a, e) == -1)
			return -1;
	}
	return 0;
}

/* The earlier lines that patterns ask for. */
static int
init_sessions(struct selector *s, struct grok_set *set, struct err *e)
{
	struct pattern_match *m = s->match.p;
	const struct grok_field *f;
	struct err why;
	size_t i, most = 0;

	for (i = 0; i < s->match.n; i++) {
		if (m[i].after.n == 0)
			continue;
		if (s->sessions.id.n == 0)
			return ynode_err(m[i].node, e, "'after' needs a "
			    "'session': the fields that name one, like "
			    "[host.hostname, process.pid]");
		m[i].earlier = grok_compile_text(set, m[i].after,
		    s->field.n > 0, &why);
		if (m[i].earlier == NULL)
			return ynode_err(m[i].node, e, "%s", why.msg);
		s->needs |= grok_needs(m[i].earlier);
		if (grok_fields(m[i].earlier, &f) > most)
			most = grok_fields(m[i].earlier, &f);
	}
	sessions_init(&s->sessions, most);
	return 0;
}

int
selector_init(struct selector *s, struct grok_set *set,
    const struct ynode *node, const char *owner, struct arena *a,
    struct err *e)
{
	struct pattern_match *m = s->match.p;
	struct err why = { 0 };
	size_t i;

	s->node = node;
	s->owner = owner;
	s->needs = s->match.n > 0 ? 0 : UINT64_MAX;
	if (s->where.n > 0 && (s->expr = expr_parse(s->where, &why)) == NULL)
		return ynode_err(ynode_get(node, "where"), e, "%s", why.msg);
	for (i = 0; i < s->match.n; i++) {
		m[i].grok = grok_compile_text(set, m[i].regex,
		    s->field.n > 0, &why);
		if (m[i].grok == NULL)
			return ynode_err(m[i].node, e, "%s", why.msg);
		m[i].whole = s->field.n == 0 && grok_whole(m[i].grok);
		m[i].needs = grok_needs(m[i].grok);
		s->needs |= m[i].needs;
	}
	if (init_sessions(s, set, e) == -1)
		return -1;
	/* Not all fields were looked at. */
	if (s->field.n > 0)
		s->needs = UINT64_MAX;
	s->ignored = ARENA_ARRAY(a, s->ignore.n + 1, struct grok *);
	for (i = 0; i < s->ignore.n; i++) {
		s->ignored[i] = grok_compile_text(set, s->ignore.p[i], false,
		    &why);
		if (s->ignored[i] == NULL)
			return ynode_err(ynode_get(node, "ignore"), e, "%s",
			    why.msg);
	}
	return 0;
}

void
selector_release(struct selector *s)
{
	struct pattern_match *m = s->match.p;
	size_t i;

	expr_free(s->expr);
	for (i = 0; i < s->match.n; i++) {
		grok_free(m[i].grok);
		grok_free(m[i].earlier);
	}
	sessions_release(&s->sessions);
	for (i = 0; s->ignored != NULL && i < s->ignore.n; i++)
		grok_free(s->ignored[i]);
}

/* "message repeated 3 times: [ Failed password … ]" */
static struct str
unrepeat(struct str s, int64_t *repeats)
{
	static const struct str head = STR(GROK_REPEATED);
	struct str rest, count;
	ptrdiff_t at;

	*repeats = 1;
	if (s.n < 30 || memcmp(s.p, head.p, head.n) != 0 ||
	    s.p[s.n - 1] != ']')
		return s;
	rest = str_sub(s, head.n, s.n);
	at = str_find(rest, STR(" times: ["));
	count = str_sub(rest, 0, at > 0 ? (size_t)at : 0);
	if (!num_parse_i64(count, 1, 1000000, repeats))
		return s;
	rest = str_sub(rest, (size_t)at + 9, rest.n - 1);
	return str_trim(rest);
}

struct str
hit_text(const struct selector *s, const struct pattern_match *m,
    const struct event *ev, int64_t *repeats)
{
	*repeats = 1;
	if (s->field.n > 0)
		return value_text(event_get(ev, s->field));
	/* One that reads the time itself reads the line. */
	if (m != NULL && grok_whole(m->grok))
		return ev->line;
	return unrepeat(value_text(ev->message), repeats);
}

static void
gave_up(struct selector *s)
{
	if (s->limits++ == 0)
		diag_warning("%s: a pattern costs too much on a line and was "
		    "given up", s->owner);
	if (s->limits == LIMITS_MAX) {
		diag_warning("%s: switched off after %d of them", s->owner,
		    LIMITS_MAX);
		s->disabled = true;
	}
}

static bool
is_ignored(struct selector *s, const struct event *ev)
{
	struct str value[GROK_FIELDS_MAX], text;
	int64_t repeats;
	size_t i;

	text = hit_text(s, NULL, ev, &repeats);
	for (i = 0; i < s->ignore.n; i++)
		if (grok_match(s->ignored[i], text, value) == 1)
			return true;
	return false;
}

/* What later lines of the session may ask for. */
static void
note_session(struct selector *s, const struct event *ev, uint64_t literals)
{
	struct pattern_match *m = s->match.p;
	struct str value[GROK_FIELDS_MAX], text;
	int64_t repeats;
	size_t i;

	for (i = 0; i < s->match.n; i++) {
		if (m[i].earlier == NULL ||
		    !(grok_needs(m[i].earlier) & literals))
			continue;
		text = hit_text(s, NULL, ev, &repeats);
		switch (grok_match(m[i].earlier, text, value)) {
		case 1:
			sessions_note(&s->sessions, ev, i, m[i].earlier,
			    value);
			break;
		case -1:
			gave_up(s);
			break;
		}
	}
}

static bool
find_match(struct selector *s, const struct event *ev, struct hit *out)
{
	struct pattern_match *m = s->match.p;
	uint64_t literals = ev->literals;
	struct str text = STR_NONE;
	int64_t repeats = 1;
	size_t i;
	int rc;

	if (s->match.n > 0)
		text = hit_text(s, NULL, ev, &repeats);
	if (s->field.n > 0 && !str_inside(text, ev->line))
		literals = UINT64_MAX;
	out->ev = ev;
	out->match = NULL;
	out->note = NULL;
	out->repeats = 1;
	for (i = 0; i < s->match.n; i++) {
		if (!(m[i].needs & literals))
			continue;
		out->text = m[i].whole ? ev->line : text;
		out->repeats = m[i].whole ? 1 : repeats;
		rc = grok_match(m[i].grok, out->text, out->value);
		if (rc == -1)
			gave_up(s);
		if (rc != 1)
			continue;
		if (m[i].earlier != NULL && (out->note = sessions_find(
		    &s->sessions, ev, i)) == NULL)
			continue;
		out->match = &m[i];
		break;
	}
	if (s->match.n > 0 && out->match == NULL)
		return false;
	return s->ignore.n == 0 || !is_ignored(s, ev);
}

bool
selector_run(struct selector *s, const struct event *ev, struct hit *out)
{
	bool found;

	if (s->disabled || !(s->needs & ev->literals) ||
	    (s->expr != NULL && !expr_true(s->expr, ev)))
		return false;
	found = find_match(s, ev, out);
	/* A hit has what was noted; what it notes itself comes after it. */
	if (!found && s->sessions.id.n > 0)
		note_session(s, ev, s->field.n > 0 ? UINT64_MAX :
		    ev->literals);
	return found;
}

struct value
hit_get(const struct hit *h, struct str name)
{
	const struct grok_field *f;
	struct str told;
	size_t n, i;

	if (h->match != NULL) {
		n = grok_fields(h->match->grok, &f);
		for (i = 0; i < n; i++)
			if (h->value[i].n > 0 && str_eq(f[i].name, name))
				return VALUE_STR(h->value[i]);
	}
	if (h->match != NULL && h->note != NULL) {
		told = session_capture(h->note, h->match->earlier, name);
		if (told.n > 0)
			return VALUE_STR(told);
	}
	return event_get(h->ev, name);
}

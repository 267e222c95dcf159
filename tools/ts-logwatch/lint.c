#include "lint.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/diag.h"
#include "rules.h"

/* The rest of a pattern that nests deeper is not judged. */
#define DEPTH_MAX	64

/* What may stand before the place that was reached. */
struct path {
	bool anchored;		/* nothing: the line begins before it */
	bool text;		/* whatever somebody likes */
};

struct group {
	struct path open, sum;	/* at its begin; of its alternatives */
	bool alternatives;
	bool around;		/* a look: it takes nothing */
	bool loose;		/* one of its atoms takes anything */
};

struct walk {
	struct str s;
	size_t at;
	struct path path;
	struct group group[DEPTH_MAX + 1];
	unsigned depth;
};

/* [...]: what it takes has blanks and letters? */
static bool
walk_class(struct walk *w)
{
	size_t from = ++w->at;
	bool not = w->at < w->s.n && w->s.p[w->at] == '^';
	bool blank = false, word = false;

	w->at += not;
	for (; w->at < w->s.n; w->at++) {
		char c = w->s.p[w->at];

		if (c == ']' && w->at > from + not)
			break;
		if (c == '\\' && w->at + 1 < w->s.n) {
			c = w->s.p[++w->at];
			blank |= c == 's' || c == 'S' || c == 'W' || c == 'D';
			word |= c == 'w' || c == 'S';
		} else {
			blank |= c == ' ';
			word |= c == '-' && w->at > from;
		}
	}
	w->at++;
	return not ? !blank : blank && word;
}

/* *, +, {n,} and {n,m} that may be long; w->at is behind it. */
static bool
walk_repeat(struct walk *w)
{
	struct str rest = str_sub(w->s, w->at, w->s.n), inner, most;
	ptrdiff_t end;
	bool many;

	if (rest.n == 0)
		return false;
	many = rest.p[0] == '*' || rest.p[0] == '+';
	if (many || rest.p[0] == '?') {
		w->at++;
	} else if (rest.p[0] == '{' &&
	    (end = str_find_char(rest, '}')) != -1) {
		inner = str_sub(rest, 1, (size_t)end);
		most = str_cut(inner, ',', &inner);
		if (inner.n == 0 || !isdigit((unsigned char)inner.p[0]))
			return false;
		many = (most.p != NULL && most.n == 0) || most.n > 1 ||
		    (most.p == NULL && inner.n > 1);
		w->at += (size_t)end + 1;
	} else {
		return false;
	}
	if (w->at < w->s.n && (w->s.p[w->at] == '?' || w->s.p[w->at] == '+'))
		w->at++;
	return many;
}

/* The name of a group that begins here; STR_NONE. */
static struct str
group_name(const struct walk *w)
{
	struct str s = str_sub(w->s, w->at, w->s.n), name, type;

	if (!str_starts(s, STR("(?<")) || s.n < 4 || s.p[3] == '=' ||
	    s.p[3] == '!')
		return STR_NONE;
	(void)str_cut(str_sub(s, 3, s.n), '>', &name);
	/* NAME:field:type of grok */
	type = str_cut(name, ':', &s);
	if (type.p != NULL)
		(void)str_cut(type, ':', &name);
	return name;
}

static void
walk_open(struct walk *w)
{
	struct str s = str_sub(w->s, w->at, w->s.n);
	struct group *g;
	ptrdiff_t end;

	if (w->depth == DEPTH_MAX) {
		w->at = w->s.n;
		return;
	}
	g = &w->group[++w->depth];
	*g = (struct group){ .open = w->path };
	g->around = str_starts(s, STR("(?=")) || str_starts(s, STR("(?!")) ||
	    str_starts(s, STR("(?<=")) || str_starts(s, STR("(?<!"));
	w->at++;
	if (!str_starts(s, STR("(?")))
		return;
	/* (?i), (?i: and (?<name> */
	w->at++;
	if (s.p[2] == '<' && !g->around && (end = str_find_char(s, '>')) > 0) {
		w->at += (size_t)end - 1;
		return;
	}
	while (w->at < w->s.n && w->s.p[w->at] != ':' &&
	    w->s.p[w->at] != ')' && (isalpha((unsigned char)w->s.p[w->at]) ||
	    strchr("-=!<>", w->s.p[w->at]) != NULL))
		w->at++;
	if (w->at < w->s.n && w->s.p[w->at] == ':')
		w->at++;
}

static void
add_alternative(struct walk *w, struct group *g)
{
	g->sum.anchored = w->path.anchored && (g->sum.anchored ||
	    !g->alternatives);
	g->sum.text |= w->path.text;
	g->alternatives = true;
}

static void
walk_close(struct walk *w)
{
	struct group *g = &w->group[w->depth];
	bool loose = g->loose, optional;

	w->at++;
	optional = w->at < w->s.n && strchr("?*", w->s.p[w->at]) != NULL;
	if (w->depth == 0)
		return;
	add_alternative(w, g);
	w->path = g->around ? g->open : g->sum;
	if (optional)
		w->path.anchored = g->open.anchored;
	w->depth--;
	if (g->around)
		return;
	if (walk_repeat(w) && loose)
		w->path.text = true;
	w->group[w->depth].loose |= loose;
}

enum step { STEP_ON, STEP_END_ANCHOR, STEP_OR };

/* One atom, anchor or bracket. */
static enum step
walk_step(struct walk *w)
{
	struct group *g = &w->group[w->depth];
	char c = w->s.p[w->at];
	bool any = false;

	switch (c) {
	case '(':
		walk_open(w);
		return STEP_ON;
	case ')':
		walk_close(w);
		return STEP_ON;
	case '|':
		w->at++;
		return STEP_OR;
	case '^':
		w->at++;
		w->path = (struct path){ .anchored = true };
		return STEP_ON;
	case '$':
		w->at++;
		return STEP_END_ANCHOR;
	case '[':
		any = walk_class(w);
		break;
	case '\\':
		c = w->at + 1 < w->s.n ? w->s.p[w->at + 1] : 'a';
		w->at += 2;
		if (c == 'A')
			w->path = (struct path){ .anchored = true };
		if (c == 'z' || c == 'Z')
			return STEP_END_ANCHOR;
		any = strchr("WDNX", c) != NULL;
		break;
	default:
		any = c == '.';
		w->at++;
	}
	g->loose |= any;
	if (walk_repeat(w) && any)
		w->path.text = true;
	return STEP_ON;
}

/* Behind the address: does an end come before any text? */
static bool
ends_behind(struct walk *w)
{
	unsigned depth = w->depth, skip;
	enum step got;

	w->path.text = false;
	while (w->at < w->s.n && !w->path.text) {
		got = walk_step(w);
		if (got == STEP_END_ANCHOR)
			return true;
		if (w->depth < depth)
			depth = w->depth;
		/* What is beside the address is not behind it. */
		for (skip = w->depth; got == STEP_OR && skip == depth &&
		    w->at < w->s.n && w->depth >= skip &&
		    (w->depth > skip || w->s.p[w->at] != ')'); )
			(void)walk_step(w);
		if (got == STEP_OR)
			w->path.text = false;
	}
	return false;
}

/* The n-th group of that name; false: there is none. */
static bool
walk_to(struct walk *w, struct str field, unsigned n)
{
	struct group *g;

	while (w->at < w->s.n) {
		if (w->s.p[w->at] == '(' && str_eq(group_name(w), field) &&
		    n-- == 0)
			return true;
		if (walk_step(w) != STEP_OR)
			continue;
		g = &w->group[w->depth];
		add_alternative(w, g);
		w->path = g->open;
	}
	return false;
}

unsigned
lint_pattern(struct str regex, struct str field)
{
	unsigned found = 0, n, depth;
	struct path before;
	struct walk w;

	for (n = 0; ; n++) {
		w = (struct walk){ .s = regex };
		if (!walk_to(&w, field, n))
			return found;
		before = w.path;
		depth = w.depth;
		/* Over it. */
		do
			(void)walk_step(&w);
		while (w.at < w.s.n && w.depth > depth);
		if (!before.anchored)
			found |= LINT_START;
		if ((!before.anchored || before.text) && !ends_behind(&w))
			found |= LINT_TEXT;
	}
}

/* ---- rules ---- */

static unsigned
lint_one(const struct rule *r, const struct grok *g, const struct ynode *n,
    bool all)
{
	unsigned found = 0, errors = 0;
	struct err e = { 0 };
	const struct grok_field *f;
	size_t i, k;
	int at;

	(void)grok_fields(g, &f);
	for (i = 0; i < r->addresses.n; i++) {
		at = grok_index(g, r->addresses.p[i]);
		for (k = 0; at >= 0 && k < r->key.n; k++)
			if (str_eq(r->key.p[k], r->addresses.p[i]))
				found |= lint_pattern(grok_regex(g),
				    f[at].spelled);
	}
	if (found & LINT_TEXT) {
		(void)ynode_err(n, &e, "who words a part of the line can "
		    "choose the address: begin with '^', and behind the "
		    "address end with '$'");
		if (all && ++errors)
			diag_err(&e);
		else
			diag_warn(&e);
	} else if (all && (found & LINT_START)) {
		(void)ynode_err(n, &e, "the end of any line can match: begin "
		    "with '^'");
		diag_warn(&e);
	}
	return errors;
}

unsigned
lint_rules(struct rules *all, bool strict)
{
	const struct pattern_match *m;
	unsigned errors = 0;
	struct rule *r;
	size_t i, j;

	for (i = 0; i < rules_count(all); i++) {
		r = rules_at(all, i);
		m = r->select.match.p;
		for (j = 0; j < r->select.match.n; j++) {
			errors += lint_one(r, m[j].grok, m[j].node, strict);
			if (m[j].earlier != NULL)
				errors += lint_one(r, m[j].earlier,
				    m[j].node, strict);
		}
		for (j = 0; j < r->forget.n; j++)
			errors += lint_one(r, r->forgets[j],
			    ynode_get(r->node, "forget"), strict);
	}
	return errors;
}

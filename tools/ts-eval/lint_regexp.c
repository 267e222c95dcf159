/*
 * Lints of patterns in selectors.
 */
#include "lint.h"

struct walk {
	struct lint_run *run;
	const struct lint_rule *r;
	void	(*check)(struct walk *w, const struct pexpr *x,
		    const struct matcher *m);
};

static bool
note_patterns(void *arg, const struct pexpr *x)
{
	struct walk *w = arg;
	size_t i;

	for (i = 0; x->kind == PX_SELECTOR && i < x->u.selector.nm; i++) {
		const struct matcher *m = &x->u.selector.m[i];

		if (m->op == MATCH_RE || m->op == MATCH_NRE)
			w->check(w, x, m);
	}
	return true;
}

static void
each_pattern(struct lint_run *run, const struct lint_rule *r,
    void (*check)(struct walk *, const struct pexpr *,
    const struct matcher *))
{
	struct walk w = { run, r, check };

	pexpr_walk(r->expr, note_patterns, &w);
}

static void
check_literal(struct walk *w, const struct pexpr *x, const struct matcher *m)
{
	struct str literal;

	if (re_is_literal(m->re, &literal))
		lint_at_expr(w->run, w->r, x, "\"" STR_FMT "\" has nothing "
		    "to match: use %s instead of %s", STR_ARG(m->value),
		    m->op == MATCH_RE ? "=" : "!=", match_op_text(m->op));
}

void
lint_regexp_literal(struct lint_run *run, const struct lint_rule *r)
{
	each_pattern(run, r, check_literal);
}

static void
check_anchors(struct walk *w, const struct pexpr *x, const struct matcher *m)
{
	if (str_starts(m->value, STR("^")) ||
	    (str_ends(m->value, STR("$")) && !str_ends(m->value, STR("\\$"))))
		lint_at_expr(w->run, w->r, x, "\"" STR_FMT "\": a pattern "
		    "always matches the whole value, ^ and $ add nothing",
		    STR_ARG(m->value));
}

void
lint_regexp_anchors(struct lint_run *run, const struct lint_rule *r)
{
	each_pattern(run, r, check_anchors);
}

/* !~".*" is dead, and so the affair of another lint. */
static void
check_any(struct walk *w, const struct pexpr *x, const struct matcher *m)
{
	if (str_eq(m->value, STR(".+")))
		lint_at_expr(w->run, w->r, x, STR_FMT "%s\".+\" is " STR_FMT
		    "%s\"\"", STR_ARG(m->name), match_op_text(m->op),
		    STR_ARG(m->name), m->op == MATCH_RE ? "!=" : "=");
	else if (str_eq(m->value, STR(".*")) && m->op == MATCH_RE)
		lint_at_expr(w->run, w->r, x, STR_FMT "=~\".*\" is true of "
		    "every series, also of one without the label: leave it "
		    "off, or say " STR_FMT "!=\"\"", STR_ARG(m->name),
		    STR_ARG(m->name));
}

void
lint_regexp_any(struct lint_run *run, const struct lint_rule *r)
{
	each_pattern(run, r, check_any);
}

/* The bytes of ".*" or ".+" at the start of s; 0: it is something else. */
static size_t
wildcard(struct str s)
{
	return str_starts(s, STR(".*")) || str_starts(s, STR(".+")) ? 2 : 0;
}

/* text, wildcard, text: a value that is several put together. */
static bool
is_composed(struct str pattern)
{
	size_t i, n;
	bool text = false, wild = false;

	for (i = 0; i < pattern.n; i += n) {
		char c = pattern.p[i];

		n = wildcard(str_sub(pattern, i, pattern.n));
		if (n > 0) {
			wild = text;
			continue;
		}
		n = 1;
		if (c == '|' || c == '(' || c == ')') {
			text = wild = false;
		} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9')) {
			if (wild)
				return true;
			text = true;
		} else if (c != '_' && c != '-' && c != '/' && c != ':') {
			/* Sets and repeats: not what we look for. */
			return false;
		}
	}
	return false;
}

static void
check_composed(struct walk *w, const struct pexpr *x, const struct matcher *m)
{
	if (is_composed(m->value))
		lint_at_expr(w->run, w->r, x, "\"" STR_FMT "\" looks for parts "
		    "of a value: labels for the parts of '" STR_FMT "' would "
		    "be matched exactly, and faster", STR_ARG(m->value),
		    STR_ARG(m->name));
}

void
lint_regexp_composed(struct lint_run *run, const struct lint_rule *r)
{
	each_pattern(run, r, check_composed);
}

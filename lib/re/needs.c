/*
 * What a text must hold for a pattern to match it: literals that stand in
 * every match, found by a walk over the pattern in PCRE2's syntax.  What the
 * walk does not know well ends it with nothing: a need that is not found
 * costs time, a wrong one would lose matches.
 */
#include "core/mem.h"
#include "re/internal.h"

#define DEPTH_MAX	50
#define RUN_MAX		64

/* Bytes that stand together in every match. */
struct run {
	char p[RUN_MAX];
	size_t n;
};

struct walk {
	struct str s;
	size_t at;
	struct arena *arena;
	unsigned depth;
	bool nocase;
	bool lost;		/* at something that the walk does not know */
	bool anchored;		/* the first run stands at a line's begin */
	bool begun;		/* the first run has ended */
	struct str begin;	/* and was this one */
};

/* What a literal tells: " from " stands in many lines, "PAM: " does not. */
static size_t
worth_of(struct str s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += memchr(" aeinorst", s.p[i], 9) != NULL ? 1 : 2;
	return n;
}

static size_t
least_worth(const struct re_needs *s)
{
	size_t i, n, least = s->n > 0 ? SIZE_MAX : 0;

	for (i = 0; i < s->n; i++)
		if ((n = worth_of(s->lit[i])) < least)
			least = n;
	return least;
}

static void
take_better(struct re_needs *best, const struct re_needs *s)
{
	size_t a = least_worth(best), b = least_worth(s);

	if (b > a || (b == a && s->n < best->n))
		*best = *s;
}

static void
end_run(struct walk *w, struct run *run, struct re_needs *best)
{
	struct re_needs one = { .n = 1, .lit[0] = { run->p, run->n } };

	if (w->anchored && !w->begun)
		w->begin = arena_str(w->arena, one.lit[0]);
	w->begun = true;
	if (run->n >= RE_NEED_MIN &&
	    worth_of(one.lit[0]) > least_worth(best)) {
		one.lit[0] = arena_str(w->arena, one.lit[0]);
		*best = one;
	}
	run->n = 0;
}

static char
peek(const struct walk *w, size_t ahead)
{
	return w->at + ahead < w->s.n ? w->s.p[w->at + ahead] : '\0';
}

/* ---- repeats ---- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* {n}, {n,}, {n,m}, {,m} at w->at: its length, 0 when it is text. */
static size_t
braces(const struct walk *w, bool *optional)
{
	size_t i = 1;

	*optional = true;
	for (; is_digit(peek(w, i)); i++)
		*optional &= peek(w, i) == '0';
	if (peek(w, i) == ',')
		for (i++; is_digit(peek(w, i)); i++)
			;
	return peek(w, i) == '}' && i > 2 - (peek(w, 1) != ',') ? i + 1 : 0;
}

enum repeat { ONCE, MAYBE, SOME };

/* Pass over what stands behind an atom: how often must it come? */
static enum repeat
repeat(struct walk *w)
{
	enum repeat r = ONCE;
	bool optional;
	size_t n;

	for (;;) {
		char c = peek(w, 0);

		optional = c != '+';
		n = c == '*' || c == '?' || c == '+' ? 1 :
		    c == '{' ? braces(w, &optional) : 0;
		if (n == 0)
			return r;
		/* Behind the first stands lazy '?' or possessive '+'. */
		if (r == ONCE)
			r = optional ? MAYBE : SOME;
		w->at += n;
	}
}

/* ---- atoms ---- */

/* The end of the class whose bracket stands at s[at]. */
static size_t
class_end(struct str s, size_t at)
{
	struct str rest;
	ptrdiff_t end;

	at++;
	if (at < s.n && s.p[at] == '^')
		at++;
	if (at < s.n && s.p[at] == ']')
		at++;
	for (; at < s.n && s.p[at] != ']'; at++) {
		rest = str_sub(s, at, s.n);
		if (s.p[at] == '\\')
			at++;
		else if (str_starts(rest, STR("[:")) &&
		    (end = str_find(rest, STR(":]"))) != -1)
			at += (size_t)end + 1;
	}
	return at < s.n ? at + 1 : s.n;
}

/* The parenthesis that closes what is open at s[at]; s.n when none does. */
static size_t
group_end(struct str s, size_t at, bool *bar)
{
	unsigned depth = 0;

	*bar = false;
	while (at < s.n) {
		switch (s.p[at]) {
		case '\\':
			at += 2;
			continue;
		case '[':
			at = class_end(s, at);
			continue;
		case '(':
			depth++;
			break;
		case ')':
			if (depth-- == 0)
				return at;
			break;
		case '|':
			*bar |= depth == 0;
			break;
		}
		at++;
	}
	return s.n;
}

/* One character of n bytes that stands for itself. */
static void
literal(struct walk *w, const char *p, size_t n, struct run *run,
    struct re_needs *best)
{
	enum repeat r = repeat(w);

	/* Without case it may be another letter, of another length. */
	if (w->nocase || r == MAYBE || run->n + n > RUN_MAX)
		end_run(w, run, best);
	if (w->nocase || r == MAYBE)
		return;
	memcpy(run->p + run->n, p, n);
	run->n += n;
	if (r == SOME)
		end_run(w, run, best);
}

/* \x at w->at */
static void
escape(struct walk *w, struct run *run, struct re_needs *best)
{
	static const char name[] = "ntrfae", byte[] = "\n\t\r\f\a\033";
	char c = peek(w, 1), p[1] = { c };
	const char *known = c ? strchr(name, c) : NULL;

	w->at += 2;
	if (c != '\0' && strchr("bBAzZGK", c) != NULL) {
		/* Nothing comes between. */
		(void)repeat(w);
	} else if (c != '\0' && strchr("dDwWsShHvVR", c) != NULL) {
		end_run(w, run, best);
		(void)repeat(w);
	} else if (c == 'p' || c == 'P') {
		end_run(w, run, best);
		while (peek(w, 0) != '\0' && peek(w, 0) != '}')
			w->at++;
		w->at++;
		(void)repeat(w);
	} else if (known != NULL) {
		literal(w, byte + (known - name), 1, run, best);
	} else if ((unsigned char)c < 0x80 && c != '\0' &&
	    !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
	    !(c >= 'a' && c <= 'z')) {
		literal(w, p, 1, run, best);
	} else {
		w->lost = true;
	}
}

/* ---- groups ---- */

static void	sequence(struct walk *w, size_t end, struct run *run,
		    struct re_needs *best);

/* Every one of the alternatives up to end needs something, or none does. */
static void
alternatives(struct walk *w, size_t end, struct re_needs *out)
{
	bool none = false;
	size_t i, j;

	out->n = 0;
	for (;;) {
		struct re_needs one = { 0 };
		struct run run = { .n = 0 };

		sequence(w, end, &run, &one);
		end_run(w, &run, &one);
		none |= one.n == 0 || out->n + one.n > RE_NEEDS_MAX;
		for (i = 0; !none && i < one.n; i++) {
			for (j = 0; j < out->n; j++)
				if (str_eq(out->lit[j], one.lit[i]))
					break;
			out->lit[j] = one.lit[i];
			if (j == out->n)
				out->n++;
		}
		if (w->lost || w->at >= end)
			break;
		w->at++;		/* the bar */
	}
	if (none || w->lost)
		out->n = 0;
}

/* (?im-s) and (?im-s: behind "(?"; false: the rest of a group follows. */
static bool
options(struct walk *w)
{
	bool on = true;
	char c;

	for (;; w->at++) {
		c = peek(w, 0);
		if (c == '-')
			on = false;
		else if (c == 'i')
			w->nocase = on;
		else if (c == ')' || c == ':')
			break;
		else if (c != 'm' && c != 's') {
			w->lost = true;
			return true;
		}
	}
	w->at++;
	return c == ')';
}

enum head { BODY, NOTHING, DONE };

/* What a parenthesis at w->at begins; moves to its body. */
static enum head
group_head(struct walk *w)
{
	char c = peek(w, 2);

	w->at++;
	if (peek(w, 0) == '*')
		w->lost = true;
	if (peek(w, 0) != '?')
		return BODY;
	w->at++;
	if (c == '<' && (peek(w, 1) == '=' || peek(w, 1) == '!')) {
		w->at += 2;
		return NOTHING;
	}
	if (c == 'P' && peek(w, 1) == '<') {
		w->at++;
		c = '<';
	}
	if (c == '=' || c == '!') {
		w->at++;
		return NOTHING;
	}
	if (c == ':' || c == '>') {
		w->at++;
		return BODY;
	}
	if (c == '<') {
		while (peek(w, 0) != '\0' && peek(w, 0) != '>')
			w->at++;
		w->at++;
		return BODY;
	}
	return options(w) ? DONE : BODY;
}

static void
group(struct walk *w, struct run *run, struct re_needs *best)
{
	struct re_needs inner;
	bool bar, nocase = w->nocase;
	enum head head = group_head(w);
	size_t body = w->at, end;
	enum repeat r;

	if (head == DONE || w->lost)
		return;
	end = group_end(w->s, body, &bar);
	w->at = end + 1;
	r = repeat(w);
	w->depth++;
	if (end == w->s.n || w->depth > DEPTH_MAX) {
		w->lost = true;
	} else if (r == MAYBE && head == BODY) {
		end_run(w, run, best);
	} else if (head == BODY) {
		size_t behind = w->at;

		w->at = body;
		if (bar || r == SOME) {
			end_run(w, run, best);
			alternatives(w, end, &inner);
			take_better(best, &inner);
		} else {
			sequence(w, end, run, best);
		}
		w->at = behind;
	}
	w->depth--;
	w->nocase = nocase;
}

/* Up to end or a bar. */
static void
sequence(struct walk *w, size_t end, struct run *run, struct re_needs *best)
{
	static const unsigned char length[16] = { 1, 1, 1, 1, 1, 1, 1, 1,
	    1, 1, 1, 1, 2, 2, 3, 4 };
	const char *p;
	size_t n;

	while (!w->lost && w->at < end && w->s.p[w->at] != '|') {
		p = w->s.p + w->at;
		switch (*p) {
		case '(':
			group(w, run, best);
			break;
		case '\\':
			escape(w, run, best);
			break;
		case '^':
			w->at++;
			if (repeat(w) != MAYBE && run->n == 0)
				w->anchored = true;
			break;
		case '$':
			w->at++;
			(void)repeat(w);
			break;
		case '.':
		case '[':
			w->at = *p == '.' ? w->at + 1 :
			    class_end(w->s, w->at);
			end_run(w, run, best);
			(void)repeat(w);
			break;
		default:
			n = length[(unsigned char)*p >> 4];
			w->lost = w->at + n > end;
			w->at += n;
			if (!w->lost)
				literal(w, p, n, run, best);
			break;
		}
	}
}

void
re_find_needs(struct str pcre, bool nocase, struct arena *a,
    struct re_needs *out)
{
	struct walk w = { .s = pcre, .arena = a, .nocase = nocase };
	bool bar;

	(void)group_end(pcre, 0, &bar);
	/* Of several alternatives the first is not enough. */
	w.begun = bar;
	alternatives(&w, pcre.n, out);
	out->begin = w.begin;
	if (w.lost || w.at < pcre.n) {
		out->n = 0;
		out->begin = STR_NONE;
	}
}

#include "uses.h"

#include <string.h>

/* More of either in one template is passed over. */
#define TOKENS_MAX	128
#define BLOCKS_MAX	64

enum token_kind { TK_WORD, TK_CHAIN, TK_STRING, TK_OTHER };

struct token {
	enum token_kind kind;
	struct str s;		/* a string without its quotes */
	bool raw;		/* string: in backquotes */
	bool behind;		/* chain: right behind ')' */
};

struct scan {
	struct str text;
	size_t at;
	struct token token[TOKENS_MAX];	/* of the action at hand */
	size_t n;
	bool other_dot[BLOCKS_MAX];	/* of each open block */
	size_t depth;
	use_fn *fn;
	void *arg;
};

/* ---- tokens ---- */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

/* The end of the quoted string that begins at from. */
static size_t
string_end(struct str s, size_t from)
{
	char quote = s.p[from];
	size_t i;

	for (i = from + 1; i < s.n && s.p[i] != quote; i++)
		if (s.p[i] == '\\' && quote != '`')
			i++;
	return i < s.n ? i : s.n;
}

static void
put_token(struct scan *k, enum token_kind kind, size_t from, size_t to)
{
	struct token *t = &k->token[k->n];

	if (k->n == TOKENS_MAX)
		return;
	*t = (struct token){ .kind = kind, .s = str_sub(k->text, from, to) };
	if (kind == TK_CHAIN)
		t->behind = from > 0 && k->text.p[from - 1] == ')';
	k->n++;
}

/* One token at k->at, inside of an action. */
static void
scan_token(struct scan *k)
{
	struct str s = k->text;
	size_t from = k->at, to = from + 1;
	char c = s.p[from];

	if (c == '"' || c == '`' || c == '\'') {
		to = string_end(s, from);
		put_token(k, TK_STRING, from + 1, to);
		if (k->n > 0)
			k->token[k->n - 1].raw = c == '`';
		k->at = to < s.n ? to + 1 : to;
		return;
	}
	if (c == '$' || c == '.') {
		while (to < s.n && (is_word(s.p[to]) || s.p[to] == '.'))
			to++;
		put_token(k, TK_CHAIN, from, to);
	} else if (is_word(c)) {
		while (to < s.n && is_word(s.p[to]))
			to++;
		put_token(k, TK_WORD, from, to);
	} else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
		put_token(k, TK_OTHER, from, to);
	}
	k->at = to;
}

/* Behind "{{": all tokens up to "}}"; a comment has none. */
static void
scan_action(struct scan *k)
{
	k->n = 0;
	if (k->at < k->text.n && k->text.p[k->at] == '-')
		k->at++;
	while (k->at < k->text.n) {
		struct str rest = str_sub(k->text, k->at, k->text.n);
		ptrdiff_t end;

		if (str_starts(rest, STR("}}"))) {
			k->at += 2;
			break;
		}
		if (str_starts(rest, STR("/*"))) {
			end = str_find(rest, STR("*/"));
			k->at += end == -1 ? rest.n : (size_t)end + 2;
		} else {
			scan_token(k);
		}
	}
	/* The dash of "-}}". */
	if (k->n > 0 && k->token[k->n - 1].kind == TK_OTHER &&
	    str_eq(k->token[k->n - 1].s, STR("-")))
		k->n--;
}

static bool
is(const struct scan *k, size_t i, enum token_kind kind, const char *s)
{
	return i < k->n && k->token[i].kind == kind &&
	    str_eq(k->token[i].s, str_of(s));
}

/* ---- blocks ---- */

static bool
sets_dot(const struct scan *k, size_t i)
{
	return is(k, i, TK_WORD, "range") || is(k, i, TK_WORD, "with") ||
	    is(k, i, TK_WORD, "define") || is(k, i, TK_WORD, "block");
}

static void
open_block(struct scan *k, bool other_dot)
{
	if (k->depth < BLOCKS_MAX)
		k->other_dot[k->depth] = other_dot;
	k->depth++;
}

/* What the action at hand does to the dot behind it. */
static void
follow_blocks(struct scan *k)
{
	if (sets_dot(k, 0) || is(k, 0, TK_WORD, "if"))
		open_block(k, !is(k, 0, TK_WORD, "if"));
	else if (is(k, 0, TK_WORD, "end") && k->depth > 0)
		k->depth--;
	else if (is(k, 0, TK_WORD, "else") && k->depth > 0 &&
	    k->depth <= BLOCKS_MAX)
		k->other_dot[k->depth - 1] = sets_dot(k, 1);
}

static bool
has_own_dot(const struct scan *k)
{
	size_t i;

	if (k->depth > BLOCKS_MAX)
		return false;
	for (i = 0; i < k->depth; i++)
		if (k->other_dot[i])
			return false;
	return true;
}

/* ---- uses ---- */

static void
tell(struct scan *k, enum use_kind kind, const struct token *t,
    struct str name)
{
	struct use u = { .kind = kind, .name = name, .raw = t->raw,
	    .bare = k->n == 1, .at = (size_t)(t->s.p - k->text.p) };

	k->fn(k->arg, &u);
}

/* rest of t behind the prefix; false when t is something else. */
static bool
behind(const struct scan *k, const struct token *t, const char *var,
    const char *field, struct str *rest)
{
	struct str v = str_of(var), f = str_of(field);

	if (str_starts(t->s, v))
		*rest = str_sub(t->s, v.n, t->s.n);
	else if (str_starts(t->s, STR("$.")) &&
	    str_starts(str_sub(t->s, 1, t->s.n), f))
		*rest = str_sub(t->s, 1 + f.n, t->s.n);
	else if (str_starts(t->s, f) && !t->behind && has_own_dot(k))
		*rest = str_sub(t->s, f.n, t->s.n);
	else
		return false;
	return rest->n == 0 || rest->p[0] == '.';
}

static void
tell_label(struct scan *k, size_t i, enum use_kind kind, struct str rest)
{
	const struct token *t = &k->token[i], *name = t + 1;
	struct str member;

	if (rest.n > 1) {
		(void)str_cut(str_sub(rest, 1, rest.n), '.', &member);
		tell(k, kind, t, member);
	} else if (i > 0 && is(k, i - 1, TK_WORD, "index") &&
	    i + 1 < k->n && name->kind == TK_STRING) {
		tell(k, kind, t, name->s);
	}
}

static void
tell_chain(struct scan *k, size_t i)
{
	const struct token *t = &k->token[i];
	struct str rest;

	if (behind(k, t, "$labels", ".Labels", &rest))
		tell_label(k, i, USE_LABEL, rest);
	else if (behind(k, t, "$externalLabels", ".ExternalLabels", &rest))
		tell_label(k, i, USE_EXTERNAL, rest);
	else if (behind(k, t, "$value", ".Value", &rest))
		tell(k, USE_VALUE, t, STR_NONE);
}

/* Those that take an expression. */
static bool
takes_query(const struct scan *k, size_t i)
{
	return is(k, i, TK_WORD, "query") || is(k, i, TK_WORD, "graphLink") ||
	    is(k, i, TK_WORD, "tableLink");
}

/* query "x", query (printf "x" ...) */
static void
tell_argument(struct scan *k, size_t i)
{
	size_t at = i + 1;
	bool format;

	while (is(k, at, TK_OTHER, "("))
		at++;
	format = is(k, at, TK_WORD, "printf");
	at += format;
	if (at < k->n && k->token[at].kind == TK_STRING)
		tell(k, format ? USE_FORMAT : USE_QUERY, &k->token[at],
		    k->token[at].s);
}

/* "x" | query, printf "x" ... | query: i is the query */
static void
tell_piped(struct scan *k, size_t i)
{
	size_t from = i - 1;

	while (from > 0 && !is(k, from - 1, TK_OTHER, "|") &&
	    !is(k, from - 1, TK_OTHER, "=") &&
	    !is(k, from - 1, TK_OTHER, "(") && !sets_dot(k, from - 1) &&
	    !is(k, from - 1, TK_WORD, "if"))
		from--;
	if (from + 2 == i && k->token[from].kind == TK_STRING)
		tell(k, USE_QUERY, &k->token[from], k->token[from].s);
	else if (is(k, from, TK_WORD, "printf") &&
	    k->token[from + 1].kind == TK_STRING)
		tell(k, USE_FORMAT, &k->token[from + 1],
		    k->token[from + 1].s);
}

static void
tell_action(struct scan *k)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		if (k->token[i].kind == TK_CHAIN)
			tell_chain(k, i);
		else if (takes_query(k, i) && i > 0 &&
		    is(k, i - 1, TK_OTHER, "|"))
			tell_piped(k, i);
		else if (takes_query(k, i))
			tell_argument(k, i);
	}
}

void
uses_each(struct str text, use_fn *fn, void *arg)
{
	struct scan k = { .text = text, .fn = fn, .arg = arg };
	ptrdiff_t open;

	while ((open = str_find(str_sub(text, k.at, text.n),
	    STR("{{"))) != -1) {
		k.at += (size_t)open + 2;
		scan_action(&k);
		tell_action(&k);
		follow_blocks(&k);
	}
}

#include <ctype.h>

#include "core/utf8.h"
#include "re/re.h"
#include "tmpl/internal.h"

/*
 * The text outside of actions is one token up to the next "{{"; inside, the
 * tokens are Go's: blanks count, since they end an operand.
 */
struct lexer {
	struct str s;
	size_t at;
	unsigned parens;
	struct arena *arena;
	token_vec *out;
};

static const struct {
	const char *word;
	enum tok kind;
} keywords[] = {
	{ "block", TOK_BLOCK }, { "break", TOK_BREAK },
	{ "continue", TOK_CONTINUE }, { "define", TOK_DEFINE },
	{ "else", TOK_ELSE }, { "end", TOK_END }, { "if", TOK_IF },
	{ "range", TOK_RANGE }, { "nil", TOK_NIL },
	{ "template", TOK_TEMPLATE }, { "with", TOK_WITH },
	{ "true", TOK_BOOL }, { "false", TOK_BOOL },
};

static bool
blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The byte n further on; 0 behind the end. */
static int
peek(const struct lexer *l, size_t n)
{
	return l->at + n < l->s.n ? (unsigned char)l->s.p[l->at + n] : 0;
}

static bool
looking_at(const struct lexer *l, size_t n, const char *lit)
{
	size_t len = strlen(lit);

	return l->at + n + len <= l->s.n &&
	    memcmp(l->s.p + l->at + n, lit, len) == 0;
}

/* The token from `from` to here; true, so that callers can return it. */
static bool
emit(struct lexer *l, enum tok kind, size_t from)
{
	vec_push(l->out, (struct token){ kind, from,
	    str_sub(l->s, from, l->at) });
	return true;
}

static bool
fail(struct lexer *l, const char *what)
{
	vec_push(l->out, (struct token){ TOK_ERROR, l->at, str_of(what) });
	return false;
}

/* Go's %#U: U+005B '['. */
static bool
fail_char(struct lexer *l, const char *what, uint32_t c, struct str raw)
{
	struct str s;

	if (c > ' ' && c != 0x7f && (c < 0x80 || is_alnum(c)))
		s = arena_printf(l->arena, "%s: U+%04X '" STR_FMT "'", what,
		    (unsigned)c, STR_ARG(raw));
	else
		s = arena_printf(l->arena, "%s: U+%04X", what, (unsigned)c);
	vec_push(l->out, (struct token){ TOK_ERROR, l->at, s });
	return false;
}

bool
is_alnum(uint32_t c)
{
	struct buf b = { 0 };
	struct err e;
	struct re *r;
	bool yes = false;

	if (c < 0x80)
		return c == '_' || isalnum((int)c);
	/* Rare in templates, so the tables of the regex library will do. */
	if ((r = re_compile(STR("[\\pL\\p{Nd}]"), RE_FULL, &e)) != NULL) {
		(void)utf8_put(&b, c);
		yes = re_match(r, buf_str(&b));
	}
	buf_release(&b);
	re_free(r);
	return yes;
}

/* Is "}}" or " -}}" here?  *trim: the latter. */
static bool
at_right(const struct lexer *l, bool *trim)
{
	*trim = blank(peek(l, 0)) && looking_at(l, 1, "-}}");
	return *trim || looking_at(l, 0, "}}");
}

static void
skip_blanks(struct lexer *l)
{
	while (l->at < l->s.n && blank(peek(l, 0)))
		l->at++;
}

static bool
lex_right(struct lexer *l, bool trim)
{
	size_t from;

	l->at += trim ? 2 : 0;
	from = l->at;
	l->at += 2;
	(void)emit(l, TOK_RIGHT, from);
	if (trim)
		skip_blanks(l);
	return true;
}

static bool
lex_comment(struct lexer *l, size_t skip)
{
	ptrdiff_t end;
	bool trim;

	l->at += skip;
	end = str_find(str_sub(l->s, l->at, l->s.n), STR("*/"));
	if (end == -1)
		return fail(l, "unclosed comment");
	l->at += (size_t)end + 2;
	if (!at_right(l, &trim))
		return fail(l, "comment ends before closing delimiter");
	l->at += trim ? 4 : 2;
	if (trim)
		skip_blanks(l);
	return true;
}

/* Text up to "{{" and the delimiter itself; *action: one has been opened. */
static bool
lex_text(struct lexer *l, bool *action)
{
	struct str rest = str_sub(l->s, l->at, l->s.n);
	ptrdiff_t open = str_find(rest, STR("{{"));
	size_t from = l->at, end;
	bool trim;

	*action = open != -1;
	end = from + (open == -1 ? rest.n : (size_t)open);
	l->at = end;
	trim = open != -1 && peek(l, 2) == '-' && blank(peek(l, 3));
	while (trim && end > from && blank((unsigned char)l->s.p[end - 1]))
		end--;
	if (end > from)
		vec_push(l->out, (struct token){ TOK_TEXT, from,
		    str_sub(l->s, from, end) });
	if (open == -1)
		return true;
	if (looking_at(l, trim ? 4 : 2, "/*")) {
		*action = false;
		return lex_comment(l, trim ? 4 : 2);
	}
	from = l->at;
	l->at += 2;
	(void)emit(l, TOK_LEFT, from);
	l->at += trim ? 2 : 0;
	l->parens = 0;
	return true;
}

/* One character of a name; false when the next is none. */
static bool
lex_alnum(struct lexer *l)
{
	size_t at = l->at;

	if (at >= l->s.n || !is_alnum(utf8_next(l->s, &at)))
		return false;
	l->at = at;
	return true;
}

static bool
at_terminator(const struct lexer *l)
{
	int c = peek(l, 0);

	return l->at >= l->s.n || blank(c) ||
	    (c != 0 && strchr(".,|:)(", c) != NULL) || looking_at(l, 0, "}}");
}

static bool
bad_character(struct lexer *l)
{
	size_t at = l->at, from = at;
	uint32_t c = utf8_next(l->s, &at);

	return fail_char(l, "bad character", c, str_sub(l->s, from, at));
}

/* .name or $name, or . or $ alone. */
static bool
lex_name(struct lexer *l, enum tok kind)
{
	size_t from = l->at++;

	if (at_terminator(l))
		return emit(l, kind == TOK_FIELD ? TOK_DOT : kind, from);
	while (lex_alnum(l))
		;
	if (!at_terminator(l))
		return bad_character(l);
	return emit(l, kind, from);
}

static bool
lex_word(struct lexer *l)
{
	size_t from = l->at, i;
	struct str word;

	while (lex_alnum(l))
		;
	if (!at_terminator(l))
		return bad_character(l);
	word = str_sub(l->s, from, l->at);
	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (str_eq(word, str_of(keywords[i].word)))
			return emit(l, keywords[i].kind, from);
	return emit(l, TOK_IDENT, from);
}

static bool
lex_quoted(struct lexer *l, char quote, enum tok kind, const char *unclosed)
{
	size_t from = l->at++;

	for (; l->at < l->s.n; l->at++) {
		if (peek(l, 0) == '\n')
			break;
		if (peek(l, 0) == '\\')
			l->at++;
		else if (peek(l, 0) == quote) {
			l->at++;
			return emit(l, kind, from);
		}
	}
	if (l->at > l->s.n)
		l->at = l->s.n;
	return fail(l, unclosed);
}

static bool
lex_raw(struct lexer *l)
{
	size_t from = l->at++;

	while (l->at < l->s.n)
		if (l->s.p[l->at++] == '`')
			return emit(l, TOK_RAW, from);
	return fail(l, "unterminated raw quoted string");
}

/* What looks like a number; parse.c says whether it is one. */
static bool
lex_number(struct lexer *l)
{
	size_t from = l->at;
	int c, last = 0;

	for (; l->at < l->s.n; l->at++) {
		c = peek(l, 0);
		if ((c == '+' || c == '-') && l->at != from &&
		    strchr("eEpP", last) == NULL)
			break;
		if (!isalnum(c) && c != '_' && c != '.' && c != '+' &&
		    c != '-')
			break;
		last = c;
	}
	if (at_terminator(l))
		return emit(l, TOK_NUMBER, from);
	vec_push(l->out, (struct token){ TOK_ERROR, from, arena_printf(
	    l->arena, "bad number syntax: \"" STR_FMT "\"",
	    STR_ARG(str_sub(l->s, from, l->at + 1))) });
	return false;
}

static bool
lex_space(struct lexer *l)
{
	size_t from = l->at;
	bool trim;

	while (l->at < l->s.n && blank(peek(l, 0))) {
		if (at_right(l, &trim) && trim)
			break;
		l->at++;
	}
	return l->at == from ? true : emit(l, TOK_SPACE, from);
}

static bool
lex_one(struct lexer *l, enum tok kind)
{
	l->at++;
	return emit(l, kind, l->at - 1);
}

static bool
lex_paren(struct lexer *l, int c)
{
	if (c == '(') {
		l->parens++;
		return lex_one(l, TOK_LPAREN);
	}
	if (l->parens == 0)
		return fail(l, "unexpected right paren");
	l->parens--;
	return lex_one(l, TOK_RPAREN);
}

static bool
lex_declare(struct lexer *l)
{
	size_t from = l->at++;

	if (peek(l, 0) != '=')
		return fail(l, "expected :=");
	l->at++;
	return emit(l, TOK_DECLARE, from);
}

/* Anything else: a letter of some script starts a word. */
static bool
lex_other(struct lexer *l)
{
	size_t at = l->at, from = at;
	uint32_t c = utf8_next(l->s, &at);

	if (is_alnum(c))
		return lex_word(l);
	if (c > ' ' && c < 0x7f)
		return lex_one(l, TOK_CHAR);
	return fail_char(l, "unrecognized character in action", c,
	    str_sub(l->s, from, at));
}

static bool
lex_inside(struct lexer *l)
{
	int c = peek(l, 0);

	switch (c) {
	case ' ': case '\t': case '\r': case '\n':
		return lex_space(l);
	case '=':
		return lex_one(l, TOK_ASSIGN);
	case ':':
		return lex_declare(l);
	case '|':
		return lex_one(l, TOK_PIPE);
	case '"':
		return lex_quoted(l, '"', TOK_STRING,
		    "unterminated quoted string");
	case '\'':
		return lex_quoted(l, '\'', TOK_CHARCONST,
		    "unterminated character constant");
	case '`':
		return lex_raw(l);
	case '$':
		return lex_name(l, TOK_VARIABLE);
	case '(': case ')':
		return lex_paren(l, c);
	case '.':
		return isdigit(peek(l, 1)) ? lex_number(l) :
		    lex_name(l, TOK_FIELD);
	default:
		return c == '+' || c == '-' || isdigit(c) ? lex_number(l) :
		    lex_other(l);
	}
}

/* The tokens of one action, up to and with its end. */
static bool
lex_action(struct lexer *l)
{
	bool trim;

	for (;;) {
		if (at_right(l, &trim)) {
			if (l->parens > 0)
				return fail(l, "unclosed left paren");
			return lex_right(l, trim);
		}
		if (l->at >= l->s.n)
			return fail(l, "unclosed action");
		if (!lex_inside(l))
			return false;
	}
}

void
lex_all(struct str text, struct arena *a, token_vec *out)
{
	struct lexer l = { .s = text, .arena = a, .out = out };
	bool action;

	while (l.at < l.s.n) {
		if (!lex_text(&l, &action))
			return;
		if (action && !lex_action(&l))
			return;
	}
	(void)emit(&l, TOK_EOF, l.at);
}

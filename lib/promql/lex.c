/*
 * The lexer: one function for each class of tokens.  Error texts are those of
 * Prometheus 3.14.
 */
#include "promql/lex.h"

#include <stdio.h>

#include "core/utf8.h"

/* How messages name a word: <by>, <op:and>, <aggr:sum>, "start". */
enum look { AS_KEYWORD, AS_OPERATOR, AS_AGGREGATION, AS_TEXT };

static const struct word {
	const char *text;
	enum ptok kind;
	int sub;
	bool metric;			/* may be a metric name */
} words[] = {
	{ "anchored", T_ANCHORED, 0, true },
	{ "and", T_OP, POP_AND, true },
	{ "atan2", T_OP, POP_ATAN2, false },
	{ "avg", T_AGG, PAGG_AVG, true },
	{ "bool", T_BOOL, 0, false },
	{ "bottomk", T_AGG, PAGG_BOTTOMK, true },
	{ "by", T_BY, 0, true },
	{ "count", T_AGG, PAGG_COUNT, true },
	{ "count_values", T_AGG, PAGG_COUNT_VALUES, true },
	{ "end", T_END, 0, true },
	{ "fill", T_FILL, 0, true },
	{ "fill_left", T_FILL_LEFT, 0, true },
	{ "fill_right", T_FILL_RIGHT, 0, true },
	{ "group", T_AGG, PAGG_GROUP, true },
	{ "group_left", T_GROUP_LEFT, 0, false },
	{ "group_right", T_GROUP_RIGHT, 0, false },
	{ "ignoring", T_IGNORING, 0, false },
	{ "inf", T_NUMBER, 0, false },
	{ "limit_ratio", T_AGG, PAGG_LIMIT_RATIO, true },
	{ "limitk", T_AGG, PAGG_LIMITK, true },
	{ "max", T_AGG, PAGG_MAX, true },
	{ "max_of", T_MAX_OF, 0, true },
	{ "min", T_AGG, PAGG_MIN, true },
	{ "min_of", T_MIN_OF, 0, true },
	{ "nan", T_NUMBER, 0, false },
	{ "offset", T_OFFSET, 0, true },
	{ "on", T_ON, 0, false },
	{ "or", T_OP, POP_OR, true },
	{ "quantile", T_AGG, PAGG_QUANTILE, true },
	{ "range", T_RANGE, 0, true },
	{ "smoothed", T_SMOOTHED, 0, true },
	{ "start", T_START, 0, true },
	{ "stddev", T_AGG, PAGG_STDDEV, true },
	{ "stdvar", T_AGG, PAGG_STDVAR, true },
	{ "step", T_STEP, 0, true },
	{ "sum", T_AGG, PAGG_SUM, true },
	{ "topk", T_AGG, PAGG_TOPK, true },
	{ "unless", T_OP, POP_UNLESS, true },
	{ "without", T_WITHOUT, 0, true },
};

static const struct word *
find_word(struct str s)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq_nocase(s, str_of(words[i].text)))
			return &words[i];
	return NULL;
}

/* ---- characters ---- */

static bool
is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(int c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_alnum(int c)
{
	return is_alpha(c) || is_digit(c);
}

/* The byte at hand, -1 at the end. */
static int
peek(const struct plex *l)
{
	return l->at < l->text.n ? (unsigned char)l->text.p[l->at] : -1;
}

static bool
accept(struct plex *l, const char *set)
{
	int c = peek(l);

	if (c <= 0 || strchr(set, c) == NULL)
		return false;
	l->at++;
	return true;
}

static struct str
so_far(const struct plex *l)
{
	return str_sub(l->text, l->from, l->at);
}

/* ---- errors ---- */

static enum ptok
bad(struct plex *l, const char *why)
{
	(void)snprintf(l->why, sizeof(l->why), "%s", why);
	return T_ERROR;
}

/* Go's %q of a character: '.', '\n', '\u200b'. */
static void
quote_char(struct buf *out, struct str c)
{
	struct buf b = { 0 };

	if (str_eq(c, STR("'"))) {
		(void)buf_put(out, STR("'\\''"));
	} else if (str_eq(c, STR("\""))) {
		(void)buf_put(out, STR("'\"'"));
	} else {
		go_quote(&b, c);
		b.p[0] = b.p[b.n - 1] = '\'';
		(void)buf_put(out, buf_str(&b));
	}
	buf_release(&b);
}

/* what 'c'behind, c being the character at byte `at`. */
static enum ptok
bad_char(struct plex *l, const char *what, size_t at, const char *behind)
{
	struct buf b = { 0 };
	size_t to = at;

	(void)buf_printf(&b, "%s", what);
	if (at < l->text.n) {
		(void)utf8_next(l->text, &to);
		quote_char(&b, str_sub(l->text, at, to));
	} else {
		(void)buf_put(&b, STR("'\xef\xbf\xbd'"));
	}
	(void)buf_printf(&b, "%s", behind);
	(void)bad(l, buf_cstr(&b));
	buf_release(&b);
	return T_ERROR;
}

static enum ptok
bad_text(struct plex *l, const char *what)
{
	struct buf b = { 0 };

	(void)buf_printf(&b, "%s", what);
	go_quote(&b, so_far(l));
	(void)bad(l, buf_cstr(&b));
	buf_release(&b);
	return T_ERROR;
}

/* ---- numbers and durations ---- */

/*
 * decimal, hex or float with single underscores between digits.  False also
 * moves: what was taken may be the beginning of a duration.
 */
static bool
scan_number(struct plex *l)
{
	const char *digits = "0123456789";
	bool hex = false, dot = false, exponent = false;
	size_t start = l->at;

	if (accept(l, "0") && accept(l, "xX")) {
		(void)accept(l, "_");
		digits = "0123456789abcdefABCDEF";
		hex = true;
	}
	for (;;) {
		if (accept(l, digits))
			continue;
		if (accept(l, ".")) {
			if (dot || exponent || hex || accept(l, "_."))
				return false;
			dot = true;
		} else if (accept(l, "eE")) {
			if (exponent)
				return false;
			exponent = true;
			(void)accept(l, "+-");
			if (accept(l, "._eE") || peek(l) == -1)
				return false;
		} else if (accept(l, "_")) {
			if (accept(l, "._eE") || peek(l) == -1)
				return false;
		} else {
			break;
		}
	}
	return l->at > start && !is_alnum(peek(l));
}

/* Behind the first digits: units and more digits. */
static bool
scan_duration(struct plex *l)
{
	if (!accept(l, "smhdwy"))
		return false;
	(void)accept(l, "s");
	while (accept(l, "0123456789")) {
		while (accept(l, "0123456789"))
			;
		if (!accept(l, "smhdw"))
			return false;
		(void)accept(l, "s");
	}
	if (!is_alnum(peek(l)))
		return true;
	l->at++;	/* the message shows it */
	return false;
}

static enum ptok
lex_number(struct plex *l)
{
	l->got_duration = true;
	if (scan_number(l))
		return T_NUMBER;
	if (scan_duration(l))
		return T_DURATION;
	return bad_text(l, "bad number or duration syntax: ");
}

/* ---- strings ---- */

static int
hex_digit(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Go's %#U: U+0064 'd' */
static enum ptok
bad_escape(struct plex *l, const char *before, const char *behind)
{
	char what[80];
	size_t at = l->at;
	uint32_t c;

	if (at == l->text.n)
		return bad(l, "escape sequence not terminated");
	c = utf8_next(l->text, &at);
	(void)snprintf(what, sizeof(what), "%sU+%04X ", before, c);
	return bad_char(l, what, l->at, behind);
}

/* n digits of an escape; false with the error set. */
static bool
escape_digits(struct plex *l, int n, int base, uint32_t max)
{
	uint32_t v = 0;
	int d;

	while (n-- > 0) {
		if ((d = hex_digit(peek(l))) >= base) {
			(void)bad_escape(l, "illegal character ",
			    " in escape sequence");
			return false;
		}
		v = v * (uint32_t)base + (uint32_t)d;
		l->at++;
	}
	if (v > max || (v >= 0xd800 && v < 0xe000)) {
		(void)bad(l,
		    "escape sequence is an invalid Unicode code point");
		return false;
	}
	return true;
}

/* Behind a backslash. */
static bool
scan_escape(struct plex *l, char quote)
{
	char all[] = "abfnrtv\\?";

	all[sizeof(all) - 2] = quote;
	if (accept(l, all))
		return true;
	if (hex_digit(peek(l)) < 8)
		return escape_digits(l, 3, 8, 255);
	if (accept(l, "x"))
		return escape_digits(l, 2, 16, 255);
	if (accept(l, "u"))
		return escape_digits(l, 4, 16, 0x10ffff);
	if (accept(l, "U"))
		return escape_digits(l, 8, 16, 0x10ffff);
	(void)bad_escape(l, "unknown escape sequence ", "");
	return false;
}

static enum ptok
lex_string(struct plex *l)
{
	char quote = l->text.p[l->at++];
	bool raw = quote == '`';
	size_t was;
	uint32_t c;

	for (;;) {
		if (peek(l) == -1 || (!raw && peek(l) == '\n'))
			return bad(l, raw ? "unterminated raw string" :
			    "unterminated quoted string");
		was = l->at;
		c = utf8_next(l->text, &l->at);
		if (c == UTF8_BAD && l->at == was + 1)
			return bad(l, "invalid UTF-8 rune");
		if (c == (unsigned char)quote)
			return T_STRING;
		if (c == '\\' && !raw && !scan_escape(l, quote))
			return T_ERROR;
	}
}

/* ---- words ---- */

static bool
paren_follows(const struct plex *l)
{
	size_t i = l->at;

	while (i < l->text.n && is_space(l->text.p[i]))
		i++;
	return i < l->text.n && l->text.p[i] == '(';
}

/* Inside brackets only the functions of duration expressions are words. */
static enum ptok
bracket_word(struct plex *l, const struct word *w)
{
	if (w && (w->kind == T_STEP || w->kind == T_RANGE ||
	    w->kind == T_MIN_OF || w->kind == T_MAX_OF)) {
		l->got_duration = true;
		return w->kind;
	}
	if (l->got_duration)
		return bad_char(l, "unexpected character: ", l->from,
		    ", expected ':'");
	return bad_char(l, "unexpected character in duration expression: ",
	    l->from, "");
}

static enum ptok
lex_word(struct plex *l, struct ptoken *t)
{
	bool colon = !l->brace && !l->bracket;
	const struct word *w;
	struct str s;

	while (is_alnum(peek(l)) || (colon && peek(l) == ':'))
		l->at++;
	s = so_far(l);
	t->metric = true;
	if (l->brace)
		return T_IDENT;
	w = find_word(s);
	if (l->bracket)
		return bracket_word(l, w);
	if (w && w->kind >= T_FILL && w->kind <= T_FILL_RIGHT &&
	    !paren_follows(l))
		return T_IDENT;
	if (w) {
		t->sub = w->sub;
		t->metric = w->metric;
		return w->kind;
	}
	return str_find_char(s, ':') >= 0 ? T_METRIC_IDENT : T_IDENT;
}

/* ---- operators and brackets ---- */

static enum ptok
op(struct ptoken *t, enum pop sub)
{
	t->sub = (int)sub;
	return T_OP;
}

static enum ptok
lex_equals(struct plex *l, struct ptoken *t)
{
	if (l->brace)
		return accept(l, "~") ? T_EQL_REGEX : T_EQL;
	if (accept(l, "="))
		return op(t, POP_EQ);
	if (peek(l) == '~')
		return bad_char(l, "unexpected character after '=': ", l->at,
		    "");
	return T_EQL;
}

static enum ptok
lex_not(struct plex *l, struct ptoken *t)
{
	if (accept(l, "="))
		return op(t, POP_NE);
	if (l->brace && accept(l, "~"))
		return T_NEQ_REGEX;
	return bad_char(l, l->brace ?
	    "unexpected character after '!' inside braces: " :
	    "unexpected character after '!': ", l->at, "");
}

static enum ptok
lex_bracket(struct plex *l, int c)
{
	switch (c) {
	case '(':
		l->parens++;
		return T_LPAREN;
	case ')':
		if (l->parens == 0)
			return bad(l, "unexpected right parenthesis ')'");
		l->parens--;
		return T_RPAREN;
	case '{':
		if (l->brace)
			return bad(l, "unexpected left brace '{'");
		l->brace = true;
		return T_LBRACE;
	case '}':
		l->brace = false;
		return T_RBRACE;
	case '[':
		if (l->bracket)
			return bad(l, "unexpected left bracket '['");
		l->bracket = true;
		l->got_colon = l->got_duration = false;
		return T_LBRACKET;
	default:
		if (!l->bracket)
			return bad(l, "unexpected right bracket ']'");
		l->bracket = false;
		return T_RBRACKET;
	}
}

static enum ptok
lex_colon(struct plex *l)
{
	if (!l->got_duration)
		return bad(l, "unexpected colon before duration in duration "
		    "expression");
	if (l->got_colon)
		return bad(l, "unexpected repeated colon in duration "
		    "expression");
	l->got_colon = true;
	return T_COLON;
}

static enum ptok
lex_end(struct plex *l)
{
	if (l->brace)
		return bad(l, "unexpected end of input inside braces");
	if (l->bracket && !l->got_duration)
		return bad(l,
		    "unexpected end of input in duration expression");
	if (l->parens)
		return bad(l, "unclosed left parenthesis");
	if (l->bracket)
		return bad(l, "unclosed left bracket");
	return T_EOF;
}

static enum ptok
lex_punctuation(struct plex *l, struct ptoken *t)
{
	int c = peek(l);

	l->at++;
	switch (c) {
	case ',':
		return T_COMMA;
	case '=':
		return lex_equals(l, t);
	case '!':
		return lex_not(l, t);
	case '(': case ')':
		if (l->brace)
			break;
		return lex_bracket(l, c);
	case '[': case ']':
		if (l->brace)
			break;
		return lex_bracket(l, c);
	case '{': case '}':
		if (c == '}' && !l->brace)
			break;
		return lex_bracket(l, c);
	}
	if (l->brace)
		return bad_char(l, "unexpected character inside braces: ",
		    l->from, "");
	switch (c) {
	case '+':
		return op(t, POP_ADD);
	case '-':
		return op(t, POP_SUB);
	case '*':
		return op(t, POP_MUL);
	case '/':
		return op(t, POP_DIV);
	case '%':
		return op(t, POP_MOD);
	case '^':
		return op(t, POP_POW);
	case '<':
		return op(t, accept(l, "=") ? POP_LE :
		    accept(l, "/") ? POP_TRIM_UPPER : POP_LT);
	case '>':
		return op(t, accept(l, "=") ? POP_GE :
		    accept(l, "/") ? POP_TRIM_LOWER : POP_GT);
	case '@':
		return T_AT;
	default:
		return bad_char(l, "unexpected character: ", l->from, "");
	}
}

static void
skip_blanks(struct plex *l)
{
	for (;;) {
		while (is_space(peek(l)))
			l->at++;
		if (peek(l) != '#')
			return;
		while (peek(l) != -1 && peek(l) != '\n' && peek(l) != '\r')
			l->at++;
	}
}

static enum ptok
lex_one(struct plex *l, struct ptoken *t)
{
	int c = peek(l);

	if (c == -1)
		return lex_end(l);
	if (is_alpha(c) || (c == ':' && !l->brace && !l->bracket))
		return lex_word(l, t);
	if (c == '"' || c == '\'' || c == '`')
		return lex_string(l);
	if (c == ':' && l->bracket) {
		l->at++;
		return lex_colon(l);
	}
	if (!l->brace && (is_digit(c) || (c == '.' &&
	    l->at + 1 < l->text.n && is_digit(l->text.p[l->at + 1]))))
		return lex_number(l);
	return lex_punctuation(l, t);
}

void
lex_next(struct plex *l, struct ptoken *t)
{
	skip_blanks(l);
	l->from = l->at;
	t->sub = 0;
	t->metric = false;
	t->kind = lex_one(l, t);
	t->from = (uint32_t)l->from;
	t->to = (uint32_t)l->at;
	t->text = so_far(l);
}

/* ---- messages ---- */

static enum look
look_of(enum ptok kind)
{
	if (kind == T_OP || kind == T_AT || kind == T_EQL_REGEX ||
	    kind == T_NEQ_REGEX)
		return AS_OPERATOR;
	if (kind == T_AGG)
		return AS_AGGREGATION;
	if (kind >= T_ANCHORED && kind <= T_WITHOUT)
		return AS_KEYWORD;
	return AS_TEXT;
}

static const char *
class_of(enum ptok kind)
{
	switch (kind) {
	case T_IDENT:
		return "identifier ";
	case T_METRIC_IDENT:
		return "metric identifier ";
	case T_STRING:
		return "string ";
	case T_NUMBER:
		return "number ";
	case T_DURATION:
		return "duration ";
	default:
		return "";
	}
}

#define SHOWN_CHARACTERS	10

void
ptoken_describe(const struct ptoken *t, struct buf *out)
{
	bool whole = t->kind == T_IDENT || t->kind == T_METRIC_IDENT ||
	    t->text.n <= SHOWN_CHARACTERS;

	if (t->kind == T_EOF) {
		(void)buf_put(out, STR("end of input"));
		return;
	}
	switch (look_of(t->kind)) {
	case AS_KEYWORD:
		(void)buf_printf(out, "<" STR_FMT ">", STR_ARG(t->text));
		return;
	case AS_OPERATOR:
		(void)buf_printf(out, "<op:" STR_FMT ">", STR_ARG(t->text));
		return;
	case AS_AGGREGATION:
		(void)buf_printf(out, "<aggr:" STR_FMT ">", STR_ARG(t->text));
		return;
	case AS_TEXT:
		break;
	}
	(void)buf_printf(out, "%s", class_of(t->kind));
	go_quote(out, whole ? t->text :
	    utf8_prefix(t->text, SHOWN_CHARACTERS));
	if (!whole)
		(void)buf_put(out, STR("..."));
}

/*
 * Alertmanager's three ways to read a list of matchers, with its error texts
 * (0.34): the classic parser, the UTF-8 parser, and the fallback that tries
 * both.  reference: alertmanager's documentation of "UTF-8 strict mode".
 */
#include "model/matcher.h"

#include <stdio.h>

#include "core/utf8.h"
#include "core/vec.h"

typedef VEC(struct matcher) matcher_vec;

static bool
is_space(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 ||
	    c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
	    c == 0x3000;
}

/* Two-character operators first: '=' is a prefix of '=~'. */
static const struct { const char *text; enum match_op op; } operators[] = {
	{ "=~", MATCH_RE }, { "!=", MATCH_NE }, { "!~", MATCH_NRE },
	{ "=", MATCH_EQ },
};

static bool
operator_at(struct str s, enum match_op *op, size_t *len)
{
	size_t i;

	for (i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (str_starts(s, str_of(operators[i].text))) {
			*op = operators[i].op;
			*len = strlen(operators[i].text);
			return true;
		}
	}
	return false;
}

static int
add(matcher_vec *out, enum match_op op, struct str name, struct str value,
    struct err *e)
{
	struct matcher m;

	/* Alertmanager's regexes are anchored, and `.` stops at newline. */
	if (matcher_init(&m, op, name, value, RE_NODOTALL, e) == -1)
		return -1;
	vec_push(out, m);
	return 0;
}

/* ---- classic: pkg/labels ---- */

/* OpenMetrics escapes; other backslashes stay; quotes pair or are escaped. */
static int
classic_value(struct str raw, struct arena *a, struct str *out, struct err *e)
{
	bool closing = raw.n && raw.p[0] == '"';
	struct str s = str_sub(raw, closing, raw.n);
	char *to = arena_raw(a, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n) {
			i++;
			if (s.p[i] != 'n' && s.p[i] != '"' && s.p[i] != '\\')
				to[n++] = '\\';
			to[n++] = s.p[i] == 'n' ? '\n' : s.p[i];
		} else if (s.p[i] == '"' && closing && i + 1 == s.n) {
			closing = false;
		} else if (s.p[i] == '"') {
			closing = true;
			break;
		} else {
			to[n++] = s.p[i];
		}
	}
	if (closing)
		return err_set(e, ERR_SYNTAX, "matcher value contains "
		    "unescaped double quote: " STR_FMT, STR_ARG(raw));
	*out = (struct str){ to, n };
	return 0;
}

static int
classic_one(struct str s, struct arena *a, matcher_vec *out, struct err *e)
{
	struct str rest = str_trim(s), name, value;
	enum match_op op;
	size_t n = 0, len;

	while (n < rest.n && strchr("=!~ \t\r\n\v\f", rest.p[n]) == NULL)
		n++;
	name = str_sub(rest, 0, n);
	rest = str_trim(str_sub(rest, n, rest.n));
	if (!metric_name_is_legacy(name) || !operator_at(rest, &op, &len))
		return err_set(e, ERR_SYNTAX, "bad matcher format: " STR_FMT,
		    STR_ARG(s));
	rest = str_trim(str_sub(rest, len, rest.n));
	if (!utf8_valid(rest))
		return err_set(e, ERR_SYNTAX,
		    "matcher value not valid UTF-8: " STR_FMT, STR_ARG(rest));
	if (classic_value(rest, a, &value, e) == -1)
		return -1;
	return add(out, op, arena_str(a, name), value, e);
}

/* The end of the piece at `from`: the next comma outside of quotes. */
static size_t
classic_piece(struct str s, size_t from)
{
	bool quoted = false, escaped = false;
	size_t i;

	for (i = from; i < s.n; i++) {
		if (s.p[i] == ',' && !quoted)
			break;
		if (s.p[i] == '"' && !escaped)
			quoted = !quoted;
		escaped = s.p[i] == '\\' && !escaped;
	}
	return i;
}

static int
classic_list(struct str s, struct arena *a, matcher_vec *out, struct err *e)
{
	size_t from = 0, to;

	if (s.n && s.p[0] == '{')
		s = str_sub(s, 1, s.n);
	if (s.n && s.p[s.n - 1] == '}')
		s = str_sub(s, 0, s.n - 1);
	for (;; from = to + 1) {
		struct str piece;

		to = classic_piece(s, from);
		piece = str_sub(s, from, to);
		if (to >= s.n) {
			/* The last one may be missing behind its comma. */
			piece = str_trim(piece);
			if (piece.n == 0)
				return 0;
			return classic_one(piece, a, out, e);
		}
		if (classic_one(piece, a, out, e) == -1)
			return -1;
	}
}

/* ---- UTF-8: matcher/parse ---- */

enum utok { U_END, U_OPEN, U_CLOSE, U_COMMA, U_OP, U_WORD, U_QUOTED, U_BAD };

/* Columns count characters from 0; messages show the token's from:to. */
struct ulex {
	struct str s;
	size_t at, col;
	/* the token at hand */
	enum utok tok;
	struct str text;
	size_t from_col, to_col;
	char why[160];			/* U_BAD */
};

static bool
is_reserved(uint32_t c)
{
	return is_space(c) || (c && c < 0x80 && strchr("{}!=~,\\\"'`", (int)c));
}

/* The character at hand without taking it; 0 bytes wide at the end. */
static uint32_t
upeek(const struct ulex *u, size_t *width)
{
	size_t at = u->at;
	uint32_t c = 0;

	if (at < u->s.n)
		c = utf8_next(u->s, &at);
	*width = at - u->at;
	return c;
}

static void
utake(struct ulex *u, size_t width)
{
	u->at += width;
	u->col++;
}

static enum utok
ubad(struct ulex *u, size_t from, const char *what)
{
	struct str text = str_sub(u->s, from, u->at);

	(void)snprintf(u->why, sizeof(u->why), "%zu:%zu: " STR_FMT "%s",
	    u->from_col, u->col, STR_ARG(utf8_prefix(text, 30)), what);
	return U_BAD;
}

static enum utok
uoperator(struct ulex *u, size_t from)
{
	char c = u->s.p[u->at], next;

	utake(u, 1);
	next = u->at < u->s.n ? u->s.p[u->at] : '\0';
	if (c == '!' && next != '=' && next != '~') {
		if (u->at < u->s.n)
			return ubad(u, from, ": expected one of '=~'");
		(void)snprintf(u->why, sizeof(u->why), "%zu:%zu: unexpected "
		    "end of input, expected one of '=~'", u->from_col, u->col);
		return U_BAD;
	}
	if (c == '!' || next == '~')
		utake(u, 1);
	return U_OP;
}

static enum utok
uquoted(struct ulex *u, size_t from)
{
	bool escaped = false;
	size_t width;
	uint32_t c;

	utake(u, 1);
	while (c = upeek(u, &width), width > 0) {
		utake(u, width);
		if (escaped)
			escaped = false;
		else if (c == '\\')
			escaped = true;
		else if (c == '"')
			return U_QUOTED;
	}
	return ubad(u, from, ": missing end \"");
}

static enum utok
uword(struct ulex *u)
{
	size_t width;
	uint32_t c;

	while (c = upeek(u, &width), width > 0 && !is_reserved(c))
		utake(u, width);
	return U_WORD;
}

static enum utok
uscan(struct ulex *u, size_t from)
{
	size_t width;
	uint32_t c = upeek(u, &width);

	if (width == 0)
		return U_END;
	if (c == '=' || c == '!')
		return uoperator(u, from);
	if (c == '"')
		return uquoted(u, from);
	if (!is_reserved(c))
		return uword(u);
	utake(u, width);
	switch (c) {
	case '{':
		return U_OPEN;
	case '}':
		return U_CLOSE;
	case ',':
		return U_COMMA;
	default:
		return ubad(u, from, ": invalid input");
	}
}

static void
unext(struct ulex *u)
{
	size_t width, from;
	uint32_t c;

	while (c = upeek(u, &width), width > 0 && is_space(c))
		utake(u, width);
	from = u->at;
	u->from_col = u->col;
	u->tok = uscan(u, from);
	u->text = str_sub(u->s, from, u->at);
	u->to_col = u->col;
}

/* The token at hand is not what the grammar wants here. */
static int
uwrong(const struct ulex *u, const char *expected, struct err *e)
{
	if (u->tok == U_END)
		return err_set(e, ERR_SYNTAX, "end of input: %s", expected);
	if (u->tok == U_BAD)
		return err_set(e, ERR_SYNTAX, "%s: %s", u->why, expected);
	return err_set(e, ERR_SYNTAX, "%zu:%zu: unexpected " STR_FMT ": %s",
	    u->from_col, u->to_col, STR_ARG(u->text), expected);
}

static int
utext(const struct ulex *u, struct arena *a, struct str *out, struct err *e)
{
	struct buf b = { 0 };
	int rc = 0;

	if (u->tok == U_QUOTED)
		rc = go_unquote(&b, str_sub(u->text, 1, u->text.n - 1), '"');
	else
		rc = buf_put(&b, u->text);
	if (rc == -1 || !utf8_valid(buf_str(&b)))
		rc = err_set(e, ERR_SYNTAX, "%zu:%zu: " STR_FMT
		    ": invalid input", u->from_col, u->to_col,
		    STR_ARG(u->text));
	else
		*out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return rc;
}

/* matcher = (word | quoted) op (word | quoted) */
static int
umatcher(struct ulex *u, struct arena *a, matcher_vec *out, struct err *e)
{
	struct str name, value;
	enum match_op op;
	size_t len;

	if (u->tok != U_WORD && u->tok != U_QUOTED)
		return uwrong(u, "expected label name", e);
	if (utext(u, a, &name, e) == -1)
		return -1;
	unext(u);
	if (u->tok != U_OP || !operator_at(u->text, &op, &len))
		return uwrong(u, "expected an operator such as '=', '!=', "
		    "'=~' or '!~'", e);
	unext(u);
	if (u->tok != U_WORD && u->tok != U_QUOTED)
		return uwrong(u, "expected label value", e);
	if (utext(u, a, &value, e) == -1)
		return -1;
	unext(u);
	if (add(out, op, name, value, e) == -1)
		return err_prefix(e, "failed to create matcher");
	return 0;
}

static int
uclose(struct ulex *u, bool open, struct err *e)
{
	size_t col = u->tok == U_END ? u->to_col : u->from_col;

	if (open && u->tok != U_CLOSE)
		return err_set(e, ERR_SYNTAX, "0:%zu: end of input: expected "
		    "close brace", col);
	if (!open && u->tok == U_CLOSE)
		return err_set(e, ERR_SYNTAX,
		    "0:%zu: }: expected opening brace", u->to_col);
	if (open)
		unext(u);
	if (u->tok == U_BAD)
		return uwrong(u, "expected end of input", e);
	if (u->tok != U_END)
		return err_set(e, ERR_SYNTAX, "%zu:%zu: " STR_FMT
		    ": expected end of input", u->from_col, u->to_col,
		    STR_ARG(u->text));
	return 0;
}

/* list = [ "{" ] [ matcher { "," matcher } [ "," ] ] [ "}" ] */
static int
utf8_list(struct str s, struct arena *a, matcher_vec *out, struct err *e)
{
	struct ulex u = { .s = s };
	bool open;

	unext(&u);
	open = u.tok == U_OPEN;
	if (open)
		unext(&u);
	while (u.tok != U_CLOSE && u.tok != U_END) {
		if (u.tok == U_BAD && out->n == 0)
			return err_set(e, ERR_SYNTAX, "%s", u.why);
		if (umatcher(&u, a, out, e) == -1)
			return -1;
		if (u.tok == U_CLOSE || u.tok == U_END)
			break;
		if (u.tok != U_COMMA)
			return uwrong(&u,
			    "expected a comma or close brace", e);
		unext(&u);
		if (u.tok == U_COMMA || u.tok == U_OP || u.tok == U_OPEN ||
		    u.tok == U_BAD)
			return uwrong(&u, "expected a matcher or close brace "
			    "after comma", e);
	}
	return uclose(&u, open, e);
}

/* ---- both, and which one wins ---- */

static bool
same(const matcher_vec *a, const matcher_vec *b)
{
	size_t i;

	for (i = 0; i < a->n && a->n == b->n; i++)
		if (a->p[i].op != b->p[i].op ||
		    !str_eq(a->p[i].name, b->p[i].name) ||
		    !str_eq(a->p[i].value, b->p[i].value))
			return false;
	return a->n == b->n;
}

static struct str
suggest(struct arena *a, struct str text, const matcher_vec *m,
    const char *why)
{
	struct buf b = { 0 };
	struct str out;
	size_t i;

	(void)buf_printf(&b, "matchers '" STR_FMT "' are read the classic "
	    "way (%s); write instead: ", STR_ARG(text), why);
	for (i = 0; i < m->n; i++) {
		if (i > 0)
			(void)buf_putc(&b, ',');
		matcher_print(&m->p[i], &b);
	}
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void
drop(matcher_vec *v)
{
	matchers_release(v->p, v->n);
	vec_reset(v);
}

typedef int list_parser(struct str s, struct arena *a, matcher_vec *out,
    struct err *e);

static int
fallback(struct str text, list_parser *classic, struct arena *a,
    matcher_vec *out, struct str *warning, struct err *e)
{
	matcher_vec utf8 = { 0 };
	struct err ue = { 0 };
	bool utf8_ok = utf8_list(text, a, &utf8, &ue) == 0;
	bool classic_ok = classic(text, a, out, e) == 0;

	if (!classic_ok && utf8_ok) {
		drop(out);
		vec_release(out);
		*out = utf8;
		return 0;
	}
	if (classic_ok && warning && !utf8_ok)
		*warning = suggest(a, text, out, ue.msg);
	else if (classic_ok && warning && !same(&utf8, out))
		*warning = suggest(a, text, out, "the two ways disagree");
	drop(&utf8);
	vec_release(&utf8);
	return classic_ok ? 0 : -1;
}

static int
parse(struct str text, enum matcher_syntax how, list_parser *classic,
    struct arena *a, matcher_vec *out, struct str *warning, struct err *e)
{
	if (warning)
		*warning = STR_NONE;
	switch (how) {
	case MATCHER_CLASSIC:
		return classic(text, a, out, e);
	case MATCHER_UTF8:
		return utf8_list(text, a, out, e);
	case MATCHER_FALLBACK:
		break;
	}
	return fallback(text, classic, a, out, warning, e);
}

int
matchers_parse(struct str text, enum matcher_syntax how, struct arena *a,
    struct matcher **out, size_t *n, struct str *warning, struct err *e)
{
	matcher_vec v = { 0 };
	int rc = parse(text, how, classic_list, a, &v, warning, e);

	*out = NULL;
	*n = 0;
	if (rc == -1) {
		drop(&v);
	} else if (v.n) {
		*out = ARENA_ARRAY(a, v.n, struct matcher);
		memcpy(*out, v.p, v.n * sizeof(**out));
		*n = v.n;
	}
	vec_release(&v);
	return rc;
}

int
matcher_parse(struct str text, enum matcher_syntax how, struct arena *a,
    struct matcher *out, struct str *warning, struct err *e)
{
	matcher_vec v = { 0 };
	int rc;

	if (how == MATCHER_FALLBACK && text.n &&
	    (text.p[0] == '{' || text.p[text.n - 1] == '}'))
		return err_set(e, ERR_SYNTAX,
		    "unexpected open or close brace: " STR_FMT, STR_ARG(text));
	rc = parse(text, how, classic_one, a, &v, warning, e);
	if (rc == 0 && v.n == 0)
		rc = err_set(e, ERR_SYNTAX, "no matchers");
	else if (rc == 0 && v.n > 1)
		rc = err_set(e, ERR_SYNTAX, "expected 1 matcher, found %zu",
		    v.n);
	if (rc == 0)
		*out = v.p[0];
	else
		drop(&v);
	vec_release(&v);
	return rc;
}

/* ---- printing ---- */

static bool
has_reserved(struct str s)
{
	size_t at = 0;

	while (at < s.n)
		if (is_reserved(utf8_next(s, &at)))
			return true;
	return false;
}

/* OpenMetrics escaping, which is what the classic parser reads. */
static void
put_value(struct str s, struct buf *out)
{
	size_t i;

	(void)buf_putc(out, '"');
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\' || s.p[i] == '\n')
			(void)buf_putc(out, '\\');
		(void)buf_putc(out, s.p[i] == '\n' ? 'n' : s.p[i]);
	}
	(void)buf_putc(out, '"');
}

void
matcher_print(const struct matcher *m, struct buf *out)
{
	bool quoted = has_reserved(m->name);

	if (quoted)
		go_quote(out, m->name);
	else
		(void)buf_put(out, m->name);
	(void)buf_put(out, str_of(match_op_text(m->op)));
	if (quoted)
		go_quote(out, m->value);
	else
		put_value(m->value, out);
}

/*
 * Ruby's syntax (Onigmo), which grok patterns are written in, to PCRE2's.
 * Named groups may have any name: they become g1, g2, …
 */
#include "re/ruby.h"

#include <ctype.h>

#include "core/mem.h"
#include "core/utf8.h"

int
ruby_bad(struct ruby *r, size_t at, const char *what)
{
	return err_at(r->e, 1, (unsigned)at + 1,
	    "error parsing regexp: %s", what);
}

static void
put(struct ruby *r, struct str s)
{
	(void)buf_put(&r->out->pcre, s);
}

static bool
ahead(const struct ruby *r, struct str text)
{
	return str_starts(str_sub(r->s, r->at, r->s.n), text);
}

/* ---- groups ---- */

static void
name_group(struct ruby *r, struct str name)
{
	struct re_syntax *o = r->out;

	if (o->ngroups == o->cap) {
		o->cap = o->cap ? 2 * o->cap : 16;
		o->names = mem_resize(o->names, o->cap, sizeof(*o->names));
	}
	o->names[o->ngroups++] = name;
	(void)buf_printf(&o->pcre, "(?<g%zu>", o->ngroups);
}

/* (?imx-imx) and (?imx-imx: — Ruby's m is PCRE2's s. */
static void
options(struct ruby *r)
{
	for (; r->at < r->s.n; r->at++) {
		char c = r->s.p[r->at];

		put(r, c == 'm' ? STR("s") : str_sub(r->s, r->at, r->at + 1));
		if (c == ')' || c == ':') {
			r->at++;
			return;
		}
	}
}

static int
group(struct ruby *r)
{
	struct str rest = str_sub(r->s, r->at, r->s.n);
	ptrdiff_t end;

	if (str_starts(rest, STR("(?~")))
		return ruby_bad(r, r->at, "the absent operator is not supported");
	if (str_starts(rest, STR("(?<")) && rest.n > 3 && rest.p[3] != '=' &&
	    rest.p[3] != '!') {
		end = str_find_char(rest, '>');
		if (end == -1)
			return ruby_bad(r, r->at, "missing > of a group's name");
		name_group(r, str_sub(rest, 3, (size_t)end));
		r->at += (size_t)end + 1;
		return 0;
	}
	if (str_starts(rest, STR("(?")) && rest.n > 2 &&
	    strchr("imx-", rest.p[2]) != NULL) {
		put(r, STR("(?"));
		r->at += 2;
		options(r);
		return 0;
	}
	if (str_starts(rest, STR("(?#"))) {
		end = str_find_char(rest, ')');
		if (end == -1)
			return ruby_bad(r, r->at, "missing ) of a comment");
		r->at += (size_t)end + 1;
		return 0;
	}
	put(r, STR("("));
	r->at++;
	return 0;
}

/* ---- repeats ---- */

/* {n}, {n,}, {,m}, {n,m}: its length; 0 when the brace is a character. */
static size_t
braces(struct str s, bool *no_minimum)
{
	size_t i = 1, digits = 0;

	*no_minimum = i < s.n && s.p[i] == ',';
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		digits++;
	if (i < s.n && s.p[i] == ',')
		for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
			digits++;
	return i < s.n && s.p[i] == '}' && digits > 0 ? i + 1 : 0;
}

/* {n}: no choice that could be lazy. */
static bool
is_exact(struct str s)
{
	size_t i = 1;

	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i < s.n && s.p[i] == '}';
}

/* A repeat of a repeat: what there is becomes a group. */
static void
wrap(struct ruby *r)
{
	struct buf *b = &r->out->pcre;

	(void)buf_put(b, STR("    "));
	memmove(b->p + r->atom + 3, b->p + r->atom, b->n - 4 - r->atom);
	memcpy(b->p + r->atom, "(?:", 3);
	b->p[b->n - 1] = ')';
}

/*
 * Behind an atom.  x+? is lazy and x++ possessive, as everywhere; {n}? is
 * {n} or nothing, {n}+ and x+* and what follows x+? repeat the repeat.
 */
static bool
repeat(struct ruby *r)
{
	struct str rest = str_sub(r->s, r->at, r->s.n);
	bool no_minimum = false, counted = false, suffix;
	size_t n = 1;

	if (rest.p[0] == '{') {
		n = braces(rest, &no_minimum);
		counted = true;
	} else if (strchr("*+?", rest.p[0]) == NULL) {
		n = 0;
	}
	if (n == 0)
		return false;
	suffix = r->repeated == RUBY_REPEATED && strchr("+?", rest.p[0]);
	if (r->repeated != RUBY_ONCE && !suffix)
		wrap(r);
	if (no_minimum) {
		put(r, STR("{0"));
		put(r, str_sub(rest, 1, n));
	} else {
		put(r, str_sub(rest, 0, n));
	}
	r->at += n;
	r->repeated = suffix ? RUBY_DONE : RUBY_REPEATED;
	if (counted && r->at < r->s.n && (r->s.p[r->at] == '+' ||
	    (r->s.p[r->at] == '?' && is_exact(rest))))
		r->repeated = RUBY_DONE;
	return true;
}

/* ---- all ---- */

/* Behind s[i]: what ok finds, at most n. */
static size_t
span(struct str s, size_t i, size_t n, int (*ok)(int))
{
	size_t end = i + n;

	while (i < s.n && i < end && ok((unsigned char)s.p[i]))
		i++;
	return i;
}

/* The length of an escape: \p{L}, \x{41}, \x41, \101, \12, \c?, \n. */
static size_t
escape_length(struct str s)
{
	char c = s.n > 1 ? s.p[1] : '\0';
	ptrdiff_t end;

	if ((c == 'p' || c == 'P' || c == 'x') && s.n > 2 && s.p[2] == '{')
		return (end = str_find_char(s, '}')) != -1 ?
		    (size_t)end + 1 : 2;
	if (c == 'x')
		return span(s, 2, 2, isxdigit);
	if (isdigit((unsigned char)c))
		return span(s, 2, 2, isdigit);
	return c == 'c' && s.n > 2 ? 3 : s.n > 1 ? 2 : 1;
}

void
ruby_char(struct ruby *r, struct buf *out)
{
	struct str rest = str_sub(r->s, r->at, r->s.n);
	struct str text = str_sub(rest, 0, escape_length(rest));
	char c = text.n > 1 ? text.p[1] : '\0';

	r->at += text.n;
	if (c == 'v') {
		(void)buf_put(out, STR("\\x0b"));
	} else if (c == 'u' && span(rest, 2, 4, isxdigit) == 6) {
		(void)buf_printf(out, "\\x{" STR_FMT "}",
		    STR_ARG(str_sub(rest, 2, 6)));
		r->at += 4;
	} else if (isalpha((unsigned char)c) &&
	    strchr("ABDGKPRSWXZabcdefgknprstwxz", c) == NULL) {
		/* A letter that means nothing. */
		(void)buf_putc(out, c);
	} else {
		(void)buf_put(out, text);
	}
}

/* \k<name> and \g<name>, also in quotes: groups have other names here. */
static bool
refers(struct ruby *r)
{
	struct str rest = str_sub(r->s, r->at, r->s.n), name;
	ptrdiff_t end;
	size_t i;

	if (rest.n < 5 || (rest.p[1] != 'k' && rest.p[1] != 'g') ||
	    (rest.p[2] != '<' && rest.p[2] != '\''))
		return false;
	end = str_find_char(str_sub(rest, 3, rest.n),
	    rest.p[2] == '<' ? '>' : '\'');
	if (end == -1)
		return false;
	name = str_sub(rest, 3, 3 + (size_t)end);
	for (i = 0; i < r->out->ngroups; i++) {
		if (!str_eq(r->out->names[i], name))
			continue;
		(void)buf_printf(&r->out->pcre, "\\%c<g%zu>", rest.p[1],
		    i + 1);
		r->at += 4 + (size_t)end;
		return true;
	}
	return false;
}

/* \S in compiled code of PCRE2 10.42 fails at what is not ASCII. */
static const struct { struct str ruby, pcre; } escapes[] = {
	{ STR("\\h"), STR("[0-9A-Fa-f]") }, { STR("\\H"), STR("[^0-9A-Fa-f]") },
	{ STR("\\S"), STR("[^\\s]") }, { STR("\\W"), STR("[^\\w]") },
	{ STR("\\D"), STR("[^\\d]") },
};

/* A boundary of words is Unicode's, though \w is not. */
#define WORD	"[\\p{L}\\p{M}\\p{Nd}\\p{Pc}]"
#define BOUND	"(?:(?<=" WORD ")(?!" WORD ")|(?<!" WORD ")(?=" WORD "))"
#define NOBOUND	"(?:(?<=" WORD ")(?=" WORD ")|(?<!" WORD ")(?!" WORD "))"

static void
escape(struct ruby *r)
{
	struct str two = str_sub(r->s, r->at, r->at + 2);
	bool bound = str_eq(two, STR("\\b"));
	size_t i;

	for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		if (!str_eq(two, escapes[i].ruby))
			continue;
		put(r, escapes[i].pcre);
		r->at += two.n;
		return;
	}
	if (bound || str_eq(two, STR("\\B"))) {
		r->out->bounds = true;
		put(r, !r->out->wide ? two : bound ? STR(BOUND) :
		    STR(NOBOUND));
		r->at += two.n;
	} else if (!ruby_property(r, &r->out->pcre) && !refers(r)) {
		ruby_char(r, &r->out->pcre);
	}
}

static int
step(struct ruby *r, size_t *open, unsigned *depth)
{
	char c = r->s.p[r->at];
	size_t from;
	int rc = 0;

	if (repeat(r))
		return 0;
	r->repeated = RUBY_ONCE;
	if (c == ')' && *depth > 0)
		r->atom = open[--*depth];
	else
		r->atom = r->out->pcre.n;
	if (c == '\\')
		escape(r);
	else if (c == '[')
		rc = ruby_class(r);
	else if (c == '(') {
		if (*depth == RE_NEST_MAX)
			return ruby_bad(r, r->at, "groups are nested too deep");
		if (!ahead(r, STR("(?#")))
			open[(*depth)++] = r->atom;
		rc = group(r);
		/* (?i) opens nothing. */
		if (rc == 0 && *depth > 0 && r->out->pcre.n > 0 &&
		    r->out->pcre.p[r->out->pcre.n - 1] == ')')
			--*depth;
	} else {
		from = r->at;
		(void)utf8_next(r->s, &r->at);
		put(r, str_sub(r->s, from, r->at));
	}
	return rc;
}

int
re_from_ruby(struct str pattern, struct re_syntax *out, struct err *e)
{
	struct ruby r = { .s = pattern, .out = out, .e = e };
	size_t *open;
	unsigned depth = 0;
	int rc = 0;

	if (pattern.n > RE_PATTERN_MAX)
		return ruby_bad(&r, 0, "expression is too large");
	open = mem_array(RE_NEST_MAX + 1, sizeof(*open));
	while (rc == 0 && r.at < pattern.n)
		rc = step(&r, open, &depth);
	mem_free(open);
	return rc;
}

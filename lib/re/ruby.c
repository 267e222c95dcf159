/*
 * Ruby's syntax (Onigmo), which grok patterns are written in, to PCRE2's.
 * Named groups may have any name: they become g1, g2, …
 */
#include "core/mem.h"
#include "re/internal.h"

#define ALNUM	"\\p{L}\\p{M}\\p{Nd}"
#define ALPHA	"\\p{L}\\p{M}"

struct ruby {
	struct str s;
	size_t at;
	struct re_syntax *out;
	struct err *e;
	size_t atom;		/* where the last atom begins in out */
	bool repeated;		/* a repeat stands behind it */
};

static int
bad(struct ruby *r, size_t at, const char *what)
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

/* ---- classes ---- */

/* [:alnum:] and [:alpha:] are Unicode's in Ruby, the others are the same. */
static void
posix_class(struct ruby *r, struct str name)
{
	if (str_eq(name, STR("alnum")))
		put(r, STR(ALNUM));
	else if (str_eq(name, STR("alpha")))
		put(r, STR(ALPHA));
	else
		(void)buf_printf(&r->out->pcre, "[:" STR_FMT ":]",
		    STR_ARG(name));
}

static int class_body(struct ruby *r, unsigned depth);

/* One item of a class; a class inside one is a union. */
static int
class_item(struct ruby *r, unsigned depth)
{
	struct str rest = str_sub(r->s, r->at, r->s.n);
	ptrdiff_t end;

	if (str_starts(rest, STR("[:")) &&
	    (end = str_find(rest, STR(":]"))) > 2) {
		posix_class(r, str_sub(rest, 2, (size_t)end));
		r->at += (size_t)end + 2;
		return 0;
	}
	if (str_starts(rest, STR("&&")))
		return bad(r, r->at, "intersections of classes are not "
		    "supported");
	if (rest.p[0] == '[') {
		if (rest.n > 1 && rest.p[1] == '^')
			return bad(r, r->at, "a negated class inside a class "
			    "is not supported");
		r->at++;
		return class_body(r, depth + 1);
	}
	if (rest.p[0] == '\\' && rest.n > 1) {
		if (rest.p[1] == 'h')
			put(r, STR("0-9A-Fa-f"));
		else if (rest.p[1] == 'H')
			return bad(r, r->at, "\\H inside a class is not "
			    "supported");
		else
			put(r, str_sub(rest, 0, 2));
		r->at += 2;
		return 0;
	}
	put(r, str_sub(rest, 0, 1));
	r->at++;
	return 0;
}

/* Behind the bracket and '^', up to and with the closing bracket. */
static int
class_body(struct ruby *r, unsigned depth)
{
	size_t from = r->at;

	if (depth > 10)
		return bad(r, from, "classes are nested too deep");
	/* A bracket that stands first is one of the class. */
	if (r->at < r->s.n && r->s.p[r->at] == ']') {
		put(r, STR("\\]"));
		r->at++;
	}
	while (r->at < r->s.n && r->s.p[r->at] != ']')
		if (class_item(r, depth) == -1)
			return -1;
	if (r->at == r->s.n)
		return bad(r, from - 1, "missing closing ]");
	r->at++;
	return 0;
}

static int
class(struct ruby *r)
{
	r->at++;
	put(r, STR("["));
	if (r->at < r->s.n && r->s.p[r->at] == '^') {
		put(r, STR("^"));
		r->at++;
	}
	if (class_body(r, 0) == -1)
		return -1;
	put(r, STR("]"));
	return 0;
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
		return bad(r, r->at, "the absent operator is not supported");
	if (str_starts(rest, STR("(?<")) && rest.n > 3 && rest.p[3] != '=' &&
	    rest.p[3] != '!') {
		end = str_find_char(rest, '>');
		if (end == -1)
			return bad(r, r->at, "missing > of a group's name");
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
			return bad(r, r->at, "missing ) of a comment");
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

static bool
repeat(struct ruby *r)
{
	struct str rest = str_sub(r->s, r->at, r->s.n);
	bool no_minimum = false, counted = false;
	size_t n = 1;

	if (rest.p[0] == '{') {
		n = braces(rest, &no_minimum);
		counted = true;
	} else if (strchr("*+?", rest.p[0]) == NULL) {
		n = 0;
	}
	if (n == 0)
		return false;
	/* x*? and x*+ mean the same here; x{2}+ repeats the repeat. */
	if (r->repeated && (counted || rest.p[0] == '*'))
		wrap(r);
	if (no_minimum) {
		put(r, STR("{0"));
		put(r, str_sub(rest, 1, n));
	} else {
		put(r, str_sub(rest, 0, n));
	}
	r->at += n;
	if (counted && r->at < r->s.n && r->s.p[r->at] == '+')
		wrap(r);
	r->repeated = true;
	return true;
}

/* ---- all ---- */

static void
escape(struct ruby *r)
{
	struct str two = str_sub(r->s, r->at, r->at + 2);

	if (str_eq(two, STR("\\h")))
		put(r, STR("[0-9A-Fa-f]"));
	else if (str_eq(two, STR("\\H")))
		put(r, STR("[^0-9A-Fa-f]"));
	else
		put(r, two);
	r->at += two.n;
}

static int
step(struct ruby *r, size_t *open, unsigned *depth)
{
	char c = r->s.p[r->at];
	int rc = 0;

	if (repeat(r))
		return 0;
	r->repeated = false;
	if (c == ')' && *depth > 0)
		r->atom = open[--*depth];
	else
		r->atom = r->out->pcre.n;
	if (c == '\\')
		escape(r);
	else if (c == '[')
		rc = class(r);
	else if (c == '(') {
		if (*depth == RE_NEST_MAX)
			return bad(r, r->at, "groups are nested too deep");
		if (!ahead(r, STR("(?#")))
			open[(*depth)++] = r->atom;
		rc = group(r);
		/* (?i) opens nothing. */
		if (rc == 0 && *depth > 0 && r->out->pcre.n > 0 &&
		    r->out->pcre.p[r->out->pcre.n - 1] == ')')
			--*depth;
	} else {
		put(r, str_sub(r->s, r->at, r->at + 1));
		r->at++;
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
		return bad(&r, 0, "expression is too large");
	open = mem_array(RE_NEST_MAX + 1, sizeof(*open));
	while (rc == 0 && r.at < pattern.n)
		rc = step(&r, open, &depth);
	mem_free(open);
	return rc;
}

/*
 * Classes of Ruby's syntax: posix names and properties are Unicode's, a
 * class inside a class is a union, && an intersection.  What PCRE2 has no
 * class for becomes a group of alternatives or looks ahead.
 */
#include "re/ruby.h"

#define ANY	"(?s:.)"
#define DEPTH_MAX	10

/* Items for a class, and what is in none of them. */
static const struct named {
	const char *name, *in, *out;
} named[] = {
	{ "alnum", "\\p{L}\\p{M}\\p{Nd}", NULL },
	{ "alpha", "\\p{L}\\p{M}", NULL },
	{ "ascii", "\\x00-\\x7f", "\\x{80}-\\x{10ffff}" },
	{ "blank", "\\t\\p{Zs}", NULL },
	{ "cntrl", "\\p{Cc}", "\\P{Cc}" },
	{ "digit", "\\p{Nd}", "\\P{Nd}" },
	{ "graph", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}", NULL },
	{ "lower", "\\p{Ll}", "\\P{Ll}" },
	{ "print", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}\\p{Zs}",
	  NULL },
	{ "punct", "\\p{P}$+<=>\\^`|~", NULL },
	{ "space", "\\s\\x{85}\\p{Z}", NULL },
	{ "upper", "\\p{Lu}", "\\P{Lu}" },
	{ "word", "\\p{L}\\p{M}\\p{Nd}\\p{Pc}", NULL },
	{ "xdigit", "0-9A-Fa-f", NULL },
};

static const struct named *
find_named(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (str_eq_nocase(name, str_of(named[i].name)))
			return &named[i];
	return NULL;
}

/* One side of an intersection: items, and alternatives that are no items. */
struct side {
	struct buf items, others;
};

static void
add_other(struct side *s, struct str expression)
{
	if (s->others.n > 0)
		(void)buf_putc(&s->others, '|');
	(void)buf_put(&s->others, expression);
}

static void
add_outside(struct side *s, const char *items)
{
	struct buf b = { 0 };

	(void)buf_printf(&b, "[^%s]", items);
	add_other(s, buf_str(&b));
	buf_release(&b);
}

static void
add_named(struct side *s, const struct named *n, bool negate)
{
	if (!negate)
		(void)buf_put(&s->items, str_of(n->in));
	else if (n->out != NULL)
		(void)buf_put(&s->items, str_of(n->out));
	else
		add_outside(s, n->in);
}

static void
put_side(const struct side *s, struct buf *out)
{
	if (s->others.n == 0) {
		(void)buf_printf(out, "[" STR_FMT "]",
		    STR_ARG(buf_str(&s->items)));
		return;
	}
	(void)buf_put(out, STR("(?:"));
	if (s->items.n > 0)
		(void)buf_printf(out, "[" STR_FMT "]|",
		    STR_ARG(buf_str(&s->items)));
	(void)buf_put(out, buf_str(&s->others));
	(void)buf_putc(out, ')');
}

/* ---- \p{Alnum}: names that PCRE2 has not, or with another meaning ---- */

/* Without the symbols that ASCII's [:punct:] has. */
static const struct named punct = { "punct", "\\p{P}", "\\P{P}" };

bool
ruby_property(struct ruby *r, struct buf *out)
{
	struct str rest = str_sub(r->s, r->at, r->s.n), name;
	struct side s = { 0 };
	const struct named *n;
	ptrdiff_t end;
	bool negate;

	if (rest.n < 4 || (rest.p[1] != 'p' && rest.p[1] != 'P') ||
	    rest.p[2] != '{' || (end = str_find_char(rest, '}')) == -1)
		return false;
	name = str_sub(rest, 3, (size_t)end);
	negate = rest.p[1] == 'P';
	if (name.n > 0 && name.p[0] == '^') {
		negate = !negate;
		name = str_sub(name, 1, name.n);
	}
	n = str_eq_nocase(name, STR("punct")) ? &punct : find_named(name);
	if (n == NULL)
		return false;
	add_named(&s, n, negate);
	put_side(&s, out);
	buf_release(&s.items);
	buf_release(&s.others);
	r->at += (size_t)end + 1;
	return true;
}

/* ---- items ---- */

static int	read_class(struct ruby *r, unsigned depth, struct buf *out,
		    struct buf *items);

/* A class inside a class. */
static int
inner(struct ruby *r, struct side *s, unsigned depth)
{
	struct buf whole = { 0 }, items = { 0 };
	int rc = read_class(r, depth + 1, &whole, &items);

	if (rc == 1)
		(void)buf_put(&s->items, buf_str(&items));
	else if (rc == 0)
		add_other(s, buf_str(&whole));
	buf_release(&whole);
	buf_release(&items);
	return rc == -1 ? -1 : 0;
}

static void
escape(struct ruby *r, struct side *s)
{
	struct str rest = str_sub(r->s, r->at, r->s.n);
	struct buf property = { 0 };

	if (ruby_property(r, &property)) {
		add_other(s, buf_str(&property));
		buf_release(&property);
		return;
	}
	if (rest.p[1] == 'h') {
		(void)buf_put(&s->items, STR("0-9A-Fa-f"));
		r->at += 2;
	} else if (rest.p[1] == 'H') {
		add_outside(s, "0-9A-Fa-f");
		r->at += 2;
	} else if (rest.p[1] == 'b') {
		(void)buf_put(&s->items, STR("\\x08"));
		r->at += 2;
	} else if (strchr("DSW", rest.p[1]) != NULL) {
		(void)buf_put(&s->items, str_sub(rest, 0, 2));
		r->at += 2;
	} else {
		ruby_char(r, &s->items);
	}
}

static int
item(struct ruby *r, struct side *s, unsigned depth)
{
	struct str rest = str_sub(r->s, r->at, r->s.n), name;
	const struct named *n;
	ptrdiff_t end;
	bool negate;

	if (str_starts(rest, STR("[:")) &&
	    (end = str_find(rest, STR(":]"))) > 2) {
		negate = rest.p[2] == '^';
		name = str_sub(rest, 2 + negate, (size_t)end);
		if ((n = find_named(name)) == NULL)
			return ruby_bad(r, r->at, "unknown POSIX class name");
		add_named(s, n, negate);
		r->at += (size_t)end + 2;
		return 0;
	}
	if (rest.p[0] == '[')
		return inner(r, s, depth);
	if (rest.p[0] == '\\' && rest.n > 1) {
		escape(r, s);
		return 0;
	}
	/* "[." and "[=" begin something else in PCRE2. */
	if (strchr(".:=", rest.p[0]) != NULL)
		(void)buf_putc(&s->items, '\\');
	(void)buf_put(&s->items, str_sub(rest, 0, 1));
	r->at++;
	return 0;
}

/* ---- a class ---- */

/* What the sides of an intersection are, with the last one at the end. */
static void
put_class(struct buf *out, const struct buf *before, const struct side *last,
    bool negate)
{
	if (negate && before->n == 0 && last->others.n == 0) {
		(void)buf_printf(out, "[^" STR_FMT "]",
		    STR_ARG(buf_str(&last->items)));
		return;
	}
	if (negate)
		(void)buf_put(out, STR("(?:(?!"));
	else if (before->n > 0)
		(void)buf_put(out, STR("(?:"));
	(void)buf_put(out, buf_str(before));
	put_side(last, out);
	if (negate)
		(void)buf_put(out, STR(")" ANY));
	if (negate || before->n > 0)
		(void)buf_putc(out, ')');
}

/*
 * At the bracket: the whole class to out, and 1 with its items when these
 * are all that it is.
 */
static int
read_class(struct ruby *r, unsigned depth, struct buf *out, struct buf *items)
{
	struct buf before = { 0 };
	struct side s = { 0 };
	size_t from = r->at++;
	bool negate = r->at < r->s.n && r->s.p[r->at] == '^';
	int rc = -1;

	r->at += negate;
	if (depth > DEPTH_MAX) {
		(void)ruby_bad(r, from, "classes are nested too deep");
		goto out;
	}
	/* A bracket that stands first is one of the class. */
	if (r->at < r->s.n && r->s.p[r->at] == ']') {
		(void)buf_put(&s.items, STR("\\]"));
		r->at++;
	}
	while (r->at < r->s.n && r->s.p[r->at] != ']') {
		if (!str_starts(str_sub(r->s, r->at, r->s.n), STR("&&"))) {
			if (item(r, &s, depth) == -1)
				goto out;
			continue;
		}
		r->at += 2;
		(void)buf_put(&before, STR("(?="));
		put_side(&s, &before);
		(void)buf_putc(&before, ')');
		buf_reset(&s.items);
		buf_reset(&s.others);
	}
	if (r->at == r->s.n) {
		(void)ruby_bad(r, from, "missing closing ]");
		goto out;
	}
	r->at++;
	put_class(out, &before, &s, negate);
	rc = !negate && before.n == 0 && s.others.n == 0;
	if (rc == 1)
		(void)buf_put(items, buf_str(&s.items));
out:
	buf_release(&before);
	buf_release(&s.items);
	buf_release(&s.others);
	return rc;
}

int
ruby_class(struct ruby *r)
{
	struct buf items = { 0 };
	int rc = read_class(r, 0, &r->out->pcre, &items);

	buf_release(&items);
	return rc == -1 ? -1 : 0;
}

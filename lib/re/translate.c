/*
 * RE2's grammar, read once from left to right, and written as PCRE2 reads it.
 * What RE2 lacks is refused here; what the two read differently ({,n}, \s,
 * \v, names, [.x.], a repeated anchor) is written out so that it means the
 * same.
 */
#include "re/internal.h"

#include "core/utf8.h"

struct group {
	size_t open;		/* its bracket in the pattern */
	unsigned repeat;	/* largest product of counts inside */
};

struct reader {
	struct str p;
	size_t at;
	struct re_syntax *out;
	struct err *e;
	VEC(struct group) open;
	bool item;		/* something stands here to be repeated */
	bool repeated;		/* and it has been */
	unsigned repeat;	/* product of counts inside the item */
	size_t item_at, item_out;	/* where it starts */
	size_t repeat_at;		/* its last repetition */
};

static int
bad(struct reader *r, size_t from, size_t to, const char *code)
{
	return re_bad(r->e, from, code, str_sub(r->p, from, to));
}

static void
start_item(struct reader *r)
{
	r->item = true;
	r->repeated = false;
	r->repeat = 1;
	r->item_at = r->at;
	r->item_out = r->out->pcre.n;
}

static void
no_item(struct reader *r)
{
	r->item = r->repeated = false;
	r->repeat = 1;
}

/* The group at hand remembers the largest repetition inside it. */
static void
note_repeat(struct reader *r, unsigned repeat)
{
	struct group *g = &r->open.p[r->open.n - 1];

	if (repeat > g->repeat)
		g->repeat = repeat;
}

/* {n} {n,} {n,m}: 1 with the counts (max 0 = none), 0 = plain text. */
static int
read_counts(struct str s, size_t *at, unsigned *min, unsigned *max)
{
	unsigned v[2] = { 0, 0 };
	size_t i = *at + 1, part, from;

	for (part = 0; part < 2; part++) {
		from = i;
		for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
			if (v[part] <= RE_REPEAT_MAX)
				v[part] = v[part] * 10 +
				    (unsigned)(s.p[i] - '0');
		if ((part == 0 && i == from) || i >= s.n ||
		    (i - from > 1 && s.p[from] == '0'))
			return 0;
		if (part == 0 && s.p[i] == '}')
			v[1] = v[0];
		if (s.p[i] == '}')
			break;
		if (part == 1 || s.p[i] != ',')
			return 0;
		i++;
	}
	/* "{2,}" has no maximum, "{2,0}" has the maximum 0. */
	*min = v[0];
	*max = part == 1 && i == from ? UINT32_MAX : v[1];
	*at = i + 1;
	return 1;
}

/* An anchor or word boundary may be repeated in RE2 only: (?:^)* */
static void
wrap_item(struct reader *r)
{
	struct buf *b = &r->out->pcre;
	size_t n = b->n - r->item_out;

	if (buf_reserve(b, 4) == -1)
		return;
	memmove(b->p + r->item_out + 3, b->p + r->item_out, n);
	memcpy(b->p + r->item_out, "(?:", 3);
	b->n += 3;
	(void)buf_putc(b, ')');
}

static bool
is_anchor(struct str item)
{
	return str_eq(item, STR("^")) || str_eq(item, STR("$")) ||
	    (item.n == 2 && item.p[0] == '\\' &&
	    memchr("AzbB", item.p[1], 4) != NULL);
}

static int
check_counts(struct reader *r, unsigned min, unsigned max, size_t from)
{
	unsigned times = max == UINT32_MAX ? min : max;

	if (min > RE_REPEAT_MAX || times > RE_REPEAT_MAX || times < min)
		return bad(r, from, r->at, "invalid repeat count");
	if (times < 2)
		return 0;
	if (r->repeat * times > RE_REPEAT_MAX)
		return bad(r, from, r->at, "invalid repeat count");
	r->repeat *= times;
	return 0;
}

/* x* x+ x? x{n,m}, each with ? for the short match */
static int
repetition(struct reader *r)
{
	size_t from = r->at;
	unsigned min = 0, max = 0;
	bool had = r->repeated;

	if (r->p.p[r->at] != '{')
		r->at++;
	else if (read_counts(r->p, &r->at, &min, &max) == 0) {
		start_item(r);
		r->at++;
		re_put_char(&r->out->pcre, '{');
		return 0;
	}
	if (!r->item)
		return bad(r, from, r->at,
		    "missing argument to repetition operator");
	if (r->at < r->p.n && r->p.p[r->at] == '?')
		r->at++;
	if (had)
		return bad(r, r->repeat_at, r->at,
		    "invalid nested repetition operator");
	if (check_counts(r, min, max, from) == -1)
		return -1;
	note_repeat(r, r->repeat);
	if (is_anchor(str_sub(r->p, r->item_at, from)))
		wrap_item(r);
	(void)buf_put(&r->out->pcre, str_sub(r->p, from, r->at));
	r->repeated = true;
	r->repeat_at = from;
	return 0;
}

static int
open_group(struct reader *r)
{
	if (r->open.n > RE_NEST_MAX)
		return bad(r, 0, r->p.n, "expression nests too deeply");
	vec_push(&r->open, (struct group){ r->at, 1 });
	no_item(r);
	return 0;
}

static int
close_group(struct reader *r)
{
	unsigned repeat;
	size_t open;

	if (r->open.n == 1)
		return bad(r, 0, r->p.n, "unexpected )");
	repeat = r->open.p[r->open.n - 1].repeat;
	open = r->open.p[r->open.n - 1].open;
	r->open.n--;
	(void)buf_putc(&r->out->pcre, ')');
	r->at++;
	r->item = true;
	r->repeated = false;
	r->repeat = repeat;
	r->item_at = open;
	note_repeat(r, repeat);
	return 0;
}

static void
add_capture(struct re_syntax *s, struct str name)
{
	if (s->ngroups == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 8;
		s->names = mem_resize(s->names, s->cap, sizeof(*s->names));
	}
	s->names[s->ngroups++] = name;
}

/* Go takes a name twice; so do we (RE2 itself does not). */
static bool
capture_name_ok(struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c != '_' && !(c >= '0' && c <= '9') &&
		    !((c | 32) >= 'a' && (c | 32) <= 'z'))
			return false;
	}
	return name.n > 0;
}

/* (?P<name> and (?<name>; name_at is behind the '<'. */
static int
named_group(struct reader *r, size_t name_at)
{
	ptrdiff_t end = str_find_char(str_sub(r->p, name_at, r->p.n), '>');
	struct str name;

	if (end == -1)
		return bad(r, r->at, r->p.n, "invalid named capture");
	name = str_sub(r->p, name_at, name_at + (size_t)end);
	if (!capture_name_ok(name))
		return bad(r, r->at, name_at + (size_t)end + 1,
		    "invalid named capture");
	if (open_group(r) == -1)
		return -1;
	add_capture(r->out, name);
	(void)buf_putc(&r->out->pcre, '(');
	r->at = name_at + (size_t)end + 1;
	return 0;
}

/* (?flags) and (?flags:...) with i m s U and one minus sign */
static int
flag_group(struct reader *r)
{
	size_t i = r->at + 2;
	bool minus = false, flag = false;

	for (; i < r->p.n; i++) {
		char c = r->p.p[i];

		if (c == 'i' || c == 'm' || c == 's' || c == 'U')
			flag = true;
		else if (c == '-' && !minus) {
			minus = true;
			flag = false;
		} else
			break;
	}
	if (i >= r->p.n)
		return bad(r, r->at, r->p.n, "missing closing )");
	if ((minus && !flag) || (r->p.p[i] != ')' && r->p.p[i] != ':'))
		return bad(r, r->at, i + 1,
		    "invalid or unsupported Perl syntax");
	if (r->p.p[i] == ':') {
		if (open_group(r) == -1)
			return -1;
	} else
		no_item(r);
	(void)buf_put(&r->out->pcre, str_sub(r->p, r->at, i + 1));
	r->at = i + 1;
	return 0;
}

static int
group(struct reader *r)
{
	struct str rest = str_sub(r->p, r->at, r->p.n);

	if (str_starts(rest, STR("(?P<")))
		return named_group(r, r->at + 4);
	if (str_starts(rest, STR("(?<")) &&
	    !str_starts(rest, STR("(?<=")) && !str_starts(rest, STR("(?<!")))
		return named_group(r, r->at + 3);
	if (str_starts(rest, STR("(?")))
		return flag_group(r);
	if (open_group(r) == -1)
		return -1;
	add_capture(r->out, STR_NONE);
	(void)buf_putc(&r->out->pcre, '(');
	r->at++;
	return 0;
}

/*
 * \Q...\E: every character stands for itself.  Upstream puts )$ behind a
 * pattern that is matched whole, which an open \Q swallows.
 */
static int
quoted(struct reader *r)
{
	ptrdiff_t n = str_find(str_sub(r->p, r->at, r->p.n), STR("\\E"));
	size_t end = n == -1 ? r->p.n : r->at + (size_t)n;

	if (n == -1 && r->out->whole)
		return bad(r, 0, r->p.n, "missing closing )");

	for (r->at += 2; r->at < end;) {
		start_item(r);
		re_put_char(&r->out->pcre, utf8_next(r->p, &r->at));
	}
	if (n != -1)
		r->at += 2;
	return 0;
}

static int
escape(struct reader *r)
{
	struct buf *out = &r->out->pcre;
	uint32_t c;
	size_t next;
	int rc;
	char ch = r->at + 1 < r->p.n ? r->p.p[r->at + 1] : '\0';

	if (ch == 'Q')
		return quoted(r);
	start_item(r);
	if (ch == 'A' || ch == 'z' || ch == 'b' || ch == 'B') {
		(void)buf_put(out, str_sub(r->p, r->at, r->at + 2));
		r->at += 2;
		return 0;
	}
	if ((rc = re_escape_class(r->p, &r->at, false, out, r->e)) != 0)
		return rc == -1 ? -1 : 0;
	if ((rc = re_escape_char(r->p, &r->at, &c, r->e)) == -1)
		return -1;
	if (rc == 0) {
		next = r->at + 1;
		(void)utf8_next(r->p, &next);
		return bad(r, r->at, next, "invalid escape sequence");
	}
	re_put_char(out, c);
	return 0;
}

static int
element(struct reader *r)
{
	switch (r->p.p[r->at]) {
	case '(':
		return group(r);
	case ')':
		return close_group(r);
	case '*': case '+': case '?': case '{':
		return repetition(r);
	case '\\':
		return escape(r);
	case '[':
		start_item(r);
		return re_class(r->p, &r->at, &r->out->pcre, r->e);
	case '|':
		no_item(r);
		(void)buf_putc(&r->out->pcre, r->p.p[r->at++]);
		return 0;
	case '.': case '^': case '$':
		start_item(r);
		(void)buf_putc(&r->out->pcre, r->p.p[r->at++]);
		return 0;
	default:
		start_item(r);
		re_put_char(&r->out->pcre, utf8_next(r->p, &r->at));
		return 0;
	}
}

int
re_translate(struct str pattern, struct re_syntax *out, struct err *e)
{
	struct reader r = { .p = pattern, .out = out, .e = e };
	int rc = -1;

	if (pattern.n > RE_PATTERN_MAX)
		return err_set(e, ERR_LIMIT,
		    "regular expression of %zu bytes is too long", pattern.n);
	vec_push(&r.open, (struct group){ 0, 1 });
	while (r.at < pattern.n)
		if (element(&r) == -1)
			goto out;
	if (r.open.n > 1) {
		(void)bad(&r, 0, pattern.n, "missing closing )");
		goto out;
	}
	rc = 0;
out:
	vec_release(&r.open);
	return rc;
}

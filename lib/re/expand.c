/*
 * Go's Regexp.Expand and ReplaceAllString, rule by rule.
 */
#include "re/re.h"

#include "core/utf8.h"

static bool
is_name_char(uint32_t c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') ||
	    (c >= 0x80 && c != UTF8_BAD && utf8_upper(c) != utf8_lower(c));
}

/* The name behind a '$': its length with braces, or 0 when there is none. */
static size_t
reference(struct str t, struct str *name)
{
	bool brace = t.n > 0 && t.p[0] == '{';
	size_t from = brace, at = from, next = from;

	while (next < t.n && is_name_char(utf8_next(t, &next)))
		at = next;
	*name = str_sub(t, from, at);
	if (name->n == 0)
		return 0;
	if (!brace)
		return at;
	return at < t.n && t.p[at] == '}' ? at + 1 : 0;
}

/* A group's number, or -1 when the name is not one: no leading zeros. */
static long
group_number(struct str name)
{
	long v = 0;
	size_t i;

	for (i = 0; i < name.n; i++) {
		if (name.p[i] < '0' || name.p[i] > '9' || v >= 100000000)
			return -1;
		v = v * 10 + (name.p[i] - '0');
	}
	return name.p[0] == '0' && name.n > 1 ? -1 : v;
}

/* By name: the first group of that name which took part. */
static struct str
group_text(const struct re *r, struct str name, const struct str *group,
    size_t ngroups)
{
	long number = group_number(name);
	size_t i;

	if (number >= 0)
		return (size_t)number < ngroups ? group[number] : STR_NONE;
	for (i = 1; i < ngroups && i <= re_groups(r); i++)
		if (group[i].p != NULL &&
		    str_eq(re_group_name(r, (unsigned)i), name))
			return group[i];
	return STR_NONE;
}

int
re_expand(const struct re *r, struct str t, const struct str *group,
    size_t ngroups, struct buf *out)
{
	struct str head, name;
	size_t n;

	for (;;) {
		t = str_cut(t, '$', &head);
		if (buf_put(out, head) == -1)
			return -1;
		if (t.p == NULL)
			return 0;
		if (t.n > 0 && t.p[0] == '$') {
			if (buf_putc(out, '$') == -1)
				return -1;
			t = str_sub(t, 1, t.n);
		} else if ((n = reference(t, &name)) == 0) {
			if (buf_putc(out, '$') == -1)
				return -1;
		} else {
			if (buf_put(out, group_text(r, name, group,
			    ngroups)) == -1)
				return -1;
			t = str_sub(t, n, t.n);
		}
	}
}

int
re_replace_all(const struct re *r, struct str s, struct str template,
    struct buf *out)
{
	struct str group[RE_GROUPS_MAX];
	size_t ngroups = re_groups(r) + 1, at = 0, copied = 0, from, to;

	if (ngroups > RE_GROUPS_MAX)
		ngroups = RE_GROUPS_MAX;
	if (s.p == NULL)
		s = STR("");
	while (at <= s.n && re_search(r, s, at, group, ngroups)) {
		from = (size_t)(group[0].p - s.p);
		to = from + group[0].n;
		if (buf_put(out, str_sub(s, copied, from)) == -1)
			return -1;
		/* An empty match right behind the last one does not count. */
		if ((to > copied || from == 0) &&
		    re_expand(r, template, group, ngroups, out) == -1)
			return -1;
		copied = to;
		if (to > at)
			at = to;
		else if (at < s.n)
			(void)utf8_next(s, &at);
		else
			break;
	}
	return buf_put(out, str_sub(s, copied, s.n));
}

#include "xml.h"

#include "core/num.h"
#include "core/utf8.h"

/* &quot; &#34; &#x22; */
static bool
entity(struct str s, struct buf *out)
{
	static const struct { struct str name; char c; } named[] = {
		{ STR("quot"), '"' }, { STR("amp"), '&' }, { STR("lt"), '<' },
		{ STR("gt"), '>' }, { STR("apos"), '\'' },
	};
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (str_eq(s, named[i].name)) {
			(void)buf_putc(out, named[i].c);
			return true;
		}
	if (str_starts(s, STR("#x"))) {
		for (i = 2; i < s.n && v < 0x110000; i++) {
			char c = s.p[i];

			if (!((c >= '0' && c <= '9') || (c >= 'a' && c <=
			    'f') || (c >= 'A' && c <= 'F')))
				return false;
			v = v * 16 + (uint64_t)(c <= '9' ? c - '0' :
			    (c | 0x20) - 'a' + 10);
		}
	} else if (!str_starts(s, STR("#")) ||
	    !num_parse_u64(str_sub(s, 1, s.n), 0x10ffff, &v)) {
		return false;
	}
	if (v == 0 || v >= 0x110000)
		return false;
	(void)utf8_put(out, (uint32_t)v);
	return true;
}

static struct str
decoded(struct str s, struct arena *a)
{
	struct buf b = { 0 };
	struct str name;
	size_t i;

	for (i = 0; i < s.n; i++) {
		ptrdiff_t end = s.p[i] == '&' ? str_find_char(str_sub(s, i,
		    i + 12), ';') : -1;

		name = str_sub(s, i + 1, i + (end > 0 ? (size_t)end : 0));
		if (end > 0 && entity(name, &b))
			i += (size_t)end;
		else
			(void)buf_putc(&b, s.p[i]);
	}
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* Without attributes and name space. */
static struct str
name_of(struct str tag)
{
	size_t i;
	struct str s;

	for (i = 0; i < tag.n && tag.p[i] != ' ' && tag.p[i] != '\t' &&
	    tag.p[i] != '\n' && tag.p[i] != '\r' && tag.p[i] != '/'; i++)
		continue;
	s = str_sub(tag, 0, i);
	if (str_find_char(s, ':') >= 0)
		s = str_cut(s, ':', &tag);
	return s;
}

/* The text up to the next '<', and what stands between it and its '>'. */
static bool
cut_tag(struct xml *x, struct str *tag)
{
	struct str end = STR(">");
	ptrdiff_t at = str_find_char(x->rest, '<'), to;

	if (at < 0)
		return false;
	x->text = str_sub(x->rest, 0, (size_t)at);
	x->rest = str_sub(x->rest, (size_t)at + 1, x->rest.n);
	if (str_starts(x->rest, STR("!--")))
		end = STR("-->");
	if ((to = str_find(x->rest, end)) < 0)
		return false;
	*tag = str_sub(x->rest, 0, (size_t)to);
	x->rest = str_sub(x->rest, (size_t)to + end.n, x->rest.n);
	return true;
}

bool
xml_next(struct xml *x, struct xml_tag *t, struct arena *a)
{
	struct str tag;

	*t = (struct xml_tag){ 0 };
	if (x->open.n) {
		t->name = x->open;
		t->end = true;
		x->open = STR_NONE;
		return true;
	}
	do {
		if (!cut_tag(x, &tag))
			return false;
	} while (str_starts(tag, STR("?")) || str_starts(tag, STR("!")));
	t->end = str_starts(tag, STR("/"));
	t->name = name_of(str_sub(tag, t->end, tag.n));
	if (t->name.n == 0)
		return false;
	if (t->end)
		t->text = decoded(x->text, a);
	else if (str_ends(tag, STR("/")))
		x->open = t->name;
	return true;
}

struct str
xml_text(struct str doc, struct str name, struct arena *a)
{
	struct xml x = { .rest = doc };
	struct xml_tag t;

	while (xml_next(&x, &t, a))
		if (t.end && str_eq(t.name, name))
			return t.text;
	return STR_NONE;
}

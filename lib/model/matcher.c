#include "model/matcher.h"

static const char *const op_text[] = {
	[MATCH_EQ] = "=", [MATCH_NE] = "!=", [MATCH_RE] = "=~",
	[MATCH_NRE] = "!~"
};

const char *
match_op_text(enum match_op op)
{
	return op_text[op];
}

int
matcher_init(struct matcher *m, enum match_op op, struct str name,
    struct str value, unsigned re_flags, struct err *e)
{
	*m = (struct matcher){ .op = op, .name = name, .value = value };
	if (op != MATCH_RE && op != MATCH_NRE)
		return 0;
	m->re = re_compile(value, RE_FULL | re_flags, e);
	return m->re ? 0 : -1;
}

void
matcher_release(struct matcher *m)
{
	re_free(m->re);
	m->re = NULL;
}

void
matchers_release(struct matcher *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		matcher_release(&m[i]);
}

bool
matcher_ok_value(const struct matcher *m, struct str value)
{
	switch (m->op) {
	case MATCH_EQ:
		return str_eq(m->value, value);
	case MATCH_NE:
		return !str_eq(m->value, value);
	case MATCH_RE:
		return re_match(m->re, value);
	case MATCH_NRE:
		return !re_match(m->re, value);
	}
	return false;
}

bool
matcher_ok(const struct matcher *m, const struct labels *l)
{
	return matcher_ok_value(m, labels_get(l, m->name));
}

bool
matchers_ok(const struct matcher *m, size_t n, const struct labels *l)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!matcher_ok(&m[i], l))
			return false;
	return true;
}

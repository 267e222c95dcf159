#include "tsdb/internal.h"

struct want *
wants_new(const struct matcher *m, size_t n, struct labels_table *t,
    struct arena *a)
{
	struct want *w = ARENA_ARRAY(a, n + 1, struct want);
	const struct intern *symbols = labels_symbols(t);
	size_t i;

	for (i = 0; i < n; i++) {
		w[i].m = &m[i];
		w[i].name = intern_find(symbols, m[i].name);
		w[i].value = intern_find(symbols, m[i].value);
		w[i].missing_ok = matcher_ok_value(&m[i], STR_NONE);
	}
	return w;
}

static bool
matches(struct want *w, const struct sym *value)
{
	size_t i = (value->hash >> 7) % WANT_MEMO;

	if (w->memo[i].value != value) {
		w->memo[i].ok = matcher_ok_value(w->m, value->s);
		w->memo[i].value = value;
	}
	return w->memo[i].ok;
}

bool
want_ok_value(struct want *w, const struct sym *value)
{
	if (value == NULL)
		return w->missing_ok;
	switch (w->m->op) {
	case MATCH_EQ:
		return value == w->value;
	case MATCH_NE:
		return value != w->value;
	default:
		return matches(w, value);
	}
}

bool
wants_ok(struct want *w, size_t n, const struct labels *l)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!want_ok_value(&w[i], w[i].name ?
		    labels_get_sym(l, w[i].name) : NULL))
			return false;
	return true;
}

struct str
matchers_name(const struct matcher *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (m[i].op == MATCH_EQ && str_eq(m[i].name, STR("__name__")))
			return m[i].value.n ? m[i].value : STR("");
	return STR_NONE;
}

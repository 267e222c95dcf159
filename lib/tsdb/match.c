#include "tsdb/internal.h"

struct want *
wants_new(const struct matcher *m, size_t n, struct labels_table *t,
    struct arena *a)
{
	struct want *w = ARENA_ARRAY(a, n + 1, struct want);
	struct intern *symbols = labels_symbols(t);
	size_t i;

	for (i = 0; i < n; i++) {
		w[i].m = &m[i];
		w[i].name = intern_str(symbols, m[i].name);
		w[i].value = intern_str(symbols, m[i].value);
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

static const struct sym *
value_of(const struct label *v, size_t n, const struct sym *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].name == name)
			return v[i].value;
	return NULL;
}

bool
wants_ok_pairs(struct want *w, size_t n, const struct label *v,
    size_t nlabels)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!want_ok_value(&w[i], value_of(v, nlabels, w[i].name)))
			return false;
	return true;
}

bool
wants_ok(struct want *w, size_t n, const struct labels *l)
{
	return wants_ok_pairs(w, n, l->v, l->n);
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

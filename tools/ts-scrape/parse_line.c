#include "parse_line.h"

#include "json/write.h"
#include "line.h"

void
parse_labels_set(struct parse_labels *l, struct str name, struct str value)
{
	size_t i, at = 0;

	while (at < l->own.n && str_cmp(l->own.p[at].name, name) < 0)
		at++;
	if (at == l->own.n || !str_eq(l->own.p[at].name, name)) {
		vec_push(&l->own, (struct expfmt_label){ name, value });
		for (i = l->own.n - 1; i > at; i--)
			l->own.p[i] = l->own.p[i - 1];
	}
	l->own.p[at] = (struct expfmt_label){ name, value };
}

void
parse_labels_release(struct parse_labels *l)
{
	vec_release(&l->own);
	vec_release(&l->all);
	arena_free(&l->arena);
}

static bool
has_name(const struct expfmt_label *v, size_t n, struct str name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(v[i].name, name))
			return true;
	return false;
}

/* A free name for an exposed label that one of ours takes the place of. */
static struct str
exported_name(struct parse_labels *l, const struct expfmt *x, struct str name)
{
	do
		name = arena_printf(&l->arena, "exported_" STR_FMT,
		    STR_ARG(name));
	while (has_name(l->own.p, l->own.n, name) ||
	    has_name(l->all.p, l->all.n, name) ||
	    has_name(x->label, x->nlabels, name));
	return name;
}

/*
 * Both lists in l->all.  Sorted by name is in most cases shortest first
 * among equals in stem, which is the order in which upstream resolves
 * conflicts.
 */
static void
merge(struct parse_labels *l, const struct expfmt *x)
{
	struct expfmt_label one;
	size_t i;

	vec_reset(&l->all);
	if (l->arena.used)
		arena_reset(&l->arena);
	for (i = 0; i < x->nlabels; i++) {
		one = x->label[i];
		if (one.value.n == 0)
			continue;
		if (has_name(l->own.p, l->own.n, one.name))
			one.name = exported_name(l, x, one.name);
		vec_push(&l->all, one);
	}
	for (i = 0; i < l->own.n; i++)
		if (l->own.p[i].value.n)
			vec_push(&l->all, l->own.p[i]);
}

static void
put_label(struct buf *out, const struct expfmt_label *l)
{
	if (l->value.n == 0)
		return;
	(void)buf_putc(out, ',');
	json_put_str(out, l->name, false);
	(void)buf_putc(out, ':');
	json_put_str(out, l->value, false);
}

int
parse_line_put(struct buf *out, struct expfmt *x, struct parse_labels *l,
    int64_t ts, struct err *e)
{
	struct expfmt with;
	size_t i;

	if (l->own.n) {
		merge(l, x);
		with = *x;
		with.label = l->all.p;
		with.nlabels = l->all.n;
		x = &with;
	}
	if (!expfmt_sort(x) ||
	    has_name(x->label, x->nlabels, STR("__name__")))
		return err_at(e, x->line, 1, "a label is repeated");
	(void)buf_put(out, STR("{\"metric\":{\"__name__\":"));
	json_put_str(out, x->name, false);
	for (i = 0; i < x->nlabels; i++)
		put_label(out, &x->label[i]);
	(void)buf_putc(out, '}');
	if (x->ts != EXPFMT_NO_TS)
		ts = x->ts;
	if (l->time.n == 0 || l->time.ms != ts)
		line_time_set(&l->time, ts);
	line_put_point(out, LINE_SAMPLES, line_canonical(x->value_text),
	    x->value, &l->time);
	return 0;
}

/*
 * fn_label: label_replace and label_join.
 */
#include "core/utf8.h"
#include "promql/internal.h"
#include "re/re.h"

static bool
label_name_ok(struct str s)
{
	return s.n > 0 && utf8_valid(s);
}

/* The name was set by hand: it is not removed at the end. */
static void
set_label(struct peval *ev, struct prow *r, struct str name, struct str value)
{
	labels_build(&ev->lb, ev->table, r->labels);
	labels_set(&ev->lb, name, value);
	r->labels = labels_done(&ev->lb);
	if (str_eq(name, STR("__name__")))
		r->drop_name = false;
}

static void
replace_row(struct peval *ev, const struct re *re, struct prow *r,
    struct str dst, struct str template, struct str src)
{
	struct str group[RE_GROUPS_MAX], from = labels_get(r->labels, src);
	struct buf text = { 0 };
	size_t n = re_groups(re) + 1;

	if (n > RE_GROUPS_MAX)
		n = RE_GROUPS_MAX;
	if (!from.p)
		from = STR("");
	if (!re_search(re, from, 0, group, n))
		return;
	if (re_expand(re, template, group, n, &text) == 0)
		set_label(ev, r, dst, buf_str(&text));
	buf_release(&text);
}

int
fn_label_replace(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	struct str dst = arg[1].text, template = arg[2].text;
	struct str src = arg[3].text, pattern = arg[4].text;
	struct err why;
	struct re *re;
	size_t i;

	(void)nargs;
	if (!(re = re_compile(pattern, RE_FULL, &why)))
		return peval_fail(c->ev, "invalid regular expression in "
		    "label_replace(): " STR_FMT, STR_ARG(pattern));
	if (!label_name_ok(dst)) {
		re_free(re);
		return peval_fail(c->ev, "invalid destination label name in "
		    "label_replace(): " STR_FMT, STR_ARG(dst));
	}
	*out = arg[0];
	for (i = 0; i < out->nrows; i++)
		replace_row(c->ev, re, &out->row[i], dst, template, src);
	re_free(re);
	return pcols_merge(c->ev, out);
}

static void
join_row(struct peval *ev, struct prow *r, const struct pcols *arg,
    size_t nargs)
{
	struct buf text = { 0 };
	size_t i;

	for (i = 3; i < nargs; i++) {
		if (i > 3)
			buf_put(&text, arg[2].text);
		buf_put(&text, labels_get(r->labels, arg[i].text));
	}
	set_label(ev, r, arg[1].text, buf_str(&text));
	buf_release(&text);
}

int
fn_label_join(struct pcall *c, struct pcols *arg, size_t nargs,
    struct pcols *out)
{
	size_t i;

	for (i = 3; i < nargs; i++)
		if (!label_name_ok(arg[i].text))
			return peval_fail(c->ev, "invalid source label name "
			    "in label_join(): " STR_FMT,
			    STR_ARG(arg[i].text));
	if (!label_name_ok(arg[1].text))
		return peval_fail(c->ev, "invalid destination label name in "
		    "label_join(): " STR_FMT, STR_ARG(arg[1].text));
	*out = arg[0];
	for (i = 0; i < out->nrows; i++)
		join_row(c->ev, &out->row[i], arg, nargs);
	return pcols_merge(c->ev, out);
}

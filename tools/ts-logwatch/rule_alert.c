#include "rule_alert.h"

#include <stdlib.h>

#include "core/diag.h"
#include "core/dur.h"
#include "core/mem.h"
#include "tmpl/tmpl.h"

/* Label sets are forgotten when so many have gathered. */
#define LABEL_SETS_MAX	500

struct rule_alerts {
	struct tmpl_set *set;
	struct labels_table *table;
	struct labels_builder builder;
	struct buf text;
	struct arena names;
};

struct rule_alerts *
rule_alerts_new(void)
{
	const struct tmpl_funcs *funcs[] = { &tmpl_funcs_am };
	struct rule_alerts *a = mem_zalloc(sizeof(*a));

	a->set = tmpl_set_new(funcs, 1, false);
	a->table = labels_table_new();
	return a;
}

void
rule_alerts_free(struct rule_alerts *a)
{
	if (a == NULL)
		return;
	tmpl_set_free(a->set);
	labels_builder_release(&a->builder);
	labels_table_free(a->table);
	buf_release(&a->text);
	arena_free(&a->names);
	mem_free(a);
}

static struct str
template_name(const struct rule *rule, const char *what, struct str key,
    struct arena *a)
{
	return arena_printf(a, STR_FMT "/%s/" STR_FMT, STR_ARG(rule->name),
	    what, STR_ARG(key));
}

static int
add_all(struct rule_alerts *a, const struct rule *rule, const char *what,
    const struct ypairs *p, struct err *e)
{
	struct err why = { 0 };
	size_t i;

	for (i = 0; i < p->n; i++)
		if (tmpl_parse(a->set, template_name(rule, what, p->p[i].key,
		    &a->names), p->p[i].value, &why) == -1)
			return ynode_err(p->p[i].node, e, "%s", why.msg);
	return 0;
}

int
rule_alerts_add(struct rule_alerts *a, const struct rule *rule,
    struct err *e)
{
	return add_all(a, rule, "label", &rule->alert.labels, e) == -1 ||
	    add_all(a, rule, "annotation", &rule->alert.annotations,
	    e) == -1 ? -1 : 0;
}

/* ---- what templates see ---- */

#define PAIRS_MAX	(GROK_FIELDS_MAX + 32)

struct dot {
	struct tpair *p;
	size_t n;
};

static void
put(struct dot *d, struct str key, struct tval v)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (str_eq(d->p[i].key, key)) {
			d->p[i].value = v;
			return;
		}
	if (d->n < PAIRS_MAX)
		d->p[d->n++] = (struct tpair){ key, v };
}

static int
by_key(const void *a, const void *b)
{
	return str_cmp(((const struct tpair *)a)->key,
	    ((const struct tpair *)b)->key);
}

static struct tval
as_map(struct dot *d)
{
	qsort(d->p, d->n, sizeof(d->p[0]), by_key);
	return (struct tval){ .kind = TV_MAP, .u.map = { d->p, d->n } };
}

static struct tval
key_map(const struct incident *in, struct arena *a)
{
	struct dot d = { ARENA_ARRAY(a, PAIRS_MAX, struct tpair), 0 };
	struct str rest = in->window->key, part;
	size_t i;

	for (i = 0; i < in->rule->key.n && rest.p != NULL; i++) {
		rest = str_cut(rest, '\x1f', &part);
		put(&d, in->rule->key.p[i], tval_str(part));
	}
	return as_map(&d);
}

static int
by_text(const void *a, const void *b)
{
	return str_cmp(((const struct tval *)a)->u.s,
	    ((const struct tval *)b)->u.s);
}

static struct tval
collected(const struct incident *in, size_t i, struct arena *a)
{
	const struct window *w = in->window;
	struct tval *list = ARENA_ARRAY(a, w->seen[i].n + 1, struct tval);
	size_t j, n = 0;

	for (j = 0; j < w->seen[i].n; j++)
		if (w->last - w->seen[i].p[j].time < in->rule->window_ms)
			list[n++] = tval_str((struct str){
			    w->seen[i].p[j].text, w->seen[i].p[j].n });
	qsort(list, n, sizeof(list[0]), by_text);
	return tval_list(list, n, "[]string");
}

static struct tval
captures(const struct incident *in, struct arena *a)
{
	struct dot d = { ARENA_ARRAY(a, PAIRS_MAX, struct tpair), 0 };
	const struct grok_field *f;
	size_t n, i;

	if (in->hit != NULL && in->hit->match != NULL) {
		n = grok_fields(in->hit->match->grok, &f);
		for (i = 0; i < n; i++)
			if (in->hit->value[i].n > 0)
				put(&d, f[i].name,
				    tval_str(in->hit->value[i]));
	}
	return as_map(&d);
}

static struct tval
make_dot(const struct incident *in, struct arena *a)
{
	struct dot d = { ARENA_ARRAY(a, PAIRS_MAX, struct tpair), 0 };
	const struct rule *rule = in->rule;
	struct buf b = { 0 };
	size_t i;

	put(&d, STR("key"), key_map(in, a));
	put(&d, STR("captures"), captures(in, a));
	put(&d, STR("count"), tval_int(in->count));
	put(&d, STR("score"), tval_int(window_weight(in->window)));
	dur_print(&b, rule->window_ms);
	put(&d, STR("window"), tval_str(arena_str(a, buf_str(&b))));
	buf_release(&b);
	put(&d, STR("rule"), tval_str(rule->name));
	put(&d, STR("severity"), tval_str(rule->severity));
	put(&d, STR("first"), tval_time(in->window->start));
	put(&d, STR("last"), tval_time(in->window->last));
	if (in->hit != NULL) {
		put(&d, STR("message"), tval_str(value_text(
		    in->hit->ev->message)));
		put(&d, STR("line"), tval_str(in->hit->ev->line));
		put(&d, STR("host"), tval_str(value_text(hit_get(in->hit,
		    STR("host.hostname")))));
		put(&d, STR("service"), tval_str(value_text(hit_get(in->hit,
		    STR("service.name")))));
	}
	for (i = 0; i < rule->collections.n; i++)
		put(&d, rule->collections.p[i].name, collected(in, i, a));
	return as_map(&d);
}

/* ---- the alert ---- */

static bool
render(struct rule_alerts *a, const struct rule *rule, const char *what,
    struct str key, struct tval dot, struct arena *scratch)
{
	struct tmpl_ctx c = { .arena = scratch };
	struct err e = { 0 };

	buf_reset(&a->text);
	if (tmpl_exec(a->set, template_name(rule, what, key, scratch), dot,
	    &c, &a->text, &e) == 0)
		return true;
	diag("rule '" STR_FMT "': %s", STR_ARG(rule->name), e.msg);
	return false;
}

static bool
build(struct rule_alerts *a, const struct rule *rule, const char *what,
    const struct ypairs *p, struct tval dot, struct arena *scratch)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		if (!render(a, rule, what, p->p[i].key, dot, scratch))
			return false;
		labels_set(&a->builder, p->p[i].key, buf_str(&a->text));
	}
	return true;
}

/* Without labels of its own, a rule's keys are its labels. */
static void
default_labels(struct rule_alerts *a, const struct incident *in)
{
	struct str rest = in->window->key, part;
	struct buf name = { 0 };
	size_t i, j;

	for (i = 0; i < in->rule->key.n && rest.p != NULL; i++) {
		rest = str_cut(rest, '\x1f', &part);
		buf_reset(&name);
		(void)buf_put(&name, in->rule->key.p[i]);
		for (j = 0; j < name.n; j++)
			if (name.p[j] == '.' || name.p[j] == '-')
				name.p[j] = '_';
		labels_set(&a->builder, buf_str(&name), part);
	}
	buf_release(&name);
}

bool
rule_alert_make(struct rule_alerts *a, const struct incident *in,
    struct arena *scratch, struct alert *out)
{
	const struct rule *rule = in->rule;
	struct tval dot = make_dot(in, scratch);

	if (labels_table_count(a->table) > LABEL_SETS_MAX) {
		labels_builder_release(&a->builder);
		memset(&a->builder, 0, sizeof(a->builder));
		labels_table_free(a->table);
		a->table = labels_table_new();
	}
	labels_build(&a->builder, a->table, NULL);
	labels_set(&a->builder, STR("alertname"), rule->alert.name);
	labels_set(&a->builder, STR("severity"), rule->severity);
	labels_set(&a->builder, STR("rule"), rule->name);
	if (rule->alert.labels.n == 0)
		default_labels(a, in);
	if (!build(a, rule, "label", &rule->alert.labels, dot, scratch))
		return false;
	out->labels = labels_done(&a->builder);
	labels_build(&a->builder, a->table, NULL);
	if (!build(a, rule, "annotation", &rule->alert.annotations, dot,
	    scratch))
		return false;
	out->annotations = labels_done(&a->builder);
	out->starts_at = in->window->start;
	out->ends_at = in->window->last + rule->alert.for_resolve_ms;
	out->generator_url = arena_printf(scratch, "ts-logwatch:/rule/"
	    STR_FMT, STR_ARG(rule->name));
	return true;
}

/*
 * Rule files and prometheus.yml, compiled; a reload keeps the alerts of rules
 * that are still there.
 */
#include "config/common.h"
#include "config/glob.h"
#include "core/mem.h"
#include "eval.h"

/* ---- the languages inside of rule files ---- */

static int
check_expr(void *arg, struct str text, struct err *e)
{
	const struct options *o = arg;
	struct arena a = { 0 };
	const struct pexpr *x = promql_parse(text, &o->features, &a, e);

	if (x)
		promql_release(x);
	arena_free(&a);
	return x ? 0 : -1;
}

static int
check_template(void *arg, struct str text, struct err *e)
{
	const struct tmpl_funcs *const funcs[] = { &tmpl_funcs_prom };
	struct tmpl_set *set = tmpl_set_new(funcs, 1, false);
	struct buf b = { 0 };
	int rc;

	(void)arg;
	(void)buf_put(&b, STR(TMPL_RULE_PRELUDE));
	(void)buf_put(&b, text);
	rc = tmpl_parse(set, STR("__alert"), buf_str(&b), e);
	if (rc == -1 && e->line == 1 && e->col > strlen(TMPL_RULE_PRELUDE))
		e->col -= (unsigned)strlen(TMPL_RULE_PRELUDE);
	buf_release(&b);
	tmpl_set_free(set);
	return rc;
}

struct rules_languages
rules_languages_of(const struct options *o)
{
	return (struct rules_languages){ .arg = (void *)(uintptr_t)o,
	    .expr = check_expr, .template = check_template };
}

/* ---- compiling ---- */

/* What a rule is known by: its kind, name, labels, and which of equal ones. */
static struct str
rule_key(const struct group *g, const struct rule_run *r)
{
	struct buf b = { 0 };
	struct str key;
	size_t i, same = 0;

	(void)buf_printf(&b, STR_FMT "/%s/" STR_FMT, STR_ARG(g->key),
	    r->conf->alerting ? "alert" : "record", STR_ARG(r->conf->name));
	for (i = 0; i < r->conf->labels.n; i++)
		(void)buf_printf(&b, "," STR_FMT "=" STR_FMT,
		    STR_ARG(r->conf->labels.p[i].key),
		    STR_ARG(r->conf->labels.p[i].value));
	for (i = 0; &g->rule[i] != r; i++)
		same += str_starts(g->rule[i].key, buf_str(&b));
	(void)buf_printf(&b, "#%zu", same);
	key = arena_str(&g->set->arena, buf_str(&b));
	buf_release(&b);
	return key;
}

static int
compile_rule(struct eval *ev, struct group *g, struct rule_run *r,
    const struct rule *conf, struct err *e)
{
	struct arena *a = &g->set->arena;
	struct buf b = { 0 };
	int64_t back;

	r->conf = conf;
	r->group = g;
	r->key = rule_key(g, r);
	r->expr = promql_parse(conf->expr, &ev->opt.features, a, e);
	if (r->expr == NULL) {
		config_err_in(conf->expr_node, e);
		return -1;
	}
	back = promql_lookbehind_ms(r->expr, ev->opt.lookback_ms);
	if (back > g->set->lookbehind)
		g->set->lookbehind = back;
	promql_print(r->expr, &b);
	r->generator_url = generator_url(ev->opt.external_url, buf_str(&b),
	    a);
	buf_release(&b);
	if (!conf->alerting)
		return 0;
	r->template_name = arena_printf(a, "__alert_" STR_FMT,
	    STR_ARG(conf->name));
	if (texts_compile(&r->labels, &conf->labels, r->template_name, a,
	    e) == -1)
		return -1;
	return texts_compile(&r->annotations, &conf->annotations,
	    r->template_name, a, e);
}

static int
compile_group(struct eval *ev, struct ruleset *s, struct group *g,
    const struct rule_group *conf, struct err *e)
{
	int64_t interval = ev->opt.interval_ms;
	size_t i;

	g->conf = conf;
	g->set = s;
	g->last = NO_TIME;
	g->next = INT64_MAX;
	g->key = arena_printf(&s->arena, "%s;" STR_FMT, conf->file,
	    STR_ARG(conf->name));
	if (s->prom) {
		interval = s->prom->global.evaluation_interval_ms;
		g->offset = s->prom->global.rule_query_offset_ms;
	}
	g->interval = conf->interval_ms ? conf->interval_ms : interval;
	if (conf->has_query_offset)
		g->offset = conf->query_offset_ms;
	g->rule = ARENA_ARRAY(&s->arena, conf->n, struct rule_run);
	for (i = 0; i < conf->n; i++) {
		g->n++;
		if (compile_rule(ev, g, &g->rule[i], &conf->rule[i], e) == -1)
			return -1;
	}
	return 0;
}

/* ---- loading ---- */

struct first { struct err *e; bool any; };

static void
keep_first(void *arg, const struct err *e)
{
	struct first *f = arg;

	if (!f->any)
		*f->e = *e;
	f->any = true;
}

typedef VEC(const struct rule_groups *) file_vec;

static int
load_file(struct eval *ev, struct ruleset *s, const char *path,
    file_vec *files, struct err *e)
{
	struct rules_languages l = rules_languages_of(&ev->opt);
	struct first first = { .e = e };
	unsigned flags = ev->opt.ignore_unknown ? RULES_IGNORE_UNKNOWN : 0;
	struct rule_groups *g = rules_load(path, flags, &s->arena, e);
	size_t i;

	if (g == NULL)
		return -1;
	for (i = 0; i < g->warnings.n; i++)
		diag_warn(&g->warnings.p[i]);
	if (rules_check_texts(g, &l, keep_first, &first) > 0)
		return -1;
	vec_push(files, g);
	return 0;
}

static int
load_files(struct eval *ev, struct ruleset *s, const struct ystrs *paths,
    file_vec *files, struct err *e)
{
	size_t i;

	for (i = 0; i < paths->n; i++)
		if (load_file(ev, s, arena_cstr(&s->arena, paths->p[i]),
		    files, e) == -1)
			return -1;
	return 0;
}

/* The files of -c, then those of -r, which may be patterns. */
static int
load_all(struct eval *ev, struct ruleset *s, file_vec *files, struct err *e)
{
	const char *config = ev->tool->config;
	struct ystrs paths;
	size_t i;

	if (config) {
		s->prom = prom_config_load(config, &s->arena, e);
		if (s->prom == NULL || prom_config_rule_files(s->prom, true,
		    &s->arena, &paths, e) == -1 ||
		    load_files(ev, s, &paths, files, e) == -1)
			return -1;
	}
	for (i = 0; i < ev->opt.rules.n; i++) {
		struct str path = str_of(ev->opt.rules.p[i]);

		paths = (struct ystrs){ &path, 1 };
		if (glob_has_magic(path) &&
		    glob_files(path, &s->arena, &paths, e) == -1)
			return -1;
		if (paths.n == 0)
			diag_warning("no file matches '" STR_FMT "'",
			    STR_ARG(path));
		if (load_files(ev, s, &paths, files, e) == -1)
			return -1;
	}
	return 0;
}

static int
compile_all(struct eval *ev, struct ruleset *s, const file_vec *files,
    struct err *e)
{
	static const struct ypairs none;
	size_t i, j, n = 0;

	s->external_labels = config_labels(ev->history.table,
	    s->prom ? &s->prom->global.external_labels : &none);
	for (i = 0; i < files->n; i++)
		n += files->p[i]->n;
	s->group = ARENA_ARRAY(&s->arena, n, struct group);
	for (i = 0; i < files->n; i++) {
		for (j = 0; j < files->p[i]->n; j++) {
			s->n++;
			if (compile_group(ev, s, &s->group[s->n - 1],
			    &files->p[i]->group[j], e) == -1)
				return -1;
		}
	}
	return 0;
}

struct ruleset *
ruleset_load(struct eval *ev, struct err *e)
{
	struct ruleset *s = mem_zalloc(sizeof(*s));
	file_vec files = { 0 };
	int rc = load_all(ev, s, &files, e);

	if (rc == 0)
		rc = compile_all(ev, s, &files, e);
	vec_release(&files);
	if (rc == 0)
		return s;
	/* The message may name a file in the arena: keep it readable. */
	mem_free(ev->blamed);
	ev->blamed = e->file ? mem_strdup(e->file) : NULL;
	e->file = ev->blamed;
	ruleset_free(s);
	return NULL;
}

static void
rule_release(struct rule_run *r)
{
	size_t i;

	promql_release(r->expr);
	texts_release(&r->labels);
	texts_release(&r->annotations);
	for (i = 0; i < r->order.n; i++)
		active_free(r->order.p[i]);
	vec_release(&r->order);
	map_release(&r->alerts);
	vec_release(&r->outputs);
}

void
ruleset_free(struct ruleset *s)
{
	size_t i, j;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		for (j = 0; j < s->group[i].n; j++)
			rule_release(&s->group[i].rule[j]);
	if (s->prom)
		prom_config_release(s->prom);
	vec_release(&s->gone);
	arena_free(&s->arena);
	mem_free(s);
}

void
rules_warn_none(const struct ruleset *s)
{
	if (s->n == 0)
		diag_warning("no rules are loaded: nothing is evaluated");
}

/* ---- reload ---- */

/* Alerts and outputs move to the rule of the same key. */
static void
move_rule(struct rule_run *to, struct rule_run *from)
{
	size_t i;

	to->alerts = from->alerts;
	from->alerts = (struct map){ 0 };
	vec_reserve(&to->order, from->order.n);
	for (i = 0; i < from->order.n; i++) {
		/* Texts may read differently now. */
		if (from->order.p[i]->state != ALERT_INACTIVE)
			from->order.p[i]->annotations = NULL;
		to->order.p[to->order.n++] = from->order.p[i];
	}
	vec_reset(&from->order);
	for (i = 0; i < from->outputs.n; i++)
		vec_push(&to->outputs, from->outputs.p[i]);
	to->unsorted = from->unsorted;
	to->outputs_changed = true;
}

/* The rule is no longer there. */
static void
drop_rule(struct eval *ev, struct ruleset *to, struct rule_run *old)
{
	size_t i;

	alerts_clear(ev, old);
	for (i = 0; i < old->outputs.n; i++)
		vec_push(&to->gone, old->outputs.p[i]);
}

static void
move_group(struct eval *ev, struct group *to, struct group *from)
{
	size_t i, j;

	to->last = from->last;
	for (i = 0; i < from->n; i++) {
		struct rule_run *old = &from->rule[i];

		for (j = 0; j < to->n; j++)
			if (str_eq(to->rule[j].key, old->key))
				break;
		if (j < to->n)
			move_rule(&to->rule[j], old);
		else
			drop_rule(ev, to->set, old);
	}
}

/*
 * Every group has run once more by then: a rule that was renamed, or its
 * group, goes on with the same series.
 */
static int64_t
all_run_at(const struct ruleset *s, int64_t now)
{
	int64_t longest = 0;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->group[i].interval > longest)
			longest = s->group[i].interval;
	return now + longest;
}

static void
move_state(struct eval *ev, struct ruleset *to, struct ruleset *from)
{
	size_t i, j;

	for (i = 0; i < from->gone.n; i++)
		vec_push(&to->gone, from->gone.p[i]);
	to->gone_at = all_run_at(to, clk_now(&ev->tool->clk));

	for (i = 0; i < from->n; i++) {
		for (j = 0; j < to->n; j++)
			if (str_eq(to->group[j].key, from->group[i].key))
				break;
		if (j < to->n)
			move_group(ev, &to->group[j], &from->group[i]);
		else
			for (j = 0; j < from->group[i].n; j++)
				drop_rule(ev, to, &from->group[i].rule[j]);
	}
}

int
rules_reload(struct eval *ev, struct err *e)
{
	struct ruleset *s = ruleset_load(ev, e);

	if (s == NULL)
		return -1;
	rules_warn_none(s);
	move_state(ev, s, ev->rules);
	ruleset_free(ev->rules);
	ev->rules = s;
	history_keep(&ev->history, history_window(ev));
	return 0;
}

#include "config/check.h"

#include <unistd.h>

#include "config/internal.h"
#include "core/io.h"

/* One run: what was found, handed on as it is found. */
struct run {
	const struct config_check *c;
	bool failed;
};

static void
report(struct run *r, const struct err *e, bool warning)
{
	if (warning && r->c->strict)
		warning = false;
	r->failed |= !warning;
	r->c->report(r->c->arg, e, warning);
}

static void
report_warnings(struct run *r, const struct config_warnings *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		report(r, &w->p[i], true);
}

static void
on_rule_error(void *arg, const struct err *e)
{
	report(arg, e, false);
}

/* ---- rules ---- */

/* What was loaded, or NULL and *e. */
static void
check_groups(struct run *r, const struct rule_groups *g, const struct err *e)
{
	if (g == NULL) {
		report(r, e, false);
		return;
	}
	report_warnings(r, &g->warnings);
	(void)rules_check_texts(g, &r->c->lang, on_rule_error, r);
}

static void
check_rules(struct run *r, const char *path, unsigned flags)
{
	struct arena a = { 0 };
	struct err e = { 0 };

	check_groups(r, rules_load(path, flags, &a, &e), &e);
	arena_free(&a);
}

struct rule_groups *
config_check_rules(const char *path, unsigned flags, struct arena *a,
    const struct config_check *c)
{
	struct run r = { .c = c };
	struct err e = { 0 };
	struct rule_groups *g = rules_load(path, flags, a, &e);

	check_groups(&r, g, &e);
	return r.failed ? NULL : g;
}

struct rule_groups *
config_check_rules_text(struct str text, const char *name, unsigned flags,
    struct arena *a, const struct config_check *c)
{
	struct run r = { .c = c };
	struct err e = { 0 };
	const struct ynode *root = yaml_load(text, name, a, &e);
	struct rule_groups *g = root ? rules_decode(root, flags, a, &e) :
	    NULL;

	check_groups(&r, g, &e);
	return r.failed ? NULL : g;
}

/* ---- prometheus.yml ---- */

static void
need_file(struct run *r, const struct ynode *n, const char *what,
    struct str path)
{
	struct err e;

	/* A path that config resolved has a NUL behind it. */
	if (path.n == 0 || access(path.p, F_OK) == 0)
		return;
	(void)ynode_err(n, &e, "error checking %s \"" STR_FMT "\"", what,
	    STR_ARG(path));
	report(r, &e, false);
}

static void
check_http_files(struct run *r, const struct ynode *n,
    const struct http_config *h)
{
	need_file(r, n, "authorization credentials or bearer token file",
	    h->credentials_file);
	need_file(r, n, "CA certificate file", h->ca_file);
	need_file(r, n, "client cert file", h->cert_file);
	need_file(r, n, "client key file", h->key_file);
}

/* Discovery files that are not there yet are no error. */
static void
check_file_sd(struct run *r, const struct file_sd_config *f)
{
	struct arena a = { 0 };
	struct ystrs files;
	struct err e = { 0 };
	size_t i, j;

	for (i = 0; i < f->files.n; i++) {
		if (glob_files(f->files.p[i], &a, &files, &e) == -1)
			report(r, &e, false);
		for (j = 0; j < files.n; j++)
			r->failed |= !config_check_sd_file(files.p[j].p, r->c);
		if (files.n > 0)
			continue;
		(void)ynode_err(f->node, &e, "file \"" STR_FMT
		    "\" for file_sd in scrape job does not exist",
		    STR_ARG(f->files.p[i]));
		report(r, &e, true);
	}
	arena_free(&a);
}

/* Static targets as relabelling leaves them: an address, not a URL. */
static void
check_target(struct run *r, const struct static_config *s, size_t group,
    size_t at, const struct relabels *rules, struct labels_table *table)
{
	struct labels_builder b = { 0 };
	const struct sym *address;
	struct err e;
	size_t i;

	labels_build(&b, table, NULL);
	for (i = 0; i < s->labels.n; i++)
		labels_set(&b, s->labels.p[i].key, s->labels.p[i].value);
	labels_set(&b, STR("__address__"), s->targets.p[at]);
	if (relabel_apply(rules->p, rules->n, &b, NULL, NULL) &&
	    (address = labels_peek(&b, STR("__address__"))) != NULL &&
	    sd_check_address(s->node, address->s, &e) == -1) {
		(void)err_prefix(&e, "instance %zu in group %zu", at, group);
		report(r, &e, false);
	}
	labels_builder_release(&b);
}

static void
check_sd(struct run *r, const struct sd_configs *sd,
    const struct relabels *rules)
{
	struct labels_table *table = labels_table_new();
	size_t i, j, group = 0;

	for (i = 0; i < sd->n; i++) {
		const struct static_config *s = sd->p[i].conf;

		if (str_eq(sd->p[i].kind, STR("file")))
			check_file_sd(r, sd->p[i].conf);
		if (!str_eq(sd->p[i].kind, STR("static")))
			continue;
		for (j = 0; rules->n > 0 && j < s->targets.n; j++)
			check_target(r, s, group, j, rules, table);
		group++;
	}
	labels_table_free(table);
}

static void
check_rule_files(struct run *r, const struct prom_config *p, struct arena *a)
{
	struct ystrs files;
	struct err e = { 0 };
	size_t i;

	if (prom_config_rule_files(p, true, a, &files, &e) == -1) {
		report(r, &e, false);
		return;
	}
	if (p->rule_files.n > 0 && files.n == 0) {
		(void)ynode_err(p->rule_file_nodes[0], &e,
		    "no rule files are found");
		report(r, &e, true);
	}
	for (i = 0; i < files.n; i++)
		check_rules(r, files.p[i].p, 0);
}

static void
check_named_files(struct run *r, const struct prom_config *p,
    struct arena *a)
{
	size_t i;

	check_rule_files(r, p, a);
	for (i = 0; i < p->nscrape; i++) {
		check_http_files(r, p->scrape[i].node, &p->scrape[i].http);
		check_sd(r, &p->scrape[i].sd, &p->scrape[i].relabel);
	}
	for (i = 0; i < p->nalertmanagers; i++) {
		check_http_files(r, p->alertmanagers[i].node,
		    &p->alertmanagers[i].http);
		check_sd(r, &p->alertmanagers[i].sd,
		    &p->alertmanagers[i].relabel);
	}
}

bool
config_check_prom(const char *path, const struct config_check *c)
{
	struct run r = { .c = c };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct prom_config *p = prom_config_load(path, &a, &e);

	if (p == NULL)
		report(&r, &e, false);
	else {
		report_warnings(&r, &p->warnings);
		if (!c->syntax_only)
			check_named_files(&r, p, &a);
		prom_config_release(p);
	}
	arena_free(&a);
	return !r.failed;
}

/* ---- file_sd ---- */

bool
config_check_sd_file(const char *path, const struct config_check *c)
{
	static const char *const ends[] = { ".json", ".yml", ".yaml" };
	struct run r = { .c = c };
	struct arena a = { 0 };
	struct err e = { 0 };
	const char *dot = strrchr(path, '.');
	const struct ynode *root;
	struct ylist groups;
	size_t i;

	for (i = 0; dot != NULL && i < COUNT(ends); i++)
		if (str_eq_nocase(str_of(dot), str_of(ends[i])))
			break;
	if (dot == NULL || i == COUNT(ends)) {
		(void)err_set(&e, ERR_CONFIG, "invalid file extension: \"%s\"",
		    dot ? dot : "");
		e.file = path;
		report(&r, &e, false);
	} else if ((root = yaml_load_file(path, &a, &e)) == NULL ||
	    sd_groups_decode(root, &groups, &a, &e) == -1)
		report(&r, &e, false);
	arena_free(&a);
	return !r.failed;
}

/* ---- alertmanager.yml ---- */

static void
check_template(struct run *r, const char *path)
{
	struct buf text = { 0 };
	struct err e = { 0 };

	if (io_read_file(path, YAML_FILE_MAX, &text, &e) == -1)
		report(r, &e, false);
	else if (r->c->lang.template(r->c->lang.arg, buf_str(&text),
	    &e) == -1) {
		e.file = path;
		report(r, &e, false);
	}
	buf_release(&text);
}

static void
check_templates(struct run *r, const struct am_config *am, struct arena *a)
{
	struct ystrs files;
	struct err e = { 0 };
	size_t i, j;

	if (r->c->lang.template == NULL)
		return;
	for (i = 0; i < am->templates.n; i++) {
		if (glob_files(am->templates.p[i], a, &files, &e) == -1)
			report(r, &e, false);
		for (j = 0; j < files.n; j++)
			check_template(r, files.p[j].p);
	}
}

/* A template in a field; of a secret only the place is told. */
static void
check_text(void *arg, const struct ynode *n, bool secret)
{
	struct run *r = arg;
	struct err e = { 0 };

	if (r->c->lang.template(r->c->lang.arg, n->scalar, &e) == 0)
		return;
	if (secret)
		(void)ynode_err(n, &e, "the template does not parse");
	else
		config_err_in(n, &e);
	report(r, &e, false);
}

bool
config_check_am(const char *path, const struct config_check *c)
{
	struct am_options o = { .strict = c->strict };
	struct run r = { .c = c };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct am_config *am = am_config_load(path, &o, &a, &e);

	if (am == NULL)
		report(&r, &e, false);
	else {
		report_warnings(&r, &am->warnings);
		if (!c->syntax_only)
			check_templates(&r, am, &a);
		if (c->lang.template != NULL)
			am_config_texts(am, check_text, &r);
		am_config_release(am);
	}
	arena_free(&a);
	return !r.failed;
}

/*
 * Lints of single fields: secrets, old names, templates.
 */
#include "lint.h"

/* ---- secrets ---- */

static bool
has_row(const struct yfields *f, struct str key)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (str_eq(str_of(f->row[i].key), key))
			return true;
	return false;
}

/* An address is a secret when it says who asks; a chat's number is none. */
static bool
is_no_secret(struct str key, struct str value)
{
	return str_eq(key, STR("chat_id")) ||
	    (str_eq(key, STR("url")) && str_find_char(value, '@') == -1);
}

/* What could be in a file, by its KEY_file, and is not. */
static void
check_pairs(struct lint_run *run, const struct ynode *n,
    const struct yfields *f)
{
	const struct ynode *v;
	struct str key, file;

	for (v = n ? n->child : NULL; v != NULL; v = v->next) {
		key = v->key->scalar;
		file = arena_printf(run->in->arena, STR_FMT "_file",
		    STR_ARG(key));
		if (v->kind == Y_SCALAR && v->scalar.n && has_row(f, file) &&
		    !is_no_secret(key, v->scalar))
			lint_at(run, v->key, n, "'" STR_FMT "' stands in the "
			    "file itself; '" STR_FMT "' keeps it elsewhere",
			    STR_ARG(key), STR_ARG(file));
	}
}

/* http_config and what is in it. */
static void
check_http(struct lint_run *run, const struct ynode *n)
{
	static const char *const keys[] = { "bearer_token", "client_secret",
	    "credentials", "password" };
	const struct ynode *v;
	size_t i;

	for (v = n ? n->child : NULL; v != NULL; v = v->next) {
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (v->key && v->kind == Y_SCALAR && v->scalar.n &&
			    str_eq(v->key->scalar, str_of(keys[i])))
				lint_at(run, v->key, n, "'%s' stands in the "
				    "file itself; '%s_file' keeps it "
				    "elsewhere", keys[i], keys[i]);
		check_http(run, v);
	}
}

void
lint_inline_secret(struct lint_run *run)
{
	const struct am_config *c = run->in->config;
	const struct integration_config *x;
	size_t i, k;

	check_pairs(run, c->global.node, am_global_fields());
	check_http(run, ynode_get(c->global.node, "http_config"));
	for (i = 0; i < c->nreceivers; i++)
		for (k = 0; k < c->receiver[i].n; k++) {
			x = &c->receiver[i].integration[k];
			check_pairs(run, x->raw, x->kind->fields);
			check_http(run, ynode_get(x->raw, "http_config"));
		}
}

/* ---- old names ---- */

static void
check_old(struct lint_run *run, const struct ynode *n, const char *old,
    const char *new)
{
	const struct ynode *v = ynode_get(n, old);

	if (v != NULL)
		lint_at(run, v->key, n, "'%s' is deprecated; write '%s'", old,
		    new);
}

static void
check_route(struct lint_run *run, const struct am_route *r)
{
	size_t i;

	check_old(run, r->node, "match", "matchers");
	check_old(run, r->node, "match_re", "matchers");
	for (i = 0; i < r->nchildren; i++)
		check_route(run, &r->child[i]);
}

void
lint_deprecated_match(struct lint_run *run)
{
	const struct am_config *c = run->in->config;
	const struct ynode *n;
	size_t i;

	check_route(run, c->route);
	for (i = 0; i < c->ninhibit; i++) {
		n = c->inhibit[i].node;
		check_old(run, n, "source_match", "source_matchers");
		check_old(run, n, "source_match_re", "source_matchers");
		check_old(run, n, "target_match", "target_matchers");
		check_old(run, n, "target_match_re", "target_matchers");
	}
}

/* ---- templates ---- */

static void
check_text(void *arg, const struct ynode *n, bool secret)
{
	struct lint_run *run = arg;
	struct tmpl_set *s = tmpl_set_derive(run->in->templates, false);
	struct str missing;
	struct err e;

	(void)secret;
	if (tmpl_parse(s, STR("field"), n->scalar, &e) == 0 &&
	    tmpl_missing(s, STR("field"), &missing))
		lint_at(run, n, n, "no template '" STR_FMT "' is defined: "
		    "nothing can be sent", STR_ARG(missing));
	tmpl_set_free(s);
}

void
lint_template_undefined(struct lint_run *run)
{
	am_config_texts(run->in->config, check_text, run);
}

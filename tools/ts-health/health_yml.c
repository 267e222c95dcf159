/*
 * health_yml: reading health.yml by rows.
 */
#include "health_yml.h"

#include <stdlib.h>

#include "config/secret.h"
#include "core/dur.h"
#include "core/map.h"
#include "json/write.h"

struct global {
	int64_t timeout_ms, slow_ms, interval_ms;
	int64_t failures, recoveries, retries, retry_interval_ms;
	struct ypairs labels;
};

struct file {
	struct global global;
	const struct ynode *checks;
};

#define AT(f)	offsetof(struct global, f)
static const struct yfield global_rows[] = {
	YROW("timeout", YT_DURATION, AT(timeout_ms), .dflt = "10s"),
	YROW("slow", YT_DURATION, AT(slow_ms), .dflt = "1s"),
	YROW("interval", YT_DURATION, AT(interval_ms), .dflt = "60s"),
	YROW("failures", YT_INT, AT(failures), .dflt = "1"),
	YROW("recoveries", YT_INT, AT(recoveries), .dflt = "1"),
	YROW("retries", YT_INT, AT(retries)),
	YROW("retry_interval", YT_DURATION, AT(retry_interval_ms)),
	YROW("labels", YT_STRMAP, AT(labels)),
};
#undef AT

static const struct yfields global_fields = {
	.name = "global", .size = sizeof(struct global),
	.row = global_rows, .n = sizeof(global_rows) / sizeof(global_rows[0]),
};

static const struct yfield file_rows[] = {
	YROW("global", YT_STRUCT, offsetof(struct file, global),
	    .sub = &global_fields),
	YROW("checks", YT_RAW, offsetof(struct file, checks),
	    .flags = YF_REQUIRED),
};

static const struct yfields file_fields = {
	.name = "health.yml", .size = sizeof(struct file),
	.row = file_rows, .n = sizeof(file_rows) / sizeof(file_rows[0]),
};

/* ---- { file: … } and { env: … } ---- */

static const struct yfield *
row_find(const struct yfields *f, struct str key)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (str_eq(key, str_of(f->row[i].key)))
			return &f->row[i];
	return NULL;
}

static int
fetch(const struct ynode *from, struct str *out, struct arena *a,
    struct err *e)
{
	const char *name = arena_cstr(a, from->scalar);
	struct err why;
	const char *v;

	if (str_eq(from->key->scalar, STR("file"))) {
		if (secret_get(STR_NONE, from->scalar, a, out, &why) == -1)
			return ynode_err(from, e, "%s", why.msg);
		return 0;
	}
	if (!str_eq(from->key->scalar, STR("env")))
		return ynode_err(from, e, "expected a text, {file: PATH} or "
		    "{env: NAME}");
	if ((v = getenv(name)) == NULL)
		return ynode_err(from, e, "environment variable '%s' is not "
		    "set", name);
	*out = arena_str(a, str_of(v));
	return 0;
}

static bool
is_elsewhere(const struct ynode *n)
{
	return n->kind == Y_MAP && n->n == 1 &&
	    n->child->kind == Y_SCALAR &&
	    (str_eq(n->child->key->scalar, STR("file")) ||
	    str_eq(n->child->key->scalar, STR("env")));
}

/* The text that stands elsewhere in the place of n. */
static int
put_text(struct ynode *n, struct arena *a, struct err *e)
{
	const struct ynode *from = n->child;

	n->kind = Y_SCALAR;
	n->style = YS_DOUBLE;
	n->tag = STR("tag:yaml.org,2002:str");
	n->child = NULL;
	return fetch(from, &n->scalar, a, e);
}

/* A copy of what is within an option; the option itself stays what it is. */
static int
fetch_within(struct ynode *n, struct arena *a, struct err *e)
{
	const struct ynode **link = &n->child, *from = n->child;
	struct ynode *c;

	for (; from != NULL; from = from->next) {
		c = ARENA_NEW(a, struct ynode);
		*c = *from;
		*link = c;
		link = &c->next;
		if ((is_elsewhere(c) ? put_text(c, a, e) :
		    fetch_within(c, a, e)) == -1)
			return -1;
	}
	return 0;
}

/*
 * A copy of mapping n with the texts fetched that stand elsewhere.  Of an
 * option that is a text itself, and of texts within: `labels: {env: prod}` is
 * a label.
 */
static int
fetch_all(const struct ynode *n, const struct yfields *f, struct ynode **out,
    struct arena *a, struct err *e)
{
	struct ynode *copy = ARENA_NEW(a, struct ynode), *c;
	const struct ynode **link = &copy->child, *from;
	const struct yfield *row;
	bool text;

	*copy = *n;
	for (from = n->child; from != NULL; from = from->next) {
		c = ARENA_NEW(a, struct ynode);
		*c = *from;
		*link = c;
		link = &c->next;
		row = row_find(f, from->key->scalar);
		text = row != NULL && row->type == YT_STR;
		if ((text && c->kind == Y_MAP && c->n == 1 ?
		    put_text(c, a, e) : fetch_within(c, a, e)) == -1)
			return -1;
	}
	*out = copy;
	return 0;
}

/* ---- one check ---- */

static void
from_global(struct check *c, const struct global *g, bool network)
{
	const struct { const char *key; int64_t *field, value; } rows[] = {
		{ "interval", &c->interval_ms, g->interval_ms },
		{ "timeout", &c->timeout_ms, g->timeout_ms },
		{ "slow", &c->slow_ms, network ? g->slow_ms : 0 },
		{ "failures", &c->failures, g->failures },
		{ "recoveries", &c->recoveries, g->recoveries },
		{ "retries", &c->retries, g->retries },
		{ "retry_interval", &c->retry_interval_ms,
		    g->retry_interval_ms },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ynode_get(c->node, rows[i].key) == NULL)
			*rows[i].field = rows[i].value;
}

/* The check's own labels win. */
static void
merge_labels(struct check *c, const struct ypairs *global, struct arena *a)
{
	struct ypairs all = { ARENA_ARRAY(a, c->labels.n + global->n,
	    struct ypair), 0 };
	size_t i, j;

	for (i = 0; i < global->n; i++) {
		for (j = 0; j < c->labels.n; j++)
			if (str_eq(c->labels.p[j].key, global->p[i].key))
				break;
		if (j == c->labels.n)
			all.p[all.n++] = global->p[i];
	}
	for (j = 0; j < c->labels.n; j++)
		all.p[all.n++] = c->labels.p[j];
	c->labels = all;
}

static const struct check_kind *
kind_of(const struct ynode *n, struct err *e)
{
	const struct ynode *type = ynode_get(n, "type");
	const struct check_kind *kind;
	const char *names[64], *near;
	size_t i;

	if (type == NULL || type->kind != Y_SCALAR) {
		(void)ynode_err(n, e, "a check needs a type");
		return NULL;
	}
	if ((kind = check_kind_find(type->scalar)) != NULL)
		return kind;
	for (i = 0; i < check_nkinds && i < 64; i++)
		names[i] = check_kinds[i]->name;
	near = yaml_near(type->scalar, names, i);
	(void)ynode_err(type, e, "unknown type of check '" STR_FMT "'%s%s%s",
	    STR_ARG(type->scalar), near ? ", did you mean '" : "",
	    near ? near : "", near ? "'?" : "");
	return NULL;
}

static int
add_check(struct health_config *h, const struct ynode *n,
    const struct global *g, struct err *e)
{
	const struct check_kind *kind;
	struct ynode *whole;
	struct check *c;

	if (n->kind != Y_MAP)
		return ynode_err(n, e, "a check must be a mapping");
	if ((kind = kind_of(n, e)) == NULL)
		return -1;
	if (fetch_all(n, kind->fields, &whole, &h->arena, e) == -1)
		return -1;
	c = arena_alloc(&h->arena, kind->fields->size);
	if (yaml_decode(whole, kind->fields, c, &h->arena, e) == -1)
		return -1;
	c->kind = kind;
	c->node = whole;
	c->procfs = h->procfs;
	c->sysfs = h->sysfs;
	c->rootfs = h->rootfs;
	from_global(c, g, kind->network);
	merge_labels(c, &g->labels, &h->arena);
	if (check_options(c, &h->arena, e) == -1)
		return -1;
	if (kind->configure != NULL && kind->configure(c, &h->arena, e) == -1)
		return -1;
	vec_push(&h->checks, c);
	return 0;
}

/* ---- all of them together ---- */

/*
 * Depth first: mark[i] is 1 while i is on the way, 2 when it is done.  The
 * depth is bounded by the marks.
 */
static int
visit(const struct health_config *h, const struct map *index, size_t i,
    char *mark, struct err *e)
{
	const struct check *c = h->checks.p[i];
	struct check **dep;
	size_t d;

	if (mark[i] == 1)
		return ynode_err(c->node, e, "'" STR_FMT "' depends on itself",
		    STR_ARG(c->name));
	if (mark[i] == 2)
		return 0;
	mark[i] = 1;
	for (d = 0; d < c->depends.n; d++) {
		dep = map_get(index, c->depends.p[d]);
		if (dep == NULL)
			return ynode_err(c->node, e, "'" STR_FMT "' depends "
			    "on '" STR_FMT "', which is no check",
			    STR_ARG(c->name), STR_ARG(c->depends.p[d]));
		if (visit(h, index, (size_t)(dep - h->checks.p), mark,
		    e) == -1)
			return -1;
	}
	mark[i] = 2;
	return 0;
}

static int
check_together(struct health_config *h, struct err *e)
{
	struct map index = { 0 };
	char *mark = arena_alloc(&h->arena, h->checks.n + 1);
	size_t i;
	int rc = 0;

	for (i = 0; i < h->checks.n && rc == 0; i++)
		if (map_put(&index, h->checks.p[i]->name,
		    &h->checks.p[i]) != NULL)
			rc = ynode_err(h->checks.p[i]->node, e, "two checks "
			    "are called '" STR_FMT "'",
			    STR_ARG(h->checks.p[i]->name));
	for (i = 0; i < h->checks.n && rc == 0; i++)
		rc = visit(h, &index, i, mark, e);
	map_release(&index);
	return rc;
}

/* "unhealthy" contains "healthy": a service that is down would pass. */
static void
lint_contains(struct health_config *h, const struct check *c)
{
	const struct ynode *n = ynode_get(c->node, "contains");
	struct err e;

	if (n == NULL || n->kind != Y_SCALAR ||
	    !str_eq_nocase(n->scalar, STR("healthy")))
		return;
	(void)ynode_err(n, &e, "'contains: healthy' also finds 'unhealthy'; "
	    "use regex: '\\bhealthy\\b'");
	vec_push(&h->warnings, e);
}

static int
load_root(struct health_config *h, const struct ynode *root, struct err *e)
{
	struct file f;
	const struct ynode *n;

	if (yaml_decode(root, &file_fields, &f, &h->arena, e) == -1)
		return -1;
	if (f.checks == NULL || f.checks->kind != Y_SEQ)
		return ynode_err(root, e, "'checks' must be a list");
	if (f.checks->n > HEALTH_CHECKS_MAX)
		return ynode_err(f.checks, e, "more than %d checks",
		    HEALTH_CHECKS_MAX);
	for (n = f.checks->child; n != NULL; n = n->next) {
		if (add_check(h, n, &f.global, e) == -1)
			return -1;
		lint_contains(h, h->checks.p[h->checks.n - 1]);
	}
	return check_together(h, e);
}

int
health_load(struct health_config *h, const char *path, struct err *e)
{
	const struct ynode *root = yaml_load_file(path, &h->arena, e);

	return root == NULL ? -1 : load_root(h, root, e);
}

static bool
is_yaml(struct str value)
{
	struct arena a = { 0 };
	struct buf text = { 0 };
	struct err e;
	bool ok;

	(void)buf_printf(&text, "value: " STR_FMT "\n", STR_ARG(value));
	ok = yaml_load(buf_str(&text), NULL, &a, &e) != NULL;
	buf_release(&text);
	arena_free(&a);
	return ok;
}

/*
 * A value as YAML; what is none is text, as are ranges (10:, @5:6, ~:0):
 * nothing needs quotes within those of the shell.
 */
static void
put_option(struct buf *text, struct str value)
{
	bool yaml = value.n && strchr("[{\"'", value.p[0]) != NULL;

	if ((!yaml && str_find_char(value, ':') >= 0) || !is_yaml(value))
		json_put_str(text, value, false);
	else
		(void)buf_put(text, value);
	(void)buf_putc(text, '\n');
}

/*
 * Where in our text an error is says nothing to people: which option it is.
 * Each has a line, from the first one on, unless it holds more.
 */
static int
adhoc_err(unsigned first, const struct str *options, size_t noptions,
    struct err *e)
{
	struct str key;
	size_t i;

	for (i = 0; i < noptions; i++)
		if (str_find_char(options[i], '\n') >= 0)
			return -1;
	if (e->line >= first && e->line - first < noptions) {
		(void)str_cut(options[e->line - first], '=', &key);
		if (str_find(str_of(e->msg), key) < 0)
			(void)err_prefix(e, "--set " STR_FMT, STR_ARG(key));
	}
	e->line = e->col = 0;
	return -1;
}

/* The same check as health.yml would have it, so nothing is known twice. */
int
health_adhoc(struct health_config *h, const struct check_kind *kind,
    struct str target, const struct str *options, size_t noptions,
    struct err *e)
{
	struct buf text = { 0 };
	const struct ynode *root;
	struct str key, value;
	struct check *c;
	unsigned line = 4;
	size_t i;

	/* Its name is what it looks at, once that is known without secrets. */
	(void)buf_printf(&text, "checks:\n - name: \"%zu\"\n   type: %s\n",
	    h->checks.n, kind->name);
	if (kind->operand != NULL && target.n) {
		(void)buf_printf(&text, "   %s: ", kind->operand);
		json_put_str(&text, target, false);
		(void)buf_putc(&text, '\n');
		line++;
	}
	for (i = 0; i < noptions; i++) {
		value = str_cut(options[i], '=', &key);
		(void)buf_printf(&text, "   " STR_FMT ": ", STR_ARG(key));
		put_option(&text, value);
	}
	root = yaml_load(buf_str(&text), NULL, &h->arena, e);
	buf_release(&text);
	if (root == NULL || load_root(h, root, e) == -1)
		return adhoc_err(line, options, noptions, e);
	c = h->checks.p[h->checks.n - 1];
	c->name = c->target.n ? c->target : str_of(kind->name);
	return 0;
}

void
health_release(struct health_config *h)
{
	vec_release(&h->checks);
	vec_release(&h->warnings);
	arena_free(&h->arena);
}

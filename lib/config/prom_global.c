/*
 * The global block of prometheus.yml, and the rules that it shares with jobs.
 */
#include "config/internal.h"

#include <stdlib.h>

#include "core/utf8.h"

#define G(member)	offsetof(struct prom_global, member)

static const struct yfield rows[] = {
	YROW("scrape_interval", YT_DURATION, G(scrape.interval_ms),
	    .dflt = "1m"),
	YROW("scrape_timeout", YT_DURATION, G(scrape.timeout_ms)),
	YROW("evaluation_interval", YT_DURATION, G(evaluation_interval_ms),
	    .dflt = "1m"),
	YROW("rule_query_offset", YT_DURATION, G(rule_query_offset_ms)),
	YROW("external_labels", YT_STRMAP, G(external_labels)),
	YROW("query_log_file", YT_CUSTOM, G(query_log_file),
	    .decode = config_decode_path),
	PROM_COMMON_ROWS(G(scrape))
};

static const struct yfields fields = {
	.name = "global", .size = sizeof(struct prom_global), .row = rows,
	.n = COUNT(rows), .null_is_zero = true
};

static bool
is_env_char(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

/* The name behind a '$': $VAR or ${VAR}; returns the bytes it takes. */
static size_t
env_name(struct str s, struct str *name)
{
	size_t n = 0;
	ptrdiff_t end;

	if (s.n > 0 && s.p[0] == '{' &&
	    (end = str_find_char(s, '}')) != -1) {
		*name = str_sub(s, 1, (size_t)end);
		return (size_t)end + 1;
	}
	while (n < s.n && is_env_char(s.p[n]))
		n++;
	*name = str_sub(s, 0, n);
	return n;
}

/* $VAR and ${VAR} from the environment; $$ is a dollar. */
static struct str
expand_env(const struct ypair *p, struct config_warnings *w, struct arena *a)
{
	struct buf out = { 0 };
	struct str rest = p->value, head, name;
	const char *value;

	for (;;) {
		rest = str_cut(rest, '$', &head);
		(void)buf_put(&out, head);
		if (rest.p == NULL)
			break;
		if (rest.n > 0 && rest.p[0] == '$') {
			(void)buf_putc(&out, '$');
			rest = str_sub(rest, 1, rest.n);
			continue;
		}
		rest = str_sub(rest, env_name(rest, &name), rest.n);
		value = name.n ? getenv(arena_cstr(a, name)) : NULL;
		if (value == NULL)
			config_warn(w, p->node, a, "environment variable '"
			    STR_FMT "' is not set", STR_ARG(name));
		(void)buf_put(&out, str_of(value));
	}
	head = arena_str(a, buf_str(&out));
	buf_release(&out);
	return head;
}

static int
pair_cmp(const void *a, const void *b)
{
	return str_cmp(((const struct ypair *)a)->key,
	    ((const struct ypair *)b)->key);
}

static int
bad_value(const struct ypair *p, struct err *e)
{
	struct buf q = { 0 };
	int rc;

	go_quote(&q, p->value);
	rc = ynode_err(p->node, e, STR_FMT " is not a valid label value",
	    STR_ARG(buf_str(&q)));
	buf_release(&q);
	return rc;
}

static int
external_labels(struct prom_global *g, struct config_warnings *w,
    struct arena *a, struct err *e)
{
	struct ypairs *l = &g->external_labels;
	size_t i;

	for (i = 0; i < l->n; i++) {
		struct ypair *p = &l->p[i];
		bool legacy = g->scrape.names == NAMES_LEGACY;

		if (legacy ? !label_name_is_legacy(p->key) :
		    p->key.n == 0 || !utf8_valid(p->key))
			return ynode_err(p->node->key, e, "\"" STR_FMT
			    "\" is not a valid label name", STR_ARG(p->key));
		p->value = expand_env(p, w, a);
		if (!utf8_valid(p->value))
			return bad_value(p, e);
	}
	if (l->n > 1)
		qsort(l->p, l->n, sizeof(*l->p), pair_cmp);
	return 0;
}

int
prom_global_decode(const struct ynode *n, struct prom_global *g,
    struct config_warnings *w, struct arena *a, struct err *e)
{
	static const struct ynode none = { .kind = Y_NULL };
	struct scrape_common *s = &g->scrape;

	if (n == NULL)
		n = &none;
	if (yaml_decode(n, &fields, g, a, e) == -1)
		return -1;
	if (n->kind == Y_MAP)
		g->node = n;
	if (s->interval_ms == 0)
		s->interval_ms = DUR_MINUTE;
	if (s->timeout_ms > s->interval_ms)
		return ynode_err(ynode_get(n, "scrape_timeout"), e,
		    "global scrape timeout greater than scrape interval");
	if (s->timeout_ms == 0)
		s->timeout_ms = s->interval_ms < 10 * DUR_SECOND ?
		    s->interval_ms : 10 * DUR_SECOND;
	if (g->evaluation_interval_ms == 0)
		g->evaluation_interval_ms = DUR_MINUTE;
	return external_labels(g, w, a, e);
}

/* ---- fields that jobs and global share ---- */

int
prom_decode_names(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	(void)a;
	if (n->kind == Y_NULL || n->scalar.n == 0)
		return 0;
	if (str_eq(n->scalar, STR("legacy")))
		*(enum name_scheme *)out = NAMES_LEGACY;
	else if (str_eq(n->scalar, STR("utf8")))
		*(enum name_scheme *)out = NAMES_UTF8;
	else
		return ynode_err(n, e, "unknown global name validation method "
		    "specified, must be either '', 'legacy' or 'utf8', got "
		    STR_FMT, STR_ARG(n->scalar));
	return 0;
}

int
prom_decode_escaping(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	static const char *const words[] = {
		"allow-utf-8", "underscores", "dots", "values"
	};
	size_t i;

	(void)a;
	if (n->kind == Y_NULL || n->scalar.n == 0)
		return 0;
	for (i = 0; i < COUNT(words); i++)
		if (str_eq(n->scalar, str_of(words[i]))) {
			*(struct str *)out = n->scalar;
			return 0;
		}
	return ynode_err(n, e, "unknown global name escaping method "
	    "specified, must be one of 'allow-utf-8', 'underscores', 'dots', "
	    "or 'values', got \"" STR_FMT "\"", STR_ARG(n->scalar));
}

static const char *const protocols[] = {
	"OpenMetricsText0.0.1", "OpenMetricsText1.0.0", "PrometheusProto",
	"PrometheusText0.0.4", "PrometheusText1.0.0"
};

static int
check_protocol(const struct ynode *n, const char *field, struct err *e)
{
	size_t i;

	for (i = 0; i < COUNT(protocols); i++)
		if (n->kind == Y_SCALAR &&
		    str_eq(n->scalar, str_of(protocols[i])))
			return 0;
	return ynode_err(n, e, "%s: unknown scrape protocol " STR_FMT
	    ", supported: [%s %s %s %s %s]", field, STR_ARG(n->scalar),
	    protocols[0], protocols[1], protocols[2], protocols[3],
	    protocols[4]);
}

int
prom_decode_protocols(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct ystrs *list = out;
	const struct ynode *c;
	size_t i;

	if (n->kind == Y_NULL)
		return 0;
	if (n->kind != Y_SEQ)
		return ynode_err(n, e, "'scrape_protocols' must be a list");
	if (n->n == 0)
		return ynode_err(n, e, "scrape_protocols cannot be empty");
	list->p = ARENA_ARRAY(a, n->n, struct str);
	for (c = n->child; c != NULL; c = c->next) {
		if (check_protocol(c, "scrape_protocols", e) == -1)
			return -1;
		for (i = 0; i < list->n; i++)
			if (str_eq(list->p[i], c->scalar))
				return ynode_err(c, e, "duplicated protocol "
				    "in scrape_protocols, got " STR_FMT,
				    STR_ARG(c->scalar));
		list->p[list->n++] = c->scalar;
	}
	return 0;
}

int
prom_decode_protocol(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	(void)a;
	if (n->kind == Y_NULL || (n->kind == Y_SCALAR && n->scalar.n == 0))
		return 0;
	if (n->kind != Y_SCALAR)
		return ynode_err(n, e,
		    "'fallback_scrape_protocol' must be a string");
	*(struct str *)out = n->scalar;
	return check_protocol(n, "invalid fallback_scrape_protocol", e);
}

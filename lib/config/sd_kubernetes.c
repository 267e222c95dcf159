/*
 * kubernetes_sd_configs: the fields, and which of them go together.
 */
#include "config/internal.h"

#define K(member)	offsetof(struct kubernetes_sd_config, member)
#define S(member)	offsetof(struct kubernetes_selector, member)

static const struct yfield selector_rows[] = {
	YROW("role", YT_STR, S(role)),
	YROW("label", YT_STR, S(label)),
	YROW("field", YT_STR, S(field))
};

static const struct yfields selector_fields = {
	.name = "selector", .size = sizeof(struct kubernetes_selector),
	.row = selector_rows, .n = COUNT(selector_rows)
};

#define N(member)	(K(namespaces.member) - K(namespaces))
#define M(member)	(K(attach.member) - K(attach))

static const struct yfield namespaces_rows[] = {
	YROW("own_namespace", YT_BOOL, N(own_namespace)),
	YROW("names", YT_STRLIST, N(names))
};

static const struct yfields namespaces_fields = {
	.name = "namespaces",
	.size = sizeof(((struct kubernetes_sd_config *)0)->namespaces),
	.row = namespaces_rows, .n = COUNT(namespaces_rows)
};

static const struct yfield attach_rows[] = {
	YROW("node", YT_BOOL, M(node)),
	YROW("namespace", YT_BOOL, M(namespace)),
	YROW("deployment", YT_BOOL, M(deployment)),
	YROW("job", YT_BOOL, M(job)),
	YROW("cronjob", YT_BOOL, M(cronjob))
};

static const struct yfields attach_fields = {
	.name = "attach_metadata",
	.size = sizeof(((struct kubernetes_sd_config *)0)->attach),
	.row = attach_rows, .n = COUNT(attach_rows)
};

static const struct yfield rows[] = {
	YROW("role", YT_STR, K(role)),
	YROW("api_server", YT_STR, K(api_server)),
	YROW("kubeconfig_file", YT_CUSTOM, K(kubeconfig_file),
	    .decode = config_decode_path),
	YROW("namespaces", YT_STRUCT, K(namespaces),
	    .sub = &namespaces_fields),
	YROW("selectors", YT_LIST, K(selectors), .sub = &selector_fields),
	YROW("attach_metadata", YT_STRUCT, K(attach), .sub = &attach_fields),
	HTTP_CONFIG_ROWS(K(http))
};

/* Each role and the roles whose selectors it takes. */
static const struct {
	const char *role;
	const char *selectors[4];
} roles[] = {
	{ "pod", { "pod", "node" } },
	{ "service", { "service" } },
	{ "endpoints", { "pod", "service", "endpoints" } },
	{ "endpointslice", { "pod", "service", "endpointslice" } },
	{ "node", { "node" } },
	{ "ingress", { "ingress" } }
};

static size_t
find_role(struct str name)
{
	size_t i;

	for (i = 0; i < COUNT(roles); i++)
		if (str_eq(name, str_of(roles[i].role)))
			break;
	return i;
}

static int
check_connection(const struct ynode *n, const struct kubernetes_sd_config *c,
    struct err *e)
{
	bool own = c->namespaces.own_namespace,
	    http = http_config_present(n);

	if (c->api_server.n == 0 && c->kubeconfig_file.n == 0 && http)
		return ynode_err(n, e, "to use custom HTTP client "
		    "configuration please provide the 'api_server' URL "
		    "explicitly");
	if (c->api_server.n && c->kubeconfig_file.n)
		return ynode_err(n, e, "cannot use 'kubeconfig_file' and "
		    "'api_server' simultaneously");
	if (c->kubeconfig_file.n && http)
		return ynode_err(n, e, "cannot use a custom HTTP client "
		    "configuration together with 'kubeconfig_file'");
	if (c->kubeconfig_file.n && own)
		return ynode_err(n, e, "cannot use 'kubeconfig_file' and "
		    "'namespaces.own_namespace' simultaneously");
	if (c->api_server.n && own)
		return ynode_err(n, e, "cannot use 'api_server' and "
		    "'namespaces.own_namespace' simultaneously");
	return 0;
}

static int
wrong_selector_role(const struct ynode *n, size_t role, struct err *e)
{
	const char *const *s = roles[role].selectors;

	return ynode_err(n, e, "%s role supports only %s%s%s%s%s selectors",
	    roles[role].role, s[0], s[1] ? ", " : "", s[1] ? s[1] : "",
	    s[2] ? ", " : "", s[2] ? s[2] : "");
}

/* name=value, name==value, name!=value, joined by commas */
static int
check_field_selector(const struct ynode *n, struct str text, struct err *e)
{
	struct str rest = text, term;

	if (text.n == 0)
		return 0;
	do {
		rest = str_cut(rest, ',', &term);
		if (term.n > 0 && str_find_char(term, '=') < 1)
			return ynode_err(n, e, "invalid selector: '" STR_FMT
			    "'; can't understand '" STR_FMT "'",
			    STR_ARG(text), STR_ARG(term));
	} while (rest.p != NULL);
	return 0;
}

static int
check_selector(const struct ynode *n, const struct kubernetes_sd_config *c,
    size_t role, size_t at, struct err *e)
{
	const struct kubernetes_selector *all = c->selectors.p, *s = &all[at];
	const char *const *allowed = roles[role].selectors;
	size_t i;

	for (i = 0; i < at; i++)
		if (str_eq(all[i].role, s->role))
			return ynode_err(n, e, "duplicated selector role: "
			    STR_FMT, STR_ARG(s->role));
	for (i = 0; i < 4 && allowed[i] != NULL; i++)
		if (str_eq(s->role, str_of(allowed[i])))
			return check_field_selector(n, s->field, e);
	return wrong_selector_role(n, role, e);
}

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	struct kubernetes_sd_config *c = out;
	const struct ynode *item;
	size_t role, i;

	(void)a;
	if (c->role.n == 0)
		return ynode_err(n, e, "role missing (one of: pod, service, "
		    "endpoints, endpointslice, node, ingress)");
	if ((role = find_role(c->role)) == COUNT(roles))
		return ynode_err(ynode_get(n, "role"), e,
		    "unknown Kubernetes SD role \"" STR_FMT "\"",
		    STR_ARG(c->role));
	if (http_config_check(n, &c->http, e) == -1 ||
	    check_connection(n, c, e) == -1)
		return -1;
	if (c->selectors.n == 0)
		return 0;
	item = ynode_get(n, "selectors")->child;
	for (i = 0; i < c->selectors.n; i++, item = item->next)
		if (check_selector(item, c, role, i, e) == -1)
			return -1;
	return 0;
}

const struct yfields kubernetes_sd_fields = {
	.name = "kubernetes_sd_config",
	.size = sizeof(struct kubernetes_sd_config), .row = rows,
	.n = COUNT(rows), .node_offset = K(node), .null_is_zero = true,
	.check = check
};

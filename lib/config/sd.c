#include "config/internal.h"

#include "core/vec.h"

#define TABLE(what, type, rows, checker) {				\
	.name = what, .size = sizeof(type), .row = rows,		\
	.n = COUNT(rows), .node_offset = offsetof(type, node),		\
	.null_is_zero = true, .check = checker }

/* ---- static ---- */

static const struct yfield static_rows[] = {
	YROW("targets", YT_STRLIST, offsetof(struct static_config, targets)),
	YROW("labels", YT_STRMAP, offsetof(struct static_config, labels))
};

static int
check_static(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	const struct static_config *s = out;
	size_t i;

	(void)a;
	(void)n;
	for (i = 0; i < s->labels.n; i++)
		if (s->labels.p[i].key.n == 0)
			return ynode_err(s->labels.p[i].node, e,
			    "\"\" is not a valid label name");
	return 0;
}

static const struct yfields static_fields = TABLE("static_config",
    struct static_config, static_rows, check_static);

/* ---- file ---- */

/* A path with at most one '*', in its last segment, and a known extension. */
static bool
is_file_sd_pattern(struct str p)
{
	static const char *const ends[] = {
		".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"
	};
	size_t i;

	if (!glob_is_rule_pattern(p))
		return false;
	for (i = 0; i < COUNT(ends); i++)
		if (str_ends(p, str_of(ends[i])))
			return true;
	return false;
}

static int
check_file_sd(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct file_sd_config *c = out;
	size_t i;

	if (c->files.n == 0)
		return ynode_err(n, e, "file service discovery config must "
		    "contain at least one path name");
	for (i = 0; i < c->files.n; i++) {
		if (!is_file_sd_pattern(c->files.p[i]))
			return ynode_err(n, e, "path name \"" STR_FMT
			    "\" is not valid for file discovery",
			    STR_ARG(c->files.p[i]));
		c->files.p[i] = config_path(n, c->files.p[i], a);
	}
	return 0;
}

static const struct yfield file_rows[] = {
	YROW("files", YT_STRLIST, offsetof(struct file_sd_config, files)),
	YROW("refresh_interval", YT_DURATION,
	    offsetof(struct file_sd_config, refresh_ms), .dflt = "5m")
};

static const struct yfields file_fields = TABLE("file_sd_config",
    struct file_sd_config, file_rows, check_file_sd);

/* ---- http ---- */

static int
check_http_sd(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct http_sd_config *c = out;
	ptrdiff_t sep = str_find(c->url, STR("://"));
	struct str scheme, host;

	(void)a;
	if (c->url.n == 0)
		return ynode_err(n, e, "URL is missing");
	scheme = str_sub(c->url, 0, sep == -1 ? 0 : (size_t)sep);
	if (!str_eq(scheme, STR("http")) && !str_eq(scheme, STR("https")))
		return ynode_err(ynode_get(n, "url"), e,
		    "URL scheme must be 'http' or 'https'");
	(void)str_cut(str_sub(c->url, (size_t)sep + 3, c->url.n), '/', &host);
	if (host.n == 0)
		return ynode_err(ynode_get(n, "url"), e,
		    "host is missing in URL");
	return http_config_check(n, &c->http, e);
}

static const struct yfield http_rows[] = {
	YROW("url", YT_STR, offsetof(struct http_sd_config, url)),
	YROW("refresh_interval", YT_DURATION,
	    offsetof(struct http_sd_config, refresh_ms), .dflt = "1m"),
	HTTP_CONFIG_ROWS(offsetof(struct http_sd_config, http))
};

static const struct yfields http_fields = TABLE("http_sd_config",
    struct http_sd_config, http_rows, check_http_sd);

/* ---- dns ---- */

static int
check_dns(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	static const char *const types[] = { "SRV", "A", "AAAA", "MX", "NS" };
	struct dns_sd_config *c = out;
	size_t i;

	(void)a;
	if (c->names.n == 0)
		return ynode_err(n, e, "DNS-SD config must contain at least "
		    "one SRV record name");
	for (i = 0; i < COUNT(types); i++)
		if (str_eq_nocase(c->type, str_of(types[i])))
			break;
	if (i == COUNT(types))
		return ynode_err(ynode_get(n, "type"), e,
		    "invalid DNS-SD records type " STR_FMT,
		    STR_ARG(c->type));
	c->type = str_of(types[i]);
	if (c->port == 0 && i != 0)
		return ynode_err(n, e, "a port is required in DNS-SD configs "
		    "for all record types except SRV");
	return 0;
}

static const struct yfield dns_rows[] = {
	YROW("names", YT_STRLIST, offsetof(struct dns_sd_config, names)),
	YROW("type", YT_STR, offsetof(struct dns_sd_config, type),
	    .dflt = "SRV"),
	YROW("port", YT_INT, offsetof(struct dns_sd_config, port)),
	YROW("refresh_interval", YT_DURATION,
	    offsetof(struct dns_sd_config, refresh_ms), .dflt = "30s")
};

static const struct yfields dns_fields = TABLE("dns_sd_config",
    struct dns_sd_config, dns_rows, check_dns);

/* ---- all of them ---- */

/* fields NULL: known by name; the block stays raw. */
static const struct sd_kind {
	const char *name;
	const struct yfields *fields;
} sd_kinds[] = {
	{ "static", &static_fields },
	{ "file", &file_fields },
	{ "http", &http_fields },
	{ "dns", &dns_fields },
	{ "kubernetes", &kubernetes_sd_fields },
	{ "aws", NULL }, { "azure", NULL }, { "consul", NULL },
	{ "digitalocean", NULL }, { "docker", NULL },
	{ "dockerswarm", NULL }, { "ec2", NULL }, { "ecs", NULL },
	{ "elasticache", NULL }, { "eureka", NULL }, { "gce", NULL },
	{ "hetzner", NULL }, { "ionos", NULL }, { "kuma", NULL },
	{ "lightsail", NULL }, { "linode", NULL }, { "marathon", NULL },
	{ "msk", NULL }, { "nerve", NULL }, { "nomad", NULL },
	{ "oci", NULL }, { "openstack", NULL }, { "outscale", NULL },
	{ "ovhcloud", NULL }, { "puppetdb", NULL }, { "rds", NULL },
	{ "scaleway", NULL }, { "serverset", NULL }, { "stackit", NULL },
	{ "triton", NULL }, { "uyuni", NULL }, { "vultr", NULL }
};

/* "consul_sd_configs" -> "consul", "static_configs" -> "static" */
static struct str
kind_of_key(struct str key)
{
	if (str_eq(key, STR("static_configs")))
		return STR("static");
	if (!str_ends(key, STR("_sd_configs")))
		return STR_NONE;
	return str_sub(key, 0, key.n - (sizeof("_sd_configs") - 1));
}

static const struct sd_kind *
find_kind(struct str name)
{
	size_t i;

	for (i = 0; i < COUNT(sd_kinds); i++)
		if (str_eq(name, str_of(sd_kinds[i].name)))
			return &sd_kinds[i];
	return NULL;
}

bool
sd_key(struct str key)
{
	return find_kind(kind_of_key(key)) != NULL &&
	    !str_eq(key, STR("static_sd_configs"));
}

bool
sd_kind_decoded(struct str kind)
{
	const struct sd_kind *k = find_kind(kind);

	return k != NULL && k->fields != NULL;
}

int
sd_check_address(const struct ynode *n, struct str address, struct err *e)
{
	if (str_find_char(address, '/') == -1)
		return 0;
	return ynode_err(n, e, "\"" STR_FMT "\" is not a valid hostname",
	    STR_ARG(address));
}

/* The node of the i-th target, for a position. */
static const struct ynode *
target_node(const struct static_config *s, size_t i)
{
	const struct ynode *n = ynode_get(s->node, "targets")->child;

	while (i-- > 0)
		n = n->next;
	return n;
}

static int
check_targets(const struct static_config *s, size_t group, struct err *e)
{
	size_t i;

	for (i = 0; i < s->targets.n; i++) {
		if (str_find_char(s->targets.p[i], '/') == -1)
			continue;
		(void)sd_check_address(target_node(s, i), s->targets.p[i], e);
		return err_prefix(e, "instance %zu in group %zu", i, group);
	}
	return 0;
}

static size_t
index_of(const struct ynode *list, const struct ynode *n)
{
	const struct ynode *x = list->child;
	size_t i;

	for (i = 0; x != n; i++)
		x = x->next;
	return i;
}

static int
decode_item(const struct ynode *list, const struct ynode *n,
    const struct sd_kind *k, bool urls_ok, struct sd_config *out,
    struct arena *a, struct err *e)
{
	if (n->kind == Y_NULL && k->fields == &static_fields)
		return ynode_err(n, e,
		    "empty or null section in static_configs");
	out->kind = str_of(k->name);
	out->raw = n;
	out->conf = NULL;
	if (k->fields == NULL)
		return n->kind == Y_MAP || n->kind == Y_NULL ? 0 :
		    ynode_err(n, e, "%s_sd_config must be a mapping",
		    k->name);
	out->conf = arena_alloc(a, k->fields->size);
	if (yaml_decode(n, k->fields, out->conf, a, e) == -1)
		return -1;
	if (k->fields == &static_fields && !urls_ok)
		return check_targets(out->conf, index_of(list, n), e);
	return 0;
}

int
sd_configs_decode(const struct ynode *n, bool urls_ok,
    struct sd_configs *out, struct arena *a, struct err *e)
{
	const struct ynode *list, *item;
	size_t n_items = 0;

	*out = (struct sd_configs){ 0 };
	for (list = n->child; list != NULL; list = list->next)
		if (sd_key(list->key->scalar))
			n_items += list->n;
	out->p = ARENA_ARRAY(a, n_items, struct sd_config);
	for (list = n->child; list != NULL; list = list->next) {
		if (!sd_key(list->key->scalar) || list->kind == Y_NULL)
			continue;
		if (list->kind != Y_SEQ)
			return ynode_err(list, e, "'" STR_FMT
			    "' must be a list", STR_ARG(list->key->scalar));
		for (item = list->child; item != NULL; item = item->next)
			if (decode_item(list, item,
			    find_kind(kind_of_key(list->key->scalar)),
			    urls_ok, &out->p[out->n++], a, e) == -1)
				return -1;
	}
	return 0;
}

int
sd_groups_decode(const struct ynode *root, struct ylist *groups,
    struct arena *a, struct err *e)
{
	const struct ynode *n;
	struct static_config *out;

	*groups = (struct ylist){ 0 };
	if (root->kind == Y_NULL)
		return 0;
	if (root->kind != Y_SEQ)
		return ynode_err(root, e, "target groups must be a list");
	groups->p = out = ARENA_ARRAY(a, root->n, struct static_config);
	for (n = root->child; n != NULL; n = n->next, out++, groups->n++) {
		if (n->kind == Y_NULL)
			return ynode_err(n, e, "nil target group item found");
		if (yaml_decode(n, &static_fields, out, a, e) == -1)
			return -1;
	}
	return 0;
}

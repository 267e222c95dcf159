#include "config/internal.h"

/* ---- alertmanagers ---- */

#define A(member)	offsetof(struct alertmanager_config, member)

static const struct yfield am_rows[] = {
	YROW("scheme", YT_STR, A(scheme), .dflt = "http"),
	YROW("path_prefix", YT_STR, A(path_prefix)),
	YROW("timeout", YT_DURATION, A(timeout_ms), .dflt = "10s"),
	YROW("api_version", YT_STR, A(api_version), .dflt = "v2"),
	YROW("relabel_configs", YT_CUSTOM, A(relabel),
	    .decode = config_decode_relabels),
	YROW("alert_relabel_configs", YT_CUSTOM, A(alert_relabel),
	    .decode = config_decode_relabels),
	YROW("sigv4", YT_RAW, A(sd_scratch)),
	HTTP_CONFIG_ROWS(A(http)),
	SD_ROWS(A(sd_scratch))
};

static const struct yfields am_fields = {
	.name = "alertmanager config",
	.size = sizeof(struct alertmanager_config), .row = am_rows,
	.n = COUNT(am_rows), .null_is_zero = true
};

static int
alertmanager_decode(const struct ynode *n, struct alertmanager_config *c,
    struct arena *a, struct err *e)
{
	if (n->kind == Y_NULL)
		return ynode_err(n, e,
		    "empty or null Alertmanager config section");
	if (yaml_decode(n, &am_fields, c, a, e) == -1)
		return -1;
	c->node = n;
	if (!str_eq(c->api_version, STR("v2")))
		return ynode_err(ynode_get(n, "api_version"), e, "expected "
		    "Alertmanager api version to be one of [v2] but got "
		    STR_FMT, STR_ARG(c->api_version));
	if (http_config_check(n, &c->http, e) == -1)
		return -1;
	return sd_configs_decode(n, c->relabel.n > 0, &c->sd, a, e);
}

/* ---- lists ---- */

int
config_list(const struct ynode *n, const char *name,
    const struct ynode **first, size_t *count, struct err *e)
{
	const struct ynode *list = ynode_get(n, name);

	*first = NULL;
	*count = 0;
	if (list == NULL || list->kind == Y_NULL)
		return 0;
	if (list->kind != Y_SEQ)
		return ynode_err(list, e, "field '%s' must be a list", name);
	*first = list->child;
	*count = list->n;
	return 0;
}

static int
alerting(const struct ynode *n, struct prom_config *c, struct arena *a,
    struct err *e)
{
	static const struct yfield rows[] = {
		YROW("alert_relabel_configs", YT_CUSTOM,
		    offsetof(struct prom_config, alert_relabel),
		    .decode = config_decode_relabels),
		YROW("alertmanagers", YT_RAW,
		    offsetof(struct prom_config, scratch))
	};
	static const struct yfields fields = {
		.name = "alerting", .size = sizeof(struct prom_config),
		.row = rows, .n = COUNT(rows)
	};
	struct prom_config part;
	const struct ynode *item;
	size_t count;
	int rc;

	if (n == NULL)
		return 0;
	rc = yaml_decode(n, &fields, &part, a, e);
	c->alert_relabel = part.alert_relabel;
	if (rc == -1 || config_list(n, "alertmanagers", &item, &count,
	    e) == -1)
		return -1;
	c->alertmanagers = ARENA_ARRAY(a, count, struct alertmanager_config);
	for (; item != NULL; item = item->next)
		if (alertmanager_decode(item,
		    &c->alertmanagers[c->nalertmanagers++], a, e) == -1)
			return -1;
	return 0;
}

/* Names of remote endpoints are unique when given. */
static int
repeated_name(const struct ynode *n, const char *what, struct str name,
    struct err *e)
{
	return ynode_err(n, e, "found multiple remote %s configs with job "
	    "name \"" STR_FMT "\"", what, STR_ARG(name));
}

static int
remote_write(const struct ynode *root, struct prom_config *c,
    struct arena *a, struct err *e)
{
	const struct ynode *n;
	struct remote_write *w;
	size_t count, i;

	if (config_list(root, "remote_write", &n, &count, e) == -1)
		return -1;
	c->remote_write = ARENA_ARRAY(a, count, struct remote_write);
	for (; n != NULL; n = n->next) {
		w = &c->remote_write[c->nremote_write++];
		if (prom_remote_write_decode(n, w, a, e) == -1)
			return -1;
		for (i = 0; w->name.n && i + 1 < c->nremote_write; i++)
			if (str_eq(c->remote_write[i].name, w->name))
				return repeated_name(n, "write", w->name, e);
	}
	return 0;
}

static int
remote_read(const struct ynode *root, struct prom_config *c,
    struct arena *a, struct err *e)
{
	const struct ynode *n;
	struct remote_read *r;
	size_t count, i;

	if (config_list(root, "remote_read", &n, &count, e) == -1)
		return -1;
	c->remote_read = ARENA_ARRAY(a, count, struct remote_read);
	for (; n != NULL; n = n->next) {
		r = &c->remote_read[c->nremote_read++];
		if (prom_remote_read_decode(n, r, a, e) == -1)
			return -1;
		for (i = 0; r->name.n && i + 1 < c->nremote_read; i++)
			if (str_eq(c->remote_read[i].name, r->name))
				return repeated_name(n, "read", r->name, e);
	}
	return 0;
}

static int
rule_files(const struct ynode *root, struct prom_config *c, struct arena *a,
    struct err *e)
{
	const struct ynode *n;
	size_t count;

	if (config_list(root, "rule_files", &n, &count, e) == -1)
		return -1;
	c->rule_files.p = ARENA_ARRAY(a, count, struct str);
	c->rule_file_nodes = ARENA_ARRAY(a, count, const struct ynode *);
	for (; n != NULL; n = n->next) {
		if (n->kind != Y_SCALAR || !glob_is_rule_pattern(n->scalar))
			return ynode_err(n, e, "invalid rule file path '"
			    STR_FMT "'", STR_ARG(n->scalar));
		c->rule_file_nodes[c->rule_files.n] = n;
		c->rule_files.p[c->rule_files.n++] =
		    config_path(n, n->scalar, a);
	}
	return 0;
}

/* ---- jobs ---- */

/* Room for `more` jobs behind those that are there. */
static void
grow_scrape(struct prom_config *c, size_t more, struct arena *a)
{
	struct scrape_config *grown =
	    ARENA_ARRAY(a, c->nscrape + more, struct scrape_config);

	if (c->nscrape > 0)
		memcpy(grown, c->scrape, c->nscrape * sizeof(*grown));
	c->scrape = grown;
}

static int
check_job_name(const struct prom_config *c, struct err *e)
{
	const struct scrape_config *s = &c->scrape[c->nscrape - 1];
	size_t i;

	for (i = 0; i + 1 < c->nscrape; i++)
		if (str_eq(c->scrape[i].job_name, s->job_name))
			return ynode_err(s->node, e, "found multiple scrape "
			    "configs with job name \"" STR_FMT "\"",
			    STR_ARG(s->job_name));
	return 0;
}

static int
scrape_list(const struct ynode *root, struct prom_config *c, struct arena *a,
    struct err *e)
{
	const struct ynode *n;
	size_t count;

	if (config_list(root, "scrape_configs", &n, &count, e) == -1)
		return -1;
	grow_scrape(c, count, a);
	for (; n != NULL; n = n->next)
		if (prom_scrape_decode(n, &c->global,
		    &c->scrape[c->nscrape++], a, e) == -1 ||
		    check_job_name(c, e) == -1)
			return -1;
	return 0;
}

struct scrape_file { const struct ynode *scrape_configs; };

/* One file of scrape_config_files: it has that one key. */
static int
scrape_file(const char *path, struct prom_config *c, struct arena *a,
    struct err *e)
{
	static const struct yfield rows[] = {
		YROW("scrape_configs", YT_RAW,
		    offsetof(struct scrape_file, scrape_configs))
	};
	static const struct yfields fields = {
		.name = "scrape config file",
		.size = sizeof(struct scrape_file), .row = rows,
		.n = COUNT(rows)
	};
	const struct ynode *root = yaml_load_file(path, a, e);
	struct scrape_file f;

	if (root == NULL || yaml_decode(root, &fields, &f, a, e) == -1)
		return -1;
	return scrape_list(root, c, a, e);
}

static int
scrape_files(const struct ynode *root, struct prom_config *c,
    struct arena *a, struct err *e)
{
	const struct ynode *n;
	struct ystrs files;
	size_t count, i;

	if (config_list(root, "scrape_config_files", &n, &count, e) == -1)
		return -1;
	for (; n != NULL; n = n->next) {
		if (n->kind != Y_SCALAR || !glob_is_rule_pattern(n->scalar))
			return ynode_err(n, e, "invalid scrape config file "
			    "path '" STR_FMT "'", STR_ARG(n->scalar));
		if (glob_files(config_path(n, n->scalar, a), a, &files,
		    e) == -1)
			return -1;
		for (i = 0; i < files.n; i++)
			if (scrape_file(files.p[i].p, c, a, e) == -1)
				return -1;
	}
	return 0;
}

/* ---- the file ---- */

static const struct yfield top_rows[] = {
#define TOP(name)	YROW(name, YT_RAW, 0)
	TOP("global"), TOP("runtime"), TOP("alerting"), TOP("rule_files"),
	TOP("scrape_config_files"), TOP("scrape_configs"), TOP("storage"),
	TOP("tracing"), TOP("remote_write"), TOP("remote_read"), TOP("otlp")
#undef TOP
};

static const struct yfields top_fields = {
	.name = "prometheus.yml", .size = sizeof(struct ynode *),
	.row = top_rows, .n = COUNT(top_rows)
};

static int
decode(const struct ynode *root, struct prom_config *c, struct arena *a,
    struct err *e)
{
	const struct ynode *unused;

	c->file = root->doc->file;
	if (yaml_decode(root, &top_fields, &unused, a, e) == -1 ||
	    prom_global_decode(ynode_get(root, "global"), &c->global,
	    &c->warnings, a, e) == -1 ||
	    rule_files(root, c, a, e) == -1 ||
	    scrape_list(root, c, a, e) == -1 ||
	    scrape_files(root, c, a, e) == -1 ||
	    alerting(ynode_get(root, "alerting"), c, a, e) == -1 ||
	    remote_write(root, c, a, e) == -1 ||
	    remote_read(root, c, a, e) == -1)
		return -1;
	return prom_rest_decode(root, c, a, e);
}

struct prom_config *
prom_config_decode(const struct ynode *root, struct arena *a, struct err *e)
{
	struct prom_config *c = ARENA_NEW(a, struct prom_config);

	if (decode(root, c, a, e) == 0)
		return c;
	prom_config_release(c);
	return NULL;
}

struct prom_config *
prom_config_load(const char *path, struct arena *a, struct err *e)
{
	const struct ynode *root = yaml_load_file(path, a, e);

	return root == NULL ? NULL : prom_config_decode(root, a, e);
}

void
prom_config_release(struct prom_config *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->nscrape; i++)
		prom_scrape_release(&c->scrape[i]);
	for (i = 0; i < c->nalertmanagers; i++) {
		relabels_release(&c->alertmanagers[i].relabel);
		relabels_release(&c->alertmanagers[i].alert_relabel);
	}
	for (i = 0; i < c->nremote_write; i++)
		relabels_release(&c->remote_write[i].relabel);
	relabels_release(&c->alert_relabel);
}

const struct scrape_config *
prom_config_job(const struct prom_config *c, struct str job_name)
{
	size_t i;

	for (i = 0; i < c->nscrape; i++)
		if (str_eq(c->scrape[i].job_name, job_name))
			return &c->scrape[i];
	return NULL;
}

static bool
listed(const struct ystrs *list, struct str path)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (str_eq(list->p[i], path))
			return true;
	return false;
}

/* What one pattern finds, added to out. */
static int
add_rule_files(const struct prom_config *c, size_t at, bool must_exist,
    struct arena *a, struct ystrs *out, struct err *e)
{
	struct str pattern = c->rule_files.p[at];
	struct ystrs found, grown;
	size_t i;

	if (glob_files(pattern, a, &found, e) == -1)
		return -1;
	if (found.n == 0 && must_exist && !glob_has_magic(pattern))
		return ynode_err(c->rule_file_nodes[at], e, "\"" STR_FMT
		    "\" does not point to an existing file",
		    STR_ARG(pattern));
	grown.p = ARENA_ARRAY(a, out->n + found.n, struct str);
	grown.n = out->n;
	if (out->n > 0)
		memcpy(grown.p, out->p, out->n * sizeof(*out->p));
	for (i = 0; i < found.n; i++)
		if (!listed(&grown, found.p[i]))
			grown.p[grown.n++] = found.p[i];
	*out = grown;
	return 0;
}

int
prom_config_rule_files(const struct prom_config *c, bool must_exist,
    struct arena *a, struct ystrs *out, struct err *e)
{
	size_t i;

	*out = (struct ystrs){ 0 };
	for (i = 0; i < c->rule_files.n; i++)
		if (add_rule_files(c, i, must_exist, a, out, e) == -1)
			return -1;
	return 0;
}

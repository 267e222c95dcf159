#include "config/recv.h"

#define F(member)	offsetof(struct jira_config, member)
#define T(member)	offsetof(struct jira_text, member)

static const struct yfield text_rows[] = {
	YROW("template", YT_STR, T(template)),
	YROW("enable_update", YT_BOOL, T(enable_update))
};

static const struct yfields text_fields = {
	.name = "jira text", .size = sizeof(struct jira_text),
	.row = text_rows, .n = COUNT(text_rows)
};

/* A string, or a mapping. */
static int
decode_text(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	struct jira_text *t = out, read;

	if (n->kind == Y_SCALAR) {
		t->template = n->scalar;
		return 0;
	}
	if (yaml_decode(n, &text_fields, &read, a, e) == -1)
		return -1;
	if (read.template.n > 0)
		t->template = read.template;
	t->enable_update = read.enable_update;
	t->enable_update_set = recv_is_set(n, "enable_update");
	return 0;
}

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("api_url", YT_CUSTOM, F(api_url), .decode = recv_decode_url),
	YROW("api_type", YT_STR, F(api_type), .dflt = "auto"),
	YROW("project", YT_STR, F(project)),
	YROW("issue_type", YT_STR, F(issue_type)),
	YROW("summary", YT_CUSTOM, F(summary), .decode = decode_text),
	YROW("description", YT_CUSTOM, F(description),
	    .decode = decode_text),
	YROW("labels", YT_STRLIST, F(labels)),
	YROW("priority", YT_STR, F(priority),
	    .dflt = "{{ template \"jira.default.priority\" . }}"),
	YROW("reopen_transition", YT_STR, F(reopen_transition)),
	YROW("resolve_transition", YT_STR, F(resolve_transition)),
	YROW("wont_fix_resolution", YT_STR, F(wont_fix_resolution)),
	YROW("reopen_duration", YT_DURATION, F(reopen_duration_ms)),
	YROW("fields", YT_RAW, F(fields)),
	YROW("custom_fields", YT_RAW, F(fields))
};

static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	struct jira_config *c = out;

	(void)a;
	if (c->summary.template.n == 0)
		c->summary.template =
		    STR("{{ template \"jira.default.summary\" . }}");
	if (c->description.template.n == 0)
		c->description.template =
		    STR("{{ template \"jira.default.description\" . }}");
	if (c->project.n == 0)
		return ynode_err(n, e, "missing project in jira_config");
	if (c->issue_type.n == 0)
		return ynode_err(n, e, "missing issue_type in jira_config");
	if (!str_eq(c->api_type, STR("auto")) &&
	    !str_eq(c->api_type, STR("cloud")) &&
	    !str_eq(c->api_type, STR("datacenter")))
		return ynode_err(ynode_get(n, "api_type"), e, "unknown "
		    "api_type on jira_config, must be auto, cloud or "
		    "datacenter");
	return 0;
}

static int
finish(void *conf, const struct am_global *g, struct arena *a, struct err *e)
{
	struct jira_config *c = conf;

	(void)a;
	if (c->api_url.n == 0)
		c->api_url = g->jira_api_url;
	if (c->api_url.n == 0)
		return ynode_err(c->common.node, e,
		    "no global Jira Cloud URL set");
	return 0;
}

static const struct yfields fields = RECV_TABLE("jira_config",
    struct jira_config, rows, check);

const struct recv_kind recv_jira = {
	.key = "jira_configs", .name = "jira", .fields = &fields,
	.send_resolved = true, .finish = finish
};

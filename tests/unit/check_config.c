/*
 * Configuration files: what is wrong is told once, with its place; what is
 * inherited; the examples; the check functions.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/am.h"
#include "config/check.h"
#include "config/glob.h"
#include "config/prom.h"
#include "config/secret.h"
#include "core/io.h"

#define COUNT(a)	((int)(sizeof(a) / sizeof((a)[0])))

static struct arena arena;
static char dir[32];
static char path[256];

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_config.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
teardown(void)
{
	char cmd[300];

	arena_free(&arena);
	arena = (struct arena){ 0 };
	(void)unlink(path);
	(void)snprintf(cmd, sizeof(cmd), "%s/more", dir);
	(void)unlink(cmd);
	(void)rmdir(dir);
}

/* text as file `name` in the test's folder; its path is left in `path`. */
static void
put_file(const char *name, const char *text)
{
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(io_replace_file(path, str_of(text), &e), 0);
}

enum kind { PROM, RULES, AM, SD };

static bool
load(enum kind k, const char *file, struct err *e)
{
	struct prom_config *p;
	struct am_config *am;
	const struct ynode *root;
	struct ylist groups;

	*e = (struct err){ 0 };
	switch (k) {
	case PROM:
		p = prom_config_load(file, &arena, e);
		prom_config_release(p);
		return p != NULL;
	case RULES:
		return rules_load(file, 0, &arena, e) != NULL;
	case AM:
		am = am_config_load(file, NULL, &arena, e);
		am_config_release(am);
		return am != NULL;
	case SD:
		root = yaml_load_file(file, &arena, e);
		return root != NULL &&
		    sd_groups_decode(root, &groups, &arena, e) == 0;
	}
	return false;
}

#define ROUTE	"route: {receiver: r}\n"
#define RULE	"groups:\n- name: g\n  rules:\n  - alert: A\n"

static const struct {
	enum kind kind;
	const char *text;
	unsigned line, col;
	const char *why;
} bad_rows[] = {
	/* an unknown field */
	{ PROM, "scrape_configs:\n- job_name: a\n  scrape_intervall: 1m\n",
	    3, 3, "unknown field 'scrape_intervall' in scrape_config, did "
	    "you mean 'scrape_interval'?" },
	{ PROM, "scrape_config: []\n", 1, 1, "did you mean "
	    "'scrape_configs'?" },
	{ PROM, "scrape_configs:\n- job_name: a\n  consult_sd_configs: []\n",
	    3, 3, "did you mean 'consul_sd_configs'?" },
	{ RULES, RULE "    exprr: up\n", 5, 5, "unknown field 'exprr' in "
	    "rule, did you mean 'expr'?" },
	{ AM, "route:\n  reciever: r\n", 2, 3, "did you mean 'receiver'?" },
	{ AM, ROUTE "receivers:\n- name: r\n  slak_configs: []\n", 4, 3,
	    "did you mean 'slack_configs'?" },
	{ SD, "- targats: [a]\n", 1, 3, "unknown field 'targats' in "
	    "static_config, did you mean 'targets'?" },
	/* a duplicate key */
	{ PROM, "global: {}\nglobal: {}\n", 2, 1, "key 'global' already" },
	{ RULES, RULE "    expr: up\n    expr: up\n", 6, 5,
	    "key 'expr' already" },
	{ AM, ROUTE "route: {}\n", 2, 1, "key 'route' already" },
	{ SD, "- targets: []\n  targets: []\n", 2, 3, "key 'targets'" },
	/* a wrong indent, a tab */
	{ PROM, "global:\n  scrape_interval: 1m\n evaluation_interval: 1m\n",
	    3, 2, "did not find expected key" },
	{ RULES, "groups:\n- name: g\n   rules: []\n", 3, 9,
	    "mapping values are not allowed" },
	{ AM, "route:\n  receiver: r\n routes: []\n", 3, 2,
	    "did not find expected key" },
	{ SD, "- targets: [a]\n labels: {}\n", 2, 2, "did not find" },
	{ PROM, "global:\n\tscrape_interval: 1m\n", 2, 1, "cannot start" },
	{ RULES, "groups:\n\t- name: g\n", 2, 1, "cannot start" },
	{ AM, "route:\n\treceiver: r\n", 2, 1, "cannot start" },
	{ SD, "- targets: [a]\n\tlabels: {}\n", 2, 1, "cannot start" },
	/* a bad regex */
	{ PROM, "scrape_configs:\n- job_name: a\n  relabel_configs:\n"
	    "  - target_label: x\n    regex: 'a(b'\n", 5, 13,
	    "error parsing regexp: missing closing ): `a(b`" },
	{ PROM, "scrape_configs:\n- job_name: a\n  relabel_configs:\n"
	    "  - target_label: x\n    regex: a**\n", 5, 13,
	    "invalid nested repetition operator: `**`" },
	{ AM, "route:\n  receiver: r\n  routes:\n  - match_re: {a: '(b'}\n",
	    4, 19, "error parsing regexp" },
	{ AM, ROUTE "receivers: [{name: r}]\ninhibit_rules:\n"
	    "- source_matchers: ['a=~(']\n", 4, 21, "error parsing regexp" },
	/* a bad duration */
	{ PROM, "global:\n  scrape_interval: 5 minutes\n", 2, 20,
	    "not a valid duration string: \"5 minutes\"" },
	{ RULES, RULE "    expr: up\n    for: 1.5m\n", 6, 10,
	    "not a valid duration string: \"1.5m\"" },
	{ AM, "route:\n  receiver: r\n  group_wait: 30\n", 3, 15,
	    "not a valid duration string: \"30\"" },
	/* what each file asks for */
	{ PROM, "global:\n  scrape_interval: 5s\n  scrape_timeout: 10s\n",
	    3, 19, "global scrape timeout greater than scrape interval" },
	{ PROM, "scrape_configs:\n- scheme: http\n", 2, 3,
	    "job_name is empty" },
	{ PROM, "scrape_configs:\n- job_name: a\n  static_configs:\n"
	    "  - targets: [ok, 'http://bad']\n", 4, 19,
	    "\"http://bad\" is not a valid hostname" },
	{ PROM, "rule_files: [a, 'b/*/c']\n", 1, 17,
	    "invalid rule file path 'b/*/c'" },
	{ PROM, "scrape_configs: [null]\n", 1, 18, "empty or null scrape" },
	{ PROM, "scrape_configs:\n- job_name: a\n  tls_config:\n"
	    "    cert_file: c\n", 4, 5, "exactly one of key or key_file" },
	{ RULES, "groups: [{rules: []}]\n", 1, 10,
	    "Groupname must not be empty" },
	{ RULES, "groups: [{name: g}, {name: g}]\n", 1, 28,
	    "groupname: \"g\" is repeated in the same file" },
	{ RULES, "groups: [{name: g, rules: [{expr: up}]}]\n", 1, 28,
	    "one of 'record' or 'alert' must be set" },
	{ RULES, "groups: [{name: g, rules: [{alert: a, record: b}]}]\n",
	    1, 28, "only one of 'record' and 'alert' must be set" },
	{ RULES, RULE "    for: 1m\n", 4, 5, "field 'expr' must be set" },
	{ RULES, "groups: [{name: g, rules: [{record: a, expr: b, for: 1m}]}"
	    "]\n", 1, 49, "invalid field 'for' in recording rule" },
	{ RULES, "groups: [{name: g, rules: [{record: 'a{b}', expr: b}]}]\n",
	    1, 37, "braces present in the recording rule name" },
	{ RULES, RULE "    expr: up\n    labels: {__name__: x}\n", 6, 14,
	    "group \"g\", rule 1, \"A\": invalid label name: __name__" },
	{ AM, "receivers: []\n", 1, 1, "no route provided in config" },
	{ AM, ROUTE, 1, 8, "undefined receiver \"r\" used in route" },
	{ AM, ROUTE "receivers: [{name: r, webhook_configs: [{}]}]\n", 2, 41,
	    "one of url or url_file must be configured" },
	{ AM, ROUTE "receivers: [{name: r, email_configs: [{to: a}]}]\n",
	    2, 39, "no global SMTP smarthost set" },
	{ SD, "[null]\n", 1, 2, "nil target group item" },
	{ SD, "targets: [a]\n", 1, 1, "must be a list" }
};

START_TEST(refused)
{
	struct err e;

	put_file("c.yml", bad_rows[_i].text);
	ck_assert_msg(!load(bad_rows[_i].kind, path, &e), "%s loads",
	    bad_rows[_i].text);
	ck_assert_msg(strstr(e.msg, bad_rows[_i].why) != NULL,
	    "%s\ngives %u:%u: %s", bad_rows[_i].text, e.line, e.col, e.msg);
	ck_assert_str_eq(e.file, path);
	ck_assert_msg(e.line == bad_rows[_i].line && e.col ==
	    bad_rows[_i].col, "%s\ngives %u:%u: %s", bad_rows[_i].text,
	    e.line, e.col, e.msg);
}
END_TEST

START_TEST(no_file)
{
	struct err e;

	ck_assert(!load((enum kind)_i, "/nonexistent/c.yml", &e));
	ck_assert_int_eq(e.kind, ERR_SYS);
	ck_assert_str_eq(e.msg, "cannot open '/nonexistent/c.yml': "
	    "No such file or directory");
	ck_assert(!load((enum kind)_i, "/tmp", &e));
	ck_assert_str_eq(e.msg, "cannot read '/tmp': Is a directory");
}
END_TEST

/* ---- what a loaded file says ---- */

static struct prom_config *
prom(const char *text)
{
	struct prom_config *p;
	struct err e;

	put_file("c.yml", text);
	p = prom_config_load(path, &arena, &e);
	ck_assert_msg(p != NULL, "%u:%u: %s", e.line, e.col, e.msg);
	return p;
}

START_TEST(inherited_by_jobs)
{
	struct prom_config *p;
	const struct scrape_config *a, *b;
	char want[300];

	(void)setenv("CHECK_CONFIG_DC", "eu", 1);
	p = prom("global:\n  scrape_interval: 30s\n  scrape_timeout: 20s\n"
	    "  sample_limit: 5\n  external_labels: {z: $$x, "
	    "dc: 'a-${CHECK_CONFIG_DC}', gone: $NOT_SET_AT_ALL}\n"
	    "scrape_configs:\n- job_name: a\n  bearer_token_file: t\n"
	    "- job_name: b\n  scrape_interval: 10s\n  scheme:\n"
	    "  sample_limit: 7\n  honor_timestamps:\n");
	a = prom_config_job(p, STR("a"));
	b = prom_config_job(p, STR("b"));
	ck_assert_int_eq(a->common.interval_ms, 30000);
	ck_assert_int_eq(a->common.timeout_ms, 20000);
	ck_assert_int_eq(a->common.limits.samples, 5);
	ck_assert(str_eq(a->scheme, STR("http")) && a->honor_timestamps);
	ck_assert_int_eq(b->common.timeout_ms, 10000);
	ck_assert_int_eq(b->common.limits.samples, 7);
	/* null is Go's zero value, not the default */
	ck_assert(b->scheme.n == 0 && !b->honor_timestamps);
	ck_assert_uint_eq(a->common.protocols.n, 4);
	(void)snprintf(want, sizeof(want), "%s/t", dir);
	ck_assert_str_eq(a->http.credentials_file.p, want);
	ck_assert(str_eq(p->global.external_labels.p[0].key, STR("dc")));
	ck_assert(str_eq(p->global.external_labels.p[0].value,
	    STR("a-eu")));
	ck_assert(str_eq(p->global.external_labels.p[2].value, STR("$x")));
	ck_assert_uint_eq(p->warnings.n, 1);
	prom_config_release(p);
}
END_TEST

static struct am_config *
am(const char *text)
{
	struct am_config *c;
	struct err e;

	put_file("c.yml", text);
	c = am_config_load(path, NULL, &arena, &e);
	ck_assert_msg(c != NULL, "%u:%u: %s", e.line, e.col, e.msg);
	return c;
}

START_TEST(inherited_by_routes)
{
	struct buf key = { 0 };
	struct am_config *c = am("route:\n  receiver: r\n"
	    "  group_by: [b, a]\n  group_wait: 1s\n  labels: {k: v}\n"
	    "  routes:\n  - match: {team: x, sev: page}\n"
	    "    group_interval: 9s\n"
	    "    routes: [{group_by: ['...'], labels: {k: w}, continue: yes}]"
	    "\n  - {receiver: s, group_by: [], group_wait: 0s}\n"
	    "receivers: [{name: r}, {name: s}]\n");
	const struct am_route *a = &c->route->child[0],
	    *b = &c->route->child[1], *aa = &a->child[0];

	ck_assert_uint_eq(c->nroutes, 4);
	ck_assert(str_eq(a->receiver, STR("r")));
	ck_assert_int_eq(a->group_wait_ms, 1000);
	ck_assert_int_eq(a->repeat_interval_ms, 4 * 3600000);
	ck_assert(str_eq(a->group_by.p[0], STR("a")));
	ck_assert_int_eq(aa->group_interval_ms, 9000);
	ck_assert(aa->group_by_all && aa->group_by.n == 0 && aa->go_on);
	ck_assert(str_eq(aa->labels.p[0].value, STR("w")));
	ck_assert(str_eq(a->labels.p[0].value, STR("v")));
	ck_assert(b->group_by.n == 0 && !b->group_by_all);
	ck_assert_int_eq(b->group_wait_ms, 0);
	ck_assert_int_eq(b->group_interval_ms, 300000);
	am_route_key(aa, &key);
	ck_assert_str_eq(buf_cstr(&key),
	    "{}/{sev=\"page\",team=\"x\"}/{}");
	buf_release(&key);
	am_config_release(c);
}
END_TEST

START_TEST(email_aliases)
{
	struct am_config *c = am(ROUTE "global: {smtp_smarthost: 'h:25', "
	    "smtp_from: f}\nreceivers: [{name: r, email_configs: "
	    "[{to: t, subject: S, body: B}]}]\n");
	const struct integration_config *i = &c->receiver[0].integration[0];
	const struct email_config *m = i->conf;

	ck_assert_str_eq(i->kind->name, "email");
	ck_assert(str_eq(m->headers.p[0].key, STR("Subject")));
	ck_assert(str_eq(m->headers.p[0].value, STR("S")));
	ck_assert(str_eq(m->text, STR("B")) && m->html.n == 0);
	ck_assert(m->require_tls && !i->common->send_resolved);
	ck_assert(str_eq(m->smarthost, STR("h:25")));
	ck_assert_uint_eq(c->warnings.n, 2);
	am_config_release(c);
}
END_TEST

START_TEST(intervals)
{
	/* 2024-03-31 is the day of the change in Europe; a Sunday. */
	struct am_config *c = am(ROUTE "receivers: [{name: r}]\n"
	    "time_intervals:\n- name: n\n  time_intervals:\n"
	    "  - times: [{start_time: '02:00', end_time: '04:00'}]\n"
	    "    weekdays: [sunday]\n    days_of_month: ['-1']\n"
	    "    location: Europe/Berlin\n");
	const struct time_intervals *t =
	    &am_config_interval(c, STR("n"))->intervals;
	int64_t one_utc = INT64_C(1711846800000);

	/* 01:00 UTC is 03:00 there; 02:00 UTC is 04:00, no more inside. */
	ck_assert(time_intervals_contain(t, one_utc));
	ck_assert(!time_intervals_contain(t, one_utc + 3600000));
	ck_assert(!time_intervals_contain(t, one_utc - 1));
	ck_assert(!time_intervals_contain(t, one_utc + 86400000));
	am_config_release(c);
}
END_TEST

START_TEST(rule_labels)
{
	struct rule_groups *g;
	struct err e;

	put_file("c.yml", "groups:\n- name: g\n  query_offset: 0s\n"
	    "  labels: {z: group, a: group}\n  rules:\n  - alert: A\n"
	    "    expr: |\n      up\n        == 0\n    labels: {m: x, a: own}\n");
	g = rules_load(path, 0, &arena, &e);
	ck_assert_msg(g != NULL, "%s", e.msg);
	ck_assert(g->group[0].has_query_offset);
	ck_assert_uint_eq(g->group[0].rule[0].labels.n, 3);
	ck_assert(str_eq(g->group[0].rule[0].labels.p[0].value,
	    STR("own")));
	ck_assert(str_eq(g->group[0].rule[0].labels.p[2].key, STR("z")));
	e = (struct err){ .line = 2, .col = 3 };
	config_err_in(g->group[0].rule[0].expr_node, &e);
	ck_assert_uint_eq(e.line, 9);
	ck_assert_uint_eq(e.col, 9);
}
END_TEST

START_TEST(secrets)
{
	struct str s;
	struct err e;

	put_file("more", "  hush\n\n");
	ck_assert_int_eq(secret_get(STR("x"), str_of(path), &arena, &s, &e),
	    0);
	ck_assert(str_eq(s, STR("x")));
	ck_assert_int_eq(secret_get(STR_NONE, str_of(path), &arena, &s, &e),
	    0);
	ck_assert(str_eq(s, STR("hush")));
	ck_assert_int_eq(secret_get(STR_NONE, STR("/nonexistent"), &arena,
	    &s, &e), -1);
}
END_TEST

START_TEST(rule_patterns)
{
	ck_assert(glob_is_rule_pattern(STR("a/b*.yml")));
	ck_assert(glob_is_rule_pattern(STR("/a/b.yml")));
	ck_assert(!glob_is_rule_pattern(STR("a*/b.yml")));
	ck_assert(!glob_is_rule_pattern(STR("a/*b*.yml")));
}
END_TEST

/* ---- the check functions ---- */

struct found { unsigned errors, warnings; struct err first; };

static void
note(void *arg, const struct err *e, bool warning)
{
	struct found *f = arg;

	if (f->errors + f->warnings == 0)
		f->first = *e;
	if (warning)
		f->warnings++;
	else
		f->errors++;
}

static int
no_bang(void *arg, struct str text, struct err *e)
{
	ptrdiff_t at = str_find_char(text, '!');

	(void)arg;
	return at == -1 ? 0 : err_at(e, 1, (unsigned)at + 1, "a bang");
}

START_TEST(every_text_is_checked)
{
	struct found f = { 0 };
	struct config_check c = { .report = note, .arg = &f,
	    .lang = { .expr = no_bang, .template = no_bang } };

	put_file("c.yml", "groups:\n- name: g\n  rules:\n"
	    "  - {alert: A, expr: 'a!', annotations: {s: 'b !'}}\n"
	    "  - {record: b, expr: '!'}\n  - {record: b, expr: x}\n");
	ck_assert_ptr_null(config_check_rules(path, 0, &arena, &c));
	ck_assert_uint_eq(f.errors, 3);
	ck_assert_uint_eq(f.first.line, 4);
	ck_assert_uint_eq(f.first.col, 24);
	ck_assert_str_eq(f.first.msg, "group \"g\", rule 1, \"A\": "
	    "could not parse expression: a bang");
}
END_TEST

START_TEST(named_files)
{
	struct found f = { 0 };
	struct config_check c = { .report = note, .arg = &f };

	put_file("c.yml", "rule_files: [none.yml]\nscrape_configs:\n"
	    "- job_name: a\n  bearer_token_file: none\n"
	    "  file_sd_configs: [{files: [none.json]}]\n");
	ck_assert(!config_check_prom(path, &c));
	ck_assert_uint_eq(f.errors, 2);
	ck_assert_uint_eq(f.warnings, 1);
	f = (struct found){ 0 };
	c.syntax_only = true;
	ck_assert(config_check_prom(path, &c));
	ck_assert_uint_eq(f.errors + f.warnings, 0);
}
END_TEST

static const struct { enum kind kind; const char *file; unsigned warnings; }
examples[] = {
	{ PROM, "prometheus.yml", 0 },
	{ PROM, "kubernetes/prometheus.yml", 2 },
	{ RULES, "rules/business.yml", 0 },
	{ RULES, "rules/critical.yml", 0 },
	{ RULES, "rules/truststram_alerts.yml", 0 },
	{ RULES, "rules/warning.yml", 0 },
	{ AM, "alertmanager.yml", 2 },
	{ AM, "kubernetes/values.yaml", 2 }
};

/* The certificates of a cluster are not here; their absence is all. */
START_TEST(example)
{
	struct found f = { 0 };
	struct config_check c = { .report = note, .arg = &f };
	bool ok = false;

	c.syntax_only = examples[_i].kind == PROM &&
	    examples[_i].warnings > 0;
	(void)snprintf(path, sizeof(path), "examples/%s", examples[_i].file);
	if (examples[_i].kind == PROM)
		ok = config_check_prom(path, &c);
	else if (examples[_i].kind == RULES)
		ok = config_check_rules(path, 0, &arena, &c) != NULL;
	else
		ok = config_check_am(path, &c);
	ck_assert_msg(ok, "%s: %u:%u: %s", path, f.first.line, f.first.col,
	    f.first.msg);
	ck_assert_uint_eq(f.warnings, c.syntax_only ? 0 :
	    examples[_i].warnings);
	path[0] = '\0';
}
END_TEST

START_TEST(example_rules_found)
{
	static const struct { const char *file; size_t n; } rows[] = {
		{ "examples/prometheus.yml", 1 },
		{ "examples/kubernetes/prometheus.yml", 4 }
	};
	struct prom_config *p;
	struct ystrs files;
	struct err e;
	int i;

	for (i = 0; i < 2; i++) {
		p = prom_config_load(rows[i].file, &arena, &e);
		ck_assert_ptr_nonnull(p);
		ck_assert_int_eq(prom_config_rule_files(p, true, &arena,
		    &files, &e), 0);
		ck_assert_uint_eq(files.n, rows[i].n);
		prom_config_release(p);
	}
	path[0] = '\0';
}
END_TEST

/* strict: as amtool, which refuses what we take. */
START_TEST(strict)
{
	struct found f = { 0 };
	struct config_check c = { .report = note, .arg = &f, .strict = true };

	ck_assert(!config_check_am("examples/alertmanager.yml", &c));
	ck_assert_uint_eq(f.first.line, 51);
	ck_assert(!config_check_am("examples/kubernetes/values.yaml", &c));
	path[0] = '\0';
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("config");
	TCase *tc = tcase_create("config");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, refused, 0, COUNT(bad_rows));
	tcase_add_loop_test(tc, no_file, PROM, SD + 1);
	tcase_add_test(tc, inherited_by_jobs);
	tcase_add_test(tc, inherited_by_routes);
	tcase_add_test(tc, email_aliases);
	tcase_add_test(tc, intervals);
	tcase_add_test(tc, rule_labels);
	tcase_add_test(tc, secrets);
	tcase_add_test(tc, rule_patterns);
	tcase_add_test(tc, every_text_is_checked);
	tcase_add_test(tc, named_files);
	tcase_add_loop_test(tc, example, 0, COUNT(examples));
	tcase_add_test(tc, example_rules_found);
	tcase_add_test(tc, strict);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

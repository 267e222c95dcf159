/* prometheus-config/: which configuration files load, and why not. */
#include "conf.h"

#include <stdio.h>

#include "config/prom.h"
#include "core/arena.h"
#include "core/buf.h"

/*
 * Upstream's YAML library words some faults in terms of its own types; ours
 * are told in terms of the file.  What has to stand in our message instead.
 */
static const struct { const char *upstream, *ours; } wordings[] = {
	{ "field foo not found in type kubernetes.plain",
	    "unknown field 'foo'" },
	{ "field consult_sd_configs not found in type",
	    "unknown field 'consult_sd_configs'" },
	{ "field scrape_configs already set in type config.plain",
	    "key 'scrape_configs' already set" },
	{ "unmarshal errors", "must be a string" },
	{ "parsing YAML file testdata/scrape_config_files_scrape_protocols"
	    ".bad.yml: scrape_protocols: unknown scrape protocol "
	    "prometheusproto, supported: [OpenMetricsText0.0.1 "
	    "OpenMetricsText1.0.0 PrometheusProto PrometheusText0.0.4 "
	    "PrometheusText1.0.0] for scrape config with job name \"node\"",
	    "scrape_protocols: unknown scrape protocol prometheusproto, "
	    "supported: [OpenMetricsText0.0.1 OpenMetricsText1.0.0 "
	    "PrometheusProto PrometheusText0.0.4 PrometheusText1.0.0]" }
};

static struct str
our_wording(struct str upstream)
{
	size_t i;

	for (i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++)
		if (str_eq(upstream, str_of(wordings[i].upstream)))
			return str_of(wordings[i].ours);
	return upstream;
}

/* Every refusal names a place in a file. */
static void
judge(struct conf *c, const char *name, bool ok, struct str contains,
    const struct err *e)
{
	struct buf got = { 0 };
	struct str want = our_wording(contains);

	(void)buf_printf(&got, "%s:%u:%u: %s", e->file ? e->file : "",
	    e->line, e->col, e->msg);
	if (ok)
		conf_fail(c, name, STR("loads"), buf_str(&got));
	else if (e->file == NULL || e->line == 0 || e->col == 0)
		conf_fail(c, name, STR("a position"), buf_str(&got));
	else if (str_find(buf_str(&got), want) == -1)
		conf_fail(c, name, want, buf_str(&got));
	else
		conf_pass(c);
	buf_release(&got);
}

static void
one_file(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const char *file = json_string_value(json_object_get(row, "file"));
	bool ok = json_is_true(json_object_get(row, "ok"));
	struct str contains = str_of(json_string_value(
	    json_object_get(row, "error_contains")));
	struct arena a = { 0 };
	struct err e = { 0 };
	struct prom_config *p;
	char path[4096];

	(void)arg;
	(void)name;
	(void)snprintf(path, sizeof(path), "%s/prometheus-config/%s", c->dir,
	    file);
	p = prom_config_load(path, &a, &e);
	if (p == NULL)
		judge(c, file, ok, contains, &e);
	else if (!ok)
		conf_fail(c, file, contains, STR("loads"));
	else
		conf_pass(c);
	prom_config_release(p);
	arena_free(&a);
}

int
main(int argc, char **argv)
{
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "prometheus-config/EXPECT.jsonl", one_file, NULL);
	return conf_finish(&c);
}

/* alertmanager-config/: which files load, and why not. */
#include "conf.h"

#include <stdio.h>

#include "config/am.h"
#include "core/io.h"

/* As in conf_prometheus_config.c: Go's YAML texts, and ours. */
static const struct { const char *upstream, *ours; } wordings[] = {
	{ "field teams not found in type", "unknown field 'teams'" },
	{ "field group_delay not found in type",
	    "unknown field 'group_delay'" },
	{ "cannot unmarshal !!map into []string",
	    "must be a list of strings, not a mapping" },
	{ "cannot unmarshal !!seq into map[string]string",
	    "must be a mapping of strings, not a list" },
	{ "cannot unmarshal !!str `x` into model.LabelNames",
	    "is not a list of strings" },
	{ "key \"x\" already set in map", "key \"x\" already set in map" },
	{ "cannot unmarshal !!str `true` into bool",
	    "'true' is not true or false" },
	{ "cannot unmarshal !!str `no` into bool",
	    "'no' is not true or false" }
};

static struct str
our_wording(struct str upstream)
{
	size_t i;

	if (!str_starts(upstream, STR("yaml: unmarshal errors")))
		return upstream;
	for (i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++)
		if (str_find(upstream, str_of(wordings[i].upstream)) != -1)
			return str_of(wordings[i].ours);
	return upstream;
}

struct row { struct str file, verdict, gist, note, source; };

static void
judge(struct conf *c, const char *name, const struct row *r,
    const struct err *e)
{
	struct buf got = { 0 };
	struct str want = our_wording(r->gist);

	(void)buf_printf(&got, "%s:%u:%u: %s", e->file ? e->file : "",
	    e->line, e->col, e->msg);
	if (str_eq(r->verdict, STR("good")))
		conf_fail(c, name, STR("loads"), buf_str(&got));
	else if (e->file == NULL || e->line == 0 || e->col == 0)
		conf_fail(c, name, STR("a position"), buf_str(&got));
	else if (str_find(buf_str(&got), want) == -1)
		conf_fail(c, name, want, buf_str(&got));
	else
		conf_pass(c);
	buf_release(&got);
}

/*
 * Verdicts that come from 0.25, or from upstream's tests in classic mode,
 * are about classic label names and matchers.
 */
static bool
is_classic(const struct row *r)
{
	return str_find(r->source, STR("amtool 0.25")) != -1 ||
	    str_find(r->note, STR("classic mode")) != -1;
}

static void
one_file(struct conf *c, const struct row *r)
{
	struct am_options o = { .syntax = is_classic(r) ? MATCHER_CLASSIC :
	    MATCHER_FALLBACK };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct am_config *am;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/alertmanager-config/" STR_FMT,
	    c->dir, STR_ARG(r->file));
	am = am_config_load(path, &o, &a, &e);
	if (am == NULL)
		judge(c, path, r, &e);
	else if (!str_eq(r->verdict, STR("good")))
		conf_fail(c, path, r->gist, STR("loads"));
	else
		conf_pass(c);
	am_config_release(am);
	arena_free(&a);
}

static void
rows(struct conf *c, struct str text)
{
	struct str line;
	struct row r;

	text = str_cut(text, '\n', &line);	/* the heading */
	while (text.p != NULL) {
		text = str_cut(text, '\n', &line);
		if (line.n == 0)
			continue;
		line = str_cut(line, '\t', &r.file);
		line = str_cut(line, '\t', &r.verdict);
		line = str_cut(line, '\t', &r.gist);
		line = str_cut(line, '\t', &r.note);
		(void)str_cut(line, '\t', &r.source);
		one_file(c, &r);
	}
}

int
main(int argc, char **argv)
{
	struct conf c;
	struct buf text = { 0 };
	struct err e = { 0 };

	conf_init(&c, argc, argv);
	if (conf_begin(&c, "alertmanager-config/EXPECT.tsv")) {
		if (io_read_file(conf_path(&c,
		    "alertmanager-config/EXPECT.tsv"), SIZE_MAX, &text,
		    &e) == 0)
			rows(&c, buf_str(&text));
		else
			conf_fail(&c, "EXPECT.tsv", STR("readable"),
			    str_of(e.msg));
		conf_end(&c);
	}
	buf_release(&text);
	return conf_finish(&c);
}

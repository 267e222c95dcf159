/*
 * The options of ts-eval beyond those that all tools share.
 */
#include "core/dur.h"
#include "core/num.h"
#include "eval.h"

static struct options *
options(struct tool *t)
{
	return &((struct eval *)t->self)->opt;
}

static int
bad(struct err *e, const char *what, const char *arg)
{
	return err_set(e, ERR_CONFIG, "'%s' is no %s", arg, what);
}

static int
duration(const char *arg, int64_t *out, struct err *e)
{
	if (!dur_parse(str_of(arg), out) || *out <= 0)
		return bad(e, "duration such as 30s", arg);
	return 0;
}

static int
instant(const char *arg, int64_t *out, struct err *e)
{
	return time_parse(str_of(arg), out) ? 0 : bad(e,
	    "time (RFC 3339 or seconds since the epoch)", arg);
}

static int
set_rules(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	vec_push(&options(t)->rules, arg);
	return 0;
}

static int
set_keep(struct tool *t, const char *arg, struct err *e)
{
	return duration(arg, &options(t)->keep_ms, e);
}

/* Bytes, with K, M, G or T for powers of 1024. */
static int
set_keep_size(struct tool *t, const char *arg, struct err *e)
{
	static const char units[] = "KMGT";
	struct str s = str_of(arg);
	const char *unit = s.n ? strchr(units, s.p[s.n - 1]) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	uint64_t n;

	if (!num_parse_u64(unit ? str_sub(s, 0, s.n - 1) : s,
	    (uint64_t)INT64_MAX >> shift, &n) || n == 0)
		return bad(e, "number of bytes", arg);
	options(t)->keep_bytes = (int64_t)(n << shift);
	return 0;
}

static int
set_interval(struct tool *t, const char *arg, struct err *e)
{
	return duration(arg, &options(t)->interval_ms, e);
}

static int
set_lookback(struct tool *t, const char *arg, struct err *e)
{
	return duration(arg, &options(t)->lookback_ms, e);
}

static int
set_resend(struct tool *t, const char *arg, struct err *e)
{
	return duration(arg, &options(t)->resend_ms, e);
}

static int
set_url(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	options(t)->external_url = arg;
	return 0;
}

/* Of Prometheus, and without a meaning here or always on. */
static bool
is_other_feature(struct str name)
{
	static const char *const names[] = {
		"auto-gomaxprocs", "auto-gomemlimit", "auto-reload-config",
		"concurrent-rule-eval", "created-timestamp-zero-ingestion",
		"delayed-compaction", "exemplar-storage",
		"expand-external-labels", "extra-scrape-metrics",
		"memory-snapshot-on-shutdown", "metadata-wal-records",
		"native-histograms", "new-service-discovery-manager",
		"no-default-scrape-port", "old-ui", "ooo-native-histograms",
		"otlp-deltatocumulative", "otlp-native-delta-ingestion",
		"otlp-write-receiver", "promql-at-modifier",
		"promql-duration-expr", "promql-negative-offset",
		"promql-per-step-stats", "remote-write-receiver",
		"st-storage", "type-and-unit-labels", "use-uncached-io",
		"utf8-names",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(name, str_of(names[i])))
			return true;
	return false;
}

static int
add_alertmanager(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	vec_push(&options(t)->alertmanager.url, arg);
	return 0;
}

static int
set_alertmanager_config(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	options(t)->alertmanager.config = arg;
	return 0;
}

static int
set_feature(struct tool *t, const char *arg, struct err *e)
{
	struct options *o = options(t);
	const struct { const char *name; bool *flag; } known[] = {
		{ "promql-experimental-functions",
		    &o->features.experimental_functions },
		{ "promql-extended-range-selectors",
		    &o->features.extended_range_selectors },
		{ "promql-binop-fill-modifiers",
		    &o->features.fill_modifiers },
		{ "promql-delayed-name-removal", &o->delayed_name_removal },
	};
	struct str rest = str_of(arg), one;
	size_t i;

	while (rest.p) {
		rest = str_cut(rest, ',', &one);
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (str_eq(one, str_of(known[i].name)))
				break;
		if (i < sizeof(known) / sizeof(known[0]))
			*known[i].flag = true;
		else if (!is_other_feature(one))
			return err_set(e, ERR_CONFIG, "unknown feature '"
			    STR_FMT "'", STR_ARG(one));
	}
	return 0;
}

static int
set_time(struct tool *t, const char *arg, struct err *e)
{
	return instant(arg, &options(t)->time, e);
}

static int
set_start(struct tool *t, const char *arg, struct err *e)
{
	return instant(arg, &options(t)->start, e);
}

static int
set_end(struct tool *t, const char *arg, struct err *e)
{
	return instant(arg, &options(t)->end, e);
}

static int
set_step(struct tool *t, const char *arg, struct err *e)
{
	double s;

	if (num_parse_double(str_of(arg), &s) && s >= 0.001 && s < 1e12) {
		options(t)->step = (int64_t)(s * 1000);
		return 0;
	}
	return duration(arg, &options(t)->step, e);
}

static int
set_max_samples(struct tool *t, const char *arg, struct err *e)
{
	if (!num_parse_u64(str_of(arg), INT64_MAX, &options(t)->max_samples) ||
	    options(t)->max_samples == 0)
		return bad(e, "number of samples", arg);
	return 0;
}

static int
set_timeout(struct tool *t, const char *arg, struct err *e)
{
	return duration(arg, &options(t)->timeout_ms, e);
}

static int
set_run(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	vec_push(&options(t)->run, arg);
	return 0;
}

static int
set_data(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	vec_push(&options(t)->data, arg);
	return 0;
}

static int
set_policy(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	options(t)->policy = arg;
	return 0;
}

static int
set_source(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	options(t)->source = arg;
	return 0;
}

static int
set_source_config(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	options(t)->source_config = arg;
	return 0;
}

static int
set_source_timeout(struct tool *t, const char *arg, struct err *e)
{
	return duration(arg, &options(t)->source_timeout_ms, e);
}

static int
set_junit(struct tool *t, const char *arg, struct err *e)
{
	(void)e;
	options(t)->junit = arg;
	return 0;
}

static int
set_coverage(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	options(t)->coverage = true;
	return 0;
}

static int
set_ignore_unknown(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	options(t)->ignore_unknown = true;
	return 0;
}

static int
set_lint_fatal(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	options(t)->lint_fatal = true;
	return 0;
}

static int
set_syntax_only(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	options(t)->syntax_only = true;
	return 0;
}

static int
set_page(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	options(t)->page = true;
	return 0;
}

static int
set_explain(struct tool *t, const char *arg, struct err *e)
{
	(void)arg;
	(void)e;
	options(t)->explain = true;
	return 0;
}

static int
set_unit(struct tool *t, const char *arg, struct err *e)
{
	if (print_unit_parse(str_of(arg), &options(t)->unit) == -1)
		return bad(e, "unit (none, short, bytes, seconds, ratio)",
		    arg);
	return 0;
}

/* promtool shows a difference only when asked; here it is the only form. */
static int
set_diff(struct tool *t, const char *arg, struct err *e)
{
	(void)t;
	(void)arg;
	(void)e;
	return 0;
}

const struct tool_option eval_options[] = {
	{ "rules", 'r', true, "a file of rules, or a pattern", set_rules },
	{ "keep", 0, true, "age of history to keep", set_keep },
	{ "keep-size", 0, true, "bytes of history to keep", set_keep_size },
	{ "interval", 0, true, "of groups that name none (1m)",
	    set_interval },
	{ "lookback", 0, true, "how old a sample may be (5m)",
	    set_lookback },
	{ "resend-delay", 0, true, "between lines of one alert (1m)",
	    set_resend },
	{ "external-url", 0, true, "where links point to", set_url },
	{ "alertmanager", 0, true, "post alerts to this one, too",
	    add_alertmanager },
	{ "alertmanager-config", 0, true, "a file with its http_config",
	    set_alertmanager_config },
	{ "enable-feature", 0, true, "names, as Prometheus' option",
	    set_feature },
	{ "source", 0, true, "evaluate in the store at this URL",
	    set_source },
	{ "source-config", 0, true, "a file with its http_config",
	    set_source_config },
	{ "source-timeout", 0, true, "of a query to it (30s)",
	    set_source_timeout },
	{ "time", 't', true, "instant of a query", set_time },
	{ "start", 0, true, "of a range", set_start },
	{ "end", 0, true, "of a range", set_end },
	{ "step", 0, true, "of a range", set_step },
	{ "max-samples", 0, true, "that a query may hold (50000000)",
	    set_max_samples },
	{ "timeout", 0, true, "of a query (2m)", set_timeout },
	{ "exposition", 'F', false, "a query's input is exposition text",
	    set_page },
	{ "unit", 0, true, "of a table's or plot's numbers", set_unit },
	{ "explain", 0, false, "what each part of a query cost",
	    set_explain },
	{ "run", 0, true, "only tests whose name matches", set_run },
	{ "junit", 0, true, "write test results to this file", set_junit },
	{ "diff", 0, false, "as promtool's; always on", set_diff },
	{ "coverage", 0, false, "which rules no test reached", set_coverage },
	{ "ignore-unknown-fields", 0, false, "in rule and test files",
	    set_ignore_unknown },
	{ "syntax-only", 0, false, "do not look at the files it names",
	    set_syntax_only },
	{ "data", 0, true, "a file of samples for the lints", set_data },
	{ "policy", 0, true, "a file of what rules must look like",
	    set_policy },
	{ "lint-fatal", 0, false, "a lint warning fails the check",
	    set_lint_fatal },
};

const size_t eval_noptions = sizeof(eval_options) / sizeof(eval_options[0]);

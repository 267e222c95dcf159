#include "unittest.h"

#include <math.h>
#include <stdlib.h>

#include "config/glob.h"
#include "core/dur.h"
#include "core/num.h"

#define AT(type, field)	offsetof(struct type, field)
#define NROWS(r)	(sizeof(r) / sizeof((r)[0]))

/* YAML's words for what is no finite number. */
static bool
yaml_number(struct str s, double *v)
{
	static const struct { const char *word; double v; } words[] = {
		{ ".inf", INFINITY }, { ".Inf", INFINITY },
		{ ".INF", INFINITY }, { "+.inf", INFINITY },
		{ "+.Inf", INFINITY }, { "+.INF", INFINITY },
		{ "-.inf", -INFINITY }, { "-.Inf", -INFINITY },
		{ "-.INF", -INFINITY }, { ".nan", NAN }, { ".NaN", NAN },
		{ ".NAN", NAN },
	};
	size_t i;

	for (i = 0; i < NROWS(words); i++)
		if (str_eq(s, str_of(words[i].word))) {
			*v = words[i].v;
			return true;
		}
	return num_parse_prom(s, v);
}

static int
decode_value(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	(void)a;
	if (n->kind == Y_SCALAR && yaml_number(n->scalar, field))
		return 0;
	return ynode_err(n, e, "'" STR_FMT "' is not a number",
	    STR_ARG(n->scalar));
}

/* Seconds since the epoch, or RFC 3339. */
static int
decode_time(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	(void)a;
	if (n->kind == Y_SCALAR && time_parse(n->scalar, field))
		return 0;
	return ynode_err(n, e, "'" STR_FMT "' is neither a Unix time nor "
	    "RFC 3339", STR_ARG(n->scalar));
}

static const struct yfield alert_rows[] = {
	YROW("exp_labels", YT_STRMAP, AT(ut_alert, labels)),
	YROW("exp_annotations", YT_STRMAP, AT(ut_alert, annotations)),
};
static const struct yfields alert_fields = {
	.name = "exp_alerts", .size = sizeof(struct ut_alert),
	.row = alert_rows, .n = NROWS(alert_rows)
};

static const struct yfield alert_test_rows[] = {
	YROW("eval_time", YT_DURATION, AT(ut_alert_test, eval_time_ms)),
	YROW("alertname", YT_STR, AT(ut_alert_test, alertname)),
	YROW("exp_alerts", YT_LIST, AT(ut_alert_test, expected),
	    .sub = &alert_fields),
};
static const struct yfields alert_test_fields = {
	.name = "alert_rule_test", .size = sizeof(struct ut_alert_test),
	.row = alert_test_rows, .n = NROWS(alert_test_rows),
	.node_offset = AT(ut_alert_test, node)
};

static const struct yfield sample_rows[] = {
	YROW("labels", YT_STR, AT(ut_sample, labels)),
	YROW("value", YT_CUSTOM, AT(ut_sample, value),
	    .decode = decode_value),
	YROW("histogram", YT_STR, AT(ut_sample, histogram)),
};
static const struct yfields sample_fields = {
	.name = "exp_samples", .size = sizeof(struct ut_sample),
	.row = sample_rows, .n = NROWS(sample_rows),
	.node_offset = AT(ut_sample, node)
};

static const struct yfield expr_test_rows[] = {
	YROW("expr", YT_STR, AT(ut_expr_test, expr)),
	YROW("eval_time", YT_DURATION, AT(ut_expr_test, eval_time_ms)),
	YROW("exp_samples", YT_LIST, AT(ut_expr_test, expected),
	    .sub = &sample_fields),
};
static const struct yfields expr_test_fields = {
	.name = "promql_expr_test", .size = sizeof(struct ut_expr_test),
	.row = expr_test_rows, .n = NROWS(expr_test_rows),
	.node_offset = AT(ut_expr_test, node)
};

static const struct yfield series_rows[] = {
	YROW("series", YT_STR, AT(ut_series, series)),
	YROW("values", YT_STR, AT(ut_series, values)),
};
static const struct yfields series_fields = {
	.name = "input_series", .size = sizeof(struct ut_series),
	.row = series_rows, .n = NROWS(series_rows),
	.node_offset = AT(ut_series, node)
};

static const struct yfield test_rows[] = {
	YROW("name", YT_STR, AT(ut_test, name)),
	YROW("interval", YT_DURATION, AT(ut_test, interval_ms)),
	YROW("start_timestamp", YT_CUSTOM, AT(ut_test, start_ms),
	    .decode = decode_time),
	YROW("input_series", YT_LIST, AT(ut_test, series),
	    .sub = &series_fields),
	YROW("external_labels", YT_STRMAP, AT(ut_test, external_labels)),
	YROW("external_url", YT_STR, AT(ut_test, external_url)),
	YROW("alert_rule_test", YT_LIST, AT(ut_test, alerts),
	    .sub = &alert_test_fields),
	YROW("promql_expr_test", YT_LIST, AT(ut_test, exprs),
	    .sub = &expr_test_fields),
};
static const struct yfields test_fields = {
	.name = "tests", .size = sizeof(struct ut_test),
	.row = test_rows, .n = NROWS(test_rows),
	.node_offset = AT(ut_test, node)
};

static const struct yfield file_rows[] = {
	YROW("rule_files", YT_STRLIST, AT(ut_file, rule_files)),
	YROW("evaluation_interval", YT_DURATION, AT(ut_file, interval_ms),
	    .dflt = "1m"),
	YROW("group_eval_order", YT_STRLIST, AT(ut_file, order)),
	YROW("fuzzy_compare", YT_BOOL, AT(ut_file, fuzzy)),
	YROW("tests", YT_LIST, AT(ut_file, tests),
	    .sub = &test_fields),
};
static const struct yfields file_fields = {
	.name = "rule test file", .size = sizeof(struct ut_file),
	.row = file_rows, .n = NROWS(file_rows),
	.node_offset = AT(ut_file, node)
};

/*
 * The patterns, seen from the file, to files.  One that finds none is told
 * and passed over, as promtool does, also when it is a plain name.
 */
static int
find_rule_files(struct ut_file *f, struct arena *a, struct err *e)
{
	struct ystrs all = { 0 }, some;
	struct str path;
	size_t i, n;

	for (i = 0; i < f->rule_files.n; i++) {
		path = config_path(f->node, f->rule_files.p[i], a);
		some = (struct ystrs){ 0 };
		if (glob_files(path, a, &some, e) == -1)
			return -1;
		if (some.n == 0) {
			diag_warning("%s: no file matches '" STR_FMT "'",
			    f->path, STR_ARG(f->rule_files.p[i]));
			continue;
		}
		n = all.n + some.n;
		all.p = memcpy(ARENA_ARRAY(a, n, struct str), all.p ? all.p :
		    some.p, all.n * sizeof(*all.p));
		memcpy(all.p + all.n, some.p, some.n * sizeof(*some.p));
		all.n = n;
	}
	f->rule_files = all;
	return 0;
}

static int
check_order(const struct ut_file *f, struct err *e)
{
	size_t i, k;

	for (i = 0; i < f->order.n; i++)
		for (k = 0; k < i; k++)
			if (str_eq(f->order.p[i], f->order.p[k]))
				return ynode_err(ynode_get(f->node,
				    "group_eval_order"), e, "group name "
				    "repeated in evaluation order: " STR_FMT,
				    STR_ARG(f->order.p[i]));
	return 0;
}

static int
check_tests(struct ut_file *f, struct err *e)
{
	struct ut_test *t = f->tests.p;
	struct ut_alert_test *at;
	size_t i, k;

	if (f->interval_ms == 0)
		f->interval_ms = DUR_MINUTE;
	if (check_order(f, e) == -1)
		return -1;
	for (i = 0; i < f->tests.n; i++, t++) {
		if (t->interval_ms == 0)
			t->interval_ms = f->interval_ms;
		at = t->alerts.p;
		for (k = 0; k < t->alerts.n; k++, at++)
			if (at->alertname.n == 0)
				return ynode_err(at->node, e, "an item under "
				    "alert_rule_test misses required "
				    "attribute alertname at eval_time");
	}
	return 0;
}

struct ut_file *
ut_file_load(const char *path, bool ignore_unknown, struct arena *a,
    struct err *e)
{
	struct ut_file *f = ARENA_NEW(a, struct ut_file);
	const struct ynode *root = yaml_load_file(path, a, e);

	if (root && ignore_unknown)
		root = yaml_prune(root, &file_fields, a);
	if (root == NULL || yaml_decode(root, &file_fields, f, a, e) == -1)
		return NULL;
	f->path = path;
	f->node = root;
	if (check_tests(f, e) == -1 || find_rule_files(f, a, e) == -1)
		return NULL;
	return f;
}

/*
 * Rule files, unit tests of rules and configurations of others, judged by the
 * tools as promtool judges them: promtool/ and wild/.
 */
#include "conf.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/vec.h"
#include "json/tree.h"

/* promtool's exit status for lint findings under --lint-fatal; ours is 1. */
#define PROMTOOL_LINT	3

/*
 * Tests that hold in 2.42 only, whose windows are closed on both sides:
 * a sample exactly at the left edge no longer counts.
 */
static const char *const closed_windows[] = {
	"tests/konflux-o11y/data_plane/crashloopbackoff_test.yaml",
	"tests/konflux-o11y/data_plane/kyverno_test.yaml",
	"tests/konflux-o11y/data_plane/node_alerts_test.yaml",
	("tests/konflux-o11y/recording/"
	    "caching_availability_recording_rules_test.yaml"),
};

/* A file that a row names, in the folder of its set; to be freed. */
static char *
file_of(const struct conf *c, const json_t *row, const char *key)
{
	const char *slash = strrchr(c->set, '/');
	struct buf b = { 0 };
	char *path;

	(void)buf_printf(&b, "%.*s/%s", (int)(slash - c->set), c->set,
	    json_string_value(json_object_get(row, key)));
	path = mem_strdup(conf_path(c, buf_cstr(&b)));
	buf_release(&b);
	return path;
}

/* Run argv; its exit status, what it printed in *out. */
static int
run(char *const *argv, struct buf *out)
{
	struct proc_request q = { .argv = argv, .timeout_ms = 60000,
	    .output_max = (size_t)1 << 20 };
	struct proc_result r;
	struct err e;
	int status = -1;

	if (proc_run(&q, &r, &e) == -1) {
		(void)buf_put(out, str_of(e.msg));
		return -1;
	}
	status = r.status;
	(void)buf_put(out, buf_str(&r.out));
	(void)buf_put(out, buf_str(&r.err));
	proc_result_release(&r);
	return status;
}

/* Is the verdict (0, or not) right, and a message there when one is asked? */
static void
judge(struct conf *c, const char *name, char *const *argv, bool good,
    struct str message)
{
	struct buf out = { 0 };
	int status = run(argv, &out);

	if ((status == 0) == good && (status == 0 || status == 1) &&
	    str_find(buf_str(&out), message) != -1)
		conf_pass(c);
	else
		conf_fail(c, name, good ? STR("exit 0") : message.n ?
		    message : STR("exit 1"), buf_str(&out));
	buf_release(&out);
}

/* ---- promtool/ ---- */

static const struct command {
	const char *promtool;
	const char *tool, *verb, *option;
} commands[] = {
	{ "test rules", "ts-eval", "test", NULL },
	{ "check rules", "ts-eval", "check", NULL },
	{ "check config", "ts-eval", "check", "-c" },
	{ "check sd-file", "ts-scrape", "check", NULL },
	{ "check metrics --extended", "ts-scrape", "parse", NULL },
};

static const struct command *
find_command(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_eq(name, str_of(commands[i].promtool)))
			return &commands[i];
	return NULL;
}

/* --lint=NAME chooses lints; ours always run. */
static bool
skip_argument(const char *arg)
{
	return strncmp(arg, "--lint=", 7) == 0;
}

static void
one_promtool(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const struct command *cmd = find_command(json_get_str(row, "cmd"));
	const json_t *args = json_object_get(row, "args"), *a;
	int64_t want = json_integer_value(json_object_get(row, "exit"));
	VEC(char *) argv = { 0 };
	size_t i;

	(void)arg;
	(void)name;
	if (cmd == NULL) {
		conf_skip(c, json_string_value(json_object_get(row, "cmd")),
		    "no such verb");
		return;
	}
	vec_push(&argv, mem_strdup(cmd->tool));
	vec_push(&argv, mem_strdup(cmd->verb));
	json_array_foreach(args, i, a)
		if (!skip_argument(json_string_value(a)))
			vec_push(&argv, mem_strdup(json_string_value(a)));
	if (cmd->option)
		vec_push(&argv, mem_strdup(cmd->option));
	vec_push(&argv, file_of(c, row, "file"));
	vec_push(&argv, NULL);
	judge(c, argv.p[argv.n - 2], argv.p, want == 0,
	    want == PROMTOOL_LINT ? STR_NONE :
	    json_get_str(row, "error_contains"));
	for (i = 0; i < argv.n; i++)
		mem_free(argv.p[i]);
	vec_release(&argv);
}

/* ---- wild/ ---- */

static bool
needs_closed_windows(const char *test)
{
	size_t i;

	for (i = 0; i < sizeof(closed_windows) / sizeof(char *); i++)
		if (strcmp(test, closed_windows[i]) == 0)
			return true;
	return false;
}

static void
one_test(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const char *test = json_string_value(json_object_get(row, "test"));
	bool good = str_eq(json_get_str(row, "expect"), STR("pass"));
	char *argv[] = { "ts-eval", "test", file_of(c, row, "test"), NULL };

	(void)name;
	(void)arg;
	if (good && needs_closed_windows(test))
		conf_skip(c, test, "holds with the closed windows of 2.42");
	else
		judge(c, test, argv, good, STR_NONE);
	mem_free(argv[2]);
}

static void
one_rule_file(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const char *file = json_string_value(json_object_get(row, "file"));
	char *argv[] = { "ts-eval", "check", file_of(c, row, "file"), NULL };

	(void)name;
	(void)arg;
	judge(c, file, argv, json_integer_value(json_object_get(row,
	    "exit")) == 0, STR_NONE);
	mem_free(argv[2]);
}

static void
one_expr(struct conf *c, const json_t *row, const char *name, void *arg)
{
	char *expr = mem_strdup(json_string_value(json_object_get(row,
	    "expr")));
	char *argv[] = { "ts-eval", "parse", "--", expr, NULL };

	(void)name;
	(void)arg;
	judge(c, expr, argv, true, STR_NONE);
	mem_free(expr);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *set;
		conf_fn *fn;
	} sets[] = {
		{ "promtool/EXPECT.jsonl", one_promtool },
		{ "wild/tests.jsonl", one_test },
		{ "wild/rules.jsonl", one_rule_file },
		{ "wild/exprs.jsonl", one_expr },
	};
	struct conf c;
	size_t i;

	conf_init(&c, argc, argv);
	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		conf_jsonl(&c, sets[i].set, sets[i].fn, NULL);
	return conf_finish(&c);
}

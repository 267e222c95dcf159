/*
 * ts-route routes, test: the configuration and no alerts.
 */
#include "drawing.h"
#include "session.h"
#include "unittest.h"

int
verb_routes(struct tool *t, int argc, char **argv)
{
	struct route_tool *rt = t->self;
	struct buf *out = io_writer_buf(t->out);

	if (argc > 0)
		return tool_usage(t, "unexpected operand '%s'", argv[0]);
	if (route_config(t, rt) == -1)
		return EXIT_USAGE;
	(void)buf_put(out, STR("Routing tree:\n"));
	drawing_tree(rt->config->route, NULL, out);
	return tool_finish(t, EXIT_YES);
}

/* NAME=VALUE, in the language of matchers, with quotes when needed. */
static int
parse_label(const char *arg, struct labels_builder *b, struct arena *a)
{
	struct matcher m;
	struct err e;

	if (matcher_parse(str_of(arg), MATCHER_FALLBACK, a, &m, NULL, &e) ==
	    -1 || m.op != MATCH_EQ) {
		diag("'%s' is not NAME=VALUE", arg);
		return -1;
	}
	labels_set(b, m.name, m.value);
	return 0;
}

static int
parse_labels(int argc, char **argv, struct labels_table *table,
    struct arena *a, const struct labels **out)
{
	struct labels_builder b = { 0 };
	int i, rc = 0;

	labels_build(&b, table, NULL);
	for (i = 0; i < argc && rc == 0; i++)
		rc = parse_label(argv[i], &b, a);
	*out = labels_done(&b);
	labels_builder_release(&b);
	return rc;
}

static void
put_receivers(const struct routes *hits, struct buf *out)
{
	size_t i;

	for (i = 0; i < hits->v.n; i++)
		(void)buf_printf(out, "%s" STR_FMT, i ? "," : "",
		    STR_ARG(hits->v.p[i]->receiver));
}

/* Where an alert with these labels goes; as expected? */
static int
test_labels(struct tool *t, const struct labels *l)
{
	struct route_tool *rt = t->self;
	struct buf *out = io_writer_buf(t->out), got = { 0 };
	struct routes hits = { 0 };
	int status = EXIT_YES;

	(void)tree_match(rt->config->route, l, &hits);
	put_receivers(&hits, &got);
	if (rt->draw) {
		(void)buf_put(out, STR("Matching routes:\n"));
		drawing_tree(rt->config->route, &hits, out);
		(void)buf_putc(out, '\n');
	}
	(void)buf_printf(out, STR_FMT "\n", STR_ARG(buf_str(&got)));
	if (rt->expect && !str_eq(str_of(rt->expect), buf_str(&got))) {
		diag("expected receivers '%s', got '" STR_FMT "'", rt->expect,
		    STR_ARG(buf_str(&got)));
		status = EXIT_NO;
	}
	vec_release(&hits.v);
	buf_release(&got);
	return status;
}

int
verb_test(struct tool *t, int argc, char **argv)
{
	struct labels_table *table = labels_table_new();
	const struct labels *l;
	struct arena a = { 0 };
	int status = EXIT_USAGE;

	if (t->follow) {	/* test -f FILE ... */
		labels_table_free(table);
		return unittest_files(t, argc, argv);
	}
	if (route_config(t, t->self) == 0 &&
	    parse_labels(argc, argv, table, &a, &l) == 0)
		status = test_labels(t, l);
	labels_table_free(table);
	arena_free(&a);
	return tool_finish(t, status);
}

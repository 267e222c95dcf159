/*
 * am-routes.jsonl: which routes a label set takes, with their options.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "../../tools/ts-route/tree.h"
#include "am.h"
#include "conf.h"
#include "json/tree.h"

struct ctx {
	struct labels_table *table;
	struct arena arena;
};

/* receiver group_by... all wait interval repeat key */
static void
put_route(const struct am_route *r, struct buf *out)
{
	size_t i;

	(void)buf_printf(out, STR_FMT " [", STR_ARG(r->receiver));
	for (i = 0; i < r->group_by.n; i++)
		(void)buf_printf(out, "%s" STR_FMT, i ? " " : "",
		    STR_ARG(r->group_by.p[i]));
	(void)buf_printf(out, "]%s %" PRId64 " %" PRId64 " %" PRId64 " ",
	    r->group_by_all ? " all" : "", r->group_wait_ms,
	    r->group_interval_ms, r->repeat_interval_ms);
	am_route_key(r, out);
	(void)buf_putc(out, '\n');
}

static int
cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* group_by is a set: here in order, as the configuration has it. */
static void
put_set(const json_t *list, struct buf *out)
{
	size_t i, n = json_array_size(list);
	const char **name = mem_array(n + 1, sizeof(*name));

	for (i = 0; i < n; i++)
		name[i] = json_string_value(json_array_get(list, i));
	qsort(name, n, sizeof(*name), cmp_names);
	for (i = 0; i < n; i++)
		(void)buf_printf(out, "%s%s", i ? " " : "", name[i]);
	mem_free(name);
}

static void
put_wanted(const json_t *r, struct buf *out)
{
	(void)buf_printf(out, STR_FMT " [", STR_ARG(json_get_str(r,
	    "receiver")));
	put_set(json_object_get(r, "group_by"), out);
	(void)buf_printf(out, "]%s %.0f %.0f %.0f " STR_FMT "\n",
	    json_is_true(json_object_get(r, "group_by_all")) ? " all" : "",
	    json_number_value(json_object_get(r, "group_wait")) * 1000,
	    json_number_value(json_object_get(r, "group_interval")) * 1000,
	    json_number_value(json_object_get(r, "repeat_interval")) * 1000,
	    STR_ARG(json_get_str(r, "key")));
}

static void
compare(struct conf *c, const json_t *row, const char *name,
    const struct routes *hits)
{
	const json_t *routes = json_object_get(row, "routes");
	const json_t *names = json_object_get(row, "receivers");
	struct buf want = { 0 }, got = { 0 };
	size_t i;

	for (i = 0; i < hits->v.n; i++) {
		if (routes)
			put_route(hits->v.p[i], &got);
		else
			(void)buf_printf(&got, STR_FMT "\n",
			    STR_ARG(hits->v.p[i]->receiver));
	}
	for (i = 0; i < json_array_size(routes); i++)
		put_wanted(json_array_get(routes, i), &want);
	for (i = 0; i < json_array_size(names); i++)
		(void)buf_printf(&want, "%s\n",
		    json_string_value(json_array_get(names, i)));
	conf_expect(c, name, buf_str(&want), buf_str(&got));
	buf_release(&want);
	buf_release(&got);
}

static void
one_case(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct ctx *x = arg;
	struct routes hits = { 0 };
	struct am_config *config;
	struct err e;

	arena_reset(&x->arena);
	config = am_config_text(json_get_str(row, "config"), &x->arena, &e);
	if (config == NULL) {
		conf_fail(c, name, STR("a configuration"), str_of(e.msg));
		return;
	}
	(void)tree_match(config->route, am_labels(x->table,
	    json_object_get(row, "labels")), &hits);
	compare(c, row, name, &hits);
	vec_release(&hits.v);
	am_config_release(config);
}

int
main(int argc, char **argv)
{
	struct conf c;
	struct ctx x = { .table = labels_table_new() };

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "am-routes.jsonl", one_case, &x);
	labels_table_free(x.table);
	arena_free(&x.arena);
	return conf_finish(&c);
}

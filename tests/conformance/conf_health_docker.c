/*
 * health/docker: states and figures of containers as a real engine told them.
 */
#include <math.h>

#include "../../tools/ts-health/docker.h"
#include "conf.h"
#include "core/io.h"
#include "json/tree.h"

static struct arena arena;

static struct str
text_of(const json_t *v)
{
	struct buf b = { 0 };
	struct str s;

	if (v == NULL)
		return STR("nothing");
	(void)json_put_tree(&b, v);
	s = arena_str(&arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
state_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const json_t *want = json_object_get(row, "expect");
	struct str health, why;
	enum check_status s = docker_state(json_object_get(row, "state"),
	    false, &arena, &health, &why);
	json_t *got = json_pack("{s:s, s:o}", "status", check_status_name(s),
	    "health", health.p ? json_stringn(health.p, health.n) :
	    json_null());

	(void)arg;
	if (json_equal(got, want))
		conf_pass(c);
	else
		conf_fail(c, name, text_of(want), text_of(got));
	json_decref(got);
}

/* null: not known, which must not be 0. */
static bool
same(const json_t *want, double got)
{
	double v = json_number_value(want);

	return json_is_number(want) ? fabs(got - v) <= fabs(v) * 1e-6 :
	    isnan(got);
}

static void
usage_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const json_t *want = json_object_get(row, "expect");
	const json_t *stats = json_object_get(row, "stats");
	struct docker_usage u = docker_usage(stats, json_object_get(stats,
	    "precpu_stats"));

	(void)arg;
	if (same(json_object_get(want, "cpu_percent"), u.cpu_percent) &&
	    same(json_object_get(want, "memory_used"), u.memory_used) &&
	    same(json_object_get(want, "memory_limit"), u.memory_limit))
		conf_pass(c);
	else
		conf_fail(c, name, text_of(want), arena_printf(&arena,
		    "%g %g %g", u.cpu_percent, u.memory_used,
		    u.memory_limit));
}

/* Whole answers: two samples of one engine, and inspected containers. */
static json_t *
load(const struct conf *c, const char *name)
{
	struct str path = arena_printf(&arena, "health/docker/%s", name);
	struct buf b = { 0 };
	struct err e;
	json_t *o = NULL;

	if (io_read_file(conf_path(c, path.p), (size_t)1 << 20, &b, &e) == 0)
		o = json_tree(buf_str(&b), &e);
	buf_release(&b);
	return o;
}

static void
whole_answers(struct conf *c)
{
	static const struct { const char *file, *status, *health; } rows[] = {
		{ "inspect_healthy.json", "healthy", "healthy" },
		{ "inspect_restarting.json", "unhealthy", "" },
		{ "inspect_x.json", "unhealthy", "" },
	};
	struct str health, why;
	struct docker_usage u;
	enum check_status s;
	json_t *o;
	size_t i;

	if (!conf_begin(c, "health/docker"))
		return;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((o = load(c, rows[i].file)) == NULL)
			continue;
		s = docker_state(json_object_get(o, "State"), false, &arena,
		    &health, &why);
		conf_expect(c, rows[i].file, arena_printf(&arena, "%s %s",
		    rows[i].status, rows[i].health), arena_printf(&arena,
		    "%s " STR_FMT, check_status_name(s), STR_ARG(health)));
		json_decref(o);
	}
	/* One-shot answers have nothing before; nor have Podman's. */
	for (i = 0; i < 2; i++) {
		const char *file = i ? "podman_stats_stream_false.json" :
		    "stats_api_oneshot.json";

		if ((o = load(c, file)) == NULL)
			continue;
		u = docker_usage(o, json_object_get(o, "precpu_stats"));
		conf_expect(c, file, STR("unknown"), isnan(u.cpu_percent) ?
		    STR("unknown") : STR("a number"));
		json_decref(o);
	}
	conf_end(c);
}

int
main(int argc, char **argv)
{
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "health/docker/state.jsonl", state_row, NULL);
	conf_jsonl(&c, "health/docker/stats.jsonl", usage_row, NULL);
	whole_answers(&c);
	arena_free(&arena);
	return conf_finish(&c);
}

/*
 * check_docker: containers of a Docker or Podman engine: their state, their
 * health, what they use.
 */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "core/clk.h"
#include "core/dur.h"
#include "docker.h"
#include "json/tree.h"
#include "json/write.h"
#include "kinds.h"
#include "net/url.h"
#include "procfs.h"

struct docker_check {
	struct check check;
	struct str socket, container;
	struct ystrs filter, labels;
	struct str ca_file, cert_file, key_file;
	bool insecure, health_required, exit_ok;
	int64_t sample_ms;
	struct range cpu_warn, cpu_crit, memory_warn, memory_crit;
	struct range restarts_warn, restarts_crit, count_warn, count_crit;
	struct docker engine;
};

#define T	struct docker_check
#define AT(f)	offsetof(struct docker_check, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("socket", YT_STR, AT(socket)),
	YROW("container", YT_STR, AT(container)),
	YROW("filter", YT_CUSTOM, AT(filter), .decode = words_decode),
	YROW("label_filter", YT_CUSTOM, AT(labels), .decode = words_decode),
	YROW("ca_file", YT_STR, AT(ca_file)),
	YROW("cert_file", YT_STR, AT(cert_file)),
	YROW("key_file", YT_STR, AT(key_file)),
	YROW("insecure", YT_BOOL, AT(insecure)),
	YROW("health_required", YT_BOOL, AT(health_required)),
	YROW("exit_ok", YT_BOOL, AT(exit_ok)),
	YROW("sample", YT_DURATION, AT(sample_ms), .dflt = "1s"),
	RANGE_ROW("cpu_warn", T, cpu_warn),
	RANGE_ROW("cpu_crit", T, cpu_crit),
	RANGE_ROW("memory_warn", T, memory_warn),
	RANGE_ROW("memory_crit", T, memory_crit),
	RANGE_ROW("restarts_warn", T, restarts_warn),
	RANGE_ROW("restarts_crit", T, restarts_crit),
	RANGE_ROW("count_warn", T, count_warn),
	RANGE_ROW("count_crit", T, count_crit),
};
KIND_FIELDS(docker, T);
#undef AT
#undef T

static int
docker_configure(struct check *c, struct arena *a, struct err *e)
{
	struct docker_check *d = (struct docker_check *)c;
	const char *env = getenv("DOCKER_HOST");

	if (d->socket.n == 0)
		d->socket = env != NULL && *env ? arena_str(a, str_of(env)) :
		    STR(DOCKER_SOCKET);
	d->engine = (struct docker){ .arena = a, .config = {
	    .ca_file = d->ca_file, .cert_file = d->cert_file,
	    .key_file = d->key_file,
	    .insecure_skip_verify = d->insecure } };
	if (!docker_address(d->socket, &d->engine))
		return ynode_err(c->node, e, "'socket' must be a path, "
		    "unix:///PATH, tcp://HOST:PORT or https://HOST:PORT");
	if (d->sample_ms < 0 || d->sample_ms >= c->timeout_ms)
		return ynode_err(c->node, e, "'sample' must be shorter than "
		    "the timeout");
	c->target = d->container.n ? d->container : d->filter.n ?
	    d->filter.p[0] : url_shown(d->socket, a);
	return 0;
}

/* One container, from three answers. */
struct container {
	struct str id, name, image;
	json_t *inspect, *before, *now;
	struct docker_usage usage;
	enum check_status status;
	struct str health, why;
	double restarts, started_s;
};

struct containers {
	struct container *p;
	size_t n;
};

/* ---- asking ---- */

static void
put_list(struct jw *w, const char *key, const struct str *s, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	jw_key(w, str_of(key));
	jw_arr(w);
	for (i = 0; i < n; i++)
		jw_str(w, s[i]);
	jw_arr_end(w);
}

/* The engine's own filters: a name is a part of one, or a pattern. */
static struct str
list_path(const struct docker_check *d, struct arena *a)
{
	struct str exact = arena_printf(a, "^/?" STR_FMT "$",
	    STR_ARG(d->container));
	struct buf json = { 0 }, query = { 0 };
	struct jw w = { .out = &json };
	struct str s;

	jw_obj(&w);
	put_list(&w, "name", d->container.n ? &exact : d->filter.p,
	    d->container.n ? 1 : d->filter.n);
	put_list(&w, "label", d->labels.p, d->labels.n);
	jw_obj_end(&w);
	url_put_query(&query, buf_str(&json));
	s = arena_printf(a, "/containers/json?all=1&filters=" STR_FMT,
	    STR_ARG(buf_str(&query)));
	buf_release(&json);
	buf_release(&query);
	return s;
}

/* Names carry a slash in front. */
static struct str
name_of(const json_t *o, struct arena *a)
{
	const json_t *names = json_object_get(o, "Names");
	struct str s = str_of(json_string_value(json_array_get(names, 0)));

	if (str_starts(s, STR("/")))
		s = str_sub(s, 1, s.n);
	return s.n ? arena_str(a, s) : arena_str(a, str_sub(
	    json_get_str(o, "Id"), 0, 12));
}

static int
list(struct docker_check *d, struct containers *all, struct err *e)
{
	struct arena *a = d->engine.arena;
	struct str path = list_path(d, a), id;
	json_t *got, *o;
	size_t i;

	docker_get(&d->engine, &path, 1, &got, e);
	if (got == NULL)
		return -1;
	if (!json_is_array(got)) {
		json_decref(got);
		return err_set(e, ERR_NET, "the list of containers is no "
		    "list");
	}
	all->p = ARENA_ARRAY(a, json_array_size(got) + 1, struct container);
	json_array_foreach(got, i, o) {
		id = json_get_str(o, "Id");
		if (id.n == 0 || all->n == DOCKER_CONTAINERS_MAX)
			continue;
		all->p[all->n].id = arena_str(a, id);
		all->p[all->n].image = arena_str(a, json_get_str(o, "Image"));
		all->p[all->n++].name = name_of(o, a);
	}
	json_decref(got);
	return 0;
}

enum { INSPECT, BEFORE, NOW };

/* The same question about all of them; those that went meanwhile have none. */
static void
ask_each(struct docker_check *d, struct containers *all, const char *what,
    int which)
{
	struct arena *a = d->engine.arena;
	struct str *path = ARENA_ARRAY(a, all->n + 1, struct str);
	json_t **got = ARENA_ARRAY(a, all->n + 1, json_t *);
	struct err *why = ARENA_ARRAY(a, all->n + 1, struct err);
	struct container *c;
	size_t i;

	for (i = 0; i < all->n; i++)
		path[i] = arena_printf(a, "/containers/" STR_FMT "/%s",
		    STR_ARG(all->p[i].id), what);
	docker_get(&d->engine, path, all->n, got, why);
	for (i = 0; i < all->n; i++) {
		c = &all->p[i];
		*(which == INSPECT ? &c->inspect : which == BEFORE ?
		    &c->before : &c->now) = got[i];
	}
}

/*
 * Two samples of our own: one-shot answers come at once, and Podman's have
 * no sample before.
 */
static void
sample(struct docker_check *d, struct containers *all)
{
	static const char stats[] = "stats?stream=false&one-shot=true";
	struct timespec t = { d->sample_ms / 1000,
	    d->sample_ms % 1000 * 1000000 };
	struct container *c;
	size_t i;

	if (d->sample_ms > 0) {
		ask_each(d, all, stats, BEFORE);
		(void)nanosleep(&t, NULL);
	}
	ask_each(d, all, stats, NOW);
	for (i = 0; i < all->n; i++) {
		c = &all->p[i];
		c->usage = docker_usage(c->now, json_object_get(c->before,
		    "cpu_stats"));
		if (d->engine.podman)
			c->usage.cpu_percent = docker_cpu_by_time(c->now,
			    c->before);
	}
}

/* ---- the verdict ---- */

/* By the engine, since the check was due before. */
static bool
restarted_lately(const struct container *c, const struct check *check)
{
	struct clk wall = { .kind = CLK_WALL };

	return c->restarts > 0 && (double)clk_now(&wall) / 1000 -
	    c->started_s < (double)check->interval_ms / 1000;
}

static void
take_state(const struct docker_check *d, struct container *c,
    struct check_result *r)
{
	const json_t *state = json_object_get(c->inspect, "State");
	int64_t ms;

	if (state == NULL) {
		c->why = STR("gone");
		c->status = CHECK_FAIL;
	} else {
		c->status = docker_state(state, d->exit_ok, r->arena,
		    &c->health, &c->why);
	}
	if (c->health.p != NULL)
		c->health = arena_str(r->arena, c->health);
	c->restarts = json_number_value(json_object_get(c->inspect,
	    "RestartCount"));
	c->started_s = time_parse_rfc3339(json_get_str(state, "StartedAt"),
	    &ms) && ms > 0 ? (double)ms / 1000 : NAN;
	if (c->status == CHECK_OK && restarted_lately(c, &d->check)) {
		c->status = CHECK_WARN;
		c->why = arena_printf(r->arena, "restarted lately, %.0f times "
		    "in all", c->restarts);
	}
	if (c->status != CHECK_OK)
		check_say(r, c->status, STR_FMT ": " STR_FMT,
		    STR_ARG(c->name), STR_ARG(c->why));
	else if (d->health_required && c->health.p == NULL)
		check_say(r, CHECK_WARN, STR_FMT ": no health check",
		    STR_ARG(c->name));
}

static void
measure(const struct container *c, const char *what, double v,
    const char *uom, const struct range *warn, const struct range *crit,
    bool one, struct check_result *r)
{
	struct arena *a = r->arena;
	struct str label = one ? arena_str(a, str_of(what)) :
	    arena_printf(a, STR_FMT "_%s", STR_ARG(c->name), what);
	struct str text = arena_printf(a, "%s of " STR_FMT, what,
	    STR_ARG(c->name));

	if (!isnan(v))
		check_measure(r, label, v, uom, warn, crit, text.p);
}

static double
percent(double a, double b)
{
	return b > 0 ? a * 100 / b : NAN;
}

static void
put_metrics(const struct container *c, double now_s, struct check_result *r)
{
	const struct docker_usage *u = &c->usage;
	const struct check_label l[] = { { STR("name"), c->name },
	    { STR("image"), c->image } };
	const struct { const char *name; double value; } rows_[] = {
		{ "container_cpu_usage_seconds_total", u->cpu_s },
		{ "container_memory_working_set_bytes", u->memory_used },
		{ "container_memory_usage_bytes", u->memory_usage },
		{ "container_spec_memory_limit_bytes", u->memory_limit },
		{ "container_network_receive_bytes_total", u->rx },
		{ "container_network_transmit_bytes_total", u->tx },
		{ "container_fs_reads_bytes_total", u->read },
		{ "container_fs_writes_bytes_total", u->written },
		{ "container_processes", u->pids },
		{ "container_start_time_seconds", c->started_s },
		{ "container_last_seen", now_s },
	};
	size_t i;

	for (i = 0; i < sizeof(rows_) / sizeof(rows_[0]); i++)
		if (!isnan(rows_[i].value))
			check_metric_labels(r, rows_[i].name, l, 2,
			    rows_[i].value);
	check_metric_labels(r, "ts_container_up", l, 2,
	    c->status == CHECK_OK || c->status == CHECK_WARN);
	check_metric_labels(r, "ts_container_restarts_total", l, 2,
	    c->restarts);
}

static void
put_container(struct jw *w, const struct container *c)
{
	const struct docker_usage *u = &c->usage;

	jw_obj(w);
	jw_key(w, STR("name"));
	jw_str(w, c->name);
	jw_key(w, STR("id"));
	jw_str(w, str_sub(c->id, 0, 12));
	jw_key(w, STR("image"));
	jw_str(w, c->image);
	jw_key(w, STR("state"));
	jw_str(w, c->why);
	jw_key(w, STR("health"));
	jw_str(w, c->health.p ? c->health : STR("no-health-check"));
	jw_member_num(w, "restarts", c->restarts);
	jw_member_num(w, "cpu_percent", round(u->cpu_percent * 100) / 100);
	jw_member_num(w, "memory_used", u->memory_used);
	jw_member_num(w, "memory_limit", u->memory_limit);
	jw_member_num(w, "memory_percent", round(percent(u->memory_used,
	    u->memory_limit) * 100) / 100);
	jw_member_num(w, "net_rx", u->rx);
	jw_member_num(w, "net_tx", u->tx);
	jw_member_num(w, "block_read", u->read);
	jw_member_num(w, "block_written", u->written);
	jw_member_num(w, "pids", u->pids);
	jw_obj_end(w);
}

/* A limit beyond the machine's memory is none: then that is what there is. */
static void
bound_limits(const struct check *c, struct containers *all, struct arena *a)
{
	struct meminfo m;
	struct str text;
	struct err e;
	size_t i;

	if (proc_read(c->procfs, "meminfo", a, &text, &e) != 1 ||
	    !meminfo_parse(text, &m))
		return;
	for (i = 0; i < all->n; i++)
		if (all->p[i].usage.memory_limit > m.total)
			all->p[i].usage.memory_limit = m.total;
}

static void
judge(const struct docker_check *d, struct containers *all,
    struct check_result *r)
{
	struct clk wall = { .kind = CLK_WALL };
	struct buf b = { .max = CHECK_DATA_MAX };
	struct jw w = { .out = &b };
	size_t i, well = 0;
	bool one = all->n == 1;
	struct container *c;

	jw_obj(&w);
	jw_key(&w, STR("containers"));
	jw_arr(&w);
	for (i = 0; i < all->n; i++) {
		c = &all->p[i];
		take_state(d, c, r);
		well += c->status == CHECK_OK;
		measure(c, "cpu", c->usage.cpu_percent, "%", &d->cpu_warn,
		    &d->cpu_crit, one, r);
		measure(c, "memory", percent(c->usage.memory_used,
		    c->usage.memory_limit), "%", &d->memory_warn,
		    &d->memory_crit, one, r);
		measure(c, "restarts", c->restarts, "", &d->restarts_warn,
		    &d->restarts_crit, one, r);
		put_metrics(c, (double)clk_now(&wall) / 1000, r);
		put_container(&w, c);
	}
	jw_arr_end(&w);
	jw_obj_end(&w);
	r->data = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
	if (one)
		check_note(r, STR_FMT ": " STR_FMT, STR_ARG(all->p[0].name),
		    STR_ARG(all->p[0].why));
	else
		check_note(r, "%zu containers are well", well);
}

static void
docker_run(const struct check *c, struct check_result *r)
{
	struct docker_check *d = arena_alloc(r->arena, sizeof(*d));
	struct containers all = { 0 };
	struct err e;
	double start = clk_mono_s();

	*d = *(const struct docker_check *)c;
	d->engine.arena = r->arena;
	d->engine.until_ms = clk_mono_ms() + c->timeout_ms;
	if (docker_hello(&d->engine, &e) == -1 || list(d, &all, &e) == -1) {
		r->seconds = clk_mono_s() - start;
		check_failed(r, &e);
		return;
	}
	r->seconds = clk_mono_s() - start;
	if (all.n == 0 && d->container.n)
		check_say(r, CHECK_FAIL, "no container is called '" STR_FMT
		    "'", STR_ARG(d->container));
	else if (all.n == 0 && !d->count_warn.set && !d->count_crit.set &&
	    (d->filter.n || d->labels.n))
		check_say(r, CHECK_FAIL, "no container matches");
	check_measure(r, STR("count"), (double)all.n, "", &d->count_warn,
	    &d->count_crit, "number of containers");
	ask_each(d, &all, "json", INSPECT);
	sample(d, &all);
	bound_limits(c, &all, r->arena);
	judge(d, &all, r);
	/* Of two warnings the first is told: that of a container. */
	check_slow(c, r, "container engine");
}

const struct check_kind check_docker = {
	.name = "docker", .operand = "filter", .fields = &docker_fields,
	.network = true, .configure = docker_configure, .run = docker_run,
};

/* The same for one that must be there. */
const struct check_kind check_container = {
	.name = "container", .operand = "container",
	.fields = &docker_fields, .network = true,
	.configure = docker_configure, .run = docker_run,
};

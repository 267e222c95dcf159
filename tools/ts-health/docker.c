/*
 * docker: requests, and the formulas.
 */
#include "docker.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/dur.h"
#include "core/num.h"
#include "json/tree.h"
#include "net/url.h"

#define ANSWER_MAX	((size_t)16 << 20)
#define API_MAJOR	1
#define API_MINOR	47	/* the newest that this was written for */

/* ---- what answers mean ---- */

static bool
flag(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

enum check_status
docker_state(const json_t *state, bool exit_ok, struct arena *a,
    struct str *health, struct str *why)
{
	struct str status = json_get_str(state, "Status");
	long long code = (long long)json_number_value(json_object_get(state,
	    "ExitCode"));
	const char *oom = flag(state, "OOMKilled") ? ", out of memory" : "";

	*health = json_get_str(json_object_get(state, "Health"), "Status");
	if (health->n == 0 || str_eq(*health, STR("none")))
		*health = STR_NONE;
	if (status.n == 0)
		status = flag(state, "Running") ? STR("running") :
		    STR("exited");
	*why = arena_printf(a, STR_FMT "%s", STR_ARG(status), oom);
	if (flag(state, "Paused") || str_eq(status, STR("paused")))
		return CHECK_WARN;
	if (str_eq(status, STR("exited")) || str_eq(status, STR("stopped"))) {
		*why = arena_printf(a, "exited with status %lld%s", code, oom);
		return code == 0 && exit_ok ? CHECK_OK : CHECK_FAIL;
	}
	if (!str_eq(status, STR("running")))
		return CHECK_FAIL;
	if (health->n)
		*why = arena_printf(a, "running, " STR_FMT "%s",
		    STR_ARG(*health), oom);
	if (str_eq(*health, STR("unhealthy")))
		return CHECK_FAIL;
	return str_eq(*health, STR("starting")) ? CHECK_WARN : CHECK_OK;
}

/* The number at a path of keys; NaN when it is not there. */
static double
number_at(const json_t *o, const char *a, const char *b, const char *c)
{
	if (a != NULL)
		o = json_object_get(o, a);
	if (b != NULL)
		o = json_object_get(o, b);
	if (c != NULL)
		o = json_object_get(o, c);
	return json_is_number(o) ? json_number_value(o) : NAN;
}

static double
cpu_percent(const json_t *now, const json_t *before)
{
	double used = number_at(now, "cpu_usage", "total_usage", NULL) -
	    number_at(before, "cpu_usage", "total_usage", NULL);
	double all = number_at(now, "system_cpu_usage", NULL, NULL) -
	    number_at(before, "system_cpu_usage", NULL, NULL);
	double cpus = number_at(now, "online_cpus", NULL, NULL);

	if (isnan(used) || isnan(all))
		return NAN;
	if (!(cpus > 0))
		cpus = (double)json_array_size(json_object_get(
		    json_object_get(now, "cpu_usage"), "percpu_usage"));
	return used > 0 && all > 0 ? used / all * cpus * 100 : 0;
}

double
docker_cpu_by_time(const json_t *now, const json_t *before)
{
	double used = number_at(now, "cpu_stats", "cpu_usage",
	    "total_usage") - number_at(before, "cpu_stats", "cpu_usage",
	    "total_usage");
	int64_t from, to;

	if (isnan(used) ||
	    !time_parse_rfc3339(json_get_str(before, "read"), &from) ||
	    !time_parse_rfc3339(json_get_str(now, "read"), &to))
		return NAN;
	return used > 0 && to > from ? used / 1e6 / (double)(to - from) * 100 :
	    0;
}

static double
memory_used(const json_t *memory)
{
	double usage = number_at(memory, "usage", NULL, NULL), cache;

	cache = number_at(memory, "stats", "total_inactive_file", NULL);
	if (isnan(cache))
		cache = number_at(memory, "stats", "inactive_file", NULL);
	return cache < usage ? usage - cache : usage;
}

static void
sum_networks(const json_t *stats, struct docker_usage *u)
{
	json_t *all = json_object_get(stats, "networks"), *one;
	const char *name;

	u->rx = u->tx = json_is_object(all) ? 0 : NAN;
	json_object_foreach(all, name, one) {
		u->rx += number_at(one, "rx_bytes", NULL, NULL);
		u->tx += number_at(one, "tx_bytes", NULL, NULL);
	}
}

static void
sum_blocks(const json_t *stats, struct docker_usage *u)
{
	json_t *all = json_object_get(json_object_get(stats, "blkio_stats"),
	    "io_service_bytes_recursive"), *one;
	struct str op;
	size_t i;

	u->read = u->written = json_is_array(all) ? 0 : NAN;
	json_array_foreach(all, i, one) {
		op = json_get_str(one, "op");
		if (str_eq_nocase(op, STR("read")))
			u->read += number_at(one, "value", NULL, NULL);
		else if (str_eq_nocase(op, STR("write")))
			u->written += number_at(one, "value", NULL, NULL);
	}
}

struct docker_usage
docker_usage(const json_t *stats, const json_t *before)
{
	const json_t *cpu = json_object_get(stats, "cpu_stats");
	const json_t *memory = json_object_get(stats, "memory_stats");
	struct docker_usage u = {
		.cpu_percent = cpu_percent(cpu, before),
		.cpu_s = number_at(cpu, "cpu_usage", "total_usage", NULL) /
		    1e9,
		.memory_usage = number_at(memory, "usage", NULL, NULL),
		.memory_used = memory_used(memory),
		.memory_limit = number_at(memory, "limit", NULL, NULL),
		.pids = number_at(stats, "pids_stats", "current", NULL),
	};

	sum_networks(stats, &u);
	sum_blocks(stats, &u);
	return u;
}

/* ---- asking ---- */

bool
docker_address(struct str s, struct docker *d)
{
	struct url u;

	d->base = STR("http://docker");
	d->socket = STR_NONE;
	if (str_starts(s, STR("unix://")))
		s = str_sub(s, 7, s.n);
	if (str_starts(s, STR("/"))) {
		d->socket = s;
		return s.n < sizeof(((struct sockaddr_un *)0)->sun_path);
	}
	if (!url_parse(s, &u) || (u.path.n > 1))
		return false;
	if (str_eq(u.scheme, STR("tcp")))
		d->base = arena_printf(d->arena, "%s://" STR_FMT ":" STR_FMT,
		    d->config.ca_file.n || d->config.cert_file.n ? "https" :
		    "http", STR_ARG(u.host), STR_ARG(u.port.n ? u.port :
		    STR("2375")));
	else if (str_eq(u.scheme, STR("http")) ||
	    str_eq(u.scheme, STR("https")))
		d->base = s;
	else
		return false;
	while (str_ends(d->base, STR("/")))
		d->base.n--;
	return true;
}

struct answer {
	struct docker *docker;
	struct str path, version;
	json_t **got;
	struct err *why;
};

/* The engine says why in a member "message". */
static void
refused(struct answer *x, const struct http_response *p)
{
	struct err e;
	json_t *o = json_tree(p->body, &e);
	struct str text = json_get_str(o, "message");

	(void)err_set(x->why, ERR_NET, text.n ? "HTTP status %d: " STR_FMT :
	    "HTTP status %d" STR_FMT, p->status, STR_ARG(text));
	json_decref(o);
}

static void
answered(void *arg, const struct http_response *p)
{
	struct answer *x = arg;
	size_t i;

	for (i = 0; i < p->nheaders; i++) {
		if (str_eq_nocase(p->headers[i].name, STR("Api-Version")))
			x->version = arena_str(x->docker->arena,
			    p->headers[i].value);
		if (str_eq_nocase(p->headers[i].name,
		    STR("Libpod-Api-Version")))
			x->docker->podman = true;
	}
	if (p->err.kind != ERR_NONE)
		*x->why = p->err;
	else if (p->status / 100 != 2)
		refused(x, p);
	else if (x->got != NULL &&
	    (*x->got = json_tree(p->body, x->why)) == NULL)
		err_prefix(x->why, "the engine's answer is no JSON");
}

static void
ask_all(struct docker *d, struct answer *x, size_t n)
{
	struct clk wall = { .kind = CLK_WALL };
	struct loop *l = loop_new(&wall);
	struct http_client *client = http_client_new(l, 32);
	int64_t left = d->until_ms - clk_mono_ms();
	struct http_request q = { .config = &d->config,
	    .unix_socket = d->socket, .timeout_ms = left > 1 ? left : 1,
	    .body_max = ANSWER_MAX, .want_headers = true };
	size_t i;

	for (i = 0; i < n; i++) {
		q.url = arena_printf(d->arena, STR_FMT STR_FMT STR_FMT,
		    STR_ARG(d->base), STR_ARG(d->prefix), STR_ARG(x[i].path));
		http_send(client, &q, answered, &x[i]);
	}
	loop_run(l, true);
	http_client_free(client);
	loop_free(l);
}

/* libcurl only says that it could not connect, so ask the system first. */
static int
try_socket(const struct docker *d, struct err *e)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, rc;

	if (d->socket.n == 0)
		return 0;
	memcpy(sun.sun_path, d->socket.p, d->socket.n);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return err_sys(e, "cannot make a socket");
	rc = connect(fd, (struct sockaddr *)&sun, sizeof(sun));
	if (rc == -1) {
		rc = err_sys(e, errno == EACCES ? "may not open '" STR_FMT
		    "' (is the user in the group of the socket, docker or "
		    "podman?)" : "cannot connect to '" STR_FMT "'",
		    STR_ARG(d->socket));
		e->kind = errno == EACCES ? ERR_SYS : ERR_NET;
	}
	(void)close(fd);
	return rc;
}

/* "1.41" as { 1, 41 } */
static bool
version_of(struct str s, int64_t *major, int64_t *minor)
{
	struct str head, rest = str_cut(s, '.', &head);

	return rest.p != NULL && num_parse_i64(head, 0, 1000, major) &&
	    num_parse_i64(rest, 0, 1000, minor);
}

int
docker_hello(struct docker *d, struct err *e)
{
	struct answer x = { .docker = d, .path = STR("/_ping"), .why = e };
	int64_t major, minor;

	d->prefix = STR_NONE;
	*e = (struct err){ .kind = ERR_NONE };
	if (try_socket(d, e) == -1)
		return -1;
	ask_all(d, &x, 1);
	if (e->kind != ERR_NONE)
		return -1;
	/* Without a prefix the engine takes its own version. */
	if (!version_of(x.version, &major, &minor))
		return 0;
	if (major > API_MAJOR || (major == API_MAJOR && minor > API_MINOR)) {
		major = API_MAJOR;
		minor = API_MINOR;
	}
	d->prefix = arena_printf(d->arena, "/v%lld.%lld", (long long)major,
	    (long long)minor);
	return 0;
}

void
docker_get(struct docker *d, const struct str *path, size_t n, json_t **got,
    struct err *why)
{
	struct answer *x = ARENA_ARRAY(d->arena, n + 1, struct answer);
	size_t i;

	for (i = 0; i < n; i++) {
		got[i] = NULL;
		why[i] = (struct err){ .kind = ERR_NONE };
		x[i] = (struct answer){ .docker = d, .path = path[i],
		    .got = &got[i], .why = &why[i] };
	}
	ask_all(d, x, n);
}

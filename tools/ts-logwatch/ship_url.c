/* The URL of --to: hosts, path and parameters. */
#include "ship_parts.h"

#include <fcntl.h>

#include "config/common.h"
#include "core/dur.h"
#include "core/mem.h"
#include "core/num.h"
#include "net/url.h"
#include "yaml/fields.h"

/* Parameters that every destination has. */
static const char *const common[] = { "batch", "config", "dead_letter",
    "retry", "timeout" };
#define NCOMMON	(sizeof(common) / sizeof(common[0]))

static size_t
count_own(const struct destination *d)
{
	size_t n = 0;

	while (d->params[n] != NULL)
		n++;
	return n;
}

static const char *
name_of(const struct ship *s, size_t i)
{
	return i < NCOMMON ? common[i] : s->d->params[i - NCOMMON];
}

struct str
ship_param(const struct ship *s, const char *name)
{
	size_t i, n = NCOMMON + count_own(s->d);

	for (i = 0; i < n; i++)
		if (strcmp(name_of(s, i), name) == 0)
			return s->params[i];
	return STR_NONE;
}

static int
set_param(struct ship *s, struct str pair, struct err *e)
{
	size_t i, n = NCOMMON + count_own(s->d);
	const char *names[32], *near;
	struct buf text = { 0 };
	struct str name, value = str_cut(pair, '=', &name);

	for (i = 0; i < n && i < 32; i++) {
		names[i] = name_of(s, i);
		if (!str_eq(name, str_of(names[i])))
			continue;
		url_decode(&text, value);
		s->params[i] = (struct str){ arena_cstr(&s->arena,
		    buf_str(&text)), text.n };
		buf_release(&text);
		return 0;
	}
	near = yaml_near(name, names, i);
	return err_set(e, ERR_CONFIG, "unknown parameter '" STR_FMT "'%s%s%s",
	    STR_ARG(name), near ? ", did you mean '" : "", near ? near : "",
	    near ? "'?" : "");
}

/* 1h, 500ms; the default when it is not given. */
static int
duration(const struct ship *s, const char *name, int64_t *out, struct err *e)
{
	struct str v = ship_param(s, name);

	if (v.n == 0 || (dur_parse(v, out) && *out > 0))
		return 0;
	return err_set(e, ERR_CONFIG, "%s is a duration like 10s, not '"
	    STR_FMT "'", name, STR_ARG(v));
}

static int
read_common(struct ship *s, struct err *e)
{
	struct str v = ship_param(s, "batch");
	int64_t n = SHIP_BATCH;

	if (v.n > 0 && !num_parse_i64(v, 1, 100000, &n))
		return err_set(e, ERR_CONFIG, "batch is a number of events, "
		    "not '" STR_FMT "'", STR_ARG(v));
	s->batch_max = (size_t)n;
	s->timeout_ms = 60000;
	s->retry_ms = 500;
	if (duration(s, "timeout", &s->timeout_ms, e) == -1 ||
	    duration(s, "retry", &s->retry_ms, e) == -1 ||
	    http_config_load(ship_param(s, "config").p, &s->config,
	    &s->arena, e) == -1)
		return -1;
	s->dead_path = ship_param(s, "dead_letter");
	if (s->dead_path.n == 0 || s->w->t->dry_run)
		return 0;
	s->dead_fd = open(s->dead_path.p, O_WRONLY | O_APPEND | O_CREAT |
	    O_CLOEXEC | O_NOCTTY, 0600);
	if (s->dead_fd == -1)
		return err_sys(e, "cannot open '" STR_FMT "'",
		    STR_ARG(s->dead_path));
	return 0;
}

static int
add_host(struct ship *s, struct str scheme, struct str host, struct str path,
    struct err *e)
{
	struct ship_host *h = mem_zalloc(sizeof(*h));
	struct url u;

	vec_push(&s->host, h);
	(void)buf_printf(&h->url, STR_FMT "://" STR_FMT, STR_ARG(scheme),
	    STR_ARG(host));
	if (!url_parse(buf_str(&h->url), &u) || u.path.n > 0)
		return err_set(e, ERR_CONFIG, "no host and port");
	if (u.userinfo.n > 0)
		return err_set(e, ERR_CONFIG, "passwords have no place in a "
		    "URL: config=FILE names a file with basic_auth");
	(void)buf_put(&h->name, host);
	if (u.port.n == 0 && str_eq(scheme, STR("http"))) {
		(void)buf_printf(&h->url, ":%u", s->d->port);
		(void)buf_printf(&h->name, ":%u", s->d->port);
	}
	while (str_ends(path, STR("/")))
		path.n--;
	/* The whole path may be given, as other shippers want it. */
	if (str_ends(path, str_of(s->d->path)))
		path.n -= strlen(s->d->path);
	return buf_put(&h->url, path);
}

static int
read_url(struct ship *s, struct str rest, struct err *e)
{
	struct str scheme, hosts, host, path, query, pair, way;
	ptrdiff_t at = str_find(rest, STR("://"));

	scheme = str_sub(rest, 0, (size_t)at);
	rest = str_sub(rest, (size_t)at + 3, rest.n);
	query = str_cut(rest, '?', &rest);
	at = str_find_char(rest, '/');
	hosts = at < 0 ? rest : str_sub(rest, 0, (size_t)at);
	path = at < 0 ? STR_NONE : str_sub(rest, (size_t)at, rest.n);
	way = str_cut(scheme, '+', &scheme);
	if (way.n == 0)
		way = STR("http");
	if (!str_eq(way, STR("http")) && !str_eq(way, STR("https")))
		return err_set(e, ERR_CONFIG, "'+" STR_FMT "' is not +http or "
		    "+https", STR_ARG(way));
	while (hosts.p != NULL) {
		hosts = str_cut(hosts, ',', &host);
		if (add_host(s, way, host, path, e) == -1)
			return -1;
	}
	while (query.p != NULL) {
		query = str_cut(query, '&', &pair);
		if (pair.n > 0 && set_param(s, pair, e) == -1)
			return -1;
	}
	return s->host.n > 0 ? 0 : err_set(e, ERR_CONFIG, "no host");
}

int
ship_read_url(struct ship *s, const char *url, struct err *e)
{
	s->params = ARENA_ARRAY(&s->arena, NCOMMON + count_own(s->d),
	    struct str);
	if (read_url(s, str_of(url), e) == -1)
		return err_prefix(e, "--to");
	return read_common(s, e);
}

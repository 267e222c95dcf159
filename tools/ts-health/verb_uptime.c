/*
 * import and export: checks of uptime services.
 */
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "net/url.h"
#include "uptime.h"

#define IMPORT_MAX	((size_t)16 << 20)
#define TOKEN_MAX	((size_t)4096)
#define TIMEOUT_MS	30000

static const struct uptime_service *
service_named(const char *option, const char *name)
{
	const struct uptime_service *s = uptime_service(str_of(name));

	if (s == NULL)
		diag("%s: '%s' is none of pingdom, statuscake, "
		    "statuscake-v1", option, name);
	return s;
}

/* ---- import ---- */

static void
take(void *arg, const struct uptime *u)
{
	uptime_put_yml(u, arg);
}

static int
read_text(const char *path, struct buf *text, struct err *e)
{
	int rc;

	text->max = IMPORT_MAX;
	if (strcmp(path, "-") != 0)
		return io_read_file(path, IMPORT_MAX, text, e);
	if ((rc = io_read_all(STDIN_FILENO, text, e)) == -1)
		(void)err_prefix(e, "stdin");
	return rc;
}

int
verb_import(struct tool *t, int argc, char **argv)
{
	const struct health *self = t->self;
	const struct uptime_service *service = NULL;
	char stdin_name[] = "-", *only[] = { stdin_name };
	struct arena a = { 0 };
	struct buf text = { 0 }, yml = { 0 };
	struct err e;
	int i, rc = 0;

	if (self->from != NULL &&
	    (service = service_named("--from", self->from)) == NULL)
		return HEALTH_UNKNOWN;
	if (argc == 0) {
		argc = 1;
		argv = only;
	}
	for (i = 0; i < argc && rc == 0; i++) {
		buf_reset(&text);
		if ((rc = read_text(argv[i], &text, &e)) == 0)
			rc = uptime_import(buf_str(&text),
			    strcmp(argv[i], "-") ? argv[i] : "stdin", service,
			    take, &yml, &a, &e);
	}
	if (rc == -1) {
		diag_err(&e);
	} else {
		(void)buf_put(io_writer_buf(t->out), STR("checks:\n"));
		(void)buf_put(io_writer_buf(t->out), buf_str(&yml));
	}
	buf_release(&text);
	buf_release(&yml);
	arena_free(&a);
	return tool_finish(t, rc == -1 ? HEALTH_UNKNOWN : HEALTH_OK);
}

/* ---- export ---- */

struct export {
	struct tool *tool;
	const struct uptime_service *service;
	struct uptime_keys keys;
	struct arena arena;
	struct loop *loop;		/* with --create */
	struct http_client *client;
	int status;
};

struct sent {
	struct export *export;
	struct str name;
};

static void
worse(struct export *x, int status)
{
	if (status > x->status)
		x->status = status;
}

static void
answered(void *arg, const struct http_response *r)
{
	struct sent *s = arg;
	struct buf *out = io_writer_buf(s->export->tool->out);
	const char *refusal = s->export->service->refusal;
	struct str why;

	if (r->err.kind != ERR_NONE) {
		diag("'" STR_FMT "': %s", STR_ARG(s->name), r->err.msg);
		worse(s->export, HEALTH_CRITICAL);
	} else if (r->status / 100 != 2 || (refusal != NULL &&
	    str_find(r->body, str_of(refusal)) >= 0)) {
		why = url_shown(str_trim(str_sub(r->body, 0, 200)),
		    &s->export->arena);
		diag("'" STR_FMT "': %s answers %d: " STR_FMT,
		    STR_ARG(s->name), s->export->service->name, r->status,
		    STR_ARG(why));
		worse(s->export, HEALTH_CRITICAL);
	} else {
		(void)buf_printf(out, STR_FMT ": created\n",
		    STR_ARG(s->name));
	}
}

static void
export_one(struct export *x, const struct check *c)
{
	struct uptime u = { 0 };
	struct http_request q;
	struct sent *s;
	struct err e;

	if (!uptime_of_check(c, &u, &x->arena, &e)) {
		diag_warn(&e);
		worse(x, HEALTH_WARNING);
	} else {
		if (x->client == NULL)
			u.url = url_shown(u.url, &x->arena);
		x->service->write(&u, &x->keys, &q, &x->arena);
		q.timeout_ms = TIMEOUT_MS;
		q.secrets = &x->keys.token;
		q.nsecrets = x->keys.token.n > 0;
		if (x->client == NULL) {
			http_print(&q, io_writer_buf(x->tool->out));
			(void)buf_putc(io_writer_buf(x->tool->out), '\n');
		} else {
			s = ARENA_NEW(&x->arena, struct sent);
			*s = (struct sent){ x, c->name };
			http_send(x->client, &q, answered, s);
		}
	}
	uptime_release(&u);
}

/* A file's first line, without what surrounds it. */
static int
read_secret(const char *path, struct str *out, struct arena *a,
    struct err *e)
{
	struct buf b = { 0 };
	int rc = 0;

	if (path == NULL)
		return 0;
	if ((rc = io_read_file(path, TOKEN_MAX, &b, e)) == 0)
		*out = arena_str(a, str_trim(buf_str(&b)));
	buf_release(&b);
	return rc;
}

static bool
chosen(const struct check *c, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		if (str_eq(c->name, str_of(argv[i])))
			return true;
	return argc == 0;
}

static void
export_all(struct export *x, const struct health_config *h, int argc,
    char **argv)
{
	struct clk wall = { .kind = CLK_WALL };
	size_t i, n = 0;

	if (((const struct health *)x->tool->self)->create &&
	    !x->tool->dry_run) {
		x->loop = loop_new(&wall);
		x->client = http_client_new(x->loop, 1);
	}
	for (i = 0; i < h->checks.n; i++)
		if (chosen(h->checks.p[i], argc, argv)) {
			n++;
			export_one(x, h->checks.p[i]);
		}
	if (n == 0) {
		diag("no such check");
		worse(x, HEALTH_UNKNOWN);
	}
	if (x->client == NULL)
		return;
	loop_run(x->loop, true);
	http_client_free(x->client);
	loop_free(x->loop);
}

int
verb_export(struct tool *t, int argc, char **argv)
{
	const struct health *self = t->self;
	struct health_config h = { .procfs = self->host.procfs,
	    .rootfs = self->host.rootfs };
	struct export x = { .tool = t, .keys.base = str_of(self->url) };
	struct err e;

	if (self->to == NULL || t->config == NULL)
		return tool_usage(t, "export needs --to SERVICE and -c FILE");
	if ((x.service = service_named("--to", self->to)) == NULL)
		return HEALTH_UNKNOWN;
	if (self->create && self->token_file == NULL)
		return tool_usage(t, "--create needs --token-file FILE");
	if (health_load(&h, t->config, &e) == -1 ||
	    read_secret(self->token_file, &x.keys.token, &x.arena,
	    &e) == -1 || read_secret(self->username_file, &x.keys.username,
	    &x.arena, &e) == -1) {
		diag_err(&e);
		x.status = HEALTH_UNKNOWN;
	} else {
		if (x.keys.token.n == 0)
			x.keys.token = STR("TOKEN");
		export_all(&x, &h, argc, argv);
	}
	health_release(&h);
	arena_free(&x.arena);
	return tool_finish(t, x.status);
}

#include "pgwork.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "core/clk.h"
#include "core/io.h"

/* ---- warnings of the server ---- */

static void
on_notice(void *arg, const PGresult *r)
{
	struct pg_work *p = arg;
	const char *severity = PQresultErrorField(r,
	    PG_DIAG_SEVERITY_NONLOCALIZED), *state, *text;

	if (severity == NULL || strcmp(severity, "WARNING") != 0 ||
	    p->warning.n)
		return;
	state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	(void)snprintf(p->warning_state, sizeof(p->warning_state), "%s",
	    state ? state : "");
	p->warning = arena_str(p->w->arena, str_of(text ? text : "warning"));
}

/* ---- the session ---- */

static int
set_ms(struct pg_work *p, const char *name, int64_t ms, struct err *e)
{
	const char *params[] = { name, arena_printf(p->w->arena, "%lld",
	    (long long)ms).p };
	PGresult *r = pg_link_do(&p->link, "select set_config($1, $2, false)",
	    params, 2, e);

	PQclear(r);
	return r == NULL ? -1 : 0;
}

static int
prepare(struct pg_work *p, const struct pg_where *at, bool write,
    struct err *e)
{
	PGresult *r;

	if (set_ms(p, "lock_timeout", at->lock_timeout_ms, e) == -1 ||
	    set_ms(p, "statement_timeout", at->statement_timeout_ms,
	    e) == -1)
		return -1;
	if (!write) {
		r = pg_link_do(&p->link, "set default_transaction_read_only = "
		    "on", NULL, 0, e);
		PQclear(r);
		if (r == NULL)
			return -1;
	}
	if ((r = pg_link_do(&p->link, "select pg_is_in_recovery()", NULL, 0,
	    e)) == NULL)
		return -1;
	p->standby = *PQgetvalue(r, 0, 0) == 't';
	PQclear(r);
	return 0;
}

static int
fetch(const struct secret *s, struct arena *a, const char **out,
    struct err *e)
{
	struct str text;

	*out = NULL;
	if (!secret_is_set(s))
		return 0;
	if (secret_fetch(s, a, &text, e) == -1)
		return -1;
	*out = arena_cstr(a, text);
	return 0;
}

int
pg_work_open(struct pg_work *p, struct work *w, const struct pg_where *at,
    bool write, struct err *e)
{
	struct pg_login login = { .name = "ts-maint" };

	*p = (struct pg_work){ .w = w, .began_ms = clk_mono_ms(),
	    .link = { .stop = &work_stopped } };
	if (fetch(&at->dsn, w->arena, &login.dsn, e) == -1 ||
	    fetch(&at->password, w->arena, &login.password, e) == -1)
		return -1;
	if (login.dsn == NULL)
		login.dsn = "";
	if (at->passfile.n)
		login.passfile = arena_cstr(w->arena, at->passfile);
	if (pg_link_open(&p->link, &login, at->connect_timeout_ms, e) == -1)
		return -1;
	(void)PQsetNoticeReceiver(p->link.db, on_notice, p);
	return prepare(p, at, write, e);
}

PGresult *
pg_work_do(struct pg_work *p, const char *sql, const char *const *params,
    int n, struct err *e)
{
	p->warning = STR_NONE;
	p->warning_state[0] = '\0';
	return pg_link_do(&p->link, sql, params, n, e);
}

struct str
pg_text(const struct pg_work *p, const PGresult *r, int row, int col)
{
	struct str s = str_of(PQgetvalue(r, row, col));

	return (struct str){ arena_cstr(p->w->arena, s), s.n };
}

int64_t
pg_int(const PGresult *r, int row, int col)
{
	double v = pg_number(r, row, col);

	return v > -9e18 && v < 9e18 ? (int64_t)v : 0;
}

/* ---- for programs of others ---- */

/* A file of the form of ~/.pgpass that has no name. */
static int
pass_file(struct work *w, struct str password, struct err *e)
{
	struct buf b = { 0 };
	int fd = memfd_create("pgpass", 0), rc;
	size_t i;

	(void)buf_put(&b, STR("*:*:*:*:"));
	for (i = 0; i < password.n; i++) {
		if (password.p[i] == ':' || password.p[i] == '\\')
			(void)buf_putc(&b, '\\');
		(void)buf_putc(&b, password.p[i]);
	}
	(void)buf_putc(&b, '\n');
	rc = fd != -1 && fchmod(fd, 0600) == 0 &&
	    io_write_all(fd, buf_str(&b)) == 0 ? 0 :
	    err_sys(e, "cannot keep the password for the program");
	explicit_bzero(b.p, b.n);
	buf_release(&b);
	if (rc == 0)
		(void)setenv("PGPASSFILE", arena_printf(w->arena,
		    "/proc/self/fd/%d", fd).p, 1);
	return rc;
}

int
pg_work_argument(struct work *w, const struct pg_where *at, struct str *dsn,
    struct err *e)
{
	const char *text, *password;
	struct str pass;

	if (fetch(&at->dsn, w->arena, &text, e) == -1 ||
	    fetch(&at->password, w->arena, &password, e) == -1 ||
	    pg_dsn_split(text ? text : "", w->arena, dsn, &pass, e) == -1)
		return -1;
	if (password != NULL)
		pass = str_of(password);
	if (pass.n)
		return pass_file(w, pass, e);
	if (at->passfile.n)
		(void)setenv("PGPASSFILE", arena_cstr(w->arena,
		    at->passfile), 1);
	return 0;
}

/* ---- what to work on ---- */

bool
pg_like(struct work *w, const struct ystrs *globs, struct str schema,
    struct str name)
{
	const char *bare = arena_cstr(w->arena, name),
	    *full = arena_printf(w->arena, STR_FMT "." STR_FMT,
	    STR_ARG(schema), STR_ARG(name)).p, *glob;
	size_t i;

	for (i = 0; i < globs->n; i++) {
		glob = arena_cstr(w->arena, globs->p[i]);
		if (fnmatch(glob, full, 0) == 0 ||
		    (strchr(glob, '.') == NULL && fnmatch(glob, bare, 0) ==
		    0))
			return true;
	}
	return false;
}

bool
pg_over(const struct pg_work *p, int64_t budget_ms)
{
	return budget_ms && clk_mono_ms() - p->began_ms >= budget_ms;
}

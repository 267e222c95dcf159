#include "service.h"

#include <sys/stat.h>
#include <unistd.h>

#define ASK_MS		10000

static int
run_ok(struct work *w, const char *const *argv, const char *what,
    const struct service *one, struct err *e)
{
	struct proc_result r = { 0 };
	struct str how, last;
	int rc = 0;

	if (work_run(w, argv, STR_NONE, &r, e) == -1)
		return -1;
	how = work_ending(w, &r);
	if (how.n) {
		last = str_trim(buf_str(r.err.n ? &r.err : &r.out));
		rc = err_set(e, ERR_SYS, "cannot %s '" STR_FMT "': " STR_FMT
		    "%s" STR_FMT, what, STR_ARG(one->name), STR_ARG(how),
		    last.n ? ": " : "", STR_ARG(str_sub(last, 0, 200)));
	}
	proc_result_release(&r);
	return rc;
}

static const char **
args(struct work *w, const struct ystrs *s)
{
	const char **argv = ARENA_ARRAY(w->arena, s->n + 1, const char *);
	size_t i;

	for (i = 0; i < s->n; i++)
		argv[i] = arena_cstr(w->arena, s->p[i]);
	return argv;
}

/* ---- systemd ---- */

static int
systemd_is_up(struct work *w, const struct services *s,
    const struct service *one, struct err *e)
{
	const char *argv[] = { "systemctl", "is-active", "--quiet",
	    arena_cstr(w->arena, one->name), NULL };
	struct proc_result r = { 0 };
	int up;

	(void)s;
	if (work_ask(w, argv, ASK_MS, &r, e) == -1)
		return -1;
	up = r.status == 0;
	/* 3: not active; 4: no such unit */
	if (r.status == 4)
		up = err_set(e, ERR_CONFIG, "systemd knows no unit '" STR_FMT
		    "'", STR_ARG(one->name));
	proc_result_release(&r);
	return up;
}

static int
systemd_act(struct work *w, const struct services *s,
    const struct service *one, const char *how, struct err *e)
{
	const char *argv[] = { "systemctl", "--no-pager", "--no-ask-password",
	    how, arena_cstr(w->arena, one->name), NULL };

	(void)s;
	return run_ok(w, argv, how, one, e);
}

/* ---- runit ---- */

static const char *
runit_path(struct work *w, const struct services *s,
    const struct service *one)
{
	return arena_printf(w->arena, STR_FMT "/" STR_FMT, STR_ARG(s->dir),
	    STR_ARG(one->name)).p;
}

/* sv's status is 0 for a service that is down, too: its words count. */
static int
runit_is_up(struct work *w, const struct services *s,
    const struct service *one, struct err *e)
{
	const char *argv[] = { "sv", "status", runit_path(w, s, one), NULL };
	struct proc_result r = { 0 };
	struct str out;
	int up;

	if (work_ask(w, argv, ASK_MS, &r, e) == -1)
		return -1;
	out = buf_str(&r.out);
	up = str_starts(out, STR("run:"));
	if (!up && !str_starts(out, STR("down:")) &&
	    !str_starts(out, STR("finish:")))
		up = err_set(e, ERR_SYS, "runit: " STR_FMT,
		    STR_ARG(str_trim(out.n ? out : buf_str(&r.err))));
	proc_result_release(&r);
	return up;
}

static int
runit_act(struct work *w, const struct services *s,
    const struct service *one, const char *how, struct err *e)
{
	const char *argv[] = { "sv", "-w", arena_printf(w->arena, "%lld",
	    (long long)(s->wait_ms + 999) / 1000).p, str_eq(str_of(how),
	    STR("start")) ? "up" : str_eq(str_of(how), STR("stop")) ? "down" :
	    "hup", runit_path(w, s, one), NULL };
	struct str path;

	/* A `down` file means that it is not to be started by itself, and
	   `up` honours no check script; start does. */
	path = arena_printf(w->arena, "%s/check", argv[4]);
	if (str_eq(str_of(how), STR("start")) && access(path.p, X_OK) == 0)
		argv[3] = "start";
	return run_ok(w, argv, how, one, e);
}

/* ---- any other ---- */

static int
command_is_up(struct work *w, const struct services *s,
    const struct service *one, struct err *e)
{
	struct proc_result r = { 0 };
	int up;

	(void)s;
	if (work_ask(w, args(w, &one->status), ASK_MS, &r, e) == -1)
		return -1;
	up = r.status == 0;
	proc_result_release(&r);
	return up;
}

static int
command_act(struct work *w, const struct services *s,
    const struct service *one, const char *how, struct err *e)
{
	const struct ystrs *argv = str_eq(str_of(how), STR("start")) ?
	    &one->start : str_eq(str_of(how), STR("stop")) ? &one->stop :
	    &one->reload;

	(void)s;
	if (argv->n == 0)
		return err_set(e, ERR_CONFIG, "service '" STR_FMT "' does "
		    "not say how to %s", STR_ARG(one->name), how);
	return run_ok(w, args(w, argv), how, one, e);
}

static const struct service_backend backends[] = {
	{ "systemd", systemd_is_up, systemd_act },
	{ "runit", runit_is_up, runit_act },
	{ "command", command_is_up, command_act },
};

/* ---- configuration ---- */

#define AT(f)	offsetof(struct service, f)
static const struct yfield rows[] = {
	YROW("name", YT_STR, AT(name), .flags = YF_REQUIRED),
	YROW("gate", YT_CUSTOM, AT(gate), .decode = gate_decode),
	YROW("stop_gate", YT_CUSTOM, AT(stop_gate), .decode = gate_decode),
	YROW("start", YT_STRLIST, AT(start)),
	YROW("stop", YT_STRLIST, AT(stop)),
	YROW("status", YT_STRLIST, AT(status)),
	YROW("reload", YT_STRLIST, AT(reload)),
};
#undef AT

static const struct yfields fields = {
	.name = "service", .size = sizeof(struct service), .row = rows,
	.n = sizeof(rows) / sizeof(rows[0]),
};

static bool
name_ok(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == '/')
			return false;
	return s.n > 0 && s.p[0] != '-' && s.p[0] != '.';
}

static int
read_one(struct service *one, const struct ynode *n, struct arena *a,
    struct err *e)
{
	if (n->kind == Y_SCALAR) {
		memset(one, 0, sizeof(*one));
		one->name = n->scalar;
	} else if (yaml_decode(n, &fields, one, a, e) == -1) {
		return -1;
	}
	if (!name_ok(one->name))
		return ynode_err(n, e, "'" STR_FMT "' is no name of a "
		    "service", STR_ARG(one->name));
	return 0;
}

/* The words given, or what this machine has. */
static const struct service_backend *
choose(const struct services *s)
{
	struct str want = s->backend_word;
	struct stat st;
	size_t i;

	if (str_eq(want, STR("auto")))
		want = s->n && s->p[0].status.n ? STR("command") :
		    stat("/run/systemd/system", &st) == 0 ? STR("systemd") :
		    STR("runit");
	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (str_eq(want, str_of(backends[i].name)))
			return &backends[i];
	return NULL;
}

int
services_configure(struct services *s, const struct ynode *n,
    struct arena *a, struct err *e)
{
	const struct ynode *c;
	size_t i;

	if (s->list_node == NULL)
		return 0;
	if (s->list_node->kind != Y_SEQ)
		return ynode_err(n, e, "'services' must be a list");
	s->p = ARENA_ARRAY(a, s->list_node->n + 1, struct service);
	for (c = s->list_node->child; c != NULL; c = c->next)
		if (read_one(&s->p[s->n++], c, a, e) == -1)
			return -1;
	if ((s->backend = choose(s)) == NULL)
		return ynode_err(n, e, "'backend' is auto, systemd, runit or "
		    "command, not '" STR_FMT "'", STR_ARG(s->backend_word));
	for (i = 0; s->backend->is_up == command_is_up && i < s->n; i++)
		if (s->p[i].status.n == 0)
			return ynode_err(n, e, "service '" STR_FMT "' needs "
			    "'status'", STR_ARG(s->p[i].name));
	return 0;
}

/* ---- up and down ---- */

int
service_is_up(struct work *w, const struct services *s,
    const struct service *one, struct err *e)
{
	return s->backend->is_up(w, s, one, e);
}

static int
wait_gate(struct work *w, const struct gate *g, const struct service *one,
    struct err *e)
{
	struct str why;

	if (!g->set)
		return 0;
	work_progress(w, "gate of " STR_FMT ": " STR_FMT, STR_ARG(one->name),
	    STR_ARG(gate_text(g, w->arena)));
	if (gate_wait(w, g, &why))
		return 0;
	return err_set(e, ERR_SYS, "the gate of '" STR_FMT "' (" STR_FMT
	    ") did not hold: " STR_FMT, STR_ARG(one->name),
	    STR_ARG(gate_text(g, w->arena)), STR_ARG(why));
}

int
service_set(struct work *w, const struct services *s,
    const struct service *one, bool up, struct err *e)
{
	int is = service_is_up(w, s, one, e);

	if (is == -1)
		return -1;
	if (is != up && s->backend->act(w, s, one, up ? "start" : "stop",
	    e) == -1)
		return -1;
	if ((is = service_is_up(w, s, one, e)) == -1)
		return -1;
	if (is != up)
		return err_set(e, ERR_SYS, "'" STR_FMT "' is %s all the same",
		    STR_ARG(one->name), is ? "up" : "down");
	return wait_gate(w, up ? &one->gate : &one->stop_gate, one, e);
}

int
service_restart(struct work *w, const struct services *s,
    const struct service *one, struct err *e)
{
	if (service_set(w, s, one, false, e) == -1)
		return -1;
	return service_set(w, s, one, true, e);
}

int
service_reload(struct work *w, const struct services *s,
    const struct service *one, struct err *e)
{
	if (s->backend->act(w, s, one, "reload", e) == -1)
		return -1;
	return wait_gate(w, &one->gate, one, e);
}

int
service_restore(struct work *w, const struct services *s,
    const struct service *one, bool up, struct err *e)
{
	if (service_set(w, s, one, up, e) == 0)
		return 0;
	if (!up || work_stopping(w))
		return -1;
	return service_restart(w, s, one, e);
}

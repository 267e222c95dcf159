/*
 * check_command: a monitoring plugin, or any program: its exit status is the
 * verdict, its output the text and the performance data.
 */
#include <errno.h>
#include <grp.h>
#include <math.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/num.h"
#include "core/proc.h"
#include "kinds.h"
#include "re/re.h"
#include "runner.h"

#define OUTPUT_MAX	8192

enum { EXITS = 256 };

struct command_check {
	struct check check;
	struct ystrs argv;
	struct str shell, regex, cwd, user;
	struct ypairs env;
	struct ystrs ok, warn, crit;	/* exit statuses, when any is given */
	struct re *re;
	char **args, **envp;
	bool mapped;
	unsigned char status[EXITS];	/* mapped: enum check_status */
};

#define T	struct command_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("argv", YT_STRLIST, offsetof(T, argv)),
	YROW("shell", YT_STR, offsetof(T, shell)),
	YROW("env", YT_STRMAP, offsetof(T, env)),
	YROW("cwd", YT_STR, offsetof(T, cwd)),
	YROW("user", YT_STR, offsetof(T, user)),
	YROW("ok", YT_CUSTOM, offsetof(T, ok), .decode = words_decode),
	YROW("warn", YT_CUSTOM, offsetof(T, warn), .decode = words_decode),
	YROW("crit", YT_CUSTOM, offsetof(T, crit), .decode = words_decode),
	YROW("regex", YT_STR, offsetof(T, regex)),
};
KIND_FIELDS(command, T);
#undef T

/* Exit statuses that mean s: 1, or 2-5. */
static int
map_exits(struct command_check *m, const char *key, const struct ystrs *words,
    enum check_status s, struct err *e)
{
	struct str low, high;
	int64_t from, to;
	size_t i;

	for (i = 0; i < words->n; i++) {
		high = str_cut(words->p[i], '-', &low);
		if (!num_parse_i64(low, 0, EXITS - 1, &from) ||
		    !num_parse_i64(high.p ? high : low, from, EXITS - 1, &to))
			return ynode_err(ynode_get(m->check.node, key), e,
			    "'" STR_FMT "' is no exit status (0 to 255, or "
			    "FROM-TO)", STR_ARG(words->p[i]));
		while (from <= to)
			m->status[from++] = (unsigned char)s;
		m->mapped = true;
	}
	return 0;
}

static int
map_all_exits(struct command_check *m, struct err *e)
{
	size_t i;

	for (i = 0; i < EXITS; i++)
		m->status[i] = CHECK_UNKNOWN;
	if (m->ok.n == 0)
		m->status[0] = CHECK_OK;
	if (map_exits(m, "ok", &m->ok, CHECK_OK, e) == -1 ||
	    map_exits(m, "warn", &m->warn, CHECK_WARN, e) == -1)
		return -1;
	return map_exits(m, "crit", &m->crit, CHECK_FAIL, e);
}

/* Ours, as programs started from here have it, and that of the check. */
static char **
environment(const struct command_check *m, struct arena *a)
{
	static const char *const kept[] = { "PATH", "HOME", "TZ" };
	char **env = ARENA_ARRAY(a, m->env.n + 5, char *);
	const char *v;
	size_t i, k, n = 0;

	env[n++] = arena_cstr(a, STR("LC_ALL=C"));
	for (i = 0; i < 3; i++)
		if ((v = getenv(kept[i])) != NULL)
			env[n++] = arena_cstr(a, arena_printf(a, "%s=%s",
			    kept[i], v));
	for (i = 0; i < m->env.n; i++) {
		const struct ypair *p = &m->env.p[i];
		struct str one = arena_printf(a, STR_FMT "=" STR_FMT,
		    STR_ARG(p->key), STR_ARG(p->value));

		for (k = 0; k < n; k++)
			if (strncmp(env[k], one.p, p->key.n + 1) == 0)
				break;
		env[k] = arena_cstr(a, one);
		n += k == n;
	}
	return env;
}

static int
command_configure(struct check *c, struct arena *a, struct err *e)
{
	struct command_check *m = (struct command_check *)c;
	struct err why;
	size_t i, n = m->argv.n;

	if ((n == 0) == (m->shell.n == 0))
		return ynode_err(c->node, e, "a command check needs either "
		    "argv or shell");
	if (m->regex.n && (m->re = re_compile_in(a, m->regex, 0,
	    &why)) == NULL)
		return ynode_err(c->node, e, "regex: %s", why.msg);
	m->args = ARENA_ARRAY(a, n + 4, char *);
	for (i = 0; i < n; i++)
		m->args[i] = arena_cstr(a, m->argv.p[i]);
	if (m->shell.n) {
		m->args[0] = arena_cstr(a, STR("/bin/sh"));
		m->args[1] = arena_cstr(a, STR("-c"));
		m->args[2] = arena_cstr(a, m->shell);
	}
	if (m->env.n)
		m->envp = environment(m, a);
	/* Arguments may hold secrets; the program's name does not. */
	c->target = str_of(m->args[0]);
	return map_all_exits(m, e);
}

/* For good, and so is what follows: this process runs one check. */
static int
go_to(struct str dir, struct arena *a, struct err *e)
{
	if (chdir(arena_cstr(a, dir)) == 0)
		return 0;
	return err_sys(e, "cannot change to '" STR_FMT "'", STR_ARG(dir));
}

static int
become(struct str user, struct arena *a, struct err *e)
{
	const char *name = arena_cstr(a, user);
	struct passwd *pw;

	errno = 0;
	if ((pw = getpwnam(name)) == NULL)
		return errno ? err_sys(e, "cannot look for user '%s'", name) :
		    err_set(e, ERR_CONFIG, "there is no user '%s'", name);
	if (pw->pw_uid == geteuid())
		return 0;
	if (initgroups(name, pw->pw_gid) == -1 || setgid(pw->pw_gid) == -1 ||
	    setuid(pw->pw_uid) == -1)
		return err_sys(e, "cannot become user '%s'", name);
	/* Another user has forgotten it. */
	(void)prctl(PR_SET_PDEATHSIG, RUNNER_ORPHANED);
	return 0;
}

static void
report(const struct command_check *m, const struct proc_result *p,
    struct check_result *r)
{
	enum check_status s = m->mapped && p->signal == 0 ?
	    (enum check_status)m->status[p->status & (EXITS - 1)] :
	    plugin_status(p->status, p->signal);
	struct plugin_output o;

	plugin_parse(buf_str(&p->out), r->arena, &o);
	r->facts.status = p->status;
	r->facts.connected = true;
	r->facts.body = str_trim(arena_str(r->arena, buf_str(&p->out)));
	if (p->signal)
		check_say(r, s, "ended by signal %d", p->signal);
	else if (o.text.n == 0 && s != CHECK_OK)
		check_say(r, s, "exit status %d", p->status);
	else if (s == CHECK_OK)
		check_note(r, STR_FMT, STR_ARG(o.text));
	else
		check_say(r, s, STR_FMT, STR_ARG(o.text));
	if (m->re != NULL && !re_match(m->re, buf_str(&p->out)))
		check_say(r, CHECK_FAIL, "the output does not match '" STR_FMT
		    "'", STR_ARG(m->regex));
	r->perf.p = o.perf.p;
	r->perf.n = o.perf.n;
	r->perf.cap = o.perf.cap;
}

static void
command_run(const struct check *c, struct check_result *r)
{
	const struct command_check *m = (const struct command_check *)c;
	struct proc_request q = { .argv = m->args, .envp = m->envp,
	    .timeout_ms = c->timeout_ms, .output_max = OUTPUT_MAX,
	    .same_group = true };
	struct proc_result p = { 0 };
	struct err e;
	double start = clk_mono_s();

	if ((m->user.n && become(m->user, r->arena, &e) == -1) ||
	    (m->cwd.n && go_to(m->cwd, r->arena, &e) == -1) ||
	    proc_run(&q, &p, &e) == -1) {
		check_say(r, CHECK_UNKNOWN, "%s", e.msg);
		return;
	}
	r->seconds = clk_mono_s() - start;
	if (p.timed_out)
		check_say(r, CHECK_FAIL, "no answer within %.3gs",
		    (double)c->timeout_ms / 1000);
	else
		report(m, &p, r);
}

const struct check_kind check_command = {
	.name = "command", .operand = "argv", .argv = true,
	.fields = &command_fields, .configure = command_configure,
	.run = command_run,
};

/*
 * check_command: a monitoring plugin, or any program: its exit status is the
 * verdict, its output the text and the performance data.
 */
#include <math.h>
#include <stdlib.h>

#include "core/clk.h"
#include "core/proc.h"
#include "kinds.h"
#include "re/re.h"

#define OUTPUT_MAX	8192

struct command_check {
	struct check check;
	struct ystrs argv;
	struct str shell;
	struct str regex;
	struct re *re;
	char **args;
};

#define T	struct command_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("argv", YT_STRLIST, offsetof(T, argv)),
	YROW("shell", YT_STR, offsetof(T, shell)),
	YROW("regex", YT_STR, offsetof(T, regex)),
};
KIND_FIELDS(command, T);
#undef T

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
	/* Arguments may hold secrets; the program's name does not. */
	c->target = str_of(m->args[0]);
	return 0;
}

static void
report(const struct command_check *m, const struct proc_result *p,
    struct check_result *r)
{
	enum check_status s = plugin_status(p->status, p->signal);
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
	struct proc_request q = { .argv = m->args,
	    .timeout_ms = c->timeout_ms, .output_max = OUTPUT_MAX };
	struct proc_result p = { 0 };
	struct err e;
	double start = clk_mono_s();

	if (proc_run(&q, &p, &e) == -1) {
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

/*
 * task_command: a program, by its argv; never a shell.
 *
 *	argv: [PROGRAM, ARG ...]
 *	stdin: TEXT		or {file: PATH}, {env: NAME}
 *	dir: PATH		where it runs
 *	success: [0]		exit statuses that are good
 *	warning: [3]		... that are a warning
 *	expect: REGEX		that its output must match
 *	creates: PATH		nothing to do when it exists
 *	unless: [ARGV]		nothing to do when this exits 0 (changes nothing)
 *	reads: true		it changes nothing itself
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/num.h"
#include "kinds.h"
#include "re/re.h"

struct command_task {
	struct task task;
	struct ystrs argv, unless, success, warning;
	struct secret input;
	struct str dir, creates, expect;
	bool reads;
	struct re *re;
};

#define AT(f)	offsetof(struct command_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("argv", YT_STRLIST, AT(argv), .flags = YF_REQUIRED),
	YROW("stdin", YT_CUSTOM, AT(input), .decode = secret_decode),
	YROW("dir", YT_STR, AT(dir)),
	YROW("success", YT_STRLIST, AT(success)),
	YROW("warning", YT_STRLIST, AT(warning)),
	YROW("expect", YT_STR, AT(expect)),
	YROW("creates", YT_STR, AT(creates)),
	YROW("unless", YT_STRLIST, AT(unless)),
	YROW("reads", YT_BOOL, AT(reads)),
};
TASK_FIELDS(command, struct command_task);
#undef AT

static int
check_statuses(const struct task *t, const struct ystrs *s, struct err *e)
{
	int64_t v;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (!num_parse_i64(s->p[i], 0, 255, &v))
			return ynode_err(t->node, e, "'" STR_FMT "' is no "
			    "exit status", STR_ARG(s->p[i]));
	return 0;
}

static int
command_configure(struct task *t, struct arena *a, struct err *e)
{
	struct command_task *c = (struct command_task *)t;
	struct err why;

	(void)a;
	if (c->argv.n == 0 || c->argv.p[0].n == 0)
		return ynode_err(t->node, e, "'argv' names no program");
	if (check_statuses(t, &c->success, e) == -1 ||
	    check_statuses(t, &c->warning, e) == -1)
		return -1;
	if (c->expect.n && (c->re = re_compile(c->expect, 0, &why)) == NULL)
		return ynode_err(t->node, e, "expect: %s", why.msg);
	return 0;
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

/* As a person would type it. */
static struct str
shown(struct work *w, const struct ystrs *s)
{
	struct buf b = { 0 };
	struct str out;
	bool plain;
	size_t i, j;

	for (i = 0; i < s->n; i++) {
		plain = s->p[i].n > 0;
		for (j = 0; j < s->p[i].n; j++)
			if (strchr(" \t\n'\"\\$`|&;<>()*?[]#~!{}",
			    s->p[i].p[j]) != NULL)
				plain = false;
		(void)buf_printf(&b, plain ? "%s" STR_FMT : "%s'" STR_FMT "'",
		    i ? " " : "", STR_ARG(s->p[i]));
	}
	out = arena_str(w->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

static int
command_plan(struct work *w, struct err *e)
{
	const struct command_task *c = (const struct command_task *)w->task;
	struct proc_result r = { 0 };
	struct stat st;
	bool good;

	if (c->creates.n &&
	    stat(arena_cstr(w->arena, c->creates), &st) == 0) {
		work_note(w, "'" STR_FMT "' exists already",
		    STR_ARG(c->creates));
		return 0;
	}
	if (c->unless.n) {
		if (work_ask(w, args(w, &c->unless), 0, &r, e) == -1)
			return -1;
		good = r.status == 0;
		proc_result_release(&r);
		if (good) {
			work_note(w, "not needed, says '" STR_FMT "'",
			    STR_ARG(c->unless.p[0]));
			return 0;
		}
	}
	(void)work_step(w, (struct step){ .action = "run",
	    .what = shown(w, &c->argv), .reads = c->reads });
	return 0;
}

static bool
among(const struct ystrs *s, int status)
{
	int64_t v;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (num_parse_i64(s->p[i], 0, 255, &v) && v == status)
			return true;
	return false;
}

/* The last line of what it printed tells most. */
static struct str
last_line(struct work *w, const struct proc_result *r)
{
	struct str s = str_trim(buf_str(r->err.n ? &r->err : &r->out));
	size_t at = s.n;

	while (at > 0 && s.p[at - 1] != '\n')
		at--;
	return arena_str(w->arena, str_sub(s, at, s.n));
}

static enum step_end
judge(struct work *w, const struct command_task *c,
    const struct proc_result *r, struct err *e)
{
	struct str how = work_ending(w, r), last = last_line(w, r);
	bool good = c->success.n ? among(&c->success, r->status) :
	    r->status == 0;

	if (r->stopped || r->timed_out || r->signal)
		good = false;
	else if (!good && among(&c->warning, r->status))
		work_say(w, TASK_WARNING, STR_FMT "%s" STR_FMT, STR_ARG(how),
		    last.n ? ": " : "", STR_ARG(last));
	if (!good && w->outcome.status != TASK_WARNING) {
		err_set(e, ERR_SYS, STR_FMT "%s" STR_FMT, STR_ARG(how),
		    last.n ? ": " : "", STR_ARG(last));
		return STEP_FAILED;
	}
	if (c->re != NULL && !re_match(c->re, buf_str(&r->out))) {
		err_set(e, ERR_SYS, "its output does not match '" STR_FMT "'",
		    STR_ARG(c->expect));
		return STEP_FAILED;
	}
	work_note(w, STR_FMT, STR_ARG(last.n ? last : STR("done")));
	return STEP_DONE;
}

static enum step_end
command_apply(struct work *w, struct step *s, struct err *e)
{
	const struct command_task *c = (const struct command_task *)w->task;
	struct proc_result r = { 0 };
	struct str input;
	enum step_end end;

	(void)s;
	if (c->dir.n && chdir(arena_cstr(w->arena, c->dir)) == -1) {
		err_set(e, ERR_SYS, "cannot go to '" STR_FMT "': %s",
		    STR_ARG(c->dir), strerror(errno));
		return STEP_FAILED;
	}
	if (secret_fetch(&c->input, w->arena, &input, e) == -1 ||
	    work_run(w, args(w, &c->argv), input, &r, e) == -1)
		return STEP_FAILED;
	end = judge(w, c, &r, e);
	proc_result_release(&r);
	return end;
}

const struct task_kind task_command = {
	.name = "command", .about = "a program, by its argv",
	.fields = &command_fields, .configure = command_configure,
	.plan = command_plan, .apply = command_apply,
};

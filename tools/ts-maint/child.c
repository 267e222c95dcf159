#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/dur.h"
#include "core/io.h"

#define LINE_MAX_BYTES	((size_t)8 << 20)
#define LOOK_MS		200	/* how soon a stop is seen */

/* ---- in the child ---- */

static void
on_term(int signo)
{
	(void)signo;
	work_stopped = 1;
}

static int
set_user(const struct task *t, struct arena *a, struct err *e)
{
	const char *name = arena_cstr(a, t->user);
	const struct passwd *p;

	if (t->user.n == 0)
		return 0;
	if ((p = getpwnam(name)) == NULL)
		return err_set(e, ERR_CONFIG, "no such user '%s'", name);
	if (geteuid() != 0) {
		if (p->pw_uid == geteuid())
			return 0;
		return err_set(e, ERR_SYS, "only root may become '%s'", name);
	}
	if (initgroups(name, p->pw_gid) == -1 || setgid(p->pw_gid) == -1 ||
	    setuid(p->pw_uid) == -1)
		return err_sys(e, "cannot become '%s'", name);
	return 0;
}

/* Nothing of ours but what names the machine's place and the person. */
static int
set_env(const struct child_request *q, struct arena *a, struct err *e)
{
	const struct task *t = q->task;
	const struct passwd *p = getpwuid(geteuid());
	const char *zone = getenv("TZ");
	struct str tz = zone ? arena_str(a, str_of(zone)) : STR_NONE, value;
	struct secret *s;
	size_t i;

	/* A secret may stand in the old environment: fetch first. */
	s = ARENA_ARRAY(a, t->nenv + 1, struct secret);
	for (i = 0; i < t->nenv; i++) {
		if (secret_fetch(&t->env[i].value, a, &value, e) == -1)
			return -1;
		s[i].text = value;
	}
	secret_keep_environment();
	(void)clearenv();
	(void)setenv("PATH", arena_cstr(a, q->path.n ? q->path :
	    STR(CHILD_PATH)), 1);
	(void)setenv("LC_ALL", "C", 1);
	(void)setenv("HOME", p ? p->pw_dir : "/", 1);
	if (p != NULL) {
		(void)setenv("USER", p->pw_name, 1);
		(void)setenv("LOGNAME", p->pw_name, 1);
	}
	if (tz.p != NULL)
		(void)setenv("TZ", arena_cstr(a, tz), 1);
	for (i = 0; i < t->nenv; i++)
		(void)setenv(arena_cstr(a, t->env[i].name),
		    arena_cstr(a, s[i].text), 1);
	return 0;
}

static void
set_ionice(const struct task *t)
{
	/* linux/ioprio.h: class << 13 | level */
	int value = str_eq(t->ionice, STR("idle")) ? 3 << 13 :
	    str_eq(t->ionice, STR("best-effort")) ? 2 << 13 | 7 : -1;

	if (value != -1)
		(void)syscall(SYS_ioprio_set, 1, 0, value);
}

static mode_t
umask_of(const struct task *t)
{
	mode_t m = 0;
	size_t i;

	for (i = 0; i < t->umask.n; i++)
		m = m << 3 | (mode_t)(t->umask.p[i] & 7);
	return m;
}

static int
become(const struct child_request *q, struct arena *a, struct err *e)
{
	const struct task *t = q->task;
	struct sigaction sa = { .sa_handler = on_term };
	int null;

	(void)setpgid(0, 0);
	work_stopped = 0;
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGINT, &sa, NULL);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	/* It talks by its pipe alone, and must not ask anybody. */
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
	}
	if (t->nice && setpriority(PRIO_PROCESS, 0, (int)t->nice) == -1)
		return err_sys(e, "cannot set nice to %d", (int)t->nice);
	set_ionice(t);
	(void)umask(umask_of(t));
	if (set_user(t, a, e) == -1)
		return -1;
	/* When the parent is killed, so that nobody watches the deadline. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	return set_env(q, a, e);
}

static json_t *
json_of(struct str s)
{
	return s.n ? json_loadb(s.p, s.n, JSON_DECODE_ANY, NULL) : NULL;
}

static _Noreturn void
child_main(const struct child_request *q, int fd)
{
	struct arena a = { 0 };
	struct work w = { .task = q->task, .arena = &a, .now_ms = q->now_ms,
	    .dry_run = q->dry_run, .verbose = q->verbose, .fd = fd,
	    .memory = json_of(q->memory), .undo = json_of(q->undo_record) };
	struct buf b = { 0 };
	struct err e = { 0 };

	if (become(q, &a, &e) == -1) {
		w.outcome = (struct outcome){ .status = TASK_FAILED,
		    .error = str_of(e.msg), .undo_failed = q->undo };
	} else if (q->undo) {
		work_undo(&w);
	} else {
		work_do(&w);
	}
	message_put_outcome(&b, &w.outcome);
	(void)io_write_all(fd, buf_str(&b));
	/* What its programs left running ends with it, also when nobody is
	   there any more to do that. */
	if (work_stopped) {
		(void)signal(SIGTERM, SIG_IGN);
		(void)kill(0, SIGTERM);
	}
	_exit(0);
}

/* ---- in the parent ---- */

struct child {
	const struct child_request *q;
	struct outcome *out;
	struct arena *arena;
	pid_t pid;
	int fd;
	struct buf text;	/* not yet a whole line */
	int64_t deadline_ms, kill_ms, tick_ms;	/* monotonic; 0 = none */
	bool timed_out, stopped, told;
};

static void
take_line(struct child *c, struct str line)
{
	const struct child_request *q = c->q;
	struct arena scratch = { 0 };
	struct message m;
	struct err e;

	if (message_read(line, &scratch, &m, &e) == 0) {
		if (m.kind == MESSAGE_STEP && q->step != NULL)
			q->step(q->arg, &m.step);
		else if (m.kind == MESSAGE_PROGRESS && q->progress != NULL)
			q->progress(q->arg, m.progress);
		else if (m.kind == MESSAGE_MEMORY && q->remember != NULL)
			q->remember(q->arg, m.memory);
		else if (m.kind == MESSAGE_OUTCOME)
			c->told = message_read(line, c->arena, &m, &e) == 0;
		if (c->told)
			*c->out = m.outcome;
	}
	arena_free(&scratch);
}

/* false at the end */
static bool
read_some(struct child *c)
{
	char room[65536];
	struct str line, rest;
	ssize_t n;

	while ((n = read(c->fd, room, sizeof(room))) == -1 && errno == EINTR)
		continue;
	if (n <= 0)
		return false;
	if (c->text.n < LINE_MAX_BYTES)
		(void)buf_put(&c->text, (struct str){ room, (size_t)n });
	rest = buf_str(&c->text);
	while (str_find_char(rest, '\n') >= 0) {
		rest = str_cut(rest, '\n', &line);
		take_line(c, line);
	}
	buf_drop(&c->text, c->text.n - rest.n);
	return true;
}

/* Past its time or told to stop: ask, then end all of its group. */
static void
enforce(struct child *c)
{
	int64_t now = clk_mono_ms();
	bool stop = c->q->stop != NULL && *c->q->stop;

	if (c->kill_ms) {
		if (now >= c->kill_ms)
			(void)kill(-c->pid, SIGKILL);
		return;
	}
	if (!stop && (c->deadline_ms == 0 || now < c->deadline_ms))
		return;
	c->stopped = stop;
	c->timed_out = !stop;
	(void)kill(-c->pid, SIGTERM);
	c->kill_ms = now + CHILD_GRACE_MS;
}

static void
watch(struct child *c)
{
	struct pollfd p = { c->fd, POLLIN, 0 };

	for (;;) {
		if (poll(&p, 1, LOOK_MS) > 0 && !read_some(c))
			return;
		enforce(c);
		if (c->q->tick != NULL && clk_mono_ms() >= c->tick_ms) {
			c->q->tick(c->q->arg);
			c->tick_ms = clk_mono_ms() + 1000;
		}
	}
}

static void
judge(struct child *c, int status)
{
	struct outcome *o = c->out;
	struct buf d = { 0 };

	if (c->timed_out) {
		dur_print(&d, c->q->task->timeout_ms);
		o->status = TASK_TIMEOUT;
		o->error = arena_printf(c->arena, "no end within " STR_FMT,
		    STR_ARG(buf_str(&d)));
		buf_release(&d);
	} else if (c->stopped && (!c->told || task_status_bad(o->status))) {
		o->status = TASK_FAILED;
		if (!c->told)
			o->error = STR("stopped");
	} else if (!c->told) {
		o->status = TASK_FAILED;
		o->error = WIFSIGNALED(status) ?
		    arena_printf(c->arena, "its process was ended by signal "
		    "%d", WTERMSIG(status)) :
		    STR("its process ended without a result");
	}
	o->undo_failed |= c->q->undo && task_status_bad(o->status) &&
	    o->status != TASK_ROLLED_BACK;
}

void
child_run(const struct child_request *q, struct outcome *out,
    struct arena *a)
{
	struct child c = { .q = q, .out = out, .arena = a };
	int fd[2], status = 0;

	memset(out, 0, sizeof(*out));
	if (pipe2(fd, O_CLOEXEC) == -1 || (c.pid = fork()) == -1) {
		out->status = TASK_FAILED;
		out->error = arena_printf(a, "cannot start a process: %s",
		    strerror(errno));
		return;
	}
	if (c.pid == 0)
		child_main(q, fd[1]);
	(void)close(fd[1]);
	(void)setpgid(c.pid, c.pid);
	c.fd = fd[0];
	if (q->task->timeout_ms)
		c.deadline_ms = clk_mono_ms() + q->task->timeout_ms;
	watch(&c);
	(void)close(c.fd);
	while (waitpid(c.pid, &status, 0) == -1 && errno == EINTR)
		continue;
	judge(&c, status);
	if (c.kill_ms)
		(void)kill(-c.pid, SIGKILL);
	buf_release(&c.text);
}

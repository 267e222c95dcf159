/*
 * runner: children, pipes, deadlines.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/io.h"
#include "result_json.h"

/* What a check may need beyond its own timeout to say that it ran out. */
#define GRACE_MS	500
/* Between asking a child to end and ending it. */
#define KILL_MS		1000

struct job_child {
	pid_t pid;
	int fd;			/* of its result; -1 = read to the end */
	struct buf text;
	int64_t deadline_ms, kill_ms;	/* monotonic */
	int64_t retry_at_ms;		/* 0, or no child until then */
	int64_t tries;
};

struct runner {
	struct job *jobs;
	size_t n, parallel, running, left;
	VEC(struct pollfd) fds;
	VEC(struct job *) owner;	/* of each fd */
	/* asked to end after their result was given up */
	VEC(struct job_child *) dying;
};

static _Noreturn void
child_main(const struct check *c, int fd)
{
	struct arena a = { 0 };
	struct check_result r = { .arena = &a, .seconds = NAN };
	struct buf out = { 0 };

	(void)setpgid(0, 0);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	c->kind->run(c, &r);
	r.seconds = round(r.seconds * 1e6) / 1e6;
	result_write(&r, &out);
	(void)io_write_all(fd, buf_str(&out));
	_exit(0);
}

static int
start(struct runner *w, struct job *j, struct err *e)
{
	struct job_child *ch = j->child;
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		return err_sys(e, "cannot make a pipe");
	if ((ch->pid = fork()) == -1) {
		(void)close(fd[0]);
		(void)close(fd[1]);
		return err_sys(e, "cannot start a process");
	}
	if (ch->pid == 0)
		child_main(j->check, fd[1]);
	(void)close(fd[1]);
	(void)setpgid(ch->pid, ch->pid);
	ch->fd = fd[0];
	ch->retry_at_ms = 0;
	ch->deadline_ms = clk_mono_ms() + j->check->timeout_ms + GRACE_MS;
	buf_reset(&ch->text);
	w->running++;
	return 0;
}

static void
result_clear(struct check_result *r)
{
	vec_reset(&r->phases);
	vec_reset(&r->perf);
	vec_reset(&r->metrics);
	r->status = CHECK_OK;
	r->seconds = NAN;
	r->message = r->error = r->data = STR_NONE;
}

/* The result is known; try again when it is bad and there is a try left. */
static void
finish(struct runner *w, struct job *j)
{
	struct job_child *ch = j->child;

	if (ch->fd != -1)
		(void)close(ch->fd);
	ch->fd = -1;
	w->running--;
	if (j->result.status != CHECK_OK && ch->tries < j->check->retries) {
		ch->tries++;
		ch->retry_at_ms = clk_mono_ms() +
		    j->check->retry_interval_ms + 1;
		return;
	}
	j->done = true;
	w->left--;
}

/* The child has closed its pipe: it is over, or as good as. */
static void
collect(struct runner *w, struct job *j)
{
	struct job_child *ch = j->child;
	struct err e;
	int status = 0;
	pid_t pid;

	while ((pid = waitpid(ch->pid, &status, 0)) == -1 && errno == EINTR)
		continue;
	result_clear(&j->result);
	if (result_read(buf_str(&ch->text), &j->result, &e) == -1) {
		result_clear(&j->result);
		if (pid != -1 && WIFSIGNALED(status))
			check_say(&j->result, CHECK_UNKNOWN,
			    "the check was ended by signal %d",
			    WTERMSIG(status));
		else
			check_say(&j->result, CHECK_UNKNOWN,
			    "the check ended without a result");
	}
	finish(w, j);
}

static void
read_some(struct runner *w, struct job *j)
{
	struct job_child *ch = j->child;
	char room[16384];
	ssize_t n;

	while ((n = read(ch->fd, room, sizeof(room))) == -1 && errno == EINTR)
		continue;
	if (n > 0 && ch->text.n < 8 * CHECK_DATA_MAX)
		(void)buf_put(&ch->text, (struct str){ room, (size_t)n });
	else if (n <= 0)
		collect(w, j);
}

/* Time is up: the result is this, whatever becomes of the child. */
static void
give_up(struct runner *w, struct job *j)
{
	struct job_child *ch = j->child, *old = mem_zalloc(sizeof(*old));

	(void)kill(-ch->pid, SIGTERM);
	old->pid = ch->pid;
	old->kill_ms = clk_mono_ms() + KILL_MS;
	vec_push(&w->dying, old);
	result_clear(&j->result);
	j->result.seconds = (double)j->check->timeout_ms / 1000;
	check_say(&j->result, CHECK_FAIL, "no answer within %.3gs",
	    j->result.seconds);
	finish(w, j);
}

/* A child that hangs in the kernel is left behind, never waited for. */
static void
reap(struct runner *w, bool last)
{
	struct job_child *d;
	size_t i;

	for (i = 0; i < w->dying.n; i++) {
		d = w->dying.p[i];
		if (last || clk_mono_ms() >= d->kill_ms)
			(void)kill(-d->pid, SIGKILL);
		if (!last && waitpid(d->pid, NULL, WNOHANG) == 0)
			continue;
		mem_free(d);
		w->dying.p[i--] = w->dying.p[--w->dying.n];
	}
}

/* 1 may start, 0 not yet, -1 will never: something it needs is down. */
static int
may_start(struct job *j)
{
	size_t i;

	for (i = 0; i < j->ndepends; i++) {
		if (!j->depends[i]->done)
			return 0;
		if (j->depends[i]->result.status == CHECK_FAIL ||
		    j->depends[i]->result.status == CHECK_UNKNOWN) {
			check_say(&j->result, CHECK_UNKNOWN,
			    "skipped: depends on " STR_FMT,
			    STR_ARG(j->depends[i]->check->name));
			return -1;
		}
	}
	return 1;
}

static int
start_all(struct runner *w, struct err *e)
{
	struct clk wall = { .kind = CLK_WALL };
	int64_t now = clk_mono_ms();
	struct job *j;
	int may;

	for (j = w->jobs; j != w->jobs + w->n; j++) {
		if (j->done || j->child->fd != -1 ||
		    w->running >= w->parallel)
			continue;
		if (j->child->retry_at_ms > now || (may = may_start(j)) == 0)
			continue;
		if (j->started_ms == 0)
			j->started_ms = clk_now(&wall);
		if (may == -1) {
			j->done = true;
			w->left--;
		} else if (start(w, j, e) == -1) {
			if (w->running == 0)
				return -1;
			return 0;	/* again when another has ended */
		}
	}
	return 0;
}

/* How long nothing can happen but on a descriptor. */
static int
wait_ms(const struct runner *w)
{
	int64_t now = clk_mono_ms(), at = now + 1000;
	const struct job *j;

	for (j = w->jobs; j != w->jobs + w->n; j++) {
		if (j->child->fd != -1 && j->child->deadline_ms < at)
			at = j->child->deadline_ms;
		else if (!j->done && j->child->retry_at_ms > now &&
		    j->child->retry_at_ms < at)
			at = j->child->retry_at_ms;
	}
	return at > now ? (int)(at - now) : 0;
}

static void
wait_some(struct runner *w)
{
	struct job *j;
	size_t i;

	vec_reset(&w->fds);
	vec_reset(&w->owner);
	for (j = w->jobs; j != w->jobs + w->n; j++)
		if (j->child->fd != -1) {
			vec_push(&w->fds, (struct pollfd){ j->child->fd,
			    POLLIN, 0 });
			vec_push(&w->owner, j);
		}
	(void)poll(w->fds.p, w->fds.n, wait_ms(w));
	for (i = 0; i < w->fds.n; i++) {
		j = w->owner.p[i];
		if (w->fds.p[i].revents)
			read_some(w, j);
		else if (clk_mono_ms() >= j->child->deadline_ms)
			give_up(w, j);
	}
	reap(w, false);
}

int
runner_run(struct job *jobs, size_t n, size_t parallel, struct err *e)
{
	struct runner w = { .jobs = jobs, .n = n, .parallel = parallel,
	    .left = n };
	struct job_child *child = mem_array(n + 1, sizeof(*child));
	size_t i;
	int rc = 0;

	for (i = 0; i < n; i++) {
		child[i].fd = -1;
		jobs[i].child = &child[i];
	}
	while (w.left && (rc = start_all(&w, e)) == 0)
		if (w.left)
			wait_some(&w);
	reap(&w, true);
	for (i = 0; i < n; i++) {
		buf_release(&child[i].text);
		jobs[i].child = NULL;
	}
	mem_free(child);
	vec_release(&w.fds);
	vec_release(&w.owner);
	vec_release(&w.dying);
	return rc;
}

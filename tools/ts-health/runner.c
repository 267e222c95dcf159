/*
 * runner: children, pipes, deadlines.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/num.h"
#include "probe.h"
#include "result_json.h"

/* Between asking a child to end and ending it. */
#define KILL_MS		1000
/* Of a process that shares: its pipes and loop, and those of others. */
#define FDS_OWN		24
/* A result that is longer than this is no result. */
#define LINE_MAX_BYTES	(8 * CHECK_DATA_MAX)

/* A child: one check, or many that share it. */
struct worker {
	pid_t pid;
	int fd;			/* where its results come from */
	struct buf text;	/* not yet a whole line */
	struct job **job;	/* NULL where the result is known */
	size_t n, left;
	bool shared;
	/* monotonic: the results by then; or of many, a sign of life */
	int64_t deadline_ms;
};

/* A child that was given up, until it is gone. */
struct dying {
	pid_t pid;
	int64_t kill_ms;
};

struct runner {
	pid_t pid;
	const struct runner_limits *limits;
	struct job *waiting, **waiting_end;
	size_t left;
	VEC(struct worker *) workers;
	VEC(struct pollfd) fds;
	VEC(struct dying) dying;
};

static void
wait_in_line(struct runner *w, struct job *j)
{
	j->next = NULL;
	*w->waiting_end = j;
	w->waiting_end = &j->next;
}

/* The result is known; try again when it is bad and there is a try left. */
static void
finish(struct runner *w, struct job *j)
{
	check_bound(j->check, &j->result);
	if (j->result.status != CHECK_OK && j->tries < j->check->retries) {
		j->tries++;
		j->retry_at_ms = clk_mono_ms() +
		    j->check->retry_interval_ms + 1;
		wait_in_line(w, j);
		return;
	}
	j->done = true;
	w->left--;
}

/* ---- starting ---- */

/* Nobody waits for us any more: the end of our group, a plugin's too. */
static void
on_orphaned(int sig)
{
	(void)sig;
	(void)kill(0, SIGKILL);
}

/*
 * How many of the shared ones may be asked at a time: each has a socket, and
 * may need another descriptor beside it.
 */
static size_t
shared_at_once(size_t wanted)
{
	struct rlimit r;
	size_t room;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return wanted;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	if (getrlimit(RLIMIT_NOFILE, &r) == -1 || r.rlim_cur == RLIM_INFINITY)
		return wanted;
	room = r.rlim_cur > FDS_OWN ? (size_t)(r.rlim_cur - FDS_OWN) / 2 : 0;
	return room < 1 ? 1 : room < wanted ? room : wanted;
}

static _Noreturn void
child_main(const struct worker *k, const struct runner *w, int fd)
{
	const struct check **check = mem_array(k->n, sizeof(*check));
	struct probe_order order = { .check = check, .n = k->n,
	    .parallel = w->limits->shared, .life_ms = w->limits->life_ms };
	size_t i;

	if (k->shared)
		order.parallel = shared_at_once(order.parallel);
	(void)setpgid(0, 0);
	(void)signal(RUNNER_ORPHANED, on_orphaned);
	(void)prctl(PR_SET_PDEATHSIG, RUNNER_ORPHANED);
	if (getppid() != w->pid)
		_exit(0);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < k->n; i++)
		check[i] = k->job[i]->check;
	probe_all(&order, fd);
	_exit(0);
}

static void
worker_free(struct worker *k)
{
	if (k->fd != -1)
		(void)close(k->fd);
	buf_release(&k->text);
	mem_free(k->job);
	mem_free(k);
}

/* Takes the jobs; they wait again when there can be no child now. */
static int
worker_start(struct runner *w, struct worker *k, struct err *e)
{
	int fd[2] = { -1, -1 };
	size_t i;

	if (pipe2(fd, O_CLOEXEC) == -1) {
		(void)err_sys(e, "cannot make a pipe");
		goto fail;
	}
	if ((k->pid = fork()) == -1) {
		(void)err_sys(e, "cannot start a process");
		(void)close(fd[0]);
		(void)close(fd[1]);
		goto fail;
	}
	if (k->pid == 0)
		child_main(k, w, fd[1]);
	(void)close(fd[1]);
	(void)setpgid(k->pid, k->pid);
	k->fd = fd[0];
	k->left = k->n;
	k->deadline_ms = clk_mono_ms() + (k->shared ? w->limits->life_ms :
	    k->job[0]->check->timeout_ms + PROBE_GRACE_MS);
	vec_push(&w->workers, k);
	return 0;
fail:
	for (i = 0; i < k->n; i++)
		wait_in_line(w, k->job[i]);
	worker_free(k);
	return -1;
}

static struct worker *
worker_new(size_t room, bool shared)
{
	struct worker *k = mem_zalloc(sizeof(*k));

	k->fd = -1;
	k->job = mem_array(room, sizeof(struct job *));
	k->shared = shared;
	return k;
}

static int
skip(struct job *j, const struct check *down)
{
	check_say(&j->result, CHECK_UNKNOWN, "skipped: depends on " STR_FMT,
	    STR_ARG(down->name));
	j->result.skipped = true;
	return -1;
}

/* 1 may start, 0 not yet, -1 will never: something it needs is down. */
static int
may_start(struct job *j)
{
	size_t i;

	if (j->down != NULL)
		return skip(j, j->down);
	for (i = 0; i < j->ndepends; i++) {
		if (!j->depends[i]->done)
			return 0;
		if (j->depends[i]->result.status == CHECK_FAIL ||
		    j->depends[i]->result.status == CHECK_UNKNOWN)
			return skip(j, j->depends[i]->check);
	}
	return 1;
}

/* The waiting ones that may start: to the shared child, or their own. */
static int
start_all(struct runner *w, struct err *e)
{
	struct clk wall = { .kind = CLK_WALL };
	struct job *j, *all = w->waiting;
	struct worker *many = NULL, *k;
	int64_t now = clk_mono_ms();
	int may, rc = 0;
	bool shares;

	w->waiting = NULL;
	w->waiting_end = &w->waiting;
	while ((j = all) != NULL) {
		all = j->next;
		shares = !j->alone && probe_shares(j->check);
		may = j->retry_at_ms > now ? 0 : may_start(j);
		if (may == 0 || (may == 1 && !shares && (rc == -1 ||
		    w->workers.n >= w->limits->children))) {
			wait_in_line(w, j);
			continue;
		}
		if (j->started_ms == 0)
			j->started_ms = clk_now(&wall);
		if (may == -1) {
			j->done = true;
			w->left--;
			continue;
		}
		if (shares && many == NULL)
			many = worker_new(w->left, true);
		k = shares ? many : worker_new(1, false);
		k->job[k->n++] = j;
		if (!shares)
			rc = worker_start(w, k, e);
	}
	if (many != NULL && worker_start(w, many, e) == -1)
		rc = -1;
	/* again when another has ended */
	return w->workers.n ? 0 : rc;
}

/* ---- results ---- */

/* "INDEX RESULT", or nothing: it lives. */
static void
take_line(struct runner *w, struct worker *k, struct str line)
{
	struct str index, text = str_cut(line, ' ', &index);
	struct job *j;
	struct err e;
	uint64_t i;

	if (k->shared)
		k->deadline_ms = clk_mono_ms() + w->limits->life_ms;
	if (!num_parse_u64(index, k->n - 1, &i) || (j = k->job[i]) == NULL)
		return;
	check_clear(&j->result);
	if (result_read(text, &j->result, &e) == -1)
		return;
	k->job[i] = NULL;
	k->left--;
	finish(w, j);
}

/* Of one that ended without a word. */
static void
say_ended(struct check_result *r, int status)
{
	check_clear(r);
	if (WIFSIGNALED(status))
		check_say(r, CHECK_UNKNOWN, "the check was ended by signal "
		    "%d", WTERMSIG(status));
	else
		check_say(r, CHECK_UNKNOWN, "the check ended without a "
		    "result");
}

/* What it did not tell, and is not to blame for: once more, alone. */
static void
make_alone(struct runner *w, struct worker *k)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->job[i] != NULL) {
			k->job[i]->alone = true;
			wait_in_line(w, k->job[i]);
		}
}

/* The child has closed its pipe: it is over, or as good as. */
static void
collect(struct runner *w, struct worker *k)
{
	int status = 0;

	if (k->text.n > LINE_MAX_BYTES)
		(void)kill(-k->pid, SIGKILL);
	while (waitpid(k->pid, &status, 0) == -1 && errno == EINTR)
		continue;
	if (k->shared) {
		make_alone(w, k);
	} else if (k->left) {
		say_ended(&k->job[0]->result, status);
		finish(w, k->job[0]);
	}
}

/* Time is up: whatever becomes of the child, nobody waits for it. */
static void
give_up(struct runner *w, struct worker *k)
{
	struct check_result *r;

	(void)kill(-k->pid, SIGTERM);
	vec_push(&w->dying, (struct dying){ k->pid,
	    clk_mono_ms() + KILL_MS });
	if (k->shared) {
		make_alone(w, k);
	} else if (k->left) {
		r = &k->job[0]->result;
		check_clear(r);
		r->seconds = (double)k->job[0]->check->timeout_ms / 1000;
		check_say(r, CHECK_FAIL, "no answer within %.3gs",
		    r->seconds);
		check_timed_out(k->job[0]->check, r);
		finish(w, k->job[0]);
	}
}

/* False when the child is over. */
static bool
read_some(struct runner *w, struct worker *k)
{
	struct str text, line, rest;
	ssize_t n;

	(void)buf_reserve(&k->text, 65536);
	while ((n = read(k->fd, k->text.p + k->text.n, 65536)) == -1 &&
	    errno == EINTR)
		continue;
	if (n <= 0 || k->text.n > LINE_MAX_BYTES)
		return false;
	k->text.n += (size_t)n;
	text = buf_str(&k->text);
	while ((rest = str_cut(text, '\n', &line)).p != NULL) {
		take_line(w, k, line);
		text = rest;
	}
	buf_drop(&k->text, k->text.n - text.n);
	return true;
}

/* A child that hangs in the kernel is left behind, never waited for. */
static void
reap(struct runner *w, bool last)
{
	struct dying *d;
	size_t i;

	for (i = 0; i < w->dying.n; i++) {
		d = &w->dying.p[i];
		if (last || clk_mono_ms() >= d->kill_ms)
			(void)kill(-d->pid, SIGKILL);
		if (!last && waitpid(d->pid, NULL, WNOHANG) == 0)
			continue;
		*d = w->dying.p[--w->dying.n];
		i--;
	}
}

/* ---- the loop ---- */

/* How long nothing can happen but on a descriptor. */
static int
wait_ms(const struct runner *w)
{
	int64_t now = clk_mono_ms(), at = now + 1000;
	const struct job *j;
	size_t i;

	for (i = 0; i < w->workers.n; i++)
		if (w->workers.p[i]->deadline_ms < at)
			at = w->workers.p[i]->deadline_ms;
	for (j = w->waiting; j != NULL; j = j->next)
		if (j->retry_at_ms > now && j->retry_at_ms < at)
			at = j->retry_at_ms;
	return at > now ? (int)(at - now) : 0;
}

static void
wait_some(struct runner *w)
{
	struct worker *k;
	size_t i, kept = 0, n = w->workers.n;

	vec_reset(&w->fds);
	for (i = 0; i < n; i++)
		vec_push(&w->fds, (struct pollfd){ w->workers.p[i]->fd,
		    POLLIN, 0 });
	(void)poll(w->fds.p, n, wait_ms(w));
	for (i = 0; i < n; i++) {
		k = w->workers.p[i];
		if (w->fds.p[i].revents) {
			if (read_some(w, k)) {
				w->workers.p[kept++] = k;
				continue;
			}
			collect(w, k);
		} else if (clk_mono_ms() >= k->deadline_ms) {
			give_up(w, k);
		} else {
			w->workers.p[kept++] = k;
			continue;
		}
		worker_free(k);
	}
	w->workers.n = kept;
	reap(w, false);
}

/* ---- one of them, here ---- */

static void
on_alarm(int signo)
{
	static const char text[] = "ts-health: the check hangs, and cannot "
	    "tell\n";

	(void)signo;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(3);
}

/* 0 = never. */
static void
alarm_in(int64_t ms)
{
	struct itimerval t = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	(void)setitimer(ITIMER_REAL, &t, NULL);
}

/*
 * A process costs more than a check that only waits for the network.  Such a
 * one keeps its time itself; should it not, an alarm ends us.
 */
static void
run_here(struct runner *w, struct job *j)
{
	struct clk wall = { .kind = CLK_WALL };
	struct worker *k = worker_new(1, false);
	struct str text, line, rest;

	k->job[k->n++] = j;
	k->left = 1;
	j->started_ms = clk_now(&wall);
	(void)signal(SIGALRM, on_alarm);
	alarm_in(j->check->timeout_ms + 2 * PROBE_GRACE_MS);
	probe_here(j->check, &k->text);
	alarm_in(0);
	text = buf_str(&k->text);
	while ((rest = str_cut(text, '\n', &line)).p != NULL) {
		take_line(w, k, line);
		text = rest;
	}
	if (k->left) {
		say_ended(&j->result, 0);
		finish(w, j);
	}
	worker_free(k);
}

int
runner_run(struct job *jobs, size_t n, const struct runner_limits *limits,
    struct err *e)
{
	struct runner w = { .pid = getpid(), .limits = limits };
	size_t i;
	int rc = 0;

	w.waiting_end = &w.waiting;
	for (i = 0; i < n; i++) {
		if (jobs[i].done)
			continue;
		w.left++;
		if (n == 1 && limits->here && probe_shares(jobs->check))
			run_here(&w, jobs);
		else
			wait_in_line(&w, &jobs[i]);
	}
	while (w.left && (rc = start_all(&w, e)) == 0)
		if (w.left)
			wait_some(&w);
	/* All is told; nobody waits for those that have yet to end. */
	for (i = 0; i < w.workers.n; i++) {
		vec_push(&w.dying, (struct dying){ w.workers.p[i]->pid, 0 });
		worker_free(w.workers.p[i]);
	}
	reap(&w, true);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;	/* of this run, or left behind by one before */
	vec_release(&w.workers);
	vec_release(&w.fds);
	vec_release(&w.dying);
	return rc;
}

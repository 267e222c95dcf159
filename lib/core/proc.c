#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/mem.h"

#define KILL_AFTER_MS	2000
#define CHUNK		16384

enum { IN, OUT, ERR, NPIPES };

struct child {
	pid_t pid;
	int fd[NPIPES];		/* our ends; -1 = closed */
	struct str input;
	int64_t deadline;	/* monotonic ms; 0 = none */
	bool asked;		/* SIGTERM was sent */
	bool ended;		/* and waited for, with this status */
	int status;
	int64_t quiet_at;	/* ended: read until then; 0 = not yet */
};

/* How soon a stop and the end of the program itself are seen. */
#define LOOK_MS		100

static void
shut(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

/* An environment that does not depend on who started us. */
static char **
clean_env(void)
{
	static const char *const kept[] = { "PATH", "HOME", "TZ" };
	char **env = mem_array(5, sizeof(*env));
	struct buf b = { 0 };
	size_t i, n = 0;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *v = getenv(kept[i]);

		if (v == NULL)
			continue;
		buf_reset(&b);
		(void)buf_printf(&b, "%s=%s", kept[i], v);
		env[n++] = mem_strdup(buf_cstr(&b));
	}
	env[n] = mem_strdup("LC_ALL=C");
	buf_release(&b);
	return env;
}

/* In the child: never returns. */
static _Noreturn void
become(const struct proc_request *q, int theirs[NPIPES], int report)
{
	char **env = q->envp ? NULL : clean_env();
	sigset_t none;
	int i, code;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!q->same_group)
		(void)setpgid(0, 0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	for (i = 0; i < NPIPES; i++)
		(void)dup2(theirs[i], i);
	if (q->dir == NULL || chdir(q->dir) == 0)
		(void)execvpe(q->argv[0], q->argv, q->envp ? q->envp : env);
	code = errno;
	(void)!write(report, &code, sizeof(code));
	_exit(127);
}

/* With these for its stdin, stdout and stderr. */
static int
launch(const struct proc_request *q, int theirs[NPIPES], pid_t *pid,
    struct err *e)
{
	int report[2] = { -1, -1 }, code, rc = -1;

	if (pipe2(report, O_CLOEXEC) == -1 || (*pid = fork()) == -1) {
		err_sys(e, "cannot start '%s'", q->argv[0]);
		goto out;
	}
	if (*pid == 0)
		become(q, theirs, report[1]);
	if (!q->same_group)
		(void)setpgid(*pid, *pid);
	shut(&report[1]);
	if (read(report[0], &code, sizeof(code)) == sizeof(code)) {
		(void)waitpid(*pid, NULL, 0);
		errno = code;
		err_sys(e, "cannot run '%s'", q->argv[0]);
		goto out;
	}
	rc = 0;
out:
	shut(&report[0]);
	shut(&report[1]);
	return rc;
}

int
proc_start(const struct proc_request *q, pid_t *pid, struct err *e)
{
	int theirs[NPIPES] = { -1, -1, STDERR_FILENO }, pair[2] = { -1, -1 };
	int rc = -1;

	theirs[IN] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (theirs[IN] == -1 || pipe2(pair, O_CLOEXEC) == -1) {
		err_sys(e, "cannot create a pipe");
		goto out;
	}
	theirs[OUT] = pair[1];
	rc = launch(q, theirs, pid, e);
	if (rc == -1)
		shut(&pair[0]);
out:
	shut(&theirs[IN]);
	shut(&pair[1]);
	return rc == -1 ? -1 : pair[0];
}

static int
start(const struct proc_request *q, struct child *c, struct err *e)
{
	int mine[NPIPES] = { -1, -1, -1 }, theirs[NPIPES] = { -1, -1, -1 };
	int pair[2], i, rc = -1;

	for (i = 0; i < NPIPES; i++) {
		if (pipe2(pair, O_CLOEXEC) == -1) {
			err_sys(e, "cannot create a pipe");
			goto out;
		}
		mine[i] = pair[i == IN];
		theirs[i] = pair[i != IN];
		(void)fcntl(mine[i], F_SETFL, O_NONBLOCK);
	}
	if (launch(q, theirs, &c->pid, e) == -1)
		goto out;
	for (i = 0; i < NPIPES; i++) {
		c->fd[i] = mine[i];
		mine[i] = -1;
	}
	rc = 0;
out:
	for (i = 0; i < NPIPES; i++) {
		shut(&mine[i]);
		shut(&theirs[i]);
	}
	return rc;
}

static void
feed(struct child *c)
{
	ssize_t n = write(c->fd[IN], c->input.p, c->input.n);

	if (n > 0)
		c->input = str_sub(c->input, (size_t)n, c->input.n);
	if (c->input.n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		shut(&c->fd[IN]);
}

static void
drain(int *fd, struct buf *out, size_t max)
{
	char chunk[CHUNK];
	ssize_t n = read(*fd, chunk, sizeof(chunk));
	size_t keep;

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR)) {
		shut(fd);
		return;
	}
	if (n <= 0)
		return;
	keep = max - out->n < (size_t)n ? max - out->n : (size_t)n;
	(void)buf_put(out, (struct str){ chunk, keep });
}

/* Past the deadline, or stopped: first ask, then end. */
static void
enforce(const struct proc_request *q, struct child *c, struct proc_result *r)
{
	bool stop = q->stop != NULL && *q->stop && !r->stopped;

	if (c->ended || (!stop && (c->deadline == 0 ||
	    clk_mono_ms() < c->deadline)))
		return;
	if (stop)
		r->stopped = true;
	else if (!r->stopped)
		r->timed_out = true;
	(void)kill(q->same_group ? c->pid : -c->pid,
	    c->asked ? SIGKILL : SIGTERM);
	c->deadline = clk_mono_ms() + KILL_AFTER_MS;
	c->asked = true;
}

/* Its end is looked for only when somebody wants to know before its output
 * has ended. */
static void
look(const struct proc_request *q, struct child *c)
{
	if (c->ended || q->linger_ms == 0 ||
	    waitpid(c->pid, &c->status, WNOHANG) != c->pid)
		return;
	c->ended = true;
	c->quiet_at = clk_mono_ms() + q->linger_ms;
}

static int
wait_ms(const struct proc_request *q, const struct child *c)
{
	int64_t left = 60000, now = clk_mono_ms();

	if (q->stop != NULL || q->linger_ms)
		left = LOOK_MS;
	else if (c->deadline == 0)
		return -1;
	if (c->deadline && c->deadline - now < left)
		left = c->deadline - now;
	return left < 0 ? 0 : (int)left;
}

static void
talk(const struct proc_request *q, struct child *c, struct proc_result *r)
{
	while (c->fd[OUT] != -1 || c->fd[ERR] != -1) {
		struct pollfd p[NPIPES] = {
			{ c->fd[IN], POLLOUT, 0 },
			{ c->fd[OUT], POLLIN, 0 },
			{ c->fd[ERR], POLLIN, 0 },
		};

		if (poll(p, NPIPES, wait_ms(q, c)) == -1 && errno != EINTR)
			break;
		if (p[IN].revents)
			feed(c);
		if (p[OUT].revents)
			drain(&c->fd[OUT], &r->out, q->output_max);
		if (p[ERR].revents)
			drain(&c->fd[ERR], &r->err, q->output_max);
		if (c->ended && clk_mono_ms() >= c->quiet_at)
			break;
		look(q, c);
		enforce(q, c, r);
	}
}

int
proc_run(const struct proc_request *q, struct proc_result *r, struct err *e)
{
	struct child c = { .fd = { -1, -1, -1 }, .input = q->input };
	int i;

	*r = (struct proc_result){ .status = -1 };
	if (start(q, &c, e) == -1)
		return -1;
	if (q->timeout_ms)
		c.deadline = clk_mono_ms() + q->timeout_ms;
	if (c.input.n == 0)
		shut(&c.fd[IN]);
	talk(q, &c, r);
	for (i = 0; i < NPIPES; i++)
		shut(&c.fd[i]);
	/* it may have closed its output and live on: the deadline holds */
	while (!c.ended && waitpid(c.pid, &c.status,
	    c.deadline || q->stop ? WNOHANG : 0) == 0) {
		(void)poll(NULL, 0, wait_ms(q, &c) < 20 ? wait_ms(q, &c) : 20);
		enforce(q, &c, r);
	}
	if (WIFEXITED(c.status))
		r->status = WEXITSTATUS(c.status);
	else if (WIFSIGNALED(c.status))
		r->signal = WTERMSIG(c.status);
	return 0;
}

void
proc_result_release(struct proc_result *r)
{
	buf_release(&r->out);
	buf_release(&r->err);
}

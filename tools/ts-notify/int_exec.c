/*
 * exec: a program of the operator's own.  It finds the notification on its
 * standard input; 0 means delivered, 75 (EX_TEMPFAIL) try again, anything
 * else that it will not work.
 */
#include "integration.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"

#define TRY_AGAIN	75
#define OUTPUT_MAX	4096
#define KILL_AFTER_MS	2000

struct exec {
	struct attempt *a;		/* NULL: given up */
	struct loop *loop;
	pid_t pid;
	int in, out;			/* our ends; -1 = closed */
	struct buf input, output;
	size_t at;			/* of input written */
	struct ltimer limit;
	bool timed_out;
};

static void
close_fd(struct exec *x, int *fd)
{
	if (*fd == -1)
		return;
	loop_fd(x->loop, *fd, 0, NULL, NULL);
	(void)close(*fd);
	*fd = -1;
}

static void
exec_free(struct exec *x)
{
	loop_deadline_stop(x->loop, &x->limit);
	close_fd(x, &x->in);
	close_fd(x, &x->out);
	buf_release(&x->input);
	buf_release(&x->output);
	mem_free(x);
}

static void
on_writable(struct loop *l, void *arg, unsigned events)
{
	struct exec *x = arg;
	ssize_t n = write(x->in, x->input.p + x->at, x->input.n - x->at);

	(void)l;
	(void)events;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	/* A program may well not read what it is told. */
	if (n == -1 || (x->at += (size_t)n) == x->input.n)
		close_fd(x, &x->in);
}

/* What it says is kept for the message, up to a limit; all is read. */
static void
on_output(struct loop *l, void *arg, unsigned events)
{
	struct exec *x = arg;
	char bytes[OUTPUT_MAX];
	ssize_t n = read(x->out, bytes, sizeof(bytes));

	(void)l;
	(void)events;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		close_fd(x, &x->out);
	else
		(void)buf_put(&x->output, (struct str){ bytes,
		    (size_t)n < OUTPUT_MAX - x->output.n ? (size_t)n :
		    OUTPUT_MAX - x->output.n });
}

static void
on_limit(struct loop *l, void *arg, unsigned events)
{
	struct exec *x = arg;

	(void)events;
	(void)kill(-x->pid, x->timed_out ? SIGKILL : SIGTERM);
	x->timed_out = true;
	loop_deadline(l, &x->limit, KILL_AFTER_MS);
}

/* The last line of what it said. */
static struct str
last_words(const struct exec *x)
{
	struct str s = str_trim(buf_str(&x->output)), line = s;

	while (s.p != NULL)
		s = str_cut(s, '\n', &line);
	return str_trim(line);
}

static void
on_exit_status(struct loop *l, void *arg, unsigned status)
{
	struct exec *x = arg;
	struct attempt *a = x->a;
	enum verdict v = DELIVERED;

	if (x->out != -1)
		on_output(l, x, LOOP_READ);
	if (a == NULL) {
		exec_free(x);
		return;
	}
	if (x->timed_out) {
		(void)attempt_fail(a, "the program did not end in time");
		v = RETRY;
	} else if (WIFSIGNALED((int)status)) {
		(void)attempt_fail(a, "the program was ended by signal %d",
		    WTERMSIG((int)status));
		v = FAILED;
	} else if (WEXITSTATUS((int)status) != 0) {
		(void)attempt_fail(a, "exit status %d%s" STR_FMT,
		    WEXITSTATUS((int)status),
		    last_words(x).n > 0 ? ": " : "", STR_ARG(last_words(x)));
		v = WEXITSTATUS((int)status) == TRY_AGAIN ? RETRY : FAILED;
	}
	a->own = NULL;
	exec_free(x);
	attempt_end(a, v);
}

/* PATH, HOME and TZ are all it gets of our surroundings. */
static char **
environment(struct attempt *a)
{
	static const char *const names[] = { "PATH", "HOME", "TZ" };
	char **envp = arena_array(&a->arena, 6, sizeof(*envp));
	const char *value;
	size_t i, n = 0;

	for (i = 0; i < 3; i++)
		if ((value = getenv(names[i])) != NULL)
			envp[n++] = arena_cstr(&a->arena, arena_printf(
			    &a->arena, "%s=%s", names[i], value));
	envp[n++] = arena_cstr(&a->arena, STR("LC_ALL=C"));
	if (a->once.n > 0)
		envp[n] = arena_cstr(&a->arena, arena_printf(&a->arena,
		    "IDEMPOTENCY_KEY=" STR_FMT, STR_ARG(a->once)));
	return envp;
}

static char **
arguments(struct attempt *a)
{
	const struct exec_config *c = a->target.conf;
	char **argv = arena_array(&a->arena, c->command.n + 1, sizeof(*argv));
	size_t i;

	for (i = 0; i < c->command.n; i++)
		argv[i] = arena_cstr(&a->arena, text(a, c->command.p[i]));
	return argv;
}

static int
spawn(struct attempt *a, pid_t *pid, int in, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	char **argv = arguments(a), **envp = environment(a);
	sigset_t all;
	int rc;

	(void)sigfillset(&all);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	(void)posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
	    POSIX_SPAWN_SETSIGDEF);
	(void)posix_spawnattr_setpgroup(&attr, 0);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	rc = posix_spawnp(pid, argv[0], &files, &attr, argv, envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&files);
	if (rc != 0)
		(void)attempt_fail(a, "cannot run '%s': %s", argv[0],
		    strerror(rc));
	return rc == 0 ? 0 : -1;
}

static struct exec *
exec_start(struct attempt *a)
{
	struct exec *x = mem_zalloc(sizeof(*x));
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };

	x->a = a;
	x->loop = a->nf->loop;
	x->in = x->out = -1;
	x->limit = (struct ltimer){ .fn = on_limit, .arg = x };
	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
		(void)attempt_fail(a, "cannot make a pipe: %s",
		    strerror(errno));
	else if (spawn(a, &x->pid, in[0], out[1]) == 0) {
		x->in = in[1];
		x->out = out[0];
		in[1] = out[0] = -1;
		(void)fcntl(x->in, F_SETFL, O_NONBLOCK);
		(void)fcntl(x->out, F_SETFL, O_NONBLOCK);
	}
	if (in[0] != -1)
		(void)close(in[0]);
	if (out[1] != -1)
		(void)close(out[1]);
	if (in[1] != -1)
		(void)close(in[1]);
	if (out[0] != -1)
		(void)close(out[0]);
	if (attempt_ok(a))
		return x;
	exec_free(x);
	return NULL;
}

static void
deliver(struct attempt *a)
{
	const struct exec_config *c = a->target.conf;
	struct exec *x = exec_start(a);

	if (x == NULL) {
		attempt_end(a, FAILED);
		return;
	}
	a->own = x;
	a->timeout_ms = c->timeout_ms;
	put_webhook(a, "4");
	(void)buf_putc(&a->body, '\n');
	(void)buf_put(&x->input, buf_str(&a->body));
	loop_fd(x->loop, x->in, LOOP_WRITE, on_writable, x);
	loop_fd(x->loop, x->out, LOOP_READ, on_output, x);
	loop_deadline(x->loop, &x->limit, attempt_time_left(a));
	loop_child(x->loop, x->pid, on_exit_status, x);
}

static void
cancel(struct attempt *a)
{
	struct exec *x = a->own;

	if (x == NULL)
		return;
	x->a = NULL;
	a->own = NULL;
	(void)kill(-x->pid, SIGTERM);
}

static void
show(struct attempt *a, struct buf *out)
{
	char **argv = arguments(a);
	size_t i;

	put_webhook(a, "4");
	(void)buf_put(out, STR("exec"));
	for (i = 0; argv[i] != NULL; i++) {
		(void)buf_putc(out, ' ');
		go_quote(out, str_of(argv[i]));
	}
	(void)buf_printf(out, "\n\n" STR_FMT "\n",
	    STR_ARG(buf_str(&a->body)));
}

const struct integration int_exec = {
	.key = "exec_configs", .deliver = deliver, .cancel = cancel,
	.show = show
};

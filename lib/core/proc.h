/*
 * proc: run a program by argv (never through a shell) in its own process
 * group, with pipes and a deadline.  Should we be killed, so is the program.
 * SIGPIPE must be ignored, as tool.h does: a program may end before it has
 * read its input.  The program itself starts with its default.
 */
#ifndef CORE_PROC_H
#define CORE_PROC_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

struct proc_request {
	char *const *argv;	/* argv[0] is searched in PATH */
	char *const *envp;	/* NULL = a clean one: PATH, LC_ALL=C, TZ, HOME */
	struct str input;	/* its stdin */
	int64_t timeout_ms;	/* SIGTERM then, SIGKILL 2 s later; 0 = none */
	size_t output_max;	/* of stdout and of stderr; more is read, dropped */
	const char *dir;	/* where it runs; NULL = where we are */
	/*
	 * It stays in our own process group: who ends that ends it too, and a
	 * deadline here ends the program itself only.
	 */
	bool same_group;
	/* Not 0 any more: as if its time were up.  NULL = never. */
	const volatile sig_atomic_t *stop;
	/*
	 * Once it has ended, what it left running may write for so long (a
	 * daemon keeps its output open for ever); 0 = to the end of output.
	 */
	int64_t linger_ms;
};

struct proc_result {
	int status;		/* exit status, or -1 */
	int signal;		/* that ended it, or 0 */
	bool timed_out, stopped;
	struct buf out, err;	/* what it printed; release both */
};

/*
 * Run to its end.  0 when it ran (whatever it returned), -1 when it could not
 * be started.
 */
int	proc_run(const struct proc_request *q, struct proc_result *r,
	    struct err *e);
void	proc_result_release(struct proc_result *r);

/*
 * Start one that runs on: its stdin is empty, its stderr is ours.  Returns a
 * descriptor of its stdout, to be closed, and *pid, to be waited for; -1 with
 * *e.  Of q, argv, envp, dir and same_group count.
 */
int	proc_start(const struct proc_request *q, pid_t *pid, struct err *e);

#endif

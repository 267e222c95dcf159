/*
 * child: a task in a process of its own: its own process group, the task's
 * user, nice, I/O class and umask, a clean environment, a hard deadline.
 */
#ifndef TS_MAINT_CHILD_H
#define TS_MAINT_CHILD_H

#include <signal.h>

#include "task.h"

/* From asking a task to end to ending it. */
#define CHILD_GRACE_MS	10000

struct child_request {
	const struct task *task;
	bool dry_run, undo, verbose;
	int64_t now_ms;
	struct str memory, undo_record;	/* JSON, or empty */
	struct str path;	/* PATH of its programs */
	/* not 0: ask it to end */
	const volatile sig_atomic_t *stop;
	/* what it tells on the way */
	void	(*step)(void *arg, const struct step_line *s);
	void	(*progress)(void *arg, struct str text);
	void	(*remember)(void *arg, struct str memory);
	void	(*tick)(void *arg);	/* about once a second */
	void *arg;
};

#define CHILD_PATH	"/usr/local/sbin:/usr/local/bin:/usr/sbin:" \
			"/usr/bin:/sbin:/bin"

/*
 * Run it to its end.  *out has what became of it, in the arena: also when the
 * process could not be started, was killed or said nothing.
 */
void	child_run(const struct child_request *q, struct outcome *out,
	    struct arena *a);

#endif

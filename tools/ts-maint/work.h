/*
 * work: a task at work, as its kind sees it: what it is told, what it says.
 */
#ifndef TS_MAINT_WORK_H
#define TS_MAINT_WORK_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/proc.h"
#include "core/vec.h"

#define WORK_TEXT_MAX	1024		/* bytes of a message */
#define WORK_OUTPUT_MAX	((size_t)64 << 10)	/* the end of an output */

/* From good to bad: the worse of two is the larger. */
enum task_status {
	TASK_OK,
	TASK_PLANNED,		/* -n */
	TASK_SKIPPED,		/* not run: a condition, a need, a lock */
	TASK_WARNING,
	TASK_ROLLED_BACK,	/* failed, and all is as it was before */
	TASK_FAILED,
	TASK_TIMEOUT
};
#define TASK_NSTATUS	(TASK_TIMEOUT + 1)
const char	*task_status_name(enum task_status s);
bool		 task_status_parse(struct str s, enum task_status *out);
/* It did not do what it should. */
bool		 task_status_bad(enum task_status s);

/* One thing that is to be done. */
struct step {
	const char *action;	/* a verb: "remove", "restart" */
	struct str what;	/* to what: a path, a service, a statement */
	struct str note;	/* why or how, for people; may be empty */
	int64_t bytes;		/* that it frees or writes; 0 = none */
	bool reads;		/* it changes nothing */
	void *own;		/* the kind's */
};

enum step_end { STEP_DONE, STEP_SKIPPED, STEP_FAILED };

/* What became of a task. */
struct outcome {
	enum task_status status;
	bool undo_failed;	/* a person must look */
	bool changed;		/* something is not as it was */
	struct str message, error;	/* may be empty */
	struct str data;	/* a JSON object, or empty */
	struct str output;	/* the end of what its programs printed */
	struct str memory;	/* one JSON value for its next run, or empty */
	struct str undo;	/* one JSON value for kind->undo, or empty */
	int64_t done, skipped, failed;	/* steps */
	int64_t bytes;		/* of the steps done */
};

struct task;

struct work {
	const struct task *task;
	struct arena *arena;	/* of this run */
	int64_t now_ms;
	bool dry_run;		/* for texts only: see task.h */
	bool verbose;
	json_t *memory;		/* what its runs left; or NULL */
	json_t *undo;		/* in kind->undo: what the run left */

	VEC(struct step) steps;
	struct outcome outcome;
	json_t *data;		/* an object: numbers, lists; goes out */
	json_t *keep;		/* the next memory; NULL = as it was */
	json_t *undo_keep;	/* for kind->undo; NULL = nothing to undo */
	struct buf output;
	void *own;		/* the kind's */
	int fd;			/* to the parent; -1 = none */
};

/* ---- for kinds ---- */

/* A step more; its texts are copied. */
struct step	*work_step(struct work *w, struct step s);

/*
 * Say something about it: the status becomes the worse of what it was and s;
 * the text of the worst is kept, of the first among equals.
 */
void	work_say(struct work *w, enum task_status s, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* The message of one that went well. */
void	work_note(struct work *w, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* For the terminal: "table 14/60 orders". */
void	work_progress(struct work *w, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* It was asked to end: finish the step at hand, start no other. */
bool	work_stopping(const struct work *w);

/*
 * Keep j (takes it) for its next run from this moment on, however this one
 * ends: that of w->keep is kept once it has ended.
 */
void	work_remember(struct work *w, json_t *j);

/* A number into data; a list's next string. */
void	work_number(struct work *w, const char *key, double value);
void	work_integer(struct work *w, const char *key, int64_t value);
void	work_text(struct work *w, const char *key, struct str value);
void	work_append(struct work *w, const char *key, struct str value);

/*
 * Run a program: argv, no shell, the task's environment, in the task's
 * process group, so its deadline holds for it too.  What it prints is kept
 * for `output`.  0 whatever it returned, -1 with *e when it could not be
 * started.  Release *r.
 */
int	work_run(struct work *w, const char *const *argv, struct str input,
	    struct proc_result *r, struct err *e);

/* The same quietly, for probes: output stays out of `output`; ends after
 * timeout_ms (0 = with the task). */
int	work_ask(struct work *w, const char *const *argv, int64_t timeout_ms,
	    struct proc_result *r, struct err *e);

/* "exit status 3", "ended by signal 9"; empty when it went well. */
struct str	work_ending(struct work *w, const struct proc_result *r);

/* 1536 as "1.5 KiB". */
struct str	bytes_text(struct arena *a, int64_t bytes);

/* ---- for the child process ---- */

extern volatile sig_atomic_t work_stopped;

/* All of it: plan, steps, finish; or the undo.  Fills w->outcome. */
void	work_do(struct work *w);
void	work_undo(struct work *w);

/* ---- between child and parent: lines of JSON ---- */

struct step_line {
	struct str action, what, note, error;
	int64_t bytes;
	bool reads;
	int end;		/* enum step_end; -1 = planned */
};

struct message {
	enum { MESSAGE_STEP, MESSAGE_PROGRESS, MESSAGE_MEMORY,
	    MESSAGE_OUTCOME } kind;
	struct step_line step;
	struct str progress;
	struct str memory;
	struct outcome outcome;
};

void	message_put_step(struct buf *out, const struct step *s, int end,
	    struct str error);
void	message_put_progress(struct buf *out, struct str text);
void	message_put_memory(struct buf *out, struct str memory);
void	message_put_outcome(struct buf *out, const struct outcome *o);
/* Into the arena; -1 with *e. */
int	message_read(struct str line, struct arena *a, struct message *m,
	    struct err *e);

#endif

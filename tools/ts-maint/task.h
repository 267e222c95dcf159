/*
 * task: one thing to do.  A kind of task is one file task_<kind>.c with one
 * row (struct task_kind), listed in tasks.c.
 *
 * A kind says what it would do as a list of steps (plan) and does one step
 * (apply).  Nothing else changes anything, so what -n shows is by construction
 * what a run does: plan is the same call in both, and apply is never called
 * under -n.  All of it runs in a child process of its own (child.h), under
 * the task's user, with a clean environment and a deadline: it may block.
 */
#ifndef TS_MAINT_TASK_H
#define TS_MAINT_TASK_H

#include "config/secret.h"
#include "probe.h"
#include "work.h"
#include "yaml/fields.h"

enum on_failure {
	ON_FAILURE_UNSET,	/* as the plan says */
	ON_FAILURE_CONTINUE,	/* what needs it is skipped, the rest runs */
	ON_FAILURE_STOP,	/* nothing more runs */
	ON_FAILURE_ROLLBACK	/* ... and what was done is undone */
};

/*
 * What all kinds share; a kind's own struct begins with it, its rows begin
 * with TASK_ROWS.  Lives as long as the configuration.
 */
struct task {
	const struct task_kind *kind;
	struct str name, kind_name, description;
	struct ystrs needs, after;	/* names in the same plan */
	struct ystrs undo;		/* ... to run when it is rolled back */
	struct str instead;		/* ... to run when it has failed */
	int64_t timeout_ms;
	int64_t retries, retry_delay_ms;
	enum on_failure on_failure;
	struct condition condition;	/* if */
	bool confirm;
	bool aside;		/* only as an undo or as on_failure's task */
	/* the process that does it */
	struct str user, ionice, umask;
	int64_t nice;
	struct task_env *env;
	size_t nenv;
	const struct ynode *node;
};

struct task_env {
	struct str name;
	struct secret value;
};

#define TASK_ROWS							\
	YROW("name", YT_STR, offsetof(struct task, name),		\
	    .flags = YF_REQUIRED),					\
	YROW("kind", YT_STR, offsetof(struct task, kind_name)),		\
	YROW("description", YT_STR, offsetof(struct task, description)), \
	YROW("needs", YT_STRLIST, offsetof(struct task, needs)),	\
	YROW("after", YT_STRLIST, offsetof(struct task, after)),	\
	YROW("undo", YT_STRLIST, offsetof(struct task, undo)),		\
	YROW("timeout", YT_DURATION, offsetof(struct task, timeout_ms)), \
	YROW("retries", YT_INT, offsetof(struct task, retries)),	\
	YROW("retry_delay", YT_DURATION,				\
	    offsetof(struct task, retry_delay_ms), .dflt = "30s"),	\
	YROW("on_failure", YT_CUSTOM, 0, .decode = task_decode_on_failure), \
	YROW("if", YT_CUSTOM, offsetof(struct task, condition),		\
	    .decode = condition_decode),				\
	YROW("confirm", YT_BOOL, offsetof(struct task, confirm)),	\
	YROW("user", YT_STR, offsetof(struct task, user)),		\
	YROW("nice", YT_INT, offsetof(struct task, nice)),		\
	YROW("ionice", YT_STR, offsetof(struct task, ionice)),		\
	YROW("umask", YT_STR, offsetof(struct task, umask),		\
	    .dflt = "077"),						\
	YROW("env", YT_CUSTOM, 0, .decode = task_decode_env)

/* The field of these two is the whole struct task. */
int	task_decode_on_failure(const struct ynode *n, void *task,
	    struct arena *a, struct err *e);
int	task_decode_env(const struct ynode *n, void *task, struct arena *a,
	    struct err *e);

/* continue, stop or rollback; false for another word. */
bool	on_failure_parse(struct str s, enum on_failure *out);

struct task_kind {
	const char *name;		/* as in `kind:` */
	const char *about;		/* one line */
	const struct yfields *fields;
	bool removes;	/* each step done goes into the audit log */
	bool go_on;	/* a step that fails costs that step only */
	/* After decoding: sense and defaults.  May be NULL. */
	int	(*configure)(struct task *t, struct arena *a, struct err *e);
	/*
	 * Look, change nothing, and call work_step for everything that is to
	 * be done, in order.  -1 with *e: the task has failed.
	 */
	int	(*plan)(struct work *w, struct err *e);
	/*
	 * Do one step.  Looks again at what plan saw; STEP_SKIPPED with
	 * s->note when that has changed.  STEP_FAILED with *e.
	 */
	enum step_end	(*apply)(struct work *w, struct step *s,
			    struct err *e);
	/* After the last step, also of a plan (-n): message, data, memory.
	 * May be NULL. */
	void	(*finish)(struct work *w);
	/*
	 * Undo what the run that left w->undo has done.  -1 with *e.  NULL:
	 * the kind has nothing to undo.
	 */
	int	(*undo)(struct work *w, struct err *e);
};

/* Rows of a kind and its yfields: TASK_FIELDS(clean, struct clean_task). */
#define TASK_FIELDS(kind, type)						\
	static const struct yfields kind##_fields = {			\
		.name = #kind " task", .size = sizeof(type),		\
		.row = rows, .n = sizeof(rows) / sizeof(rows[0]),	\
	}

/* tasks.c */
extern const struct task_kind *const task_kinds[];
extern const size_t task_nkinds;
const struct task_kind	*task_kind_find(struct str name);

#endif

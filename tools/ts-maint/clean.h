/*
 * clean: what the kinds clean and logs share.
 */
#ifndef TS_MAINT_CLEAN_H
#define TS_MAINT_CLEAN_H

#include <sys/stat.h>

#include "task.h"

enum clean_by { BY_ANY, BY_ATIME, BY_BTIME, BY_CTIME, BY_MTIME };

struct clean_task {
	struct task task;
	struct ystrs paths, match, exclude;
	int64_t older_than_ms;
	struct str by_word, type, open, unit;
	int64_t max_depth, min_keep, max_delete;
	bool empty_dirs;
	/* logs: */
	bool allow_live;
	/* decoded: */
	enum clean_by by;
	bool any_type, dirs, links, open_ignored, whole_top, logs;
};

#define CLEAN_AT(f)	offsetof(struct clean_task, f)
#define CLEAN_ROWS							\
	TASK_ROWS,							\
	YROW("paths", YT_STRLIST, CLEAN_AT(paths), .flags = YF_REQUIRED), \
	YROW("match", YT_STRLIST, CLEAN_AT(match)),			\
	YROW("exclude", YT_STRLIST, CLEAN_AT(exclude)),			\
	YROW("older_than", YT_DURATION, CLEAN_AT(older_than_ms),	\
	    .flags = YF_REQUIRED),					\
	YROW("by", YT_STR, CLEAN_AT(by_word), .dflt = "mtime"),		\
	YROW("max_depth", YT_INT, CLEAN_AT(max_depth)),			\
	YROW("min_keep", YT_INT, CLEAN_AT(min_keep)),			\
	YROW("max_delete", YT_INT, CLEAN_AT(max_delete),		\
	    .dflt = "100000"),						\
	YROW("open", YT_STR, CLEAN_AT(open), .dflt = "skip")

int	clean_configure(struct task *t, struct arena *a, struct err *e);
int	clean_plan(struct work *w, struct err *e);
enum step_end	clean_apply(struct work *w, struct step *s, struct err *e);
void	clean_finish(struct work *w);

/* Where a step's file is below its directory of `paths`. */
struct str	clean_rel(const struct step *s);

/*
 * The file of a step, to read it, and what it is; *fd is -1 and
 * STEP_SKIPPED is returned, with a note, when it is another one by now.
 */
enum step_end	clean_open(struct work *w, struct step *s, int *fd,
		    struct stat *st, struct err *e);

/* A name that a rotation leaves: app.log.1, app.log-20260101, x.gz. */
bool	clean_is_rotated(const char *name);

#endif

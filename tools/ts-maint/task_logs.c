/*
 * task_logs: as clean, but only what a rotation leaves (app.log.1,
 * app.log-20260101, *.gz).  A log that is still written, *.log, needs
 * allow_live; one that is open is then emptied, never removed, or its writer
 * would go on into a file that nobody sees.
 */
#include "clean.h"
#include "kinds.h"

static const struct yfield rows[] = {
	CLEAN_ROWS,
	YROW("allow_live", YT_BOOL, CLEAN_AT(allow_live)),
};
TASK_FIELDS(logs, struct clean_task);

static int
logs_configure(struct task *t, struct arena *a, struct err *e)
{
	((struct clean_task *)t)->logs = true;
	return clean_configure(t, a, e);
}

const struct task_kind task_logs = {
	.name = "logs", .about = "old rotated logs go",
	.fields = &logs_fields, .removes = true, .go_on = true,
	.configure = logs_configure, .plan = clean_plan,
	.apply = clean_apply, .finish = clean_finish,
};

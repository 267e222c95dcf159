/*
 * task_clean: old files of a directory go.
 */
#include "clean.h"
#include "kinds.h"

static const struct yfield rows[] = {
	CLEAN_ROWS,
	YROW("type", YT_STR, CLEAN_AT(type)),
	YROW("unit", YT_STR, CLEAN_AT(unit)),
	YROW("empty_dirs", YT_BOOL, CLEAN_AT(empty_dirs)),
};
TASK_FIELDS(clean, struct clean_task);

const struct task_kind task_clean = {
	.name = "clean", .about = "old files of a directory go",
	.fields = &clean_fields, .removes = true, .go_on = true,
	.configure = clean_configure, .plan = clean_plan,
	.apply = clean_apply, .finish = clean_finish,
};

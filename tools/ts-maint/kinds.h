/*
 * kinds: one row each, in task_<kind>.c.
 */
#ifndef TS_MAINT_KINDS_H
#define TS_MAINT_KINDS_H

#include "task.h"

extern const struct task_kind task_clean, task_command, task_logs;

#endif

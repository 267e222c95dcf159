/*
 * kinds: one row each, in task_<kind>.c.
 */
#ifndef TS_MAINT_KINDS_H
#define TS_MAINT_KINDS_H

#include "task.h"

extern const struct task_kind task_apt, task_archive, task_backup, task_cert,
    task_certbot, task_clean, task_command, task_deploy, task_disk,
    task_freshclam, task_health, task_http, task_logs, task_lynis,
    task_pg_analyze, task_pg_dump, task_pg_query, task_pg_reindex,
    task_pg_vacuum,
    task_restore, task_rollback, task_rotate, task_service, task_sysstat,
    task_verify;

#endif

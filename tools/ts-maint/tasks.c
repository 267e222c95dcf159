/*
 * tasks: the kinds, and the fields that all of them share.
 */
#include "kinds.h"

const struct task_kind *const task_kinds[] = {
	&task_apt, &task_archive, &task_backup, &task_cert, &task_certbot,
	&task_clean, &task_command, &task_deploy, &task_disk, &task_freshclam,
	&task_health, &task_http, &task_logs, &task_lynis, &task_pg_analyze,
	&task_pg_dump, &task_pg_query, &task_pg_reindex, &task_pg_vacuum,
	&task_restore, &task_rollback, &task_rotate, &task_service,
	&task_sysstat, &task_verify,
};
const size_t task_nkinds = sizeof(task_kinds) / sizeof(task_kinds[0]);

const struct task_kind *
task_kind_find(struct str name)
{
	size_t i;

	for (i = 0; i < task_nkinds; i++)
		if (str_eq(name, str_of(task_kinds[i]->name)))
			return task_kinds[i];
	return NULL;
}

bool
on_failure_parse(struct str s, enum on_failure *out)
{
	static const char *const words[] = {
		[ON_FAILURE_CONTINUE] = "continue", [ON_FAILURE_STOP] = "stop",
		[ON_FAILURE_ROLLBACK] = "rollback",
	};
	size_t i;

	for (i = ON_FAILURE_CONTINUE; i <= ON_FAILURE_ROLLBACK; i++)
		if (str_eq(s, str_of(words[i]))) {
			*out = (enum on_failure)i;
			return true;
		}
	return false;
}

/* continue | stop | rollback | { task: NAME } */
int
task_decode_on_failure(const struct ynode *n, void *task, struct arena *a,
    struct err *e)
{
	struct task *t = task;

	(void)a;
	if (n->kind == Y_SCALAR && on_failure_parse(n->scalar, &t->on_failure))
		return 0;
	if (n->kind == Y_MAP && n->n == 1 &&
	    n->child->kind == Y_SCALAR &&
	    str_eq(n->child->key->scalar, STR("task"))) {
		t->instead = n->child->scalar;
		return 0;
	}
	return ynode_err(n, e, "'on_failure' is continue, stop, rollback or "
	    "{task: NAME}");
}

static bool
env_name_ok(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '=' || s.p[i] == '\0')
			return false;
	return s.n > 0;
}

int
task_decode_env(const struct ynode *n, void *task, struct arena *a,
    struct err *e)
{
	struct task *t = task;
	const struct ynode *c;

	if (n->kind == Y_NULL)
		return 0;
	if (n->kind != Y_MAP)
		return ynode_err(n, e, "'env' must be a mapping");
	t->env = ARENA_ARRAY(a, n->n, struct task_env);
	for (c = n->child; c != NULL; c = c->next) {
		if (!env_name_ok(c->key->scalar))
			return ynode_err(c->key, e, "'" STR_FMT "' is no name "
			    "of a variable", STR_ARG(c->key->scalar));
		t->env[t->nenv].name = c->key->scalar;
		if (secret_decode(c, &t->env[t->nenv].value, a, e) == -1)
			return -1;
		t->nenv++;
	}
	return 0;
}

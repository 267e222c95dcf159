/*
 * maint_yml: reading ts-maint.yml by rows.
 */
#include "maint_yml.h"

#include "config/common.h"
#include "core/dur.h"
#include "core/hash.h"
#include "core/io.h"

#define RETRIES_MAX	100

struct global {
	int64_t timeout_ms;
	struct str path, audit, lock_dir;
	struct str user;
	struct ypairs labels;
};

struct file {
	struct global global;
	const struct ynode *plans, *tasks;
};

#define AT(f)	offsetof(struct global, f)
static const struct yfield global_rows[] = {
	YROW("timeout", YT_DURATION, AT(timeout_ms), .dflt = "1h"),
	YROW("path", YT_STR, AT(path)),
	YROW("audit", YT_CUSTOM, AT(audit), .decode = config_decode_path),
	YROW("lock_dir", YT_CUSTOM, AT(lock_dir),
	    .decode = config_decode_path),
	YROW("user", YT_STR, AT(user)),
	YROW("labels", YT_STRMAP, AT(labels)),
};
#undef AT

#define FIELDS(text, type, rows, ...) {					\
	.name = (text), .size = sizeof(type), .row = (rows),		\
	.n = sizeof(rows) / sizeof((rows)[0]), __VA_ARGS__ }

static const struct yfields global_fields =
    FIELDS("global", struct global, global_rows);

static const struct yfield file_rows[] = {
	YROW("global", YT_STRUCT, offsetof(struct file, global),
	    .sub = &global_fields),
	YROW("plans", YT_RAW, offsetof(struct file, plans)),
	YROW("tasks", YT_RAW, offsetof(struct file, tasks)),
};

static const struct yfields file_fields =
    FIELDS("ts-maint.yml", struct file, file_rows);

/* ---- ping: URL, or a mapping ---- */

static const struct yfield ping_rows[] = {
	YROW("url", YT_CUSTOM, offsetof(struct ping, url),
	    .decode = secret_decode, .flags = YF_REQUIRED | YF_SECRET),
	YROW("body", YT_BOOL, offsetof(struct ping, body), .dflt = "true"),
	YROW("timeout", YT_DURATION, offsetof(struct ping, timeout_ms),
	    .dflt = "10s"),
};

static const struct yfields ping_fields =
    FIELDS("ping", struct ping, ping_rows);

static int
decode_ping(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct ping *p = ARENA_NEW(a, struct ping);

	*(struct ping **)field = p;
	if (n->kind == Y_MAP && ynode_get(n, "url") != NULL)
		return yaml_decode(n, &ping_fields, p, a, e);
	if (yaml_defaults(&ping_fields, p, a, e) == -1)
		return -1;
	return secret_decode(n, &p->url, a, e);
}

static int
decode_on_busy(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	static const char *const words[] = { "skip", "wait", "fail" };
	size_t i;

	(void)a;
	for (i = 0; i < 3; i++)
		if (n->kind == Y_SCALAR &&
		    str_eq(n->scalar, str_of(words[i]))) {
			*(enum on_busy *)field = (enum on_busy)i;
			return 0;
		}
	return ynode_err(n, e, "'on_busy' is skip, wait or fail");
}

static int
decode_plan_on_failure(const struct ynode *n, void *plan, struct arena *a,
    struct err *e)
{
	struct plan *p = plan;
	struct task t = { 0 };

	if (task_decode_on_failure(n, &t, a, e) == -1)
		return -1;
	p->on_failure = t.on_failure;
	p->instead = t.instead;
	return 0;
}

/* What a plan and a task of its own share. */
#define AT(f)	offsetof(struct plan, f)
#define PLAN_ROWS							\
	YROW("runbook_url", YT_STR, AT(runbook_url)),			\
	YROW("lock", YT_STR, AT(lock)),					\
	YROW("on_busy", YT_CUSTOM, AT(on_busy), .decode = decode_on_busy), \
	YROW("ping", YT_CUSTOM, AT(ping), .decode = decode_ping),	\
	YROW("labels", YT_STRMAP, AT(labels)),				\
	SCHEDULE_ROWS(AT(schedule))

static const struct yfield plan_rows[] = {
	YROW("name", YT_STR, AT(name), .flags = YF_REQUIRED),
	YROW("description", YT_STR, AT(description)),
	PLAN_ROWS,
	YROW("on_failure", YT_CUSTOM, 0, .decode = decode_plan_on_failure),
	YROW("timeout", YT_DURATION, AT(timeout_ms)),
	YROW("confirm", YT_BOOL, AT(confirm)),
	YROW("tasks", YT_RAW, AT(tasks_node), .flags = YF_REQUIRED),
};

static const struct yfield alone_rows[] = { PLAN_ROWS };
#undef AT

static const struct yfields plan_fields =
    FIELDS("plan", struct plan, plan_rows);
static const struct yfields alone_fields =
    FIELDS("task", struct plan, alone_rows);

/* ---- one task ---- */

static const struct task_kind *
kind_of(const struct ynode *n, struct err *e)
{
	const struct ynode *kind = ynode_get(n, "kind");
	const struct task_kind *found;
	const char *names[64], *near;
	size_t i;

	if (kind == NULL || kind->kind != Y_SCALAR) {
		(void)ynode_err(n, e, "a task needs a kind");
		return NULL;
	}
	if ((found = task_kind_find(kind->scalar)) != NULL)
		return found;
	for (i = 0; i < task_nkinds && i < 64; i++)
		names[i] = task_kinds[i]->name;
	near = yaml_near(kind->scalar, names, i);
	(void)ynode_err(kind, e, "unknown kind of task '" STR_FMT "'%s%s%s",
	    STR_ARG(kind->scalar), near ? ", did you mean '" : "",
	    near ? near : "", near ? "'?" : "");
	return NULL;
}

static bool
octal(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '7')
			return false;
	return s.n > 0 && s.n <= 4;
}

/* A name goes into file names and addresses: no surprises. */
static bool
name_ok(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == '/' ||
		    s.p[i] == 0x7f)
			return false;
	return s.n > 0 && s.n <= 200 && s.p[0] != '.' && s.p[0] != '-';
}

static int
task_sense(const struct task *t, struct err *e)
{
	if (!name_ok(t->name))
		return ynode_err(t->node, e, "the name of a task has no "
		    "blanks and no '/', and does not begin with '.' or '-'");
	if (t->timeout_ms > 30 * DUR_DAY)
		return ynode_err(t->node, e, "'timeout' must be at most 30d");
	if (t->retries < 0 || t->retries > RETRIES_MAX)
		return ynode_err(t->node, e, "'retries' must be from 0 to %d",
		    RETRIES_MAX);
	if (!octal(t->umask))
		return ynode_err(t->node, e, "'umask' must be octal");
	if (t->nice < -20 || t->nice > 19)
		return ynode_err(t->node, e, "'nice' must be from -20 to 19");
	if (t->ionice.n && !str_eq(t->ionice, STR("idle")) &&
	    !str_eq(t->ionice, STR("best-effort")))
		return ynode_err(t->node, e, "'ionice' is idle or "
		    "best-effort");
	return 0;
}

static int
add_task(struct maint_config *m, struct plan *p, const struct ynode *n,
    const struct global *g, struct err *e)
{
	const struct task_kind *kind;
	struct task *t;

	if (n->kind != Y_MAP)
		return ynode_err(n, e, "a task must be a mapping");
	if ((kind = kind_of(n, e)) == NULL)
		return -1;
	t = arena_alloc(&m->arena, kind->fields->size);
	if (yaml_decode(n, kind->fields, t, &m->arena, e) == -1)
		return -1;
	t->kind = kind;
	t->node = n;
	if (ynode_get(n, "timeout") == NULL)
		t->timeout_ms = g->timeout_ms;
	if (t->user.n == 0)
		t->user = g->user;
	if (task_sense(t, e) == -1)
		return -1;
	if (plan_find(p, t->name) != NULL)
		return ynode_err(n, e, "two tasks of the plan are called '"
		    STR_FMT "'", STR_ARG(t->name));
	if (kind->configure != NULL && kind->configure(t, &m->arena, e) == -1)
		return -1;
	vec_push(&p->tasks, t);
	return 0;
}

/* ---- one plan ---- */

static int
plan_sense(const struct maint_config *m, const struct plan *p, struct err *e)
{
	if (!name_ok(p->name))
		return ynode_err(p->node, e, "the name of a plan has no "
		    "blanks and no '/', and does not begin with '.' or '-'");
	if (p->lock.n && !name_ok(p->lock))
		return ynode_err(p->node, e, "'" STR_FMT "' is no name of a "
		    "lock", STR_ARG(p->lock));
	if (maint_find(m, p->name) != NULL)
		return ynode_err(p->node, e, "two plans are called '" STR_FMT
		    "'", STR_ARG(p->name));
	return 0;
}

static void
merge_labels(struct plan *p, const struct ypairs *global, struct arena *a)
{
	struct ypairs all = { ARENA_ARRAY(a, p->labels.n + global->n,
	    struct ypair), 0 };
	size_t i, j;

	for (i = 0; i < global->n; i++) {
		for (j = 0; j < p->labels.n; j++)
			if (str_eq(p->labels.p[j].key, global->p[i].key))
				break;
		if (j == p->labels.n)
			all.p[all.n++] = global->p[i];
	}
	for (j = 0; j < p->labels.n; j++)
		all.p[all.n++] = p->labels.p[j];
	p->labels = all;
}

static int
finish_plan(struct maint_config *m, struct plan *p, const struct global *g,
    struct err *e)
{
	merge_labels(p, &g->labels, &m->arena);
	if (p->on_failure == ON_FAILURE_UNSET)
		p->on_failure = ON_FAILURE_CONTINUE;
	if (plan_sense(m, p, e) == -1 || plan_order(p, &m->arena, e) == -1)
		return -1;
	vec_push(&m->plans, p);
	return 0;
}

static int
add_plan(struct maint_config *m, const struct ynode *n,
    const struct global *g, struct err *e)
{
	struct plan *p = ARENA_NEW(&m->arena, struct plan);
	const struct ynode *c;
	int rc = 0;

	if (n->kind != Y_MAP)
		return ynode_err(n, e, "a plan must be a mapping");
	if (yaml_decode(n, &plan_fields, p, &m->arena, e) == -1)
		return -1;
	p->node = n;
	if (p->tasks_node->kind != Y_SEQ || p->tasks_node->n == 0)
		return ynode_err(p->tasks_node, e, "'tasks' must be a list of "
		    "at least one");
	if (p->tasks_node->n > PLAN_TASKS_MAX)
		return ynode_err(p->tasks_node, e, "more than %d tasks",
		    PLAN_TASKS_MAX);
	for (c = p->tasks_node->child; c != NULL && rc == 0; c = c->next)
		rc = add_task(m, p, c, g, e);
	if (rc == 0 && finish_plan(m, p, g, e) == 0)
		return 0;
	vec_release(&p->tasks);
	return -1;
}

static bool
has_row(const struct yfields *f, struct str key)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (str_eq(key, str_of(f->row[i].key)))
			return true;
	return false;
}

/* The mapping's fields that are rows of f (or are not), as one mapping. */
static const struct ynode *
part(const struct ynode *n, const struct yfields *f, bool of,
    struct arena *a)
{
	struct ynode *copy = ARENA_NEW(a, struct ynode), *c;
	const struct ynode **link = &copy->child, *from;

	*copy = *n;
	copy->n = 0;
	*link = NULL;
	for (from = n->child; from != NULL; from = from->next) {
		if (has_row(f, from->key->scalar) != of)
			continue;
		c = ARENA_NEW(a, struct ynode);
		*c = *from;
		c->next = NULL;
		*link = c;
		link = &c->next;
		copy->n++;
	}
	return copy;
}

/* A plan of one task, under the name of the task. */
static int
add_alone(struct maint_config *m, const struct ynode *n,
    const struct global *g, struct err *e)
{
	struct plan *p = ARENA_NEW(&m->arena, struct plan);

	if (n->kind != Y_MAP)
		return ynode_err(n, e, "a task must be a mapping");
	if (yaml_decode(part(n, &alone_fields, true, &m->arena),
	    &alone_fields, p, &m->arena, e) == -1)
		return -1;
	p->node = n;
	if (add_task(m, p, part(n, &alone_fields, false, &m->arena), g,
	    e) == 0) {
		p->name = p->tasks.p[0]->name;
		p->description = p->tasks.p[0]->description;
		if (finish_plan(m, p, g, e) == 0)
			return 0;
	}
	vec_release(&p->tasks);
	return -1;
}

/* ---- the file ---- */

typedef int add_fn(struct maint_config *m, const struct ynode *n,
	    const struct global *g, struct err *e);

static int
add_all(struct maint_config *m, const struct ynode *list, const char *key,
    const struct global *g, add_fn *add, struct err *e)
{
	const struct ynode *n;

	if (list == NULL || list->kind == Y_NULL)
		return 0;
	if (list->kind != Y_SEQ)
		return ynode_err(list, e, "'%s' must be a list", key);
	if (list->n > MAINT_PLANS_MAX)
		return ynode_err(list, e, "more than %d %s", MAINT_PLANS_MAX,
		    key);
	for (n = list->child; n != NULL; n = n->next)
		if (add(m, n, g, e) == -1)
			return -1;
	return 0;
}

static void
set_sha256(struct maint_config *m, struct str text)
{
	unsigned char sum[HASH_SHA256_BYTES];
	struct buf hex = { 0 };

	hash_sha256(text, sum);
	(void)hash_hex(&hex, sum, sizeof(sum));
	m->sha256 = arena_str(&m->arena, buf_str(&hex));
	buf_release(&hex);
}

int
maint_load(struct maint_config *m, const char *path, struct err *e)
{
	const struct ynode *root = yaml_load_file(path, &m->arena, e);
	struct file f;

	m->file = path;
	if (root == NULL ||
	    yaml_decode(root, &file_fields, &f, &m->arena, e) == -1)
		return -1;
	m->path = f.global.path;
	m->audit = f.global.audit;
	m->lock_dir = f.global.lock_dir;
	set_sha256(m, root->doc->text);
	if (add_all(m, f.plans, "plans", &f.global, add_plan, e) == -1 ||
	    add_all(m, f.tasks, "tasks", &f.global, add_alone, e) == -1)
		return -1;
	if (m->plans.n == 0)
		return ynode_err(root, e, "no plan and no task");
	return 0;
}

struct plan *
maint_find(const struct maint_config *m, struct str name)
{
	size_t i;

	for (i = 0; i < m->plans.n; i++)
		if (str_eq(m->plans.p[i]->name, name))
			return m->plans.p[i];
	return NULL;
}

void
maint_release(struct maint_config *m)
{
	size_t i;

	for (i = 0; i < m->plans.n; i++)
		vec_release(&m->plans.p[i]->tasks);
	vec_release(&m->plans);
	vec_release(&m->warnings);
	arena_free(&m->arena);
}

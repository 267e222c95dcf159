/*
 * task_restore: restore-test: can what is in a backup be had again?  It is
 * put into a directory of its own, compared with the manifest, looked at by a
 * program of yours, and removed.
 *
 *	dir: PATH, match: [PATTERN], newest: 1, within: 7d
 *	scratch: /var/tmp	where the directory is made
 *	max_bytes: 100GiB	that may come out of one
 *	check: [ARGV]		runs in it, must exit 0
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "backupcheck.h"
#include "kinds.h"
#include "walk.h"

struct restore_task {
	struct task task;
	struct backup_pick pick;
	struct str scratch;
	int64_t max_bytes;
	struct ystrs check;
};

#define AT(f)	offsetof(struct restore_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	BACKUP_PICK_ROWS(AT(pick)),
	YROW("scratch", YT_STR, AT(scratch), .dflt = "/var/tmp"),
	YROW("max_bytes", YT_SIZE, AT(max_bytes), .dflt = "100GiB"),
	YROW("check", YT_STRLIST, AT(check)),
};
TASK_FIELDS(restore, struct restore_task);
#undef AT

static int
restore_configure(struct task *task, struct arena *a, struct err *e)
{
	struct restore_task *t = (struct restore_task *)task;

	(void)a;
	if (t->pick.newest == 0 && t->pick.within_ms == 0)
		t->pick.newest = 1;
	if (t->pick.newest < 0 || t->max_bytes < 1)
		return ynode_err(task->node, e, "'newest' counts from 0, "
		    "'max_bytes' is more than 0");
	if (t->scratch.n == 0 || t->scratch.p[0] != '/')
		return ynode_err(task->node, e, "'scratch' must be an absolute "
		    "path");
	return 0;
}

struct restore {
	struct backup_pick pick;
	int64_t entries, bytes, left_out;
};

static int
restore_plan(struct work *w, struct err *e)
{
	const struct restore_task *t = (const struct restore_task *)w->task;
	struct restore *r = ARENA_NEW(w->arena, struct restore);
	struct backup_found *f;
	size_t n, i;

	r->pick = t->pick;
	w->own = r;
	if (backup_pick_list(w, &r->pick, &f, &n, e) == -1)
		return -1;
	for (i = 0; i < n; i++)
		work_step(w, (struct step){ .action = "restore",
		    .what = arena_printf(w->arena, STR_FMT "/" STR_FMT,
		    STR_ARG(r->pick.dir), STR_ARG(f[i].name)),
		    .note = arena_printf(w->arena, "into a directory of '"
		    STR_FMT "', removed again", STR_ARG(t->scratch)),
		    .bytes = f[i].bytes, .reads = true })->own =
		    arena_cstr(w->arena, f[i].name);
	return 0;
}

/* ---- the directory ---- */

static int
remove_one(void *arg, const struct walk_entry *en)
{
	(void)arg;
	if (S_ISDIR(en->st.st_mode) && !en->after)
		return WALK_ON;
	(void)unlinkat(en->dirfd, en->name, en->after ? AT_REMOVEDIR : 0);
	return WALK_ON;
}

static int
remove_all(int fd, const char *path, struct err *e)
{
	(void)walk(fd, 0, remove_one, NULL, NULL);
	if (rmdir(path) == -1)
		return err_sys(e, "cannot remove '%s'", path);
	return 0;
}

/* A private directory; its descriptor. */
static int
make_scratch(const struct restore_task *t, struct arena *a, char **path,
    struct err *e)
{
	int fd;

	*path = arena_cstr(a, arena_printf(a, STR_FMT "/ts-maint-restore."
	    "XXXXXX", STR_ARG(t->scratch)));
	if (mkdtemp(*path) == NULL)
		return err_sys(e, "cannot make a directory in '" STR_FMT "'",
		    STR_ARG(t->scratch));
	fd = open(*path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return err_sys(e, "cannot open '%s'", *path);
	return fd;
}

static int64_t
limit_of(const struct restore_task *t, int fd)
{
	struct statvfs fs;
	int64_t room;

	if (fstatvfs(fd, &fs) == -1)
		return t->max_bytes;
	room = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	return room < t->max_bytes ? room + 1 : t->max_bytes;
}

static int
run_check(struct work *w, const struct restore_task *t, int fd,
    struct err *e)
{
	const char **argv = ARENA_ARRAY(w->arena, t->check.n + 1,
	    const char *);
	struct proc_result p = { 0 };
	struct str how;
	size_t i;
	int rc;

	if (t->check.n == 0)
		return 0;
	for (i = 0; i < t->check.n; i++)
		argv[i] = arena_cstr(w->arena, t->check.p[i]);
	if (fchdir(fd) == -1)
		return err_sys(e, "cannot enter the directory");
	rc = work_run(w, argv, STR_NONE, &p, e);
	if (chdir("/") == -1)
		rc = err_sys(e, "cannot leave the directory");
	if (rc == -1)
		return -1;
	how = work_ending(w, &p);
	proc_result_release(&p);
	return how.n ? err_set(e, ERR_SYS, "the check '%s' says no: " STR_FMT,
	    argv[0], STR_ARG(how)) : 0;
}

static enum step_end
restore_apply(struct work *w, struct step *s, struct err *e)
{
	const struct restore_task *t = (const struct restore_task *)w->task;
	struct restore *r = w->own;
	struct backup_report rep;
	struct err after;
	char *path;
	int fd = make_scratch(t, w->arena, &path, e), rc;

	if (fd == -1)
		return STEP_FAILED;
	rc = backup_check(w, r->pick.fd, r->pick.dir, s->own, fd,
	    limit_of(t, fd), &rep, e);
	if (rc == 0)
		rc = run_check(w, t, fd, e);
	if (remove_all(fd, path, &after) == -1)
		work_say(w, TASK_WARNING, "%s", after.msg);
	(void)close(fd);
	if (rc == -1)
		return STEP_FAILED;
	if (!rep.listed && strcmp(rep.form, "archive") == 0)
		work_say(w, TASK_WARNING, "'%s' has no manifest to compare "
		    "with", (const char *)s->own);
	r->entries += rep.entries;
	r->bytes += rep.contents_bytes;
	r->left_out += rep.left_out;
	return STEP_DONE;
}

static void
restore_finish(struct work *w)
{
	struct restore *r = w->own;

	if (w->dry_run || r == NULL)
		return;
	work_integer(w, "entries", r->entries);
	work_integer(w, "contents_bytes", r->bytes);
	work_integer(w, "left_out", r->left_out);
	work_note(w, "%lld restored: %lld entries, " STR_FMT,
	    (long long)w->outcome.done, (long long)r->entries,
	    STR_ARG(bytes_text(w->arena, r->bytes)));
}

const struct task_kind task_restore = {
	.name = "restore-test", .about = "backups are restored, for trial",
	.fields = &restore_fields, .go_on = true,
	.configure = restore_configure, .plan = restore_plan,
	.apply = restore_apply, .finish = restore_finish,
};

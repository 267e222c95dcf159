/*
 * task_deploy: the kinds deploy and rollback.
 *
 *	root: /opt/app		with releases/ID and the link current
 *	release: ID		rollback: by default the one before
 * or
 *	file: /opt/app/bin/app	a single program
 *	from: /backup/app-previous
 *
 * The services stop, the link (the file) is replaced in one step, the services
 * start behind their gates.  When that fails, everything is put back and the
 * services must hold again: the task is rolled_back, or a person must look.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/io.h"
#include "kinds.h"
#include "service.h"

#define FILE_MAX	((size_t)4 << 30)
#define SUMS		"SHA256SUMS"

struct deploy_task {
	struct task task;
	struct str root, release, file, from, sha256;
	struct services services;
};

#define AT(f)	offsetof(struct deploy_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("root", YT_STR, AT(root)),
	YROW("release", YT_STR, AT(release)),
	YROW("file", YT_STR, AT(file)),
	YROW("from", YT_STR, AT(from)),
	YROW("sha256", YT_STR, AT(sha256)),
	SERVICES_ROWS(AT(services)),
};
TASK_FIELDS(deploy, struct deploy_task);
#undef AT

enum turn_kind { TURN_VERIFY, TURN_STOP, TURN_SWAP, TURN_START };

struct turn {
	enum turn_kind kind;
	const struct service *one;
};

struct deploy {
	const char *link, *target;	/* current; releases/NEW */
	char old[PATH_MAX];		/* what current was; empty: nothing */
	const char *file, *from, *saved;
	bool *was_up, swapped, touched;
};

static bool
is_rollback(const struct task *t)
{
	return t->kind == &task_rollback;
}

static int
deploy_configure(struct task *task, struct arena *a, struct err *e)
{
	struct deploy_task *t = (struct deploy_task *)task;

	if ((t->root.n == 0) == (t->file.n == 0))
		return ynode_err(task->node, e, "either 'root', with "
		    "releases, or 'file' and 'from'");
	if ((t->file.n == 0) != (t->from.n == 0))
		return ynode_err(task->node, e, "'file' needs 'from'");
	if (t->root.n && t->release.n == 0 && !is_rollback(task))
		return ynode_err(task->node, e, "deploy which 'release'?");
	if (str_find_char(t->release, '/') >= 0 ||
	    str_starts(t->release, STR(".")))
		return ynode_err(task->node, e, "'release' is a name, no "
		    "path");
	return services_configure(&t->services, task->node, a, e);
}

/* ---- which release ---- */

static int
by_mtime(const void *a, const void *b)
{
	const struct { struct str name; struct timespec t; } *x = a, *y = b;

	if (x->t.tv_sec != y->t.tv_sec)
		return x->t.tv_sec < y->t.tv_sec ? 1 : -1;
	return x->t.tv_nsec < y->t.tv_nsec ? 1 : -1;
}

/* What was current before the last deploy; without a memory of that, the
 * newest directory that is not current. */
static int
previous(struct work *w, const struct deploy_task *t, const char *now,
    struct str *out, struct err *e)
{
	struct { struct str name; struct timespec t; } found[256];
	const char *dir = arena_printf(w->arena, STR_FMT "/releases",
	    STR_ARG(t->root)).p;
	const char *base = strrchr(now, '/');
	struct dirent *de;
	struct stat st;
	size_t n = 0;
	DIR *d;

	base = base ? base + 1 : now;
	if ((d = opendir(dir)) == NULL)
		return err_sys(e, "cannot open '%s'", dir);
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' && strcmp(de->d_name, base) != 0 &&
		    n < 256 && fstatat(dirfd(d), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
			found[n].name = arena_str(w->arena,
			    str_of(de->d_name));
			found[n++].t = st.st_mtim;
		}
	(void)closedir(d);
	if (n == 0)
		return err_set(e, ERR_CONFIG, "there is no other release in "
		    "'%s'", dir);
	qsort(found, n, sizeof(found[0]), by_mtime);
	*out = found[0].name;
	return 0;
}

static int
choose_release(struct work *w, const struct deploy_task *t, struct deploy *d,
    struct err *e)
{
	struct str id = t->release;
	const char *dir;
	struct stat st;
	ssize_t n;

	d->link = arena_printf(w->arena, STR_FMT "/current",
	    STR_ARG(t->root)).p;
	n = readlink(d->link, d->old, sizeof(d->old) - 1);
	if (n == -1 && errno != ENOENT)
		return err_sys(e, "'%s' is no link", d->link);
	d->old[n > 0 ? n : 0] = '\0';
	if (id.n == 0 && previous(w, t, d->old, &id, e) == -1)
		return -1;
	d->target = arena_printf(w->arena, "releases/" STR_FMT,
	    STR_ARG(id)).p;
	dir = arena_printf(w->arena, STR_FMT "/%s", STR_ARG(t->root),
	    d->target).p;
	if (lstat(dir, &st) == -1)
		return err_sys(e, "cannot look at '%s'", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_CONFIG, "'%s' is no directory", dir);
	return 0;
}

/* ---- is it what it should be? ---- */

static int
digest_file(struct work *w, const char *path, struct str *hex, struct err *e)
{
	unsigned char sum[HASH_SHA256_BYTES];
	struct buf b = { 0 }, h = { 0 };
	int rc = io_read_file(path, FILE_MAX, &b, e);

	if (rc == 0) {
		hash_sha256(buf_str(&b), sum);
		(void)hash_hex(&h, sum, sizeof(sum));
		*hex = arena_str(w->arena, buf_str(&h));
	}
	buf_release(&b);
	buf_release(&h);
	return rc;
}

static int
same_digest(struct work *w, const char *path, struct str want, struct err *e)
{
	struct str got;

	if (digest_file(w, path, &got, e) == -1)
		return -1;
	if (!str_eq_nocase(got, want))
		return err_set(e, ERR_CONFIG, "'%s' is not the file that it "
		    "should be: its SHA-256 differs", path);
	return 0;
}

/* Lines of sha256sum: HEX, two blanks (or blank and star), name. */
static int
verify_release(struct work *w, const char *dir, struct err *e)
{
	struct buf sums = { 0 };
	struct str line, rest;
	const char *path = arena_printf(w->arena, "%s/%s", dir, SUMS).p;
	int rc = 0;

	if (access(path, F_OK) == -1)
		return 0;
	if (io_read_file(path, (size_t)64 << 20, &sums, e) == -1)
		return -1;
	for (rest = buf_str(&sums); rest.n && rc == 0;) {
		rest = str_cut(rest, '\n', &line);
		if (line.n < 67)
			continue;
		rc = same_digest(w, arena_printf(w->arena, "%s/" STR_FMT, dir,
		    STR_ARG(str_sub(line, 66, line.n))).p,
		    str_sub(line, 0, 64), e);
	}
	buf_release(&sums);
	return rc;
}

static int
verify(struct work *w, const struct deploy_task *t, const struct deploy *d,
    struct err *e)
{
	if (d->file == NULL)
		return verify_release(w, arena_printf(w->arena, STR_FMT "/%s",
		    STR_ARG(t->root), d->target).p, e);
	if (t->sha256.n)
		return same_digest(w, d->from, t->sha256, e);
	return access(d->from, R_OK) == 0 ? 0 : err_sys(e, "cannot read '%s'",
	    d->from);
}

/* ---- plan ---- */

static void
add_turn(struct work *w, enum turn_kind kind, const struct service *one,
    const char *action, struct str what, struct str note)
{
	struct turn *turn = ARENA_NEW(w->arena, struct turn);

	*turn = (struct turn){ kind, one };
	(void)work_step(w, (struct step){ .action = action, .what = what,
	    .note = note, .own = turn, .reads = kind == TURN_VERIFY });
}

static struct str
gate_note(struct work *w, const struct gate *g)
{
	return g->set ? arena_printf(w->arena, "gate: " STR_FMT,
	    STR_ARG(gate_text(g, w->arena))) : STR_NONE;
}

static int
look(struct work *w, const struct deploy_task *t, struct deploy *d,
    bool *same, struct err *e)
{
	struct str a, b;

	if (t->root.n) {
		if (choose_release(w, t, d, e) == -1)
			return -1;
		*same = strcmp(d->old, d->target) == 0;
		return 0;
	}
	d->file = arena_cstr(w->arena, t->file);
	d->from = arena_cstr(w->arena, t->from);
	if (digest_file(w, d->from, &b, e) == -1)
		return -1;
	*same = access(d->file, F_OK) == 0;
	if (*same && digest_file(w, d->file, &a, e) == -1)
		return -1;
	*same = *same && str_eq(a, b);
	return 0;
}

static int
deploy_plan(struct work *w, struct err *e)
{
	const struct deploy_task *t = (const struct deploy_task *)w->task;
	const struct services *s = &t->services;
	struct deploy *d = ARENA_NEW(w->arena, struct deploy);
	struct str what;
	bool same;
	size_t i;
	int up;

	w->own = d;
	if (look(w, t, d, &same, e) == -1)
		return -1;
	if (same) {
		work_note(w, "'%s' is in place already",
		    d->file ? d->from : d->target);
		return 0;
	}
	what = str_of(d->file ? d->from : d->target);
	add_turn(w, TURN_VERIFY, NULL, "verify", what, STR_NONE);
	d->was_up = ARENA_ARRAY(w->arena, s->n + 1, bool);
	for (i = s->n; i-- > 0;) {
		if ((up = service_is_up(w, s, &s->p[i], e)) == -1)
			return -1;
		d->was_up[i] = up;
		if (up)
			add_turn(w, TURN_STOP, &s->p[i], "stop",
			    s->p[i].name, gate_note(w, &s->p[i].stop_gate));
	}
	add_turn(w, TURN_SWAP, NULL, d->file ? "replace" : "link",
	    str_of(d->file ? d->file : d->link),
	    arena_printf(w->arena, "-> " STR_FMT "%s%s", STR_ARG(what),
	    d->old[0] ? ", was " : "", d->old));
	for (i = 0; i < s->n; i++)
		add_turn(w, TURN_START, &s->p[i], "start", s->p[i].name,
		    gate_note(w, &s->p[i].gate));
	return 0;
}

/* ---- the swap, in one step of the kernel ---- */

static int
sync_parent(const char *path)
{
	char *dir = mem_strdup(path), *slash = strrchr(dir, '/');
	int fd, rc = -1;

	if (slash != NULL) {
		slash[slash == dir] = '\0';
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd != -1) {
			rc = fsync(fd);
			(void)close(fd);
		}
	}
	mem_free(dir);
	return rc;
}

static int
set_link(struct work *w, const char *link, const char *target,
    struct err *e)
{
	const char *tmp = arena_printf(w->arena, "%s.new.%ld", link,
	    (long)getpid()).p;

	(void)unlink(tmp);
	if (symlink(target, tmp) == -1)
		return err_sys(e, "cannot make '%s'", tmp);
	if (rename(tmp, link) == -1) {
		(void)err_sys(e, "cannot replace '%s'", link);
		(void)unlink(tmp);
		return -1;
	}
	(void)sync_parent(link);
	return 0;
}

/* A copy beside it, then a rename: no half file, no "text file busy". */
static int
set_file(struct work *w, const char *path, const char *from, struct err *e)
{
	const char *tmp = arena_printf(w->arena, "%s.new.%ld", path,
	    (long)getpid()).p;
	struct stat st;
	struct buf b = { 0 };
	int fd = -1, rc = -1;

	if (stat(access(path, F_OK) == 0 ? path : from, &st) == -1) {
		(void)err_sys(e, "cannot look at '%s'", path);
		goto out;
	}
	if (io_read_file(from, FILE_MAX, &b, e) == -1)
		goto out;
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd == -1 || io_write_all(fd, buf_str(&b)) == -1 ||
	    (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) == -1) ||
	    fchmod(fd, st.st_mode & 07777) == -1 || fsync(fd) == -1 ||
	    rename(tmp, path) == -1) {
		(void)err_sys(e, "cannot replace '%s'", path);
		(void)unlink(tmp);
		goto out;
	}
	(void)sync_parent(path);
	rc = 0;
out:
	if (fd != -1)
		(void)close(fd);
	buf_release(&b);
	return rc;
}

/* The current file keeps a second name to come back by. */
static int
swap(struct work *w, struct deploy *d, struct err *e)
{
	if (d->file == NULL) {
		if (set_link(w, d->link, d->target, e) == -1)
			return -1;
	} else {
		d->saved = arena_printf(w->arena, "%s.rollback", d->file).p;
		(void)unlink(d->saved);
		if (access(d->file, F_OK) == 0 &&
		    link(d->file, d->saved) == -1)
			return err_sys(e, "cannot keep '%s' as '%s'", d->file,
			    d->saved);
		if (set_file(w, d->file, d->from, e) == -1)
			return -1;
	}
	d->swapped = true;
	return 0;
}

static int
swap_back(struct work *w, struct deploy *d, struct err *e)
{
	if (!d->swapped)
		return 0;
	if (d->file != NULL)
		return access(d->saved, F_OK) == 0 ?
		    set_file(w, d->file, d->saved, e) : 0;
	if (d->old[0])
		return set_link(w, d->link, d->old, e);
	return unlink(d->link) == 0 ? 0 : err_sys(e, "cannot remove '%s'",
	    d->link);
}

static enum step_end
deploy_apply(struct work *w, struct step *s, struct err *e)
{
	const struct deploy_task *t = (const struct deploy_task *)w->task;
	const struct turn *turn = s->own;
	struct deploy *d = w->own;
	int rc = -1;

	if (turn->kind != TURN_VERIFY)
		d->touched = true;
	switch (turn->kind) {
	case TURN_VERIFY:
		rc = verify(w, t, d, e);
		break;
	case TURN_STOP:
		rc = service_set(w, &t->services, turn->one, false, e);
		break;
	case TURN_SWAP:
		rc = swap(w, d, e);
		break;
	case TURN_START:
		rc = service_set(w, &t->services, turn->one, true, e);
		break;
	}
	return rc == -1 ? STEP_FAILED : STEP_DONE;
}

/* ---- the way back ---- */

static void
go_back(struct work *w, const struct deploy_task *t, struct deploy *d)
{
	const struct services *s = &t->services;
	struct outcome *o = &w->outcome;
	struct buf bad = { 0 };
	struct err e;
	size_t i;

	/* Half the way is worse than either end. */
	work_stopped = 0;
	for (i = s->n; i-- > 0;)
		if (d->swapped)
			(void)service_set(w, s, &s->p[i], false, &e);
	if (swap_back(w, d, &e) == -1)
		(void)buf_printf(&bad, "%s", e.msg);
	for (i = 0; i < s->n; i++)
		if (service_restore(w, s, &s->p[i], d->was_up[i], &e) == -1)
			(void)buf_printf(&bad, "%s%s", bad.n ? "; " : "",
			    e.msg);
	if (bad.n) {
		o->undo_failed = true;
		o->error = arena_printf(w->arena, STR_FMT "; and the way back "
		    "failed: " STR_FMT, STR_ARG(o->error),
		    STR_ARG(buf_str(&bad)));
	} else {
		o->status = TASK_ROLLED_BACK;
		o->changed = false;
		o->error = arena_printf(w->arena, STR_FMT "; all is back as "
		    "it was", STR_ARG(o->error));
	}
	buf_release(&bad);
}

static void
deploy_finish(struct work *w)
{
	const struct deploy_task *t = (const struct deploy_task *)w->task;
	struct deploy *d = w->own;

	if (w->steps.n == 0)
		return;
	work_text(w, "release", str_of(d->file ? d->from : d->target));
	if (d->old[0])
		work_text(w, "previous", str_of(d->old));
	if (task_status_bad(w->outcome.status) && d->touched)
		go_back(w, t, d);
	else if (!w->dry_run)
		work_note(w, "'%s' is in place", d->file ? d->from :
		    d->target);
}

const struct task_kind task_deploy = {
	.name = "deploy", .about = "a release goes live, or all stays",
	.fields = &deploy_fields, .configure = deploy_configure,
	.plan = deploy_plan, .apply = deploy_apply, .finish = deploy_finish,
};

const struct task_kind task_rollback = {
	.name = "rollback", .about = "the release before goes live again",
	.fields = &deploy_fields, .configure = deploy_configure,
	.plan = deploy_plan, .apply = deploy_apply, .finish = deploy_finish,
};

/*
 * task_backup: directories into an archive with a manifest; it gets its name
 * only when it has been read back, and old ones go only then.
 *
 *	sources: [PATH]		absolute
 *	exclude: [PATTERN]	as tar's --exclude
 *	dest: DIR
 *	file: config_{date}	its name; also {time}, {host}
 *	compress: zstd		or gzip, xz, none
 *	keep: {daily: 7, ...}	which stay (retention.h); none: all
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "backupset.h"
#include "kinds.h"
#include "tarball.h"

struct backup_task {
	struct task task;
	struct ystrs sources, exclude;
	struct str dest, file, compress;
	struct retention keep;
	enum tar_filter filter;
};

#define AT(f)	offsetof(struct backup_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("sources", YT_STRLIST, AT(sources), .flags = YF_REQUIRED),
	YROW("exclude", YT_STRLIST, AT(exclude)),
	YROW("dest", YT_STR, AT(dest), .flags = YF_REQUIRED),
	YROW("file", YT_STR, AT(file), .flags = YF_REQUIRED),
	YROW("compress", YT_STR, AT(compress), .dflt = "zstd"),
	YROW("keep", YT_CUSTOM, AT(keep), .decode = retention_decode),
};
TASK_FIELDS(backup, struct backup_task);
#undef AT

static int
backup_configure(struct task *task, struct arena *a, struct err *e)
{
	struct backup_task *t = (struct backup_task *)task;
	const char *why;
	size_t i;

	(void)a;
	if (!tar_filter_parse(t->compress, &t->filter))
		return ynode_err(task->node, e, "'compress' is gzip, zstd, xz "
		    "or none");
	if (!backup_name_ok(t->file, &why))
		return ynode_err(task->node, e, "%s", why);
	if (t->dest.n == 0 || t->dest.p[0] != '/')
		return ynode_err(task->node, e, "'dest' must be an absolute "
		    "path");
	if (t->sources.n == 0)
		return ynode_err(task->node, e, "'sources' names nothing");
	for (i = 0; i < t->sources.n; i++)
		if (t->sources.p[i].n == 0 || t->sources.p[i].p[0] != '/')
			return ynode_err(task->node, e, "'" STR_FMT "' is no "
			    "absolute path", STR_ARG(t->sources.p[i]));
	return 0;
}

struct backup {
	struct backupset set;
	struct tree tree;
	struct str name;
	struct tree_count count;
};

static int
plan_write(struct work *w, struct backup *b, struct err *e)
{
	struct stat st;
	int64_t room = backupset_room(&b->set, e);

	if (room == -1)
		return -1;
	if (fstat(b->set.fd, &st) == -1)
		return err_sys(e, "cannot look at the destination");
	b->tree.not_dev = st.st_dev;
	b->tree.not_ino = st.st_ino;
	if (tree_count(w, &b->tree, &b->count, e) == -1)
		return -1;
	if (b->count.nunreadable)
		return err_set(e, ERR_SYS, "%lld cannot be read; " STR_FMT,
		    (long long)b->count.nunreadable,
		    STR_ARG(b->count.unreadable));
	/* Compressed it is less, but nobody knows by how much. */
	if (b->count.bytes > room)
		return err_set(e, ERR_SYS, "only " STR_FMT " free in '"
		    STR_FMT "', the sources are " STR_FMT,
		    STR_ARG(bytes_text(w->arena, room)), STR_ARG(b->set.dir),
		    STR_ARG(bytes_text(w->arena, b->count.bytes)));
	b->name = backupset_name(&b->set, w->now_ms, w->arena);
	(void)work_step(w, (struct step){ .action = "write",
	    .what = arena_printf(w->arena, STR_FMT "/" STR_FMT,
	    STR_ARG(b->set.dir), STR_ARG(b->name)),
	    .note = arena_printf(w->arena, "%lld files", (long long)
	    b->count.files), .bytes = b->count.bytes });
	return 0;
}

static int
backup_plan(struct work *w, struct err *e)
{
	const struct backup_task *t = (const struct backup_task *)w->task;
	struct backup *b = ARENA_NEW(w->arena, struct backup);
	struct str dir = t->dest;

	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	w->own = b;
	b->set = (struct backupset){ .dir = dir, .name = t->file,
	    .ext = tar_filter_ext(t->filter), .keep = &t->keep };
	b->tree.sources = t->sources;
	b->tree.exclude = t->exclude;
	if (backupset_open(&b->set, w->arena, e) == -1 ||
	    plan_write(w, b, e) == -1)
		return -1;
	return backupset_plan_removal(&b->set, w, e);
}

/* ---- doing it ---- */

static void
tell(struct work *w, const struct backup *b, const struct tar_notes *n)
{
	if (n->changed + n->vanished)
		work_say(w, TASK_WARNING, "%lld files changed and %lld "
		    "vanished while they were read; " STR_FMT,
		    (long long)n->changed, (long long)n->vanished,
		    STR_ARG(n->first));
	work_text(w, "file", b->name);
	work_integer(w, "files", b->count.files);
	work_integer(w, "contents_bytes", b->count.bytes);
	if (b->count.sockets)
		work_integer(w, "sockets_left_out", b->count.sockets);
	if (b->count.other_mounts)
		work_integer(w, "mounts_left_out", b->count.other_mounts);
}

/* What stands on the disk now, not what was handed to it. */
static int
read_back(struct work *w, struct backup_file *f, struct str manifest,
    int64_t *bytes, struct err *e)
{
	unsigned char sum[HASH_SHA256_BYTES];
	struct tar_read r = { .manifest = manifest, .into = -1 };

	work_progress(w, "reading it back");
	if (fsync(f->fd) == -1)
		return err_sys(e, "cannot write the archive");
	(void)posix_fadvise(f->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (sum_file(f->fd, w, sum, bytes, e) == -1)
		return -1;
	if (memcmp(sum, f->sha256, sizeof(sum)) != 0)
		return err_set(e, ERR_SYS, "it does not read back as it was "
		    "written");
	if (tar_read(w, f->fd, &r, e) == -1)
		return err_prefix(e, "it does not read back");
	return 0;
}

static enum step_end
write_it(struct work *w, struct backup *b, struct step *step, struct err *e)
{
	struct backup_file f = { .fd = -1 };
	struct tar_notes notes = { 0 };
	struct buf manifest = { 0 };
	enum step_end end = STEP_FAILED;
	int64_t bytes;

	if (backup_create(&b->set, b->name, w->arena, &f, e) == 0 &&
	    tar_write(w, &b->tree, ((const struct backup_task *)
	    w->task)->filter, f.fd, &manifest, f.sha256, &notes, e) == 0 &&
	    read_back(w, &f, buf_str(&manifest), &bytes, e) == 0 &&
	    backup_commit(&b->set, &f, buf_str(&manifest), w->arena,
	    e) == 0) {
		end = STEP_DONE;
		step->bytes = bytes;
		work_integer(w, "bytes", bytes);
		tell(w, b, &notes);
		work_note(w, STR_FMT ", %lld files, " STR_FMT ", read back",
		    STR_ARG(b->name), (long long)b->count.files,
		    STR_ARG(bytes_text(w->arena, bytes)));
	}
	backup_abandon(&b->set, &f);
	buf_release(&manifest);
	return end;
}

static enum step_end
backup_apply(struct work *w, struct step *s, struct err *e)
{
	struct backup *b = w->own;

	if (strcmp(s->action, "write") == 0)
		return write_it(w, b, s, e);
	return backupset_remove(&b->set, w, s, e);
}

const struct task_kind task_backup = {
	.name = "backup", .about = "an archive with a manifest, read back",
	.fields = &backup_fields, .removes = true,
	.configure = backup_configure, .plan = backup_plan,
	.apply = backup_apply,
};

/*
 * task_archive: old files go to a store that speaks S3, then from here.
 *
 * Which files: as clean.  Each is put there and looked at again (s3_object);
 * then a manifest with their SHA-256 is put there; only then do they go from
 * here, each after a look whether it still is what was read.  Whatever stops
 * the run in between leaves every file here or, whole, over there; the next
 * run finds what is there already and takes up uploads that were cut off.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clean.h"
#include "core/dur.h"
#include "core/io.h"
#include "json/tree.h"
#include "keyname.h"
#include "kinds.h"
#include "net/url.h"
#include "openfiles.h"
#include "pack.h"
#include "s3_object.h"

#define PART_MIN	1024
#define PART_MIN_AWS	(INT64_C(5) << 20)
#define PART_MAX	(INT64_C(5) << 30)
#define FORGOTTEN_MAX	1000	/* uploads given up in one run */

struct archive_task {
	struct clean_task clean;	/* first: which files, how they go */
	struct s3_config s3;
	struct str prefix, compress, remove, verify, spool;
	int64_t part_bytes, abort_after_ms;
	bool manifest;
	/* decoded: */
	enum pack pack;
	bool stays;
};

#define AT(f)	offsetof(struct archive_task, f)
static const struct yfield rows[] = {
	CLEAN_ROWS,
	S3_ROWS(AT(s3)),
	YROW("prefix", YT_STR, AT(prefix), .dflt = "{Y}/{m}/{d}/{host}/"),
	YROW("compress", YT_STR, AT(compress), .dflt = "none"),
	YROW("delete", YT_STR, AT(remove), .dflt = "after verified"),
	YROW("verify", YT_STR, AT(verify), .dflt = "head"),
	YROW("spool", YT_STR, AT(spool), .dflt = "/var/tmp"),
	YROW("part_size", YT_SIZE, AT(part_bytes), .dflt = "16MiB"),
	YROW("abort_after", YT_DURATION, AT(abort_after_ms), .dflt = "1d"),
	YROW("manifest", YT_BOOL, AT(manifest), .dflt = "true"),
};
TASK_FIELDS(archive, struct archive_task);
#undef AT

static int
archive_configure(struct task *task, struct arena *a, struct err *e)
{
	struct archive_task *t = (struct archive_task *)task;
	const struct ynode *n = task->node;
	struct err why;

	if (clean_configure(task, a, e) == -1 ||
	    s3_configure(&t->s3, n, e) == -1)
		return -1;
	if (keyname_check(t->prefix, &why) == -1)
		return ynode_err(n, e, "'prefix': %s", why.msg);
	if (!pack_parse(t->compress, &t->pack))
		return ynode_err(n, e, "'compress' is none, gzip, xz or "
		    "zstd");
	t->stays = str_eq(t->remove, STR("never"));
	if (!t->stays && !str_eq(t->remove, STR("after verified")))
		return ynode_err(n, e, "'delete' is 'after verified' or "
		    "'never'");
	if (!str_eq(t->verify, STR("head")) && !str_eq(t->verify, STR("get")))
		return ynode_err(n, e, "'verify' is head (what the store "
		    "says of it) or get (its bytes)");
	if (t->part_bytes < PART_MIN || t->part_bytes > PART_MAX ||
	    (t->s3.endpoint.n == 0 && t->part_bytes < PART_MIN_AWS))
		return ynode_err(n, e, "'part_size' is 5MiB to 5GiB");
	if (t->spool.n == 0 || t->spool.p[0] != '/')
		return ynode_err(n, e, "'spool' must be an absolute path");
	return 0;
}

/* ---- plan ---- */

struct item {
	enum { DO_UPLOAD, DO_MANIFEST, DO_REMOVE, DO_ABORT } what;
	struct item *file;	/* DO_REMOVE: the one that was uploaded */
	struct step victim;	/* clean's */
	struct str key;		/* wanted; then where it is */
	struct str sha256, id;	/* DO_ABORT: of the upload */
	struct stat st;		/* as it was read */
	int64_t size;		/* of what was uploaded */
	bool packs;		/* it is compressed on the way */
	bool safe, fresh;	/* it is there; it was put there just now */
};

struct archive {
	struct work *w;
	const struct archive_task *t;
	void *clean;		/* its own */
	struct putter put;
	struct err why;		/* the store cannot be spoken to */
	struct item *file;
	size_t nfiles;
	bool listed;		/* the manifest is there */
	struct openfiles *open;
	size_t uploaded, there, removed, aborted, forgotten;
	int64_t bytes;
};

/* For a call of clean's. */
static void
as_clean(struct archive *c)
{
	c->w->own = c->clean;
}

static void
file_key(struct archive *c, struct item *f)
{
	struct str rel = clean_rel(&f->victim);
	struct step *s = &f->victim;
	int fd;
	struct err e;

	f->what = DO_UPLOAD;
	/* The day is the file's own: a run after midnight finds it again. */
	as_clean(c);
	if (clean_open(c->w, s, &fd, &f->st, &e) == STEP_DONE)
		(void)close(fd);
	c->w->own = c;
	f->packs = c->t->pack != PACK_NONE && f->st.st_size > 0 &&
	    !pack_is_packed(rel);
	f->key = keyname_expand(c->t->prefix, (int64_t)f->st.st_mtim.tv_sec *
	    1000, c->w->arena);
	f->key = arena_printf(c->w->arena, STR_FMT STR_FMT "%s",
	    STR_ARG(f->key), STR_ARG(rel), f->packs ?
	    pack_ext(c->t->pack) : "");
}

static void
step(struct archive *c, const char *action, struct str what, struct str note,
    int64_t bytes, struct item *own)
{
	(void)work_step(c->w, (struct step){ .action = action, .what = what,
	    .note = note, .bytes = bytes, .own = own });
}

static void
plan_abort(struct archive *c, struct str key, struct str id, const char *why)
{
	struct item *i = ARENA_NEW(c->w->arena, struct item);

	i->what = DO_ABORT;
	i->key = arena_str(c->w->arena, key);
	i->id = arena_str(c->w->arena, id);
	step(c, "abort-upload", s3_name(&c->t->s3, i->key, c->w->arena),
	    str_of(why), 0, i);
}

static bool
wanted_key(const struct archive *c, struct str key)
{
	size_t i;

	for (i = 0; i < c->nfiles; i++)
		if (str_starts(key, c->file[i].key))
			return true;
	return false;
}

/* One that nobody will end: begun long ago, below our prefix. */
static void
on_upload(void *arg, struct str key, struct str id, int64_t begun_ms)
{
	struct archive *c = arg;
	struct str glob = keyname_glob(c->t->prefix, c->w->arena);

	/* A store tells whole seconds, and some of them round up. */
	if (c->w->now_ms - begun_ms > c->t->abort_after_ms - 1000 &&
	    uploads_find(&c->put, key, NULL) == NULL &&
	    fnmatch(glob.p, arena_cstr(c->w->arena, key), 0) == 0 &&
	    c->forgotten++ < FORGOTTEN_MAX)
		plan_abort(c, key, id, "nobody has ended it");
}

/* Those of memory whose file is not here any more, and the forgotten. */
static void
plan_aborts(struct archive *c)
{
	struct arena *a = c->w->arena;
	struct buf key = { 0 };
	struct err e;
	json_t *u;
	size_t i;

	json_array_foreach(c->put.uploads, i, u) {
		buf_reset(&key);
		url_decode(&key, json_get_str(u, "key"));
		if (!wanted_key(c, buf_str(&key)))
			plan_abort(c, buf_str(&key), json_get_str(u, "id"),
			    "its file is gone");
	}
	buf_release(&key);
	if (c->nfiles == 0 || c->put.s3 == NULL)
		return;
	if (uploads_list(&c->put, keyname_fixed(c->t->prefix), on_upload, c,
	    &e) == -1)
		work_text(c->w, "uploads", arena_printf(a,
		    "cannot be listed: %s", e.msg));
}

static void
open_store(struct archive *c)
{
	json_t *old = json_object_get(c->w->memory, "uploads");

	c->put = (struct putter){ .c = &c->t->s3, .w = c->w,
	    .get = str_eq(c->t->verify, STR("get")),
	    .uploads = json_is_array(old) ? json_deep_copy(old) :
	    json_array() };
	c->put.s3 = s3_open(&c->t->s3, c->w, &c->why);
}

static int
archive_plan(struct work *w, struct err *e)
{
	const struct archive_task *t = (const struct archive_task *)w->task;
	struct archive *c = ARENA_NEW(w->arena, struct archive);
	struct item *more;
	size_t i;

	if (clean_plan(w, e) == -1)
		return -1;
	*c = (struct archive){ .w = w, .t = t, .clean = w->own,
	    .nfiles = w->steps.n,
	    .file = ARENA_ARRAY(w->arena, w->steps.n + 1, struct item) };
	more = ARENA_ARRAY(w->arena, w->steps.n + 1, struct item);
	for (i = 0; i < c->nfiles; i++)
		c->file[i].victim = w->steps.p[i];
	vec_reset(&w->steps);
	w->own = c;
	open_store(c);
	for (i = 0; i < c->nfiles; i++) {
		struct item *f = &c->file[i];

		file_key(c, f);
		step(c, "upload", f->victim.what, arena_printf(w->arena,
		    "to " STR_FMT, STR_ARG(s3_name(&t->s3, f->key,
		    w->arena))), (int64_t)f->st.st_size, f);
	}
	if (c->nfiles && t->manifest) {
		more[c->nfiles].what = DO_MANIFEST;
		step(c, "manifest", arena_printf(w->arena, "of %zu files",
		    c->nfiles), STR_NONE, 0, &more[c->nfiles]);
	}
	for (i = 0; i < c->nfiles && !t->stays; i++) {
		more[i] = (struct item){ .what = DO_REMOVE,
		    .file = &c->file[i], .victim = c->file[i].victim };
		step(c, "remove", more[i].victim.what, more[i].victim.note,
		    0, &more[i]);
	}
	plan_aborts(c);
	return 0;
}

/* ---- upload ---- */

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int64_t
ms_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum step_end
skipped(struct step *s, const char *why)
{
	s->note = str_of(why);
	return STEP_SKIPPED;
}

/* fd is measured, put and told as f's. */
static enum step_end
put_fd(struct archive *c, struct item *f, struct object *o, struct step *s,
    struct err *e)
{
	struct arena *a = c->w->arena;
	enum put_end end;

	if (object_measure(&c->put, o, c->t->part_bytes, e) == -1)
		return STEP_FAILED;
	end = object_put(&c->put, o, f->key, &f->key, e);
	if (end == PUT_FAILED)
		return STEP_FAILED;
	f->sha256 = o->sha256;
	f->size = o->size;
	f->safe = true;
	f->fresh = end == PUT_DONE;
	s->note = arena_printf(a, "%s " STR_FMT, f->fresh ? "to" :
	    "it is there already:", STR_ARG(s3_name(&c->t->s3, f->key, a)));
	return f->fresh ? STEP_DONE : STEP_SKIPPED;
}

static enum step_end
upload(struct archive *c, struct item *f, struct step *s, struct err *e)
{
	struct object o = { .fd = -1 };
	struct stat after;
	enum step_end end;
	int fd;

	as_clean(c);
	end = clean_open(c->w, &f->victim, &fd, &after, e);
	c->w->own = c;
	if (end == STEP_DONE && !same_file(&after, &f->st)) {
		(void)close(fd);
		end = skipped(&f->victim, "it was written to just now");
	}
	if (end != STEP_DONE) {
		s->note = f->victim.note;
		return end;
	}
	o.fd = fd;
	if (f->packs)
		o.fd = pack_file(fd, c->t->pack, arena_cstr(c->w->arena,
		    c->t->spool), &work_stopped, e);
	if (o.fd != -1 && fstat(o.fd, &after) == 0) {
		o.size = (int64_t)after.st_size;
		o.mtime_ms = ms_of(f->st.st_mtim);
		end = put_fd(c, f, &o, s, e);
		s->bytes = o.size;
	} else {
		end = STEP_FAILED;
	}
	if (fstat(fd, &after) == -1 || !same_file(&after, &f->st)) {
		f->safe = false;
		end = skipped(s, "it was written to while it was read");
	}
	if (o.fd != -1 && o.fd != fd)
		(void)close(o.fd);
	(void)close(fd);
	c->uploaded += end == STEP_DONE;
	c->there += f->safe && !f->fresh;
	c->bytes += end == STEP_DONE ? o.size : 0;
	return end;
}

/* ---- manifest ---- */

/* As sha256sum(1): a name with a backslash or a newline is escaped. */
static void
put_line(struct buf *b, const struct item *f)
{
	size_t i;

	if (str_find_char(f->key, '\\') >= 0 ||
	    str_find_char(f->key, '\n') >= 0)
		(void)buf_putc(b, '\\');
	(void)buf_printf(b, STR_FMT "  ", STR_ARG(f->sha256));
	for (i = 0; i < f->key.n; i++)
		if (f->key.p[i] == '\\')
			(void)buf_put(b, STR("\\\\"));
		else if (f->key.p[i] == '\n')
			(void)buf_put(b, STR("\\n"));
		else
			(void)buf_putc(b, f->key.p[i]);
	(void)buf_putc(b, '\n');
}

static enum step_end
put_manifest(struct archive *c, struct item *m, struct step *s,
    struct err *e)
{
	struct object o = { .fd = memfd_create("manifest", MFD_CLOEXEC),
	    .mtime_ms = c->w->now_ms };
	struct buf text = { 0 };
	enum step_end end = STEP_FAILED;
	size_t i, n = 0, fresh = 0;

	for (i = 0; i < c->nfiles; i++) {
		if (!c->file[i].safe)
			continue;
		put_line(&text, &c->file[i]);
		fresh += c->file[i].fresh;
		n++;
	}
	m->key = keyname_manifest(c->t->prefix, c->w->now_ms, c->w->arena);
	o.size = (int64_t)text.n;
	if (n == 0 || (fresh == 0 && c->t->stays)) {
		end = skipped(s, "there is nothing new");
	} else if (o.fd == -1 || io_write_all(o.fd, buf_str(&text)) == -1) {
		(void)err_sys(e, "cannot write a file in memory");
	} else {
		end = put_fd(c, m, &o, s, e);
		c->listed = m->safe;
		s->bytes = o.size;
	}
	if (o.fd != -1)
		(void)close(o.fd);
	buf_release(&text);
	return end;
}

/* ---- remove ---- */

static enum step_end
remove_file(struct archive *c, struct item *i, struct step *s,
    struct err *e)
{
	const struct item *f = i->file;
	struct stat now;
	enum step_end end;
	int fd;

	if (!f->safe)
		return skipped(s, "it is not over there");
	if (c->t->manifest && !c->listed)
		return skipped(s, "its manifest is not over there");
	/* Who has opened it in the meantime may be about to write. */
	if (c->open == NULL && !c->t->clean.open_ignored)
		c->open = openfiles_scan();
	if (c->open != NULL && openfiles_has(c->open, f->st.st_dev,
	    f->st.st_ino))
		return skipped(s, "it is open by now");
	as_clean(c);
	end = clean_open(c->w, &i->victim, &fd, &now, e);
	if (end == STEP_DONE) {
		(void)close(fd);
		end = same_file(&now, &f->st) ?
		    clean_apply(c->w, &i->victim, e) :
		    skipped(&i->victim, "it was written to since");
	}
	c->w->own = c;
	s->note = i->victim.note;
	c->removed += end == STEP_DONE;
	return end;
}

static enum step_end
archive_apply(struct work *w, struct step *s, struct err *e)
{
	struct archive *c = w->own;
	struct item *i = s->own;

	if (i->what == DO_REMOVE)
		return remove_file(c, i, s, e);
	if (c->put.s3 == NULL && i->what == DO_MANIFEST)
		return skipped(s, "there is nothing new");
	if (c->put.s3 == NULL) {
		*e = c->why;
		return STEP_FAILED;
	}
	if (s3_is_dead(c->put.s3))
		return skipped(s, "the store has refused or not answered "
		    "what was asked before");
	switch (i->what) {
	case DO_UPLOAD:
		return upload(c, i, s, e);
	case DO_MANIFEST:
		return put_manifest(c, i, s, e);
	default:
		break;
	}
	if (upload_abort(&c->put, i->key, i->id, e) == -1)
		return STEP_FAILED;
	c->aborted++;
	return STEP_DONE;
}

static void
archive_finish(struct work *w)
{
	struct archive *c = w->own;
	size_t left = 0, i;

	for (i = 0; i < c->nfiles; i++)
		left += !c->file[i].safe;
	as_clean(c);
	clean_finish(w);
	w->own = c;
	work_integer(w, "uploaded", (int64_t)c->uploaded);
	work_integer(w, "there_already", (int64_t)c->there);
	work_integer(w, "removed", (int64_t)c->removed);
	work_integer(w, "aborted", (int64_t)c->aborted);
	s3_close(c->put.s3);
	if (c->open != NULL)
		openfiles_free(c->open);
	if (w->dry_run) {
		work_note(w, "%zu files would go to %s", c->nfiles,
		    s3_name(&c->t->s3, STR_NONE, w->arena).p);
		return;
	}
	if (left && w->outcome.status == TASK_OK)
		work_say(w, TASK_WARNING, "%zu of %zu files are not over "
		    "there", left, c->nfiles);
	else if (c->nfiles == 0)
		work_note(w, "nothing to archive");
	else
		work_note(w, "%zu uploaded, " STR_FMT "%s; %zu removed",
		    c->uploaded, STR_ARG(bytes_text(w->arena, c->bytes)),
		    c->there ? arena_printf(w->arena, "; %zu were there",
		    c->there).p : "", c->removed);
}

const struct task_kind task_archive = {
	.name = "archive", .about = "old files go to an S3 store",
	.fields = &archive_fields, .removes = true, .go_on = true,
	.configure = archive_configure, .plan = archive_plan,
	.apply = archive_apply, .finish = archive_finish,
};

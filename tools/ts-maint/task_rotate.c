/*
 * task_rotate: drives logrotate(8).  Its snippet is made from the fields (or
 * stands in a file already), tried with `logrotate -d`, put in place, run with
 * a state of its own, and the outcome looked at.
 *
 *	file: /etc/logrotate.d/app	the snippet
 *	state: /var/lib/ts-maint/logrotate.status
 *	logs: [/var/log/app/a.log]	none: the snippet stands there already
 *	frequency: daily, rotate: 30, size: 100M
 *	options: [missingok, compress, delaycompress, notifempty]
 *	create: 0640 app adm, su: app app
 *	postrotate: [systemctl reload app]
 *	force: true
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "kinds.h"
#include "reading.h"

#define CONF_MAX	((size_t)1 << 20)
#define STATE_MAX	((size_t)16 << 20)

struct rotate_task {
	struct task task;
	struct str file, state, frequency, size, create, su;
	struct ystrs logs, options, postrotate;
	int64_t rotate;
	bool force;
};

#define AT(f)	offsetof(struct rotate_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("file", YT_STR, AT(file), .flags = YF_REQUIRED),
	YROW("state", YT_STR, AT(state), .flags = YF_REQUIRED),
	YROW("logs", YT_STRLIST, AT(logs)),
	YROW("frequency", YT_STR, AT(frequency), .dflt = "daily"),
	YROW("rotate", YT_INT, AT(rotate), .dflt = "30"),
	YROW("size", YT_STR, AT(size)),
	YROW("options", YT_STRLIST, AT(options)),
	YROW("create", YT_STR, AT(create)),
	YROW("su", YT_STR, AT(su)),
	YROW("postrotate", YT_STRLIST, AT(postrotate)),
	YROW("force", YT_BOOL, AT(force)),
};
TASK_FIELDS(rotate, struct rotate_task);
#undef AT

/* What a step knows: the log; empty: the snippet is to be written. */
struct rotate {
	struct str snippet;	/* as it should be */
	struct str before;	/* the state before */
	bool ran;
	int rc;			/* of the run */
	struct err why;
};

static bool
has_option(const struct rotate_task *t, const char *word)
{
	size_t i;

	for (i = 0; i < t->options.n; i++)
		if (str_eq(t->options.p[i], str_of(word)))
			return true;
	return false;
}

/* One line, no braces, no quotes: nothing that ends a directive. */
static bool
is_plain(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (strchr("\n\r{}\"", s.p[i]) != NULL)
			return false;
	return true;
}

static int
rotate_configure(struct task *task, struct arena *a, struct err *e)
{
	const struct rotate_task *t = (const struct rotate_task *)task;
	const struct ynode *n = task->node;
	size_t i;

	(void)a;
	for (i = 0; i < t->logs.n; i++)
		if (!is_plain(t->logs.p[i]) || t->logs.p[i].n == 0 ||
		    t->logs.p[i].p[0] != '/')
			return ynode_err(n, e, "'logs' are absolute paths or "
			    "patterns");
	for (i = 0; i < t->options.n; i++)
		if (!is_plain(t->options.p[i]))
			return ynode_err(n, e, "an option is one line");
	for (i = 0; i < t->postrotate.n; i++)
		if (str_find_char(t->postrotate.p[i], '\n') >= 0)
			return ynode_err(n, e, "a line of 'postrotate' is "
			    "one line");
	if (!is_plain(t->create) || !is_plain(t->su) ||
	    !is_plain(t->frequency) || !is_plain(t->size))
		return ynode_err(n, e, "a directive is one line");
	if (has_option(t, "delaycompress") && !has_option(t, "compress"))
		return ynode_err(n, e, "'delaycompress' without 'compress'");
	if (has_option(t, "copytruncate") && t->rotate == 0 &&
	    has_option(t, "compress"))
		return ynode_err(n, e, "'copytruncate' with 'compress' and "
		    "'rotate: 0' fails");
	return 0;
}

static struct str
make_snippet(struct work *w, const struct rotate_task *t)
{
	struct buf b = { 0 };
	struct str s;
	size_t i;

	for (i = 0; i < t->logs.n; i++)
		(void)buf_printf(&b, "%s\"" STR_FMT "\"", i ? " " : "",
		    STR_ARG(t->logs.p[i]));
	(void)buf_printf(&b, " {\n\t" STR_FMT "\n\trotate %lld\n",
	    STR_ARG(t->frequency), (long long)t->rotate);
	if (t->size.n)
		(void)buf_printf(&b, "\tsize " STR_FMT "\n",
		    STR_ARG(t->size));
	for (i = 0; i < t->options.n; i++)
		(void)buf_printf(&b, "\t" STR_FMT "\n",
		    STR_ARG(t->options.p[i]));
	if (t->create.n)
		(void)buf_printf(&b, "\tcreate " STR_FMT "\n",
		    STR_ARG(t->create));
	if (t->su.n)
		(void)buf_printf(&b, "\tsu " STR_FMT "\n", STR_ARG(t->su));
	if (t->postrotate.n) {
		(void)buf_put(&b, STR("\tpostrotate\n"));
		for (i = 0; i < t->postrotate.n; i++)
			(void)buf_printf(&b, "\t\t" STR_FMT "\n",
			    STR_ARG(t->postrotate.p[i]));
		(void)buf_put(&b, STR("\tendscript\n"));
	}
	(void)buf_put(&b, STR("}\n"));
	s = arena_str(w->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str
read_text(struct work *w, struct str path, size_t max)
{
	struct buf b = { 0 };
	struct str s = STR_NONE;
	struct err none;

	if (io_read_file(arena_cstr(w->arena, path), max, &b, &none) == 0)
		s = arena_str(w->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* ---- what would be rotated: logrotate -d says ---- */

/*
 *	considering log /var/log/app/a.log
 *	  log needs rotating
 */
static void
add_logs(struct work *w, struct str text)
{
	struct str line, log = STR_NONE;

	while (text.n) {
		text = str_cut(text, '\n', &line);
		line = str_trim(line);
		if (str_starts(line, STR("considering log ")))
			log = str_sub(line, 16, line.n);
		else if (log.n && (str_starts(line, STR("log needs "
		    "rotating")) || str_starts(line, STR("log needs to be "
		    "rotated")))) {
			(void)work_step(w, (struct step){ .action = "rotate",
			    .what = log });
			log = STR_NONE;
		}
	}
}

static int
try(struct work *w, const struct rotate_task *t, const char *path,
    struct err *e)
{
	const char *argv[] = { "logrotate", "-d", t->force ? "-f" : "-v",
	    "-s", arena_cstr(w->arena, t->state), path, NULL };
	struct proc_result p = { 0 };
	struct reading r = { .data = w->data };

	if (work_ask(w, argv, 0, &p, e) == -1)
		return -1;
	reading_find(STR("logrotate"))(p.status, buf_str(&p.out),
	    buf_str(&p.err), w->arena, &r);
	add_logs(w, buf_str(&p.err));
	add_logs(w, buf_str(&p.out));
	proc_result_release(&p);
	if (task_status_bad(r.status))
		return err_set(e, ERR_CONFIG, "logrotate -d: " STR_FMT,
		    STR_ARG(r.message));
	return 0;
}

/* A snippet that is not in place yet is tried from memory. */
static int
try_new(struct work *w, const struct rotate_task *t, struct str text,
    struct err *e)
{
	int fd = memfd_create("logrotate", 0), rc = -1;

	if (fd == -1)
		return err_sys(e, "cannot make a file in memory");
	if (fchmod(fd, 0600) == -1 || io_write_all(fd, text) == -1)
		(void)err_sys(e, "cannot make a file in memory");
	else
		rc = try(w, t, arena_printf(w->arena, "/proc/%ld/fd/%d",
		    (long)getpid(), fd).p, e);
	(void)close(fd);
	return rc;
}

static int
rotate_plan(struct work *w, struct err *e)
{
	const struct rotate_task *t = (const struct rotate_task *)w->task;
	struct rotate *o = ARENA_NEW(w->arena, struct rotate);
	struct str now = read_text(w, t->file, CONF_MAX);

	w->own = o;
	o->before = read_text(w, t->state, STATE_MAX);
	if (t->logs.n == 0)
		return now.p == NULL ? err_set(e, ERR_CONFIG, "cannot read '"
		    STR_FMT "'", STR_ARG(t->file)) :
		    try(w, t, arena_cstr(w->arena, t->file), e);
	o->snippet = make_snippet(w, t);
	if (str_eq(now, o->snippet))
		return try(w, t, arena_cstr(w->arena, t->file), e);
	(void)work_step(w, (struct step){ .action = "write",
	    .what = t->file, .note = now.n ? STR("its contents change") :
	    STR("new") });
	return try_new(w, t, o->snippet, e);
}

/* ---- doing it ---- */

static enum step_end
write_snippet(struct work *w, const struct rotate_task *t, struct rotate *o,
    struct err *e)
{
	const char *path = arena_cstr(w->arena, t->file);

	if (io_replace_file(path, o->snippet, e) == -1)
		return STEP_FAILED;
	/* logrotate refuses one that others may write. */
	if (chmod(path, 0644) == -1) {
		err_sys(e, "cannot set its mode");
		return STEP_FAILED;
	}
	return STEP_DONE;
}

/* logrotate runs once for all logs. */
static void
run_once(struct work *w, const struct rotate_task *t, struct rotate *o)
{
	const char *argv[] = { "logrotate", "-s", arena_cstr(w->arena,
	    t->state), "--wait-for-state-lock", arena_cstr(w->arena,
	    t->file), t->force ? "-f" : NULL, NULL };

	if (o->ran)
		return;
	o->ran = true;
	o->rc = reading_run(w, "logrotate", argv, &o->why);
}

/* The state knows a log by now that it did not, or a later time of it. */
static enum step_end
rotate_one(struct work *w, const struct rotate_task *t, struct rotate *o,
    struct str log, struct err *e)
{
	struct str after;

	run_once(w, t, o);
	if (o->rc == -1) {
		*e = o->why;
		return STEP_FAILED;
	}
	after = read_text(w, t->state, STATE_MAX);
	if (reading_logrotate_date(after, log) > reading_logrotate_date(
	    o->before, log) || t->force)
		return STEP_DONE;
	err_set(e, ERR_SYS, "logrotate ended well, but its state does not "
	    "know of a rotation");
	return STEP_FAILED;
}

static enum step_end
rotate_apply(struct work *w, struct step *s, struct err *e)
{
	const struct rotate_task *t = (const struct rotate_task *)w->task;

	if (strcmp(s->action, "write") == 0)
		return write_snippet(w, t, w->own, e);
	return rotate_one(w, t, w->own, s->what, e);
}

/* A log that is seen for the first time is only noted: its turn is later. */
static void
rotate_finish(struct work *w)
{
	const struct rotate_task *t = (const struct rotate_task *)w->task;
	struct rotate *o = w->own;

	if (!w->dry_run && !task_status_bad(w->outcome.status) && !o->ran) {
		run_once(w, t, o);
		if (o->rc == -1)
			work_say(w, TASK_FAILED, "%s", o->why.msg);
	}
	if (has_option(t, "copytruncate"))
		work_say(w, TASK_WARNING, "'copytruncate' loses the lines "
		    "that are written in between");
	work_note(w, "%lld logs %s", (long long)w->outcome.done,
	    w->dry_run ? "would be rotated" : "rotated");
}

const struct task_kind task_rotate = {
	.name = "rotate", .about = "drives logrotate",
	.fields = &rotate_fields, .go_on = true,
	.configure = rotate_configure, .plan = rotate_plan,
	.apply = rotate_apply, .finish = rotate_finish,
};

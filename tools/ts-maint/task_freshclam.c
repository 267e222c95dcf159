/*
 * task_freshclam: virus signatures are fetched; where the daemon does that
 * (its pid file is locked by somebody alive), only their age is looked at.
 *
 *	database: /var/lib/clamav	where they are
 *	max_age: 3d			older is a warning
 *	pid_file: /run/clamav/freshclam.pid
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "core/dur.h"
#include "core/io.h"
#include "core/num.h"
#include "kinds.h"
#include "reading.h"

struct freshclam_task {
	struct task task;
	struct str database, pid_file;
	int64_t max_age_ms;
};

#define AT(f)	offsetof(struct freshclam_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("database", YT_STR, AT(database), .dflt = "/var/lib/clamav"),
	YROW("pid_file", YT_STR, AT(pid_file),
	    .dflt = "/run/clamav/freshclam.pid"),
	YROW("max_age", YT_DURATION, AT(max_age_ms), .dflt = "3d"),
};
TASK_FIELDS(freshclam, struct freshclam_task);
#undef AT

static bool
daemon_runs(struct work *w, const struct freshclam_task *t)
{
	struct buf b = { 0 };
	struct err e;
	int64_t pid = 0;
	bool runs;

	runs = io_read_file(arena_cstr(w->arena, t->pid_file), 64, &b,
	    &e) == 0 && num_parse_i64(str_trim(buf_str(&b)), 2, INT32_MAX,
	    &pid) && kill((pid_t)pid, 0) == 0;
	buf_release(&b);
	return runs;
}

static int
freshclam_plan(struct work *w, struct err *e)
{
	const struct freshclam_task *t =
	    (const struct freshclam_task *)w->task;

	(void)e;
	if (!daemon_runs(w, t))
		(void)work_step(w, (struct step){ .action = "fetch",
		    .what = STR("signatures") });
	(void)work_step(w, (struct step){ .action = "look",
	    .what = t->database, .reads = true,
	    .note = STR("how old they are") });
	return 0;
}

static bool
is_database(struct str name)
{
	return str_ends(name, STR(".cvd")) || str_ends(name, STR(".cld"));
}

static int
look(struct work *w, const struct freshclam_task *t, struct err *e)
{
	const char *dir = arena_cstr(w->arena, t->database);
	int64_t newest = 0, ms;
	struct dirent *de;
	struct stat st;
	DIR *d = opendir(dir);

	if (d == NULL)
		return err_sys(e, "cannot open '%s'", dir);
	while ((de = readdir(d)) != NULL)
		if (is_database(str_of(de->d_name)) &&
		    fstatat(dirfd(d), de->d_name, &st, 0) == 0) {
			ms = (int64_t)st.st_mtim.tv_sec * 1000;
			if (ms > newest)
				newest = ms;
		}
	(void)closedir(d);
	if (newest == 0)
		return err_set(e, ERR_SYS, "there are no signatures in '%s'",
		    dir);
	work_number(w, "age_days", (double)(w->now_ms - newest) /
	    (double)DUR_DAY);
	if (w->now_ms - newest > t->max_age_ms)
		work_say(w, TASK_WARNING, "the signatures are %lld days old",
		    (long long)((w->now_ms - newest) / DUR_DAY));
	else
		work_note(w, "the signatures are up to date");
	return 0;
}

static enum step_end
freshclam_apply(struct work *w, struct step *s, struct err *e)
{
	static const char *const argv[] = { "freshclam", "--stdout",
	    "--no-warnings", NULL };
	const struct freshclam_task *t =
	    (const struct freshclam_task *)w->task;
	int rc = s->reads ? look(w, t, e) : reading_run(w, "freshclam", argv,
	    e);

	return rc == -1 ? STEP_FAILED : STEP_DONE;
}

const struct task_kind task_freshclam = {
	.name = "freshclam", .about = "virus signatures are fetched",
	.fields = &freshclam_fields, .plan = freshclam_plan,
	.apply = freshclam_apply,
};

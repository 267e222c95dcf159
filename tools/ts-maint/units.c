#include "units.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/io.h"
#include "program.h"

#define STATE_DIR	"/var/lib/ts-maint"

static struct str
absolute(const char *path, struct arena *a)
{
	char real[PATH_MAX];

	if (path == NULL)
		return STR(STATE_DIR);
	if (strstr(path, "://") != NULL || realpath(path, real) == NULL)
		return str_of(path);
	return arena_str(a, str_of(real));
}

/* For ExecStart= and for a shell: quoted when it must be. */
static void
put_word(struct buf *out, struct str s)
{
	bool plain = s.n > 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!strchr("/._-+:=@,", s.p[i]) &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z'))
			plain = false;
	(void)buf_printf(out, plain ? " " STR_FMT : " '" STR_FMT "'",
	    STR_ARG(s));
}

static void
put_command(struct buf *out, const struct tool *t,
    const struct maint_config *m, struct str name, struct arena *a)
{
	const char *self = program_beside(a, "ts-maint");

	(void)buf_printf(out, "%s run --due -q -c",
	    *self == '/' ? self : "/usr/local/bin/ts-maint");
	put_word(out, absolute(m->file, a));
	(void)buf_put(out, STR(" -s"));
	put_word(out, absolute(t->state, a));
	if (name.n)
		put_word(out, name);
}

static int64_t
longest(const struct plan *p)
{
	int64_t sum = 0;
	size_t i;

	if (p->timeout_ms)
		return p->timeout_ms + DUR_HOUR;
	for (i = 0; i < p->tasks.n; i++)
		sum += p->tasks.p[i]->timeout_ms *
		    (p->tasks.p[i]->retries + 1);
	return sum + DUR_MINUTE;
}

/* 75: another run of it is at work, and 1 are warnings: no failure. */
static void
service(struct buf *out, const struct tool *t, const struct maint_config *m,
    const struct plan *p, struct arena *a)
{
	(void)buf_printf(out, "[Unit]\nDescription=Maintenance: " STR_FMT
	    "\nAfter=network.target\n\n[Service]\nType=oneshot\nExecStart=",
	    STR_ARG(p->description.n ? p->description : p->name));
	put_command(out, t, m, p->name, a);
	(void)buf_printf(out, "\nSuccessExitStatus=1 75\nTimeoutStartSec=%lld"
	    "\nKillMode=mixed\nNice=10\nIOSchedulingClass=idle\n",
	    (long long)longest(p) / 1000);
	if (t->state == NULL)
		(void)buf_put(out, STR("StateDirectory=ts-maint\n"));
}

/* It may come when nothing is due: run --due knows. */
static void
timer(struct buf *out, const struct plan *p)
{
	const struct schedule *s = &p->schedule;
	size_t i;

	(void)buf_printf(out, "[Unit]\nDescription=Maintenance: " STR_FMT
	    "\n\n[Timer]\n", STR_ARG(p->name));
	if (s->every_ms) {
		(void)buf_printf(out, "OnBootSec=1min\nOnUnitActiveSec=%llds"
		    "\n", (long long)s->every_ms / 1000);
	} else {
		for (i = 0; i < s->n; i++) {
			(void)buf_put(out, STR("OnCalendar="));
			calendar_print(s->at[i], out);
			(void)buf_putc(out, '\n');
		}
		/* Again, for a run that failed and for the jitter. */
		(void)buf_printf(out, "OnUnitInactiveSec=%llds\n",
		    (long long)(s->jitter_ms && s->jitter_ms <
		    s->retry_after_ms ? s->jitter_ms :
		    s->retry_after_ms) / 1000);
		(void)buf_put(out, STR("Persistent=true\n"));
	}
	(void)buf_put(out, STR("AccuracySec=1s\n\n[Install]\n"
	    "WantedBy=timers.target\n"));
}

static int
put_unit(struct buf *out, const char *dir, struct str name, const char *kind,
    struct buf *text, struct arena *a, struct err *e)
{
	struct str file = arena_printf(a, "ts-maint-" STR_FMT ".%s",
	    STR_ARG(name), kind);

	if (dir != NULL) {
		(void)buf_printf(out, "%s/" STR_FMT "\n", dir,
		    STR_ARG(file));
		return io_replace_file(arena_printf(a, "%s/" STR_FMT, dir,
		    STR_ARG(file)).p, buf_str(text), e);
	}
	(void)buf_printf(out, "%s# /etc/systemd/system/" STR_FMT "\n",
	    out->n ? "\n" : "", STR_ARG(file));
	return buf_put(out, buf_str(text));
}

int
units_systemd(const struct tool *t, const struct maint_config *m,
    const char *dir, struct buf *out, struct err *e)
{
	struct arena a = { 0 };
	struct buf text = { 0 };
	int rc = 0;
	size_t i;

	for (i = 0; i < m->plans.n && rc == 0; i++) {
		const struct plan *p = m->plans.p[i];

		if (!schedule_is_set(&p->schedule))
			continue;
		buf_reset(&text);
		service(&text, t, m, p, &a);
		rc = put_unit(out, dir, p->name, "service", &text, &a, e);
		buf_reset(&text);
		timer(&text, p);
		if (rc == 0)
			rc = put_unit(out, dir, p->name, "timer", &text, &a,
			    e);
	}
	buf_release(&text);
	arena_free(&a);
	return rc;
}

void
units_cron(const struct tool *t, const struct maint_config *m,
    struct buf *out)
{
	int64_t step = 5 * DUR_MINUTE;
	struct arena a = { 0 };
	size_t i, k;

	(void)buf_put(out, STR("# The plans of ts-maint: what is due, missed "
	    "runs included.\n"));
	for (i = 0; i < m->plans.n; i++) {
		const struct schedule *s = &m->plans.p[i]->schedule;

		if (s->every_ms && s->every_ms < step)
			step = DUR_MINUTE;
		for (k = 0; k < s->text.n; k++)
			(void)buf_printf(out, "#\t" STR_FMT "\t" STR_FMT "\n",
			    STR_ARG(m->plans.p[i]->name),
			    STR_ARG(s->text.p[k]));
	}
	(void)buf_printf(out, "%s * * * *\troot\t", step == DUR_MINUTE ?
	    "*" : "*/5");
	put_command(out, t, m, STR_NONE, &a);
	(void)buf_putc(out, '\n');
	arena_free(&a);
}

/*
 * Files watched for changes.  inotify stands on the directory, not on the
 * file: editors and configuration management replace files by rename, and a
 * file that does not exist yet is a change when it comes.
 */
#include "net/internal.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define EV_COMPAT3 0
#include <ev.h>

#include "core/mem.h"
#include "core/str.h"
#include "core/vec.h"

#define STAT_INTERVAL_S	5.
#define CHANGES		(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | \
			    IN_CREATE | IN_DELETE | IN_MODIFY | IN_ATTRIB)

struct watch {
	struct ev_stat stat;		/* the fallback */
	struct loop *loop;
	loop_fn *fn;
	void *arg;
	char *path;
	struct str name;		/* inside path; empty = all of it */
	int wd;				/* -1: the fallback runs */
	bool hit;
};

struct watches {
	struct loop *loop;
	int fd;				/* inotify, -1 = none here */
	struct ev_io io;
	VEC(struct watch *) all;
};

/*
 * An event came for name in directory wd; NULL for the directory itself.
 * wd -1: events were lost, whose nobody knows.
 */
static void
mark(struct watches *s, int wd, const char *name)
{
	size_t i;

	for (i = 0; i < s->all.n; i++) {
		struct watch *w = s->all.p[i];

		if (wd == -1 || (w->wd == wd && (w->name.n == 0 ||
		    name == NULL || str_eq(w->name, str_of(name)))))
			w->hit = true;
	}
}

/* A callback may add or remove watches, so the walk starts anew each time. */
static void
call_marked(struct watches *s)
{
	size_t i = 0;

	while (i < s->all.n) {
		struct watch *w = s->all.p[i++];

		if (!w->hit)
			continue;
		w->hit = false;
		w->fn(s->loop, w->arg, LOOP_READ);
		i = 0;
	}
}

static void
on_inotify(struct ev_loop *ev, struct ev_io *io, int revents)
{
	struct watches *s = io->data;
	_Alignas(struct inotify_event) char room[8192];
	ssize_t got, at;

	(void)ev;
	(void)revents;
	while ((got = read(s->fd, room, sizeof(room))) > 0) {
		for (at = 0; at < got;) {
			struct inotify_event e;

			memcpy(&e, room + at, sizeof(e));
			mark(s, e.wd, e.len ?
			    room + at + sizeof(e) : NULL);
			at += (ssize_t)(sizeof(e) + e.len);
		}
	}
	call_marked(s);
}

static void
on_stat(struct ev_loop *ev, struct ev_stat *es, int revents)
{
	struct watch *w = es->data;

	(void)ev;
	(void)revents;
	w->fn(w->loop, w->arg, LOOP_READ);
}

static struct watches *
watches_of(struct loop *l)
{
	struct watches **s = loop_watches(l);

	if (*s)
		return *s;
	*s = mem_zalloc(sizeof(**s));
	(*s)->loop = l;
	(*s)->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	ev_io_init(&(*s)->io, on_inotify, (*s)->fd, EV_READ);
	(*s)->io.data = *s;
	if ((*s)->fd != -1)
		ev_io_start(loop_ev(l), &(*s)->io);
	return *s;
}

/* The directory to watch for path; the name in it, empty for all of it. */
static char *
split(const char *path, struct str *name)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	char *dir;

	*name = STR_NONE;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return mem_strdup(path);
	*name = str_of(slash ? slash + 1 : path);
	if (slash == NULL)
		return mem_strdup(".");
	dir = mem_strdup(path);
	dir[slash == path ? 1 : slash - path] = '\0';
	return dir;
}

void
loop_watch_file(struct loop *l, const char *path, loop_fn *fn, void *arg)
{
	struct watches *s = watches_of(l);
	struct watch *w = mem_zalloc(sizeof(*w));
	char *dir;

	w->loop = l;
	w->fn = fn;
	w->arg = arg;
	w->path = mem_strdup(path);
	dir = split(w->path, &w->name);
	w->wd = s->fd == -1 ? -1 : inotify_add_watch(s->fd, dir, CHANGES);
	mem_free(dir);
	ev_stat_init(&w->stat, on_stat, w->path, STAT_INTERVAL_S);
	w->stat.data = w;
	if (w->wd == -1)
		ev_stat_start(loop_ev(l), &w->stat);
	vec_push(&s->all, w);
}

/* A directory stays watched while another path needs it. */
static void
drop_watch(struct watches *s, size_t at)
{
	struct watch *w = s->all.p[at];
	bool shared = false;
	size_t i;

	s->all.p[at] = s->all.p[--s->all.n];
	for (i = 0; i < s->all.n; i++)
		shared |= s->all.p[i]->wd == w->wd;
	if (w->wd != -1 && !shared)
		(void)inotify_rm_watch(s->fd, w->wd);
	ev_stat_stop(loop_ev(s->loop), &w->stat);
	mem_free(w->path);
	mem_free(w);
}

void
loop_unwatch_file(struct loop *l, loop_fn *fn, void *arg)
{
	struct watches *s = *loop_watches(l);
	size_t i;

	for (i = s ? s->all.n : 0; i-- > 0;)
		if (s->all.p[i]->fn == fn && s->all.p[i]->arg == arg)
			drop_watch(s, i);
}

void
watches_free(struct watches *s)
{
	if (s == NULL)
		return;
	while (s->all.n)
		drop_watch(s, s->all.n - 1);
	ev_io_stop(loop_ev(s->loop), &s->io);
	if (s->fd != -1)
		(void)close(s->fd);
	vec_release(&s->all);
	mem_free(s);
}

/*
 * loop: descriptors, signals, children and files (libev) together with
 * timers on a struct clk, so that every timer of ours also works in virtual
 * time.  With CLK_INPUT a timer fires when the clock has been advanced to it
 * (loop_advance), in order of time, then of setting.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/clk.h"

struct loop;

/* LOOP_IDLE with the others: watched, but not worth running on for. */
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_IDLE = 4 };

typedef void loop_fn(struct loop *l, void *arg, unsigned events);

struct loop	*loop_new(struct clk *c);
void		 loop_free(struct loop *l);
struct clk	*loop_clk(struct loop *l);
int64_t		 loop_now(const struct loop *l);	/* clk_now of its clock */

/* Watch fd (regular files too); events 0 = forget it, before closing it. */
void		 loop_fd(struct loop *l, int fd, unsigned events, loop_fn *fn,
		    void *arg);

/* Embedded by its owner; clear it before first use. */
struct ltimer {
	loop_fn *fn;
	void *arg;
	int64_t at;		/* ms, on the loop's clock */
	uint64_t seq;
	size_t pos;
	bool set;
};

void		 loop_timer(struct loop *l, struct ltimer *t, int64_t at_ms);
void		 loop_timer_stop(struct loop *l, struct ltimer *t);
int64_t		 loop_next_timer(const struct loop *l);	/* INT64_MAX = none */

/* CLK_INPUT: move the clock to ts, firing timers on the way, each at its time. */
void		 loop_advance(struct loop *l, int64_t ts_ms);

/*
 * Timers of real I/O (request deadlines, curl): always on the monotonic
 * clock, whatever the loop's clock is; after_ms from now.
 */
void		 loop_deadline(struct loop *l, struct ltimer *t,
		    int64_t after_ms);
void		 loop_deadline_stop(struct loop *l, struct ltimer *t);

/*
 * fn at each signo, outside of the signal handler; NULL: default.  Only in
 * one loop of a process at a time.
 */
void		 loop_signal(struct loop *l, int signo, loop_fn *fn, void *arg);

/* In a callback that takes long: run the fn of each signal that has come. */
void		 loop_signals(struct loop *l);

/*
 * fn once when child pid has ended; events is its wait status.  Only in the
 * first loop of a process.
 */
void		 loop_child(struct loop *l, pid_t pid, loop_fn *fn, void *arg);

/*
 * fn when the file at path, or anything in the directory at path, changes,
 * comes or goes (inotify on its directory, stat every few seconds where that
 * does not work).  loop_unwatch_file forgets every path with this fn and arg.
 */
void		 loop_watch_file(struct loop *l, const char *path, loop_fn *fn,
		    void *arg);
void		 loop_unwatch_file(struct loop *l, loop_fn *fn, void *arg);

/*
 * Count work that keeps loop_run(until_idle) going: requests in flight hold
 * the loop, idle connections and signals do not.
 */
void		 loop_hold(struct loop *l);
void		 loop_unhold(struct loop *l);

/*
 * Run until loop_stop; with until_idle also until nothing is held, no
 * descriptor is watched and (wall clock) no timer is set.
 */
void		 loop_run(struct loop *l, bool until_idle);
void		 loop_stop(struct loop *l);

#endif

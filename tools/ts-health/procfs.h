/*
 * procfs: what /proc tells, as numbers.  Texts go in, so that a fixture or
 * the files of another machine can be read too.
 */
#ifndef TS_HEALTH_PROCFS_H
#define TS_HEALTH_PROCFS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"

/* ---- processors: /proc/stat ---- */

enum cpu_mode { CPU_USER, CPU_NICE, CPU_SYSTEM, CPU_IDLE, CPU_IOWAIT, CPU_IRQ,
	CPU_SOFTIRQ, CPU_STEAL, CPU_NMODES };

struct cpu_times {
	struct str name;	/* cpu for all, cpu0 …; ids may have gaps */
	double ticks[CPU_NMODES];	/* what old kernels lack is 0 */
};

/* All lines in order, "cpu" first; how many.  In the arena. */
size_t	cpu_times_parse(struct str stat, struct arena *a,
	    struct cpu_times **out);

/*
 * Shares of the time between two looks, in percent of it.  iowait and idle
 * may go back: that is no negative time.
 */
struct cpu_share {
	double busy;		/* all but idle and iowait */
	double mode[CPU_NMODES];
};

struct cpu_share	cpu_share(const struct cpu_times *a,
			    const struct cpu_times *b);

/* ---- memory: /proc/meminfo ---- */

/* In bytes. */
struct meminfo {
	double total, free, available;
	bool estimated;		/* available is ours: kernels before 3.14 */
	double swap_total, swap_free;
};

/* False when there is no MemTotal. */
bool	meminfo_parse(struct str text, struct meminfo *out);

/* ---- processes: /proc/PID/stat ---- */

struct proc_stat {
	struct str comm;	/* may hold anything, blanks and ')' too */
	char state;
	int64_t ppid;
	double utime_ticks, stime_ticks, threads, start_ticks;	/* since boot */
	double vsize, rss_pages;
};

/* False when it is no such line; comm borrows from text. */
bool	proc_stat_parse(struct str text, struct proc_stat *out);

/* name contains part, in any case. */
bool	proc_named(struct str name, struct str part);

/* ---- network: /proc/net/dev ---- */

enum net_counter { NET_RX_BYTES, NET_RX_PACKETS, NET_RX_ERRS, NET_RX_DROP,
	NET_TX_BYTES = 8, NET_TX_PACKETS, NET_TX_ERRS, NET_TX_DROP,
	NET_NCOUNTERS = 16 };

struct net_device {
	struct str name;
	double counter[NET_NCOUNTERS];
};

/* There need not be a blank behind the colon. */
size_t	net_devices_parse(struct str text, struct arena *a,
	    struct net_device **out);

/* ---- pressure, swap areas ---- */

/*
 * A word of the line that starts with `which` ("some", "full"): avg10,
 * avg60, avg300 (percent) or total (microseconds).
 */
bool	psi_value(struct str text, struct str which, const char *word,
	    double *v);

struct swap_area {
	struct str file;	/* octal escapes decoded */
	double size, used;	/* bytes */
};

size_t	swaps_parse(struct str text, struct arena *a, struct swap_area **out);

/* \040 and such back to bytes. */
struct str	proc_unescape(struct str s, struct arena *a);

/* ---- files ---- */

/*
 * root/path as text in the arena.  1, 0 when there is no such file, -1 with
 * *e.
 */
int	proc_read(const char *root, const char *path, struct arena *a,
	    struct str *text, struct err *e);

#endif

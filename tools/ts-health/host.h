/*
 * host: this machine's metrics under node_exporter's names, labels, types and
 * help texts.  A collector is one file host_<name>.c and one row in
 * host_collectors.c.  All paths are taken below procfs, sysfs and rootfs, so
 * a container can look at its host and a test at a fixture.
 */
#ifndef TS_HEALTH_HOST_H
#define TS_HEALTH_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

#define HOST_FILE_MAX		((size_t)16 << 20)
#define HOST_LABELS_MAX		32

struct host_label {
	struct str name, value;
};

/* A metric family: what stands in its HELP and TYPE lines. */
struct host_family {
	struct str name;
	const char *type;	/* counter, gauge, untyped */
	struct str help;
	bool started;		/* its head is written: it has a sample */
};

struct host_format;

struct host {
	const char *procfs, *sysfs, *rootfs;
	int64_t mount_timeout_ms;	/* for one statfs; see host_mounts.h */
	int64_t now_ms;			/* of the sample lines */
	const struct host_format *format;
	struct host_label label[HOST_LABELS_MAX];	/* given with -l */
	size_t nlabels;
	const char *collector;		/* more of them: names with commas */
	bool seed_names;		/* the guide's five metrics instead */
	const char *processes;		/* those whose name contains it; NULL */
	struct buf *out;

	struct host_family family;	/* at hand */
	struct arena arena;		/* of one collector's run */
};

/* One way of writing; labels come sorted by name. */
struct host_format {
	void	(*family)(struct host *h);
	void	(*sample)(struct host *h, double value,
		    const struct host_label *label, size_t n);
};

extern const struct host_format host_text, host_samples;

/*
 * collect writes its families.  1 done, 0 this machine has nothing of the
 * kind (a file that older kernels lack), -1 with *e.
 */
struct host_collector {
	const char *name;
	int	(*collect)(struct host *h, struct err *e);
	bool optional;		/* only when asked for */
};

extern const struct host_collector host_collectors[];
extern const size_t host_ncollectors;

int	host_cgroup(struct host *h, struct err *e);
int	host_cpu(struct host *h, struct err *e);
int	host_diskstats(struct host *h, struct err *e);
int	host_filefd(struct host *h, struct err *e);
int	host_filesystem(struct host *h, struct err *e);
int	host_loadavg(struct host *h, struct err *e);
int	host_meminfo(struct host *h, struct err *e);
int	host_netdev(struct host *h, struct err *e);
int	host_netstat(struct host *h, struct err *e);
int	host_pressure(struct host *h, struct err *e);
int	host_processes(struct host *h, struct err *e);
int	host_sockstat(struct host *h, struct err *e);
int	host_softnet(struct host *h, struct err *e);
int	host_stat(struct host *h, struct err *e);
int	host_seed(struct host *h, struct err *e);
int	host_systemd(struct host *h, struct err *e);
int	host_time(struct host *h, struct err *e);
int	host_uname(struct host *h, struct err *e);
int	host_vmstat(struct host *h, struct err *e);

/* It runs: always, or because h->collector names it. */
bool	host_wants(const struct host *h, const struct host_collector *c);

/*
 * Run the collectors, and report on each as node_exporter does
 * (node_scrape_collector_success).  How many of them succeeded.
 */
size_t	host_collect(struct host *h);

/* Start a family; name and help are borrowed until the next one. */
void	host_family(struct host *h, struct str name, const char *type,
	    struct str help);

/* A sample of the family at hand, labels sorted by name. */
void	host_sample(struct host *h, double value,
	    const struct host_label *label, size_t n);
void	host_sample1(struct host *h, double value, const char *name,
	    struct str label_value);

/* A family with one sample and no labels. */
void	host_single(struct host *h, const char *name, const char *type,
	    const char *help, double value);

/* The text of a file below procfs (or sysfs), in h->arena. */
int	host_read_proc(struct host *h, const char *path, struct str *text,
	    struct err *e);
int	host_read_sys(struct host *h, const char *path, struct str *text,
	    struct err *e);

/* The next line of *text, without its newline; false at the end. */
bool	host_line(struct str *text, struct str *line);

/* The next word of *line (blank separated); empty at the end. */
struct str	host_word(struct str *line);

/* A counter as the kernel prints it; false when s is no number. */
bool	host_number(struct str s, double *v);

#endif

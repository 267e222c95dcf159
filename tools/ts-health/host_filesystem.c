/*
 * filesystem: space and inodes of the mounted file systems.  A file server
 * that does not answer costs its own mount an error and nobody else a value.
 */
#include "host.h"
#include "host_mounts.h"

enum what { AVAIL, ERROR, FILES, FILES_FREE, FREE, READONLY, SIZE };

static const struct {
	enum what what;
	const char *name, *help;
} rows[] = {
	{ AVAIL, "node_filesystem_avail_bytes",
	    "Filesystem space available to non-root users in bytes." },
	{ ERROR, "node_filesystem_device_error", "Whether an error occurred "
	    "while getting statistics for the given device." },
	{ FILES, "node_filesystem_files", "Filesystem total file nodes." },
	{ FILES_FREE, "node_filesystem_files_free",
	    "Filesystem total free file nodes." },
	{ FREE, "node_filesystem_free_bytes",
	    "Filesystem free space in bytes." },
	{ READONLY, "node_filesystem_readonly",
	    "Filesystem read-only status." },
	{ SIZE, "node_filesystem_size_bytes", "Filesystem size in bytes." },
};

/* Blocks are counted in f_frsize, which need not be f_bsize. */
static double
value_of(const struct mount *m, enum what what)
{
	double unit = (double)m->stat.f_frsize;

	switch (what) {
	case AVAIL:
		return (double)m->stat.f_bavail * unit;
	case ERROR:
		return m->error != NULL;
	case FILES:
		return (double)m->stat.f_files;
	case FILES_FREE:
		return (double)m->stat.f_ffree;
	case FREE:
		return (double)m->stat.f_bfree * unit;
	case READONLY:
		return m->readonly;
	case SIZE:
		return (double)m->stat.f_blocks * unit;
	}
	return 0;
}

/*
 * device_error is there only when there is one: an empty label and a missing
 * label are the same to Prometheus.
 */
static void
put(struct host *h, const struct mount *m, enum what what)
{
	struct host_label l[4];
	size_t n = 0;

	if (m->error != NULL && what != ERROR && what != READONLY)
		return;
	l[n++] = (struct host_label){ STR("device"), m->device };
	if (m->error != NULL)
		l[n++] = (struct host_label){ STR("device_error"),
		    str_of(m->error) };
	l[n++] = (struct host_label){ STR("fstype"), m->fstype };
	l[n++] = (struct host_label){ STR("mountpoint"), m->point };
	host_sample(h, value_of(m, what), l, n);
}

/* Of process 1, as a container sees only its own; hidepid may forbid it. */
static int
read_table(struct host *h, struct str *table, struct err *e)
{
	if (host_read_proc(h, "1/mountinfo", table, e) == 1)
		return 1;
	return host_read_proc(h, "self/mountinfo", table, e);
}

int
host_filesystem(struct host *h, struct err *e)
{
	struct mount *m;
	struct str table;
	size_t i, k, n;
	int rc;

	if ((rc = read_table(h, &table, e)) != 1)
		return rc;
	n = mounts_parse(table, h->rootfs, &h->arena, &m);
	mounts_stat(m, n, h->mount_timeout_ms, statvfs);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		host_family(h, str_of(rows[i].name), "gauge",
		    str_of(rows[i].help));
		for (k = 0; k < n; k++)
			put(h, &m[k], rows[i].what);
	}
	return 1;
}

/*
 * diskstats: one line a block device; 14 columns, 18 since Linux 4.18 with
 * discards, 20 since 5.5 with flushes, and perhaps more later.  A sector is
 * 512 bytes here whatever the device's block size.
 */
#include "host.h"

#include "core/vec.h"

#define FIELDS_MAX	17	/* behind major, minor and name */
#define SECTOR_BYTES	512

/* The field's position, and what one unit of it is worth. */
static const struct {
	size_t field;
	double unit;
	const char *name, *type, *help;
} rows[] = {
	{ 14, 0.001, "node_disk_discard_time_seconds_total", "counter",
	    "This is the total number of seconds spent by all discards." },
	{ 13, 1, "node_disk_discarded_sectors_total", "counter",
	    "The total number of sectors discarded successfully." },
	{ 11, 1, "node_disk_discards_completed_total", "counter",
	    "The total number of discards completed successfully." },
	{ 12, 1, "node_disk_discards_merged_total", "counter",
	    "The total number of discards merged." },
	{ 16, 0.001, "node_disk_flush_requests_time_seconds_total", "counter",
	    "This is the total number of seconds spent by all flush "
	    "requests." },
	{ 15, 1, "node_disk_flush_requests_total", "counter",
	    "The total number of flush requests completed successfully" },
	{ 8, 1, "node_disk_io_now", "gauge",
	    "The number of I/Os currently in progress." },
	{ 9, 0.001, "node_disk_io_time_seconds_total", "counter",
	    "Total seconds spent doing I/Os." },
	{ 10, 0.001, "node_disk_io_time_weighted_seconds_total", "counter",
	    "The weighted # of seconds spent doing I/Os." },
	{ 2, SECTOR_BYTES, "node_disk_read_bytes_total", "counter",
	    "The total number of bytes read successfully." },
	{ 3, 0.001, "node_disk_read_time_seconds_total", "counter",
	    "The total number of seconds spent by all reads." },
	{ 0, 1, "node_disk_reads_completed_total", "counter",
	    "The total number of reads completed successfully." },
	{ 1, 1, "node_disk_reads_merged_total", "counter",
	    "The total number of reads merged." },
	{ 7, 0.001, "node_disk_write_time_seconds_total", "counter",
	    "This is the total number of seconds spent by all writes." },
	{ 4, 1, "node_disk_writes_completed_total", "counter",
	    "The total number of writes completed successfully." },
	{ 5, 1, "node_disk_writes_merged_total", "counter",
	    "The number of writes merged." },
	{ 6, SECTOR_BYTES, "node_disk_written_bytes_total", "counter",
	    "The total number of bytes written successfully." },
};

struct disk {
	struct str name;
	double field[FIELDS_MAX];
	size_t n;
};

static bool
all_digits(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* s is prefix and then only digits. */
static bool
numbered(struct str s, struct str prefix)
{
	return str_starts(s, prefix) && all_digits(str_sub(s, prefix.n, s.n));
}

/* [hsv]da1, xvda1: one letter for the disk, digits for the partition. */
static bool
lettered_partition(struct str s)
{
	static const char *const kinds[] = { "hd", "sd", "vd", "xvd" };
	size_t i, n;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		n = strlen(kinds[i]);
		if (s.n > n && str_starts(s, str_of(kinds[i])) &&
		    s.p[n] >= 'a' && s.p[n] <= 'z' &&
		    all_digits(str_sub(s, n + 1, s.n)))
			return true;
	}
	return false;
}

/* nvme0n1p2 */
static bool
nvme_partition(struct str s)
{
	struct str ctrl, ns;

	if (!str_starts(s, STR("nvme")))
		return false;
	s = str_cut(str_sub(s, 4, s.n), 'n', &ctrl);
	s = str_cut(s, 'p', &ns);
	return all_digits(ctrl) && all_digits(ns) && all_digits(s);
}

/* node_exporter's default: no RAM disks, loops, floppies, partitions. */
static bool
excluded(struct str s)
{
	return numbered(s, STR("ram")) || numbered(s, STR("zram")) ||
	    numbered(s, STR("loop")) || numbered(s, STR("fd")) ||
	    lettered_partition(s) || nvme_partition(s);
}

static bool
parse_disk(struct str line, struct disk *d)
{
	(void)host_word(&line);
	(void)host_word(&line);
	d->name = host_word(&line);
	for (d->n = 0; d->n < FIELDS_MAX; d->n++)
		if (!host_number(host_word(&line), &d->field[d->n]))
			break;
	return d->name.n && d->n >= 11 && !excluded(d->name);
}

int
host_diskstats(struct host *h, struct err *e)
{
	VEC(struct disk) disks = { 0 };
	struct disk d;
	struct str text, line;
	size_t i, k;
	int rc;

	if ((rc = host_read_proc(h, "diskstats", &text, e)) != 1)
		return rc;
	while (host_line(&text, &line))
		if (parse_disk(line, &d))
			vec_push(&disks, d);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		host_family(h, str_of(rows[i].name), rows[i].type,
		    str_of(rows[i].help));
		for (k = 0; k < disks.n; k++)
			if (rows[i].field < disks.p[k].n)
				host_sample1(h, disks.p[k].field[rows[i].field]
				    * rows[i].unit, "device",
				    disks.p[k].name);
	}
	vec_release(&disks);
	return 1;
}

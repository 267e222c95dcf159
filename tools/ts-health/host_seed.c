/*
 * seed: the five metrics of the guide's SystemMonitor, under its names.
 */
#include "host.h"

#include <sys/statvfs.h>
#include <time.h>

#include "procfs.h"

#define SAMPLE_MS	200	/* between two looks at the processors */

static int
look(struct host *h, struct cpu_times **all, struct err *e)
{
	struct str text;
	int rc = host_read_proc(h, "stat", &text, e);

	if (rc == 1 && cpu_times_parse(text, &h->arena, all) == 0)
		rc = err_set(e, ERR_SYNTAX, "no cpu line in stat");
	return rc;
}

static int
put_cpu(struct host *h, struct err *e)
{
	static const struct timespec t = { 0, SAMPLE_MS * 1000000 };
	struct cpu_times *a, *b;
	int rc;

	if ((rc = look(h, &a, e)) != 1)
		return rc;
	(void)nanosleep(&t, NULL);
	if ((rc = look(h, &b, e)) == 1)
		host_single(h, "system_cpu_usage_percent", "gauge",
		    "CPU usage percentage", cpu_share(&a[0], &b[0]).busy);
	return rc;
}

static void
put_network(struct host *h, struct str text)
{
	struct net_device *d;
	size_t i, n = net_devices_parse(text, &h->arena, &d);
	double sent = 0, received = 0;

	for (i = 0; i < n; i++) {
		sent += d[i].counter[NET_TX_BYTES];
		received += d[i].counter[NET_RX_BYTES];
	}
	host_single(h, "system_network_bytes_sent_total", "gauge",
	    "Network bytes sent", sent);
	host_single(h, "system_network_bytes_recv_total", "gauge",
	    "Network bytes received", received);
}

/* used / total, as the guide has it; df counts without root's reserve. */
static void
put_disk(struct host *h)
{
	struct statvfs s;

	if (statvfs(h->rootfs, &s) == 0 && s.f_blocks > 0)
		host_single(h, "system_disk_usage_percent", "gauge",
		    "Disk usage percentage", (double)(s.f_blocks -
		    s.f_bfree) * 100 / (double)s.f_blocks);
}

int
host_seed(struct host *h, struct err *e)
{
	struct meminfo m;
	struct str text;
	int rc = put_cpu(h, e);

	if (rc != 1)
		return rc;
	if (host_read_proc(h, "meminfo", &text, e) == 1 &&
	    meminfo_parse(text, &m))
		host_single(h, "system_memory_usage_percent", "gauge",
		    "Memory usage percentage", (m.total - m.available) * 100 /
		    m.total);
	put_disk(h);
	if (host_read_proc(h, "net/dev", &text, e) == 1)
		put_network(h, text);
	return 1;
}

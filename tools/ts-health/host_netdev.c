/*
 * netdev: one line an interface in /proc/net/dev: eight counters received,
 * eight sent.  There need not be a blank behind the colon.
 */
#include "host.h"

#include "procfs.h"

static const struct {
	int col;		/* -1: not in this file, see nohandler() */
	const char *what;
} rows[] = {
	{ 0, "receive_bytes" }, { 6, "receive_compressed" },
	{ 3, "receive_drop" }, { 2, "receive_errs" },
	{ 4, "receive_fifo" }, { 5, "receive_frame" },
	{ 7, "receive_multicast" }, { -1, "receive_nohandler" },
	{ 1, "receive_packets" },
	{ 8, "transmit_bytes" }, { 14, "transmit_carrier" },
	{ 13, "transmit_colls" }, { 15, "transmit_compressed" },
	{ 11, "transmit_drop" }, { 10, "transmit_errs" },
	{ 12, "transmit_fifo" }, { 9, "transmit_packets" },
};

/* Packets for which there was no protocol; only sysfs tells. */
static bool
nohandler(struct host *h, struct str device, double *v)
{
	struct str path, text;
	struct err e;

	path = arena_printf(&h->arena, "class/net/" STR_FMT
	    "/statistics/rx_nohandler", STR_ARG(device));
	return host_read_sys(h, path.p, &text, &e) == 1 &&
	    host_number(str_trim(text), v);
}

int
host_netdev(struct host *h, struct err *e)
{
	struct net_device *device;
	struct str text;
	size_t i, k, n;
	double v;
	int rc;

	if ((rc = host_read_proc(h, "net/dev", &text, e)) != 1)
		return rc;
	n = net_devices_parse(text, &h->arena, &device);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		host_family(h, arena_printf(&h->arena,
		    "node_network_%s_total", rows[i].what), "counter",
		    arena_printf(&h->arena, "Network device statistic %s.",
		    rows[i].what));
		for (k = 0; k < n; k++) {
			if (rows[i].col != -1)
				v = device[k].counter[rows[i].col];
			else if (!nohandler(h, device[k].name, &v))
				continue;
			host_sample1(h, v, "device", device[k].name);
		}
	}
	return 1;
}

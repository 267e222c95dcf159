/*
 * netdev: one line an interface in /proc/net/dev: eight counters received,
 * eight sent.  There need not be a blank behind the colon.
 */
#include "host.h"

#include "core/vec.h"

#define COUNTERS	16

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

struct device {
	struct str name;
	double counter[COUNTERS];
};

static bool
parse_device(struct str line, struct device *d)
{
	struct str rest = str_cut(line, ':', &d->name);
	int i;

	if (rest.p == NULL)
		return false;	/* the two lines of heading */
	d->name = str_trim(d->name);
	for (i = 0; i < COUNTERS; i++)
		if (!host_number(host_word(&rest), &d->counter[i]))
			return false;
	return true;
}

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
	VEC(struct device) devices = { 0 };
	struct device d;
	struct str text, line;
	size_t i, k;
	double v;
	int rc;

	if ((rc = host_read_proc(h, "net/dev", &text, e)) != 1)
		return rc;
	while (host_line(&text, &line))
		if (parse_device(line, &d))
			vec_push(&devices, d);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		host_family(h, arena_printf(&h->arena,
		    "node_network_%s_total", rows[i].what), "counter",
		    arena_printf(&h->arena, "Network device statistic %s.",
		    rows[i].what));
		for (k = 0; k < devices.n; k++) {
			if (rows[i].col != -1)
				v = devices.p[k].counter[rows[i].col];
			else if (!nohandler(h, devices.p[k].name, &v))
				continue;
			host_sample1(h, v, "device", devices.p[k].name);
		}
	}
	vec_release(&devices);
	return 1;
}

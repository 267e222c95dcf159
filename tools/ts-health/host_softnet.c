/*
 * softnet: what each processor did with packets; hexadecimal columns, one
 * line a processor, the last columns on newer kernels only.
 */
#include "host.h"

#include <stdlib.h>

#define COLUMNS	13
#define CPU	12		/* which processor the line is of */

static const struct {
	int col;
	const char *name, *type, *help;
} rows[] = {
	{ 11, "node_softnet_backlog_len", "gauge",
	    "Softnet backlog status" },
	{ 8, "node_softnet_cpu_collision_total", "counter",
	    "Number of collision occur while obtaining device lock while "
	    "transmitting" },
	{ 1, "node_softnet_dropped_total", "counter",
	    "Number of dropped packets" },
	{ 10, "node_softnet_flow_limit_count_total", "counter",
	    "Number of times flow limit has been reached" },
	{ 0, "node_softnet_processed_total", "counter",
	    "Number of processed packets" },
	{ 9, "node_softnet_received_rps_total", "counter",
	    "Number of times cpu woken up received_rps" },
	{ 2, "node_softnet_times_squeezed_total", "counter",
	    "Number of times processing packets ran out of quota" },
};

/* The columns of a line; how many. */
static int
parse(struct host *h, struct str line, double *v)
{
	struct str word;
	int n;

	for (n = 0; n < COLUMNS && (word = host_word(&line)).n; n++)
		v[n] = (double)strtoul(arena_cstr(&h->arena, word), NULL, 16);
	return n;
}

int
host_softnet(struct host *h, struct err *e)
{
	struct str all, text, line;
	double v[COLUMNS] = { 0 };
	size_t i, at;
	int n, rc;

	if ((rc = host_read_proc(h, "net/softnet_stat", &all, e)) != 1)
		return rc;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		host_family(h, str_of(rows[i].name), rows[i].type,
		    str_of(rows[i].help));
		for (at = 0, text = all; host_line(&text, &line); at++) {
			n = parse(h, line, v);
			for (; n < COLUMNS; n++)
				v[n] = n == CPU ? (double)at : 0;
			host_sample1(h, v[rows[i].col], "cpu", arena_printf(
			    &h->arena, "%.0f", v[CPU]));
		}
	}
	return 1;
}

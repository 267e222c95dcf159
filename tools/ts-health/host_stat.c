/*
 * stat: the single counters of /proc/stat, the first number of their line.
 */
#include "host.h"

static const struct {
	const char *key, *name, *type, *help;
} rows[] = {
	{ "btime", "node_boot_time_seconds", "gauge",
	    "Node boot time, in unixtime." },
	{ "ctxt", "node_context_switches_total", "counter",
	    "Total number of context switches." },
	{ "intr", "node_intr_total", "counter",
	    "Total number of interrupts serviced." },
	{ "processes", "node_forks_total", "counter",
	    "Total number of forks." },
	{ "procs_blocked", "node_procs_blocked", "gauge",
	    "Number of processes blocked waiting for I/O to complete." },
	{ "procs_running", "node_procs_running", "gauge",
	    "Number of processes in runnable state." },
};

int
host_stat(struct host *h, struct err *e)
{
	struct str text, line, key;
	double v;
	size_t i;
	int rc;

	if ((rc = host_read_proc(h, "stat", &text, e)) != 1)
		return rc;
	while (host_line(&text, &line)) {
		key = host_word(&line);
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (str_eq(key, str_of(rows[i].key)) &&
			    host_number(host_word(&line), &v))
				host_single(h, rows[i].name, rows[i].type,
				    rows[i].help, v);
	}
	return 1;
}

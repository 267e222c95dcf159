/*
 * pressure: stall information.  Kernels differ in which files and which of
 * the lines "some" and "full" they have, so each row is taken when present.
 */
#include "host.h"

#include "procfs.h"

static const struct {
	const char *file, *line, *name, *help;
} rows[] = {
	{ "pressure/cpu", "some", "node_pressure_cpu_waiting_seconds_total",
	    "Total time in seconds that processes have waited for CPU time" },
	{ "pressure/io", "full", "node_pressure_io_stalled_seconds_total",
	    "Total time in seconds no process could make progress due to IO "
	    "congestion" },
	{ "pressure/io", "some", "node_pressure_io_waiting_seconds_total",
	    "Total time in seconds that processes have waited due to IO "
	    "congestion" },
	{ "pressure/irq", "full", "node_pressure_irq_stalled_seconds_total",
	    "Total time in seconds no process could make progress due to IRQ "
	    "congestion" },
	{ "pressure/memory", "full",
	    "node_pressure_memory_stalled_seconds_total",
	    "Total time in seconds no process could make progress due to "
	    "memory congestion" },
	{ "pressure/memory", "some",
	    "node_pressure_memory_waiting_seconds_total",
	    "Total time in seconds that processes have waited for memory" },
};

int
host_pressure(struct host *h, struct err *e)
{
	struct str text;
	double us;
	size_t i;
	int rc, found = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rc = host_read_proc(h, rows[i].file, &text, e);
		if (rc == -1)
			return -1;
		if (rc == 0 || !psi_value(text, str_of(rows[i].line),
		    "total", &us))
			continue;
		/* Twice, as upstream does: the last digits depend on it. */
		host_single(h, rows[i].name, "counter", rows[i].help,
		    us / 1000 / 1000);
		found = 1;
	}
	return found;
}

/*
 * cpu: seconds per processor and mode.  The ids need not be contiguous (a
 * processor may be offline), and a kernel may print fewer columns.
 */
#include "host.h"

#include <unistd.h>

/* The columns of a "cpuN" line; guest time is also inside user and nice. */
enum { COL_USER, COL_NICE, COL_SYSTEM, COL_IDLE, COL_IOWAIT, COL_IRQ,
	COL_SOFTIRQ, COL_STEAL, COL_GUEST, COL_GUEST_NICE, NCOLS };

/* In order of mode, as the samples are printed. */
static const struct {
	const char *mode;
	int col;
} modes[] = {
	{ "idle", COL_IDLE }, { "iowait", COL_IOWAIT }, { "irq", COL_IRQ },
	{ "nice", COL_NICE }, { "softirq", COL_SOFTIRQ },
	{ "steal", COL_STEAL }, { "system", COL_SYSTEM },
	{ "user", COL_USER },
}, guest_modes[] = {
	{ "nice", COL_GUEST_NICE }, { "user", COL_GUEST },
};

/* The id and the columns (ticks) of the next "cpuN" line. */
static bool
next_cpu(struct str *text, struct str *id, double *ticks)
{
	struct str line, word;
	int i;

	while (host_line(text, &line)) {
		word = host_word(&line);
		if (!str_starts(word, STR("cpu")) || word.n == 3)
			continue;
		*id = str_sub(word, 3, word.n);
		for (i = 0; i < NCOLS; i++)
			if (!host_number(host_word(&line), &ticks[i]))
				ticks[i] = 0;
		return true;
	}
	return false;
}

static void
cpu_sample(struct host *h, struct str id, const char *mode, double ticks)
{
	struct host_label l[] = {
		{ STR("cpu"), id },
		{ STR("mode"), str_of(mode) },
	};

	host_sample(h, ticks / (double)sysconf(_SC_CLK_TCK), l, 2);
}

int
host_cpu(struct host *h, struct err *e)
{
	struct str all, text, id;
	double ticks[NCOLS];
	size_t i;
	int rc;

	if ((rc = host_read_proc(h, "stat", &all, e)) != 1)
		return rc;
	host_family(h, STR("node_cpu_guest_seconds_total"), "counter",
	    STR("Seconds the CPUs spent in guests (VMs) for each mode."));
	for (text = all; next_cpu(&text, &id, ticks);)
		for (i = 0; i < sizeof(guest_modes) / sizeof(*guest_modes); i++)
			cpu_sample(h, id, guest_modes[i].mode,
			    ticks[guest_modes[i].col]);
	host_family(h, STR("node_cpu_seconds_total"), "counter",
	    STR("Seconds the CPUs spent in each mode."));
	for (text = all; next_cpu(&text, &id, ticks);)
		for (i = 0; i < sizeof(modes) / sizeof(*modes); i++)
			cpu_sample(h, id, modes[i].mode, ticks[modes[i].col]);
	return 1;
}

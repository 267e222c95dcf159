/*
 * loadavg: three numbers and more; the first three are the averages.
 */
#include "host.h"

int
host_loadavg(struct host *h, struct err *e)
{
	static const struct {
		const char *name, *help;
	} rows[] = {
		{ "node_load1", "1m load average." },
		{ "node_load5", "5m load average." },
		{ "node_load15", "15m load average." },
	};
	struct str line;
	double v;
	size_t i;
	int rc;

	if ((rc = host_read_proc(h, "loadavg", &line, e)) != 1)
		return rc;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!host_number(host_word(&line), &v))
			return err_set(e, ERR_SYNTAX, "bad loadavg");
		host_single(h, rows[i].name, "gauge", rows[i].help, v);
	}
	return 1;
}

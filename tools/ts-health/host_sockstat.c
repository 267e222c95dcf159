/*
 * sockstat: sockets by protocol; lines "TCP: inuse 4 orphan 0 mem 1".
 */
#include "host.h"

#include <unistd.h>

static void
put(struct host *h, struct str protocol, struct str name, double v)
{
	bool all = str_eq(protocol, STR("sockets"));

	host_family(h, ARENA_JOIN(&h->arena, STR("node_sockstat_"), protocol,
	    STR("_"), name), "gauge", all ?
	    STR("Number of IPv4 sockets in use.") : ARENA_JOIN(&h->arena,
	    STR("Number of "), protocol, STR(" sockets in state "), name,
	    STR(".")));
	host_sample(h, v, NULL, 0);
}

static void
put_lines(struct host *h, struct str text)
{
	struct str line, protocol, name;
	double v;

	while (host_line(&text, &line)) {
		line = str_cut(line, ':', &protocol);
		while ((name = host_word(&line)).n) {
			if (!host_number(host_word(&line), &v))
				break;
			put(h, protocol, name, v);
			/* mem counts pages */
			if (str_eq(name, STR("mem")))
				put(h, protocol, STR("mem_bytes"), v *
				    (double)sysconf(_SC_PAGESIZE));
		}
	}
}

int
host_sockstat(struct host *h, struct err *e)
{
	struct str text;
	int rc;

	if ((rc = host_read_proc(h, "net/sockstat", &text, e)) != 1)
		return rc;
	put_lines(h, text);
	if (host_read_proc(h, "net/sockstat6", &text, e) == 1)
		put_lines(h, text);
	return 1;
}

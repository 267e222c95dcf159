/*
 * vmstat: paging, swapping and the OOM killer; the rest of /proc/vmstat is
 * of interest to kernel developers.
 */
#include "host.h"

static bool
wanted(struct str key)
{
	return str_starts(key, STR("oom_kill")) ||
	    str_starts(key, STR("pgpg")) || str_starts(key, STR("pswp")) ||
	    (str_starts(key, STR("pg")) && str_find(key, STR("fault")) > 0);
}

int
host_vmstat(struct host *h, struct err *e)
{
	struct str text, line, key;
	double v;
	int rc;

	if ((rc = host_read_proc(h, "vmstat", &text, e)) != 1)
		return rc;
	while (host_line(&text, &line)) {
		key = host_word(&line);
		if (!wanted(key) || !host_number(host_word(&line), &v))
			continue;
		host_family(h, ARENA_JOIN(&h->arena, STR("node_vmstat_"), key),
		    "untyped", ARENA_JOIN(&h->arena,
		    STR("/proc/vmstat information field "), key, STR(".")));
		host_sample(h, v, NULL, 0);
	}
	return 1;
}

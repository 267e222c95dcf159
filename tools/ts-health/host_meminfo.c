/*
 * meminfo: every field of /proc/meminfo.  `Active(anon):  12 kB` becomes
 * node_memory_Active_anon_bytes; a field without a unit is a plain count and
 * gets no suffix.
 */
#include "host.h"

/* "Active(anon)" to "Active_anon", with "_bytes" when it is an amount. */
static struct str
field_name(struct host *h, struct str key, bool bytes)
{
	ptrdiff_t open = str_find_char(key, '(');
	struct str suffix = bytes ? STR("_bytes") : STR("");

	if (open == -1 || !str_ends(key, STR(")")))
		return ARENA_JOIN(&h->arena, key, suffix);
	return ARENA_JOIN(&h->arena, str_sub(key, 0, (size_t)open), STR("_"),
	    str_sub(key, (size_t)open + 1, key.n - 1), suffix);
}

int
host_meminfo(struct host *h, struct err *e)
{
	struct str text, line, key, name;
	bool bytes;
	double v;
	int rc;

	if ((rc = host_read_proc(h, "meminfo", &text, e)) != 1)
		return rc;
	while (host_line(&text, &line)) {
		line = str_cut(line, ':', &key);
		if (!host_number(host_word(&line), &v))
			continue;	/* a field without a value */
		bytes = str_eq(host_word(&line), STR("kB"));
		name = field_name(h, key, bytes);
		host_family(h, ARENA_JOIN(&h->arena, STR("node_memory_"), name),
		    "gauge", ARENA_JOIN(&h->arena,
		    STR("Memory information field "), name, STR(".")));
		host_sample(h, bytes ? v * 1024 : v, NULL, 0);
	}
	return 1;
}

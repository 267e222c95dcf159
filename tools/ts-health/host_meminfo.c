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
	const char *suffix = bytes ? "_bytes" : "";

	if (open == -1 || !str_ends(key, STR(")")))
		return arena_printf(&h->arena, STR_FMT "%s", STR_ARG(key),
		    suffix);
	return arena_printf(&h->arena, "%.*s_%.*s%s", (int)open, key.p,
	    (int)(key.n - (size_t)open - 2), key.p + open + 1, suffix);
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
		host_family(h, arena_printf(&h->arena, "node_memory_" STR_FMT,
		    STR_ARG(name)), "gauge", arena_printf(&h->arena,
		    "Memory information field " STR_FMT ".", STR_ARG(name)));
		host_sample(h, bytes ? v * 1024 : v, NULL, 0);
	}
	return 1;
}

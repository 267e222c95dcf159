/*
 * netstat: the counters of IP, TCP and UDP that node_exporter has by default.
 * /proc/net/netstat and snmp have pairs of lines, names and values; snmp6 has
 * a line for each.
 */
#include "host.h"

/* node_exporter's --collector.netstat.fields; a * stands for any rest. */
static const struct {
	const char *protocol;
	const char *names[9];
} wanted[] = {
	{ "*", { "InErrors", "InErrs" } },
	{ "Icmp", { "InMsgs", "OutMsgs" } },
	{ "Icmp6", { "InMsgs", "OutMsgs" } },
	{ "Ip", { "Forwarding" } },
	{ "Ip6", { "InOctets", "OutOctets" } },
	{ "IpExt", { "InOctets", "OutOctets" } },
	{ "Tcp", { "ActiveOpens", "CurrEstab", "InSegs", "OutRsts", "OutSegs",
	    "PassiveOpens", "RetransSegs" } },
	{ "TcpExt", { "Listen*", "Syncookies*", "TCPOFOQueue", "TCPRcvQDrop",
	    "TCPSynRetrans", "TCPTimeouts" } },
	{ "Udp", { "InDatagrams", "NoPorts", "OutDatagrams", "RcvbufErrors",
	    "SndbufErrors" } },
	{ "Udp6", { "InDatagrams", "NoPorts", "OutDatagrams", "RcvbufErrors",
	    "SndbufErrors" } },
};

static bool
fits(const char *pattern, struct str s)
{
	size_t i = 0;

	while (i < s.n && pattern[i] == s.p[i])
		i++;
	return pattern[i] == '*' || (i == s.n && pattern[i] == '\0');
}

static bool
is_wanted(struct str protocol, struct str name)
{
	const char *const *one;
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (!fits(wanted[i].protocol, protocol))
			continue;
		for (one = wanted[i].names; *one; one++)
			if (fits(*one, name))
				return true;
	}
	return false;
}

static void
put(struct host *h, struct str protocol, struct str name, struct str value)
{
	double v;

	if (!is_wanted(protocol, name) || !host_number(value, &v))
		return;
	host_family(h, ARENA_JOIN(&h->arena, STR("node_netstat_"), protocol,
	    STR("_"), name), "untyped", ARENA_JOIN(&h->arena,
	    STR("Statistic "), protocol, name, STR(".")));
	host_sample(h, v, NULL, 0);
}

/* "Tcp: A B" and, in the next line, "Tcp: 1 2" */
static void
put_pairs(struct host *h, struct str text)
{
	struct str names, values, protocol, name;

	while (host_line(&text, &names) && host_line(&text, &values)) {
		names = str_cut(names, ':', &protocol);
		(void)host_word(&values);
		while ((name = host_word(&names)).n)
			put(h, protocol, name, host_word(&values));
	}
}

/* Ip6InOctets 7: the protocol ends with the 6. */
static void
put_six(struct host *h, struct str text)
{
	struct str line, key;
	ptrdiff_t six;

	while (host_line(&text, &line)) {
		key = host_word(&line);
		if ((six = str_find_char(key, '6')) < 0)
			continue;
		put(h, str_sub(key, 0, (size_t)six + 1), str_sub(key,
		    (size_t)six + 1, key.n), host_word(&line));
	}
}

int
host_netstat(struct host *h, struct err *e)
{
	struct str text;
	int rc;

	if ((rc = host_read_proc(h, "net/netstat", &text, e)) == 1) {
		put_pairs(h, text);
		if (host_read_proc(h, "net/snmp", &text, e) == 1)
			put_pairs(h, text);
		if (host_read_proc(h, "net/snmp6", &text, e) == 1)
			put_six(h, text);
	}
	return rc;
}

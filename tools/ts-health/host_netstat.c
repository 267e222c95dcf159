/*
 * netstat: the counters of IP, TCP and UDP that node_exporter has by default.
 * /proc/net/netstat and snmp have pairs of lines, names and values; snmp6 has
 * a line for each.
 */
#include "host.h"

#include "re/re.h"

/* node_exporter's --collector.netstat.fields */
static const char wanted[] =
	"^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|"
	"Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|"
	"TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|"
	"OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|"
	"OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$";

static void
put(struct host *h, const struct re *re, struct str protocol, struct str name,
    struct str value)
{
	struct str key = arena_printf(&h->arena, STR_FMT "_" STR_FMT,
	    STR_ARG(protocol), STR_ARG(name));
	double v;

	if (!re_match(re, key) || !host_number(value, &v))
		return;
	host_family(h, arena_printf(&h->arena, "node_netstat_" STR_FMT,
	    STR_ARG(key)), "untyped", arena_printf(&h->arena, "Statistic "
	    STR_FMT STR_FMT ".", STR_ARG(protocol), STR_ARG(name)));
	host_sample(h, v, NULL, 0);
}

/* "Tcp: A B" and, in the next line, "Tcp: 1 2" */
static void
put_pairs(struct host *h, const struct re *re, struct str text)
{
	struct str names, values, protocol, name;

	while (host_line(&text, &names) && host_line(&text, &values)) {
		names = str_cut(names, ':', &protocol);
		(void)host_word(&values);
		while ((name = host_word(&names)).n)
			put(h, re, protocol, name, host_word(&values));
	}
}

/* Ip6InOctets 7: the protocol ends with the 6. */
static void
put_six(struct host *h, const struct re *re, struct str text)
{
	struct str line, key;
	ptrdiff_t six;

	while (host_line(&text, &line)) {
		key = host_word(&line);
		if ((six = str_find_char(key, '6')) < 0)
			continue;
		put(h, re, str_sub(key, 0, (size_t)six + 1), str_sub(key,
		    (size_t)six + 1, key.n), host_word(&line));
	}
}

int
host_netstat(struct host *h, struct err *e)
{
	struct str text;
	struct re *re = re_compile(str_of(wanted), 0, e);
	int rc;

	if (re == NULL)
		return -1;
	if ((rc = host_read_proc(h, "net/netstat", &text, e)) == 1) {
		put_pairs(h, re, text);
		if (host_read_proc(h, "net/snmp", &text, e) == 1)
			put_pairs(h, re, text);
		if (host_read_proc(h, "net/snmp6", &text, e) == 1)
			put_six(h, re, text);
	}
	re_free(re);
	return rc;
}

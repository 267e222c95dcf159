#include "forwarded.h"

/* 192.0.2.1, 192.0.2.1:443, 2001:db8::1, [2001:db8::1], [2001:db8::1]:443 */
static bool
read_hop(struct str hop, struct address *a)
{
	struct str host = hop;
	ptrdiff_t at;

	if (hop.n > 0 && hop.p[0] == '[') {
		(void)str_cut(str_sub(hop, 1, hop.n), ']', &host);
	} else if ((at = str_find_char(hop, ':')) != -1 &&
	    str_find_char(str_sub(hop, (size_t)at + 1, hop.n), ':') == -1) {
		host = str_sub(hop, 0, (size_t)at);
	}
	return address_parse(host, a);
}

bool
forwarded_client(struct str header, const struct cidr_list *proxies,
    struct address *a)
{
	size_t from, to = header.n;

	while (to > 0) {
		for (from = to; from > 0 && header.p[from - 1] != ','; from--)
			;
		if (!read_hop(str_trim(str_sub(header, from, to)), a))
			return false;
		if (!cidr_list_has(proxies, a))
			return true;
		to = from > 0 ? from - 1 : 0;
	}
	return false;
}

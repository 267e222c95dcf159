#include "address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdio.h>

#include "core/io.h"
#include "core/num.h"
#include "scan.h"

#define FILE_MAX	((size_t)16 << 20)

bool
address_parse(struct str s, struct address *out)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN + 1];
	ptrdiff_t zone;

	memset(out, 0, sizeof(*out));
	if (scan_ipv4(s, out->bytes))
		return true;
	zone = str_find_char(s, '%');
	/* A zone means something on its own link only. */
	if (zone > 0) {
		if (str_eq_nocase(str_sub(s, 0, 3), STR("fe8")) ||
		    str_eq_nocase(str_sub(s, 0, 3), STR("ff0")))
			return false;
		s = str_sub(s, 0, (size_t)zone);
	}
	if (s.n < 2 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (memchr(text, '\0', s.n) != NULL)
		return false;
	out->v6 = strchr(text, ':') != NULL;
	if (inet_pton(out->v6 ? AF_INET6 : AF_INET, text, out->bytes) != 1)
		return false;
	if (out->v6 && memcmp(out->bytes, mapped, sizeof(mapped)) == 0) {
		memmove(out->bytes, out->bytes + 12, 4);
		memset(out->bytes + 4, 0, 12);
		out->v6 = false;
	}
	return true;
}

static size_t
print_ipv4(const unsigned char *byte, char *text)
{
	char *p = text;
	int i;

	for (i = 0; i < 4; i++) {
		unsigned v = byte[i];

		if (v > 99)
			*p++ = (char)('0' + v / 100);
		if (v > 9)
			*p++ = (char)('0' + v / 10 % 10);
		*p++ = (char)('0' + v % 10);
		if (i < 3)
			*p++ = '.';
	}
	*p = '\0';
	return (size_t)(p - text);
}

struct str
address_print(const struct address *a, int prefix, char text[ADDRESS_TEXT])
{
	size_t n;

	if (a->v6) {
		(void)inet_ntop(AF_INET6, a->bytes, text, ADDRESS_TEXT);
		n = strlen(text);
	} else {
		n = print_ipv4(a->bytes, text);
	}
	if (prefix < (a->v6 ? 128 : 32))
		n += (size_t)snprintf(text + n, ADDRESS_TEXT - n, "/%d",
		    prefix);
	return (struct str){ text, n };
}

void
address_mask(struct address *a, int prefix)
{
	int n = a->v6 ? 16 : 4, i = prefix / 8;

	if (i >= n)
		return;
	a->bytes[i] &= (unsigned char)(0xff00 >> prefix % 8);
	for (i++; i < n; i++)
		a->bytes[i] = 0;
}

bool
cidr_make(struct str address, int64_t prefix, struct cidr *out)
{
	int most;

	if (!address_parse(address, &out->address))
		return false;
	most = out->address.v6 ? 128 : 32;
	if (prefix >= 0 && most == 32 && str_find_char(address, ':') != -1 &&
	    (prefix -= 96) < 0)
		return false;
	if (prefix > most)
		return false;
	out->prefix = prefix < 0 ? most : (int)prefix;
	address_mask(&out->address, out->prefix);
	return true;
}

bool
cidr_parse(struct str s, struct cidr *out)
{
	struct str host, rest = str_cut(s, '/', &host);
	int64_t prefix = -1;

	return (rest.p == NULL || num_parse_i64(rest, 0, 128, &prefix)) &&
	    cidr_make(host, prefix, out);
}

bool
cidr_has(const struct cidr *c, const struct address *a)
{
	size_t n = (size_t)c->prefix / 8;
	unsigned rest = (0xff00U >> c->prefix % 8) & 0xff;

	return c->address.v6 == a->v6 &&
	    memcmp(c->address.bytes, a->bytes, n) == 0 && (rest == 0 ||
	    ((c->address.bytes[n] ^ a->bytes[n]) & rest) == 0);
}

bool
cidr_list_has(const struct cidr_list *l, const struct address *a)
{
	size_t i;

	for (i = 0; i < l->cidrs.n; i++)
		if (cidr_has(&l->cidrs.p[i], a))
			return true;
	return false;
}

void
cidr_list_loopback(struct cidr_list *l)
{
	struct cidr c;

	if (cidr_parse(STR("127.0.0.0/8"), &c))
		vec_push(&l->cidrs, c);
	if (cidr_parse(STR("::1"), &c))
		vec_push(&l->cidrs, c);
}

void
cidr_list_self(struct cidr_list *l)
{
	struct ifaddrs *all, *i;
	struct cidr c;

	if (getifaddrs(&all) == -1)
		return;
	for (i = all; i != NULL; i = i->ifa_next) {
		memset(&c, 0, sizeof(c));
		if (i->ifa_addr == NULL)
			continue;
		if (i->ifa_addr->sa_family == AF_INET) {
			struct sockaddr_in in;

			memcpy(&in, i->ifa_addr, sizeof(in));
			memcpy(c.address.bytes, &in.sin_addr, 4);
			c.prefix = 32;
		} else if (i->ifa_addr->sa_family == AF_INET6) {
			struct sockaddr_in6 in;

			memcpy(&in, i->ifa_addr, sizeof(in));
			memcpy(c.address.bytes, &in.sin6_addr, 16);
			c.address.v6 = true;
			c.prefix = 128;
		} else {
			continue;
		}
		vec_push(&l->cidrs, c);
	}
	freeifaddrs(all);
}

int
cidr_list_file(struct cidr_list *l, const char *path, struct err *e)
{
	struct buf text = { 0 };
	struct str rest, line;
	struct cidr c;
	unsigned n = 0;
	int rc = 0;

	if (io_read_file(path, FILE_MAX, &text, e) == -1)
		return -1;
	for (rest = buf_str(&text); rest.p != NULL && rc == 0; ) {
		rest = str_cut(rest, '\n', &line);
		n++;
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!cidr_parse(line, &c)) {
			rc = err_at(e, n, 1, "'" STR_FMT "' is no address or "
			    "network", STR_ARG(line));
			e->file = path;
		} else {
			vec_push(&l->cidrs, c);
		}
	}
	buf_release(&text);
	return rc;
}

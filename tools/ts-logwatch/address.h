/*
 * address: addresses as keys: canonical text, masks, lists.
 */
#ifndef TS_LOGWATCH_ADDRESS_H
#define TS_LOGWATCH_ADDRESS_H

#include <stdbool.h>

#include "core/err.h"
#include "core/str.h"
#include "core/vec.h"

struct address {
	bool v6;
	unsigned char bytes[16];	/* 4 or 16, network order */
};

/*
 * As inet_pton reads them; ::ffff:a.b.c.d is IPv4; a zone (%eth0) is cut off, and
 * refused with an address that has no meaning without it.
 * Names are not resolved: who sends a line may own the name.
 */
bool	address_parse(struct str s, struct address *out);

/* Canonical; with /prefix when it is shorter than the address. */
#define ADDRESS_TEXT	64
struct str	address_print(const struct address *a, int prefix,
		    char text[ADDRESS_TEXT]);
void	address_mask(struct address *a, int prefix);

struct cidr {
	struct address address;
	int prefix;
};

bool	cidr_parse(struct str s, struct cidr *out);

/*
 * The same of an address and a prefix, -1: that of one address.  A prefix of
 * an IPv4 address in IPv6's form counts from 96.
 */
bool	cidr_make(struct str address, int64_t prefix, struct cidr *out);
bool	cidr_has(const struct cidr *c, const struct address *a);

/* Networks by name. */
struct cidr_list {
	struct str name;
	VEC(struct cidr) cidrs;
};

bool	cidr_list_has(const struct cidr_list *l, const struct address *a);

/* 127/8, ::1 and this host's own addresses. */
void	cidr_list_loopback(struct cidr_list *l);
void	cidr_list_self(struct cidr_list *l);

/* Lines of a file: networks, '#' comments; -1 with *e. */
int	cidr_list_file(struct cidr_list *l, const char *path, struct err *e);

#endif

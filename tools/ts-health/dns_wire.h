/*
 * dns_wire: DNS messages (RFC 1035) as bytes: a question out, an answer in.
 * Messages of others are hostile: every length is checked, and compression
 * pointers only lead backwards.
 */
#ifndef TS_HEALTH_DNS_WIRE_H
#define TS_HEALTH_DNS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/str.h"

#define DNS_RECORDS_MAX		4096

struct dns_question {
	uint16_t id;
	struct str name;
	uint16_t qtype, qclass;
	bool recurse;
};

enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_NSECTIONS };

struct dns_rr {
	enum dns_section section;
	struct str name;	/* with its final dot */
	uint16_t type, class;
	uint32_t ttl;
	struct str data;	/* as a zone file has it */
	struct str text;	/* name TTL class type data, tabs between */
	uint32_t serial;	/* of a SOA */
};

struct dns_message {
	unsigned rcode;
	bool truncated, authoritative;
	struct dns_rr *rr;	/* all sections in order; OPT left out */
	size_t n, count[DNS_NSECTIONS];
};

/* The message with EDNS0 (1232 bytes); -1 with *e for a name that is none. */
int	dns_put_question(const struct dns_question *q, struct buf *out,
	    struct err *e);

/*
 * What came as an answer to q: 0, or -1 with *e when it is malformed, or
 * answers something else (another id or question).
 */
int	dns_read(struct str bytes, const struct dns_question *q,
	    struct arena *a, struct dns_message *out, struct err *e);

/* AAAA or TYPE65, any case; false when it is neither. */
bool	dns_type_parse(struct str s, uint16_t *type);
struct str	dns_type_name(uint16_t type, struct arena *a);

/* NOERROR, NXDOMAIN …, or RCODE99. */
bool	dns_rcode_parse(struct str s, unsigned *rcode);
struct str	dns_rcode_name(unsigned rcode, struct arena *a);

#endif

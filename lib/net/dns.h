/*
 * dns: questions to the name servers of resolv.conf, with its search list,
 * in the loop (c-ares).  $TS_NAMESERVERS (ADDRESS[:PORT],...) names others.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "core/err.h"
#include "core/str.h"
#include "net/loop.h"

enum dns_type { DNS_A, DNS_AAAA, DNS_MX, DNS_NS, DNS_SRV, DNS_NTYPES };

/* One answer of the type that was asked for. */
struct dns_record {
	struct str text;	/* an address, or a name without final dot */
	unsigned port, priority, weight;	/* of SRV; priority of MX */
};

struct dns;

struct dns	*dns_new(struct loop *l, struct err *e);
void		 dns_free(struct dns *d);	/* NULL does nothing */

/*
 * fn is called once, perhaps at once: with n records (0: there is no such
 * name, or none of this type), or with e set when no server could tell.
 * Records are borrowed for the call.  dns_free calls back no more.
 */
typedef void dns_fn(void *arg, const struct dns_record *r, size_t n,
    const struct err *e);
void	dns_ask(struct dns *d, struct str name, enum dns_type type,
	    dns_fn *fn, void *arg);

#endif

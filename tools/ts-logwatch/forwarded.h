/*
 * forwarded: who asked through proxies.  Each proxy appends the address that
 * asked it to a header (X-Forwarded-For); what is left of the first one that
 * is not ours, anybody may have written.
 */
#ifndef TS_LOGWATCH_FORWARDED_H
#define TS_LOGWATCH_FORWARDED_H

#include "address.h"

/*
 * *a, a proxy of the list, becomes the right-most hop of the header that is
 * none.  False: there is none, or what stands there is no address.
 */
bool	forwarded_client(struct str header, const struct cidr_list *proxies,
	    struct address *a);

#endif

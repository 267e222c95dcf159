/*
 * guard: what is never shut out, whatever a rule says: this host itself, its
 * gateways and resolvers, whoever sits at it over SSH, the lists of the
 * configuration; and nothing that is as good as everybody.
 */
#ifndef TS_LOGWATCH_GUARD_H
#define TS_LOGWATCH_GUARD_H

#include "address.h"

struct guarded {
	struct cidr net;
	const char *what;	/* "is this host's own"; static */
};

struct guard {
	VEC(struct guarded) all;
	int min_v4, min_v6;	/* shorter prefixes are refused */
	bool allow_private;
	bool looked;
};

/* What is the same on every host. */
void	guard_init(struct guard *g);

/*
 * What this host is and has now, instead of what guard_look saw before; but
 * who sat at it over SSH the first time stays: sessions end before programs.
 */
void	guard_look(struct guard *g);

/* Networks of the configuration; before guard_look. */
void	guard_allow(struct guard *g, const struct cidr_list *l);
void	guard_add(struct guard *g, struct str address, const char *what);
void	guard_release(struct guard *g);

/* Why it must not be shut out; NULL when it may. */
const char	*guard_refuses(const struct guard *g, const struct cidr *net);

#endif

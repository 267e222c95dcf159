/*
 * gunzip: a gzip stream inflated as its bytes arrive.  zlib is loaded with
 * the first one.
 */
#ifndef NET_GUNZIP_H
#define NET_GUNZIP_H

#include "net/answer.h"

struct gunzip;

struct gunzip	*gunzip_new(struct err *e);	/* NULL with *e */
void		 gunzip_free(struct gunzip *g);

/* Inflate and hand on; -1 with *e, of its own or of body. */
int	gunzip_feed(struct gunzip *g, struct str bytes, answer_body *body,
	    void *arg, struct err *e);

/* The stream was complete. */
bool	gunzip_complete(const struct gunzip *g);

#endif

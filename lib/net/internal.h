/*
 * What only the files of net share.
 */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include "net/loop.h"

struct ev_loop;
struct watches;			/* watch.c: files that are watched */

struct ev_loop	 *loop_ev(struct loop *l);
struct watches	**loop_watches(struct loop *l);
void		  watches_free(struct watches *w);	/* NULL does nothing */

#endif

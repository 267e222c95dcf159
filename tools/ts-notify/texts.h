/*
 * texts: the templates of one configuration: the defaults, the files of
 * `templates:`, and each receiver's fields, parsed at their first use.
 */
#ifndef TEXTS_H
#define TEXTS_H

#include "config/am.h"
#include "tmpl/data.h"

struct texts;

/*
 * c NULL: the defaults alone.  NULL with *e: file (its name in the arena
 * names), line, col.
 */
struct texts	*texts_new(const struct am_config *c, struct arena *names,
		    struct err *e);
void		 texts_free(struct texts *t);

/* Append template rendered over d. */
int	texts_render(struct texts *t, struct str template, bool html,
	    struct tval dot, struct tmpl_ctx *c, struct buf *out,
	    struct err *e);

#endif

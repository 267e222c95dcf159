/*
 * openfiles: which files are open in some process, and which sockets are
 * bound; as far as we may see (root: all of them).
 */
#ifndef TS_MAINT_OPENFILES_H
#define TS_MAINT_OPENFILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/str.h"

struct openfiles;

struct openfiles	*openfiles_scan(void);
bool	openfiles_has(const struct openfiles *o, dev_t dev, ino_t ino);
/* A socket is bound to that path. */
bool	openfiles_socket(const struct openfiles *o, struct str path);
void	openfiles_free(struct openfiles *o);

#endif

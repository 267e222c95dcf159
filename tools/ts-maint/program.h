/*
 * program: the other tools of the suite.
 */
#ifndef TS_MAINT_PROGRAM_H
#define TS_MAINT_PROGRAM_H

#include "core/arena.h"

/*
 * The path of name in the directory of the running program when it is there,
 * else name itself, for PATH to find.
 */
const char	*program_beside(struct arena *a, const char *name);

#endif

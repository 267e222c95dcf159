/*
 * rmtree: remove a directory of a test with all that is in it, without a
 * shell; links are removed, not followed.
 */
#ifndef UNIT_RMTREE_H
#define UNIT_RMTREE_H

#include <ftw.h>
#include <stdio.h>

static inline int
rmtree_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

/* 0, or -1 with errno. */
static inline int
rmtree(const char *path)
{
	return nftw(path, rmtree_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif

/*
 * siblings: what rotation made of a file: PATH.1, PATH.2.gz, PATH-20260121…
 */
#ifndef TS_LOGWATCH_SIBLINGS_H
#define TS_LOGWATCH_SIBLINGS_H

#include "file.h"

struct sibling {
	const char *path;
	uint64_t dev, ino, size;
	int64_t mtime;		/* ms */
};

typedef VEC(struct sibling) siblings_list;

/* The regular files beside path that are named after it, oldest first. */
void	siblings_find(const char *path, struct arena *a,
	    siblings_list *out);

/*
 * The file at path when it holds what p has signed, whether it is plain or
 * compressed, standing at p->offset; NULL when it does not.
 */
struct file	*sibling_open(struct watch *w, const struct input *input,
		    const char *path, const struct checkpoint *p);

#endif

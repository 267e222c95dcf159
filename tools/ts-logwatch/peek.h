/*
 * peek: bytes of a file that tell what it is.  When they cannot be had (a
 * server is away, a disk ails) it is not known what the file is, which is
 * something else than that it is another one.  So failures are counted: who
 * has decided anything by such bytes asks whether there were any meanwhile.
 */
#ifndef TS_LOGWATCH_PEEK_H
#define TS_LOGWATCH_PEEK_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* As pread(2) and fstat(2). */
ssize_t		peek(int fd, void *p, size_t n, uint64_t offset);
int		peek_stat(int fd, struct stat *st);

void		peek_failed(int error);		/* in another way */

/* How many of all of these have failed; the errno of the last one. */
uint64_t	peek_failures(void);
int		peek_errno(void);

#endif

#include "peek.h"

#include <errno.h>
#include <unistd.h>

static uint64_t failures;
static int why;

void
peek_failed(int error)
{
	failures++;
	why = error;
}

ssize_t
peek(int fd, void *p, size_t n, uint64_t offset)
{
	ssize_t got;

	do
		got = pread(fd, p, n, (off_t)offset);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		peek_failed(errno);
	return got;
}

int
peek_stat(int fd, struct stat *st)
{
	int rc = fstat(fd, st);

	if (rc == -1)
		peek_failed(errno);
	return rc;
}

uint64_t
peek_failures(void)
{
	return failures;
}

int
peek_errno(void)
{
	return why;
}

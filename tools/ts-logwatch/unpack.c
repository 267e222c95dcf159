#include "unpack.h"

#include <archive.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/standin.h"
#include "core/str.h"
#include "peek.h"

#define LIBARCHIVE	"libarchive.so.13"
#define BLOCK_BYTES	((size_t)64 << 10)

/* Loaded by the first file that is compressed. */
#define A	struct archive *a
STAND_IN(LIBARCHIVE, struct archive *, archive_read_new, (void), ())
STAND_IN(LIBARCHIVE, int, archive_read_free, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_support_filter_all, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_support_format_raw, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_open, (A, void *arg,
    archive_open_callback *o, archive_read_callback *r,
    archive_close_callback *c), (a, arg, o, r, c))
STAND_IN(LIBARCHIVE, int, archive_read_next_header, (A,
    struct archive_entry **e), (a, e))
STAND_IN(LIBARCHIVE, la_ssize_t, archive_read_data, (A, void *p, size_t n),
    (a, p, n))
STAND_IN(LIBARCHIVE, const char *, archive_error_string, (A), (a))
#undef A

struct unpack {
	struct archive *a;
	int fd;
	int error;			/* errno when it could not be read */
	char block[BLOCK_BYTES];
};

static const struct str magics[] = {
	STR("\x1f\x8b"), STR("BZh"), STR("\xfd" "7zXZ"),
	STR("\x28\xb5\x2f\xfd"), STR("\x04\x22\x4d\x18"), STR("\x1f\x9d"),
};

bool
unpack_wanted(int fd)
{
	char head[8];
	ssize_t n = peek(fd, head, sizeof(head), 0);
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (n >= 6 && memcmp(head, magics[i].p, magics[i].n) == 0)
			return true;
	return false;
}

/* The library takes what it cannot read for the end. */
static la_ssize_t
read_block(struct archive *a, void *arg, const void **p)
{
	struct unpack *u = arg;
	ssize_t n;

	(void)a;
	do
		n = read(u->fd, u->block, sizeof(u->block));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		peek_failed(u->error = errno);
	*p = u->block;
	return n;
}

struct unpack *
unpack_open(int fd, struct err *e)
{
	struct archive_entry *entry;
	struct unpack *u;

	if (dynlib_have(LIBARCHIVE, e) == -1)
		return NULL;
	u = mem_zalloc(sizeof(*u));
	u->fd = fd;
	(void)lseek(fd, 0, SEEK_SET);
	u->a = archive_read_new();
	if (u->a == NULL)
		mem_exhausted();
	(void)archive_read_support_filter_all(u->a);
	(void)archive_read_support_format_raw(u->a);
	if (archive_read_open(u->a, u, NULL, read_block, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(u->a, &entry) < ARCHIVE_WARN) {
		(void)err_set(e, ERR_SYNTAX, "cannot decompress: %s",
		    unpack_why(u));
		unpack_close(u);
		return NULL;
	}
	return u;
}

bool
unpack_ails(const struct unpack *u)
{
	return u->error != 0;
}

ssize_t
unpack_read(void *arg, void *p, size_t n)
{
	struct unpack *u = arg;
	la_ssize_t got = archive_read_data(u->a, p, n);

	return got < 0 || u->error != 0 ? -1 : (ssize_t)got;
}

const char *
unpack_why(const struct unpack *u)
{
	const char *why = u->error != 0 ? strerror(u->error) :
	    archive_error_string(u->a);

	return why ? why : "damaged data";
}

void
unpack_close(struct unpack *u)
{
	if (u == NULL)
		return;
	(void)archive_read_free(u->a);
	mem_free(u);
}

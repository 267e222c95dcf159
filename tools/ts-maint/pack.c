#include "pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/dynlib.h"
#include "core/hash.h"
#include "lazy.h"

#define BLOCK_BYTES	((size_t)64 << 10)

static const struct {
	const char *name, *ext;
} kinds[] = {
	[PACK_NONE] = { "none", "" }, [PACK_GZIP] = { "gzip", ".gz" },
	[PACK_XZ] = { "xz", ".xz" }, [PACK_ZSTD] = { "zstd", ".zst" },
};

bool
pack_parse(struct str s, enum pack *out)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_eq(s, str_of(kinds[i].name))) {
			*out = (enum pack)i;
			return true;
		}
	return false;
}

const char *
pack_ext(enum pack p)
{
	return kinds[p].ext;
}

bool
pack_is_packed(struct str name)
{
	static const char *const exts[] = { ".gz", ".tgz", ".xz", ".txz",
	    ".zst", ".bz2", ".lz4", ".zip", ".7z", ".br" };
	size_t i;

	for (i = 0; i < sizeof(exts) / sizeof(exts[0]); i++)
		if (str_ends(name, str_of(exts[i])))
			return true;
	return false;
}

static int
failed(struct archive *a, const char *what, struct err *e)
{
	const char *why = archive_error_string(a);

	return err_set(e, ERR_SYS, "%s: %s", what,
	    why ? why : "out of memory");
}

static int
nameless(const char *dir, struct err *e)
{
	char path[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), n;

	if (fd != -1)
		return fd;
	/* A file system that does not know files without a name. */
	n = snprintf(path, sizeof(path), "%s/ts-maint.XXXXXX", dir);
	if (n < 0 || (size_t)n >= sizeof(path))
		errno = ENAMETOOLONG;
	else if ((fd = mkostemp(path, O_CLOEXEC)) != -1)
		(void)unlink(path);
	if (fd == -1)
		(void)err_sys(e, "cannot make a file in '%s'", dir);
	return fd;
}

static struct archive *
writer(int fd, enum pack p, struct err *e)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	int rc;

	rc = archive_write_set_format_raw(a);
	if (rc == ARCHIVE_OK)
		rc = p == PACK_GZIP ? archive_write_add_filter_gzip(a) :
		    p == PACK_XZ ? archive_write_add_filter_xz(a) :
		    archive_write_add_filter_zstd(a);
	/* Without the time of day, or no two would be the same. */
	if (rc == ARCHIVE_OK && p == PACK_GZIP)
		rc = archive_write_set_filter_option(a, "gzip", "timestamp",
		    NULL);
	(void)archive_write_set_bytes_in_last_block(a, 1);
	if (rc == ARCHIVE_OK)
		rc = archive_write_open_fd(a, fd);
	archive_entry_set_filetype(entry, AE_IFREG);
	if (rc == ARCHIVE_OK)
		rc = archive_write_header(a, entry);
	archive_entry_free(entry);
	if (rc == ARCHIVE_OK)
		return a;
	(void)failed(a, "cannot compress it", e);
	(void)archive_write_free(a);
	return NULL;
}

static int
fill(struct archive *a, int fd, unsigned char sha[HASH_SHA256_BYTES],
    const volatile sig_atomic_t *stop, struct err *e)
{
	struct hash_sha256 *h = hash_sha256_begin();
	char room[BLOCK_BYTES];
	off_t at = 0;
	ssize_t n = 0;
	int rc = 0;

	while (rc == 0 && (n = pread(fd, room, sizeof(room), at)) > 0) {
		hash_sha256_more(h, (struct str){ room, (size_t)n });
		at += n;
		if (*stop)
			rc = err_set(e, ERR_SYS, "stopped");
		else if (archive_write_data(a, room, (size_t)n) != n)
			rc = failed(a, "cannot compress it", e);
	}
	if (n == -1)
		rc = err_sys(e, "cannot read it");
	hash_sha256_end(h, sha);
	return rc;
}

/* What comes out of it again is what went in. */
static int
compare(int fd, const unsigned char want[HASH_SHA256_BYTES],
    const volatile sig_atomic_t *stop, struct err *e)
{
	struct hash_sha256 *h = hash_sha256_begin();
	unsigned char got[HASH_SHA256_BYTES];
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	char room[BLOCK_BYTES];
	la_ssize_t n = 0;
	int rc = 0;

	(void)lseek(fd, 0, SEEK_SET);
	if (archive_read_support_format_raw(a) != ARCHIVE_OK ||
	    archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(a) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(a) != ARCHIVE_OK ||
	    archive_read_open_fd(a, fd, BLOCK_BYTES) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		rc = failed(a, "cannot read back what was compressed", e);
	while (rc == 0 && (n = archive_read_data(a, room, sizeof(room))) > 0) {
		hash_sha256_more(h, (struct str){ room, (size_t)n });
		if (*stop)
			rc = err_set(e, ERR_SYS, "stopped");
	}
	if (rc == 0 && n < 0)
		rc = failed(a, "cannot read back what was compressed", e);
	hash_sha256_end(h, got);
	if (rc == 0 && memcmp(got, want, sizeof(got)) != 0)
		rc = err_set(e, ERR_SYS, "compressing it lost something");
	(void)archive_read_free(a);
	return rc;
}

int
pack_file(int fd, enum pack p, const char *dir,
    const volatile sig_atomic_t *stop, struct err *e)
{
	unsigned char sha[HASH_SHA256_BYTES];
	struct archive *a = NULL;
	int out = -1, rc = -1;

	if (dynlib_have(LIBARCHIVE, e) == -1 ||
	    (out = nameless(dir, e)) == -1 ||
	    (a = writer(out, p, e)) == NULL)
		goto end;
	rc = fill(a, fd, sha, stop, e);
	if (rc == 0 && archive_write_close(a) != ARCHIVE_OK)
		rc = failed(a, "cannot compress it", e);
	if (rc == 0)
		rc = compare(out, sha, stop, e);
end:
	if (a != NULL)
		(void)archive_write_free(a);
	if (rc == -1 && out != -1) {
		(void)close(out);
		out = -1;
	}
	return out;
}

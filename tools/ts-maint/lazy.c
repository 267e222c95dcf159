/*
 * lazy: libarchive, loaded by the first call of one of its functions: most
 * runs make and read no backups, and plans must show at once.
 */
#include "lazy.h"

#include <archive.h>
#include <archive_entry.h>

#include "core/standin.h"

#define A	struct archive *a
#define E	struct archive_entry *e

/* reading */
STAND_IN(LIBARCHIVE, struct archive *, archive_read_new, (void), ())
STAND_IN(LIBARCHIVE, int, archive_read_free, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_support_filter_bzip2, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_support_filter_gzip, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_support_filter_lz4, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_support_filter_xz, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_support_filter_zstd, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_support_format_raw, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_support_format_tar, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_read_open_fd, (A, int fd, size_t n),
    (a, fd, n))
STAND_IN(LIBARCHIVE, int, archive_read_next_header, (A,
    struct archive_entry **e), (a, e))
STAND_IN(LIBARCHIVE, int, archive_read_data_block, (A, const void **p,
    size_t *n, la_int64_t *at), (a, p, n, at))
STAND_IN(LIBARCHIVE, la_ssize_t, archive_read_data, (A, void *p, size_t n),
    (a, p, n))
STAND_IN(LIBARCHIVE, const char *, archive_error_string, (A), (a))
STAND_IN(LIBARCHIVE, struct archive *, archive_read_disk_new, (void), ())
STAND_IN(LIBARCHIVE, int, archive_read_disk_entry_from_file, (A, E, int fd,
    const struct stat *st), (a, e, fd, st))

/* writing */
STAND_IN(LIBARCHIVE, struct archive *, archive_write_new, (void), ())
STAND_IN(LIBARCHIVE, int, archive_write_free, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_write_close, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_write_add_filter_gzip, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_write_add_filter_xz, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_write_add_filter_zstd, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_write_set_filter_option, (A,
    const char *filter, const char *option, const char *value),
    (a, filter, option, value))
STAND_IN(LIBARCHIVE, int, archive_write_set_format_raw, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_write_set_format_pax_restricted, (A), (a))
STAND_IN(LIBARCHIVE, int, archive_write_set_bytes_in_last_block, (A, int n),
    (a, n))
STAND_IN(LIBARCHIVE, int, archive_write_open, (A, void *arg,
    archive_open_callback *o, archive_write_callback *w,
    archive_close_callback *c), (a, arg, o, w, c))
STAND_IN(LIBARCHIVE, int, archive_write_open_fd, (A, int fd), (a, fd))
STAND_IN(LIBARCHIVE, int, archive_write_header, (A, E), (a, e))
STAND_IN(LIBARCHIVE, la_ssize_t, archive_write_data, (A, const void *p,
    size_t n), (a, p, n))
STAND_IN(LIBARCHIVE, int, archive_write_finish_entry, (A), (a))

/* entries */
STAND_IN(LIBARCHIVE, struct archive_entry *, archive_entry_new, (void), ())
STAND_IN(LIBARCHIVE, struct archive_entry *, archive_entry_clear, (E), (e))
STAND_IN_VOID(LIBARCHIVE, archive_entry_free, (E), (e))
STAND_IN_VOID(LIBARCHIVE, archive_entry_set_filetype, (E, unsigned type),
    (e, type))
STAND_IN_VOID(LIBARCHIVE, archive_entry_copy_stat, (E,
    const struct stat *st), (e, st))
STAND_IN_VOID(LIBARCHIVE, archive_entry_set_pathname, (E, const char *s),
    (e, s))
STAND_IN_VOID(LIBARCHIVE, archive_entry_set_hardlink, (E, const char *s),
    (e, s))
STAND_IN_VOID(LIBARCHIVE, archive_entry_set_symlink, (E, const char *s),
    (e, s))
STAND_IN_VOID(LIBARCHIVE, archive_entry_set_size, (E, la_int64_t n), (e, n))
STAND_IN(LIBARCHIVE, const char *, archive_entry_pathname, (E), (e))
STAND_IN(LIBARCHIVE, const char *, archive_entry_hardlink, (E), (e))
STAND_IN(LIBARCHIVE, const char *, archive_entry_symlink, (E), (e))
STAND_IN(LIBARCHIVE, mode_t, archive_entry_filetype, (E), (e))
STAND_IN(LIBARCHIVE, mode_t, archive_entry_perm, (E), (e))
STAND_IN(LIBARCHIVE, la_int64_t, archive_entry_size, (E), (e))
STAND_IN(LIBARCHIVE, la_int64_t, archive_entry_uid, (E), (e))
STAND_IN(LIBARCHIVE, la_int64_t, archive_entry_gid, (E), (e))
STAND_IN(LIBARCHIVE, time_t, archive_entry_mtime, (E), (e))

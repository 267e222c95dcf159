/*
 * Backups: whichever byte of an archive, its manifest or its checksums is
 * changed, verify says so.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tools/ts-maint/backupcheck.h"
#include "../../tools/ts-maint/backupset.h"
#include "../../tools/ts-maint/tarball.h"
#include "core/io.h"
#include "rmtree.h"

static char root[] = "/tmp/check_backup.XXXXXX";
static struct arena arena;
static struct work work = { .arena = &arena, .fd = -1 };

static void
put(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(io_write_all(fd, text), 0);
	ck_assert_int_eq(close(fd), 0);
}

static const char *
at(const char *name)
{
	return arena_printf(&arena, "%s/%s", root, name).p;
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(mkdir(at("src"), 0700), 0);
	ck_assert_int_eq(mkdir(at("src/dir"), 0750), 0);
	ck_assert_int_eq(mkdir(at("dst"), 0700), 0);
	put(at("src/dir/text"), STR("some text that is compressed, that is\n"));
	put(at("src/empty"), STR(""));
	ck_assert_int_eq(symlink("dir/text", at("src/link")), 0);
	ck_assert_int_eq(link(at("src/dir/text"), at("src/second")), 0);
}

static void
teardown(void)
{
	ck_assert_int_eq(rmtree(root), 0);
	memcpy(root + sizeof(root) - 7, "XXXXXX", 6);
	arena_free(&arena);
}

static void
make(struct backupset *s, enum tar_filter f, struct backup_file *b)
{
	struct str source = str_of(at("src"));
	struct tree t = { .sources = { &source, 1 } };
	struct tar_notes notes;
	struct buf manifest = { 0 };
	struct err e = { 0 };

	*s = (struct backupset){ .dir = str_of(at("dst")),
	    .name = STR("b_{date}"), .ext = tar_filter_ext(f) };
	ck_assert_int_eq(backupset_open(s, &arena, &e), 0);
	ck_assert_int_eq(backup_create(s, backupset_name(s, 0, &arena),
	    &arena, b, &e), 0);
	ck_assert_msg(tar_write(&work, &t, f, b->fd, &manifest, b->sha256,
	    &notes, &e) == 0, "%s", e.msg);
	ck_assert_msg(backup_commit(s, b, buf_str(&manifest), &arena,
	    &e) == 0, "%s", e.msg);
	backup_abandon(s, b);
	buf_release(&manifest);
}

static int
check(const struct backupset *s, const struct backup_file *b)
{
	struct backup_report r;
	struct err e;

	return backup_check(&work, s->fd, s->dir, b->name.p, -1, 0, &r, &e);
}

/* Every byte of that file in three ways, every tail cut off, one added. */
static void
damage(const struct backupset *s, const struct backup_file *b,
    const char *suffix)
{
	static const char flips[] = { 1, ' ', (char)0xff };
	const char *path = arena_printf(&arena, STR_FMT "/" STR_FMT "%s",
	    STR_ARG(s->dir), STR_ARG(b->name), suffix).p;
	struct buf good = { 0 };
	struct err e;
	size_t i, k, step;
	struct str rest;
	char byte;
	int fd = open(path, O_WRONLY);

	ck_assert_int_eq(io_read_file(path, 1 << 20, &good, &e), 0);
	/* the padding of an archive that is not compressed is long */
	step = good.n > 4096 ? 7 : 1;
	for (i = 0; i < good.n; i += i < 1536 ? 1 : step) {
		for (k = 0; k < sizeof(flips); k++) {
			byte = (char)(good.p[i] ^ flips[k]);
			ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)i), 1);
			ck_assert_msg(check(s, b) == -1, "byte %zu of %s ^ "
			    "%#x", i, path, flips[k] & 0xffU);
		}
		ck_assert_int_eq(pwrite(fd, good.p + i, 1, (off_t)i), 1);
		if (i % 3)
			continue;
		ck_assert_int_eq(ftruncate(fd, (off_t)i), 0);
		ck_assert_msg(check(s, b) == -1, "%s cut at %zu", path, i);
		rest = str_sub(buf_str(&good), i, good.n);
		ck_assert_int_eq(pwrite(fd, rest.p, rest.n, (off_t)i),
		    (ssize_t)rest.n);
	}
	ck_assert_int_eq(pwrite(fd, "\n", 1, (off_t)good.n), 1);
	ck_assert_msg(check(s, b) == -1, "%s with a byte more", path);
	ck_assert_int_eq(ftruncate(fd, (off_t)good.n), 0);
	ck_assert_int_eq(check(s, b), 0);
	buf_release(&good);
	(void)close(fd);
}

START_TEST(any_byte)
{
	struct backupset s;
	struct backup_file b;

	make(&s, (enum tar_filter)_i, &b);
	ck_assert_int_eq(check(&s, &b), 0);
	damage(&s, &b, "");
	damage(&s, &b, MANIFEST_SUFFIX);
	damage(&s, &b, SUMS_SUFFIX);
	backupset_close(&s);
}
END_TEST

/* Right sums over wrong contents: the manifest tells. */
START_TEST(other_contents)
{
	struct backupset s;
	struct backup_file b;
	struct buf list = { 0 };
	struct err e;
	struct tar_read r = { .into = -1 };
	char *p;
	int fd;

	make(&s, TAR_ZSTD, &b);
	ck_assert_int_eq(io_read_file(at(arena_printf(&arena, "dst/" STR_FMT
	    MANIFEST_SUFFIX, STR_ARG(b.name)).p), 1 << 20, &list, &e), 0);
	fd = openat(s.fd, b.name.p, O_RDONLY);
	r.manifest = buf_str(&list);
	ck_assert_int_eq(tar_read(&work, fd, &r, &e), 0);
	ck_assert_int_eq(r.entries, 6);
	p = memmem(list.p, list.n, "\"sha256\":\"", 10);
	p[10] = p[10] == '0' ? '1' : '0';
	ck_assert_int_eq(tar_read(&work, fd, &r, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.msg, "other contents"));
	(void)close(fd);
	buf_release(&list);
	backupset_close(&s);
}
END_TEST

/* ---- names ---- */

static const struct {
	const char *name, *file;
	bool ours;
	int64_t ms;		/* the file's own time is 10:00 of 2026-01-02 */
} names[] = {
	{ "c_{date}", "c_20260102.tar", true, 1767348000000 },
	{ "c_{date}", "c_20260101.tar", true, 1767225600000 },
	{ "c_{date}", "c_20260101_120000.tar", true, 1767268800000 },
	{ "c_{date}_{time}", "c_20260101_120001.tar", true, 1767268801000 },
	{ "c_{date}_{time}", "c_20260101.tar", false, 0 },
	{ "{host}-{date}", "me-20260101.tar", true, 1767225600000 },
	{ "{host}-{date}", "you-20260101.tar", false, 0 },
	{ "c_{date}", "c_20261301.tar", false, 0 },
	{ "c_{date}", "c_2026010.tar", false, 0 },
	{ "c_{date}", "c_20260101.tar.gz", false, 0 },
	{ "c_{date}", "c_20260101x.tar", false, 0 },
	{ "c_{date}", "cc_20260101.tar", false, 0 },
	{ "c_{date}", "c_20260101_250000.tar", false, 0 },
	{ "c_{date}", "c_20260101.tar.sha256", false, 0 },
};

START_TEST(names_of_backups)
{
	struct backupset s = { .name = str_of(names[_i].name),
	    .ext = ".tar", .host = STR("me") };
	int64_t ms = 0;

	ck_assert_int_eq(backupset_time(&s, str_of(names[_i].file),
	    1767348000000, &ms), names[_i].ours);
	ck_assert_int_eq(ms, names[_i].ms);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("backup");
	TCase *t = tcase_create("backup");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, any_byte, TAR_GZIP, TAR_NONE + 1);
	tcase_add_test(t, other_contents);
	tcase_add_loop_test(t, names_of_backups, 0,
	    (int)(sizeof(names) / sizeof(names[0])));
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

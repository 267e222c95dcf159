/*
 * What a store makes of files that are damaged, forged or cut off, and of a
 * disk that is full.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/num.h"
#include "fleet.h"
#include "model/hist.h"
#include "tsdb/block.h"
#include "tsdb/log.h"

static void
read_bytes(const char *name, struct buf *out)
{
	struct err e;

	buf_reset(out);
	ck_assert_int_eq(io_read_file(fleet_path(name), SIZE_MAX / 2, out, &e),
	    0);
	out->max = 0;
}

static void
write_bytes(const char *name, struct str bytes)
{
	int fd = open(fleet_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0666);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(io_write_all(fd, bytes), 0);
	(void)close(fd);
}

static void
write_byte(const char *name, size_t at, char c)
{
	int fd = open(fleet_path(name), O_WRONLY);

	ck_assert_int_eq(pwrite(fd, &c, 1, (off_t)at), 1);
	(void)close(fd);
}

/*
 * Read all with the damage in place: whatever comes is a sample that was
 * written, in order; returns how many.
 */
static size_t
read_damaged(void)
{
	struct store *r = fleet_open((struct store_options){
	    .read_only = true });
	struct promql_source src = store_source(r);
	const struct known *k;
	struct pseries *p;
	size_t n, i, j, at, total = 0;
	struct err e = { 0 };

	arena_reset(&fleet_arena);
	MUST(src.select(src.self, NULL, 0, INT64_MIN + 1, INT64_MAX - 1,
	    &fleet_arena, &p, &n, &e) == 0);
	for (i = 0; i < n; i++) {
		k = fleet_known_of(p[i].labels);
		for (j = at = 0; j < p[i].n; j++, at++) {
			while (at < k->t.n && k->t.p[at] != p[i].t[j])
				at++;
			MUST(at < k->t.n);
			MUST(num_bits(k->v.p[at]) ==
			    num_bits(p[i].v[j]));
		}
		total += p[i].n;
	}
	store_close(r);
	return total;
}

static size_t
all_known(void)
{
	size_t n = 0;

	for (int i = 0; i < SERIES; i++)
		n += fleet_known[i].t.n;
	return n;
}

/* A byte of each file, all over it: the file is named, the rest is read. */
START_TEST(flipped_bytes_cost_little)
{
	struct buf was = { 0 };
	fleet_names files;
	uint64_t seed = (uint64_t)_i;
	size_t f, i, at, all, got, least, step;
	char flip;

	(void)fleet_write();
	all = all_known();
	files = fleet_files("");
	for (f = 0; f < files.n; f++) {
		if (str_eq(str_of(files.p[f]), STR("lock")))
			continue;
		read_bytes(files.p[f], &was);
		step = was.n / 60 + 1;
		for (least = all, i = 0; i < was.n; i += 1 + fleet_next(&seed) % (2 *
		    step)) {
			at = i;
			flip = (char)(1 + fleet_next(&seed) % 255);
			was.p[at] ^= flip;
			write_byte(files.p[f], at, was.p[at]);
			fleet_noticed = 0;
			got = read_damaged();
			least = got < least ? got : least;
			fleet_noticed = 0;
			ck_assert_int_ge(fleet_verify(), 1);
			ck_assert_uint_ge(fleet_noticed, 1);
			ck_assert_msg(strstr(fleet_last_notice, files.p[f]),
			    "'%s' does not name %s", fleet_last_notice, files.p[f]);
			was.p[at] ^= flip;
			write_byte(files.p[f], at, was.p[at]);
		}
		/* at most this file is gone */
		ck_assert_uint_ge(least, all / 10);
	}
	ck_assert_uint_eq(read_damaged(), all);
	ck_assert_int_eq(fleet_verify(), 0);
	buf_release(&was);
	fleet_files_release(&files);
	fleet_forget();
}
END_TEST

static void
put_crc(struct buf *b, size_t at, uint64_t crc, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		b->p[at + i] = (char)(crc >> 8 * i);
}

static void
forge_checksums(struct buf *b, uint64_t index)
{
	put_crc(b, 8 + BLOCK_INDEX_CRC * 8, hash_crc32c(0,
	    str_sub(buf_str(b), index, b->n)), 8);
	put_crc(b, BLOCK_HEADER - 8, hash_crc32c(0, str_sub(buf_str(b), 0,
	    BLOCK_HEADER - 8)), 4);
}

/* A chunk of a block costs its series that stretch, no more. */
START_TEST(a_bad_chunk_costs_its_chunk)
{
	struct buf was = { 0 };
	fleet_names files;

	(void)fleet_write();
	files = fleet_files(".block");
	read_bytes(files.p[0], &was);
	was.p[300] ^= 1;
	write_bytes(files.p[0], buf_str(&was));
	fleet_noticed = 0;
	ck_assert_uint_ge(read_damaged() + 512, all_known());
	ck_assert_uint_eq(fleet_noticed, 1);
	ck_assert_ptr_nonnull(strstr(fleet_last_notice, files.p[0]));
	buf_release(&was);
	fleet_files_release(&files);
	fleet_forget();
}
END_TEST

/*
 * An index whose checksums fit but whose contents are nonsense: whatever it
 * leads to, it stays inside the file.
 */
START_TEST(forged_blocks_do_no_harm)
{
	struct buf was = { 0 }, b = { 0 };
	struct promql_source src;
	struct pseries *p;
	struct store *r;
	struct err e = { 0 };
	fleet_names files;
	uint64_t seed = 77, at, from;
	size_t i, n;

	(void)fleet_write();
	files = fleet_files(".block");
	read_bytes(files.p[0], &was);
	for (i = 0; i < 300; i++) {
		buf_reset(&b);
		(void)buf_put(&b, buf_str(&was));
		from = get_u64(b.p + 8 + BLOCK_COLUMNS * 8);
		at = i % 3 ? from + fleet_next(&seed) % (b.n - from) :
		    8 + fleet_next(&seed) % (BLOCK_NFIELDS * 8);
		b.p[at] = (char)fleet_next(&seed);
		forge_checksums(&b, from);
		write_bytes(files.p[0], buf_str(&b));
		arena_reset(&fleet_arena);
		r = fleet_open((struct store_options){ .read_only = true });
		src = store_source(r);
		MUST(src.select(src.self, NULL, 0, INT64_MIN + 1,
		    INT64_MAX - 1, &fleet_arena, &p, &n, &e) == 0);
		store_close(r);
		MUST(fleet_verify() >= 0);
	}
	buf_release(&was);
	buf_release(&b);
	fleet_files_release(&files);
	fleet_forget();
}
END_TEST

START_TEST(forged_logs_do_no_harm)
{
	struct buf was = { 0 }, b = { 0 };
	struct promql_source src;
	struct pseries *p;
	struct store *r;
	struct err e = { 0 };
	fleet_names files;
	uint64_t seed = 78, at, n, k;
	size_t i, nseries;

	(void)fleet_write();
	files = fleet_files(".log");
	read_bytes(files.p[0], &was);
	for (i = 0; i < 400; i++) {
		buf_reset(&b);
		(void)buf_put(&b, buf_str(&was));
		/* one of the first records */
		for (at = LOG_MAGIC_BYTES, k = fleet_next(&seed) % 6; k > 0; k--)
			at += LOG_RECORD_HEADER + get_u32(b.p + at + 4);
		n = get_u32(b.p + at + 4);
		for (k = 1 + fleet_next(&seed) % 4; k > 0; k--)
			b.p[at + LOG_RECORD_HEADER + fleet_next(&seed) % (n < 60 ?
			    n : 60)] = (char)(fleet_next(&seed) | fleet_next(&seed));
		put_crc(&b, at + 8, hash_crc32c(hash_crc32c(0,
		    str_sub(buf_str(&b), at + 3, at + 4)),
		    str_sub(buf_str(&b), at + LOG_RECORD_HEADER,
		    at + LOG_RECORD_HEADER + n)), 4);
		write_bytes(files.p[0], buf_str(&b));
		arena_reset(&fleet_arena);
		r = fleet_open((struct store_options){ .read_only = true });
		src = store_source(r);
		MUST(src.select(src.self, NULL, 0, INT64_MIN + 1,
		    INT64_MAX - 1, &fleet_arena, &p, &nseries, &e) == 0);
		store_close(r);
		MUST(fleet_verify() >= 0);
	}
	buf_release(&was);
	buf_release(&b);
	fleet_files_release(&files);
	fleet_forget();
}
END_TEST

/* Cut anywhere: what is before the cut is there, and appends go on. */
START_TEST(torn_tails_are_dropped)
{
	struct buf was = { 0 };
	fleet_names files;
	struct store *s;
	uint64_t seed = 9;
	size_t i, before, cut;
	int64_t step = fleet_write();

	files = fleet_files(".log");
	ck_assert_uint_eq(files.n, 1);
	read_bytes(files.p[0], &was);
	before = read_damaged();
	for (i = 0; i < 60; i++) {
		cut = i < 40 ? i : fleet_next(&seed) % was.n;
		write_bytes(files.p[0], str_sub(buf_str(&was), 0, cut));
		ck_assert_uint_le(read_damaged(), before);
	}
	cut = was.n - 5;
	write_bytes(files.p[0], str_sub(buf_str(&was), 0, cut));
	fleet_noticed = 0;
	ck_assert_int_eq(fleet_verify(), 1);
	s = fleet_open((struct store_options){ .block_ms = 30 * MINUTE });
	ck_assert_ptr_nonnull(strstr(fleet_last_notice, "torn tail"));
	ck_assert_ptr_nonnull(strstr(fleet_last_notice, files.p[0]));
	for (i = 0; i < SERIES; i++)
		if (fleet_known[i].t.n && fleet_known[i].t.p[fleet_known[i].t.n - 1] >=
		    START + step * STEP) {
			fleet_known[i].t.n--;
			fleet_known[i].v.n--;
		}
	fleet_scrape(s, step + 1, &seed);
	fleet_commit(s);
	fleet_check(s, step + 1);
	store_close(s);
	ck_assert_int_eq(fleet_verify(), 0);
	fleet_check_reader(step + 1);
	buf_release(&was);
	fleet_files_release(&files);
	fleet_forget();
}
END_TEST

/* A crash between two steps of a seal or a merge leaves both forms. */
START_TEST(nothing_counts_twice_after_a_crash)
{
	struct store *s = fleet_open((struct store_options){
	    .block_ms = 600 * MINUTE });
	struct buf log = { 0 };
	uint64_t seed = 3;
	int64_t step;

	fleet_reset();
	for (step = 1; step <= 300; step++) {
		fleet_scrape(s, step, &seed);
		fleet_commit(s);
	}
	store_close(s);
	read_bytes("00000001.log", &log);
	s = fleet_open((struct store_options){ .block_ms = MINUTE });
	fleet_scrape(s, step, &seed);
	fleet_commit(s);
	ck_assert_uint_eq(fleet_count_files(".block"), 1);
	store_close(s);
	write_bytes("00000001.log", buf_str(&log));
	write_bytes("00000001-00000001.tmp", STR("half"));
	ck_assert_int_eq(fleet_verify(), 0);
	fleet_check_reader(step);
	s = fleet_open((struct store_options){ .block_ms = MINUTE });
	fleet_check(s, step);
	ck_assert_uint_eq(fleet_count_files(".tmp"), 0);
	ck_assert_int_ne(access(fleet_path("00000001.log"), F_OK), 0);
	store_close(s);
	buf_release(&log);
	fleet_forget();
}
END_TEST

/* A disk that is full at any point: an error, and what was there stays. */
START_TEST(a_full_disk_loses_nothing)
{
	struct store *s;
	struct rlimit old, small;
	struct err e = { 0 };
	uint64_t seed = 3;
	int64_t step, failed = 0;
	int rc;

	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &old);
	s = fleet_open((struct store_options){ .block_ms = 20 * MINUTE });
	fleet_reset();
	for (step = 1; step <= 600; step++) {
		fleet_scrape(s, step, &seed);
		small = old;
		if (step % 10 > 5)
			small.rlim_cur = (rlim_t)(fleet_next(&seed) % 20000);
		(void)setrlimit(RLIMIT_FSIZE, &small);
		rc = store_commit(s, &e);
		(void)setrlimit(RLIMIT_FSIZE, &old);	/* the runner writes */
		MUST(rc == 0 || e.kind == ERR_SYS);
		failed -= rc;
		if (step % 50 == 0)
			fleet_check(s, step);
	}
	fleet_commit(s);
	ck_assert_int_gt(failed, 10);
	fleet_check(s, step - 1);
	store_close(s);
	ck_assert_int_eq(fleet_verify(), 0);
	fleet_check_reader(step - 1);
	s = fleet_open((struct store_options){ .block_ms = 20 * MINUTE });
	fleet_check(s, step - 1);
	store_close(s);
	fleet_forget();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tsdb_damage");
	TCase *c = tcase_create("damage");
	SRunner *r;
	int bad;

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, fleet_setup, fleet_teardown);
	tcase_add_loop_test(c, flipped_bytes_cost_little, 0, 2);
	tcase_add_test(c, a_bad_chunk_costs_its_chunk);
	tcase_add_test(c, forged_blocks_do_no_harm);
	tcase_add_test(c, forged_logs_do_no_harm);
	tcase_add_test(c, torn_tails_are_dropped);
	tcase_add_test(c, nothing_counts_twice_after_a_crash);
	tcase_add_test(c, a_full_disk_loses_nothing);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}

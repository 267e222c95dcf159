/*
 * ts-health host: odd lines of the kernel's tables, and mounts that hang.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tools/ts-health/host.h"
#include "../../tools/ts-health/host_mounts.h"
#include "core/clk.h"
#include "core/io.h"

#define ROWS(a)	(int)(sizeof(a) / sizeof((a)[0]))

/* A collector, the file that it reads, and lines that must come out. */
static const struct {
	const char *file, *text;
	int (*collect)(struct host *, struct err *);
	const char *want[5];
} rows[] = {
	{ "stat", "cpu  30 0 10\ncpu0 10 0 5 100\ncpu2 20 0 5 100 0 0 0 0 0 0\n",
	    host_cpu, { "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 1\n",
	    "node_cpu_seconds_total{cpu=\"2\",mode=\"user\"} 0.2\n" } },
	{ "meminfo", "MemTotal:        1000 kB\nHugePages_Total:       5\n"
	    "Odd:\nActive(anon):  2 kB\n", host_meminfo,
	    { "node_memory_MemTotal_bytes 1.024e+06\n",
	    "node_memory_HugePages_Total 5\n",
	    "node_memory_Active_anon_bytes 2048\n" } },
	{ "diskstats", "   8  0 sda 100 5 800 40 50 6 400 30 0 60 70\n"
	    "   8  1 sda1 1 1 1 1 1 1 1 1 1 1 1\n", host_diskstats,
	    { "node_disk_read_bytes_total{device=\"sda\"} 409600\n",
	    "node_disk_io_time_seconds_total{device=\"sda\"} 0.06\n" } },
	{ "net/dev", " face |bytes    packets\n"
	    "eth0:18446744073709551615 2 3 4 0 0 0 0 99 1 0 0 0 0 0 0\n"
	    "veth@if3: 1 1 0 0 0 0 0 0 2 2 0 0 0 0 0 0\n", host_netdev,
	    { "node_network_receive_errs_total{device=\"eth0\"} 3\n",
	    "node_network_transmit_bytes_total{device=\"eth0\"} 99\n",
	    "node_network_receive_bytes_total{device=\"veth@if3\"} 1\n" } },
	{ "pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=10\n",
	    host_pressure,
	    { "node_pressure_cpu_waiting_seconds_total 1e-05\n" } },
};

static void
put_file(const char *dir, const char *name, const char *text)
{
	struct arena a = { 0 };
	struct str path = arena_printf(&a, "%s/%s", dir, name);
	char *folder = arena_cstr(&a, path);
	struct err e;

	*strrchr(folder, '/') = '\0';
	ck_assert_int_eq(io_make_dirs(folder, 0777, &e), 0);
	ck_assert_int_eq(io_replace_file(path.p, str_of(text), &e), 0);
	arena_free(&a);
}

START_TEST(collectors_read_odd_files)
{
	char dir[] = "/tmp/check_host.XXXXXX";
	struct buf out = { 0 };
	struct host h = { .sysfs = "/nonexistent", .format = &host_text,
	    .out = &out };
	struct err e = { 0 };
	size_t i;

	ck_assert_ptr_nonnull(h.procfs = mkdtemp(dir));
	put_file(dir, rows[_i].file, rows[_i].text);
	ck_assert_msg(rows[_i].collect(&h, &e) == 1, "%s", e.msg);
	for (i = 0; i < 5 && rows[_i].want[i]; i++)
		ck_assert_msg(strstr(buf_cstr(&out), rows[_i].want[i]) != NULL,
		    "no %s in:\n%s", rows[_i].want[i], buf_cstr(&out));
	ck_assert_ptr_null(strstr(buf_cstr(&out), "sda1"));
	buf_release(&out);
	arena_free(&h.arena);
}
END_TEST

static const struct {
	const char *table;
	size_t n;
	const char *point, *fstype, *device;
	bool readonly;
} mount_rows[] = {
	{ "36 35 98:0 /root /mnt ro,relatime - xfs /dev/sda1 rw\n",
	    1, "/mnt", "xfs", "/dev/sda1", true },
	{ "36 35 98:0 / /a\\040b rw shared:1 master:2 - ext4 /dev/b rw\n",
	    1, "/a b", "ext4", "/dev/b", false },
	{ "40 35 8:1 / /data rw - ext4 /dev/sda1 rw\n"
	    "41 40 0:50 / /data rw - tmpfs tmpfs rw\n",
	    1, "/data", "tmpfs", "tmpfs", false },
	{ "1 1 0:1 / /x\xff rw - ext4 d rw,emergency_ro\n",
	    1, "/x\xef\xbf\xbd", "ext4", "d", true },
	{ "22 27 0:21 / /proc rw - proc proc rw\n"
	    "23 27 0:22 / /sys/fs/x rw - tmpfs t rw\n"
	    "24 27 0:22 / /var/lib/docker/o rw - ext4 t rw\n", 0, 0, 0, 0, 0 },
	{ "torn line\n", 0, 0, 0, 0, 0 },
};

START_TEST(mounts_are_read)
{
	struct arena a = { 0 };
	struct mount *m;
	size_t n = mounts_parse(str_of(mount_rows[_i].table), "/host", &a, &m);

	ck_assert_uint_eq(n, mount_rows[_i].n);
	if (n) {
		ck_assert(str_eq(m->point, str_of(mount_rows[_i].point)));
		ck_assert(str_eq(m->fstype, str_of(mount_rows[_i].fstype)));
		ck_assert(str_eq(m->device, str_of(mount_rows[_i].device)));
		ck_assert_int_eq(m->readonly, mount_rows[_i].readonly);
		ck_assert(str_starts(str_of(m->path), STR("/host/")));
	}
	arena_free(&a);
}
END_TEST

/* "hang" never answers, "gone" fails, everything else has 7 blocks. */
static int
ask(const char *path, struct statvfs *out)
{
	while (strcmp(path, "hang") == 0)
		(void)pause();
	if (strcmp(path, "gone") == 0) {
		errno = ENOENT;
		return -1;
	}
	out->f_blocks = 7;
	return 0;
}

START_TEST(a_hung_mount_costs_itself_only)
{
	struct mount m[] = {
		{ .path = "a" }, { .path = "hang" }, { .path = "b" },
		{ .path = "gone" }, { .path = "hang" }, { .path = "c" },
	};
	int64_t start = clk_mono_ms();

	mounts_stat(m, 6, 100, ask);
	ck_assert_int_lt(clk_mono_ms() - start, 5000);
	ck_assert_ptr_null(m[0].error);
	ck_assert_uint_eq(m[0].stat.f_blocks, 7);
	ck_assert_str_eq(m[1].error, "mountpoint timeout");
	ck_assert_uint_eq(m[2].stat.f_blocks, 7);
	ck_assert_str_eq(m[3].error, "No such file or directory");
	ck_assert_str_eq(m[4].error, "mountpoint timeout");
	ck_assert_ptr_null(m[5].error);
}
END_TEST

/* Who asks without a child: nothing on the way may hang. */
static const struct {
	const char *table, *rootfs;
	bool quick[3];
} quick_rows[] = {
	{ "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "2 1 8:2 / /a rw - xfs /dev/sdb1 rw\n"
	  "3 1 0:9 / /n rw - nfs4 srv:/ rw\n", "/", { true, true, false } },
	{ "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "2 1 0:9 / /n rw - nfs4 srv:/ rw\n"
	  "3 2 8:2 / /n/a rw - ext4 /dev/sdb1 rw\n", "/",
	  { true, false, false } },
	{ "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "2 1 0:9 / /n rw - autofs auto rw\n"
	  "3 2 8:2 / /n/a rw - ext4 /dev/sdb1 rw\n", "/", { true, false } },
	{ "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "2 1 0:9 / /n rw - fuse.sshfs x rw\n"
	  "3 1 8:2 / /nearby rw - ext4 /dev/sdb1 rw\n", "/",
	  { true, false, true } },
	{ "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n", "/host", { false } },
};

START_TEST(quick_mounts)
{
	struct arena a = { 0 };
	struct mount *m;
	size_t i, n = mounts_parse(str_of(quick_rows[_i].table),
	    quick_rows[_i].rootfs, &a, &m);

	ck_assert_uint_gt(n, 0);
	for (i = 0; i < n; i++)
		ck_assert_msg(m[i].quick == quick_rows[_i].quick[i], "%zu",
		    i);
	arena_free(&a);
}
END_TEST

START_TEST(many_hung_mounts_are_bounded)
{
	struct mount m[50];
	int64_t start = clk_mono_ms();
	int i;

	memset(m, 0, sizeof(m));
	for (i = 0; i < 50; i++)
		m[i].path = "hang";
	mounts_stat(m, 50, 50, ask);
	ck_assert_int_lt(clk_mono_ms() - start, 2000);
	for (i = 0; i < 50; i++)
		ck_assert_ptr_nonnull(m[i].error);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("host");
	TCase *c = tcase_create("host");
	SRunner *r;
	int bad;

	tcase_add_loop_test(c, collectors_read_odd_files, 0, ROWS(rows));
	tcase_add_loop_test(c, mounts_are_read, 0, ROWS(mount_rows));
	tcase_add_loop_test(c, quick_mounts, 0, ROWS(quick_rows));
	tcase_add_test(c, a_hung_mount_costs_itself_only);
	tcase_add_test(c, many_hung_mounts_are_bounded);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}

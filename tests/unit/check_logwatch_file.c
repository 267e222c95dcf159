/*
 * ts-logwatch: a file that is read.  Its checkpoints are of the bytes that
 * were read, whatever stands there by now; reading that fails; lines as they
 * are cut; records made of pieces.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../tools/ts-logwatch/file.h"

#define ROWS(a)	(int)(sizeof(a) / sizeof((a)[0]))

static char path[64];
static struct tool tool;
static struct watch w;
static struct buf seen;		/* what came out: "TEXT@OFFSET[FLAGS]\n" */

static void
take_event(void *self, const struct event *ev)
{
	struct str flags = value_text(event_flags(ev));

	(void)self;
	(void)buf_printf(&seen, STR_FMT "@%llu" STR_FMT "\n",
	    STR_ARG(value_text(ev->message)), (unsigned long long)ev->offset,
	    STR_ARG(flags));
}

static const struct output out = { .name = "test", .event = take_event };

static void
spill(const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	ck_assert_int_eq(close(fd), 0);
}

static void
setup(void)
{
	(void)snprintf(path, sizeof(path), "/tmp/check_logwatch_file.%d",
	    (int)getpid());
	memset(&tool, 0, sizeof(tool));
	memset(&w, 0, sizeof(w));
	tool.output = "";
	tool.follow = true;
	w.t = &tool;
	w.opt.max_line = 1 << 20;
	w.opt.format = "text";
	w.keeps = true;
	ck_assert_int_eq(watch_open(&w), EXIT_YES);
	vec_push(&w.outputs, ((struct open_output){ &out, NULL }));
	buf_reset(&seen);
}

static void
no_close(void *self)
{
	(void)self;
}

static void
teardown(void)
{
	static const struct output closed = { .close = no_close };

	w.outputs.p[0].kind = &closed;
	watch_close(&w);
	lines_shared_release();
	buf_release(&seen);
	(void)unlink(path);
}

static struct file *
begin(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	return file_new(&w, NULL, path, fd);
}

static void
expect(const char *want)
{
	ck_assert_msg(str_eq(buf_str(&seen), str_of(want)),
	    "got\n" STR_FMT "want\n%s", STR_ARG(buf_str(&seen)), want);
	buf_reset(&seen);
}

/* ---- checkpoints ---- */

/* Between the read and the checkpoint somebody truncates the file. */
START_TEST(signed_as_read)
{
	struct checkpoint c, want = { .offset = 6, .fp_len = 6,
	    .mark_len = 6, .fp = checkpoint_hash(STR("one\npa")),
	    .mark = checkpoint_hash(STR("one\npa")) };
	struct file *f;

	spill("one\npa", O_TRUNC);
	f = begin();
	ck_assert_int_eq(file_pump(f), 6);
	spill("two, and longer\n", O_TRUNC);
	c = file_now(f);
	ck_assert_int_eq(c.offset, want.offset);
	ck_assert_int_eq(c.fp_len, want.fp_len);
	ck_assert(c.fp == want.fp && c.mark == want.mark);
	/* What went out is one line; the rest waits for its newline. */
	c = file_to_go_on(f);
	ck_assert_int_eq(c.offset, 4);
	ck_assert_int_eq(c.fp_len, 4);
	ck_assert(c.fp == checkpoint_hash(STR("one\n")));
	ck_assert(c.mark == checkpoint_hash(STR("one\n")));
	ck_assert(file_rewritten(f));
	expect("one@0\n");
	file_free(f);
}
END_TEST

/* Between the look at a checkpoint and the first read. */
START_TEST(resumed_as_signed)
{
	struct checkpoint c;
	struct file *f;

	spill("one\ntwo\n", O_TRUNC);
	f = begin();
	ck_assert_int_eq(file_pump(f), 8);
	c = file_to_go_on(f);
	file_free(f);
	spill("uno\ndos\ntres\n", O_TRUNC);
	buf_reset(&seen);
	f = begin();
	ck_assert(!file_resume(f, &c));
	ck_assert_int_eq(file_pump(f), 13);
	expect("uno@0\ndos@4\ntres@8\n");
	file_free(f);
}
END_TEST

/* Past the first kilobyte the fingerprint stays; the marker moves. */
START_TEST(signed_in_pieces)
{
	char text[3001];
	struct checkpoint c, again;
	struct file *f;
	size_t i;

	for (i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 50 == 49 ? '\n' : (char)('a' + i % 23);
	text[i] = '\0';
	spill("", O_TRUNC);
	f = begin();
	for (i = 0; i < 3000; i += 7) {
		char part[8];

		(void)snprintf(part, sizeof(part), "%.7s", text + i);
		spill(part, O_APPEND);
		ck_assert_int_gt(file_pump(f), 0);
		c = file_to_go_on(f);
		ck_assert(checkpoint_matches(&c, f->fd));
		ck_assert_int_eq(c.offset % 50, 0);
		ck_assert_int_eq(c.mark_len, c.offset < 64 ? c.offset : 64);
		again = file_now(f);
		ck_assert(checkpoint_matches(&again, f->fd));
	}
	file_free(f);
	f = begin();
	c.ino = 1;
	ck_assert(file_resume(f, &c));
	again = file_to_go_on(f);
	ck_assert(c.offset == again.offset && c.fp == again.fp &&
	    c.mark == again.mark && c.fp_len == again.fp_len);
	file_free(f);
}
END_TEST

/* ---- reading fails ---- */

/* Read at 0, this gives EIO. */
#define BAD_FILE	"/proc/self/mem"

START_TEST(read_error)
{
	struct file *f;
	int good, bad = open(BAD_FILE, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ne(bad, -1);
	spill("one\n", O_TRUNC);
	f = begin();
	good = f->fd;
	f->fd = bad;
	ck_assert_int_eq(file_pump(f), -1);
	ck_assert_int_eq(file_pump(f), -1);
	ck_assert(f->ailing && !w.bad);
	ck_assert_int_eq(w.count.read_errors, 2);
	f->fd = good;
	ck_assert_int_eq(file_pump(f), 4);
	ck_assert(!f->ailing);
	expect("one@0\n");
	(void)close(bad);
	file_free(f);
}
END_TEST

/* ---- lines ---- */

static const struct {
	const char *parts[6];	/* after "" what there is is wanted now */
	const char *want;
	size_t max;
} cuts[] = {
	{ { "a\nb", "c\n" }, "a@0\nbc@2\n", 0 },
	{ { "half", "", " more\n" }, "half@0[\"partial\"]\n more@4\n", 0 },
	{ { "half", "", "\nnext\n" }, "half@0[\"partial\"]\nnext@5\n", 0 },
	{ { "half\r", "", "\nnext\n" }, "half@0[\"partial\"]\nnext@6\n", 0 },
	{ { "h\xc3", "", "\xa9\n" }, "h@0[\"partial\"]\n\xc3\xa9@1\n", 0 },
	{ { "h\xe2\x82", "", "\xac\n" },
	    "h@0[\"partial\"]\n\xe2\x82\xac@1\n", 0 },
	{ { "\xc3", "", "\xa9\n" }, "\xc3\xa9@0\n", 0 },
	{ { "h\xff", "", "\n" }, "h\xff@0[\"partial\",\"utf8\"]\n", 0 },
	{ { "0123456789", "abc\nd\n" },
	    "0123@0[\"truncated\"]\nd@14\n", 4 },
	{ { "01234\n\xc3\xa9\xc3\xa9\xc3\xa9\n" },
	    "0123@0[\"truncated\"]\n\xc3\xa9\xc3\xa9@6[\"truncated\"]\n", 4 },
	{ { "012345", "", "67\nd\n" },
	    "0123@0[\"partial\",\"truncated\"]\n67@6\nd@9\n", 4 },
};

START_TEST(line_cuts)
{
	struct file *f;
	size_t i;

	spill("", O_TRUNC);
	f = begin();
	if (cuts[_i].max > 0)
		f->lines.max = cuts[_i].max;
	for (i = 0; i < 6 && cuts[_i].parts[i] != NULL; i++) {
		spill(cuts[_i].parts[i], O_APPEND);
		w.opt.partial_after_ms = cuts[_i].parts[i][0] ? 0 : 1;
		f->lines.since -= 10;
		(void)file_pump(f);
		file_tick(f);
	}
	expect(cuts[_i].want);
	file_free(f);
}
END_TEST

/* ---- pieces ---- */

static const struct {
	const char *preset;
	const char *in;		/* a line "-" lets two seconds pass */
	const char *want;
	uint64_t offset;	/* where one goes on that is killed now */
} pieces[] = {
	{ "cri", "t stdout F a\nt stdout F b\n",
	    "t stdout F a@0\nt stdout F b@13\n", 26 },
	{ "cri", "t stdout P a\nt stderr P x\nt stdout F b\n",
	    "t stdout F ab@0\n", 13 },
	{ "cri", "t stderr P x\nt stdout P a\nt stdout F b\n",
	    "t stdout F ab@13\n", 0 },
	{ "cri", "t stdout P a\nno piece\nt stdout F b\n",
	    "no piece@13\nt stdout F ab@0\n", 35 },
	{ "cri", "t stdout P a\n-\nt stdout F b\n",
	    "t stdout P a@0\nt stdout F b@13\n", 26 },
	{ "cri", "t stdout P:x a\nt stdout F:y b\nt stdout F\n",
	    "t stdout F:x ab@0\nt stdout F@30\n", 41 },
	{ "docker", "{\"log\":\"a\",\"stream\":\"stdout\"}\n"
	    "{\"stream\":\"stderr\",\"log\":\"x\\n\"}\n"
	    "{\"log\":\"\\\\n\",\"stream\":\"stdout\"}\n"
	    "{\"log\":\"\\n\",\"stream\":\"stdout\"}\n",
	    "{\"stream\":\"stderr\",\"log\":\"x\\n\"}@30\n"
	    "{\"log\":\"a\\\\n\\n\",\"stream\":\"stdout\"}@0\n", 125 },
	{ "docker", "{\"log\":\"a\"}\n{\"log\":\"b\\n\"}\n",
	    "{\"log\":\"a\"}@0\n{\"log\":\"b\\n\"}@12\n", 26 },
	{ "docker", "{\"log\":\"a\",\"stream\":\"stdout\"}\n{\"log\":\"b\n",
	    "{\"log\":\"b@30\n", 0 },
};

static const struct joining *
joining_of(const char *preset, struct arena *a)
{
	struct multiline m = { .preset = str_of(preset), .max_lines = 500,
	    .flush_ms = 2000 };
	struct err e;
	struct joining *j = joining_new(&m, a, &e);

	ck_assert_ptr_nonnull(j);
	return j;
}

static struct file *
begin_joined(const char *preset, struct arena *a)
{
	struct file *f;

	spill("", O_TRUNC);
	f = begin();
	f->source.joiner.rules = joining_of(preset, a);
	return f;
}

static void
let_time_pass(struct file *f)
{
	size_t i;

	for (i = 0; i < NSTREAMS; i++)
		f->source.joiner.record[i].since -= 2000;
	file_tick(f);
}

START_TEST(joined)
{
	struct str rest = str_of(pieces[_i].in), line;
	struct checkpoint c;
	struct arena a = { 0 };
	struct file *f = begin_joined(pieces[_i].preset, &a);
	char text[256];

	while ((rest = str_cut(rest, '\n', &line)).p != NULL) {
		(void)snprintf(text, sizeof(text), STR_FMT "\n",
		    STR_ARG(line));
		if (str_eq(line, STR("-"))) {
			let_time_pass(f);
			continue;
		}
		spill(text, O_APPEND);
		ck_assert_int_gt(file_pump(f), 0);
	}
	expect(pieces[_i].want);
	c = file_to_go_on(f);
	ck_assert_int_eq(c.offset, pieces[_i].offset);
	ck_assert(checkpoint_matches(&c, f->fd));
	file_free(f);
	arena_free(&a);
}
END_TEST

/* One goes on from the oldest record: what went out behind it stays out. */
START_TEST(pieces_resumed)
{
	struct checkpoint c;
	struct arena a = { 0 };
	struct file *f = begin_joined("cri", &a);

	spill("t stderr P x\nt stdout F a\nother\nt stdout P b\n", O_APPEND);
	ck_assert_int_gt(file_pump(f), 0);
	expect("t stdout F a@13\nother@26\n");
	c = file_to_go_on(f);
	ck_assert_int_eq(c.offset, 0);
	file_free(f);
	f = begin();
	f->source.joiner.rules = joining_of("cri", &a);
	ck_assert(file_resume(f, &c));
	spill("t stderr F y\nt stdout F c\nlast\n", O_APPEND);
	ck_assert_int_gt(file_pump(f), 0);
	expect("t stderr F xy@0\nt stdout F bc@32\nlast@71\n");
	c = file_to_go_on(f);
	ck_assert_int_eq(c.ahead[STREAM_OUT], c.offset);
	file_free(f);
	arena_free(&a);
}
END_TEST

/* 500 pieces, 1 MiB: a record is too long, but nothing of it is lost. */
START_TEST(pieces_without_end)
{
	struct arena a = { 0 };
	struct file *f = begin_joined("cri", &a);
	struct str rest, line, text;
	size_t i, records = 0, bytes = 0, most = 0;
	char piece[9000];

	for (i = 0; i < 1200; i++) {
		(void)snprintf(piece, sizeof(piece), "t stdout %c %0*d\n",
		    i == 1199 ? 'F' : 'P', i < 600 ? 1 : 8192, 0);
		spill(piece, O_APPEND);
	}
	ck_assert_int_gt(file_pump(f), 0);
	for (rest = buf_str(&seen); rest.n > 0; records++) {
		rest = str_cut(rest, '\n', &line);
		(void)str_cut(line, '@', &text);
		ck_assert_int_eq(text.p[9], rest.n > 0 ? 'P' : 'F');
		bytes += text.n - 11;
		most = text.n > most ? text.n : most;
	}
	ck_assert_int_eq(bytes, 600 + 600 * 8192);
	ck_assert_int_eq(records, 6);
	ck_assert_int_le(most, JOINER_BYTES + 11);
	file_free(f);
	arena_free(&a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("logwatch file");
	TCase *t = tcase_create("file");
	SRunner *r;
	int failed;

	diag_init("check_logwatch_file");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, signed_as_read);
	tcase_add_test(t, resumed_as_signed);
	tcase_add_test(t, signed_in_pieces);
	tcase_add_test(t, read_error);
	tcase_add_loop_test(t, line_cuts, 0, ROWS(cuts));
	tcase_add_loop_test(t, joined, 0, ROWS(pieces));
	tcase_add_test(t, pieces_resumed);
	tcase_add_test(t, pieces_without_end);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

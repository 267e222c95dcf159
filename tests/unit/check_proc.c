/*
 * proc: programs that are run to their end, or to ours.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/proc.h"

static const struct {
	const char *shell;
	struct str input;
	int status, signal;
	const char *out, *err;
} rows[] = {
	{ "echo a; echo b >&2; exit 3", { "", 0 }, 3, 0, "a\n", "b\n" },
	{ "cat", { "in", 2 }, 0, 0, "in", "" },
	{ "kill -9 $$", { "", 0 }, -1, SIGKILL, "", "" },
	{ "exec 0<&-; exit 0", { "nobody reads this", 17 }, 0, 0, "", "" },
	{ "echo ${SECRET-clean}", { "", 0 }, 0, 0, "clean\n", "" },
};

static char *const *
shell(const char *text, char *argv[4])
{
	static char sh[] = "sh", c[] = "-c";
	static char copy[256];

	ck_assert_uint_lt(strlen(text), sizeof(copy));
	strncpy(copy, text, sizeof(copy) - 1);
	argv[0] = sh;
	argv[1] = c;
	argv[2] = copy;
	argv[3] = NULL;
	return argv;
}

START_TEST(runs)
{
	char *argv[4];
	struct proc_request q = { .argv = shell(rows[_i].shell, argv),
	    .input = rows[_i].input, .output_max = 1024 };
	struct proc_result r = { 0 };
	struct err e;

	(void)setenv("SECRET", "x", 1);
	ck_assert_int_eq(proc_run(&q, &r, &e), 0);
	ck_assert_int_eq(r.status, rows[_i].status);
	ck_assert_int_eq(r.signal, rows[_i].signal);
	ck_assert_str_eq(buf_cstr(&r.out), rows[_i].out);
	ck_assert_str_eq(buf_cstr(&r.err), rows[_i].err);
	ck_assert(!r.timed_out);
	buf_release(&r.out);
	buf_release(&r.err);
}
END_TEST

START_TEST(not_there)
{
	char *argv[] = { (char[]){ "no-such-program" }, NULL };
	struct proc_request q = { .argv = argv, .output_max = 10 };
	struct proc_result r = { 0 };
	struct err e;

	ck_assert_int_eq(proc_run(&q, &r, &e), -1);
	ck_assert_str_eq(e.msg, "cannot run 'no-such-program': "
	    "No such file or directory");
}
END_TEST

START_TEST(out_of_time)
{
	char *argv[4];
	struct proc_request q = { .argv = shell("exec sleep 1000", argv),
	    .timeout_ms = 50, .output_max = 10 };
	struct proc_result r = { 0 };
	struct err e;

	ck_assert_int_eq(proc_run(&q, &r, &e), 0);
	ck_assert(r.timed_out);
	ck_assert_int_eq(r.signal, SIGTERM);
}
END_TEST

/* The program tells us its pid. */
static pid_t
start_one_that_runs(bool same_group, pid_t *program)
{
	char *argv[4], text[64];
	int fd[2];
	pid_t pid;
	ssize_t n;

	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		struct proc_request q = { .same_group = same_group,
		    .output_max = 10 };
		struct proc_result r = { 0 };
		struct err e;

		(void)snprintf(text, sizeof(text), "echo $$ >&%d; "
		    "exec sleep 1000", fd[1]);
		q.argv = shell(text, argv);
		(void)proc_run(&q, &r, &e);
		_exit(0);
	}
	n = read(fd[0], text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	*program = (pid_t)strtol(text, NULL, 10);
	(void)close(fd[0]);
	(void)close(fd[1]);
	return pid;
}

/* Killed with SIGKILL, its program does not stay behind. */
START_TEST(ends_with_us)
{
	pid_t program, pid;
	int status;

	/* What is left without a parent becomes our child. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	pid = start_one_that_runs(_i == 1, &program);
	(void)kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(waitpid(program, &status, 0), program);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
END_TEST

START_TEST(runs_on)
{
	char *argv[4], text[8], nobody[] = "no-such-program";
	struct proc_request q = { .argv = shell("cat; echo a; exit 4", argv) };
	struct err e;
	int status, fd;
	pid_t pid;

	fd = proc_start(&q, &pid, &e);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq((int)read(fd, text, sizeof(text)), 2);
	ck_assert(memcmp(text, "a\n", 2) == 0);
	ck_assert_int_eq((int)read(fd, text, sizeof(text)), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 4);
	(void)close(fd);
	argv[0] = nobody;
	ck_assert_int_eq(proc_start(&q, &pid, &e), -1);
	ck_assert_str_eq(e.msg, "cannot run 'no-such-program': "
	    "No such file or directory");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("proc");
	TCase *tc = tcase_create("proc");
	SRunner *sr;
	int failed;

	(void)signal(SIGPIPE, SIG_IGN);	/* as proc.h wants it */
	tcase_add_loop_test(tc, runs, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, not_there);
	tcase_add_test(tc, out_of_time);
	tcase_add_loop_test(tc, ends_with_us, 0, 2);
	tcase_add_test(tc, runs_on);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

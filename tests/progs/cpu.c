/*
 * cpu: what a command costs, with all that it started, also what it did not
 * wait for.  Started from this small parent, because a child of a large one
 * inherits its peak memory in the rusage.
 * usage: cpu [-n RUNS] COMMAND [ARG...]
 * Prints to stderr: "CPU-ms WALL-ms PEAK-KiB" a run, the median of the runs
 * for CPU and wall, the largest peak.  Its status is the last command's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/num.h"

#define RUNS_MAX	1000

static double cpu_ms[RUNS_MAX], wall_ms[RUNS_MAX];
static long peak_kib;

static double
ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static int
cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* What it left behind has become our child. */
static int
once(char **argv, size_t i)
{
	double start = clk_mono_s();
	struct rusage u;
	int st = 0, status;
	pid_t pid = fork(), ended;

	if (pid == 0) {
		(void)execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	cpu_ms[i] = 0;
	while ((ended = wait4(-1, &status, 0, &u)) > 0) {
		cpu_ms[i] += ms(u.ru_utime) + ms(u.ru_stime);
		if (u.ru_maxrss > peak_kib)
			peak_kib = u.ru_maxrss;
		if (ended != pid)
			continue;
		wall_ms[i] = (clk_mono_s() - start) * 1e3;
		st = status;
	}
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

int
main(int argc, char **argv)
{
	int64_t runs = 1;
	size_t i;
	int st = 0;

	if (argc > 2 && str_eq(str_of(argv[1]), STR("-n")) &&
	    num_parse_i64(str_of(argv[2]), 1, RUNS_MAX, &runs))
		argv += 2;
	if (argv[1] == NULL) {
		fprintf(stderr, "usage: cpu [-n RUNS] COMMAND [ARG...]\n");
		return 2;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (i = 0; i < (size_t)runs; i++)
		st = once(argv + 1, i);
	qsort(cpu_ms, (size_t)runs, sizeof(*cpu_ms), cmp);
	qsort(wall_ms, (size_t)runs, sizeof(*wall_ms), cmp);
	fprintf(stderr, "%.3f %.3f %ld\n", cpu_ms[runs / 2],
	    wall_ms[runs / 2], peak_kib);
	return st;
}

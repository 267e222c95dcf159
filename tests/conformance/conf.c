#include "conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "json/tree.h"

#define PATH_BYTES	4096
#define SET_MAX_BYTES	((size_t)256 << 20)

void
conf_init(struct conf *c, int argc, char **argv)
{
	int ch;

	*c = (struct conf){ .dir = NULL };
	while ((ch = getopt(argc, argv, "v")) != -1) {
		if (ch != 'v')
			exit(2);
		c->verbose = true;
	}
	if (argc - optind != 1) {
		(void)fprintf(stderr, "usage: %s [-v] DIR\n", argv[0]);
		exit(2);
	}
	c->dir = argv[optind];
}

const char *
conf_path(const struct conf *c, const char *name)
{
	static char path[PATH_BYTES];
	int n = snprintf(path, sizeof(path), "%s/%s", c->dir, name);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		(void)fprintf(stderr, "path too long: '%s'\n", name);
		exit(3);
	}
	return path;
}

bool
conf_begin(struct conf *c, const char *set)
{
	struct stat st;

	if (stat(conf_path(c, set), &st) == -1)
		return false;
	c->set = set;
	c->passed = c->failed = c->skipped = 0;
	return true;
}

void
conf_pass(struct conf *c)
{
	c->passed++;
}

void
conf_skip(struct conf *c, const char *name, const char *why)
{
	c->skipped++;
	if (c->verbose)
		(void)printf("  skip %s %s: %s\n", c->set, name, why);
}

void
conf_fail(struct conf *c, const char *name, struct str expected,
    struct str got)
{
	c->failed++;
	if (c->verbose)
		(void)printf("  FAIL %s %s\n    expected: " STR_FMT
		    "\n    got:      " STR_FMT "\n", c->set, name,
		    STR_ARG(expected), STR_ARG(got));
}

void
conf_expect(struct conf *c, const char *name, struct str expected,
    struct str got)
{
	if (str_eq(expected, got))
		conf_pass(c);
	else
		conf_fail(c, name, expected, got);
}

void
conf_end(struct conf *c)
{
	(void)printf("%s: %u passed, %u failed, %u skipped\n", c->set,
	    c->passed, c->failed, c->skipped);
	(void)fflush(stdout);
	c->total_failed += c->failed;
}

/* A row without a "name" goes by its line number. */
static void
one_row(struct conf *c, struct str line, unsigned number, conf_fn *fn,
    void *arg)
{
	struct err e = { 0 };
	json_t *row = json_tree(line, &e);
	const char *name = json_string_value(json_object_get(row, "name"));
	char by_number[32];

	(void)snprintf(by_number, sizeof(by_number), "line %u", number);
	if (name == NULL)
		name = by_number;
	if (row == NULL)
		conf_fail(c, name, STR("a JSON object"), str_of(e.msg));
	else
		fn(c, row, name, arg);
	json_decref(row);
}

void
conf_jsonl(struct conf *c, const char *set, conf_fn *fn, void *arg)
{
	struct buf text = { 0 };
	struct err e = { 0 };
	struct str rest, line;
	unsigned number = 0;

	if (!conf_begin(c, set))
		return;
	if (io_read_file(conf_path(c, set), SET_MAX_BYTES, &text, &e) == -1)
		conf_fail(c, set, STR("a readable file"), str_of(e.msg));
	rest = buf_str(&text);
	while (rest.p != NULL && rest.n != 0) {
		rest = str_cut(rest, '\n', &line);
		number++;
		if (str_trim(line).n != 0)
			one_row(c, line, number, fn, arg);
	}
	buf_release(&text);
	conf_end(c);
}

int
conf_finish(struct conf *c)
{
	return c->total_failed != 0;
}

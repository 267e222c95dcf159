/*
 * conf: what the conformance programs share.  Each program knows some data
 * sets by file name, runs those it finds in DIR, and prints for each
 *	relabel.jsonl: N passed, N failed, N skipped
 * and, under -v, every failed case with its name, expected and got.
 *
 *	int main(int argc, char **argv) {
 *		struct conf c;
 *		conf_init(&c, argc, argv);
 *		conf_jsonl(&c, "relabel.jsonl", one_case, NULL);
 *		return conf_finish(&c);
 *	}
 */
#ifndef CONF_H
#define CONF_H

#include <jansson.h>
#include <stdbool.h>

#include "core/str.h"

struct conf {
	const char *dir;
	bool verbose;
	const char *set;		/* at hand */
	unsigned passed, failed, skipped;	/* in it */
	unsigned total_failed;
};

void	conf_init(struct conf *c, int argc, char **argv);	/* or exits 2 */

/* Start a set; false when DIR has no such file or folder (then no line). */
bool	conf_begin(struct conf *c, const char *set);
void	conf_pass(struct conf *c);
void	conf_skip(struct conf *c, const char *name, const char *why);
void	conf_fail(struct conf *c, const char *name, struct str expected,
	    struct str got);
/* conf_pass or conf_fail. */
void	conf_expect(struct conf *c, const char *name, struct str expected,
	    struct str got);
void	conf_end(struct conf *c);

/* A whole set of one JSON object a line; fn calls pass/fail/skip. */
typedef void conf_fn(struct conf *c, const json_t *row, const char *name,
	    void *arg);
void	conf_jsonl(struct conf *c, const char *set, conf_fn *fn, void *arg);

/* DIR/name, in static storage. */
const char	*conf_path(const struct conf *c, const char *name);
int	conf_finish(struct conf *c);	/* 0, or 1 when any failed */

#endif

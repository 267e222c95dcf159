/*
 * tool: the part of main() that is the same everywhere: common options,
 * verbs, help, version, completion, signals, exit status, systemd.
 */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include <getopt.h>
#include <stdbool.h>

#include "core/clk.h"
#include "core/diag.h"
#include "core/io.h"

enum {
	EXIT_YES = 0,		/* yes, done */
	EXIT_NO = 1,		/* the answer is no; a line was bad */
	EXIT_USAGE = 2,		/* command line or configuration is wrong */
	EXIT_TROUBLE = 3	/* the system or the network stopped us */
};				/* EXIT_NOMEM 70: core/mem.h */

struct tool;

/* A verb: the first operand.  run gets the operands behind the verb. */
struct tool_verb {
	const char *name;
	int	(*run)(struct tool *t, int argc, char **argv);
	const char *summary;	/* for completion */
};

/*
 * A long option of this tool; letter 0 = none.  Options come before, between
 * or behind operands; "--" ends them.  A row with the name or letter of a
 * common option replaces that.
 */
struct tool_option {
	const char *name;
	int letter;
	bool has_arg;
	const char *summary;
	/* 0, or -1 with *e */
	int	(*set)(struct tool *t, const char *arg, struct err *e);
};

struct tool {
	/* filled by the tool */
	const char *name;
	const char *usage;	/* equals the man page's SYNOPSIS */
	const struct tool_option *options;
	size_t noptions;
	const struct tool_verb *verbs;
	size_t nverbs;
	int	(*run)(struct tool *t, int argc, char **argv);	/* no verb */
	void *self;		/* the tool's own */
	int usage_status;	/* 0 = EXIT_USAGE */
	/* With this -o also of -h and -V: a monitoring plugin's are unknown. */
	const char *unknown_output;

	/* filled by the common options */
	const char *config;	/* -c; NULL */
	const char *state;	/* -s; NULL */
	const char *output;	/* -o; NULL */
	bool follow, dry_run, verbose, quiet;
	bool color;		/* resolved: --color, NO_COLOR, terminal */
	struct clk clk;		/* --clock */
	struct io_writer *out;	/* stdout */
	const struct tool_verb *verb;	/* the one that runs; NULL */

	bool closed, failed;	/* what tool_flush has seen */
};

/* Parse, dispatch, flush, close: `return tool_main(&t, argc, argv);`. */
int	tool_main(struct tool *t, int argc, char **argv);

/*
 * Inside run, for a wrong command line: the message and the usage to stderr;
 * returns EXIT_USAGE (or usage_status).
 */
int	tool_usage(struct tool *t, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * Which of the words[0..n) -o names: 0 when it is not given, -1 after a
 * message when it is another word (return t->usage_status or EXIT_USAGE).
 */
int	tool_output(const struct tool *t, const char *const *words, size_t n);

/* What options mean: the tables as a completion script for a shell. */
int	tool_completion(const struct tool *t, const char *shell,
	    struct buf *out);

/* The common options, as rows; set is NULL. */
const struct tool_option	*tool_common_options(size_t *n);

/*
 * Write out what stands in t->out.  0; -1 when it failed: a closed stdout is
 * quiet (tool_closed), anything else was reported.
 */
int	tool_flush(struct tool *t);
bool	tool_closed(const struct tool *t);

/* status; EXIT_TROUBLE when the last flush failed; EXIT_YES when the reader
 * has gone. */
int	tool_finish(struct tool *t, int status);

/* What state_notice has to say, as a warning; NULL says nothing. */
struct state;
void	tool_say_state(struct state *s);

/* systemd: READY=1, STATUS=…, WATCHDOG=1 to $NOTIFY_SOCKET; no-op without. */
void	tool_notify(const char *message);

/* The path $CREDENTIALS_DIRECTORY/name, NULL when there is no such file; in
 * static storage. */
const char	*tool_credential(const char *name);

#endif

/*
 * config: logwatch.yml.  A file given with -r has the same keys, and several
 * files add up.
 */
#ifndef TS_LOGWATCH_CONFIG_H
#define TS_LOGWATCH_CONFIG_H

#include "core/vec.h"
#include "yaml/fields.h"

/* How lines are joined to records; see joiner.h. */
struct multiline {
	struct str preset, start, more, ends, escape;
	int64_t max_lines, flush_ms;
	const struct ynode *node;
	struct joining *joining;	/* of these */
};

struct input {
	struct str path;		/* a pattern, too; empty: journal */
	struct ystrs exclude;
	struct str format, timezone;
	struct ystrs columns;		/* csv */
	struct ystrs journal;		/* units, or "*"; none: a file */
	struct ystrs matches;		/* of the journal: FIELD=VALUE, "+" */
	struct str directory, file;	/* where the journal is; or empty */
	struct ypairs fields;		/* added to every event */
	struct multiline *multiline;	/* NULL: a line is a record */
	const struct ynode *node;
};

/* A file that was read; what belongs to modules is theirs to decode. */
struct config_file {
	const char *path;
	struct str format, timezone, ecs;
	struct ylist inputs;
	struct ystrs redact;
	struct ypairs patterns;
	struct ystrs patterns_dir;
	const struct ynode *filters, *lists, *defaults, *rules, *metrics,
	    *block;
	const struct ynode *node;
};

/* A place in a file that has an error. */
struct config_wrong {
	unsigned line, col;
};

struct config {
	VEC(struct config_file *) files;
	const struct config_wrong *wrong;	/* left out of each file */
	size_t nwrong;
	struct arena *arena;		/* lives as long as the config */
};

/* Add a file: 0, or -1 with *e (file, line, col). */
int	config_load(struct config *c, const char *path, struct err *e);

struct grok_set;

/* What the files define: directories, and then names in place. */
int	config_patterns(const struct config *c, struct grok_set *set,
	    struct err *e);

/* The last file that says so, STR_NONE when none does. */
struct str	config_format(const struct config *c);
struct str	config_timezone(const struct config *c);
bool		config_ecs(const struct config *c);
/* YT_CUSTOM into struct ystrs: a text, or a list of texts. */
int	decode_words(const struct ynode *n, void *field, struct arena *a,
	    struct err *e);

void	config_release(struct config *c);

#endif

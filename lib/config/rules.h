/*
 * config/rules: rule files.  Expressions and templates stay text with their
 * node: the caller parses them and moves errors with config_err_in.
 */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "config/common.h"

struct rule {
	const struct ynode *node;
	bool alerting;			/* alert:, else record: */
	struct str name;
	struct str expr;
	const struct ynode *expr_node;
	int64_t for_ms, keep_firing_for_ms;
	struct ypairs labels;		/* the group's too; sorted by name */
	struct ypairs annotations;	/* sorted by name */
};

struct rule_group {
	const struct ynode *node;
	const char *file;
	struct str name;
	int64_t interval_ms;		/* 0 = global.evaluation_interval */
	bool has_query_offset;
	int64_t query_offset_ms;
	int64_t limit;			/* 0 = none */
	struct ypairs labels;
	struct rule *rule;
	size_t n;
};

struct rule_groups {
	const char *file;
	struct rule_group *group;
	size_t n;
	struct config_warnings warnings;
};

enum rules_flags {
	RULES_IGNORE_UNKNOWN = 1 << 0,	/* unknown fields are passed over */
	RULES_LEGACY_NAMES = 1 << 1	/* label names [a-zA-Z_][a-zA-Z0-9_]* */
};

/* NULL with *e: file:line:col. */
struct rule_groups	*rules_load(const char *path, unsigned flags,
			    struct arena *a, struct err *e);
struct rule_groups	*rules_decode(const struct ynode *root,
			    unsigned flags, struct arena *a, struct err *e);

/*
 * What upstream checks beyond the fields: each expression, and the templates
 * in labels and annotations of alerts.  The caller knows the languages; a
 * function that returns -1 fills *e with a position in the text.  report gets
 * every error, moved to its place in the file with the group, rule number
 * and name in front.  Returns the number of errors.
 */
struct rules_languages {
	void *arg;
	int	(*expr)(void *arg, struct str text, struct err *e);
	int	(*template)(void *arg, struct str text, struct err *e);
};
typedef void rules_report(void *arg, const struct err *e);

size_t	rules_check_texts(const struct rule_groups *g,
	    const struct rules_languages *l, rules_report *report, void *arg);

#endif

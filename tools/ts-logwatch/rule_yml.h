/*
 * rule_yml: rules and lists of logwatch.yml; for rules.c.
 */
#ifndef TS_LOGWATCH_RULE_YML_H
#define TS_LOGWATCH_RULE_YML_H

#include "rules.h"

/* Add what a file has; 0, or -1 with *e at its place. */
int	rule_lists_read(struct rules *all, const struct ynode *n,
	    struct arena *a, struct err *e);
int	rules_read(struct rules *all, const struct config_file *f,
	    struct grok_set *set, struct arena *a, struct err *e);

/* Of rules.c. */
struct cidr_list	*rules_list_add(struct rules *r, struct str name);
void			 rules_add(struct rules *r, struct rule *rule);

#endif

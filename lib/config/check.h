/*
 * config/check: what the `check` verbs share.  Each function loads one file
 * of its kind and hands every error and warning, with its place, to report;
 * the tool prints them.  True: no error.
 */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/rules.h"

struct config_check {
	void	(*report)(void *arg, const struct err *e, bool warning);
	void *arg;
	bool syntax_only;	/* do not look at the files it names */
	bool strict;		/* warnings about leniency are errors */
	/* expressions and templates; NULL members are not checked */
	struct rules_languages lang;
};

/* prometheus.yml, scrape_config_files and (not syntax_only) its rules,
   certificates and discovery files. */
bool	config_check_prom(const char *path, const struct config_check *c);
/* A rule file, or its text; the groups, NULL when there is an error. */
struct rule_groups	*config_check_rules(const char *path, unsigned flags,
			    struct arena *a, const struct config_check *c);
struct rule_groups	*config_check_rules_text(struct str text,
			    const char *name, unsigned flags, struct arena *a,
			    const struct config_check *c);
/*
 * alertmanager.yml; by lang.template its template files, each as one text,
 * then the templates in its fields.
 */
bool	config_check_am(const char *path, const struct config_check *c);
/* A file of file_sd_configs. */
bool	config_check_sd_file(const char *path, const struct config_check *c);

#endif

/*
 * health_yml: health.yml, and single checks from the command line.
 *
 *	global: { timeout: 10s, slow: 1s, failures: 2, labels: { env: prod } }
 *	checks:
 *	  - { name: disk, type: disk, path: /, warn: 80%, crit: 85% }
 *
 * Any text option of a check may be { file: PATH } or { env: NAME }.
 */
#ifndef TS_HEALTH_HEALTH_YML_H
#define TS_HEALTH_HEALTH_YML_H

#include "check.h"
#include "core/vec.h"

#define HEALTH_CHECKS_MAX	100000

struct health_config {
	struct arena arena;
	VEC(struct check *) checks;	/* in order of the file */
	VEC(struct err) warnings;
	const char *procfs, *sysfs, *rootfs;	/* set before loading */
};

/* 0, or -1 with *e (file, line, col). */
int	health_load(struct health_config *h, const char *path, struct err *e);

/* One check: `ts-health KIND TARGET`, and options as KEY=VALUE (YAML). */
int	health_adhoc(struct health_config *h, const struct check_kind *kind,
	    struct str target, const struct str *options, size_t noptions,
	    struct err *e);

void	health_release(struct health_config *h);

#endif

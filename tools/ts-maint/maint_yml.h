/*
 * maint_yml: ts-maint.yml(5).
 *
 *	global: { timeout: 1h, path: /usr/bin:/bin }
 *	plans:
 *	  - name: daily
 *	    when: "*-*-* 02:00"
 *	    tasks:
 *	      - { name: temp, kind: clean, paths: [/tmp], match: ["ts_*"] }
 *	tasks:
 *	  - { name: disk, kind: disk }		# a plan of this one task
 */
#ifndef TS_MAINT_MAINT_YML_H
#define TS_MAINT_MAINT_YML_H

#include "plan.h"

#define MAINT_PLANS_MAX	10000

struct maint_config {
	struct arena arena;
	const char *file;
	struct str path;		/* PATH of programs; empty = ours */
	struct str audit, lock_dir;	/* empty = by default */
	struct str sha256;		/* of the file, hexadecimal */
	VEC(struct plan *) plans;	/* in order of the file */
	VEC(struct err) warnings;
};

/* 0, or -1 with *e (file, line, col). */
int	maint_load(struct maint_config *m, const char *path, struct err *e);
void	maint_release(struct maint_config *m);

struct plan	*maint_find(const struct maint_config *m, struct str name);

#endif

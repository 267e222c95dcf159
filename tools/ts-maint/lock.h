/*
 * lock: one run of a plan at a time.
 */
#ifndef TS_MAINT_LOCK_H
#define TS_MAINT_LOCK_H

#include <signal.h>

#include "maint_yml.h"

/*
 * The directory of the locks, made when missing: lock_dir of the file, else
 * /run/ts-maint (root), $XDG_RUNTIME_DIR/ts-maint, or /tmp/ts-maint-UID; one
 * that is not ours is refused.  NULL with *e.
 */
const char	*lock_dir(const struct maint_config *m, struct arena *a,
		    struct err *e);

/*
 * Its descriptor; close it to give it back.  -1 with *e: ERR_LIMIT when
 * another holds it (after timeout_ms with wait; 0 = for ever; or once *stop
 * is set), ERR_SYS.
 */
int	lock_take(const char *dir, struct str name, bool wait,
	    int64_t timeout_ms, const volatile sig_atomic_t *stop,
	    struct err *e);

#endif

/*
 * grok_shipped: the pattern files under grok/, as text in the program.  The
 * Makefile makes grok_shipped.c of them.
 */
#ifndef TS_LOGWATCH_GROK_SHIPPED_H
#define TS_LOGWATCH_GROK_SHIPPED_H

#include <stddef.h>

/* By the file's name: x.pattern, x.legacy.pattern, x.ecs.pattern. */
enum grok_which { GROK_BOTH, GROK_LEGACY, GROK_ECS };

struct grok_text {
	const char *name;
	enum grok_which set;
	const char *text;
};

extern const struct grok_text grok_shipped[];
extern const size_t grok_nshipped;

#endif

/*
 * intern: equal bytes give the same pointer for as long as the table lives.
 * The owner rebuilds the table when most of it is dead, so that a process
 * that runs for months does not grow.
 */
#ifndef CORE_INTERN_H
#define CORE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "core/str.h"

struct sym {
	struct str s;		/* with a NUL behind it, not counted */
	uint64_t hash;		/* str_hash(s) */
	uint32_t id;		/* 0, 1, 2, … in order of arrival */
};

struct intern;

struct intern		*intern_new(void);
const struct sym	*intern_str(struct intern *t, struct str s);

/* The symbol when it is known, else NULL; never adds. */
const struct sym	*intern_find(const struct intern *t, struct str s);
size_t			 intern_count(const struct intern *t);
void			 intern_free(struct intern *t);

#endif

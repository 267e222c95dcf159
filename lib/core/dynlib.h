/*
 * dynlib: a shared library that is loaded on first use, because only an
 * option needs it and merely being linked with it costs milliseconds.  Its
 * functions land in a struct of pointers.
 */
#ifndef CORE_DYNLIB_H
#define CORE_DYNLIB_H

#include <stddef.h>

#include "core/err.h"

struct dynlib_row {
	const char *name;	/* of the symbol */
	size_t offset;		/* of its pointer in the struct */
};

/*
 * Load soname and fill api.  0; -1 with *e (ERR_SYS) when it is not installed
 * or lacks a function; then api is as it was.  It is never unloaded.
 */
int	dynlib_load(const char *soname, const struct dynlib_row *rows,
	    size_t n, void *api, struct err *e);

/* The library is installed; -1 with *e when not.  It stays loaded. */
int	dynlib_have(const char *soname, struct err *e);

/*
 * The address of one function into *slot, a pointer to it (core/standin.h).
 * Ends the program when there is none.
 */
void	dynlib_need(const char *soname, const char *name, void *slot);

#endif

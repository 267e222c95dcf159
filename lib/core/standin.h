/*
 * standin: functions of a shared library that is loaded by the first call of
 * one of them.  Each stand-in bears the name of the library's own function,
 * whose header declares it; callers look as if they were linked with it.
 *	#define SONAME "libpq.so.5"
 *	STAND_IN(SONAME, int, PQstatus, (const PGconn *c), (c))
 * A missing library or function ends the program as the dynamic linker does
 * (status 127); who wants an error instead asks dynlib_have first.
 */
#ifndef CORE_STANDIN_H
#define CORE_STANDIN_H

#include "core/dynlib.h"

#define STAND_IN(soname, type, name, params, args)			\
	type								\
	name params							\
	{								\
		static type (*f) params;				\
									\
		if (f == NULL)						\
			dynlib_need(soname, #name, &f);			\
		return f args;						\
	}

#define STAND_IN_VOID(soname, name, params, args)			\
	void								\
	name params							\
	{								\
		static void (*f) params;				\
									\
		if (f == NULL)						\
			dynlib_need(soname, #name, &f);			\
		f args;							\
	}

#endif

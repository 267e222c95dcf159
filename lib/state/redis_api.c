#include "state/redis_api.h"

#include "core/dynlib.h"

/* The one whose structs the header describes. */
#define WORD(x)		#x
#define EXPANDED(x)	WORD(x)
#define SONAME		"libhiredis.so." EXPANDED(HIREDIS_SONAME)

static const struct dynlib_row functions[] = {
#define X(name) { #name, offsetof(struct redis_api, name) },
	REDIS_FUNCTIONS(X)
#undef X
};

const struct redis_api *
redis_load(struct err *e)
{
	static struct redis_api api;

	if (api.freeReplyObject == NULL && dynlib_load(SONAME, functions,
	    sizeof(functions) / sizeof(functions[0]), &api, e) == -1)
		return NULL;
	return &api;
}

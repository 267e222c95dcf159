#include "state/pq_api.h"

#include "core/dynlib.h"

#define SONAME	"libpq.so.5"

static const struct dynlib_row functions[] = {
#define X(name) { "PQ" #name, offsetof(struct pq_api, name) },
	PQ_FUNCTIONS(X)
#undef X
};

const struct pq_api *
pq_load(struct err *e)
{
	static struct pq_api api;

	if (api.getlength == NULL && dynlib_load(SONAME, functions,
	    sizeof(functions) / sizeof(functions[0]), &api, e) == -1)
		return NULL;
	return &api;
}

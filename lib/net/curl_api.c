#include "net/curl_api.h"

#include "core/dynlib.h"

#define SONAME	"libcurl.so.4"

const struct curl_api *curl;

static const struct dynlib_row functions[] = {
#define X(name) { "curl_" #name, offsetof(struct curl_api, name) },
	CURL_FUNCTIONS(X)
#undef X
};

int
curl_load(struct err *e)
{
	static struct curl_api api;

	if (curl)
		return 0;
	if (dynlib_load(SONAME, functions,
	    sizeof(functions) / sizeof(functions[0]), &api, e) == -1)
		return -1;
	curl = &api;
	if (curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		return 0;
	curl = NULL;
	return err_set(e, ERR_SYS, "cannot initialise '%s'", SONAME);
}

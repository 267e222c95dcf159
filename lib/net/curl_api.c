#include "net/curl_api.h"

#include <dlfcn.h>

#define SONAME	"libcurl.so.4"

const struct curl_api *curl;

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
#define X(name) { "curl_" #name, offsetof(struct curl_api, name) },
	CURL_FUNCTIONS(X)
#undef X
};

int
curl_load(struct err *e)
{
	static struct curl_api api;
	void *lib, *f;
	size_t i;

	if (curl)
		return 0;
	lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		return err_set(e, ERR_SYS, "cannot load '%s': %s", SONAME,
		    dlerror());
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		f = dlsym(lib, functions[i].name);
		if (f == NULL)
			return err_set(e, ERR_SYS, "'%s' is too old: it has "
			    "no '%s'", SONAME, functions[i].name);
		memcpy((char *)&api + functions[i].offset, &f, sizeof(f));
	}
	curl = &api;
	if (curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		return 0;
	curl = NULL;
	return err_set(e, ERR_SYS, "cannot initialise '%s'", SONAME);
}

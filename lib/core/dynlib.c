#include "core/dynlib.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "core/diag.h"

#define EXIT_NOLIB	127	/* as the dynamic linker */

int
dynlib_load(const char *soname, const struct dynlib_row *rows, size_t n,
    void *api, struct err *e)
{
	void *lib = dlopen(soname, RTLD_LAZY | RTLD_LOCAL), *f;
	size_t i;

	if (lib == NULL)
		return err_set(e, ERR_SYS, "cannot load '%s': %s", soname,
		    dlerror());
	for (i = 0; i < n; i++)
		if (dlsym(lib, rows[i].name) == NULL)
			return err_set(e, ERR_SYS, "'%s' is too old: it has "
			    "no '%s'", soname, rows[i].name);
	for (i = 0; i < n; i++) {
		f = dlsym(lib, rows[i].name);
		memcpy((char *)api + rows[i].offset, &f, sizeof(f));
	}
	return 0;
}

int
dynlib_have(const char *soname, struct err *e)
{
	if (dlopen(soname, RTLD_LAZY | RTLD_LOCAL) == NULL)
		return err_set(e, ERR_SYS, "cannot load '%s': %s", soname,
		    dlerror());
	return 0;
}

void
dynlib_need(const char *soname, const char *name, void *slot)
{
	void *lib = dlopen(soname, RTLD_LAZY | RTLD_LOCAL), *f = NULL;

	if (lib != NULL)
		f = dlsym(lib, name);
	if (f == NULL) {
		diag("cannot load '%s' of '%s': %s", name, soname, dlerror());
		_exit(EXIT_NOLIB);
	}
	memcpy(slot, &f, sizeof(f));
}

#include "program.h"

#include <limits.h>
#include <unistd.h>

const char *
program_beside(struct arena *a, const char *name)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
	struct str path;
	ptrdiff_t at;

	if (n <= 0)
		return name;
	for (at = n; at > 0 && self[at - 1] != '/'; at--)
		continue;
	path = arena_printf(a, "%.*s%s", (int)at, self, name);
	return access(path.p, X_OK) == 0 ? path.p : name;
}

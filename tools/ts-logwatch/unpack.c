#include "unpack.h"

#include <archive.h>
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/str.h"

#define SONAME		"libarchive.so.13"
#define BLOCK_BYTES	((size_t)64 << 10)

#define FUNCTIONS(X)							\
	X(read_new) X(read_free) X(read_support_filter_all)		\
	X(read_support_format_raw) X(read_open_fd) X(read_next_header)	\
	X(read_data) X(error_string)

static struct {
	bool loaded;
#define X(name) __typeof__(archive_##name) *name;
	FUNCTIONS(X)
#undef X
} api;

struct unpack {
	struct archive *a;
};

static int
load(struct err *e)
{
	static const struct { const char *name; void *at; } rows[] = {
#define X(f) { "archive_" #f, &api.f },
		FUNCTIONS(X)
#undef X
	};
	void *lib, *f;
	size_t i;

	if (api.loaded)
		return 0;
	lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		return err_set(e, ERR_SYS, "cannot load '%s': %s", SONAME,
		    dlerror());
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((f = dlsym(lib, rows[i].name)) == NULL)
			return err_set(e, ERR_SYS, "'%s' is too old: it has "
			    "no '%s'", SONAME, rows[i].name);
		memcpy(rows[i].at, &f, sizeof(f));
	}
	api.loaded = true;
	return 0;
}

static const struct str magics[] = {
	STR("\x1f\x8b"), STR("BZh"), STR("\xfd" "7zXZ"),
	STR("\x28\xb5\x2f\xfd"), STR("\x04\x22\x4d\x18"), STR("\x1f\x9d"),
};

bool
unpack_wanted(int fd)
{
	char head[8];
	ssize_t n = pread(fd, head, sizeof(head), 0);
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (n >= 6 && memcmp(head, magics[i].p, magics[i].n) == 0)
			return true;
	return false;
}

struct unpack *
unpack_open(int fd, struct err *e)
{
	struct archive_entry *entry;
	struct unpack *u;

	if (load(e) == -1)
		return NULL;
	u = mem_zalloc(sizeof(*u));
	(void)lseek(fd, 0, SEEK_SET);
	u->a = api.read_new();
	if (u->a == NULL)
		mem_exhausted();
	(void)api.read_support_filter_all(u->a);
	(void)api.read_support_format_raw(u->a);
	if (api.read_open_fd(u->a, fd, BLOCK_BYTES) != ARCHIVE_OK ||
	    api.read_next_header(u->a, &entry) < ARCHIVE_WARN) {
		(void)err_set(e, ERR_SYNTAX, "cannot decompress: %s",
		    unpack_why(u));
		unpack_close(u);
		return NULL;
	}
	return u;
}

ssize_t
unpack_read(void *arg, void *p, size_t n)
{
	struct unpack *u = arg;
	la_ssize_t got = api.read_data(u->a, p, n);

	return got < 0 ? -1 : (ssize_t)got;
}

bool
unpack_skip(struct unpack *u, uint64_t n)
{
	char block[8192];
	ssize_t got;

	while (n > 0) {
		got = unpack_read(u, block, n < sizeof(block) ? (size_t)n :
		    sizeof(block));
		if (got <= 0)
			return false;
		n -= (uint64_t)got;
	}
	return true;
}

const char *
unpack_why(const struct unpack *u)
{
	const char *why = api.error_string(u->a);

	return why ? why : "damaged data";
}

void
unpack_close(struct unpack *u)
{
	if (u == NULL)
		return;
	(void)api.read_free(u->a);
	mem_free(u);
}

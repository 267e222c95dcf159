#include "siblings.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peek.h"

static int
by_time(const void *a, const void *b)
{
	const struct sibling *x = a, *y = b;

	if (x->mtime != y->mtime)
		return x->mtime < y->mtime ? -1 : 1;
	return strcmp(y->path, x->path);
}

static void
add(const char *dir, const char *name, struct arena *a, siblings_list *out)
{
	struct sibling s = { .path = arena_printf(a, "%s/%s", dir, name).p };
	struct stat st;

	if (lstat(s.path, &st) == -1 || !S_ISREG(st.st_mode))
		return;
	s.dev = (uint64_t)st.st_dev;
	s.ino = (uint64_t)st.st_ino;
	s.size = (uint64_t)st.st_size;
	s.mtime = st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	vec_push(out, s);
}

void
siblings_find(const char *path, struct arena *a, siblings_list *out)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dir = slash ? arena_cstr(a, (struct str){ path,
	    slash == path ? 1 : (size_t)(slash - path) }) : ".";
	size_t n = strlen(base);
	struct dirent *d;
	DIR *open = opendir(dir);

	out->n = 0;
	if (open == NULL)
		return;
	while ((d = readdir(open)) != NULL)
		if (strncmp(d->d_name, base, n) == 0 &&
		    (d->d_name[n] == '.' || d->d_name[n] == '-') &&
		    strlen(d->d_name) > n + 1)
			add(dir, d->d_name, a, out);
	(void)closedir(open);
	if (out->n > 0)
		qsort(out->p, out->n, sizeof(out->p[0]), by_time);
}

struct file *
sibling_open(struct watch *w, const struct input *input, const char *path,
    const struct checkpoint *p)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	uint64_t failures = peek_failures();
	struct file *f;
	struct err e;

	if (fd == -1)
		return NULL;
	f = file_new(w, input, path, fd);
	if ((!unpack_wanted(fd) || file_unpack(f, &e) == 0) &&
	    file_continues(f, p) && peek_failures() == failures)
		return f;
	file_free(f);
	return NULL;
}

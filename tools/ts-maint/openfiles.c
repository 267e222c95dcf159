#include "openfiles.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/io.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/vec.h"

struct file_id {
	dev_t dev;
	ino_t ino;
};

struct openfiles {
	VEC(struct file_id) files;	/* sorted */
	struct map sockets;
	struct arena arena;
};

static int
by_id(const void *a, const void *b)
{
	const struct file_id *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void
scan_process(struct openfiles *o, int proc, const char *pid)
{
	struct buf path = { 0 };
	struct dirent *de;
	struct stat st;
	DIR *d;
	int fd;

	(void)buf_printf(&path, "%s/fd", pid);
	fd = openat(proc, buf_cstr(&path), O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	buf_release(&path);
	if (fd == -1)
		return;
	if ((d = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return;
	}
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' &&
		    fstatat(dirfd(d), de->d_name, &st, 0) == 0 &&
		    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
			vec_push(&o->files, (struct file_id){ st.st_dev,
			    st.st_ino });
	(void)closedir(d);
}

/* Num RefCount Protocol Flags Type St Inode Path */
static void
scan_sockets(struct openfiles *o)
{
	struct buf text = { 0 };
	struct str line, rest;
	struct err e;
	ptrdiff_t at;

	if (io_read_file("/proc/net/unix", (size_t)64 << 20, &text, &e) == 0)
		for (rest = buf_str(&text); rest.n;) {
			rest = str_cut(rest, '\n', &line);
			if ((at = str_find(line, STR(" /"))) < 0)
				continue;
			(void)map_put(&o->sockets, arena_str(&o->arena,
			    str_sub(line, (size_t)at + 1, line.n)), o);
		}
	buf_release(&text);
}

struct openfiles *
openfiles_scan(void)
{
	struct openfiles *o = mem_zalloc(sizeof(*o));
	struct dirent *de;
	DIR *d = opendir("/proc");

	/* What we have open ourselves is of no interest. */
	while (d != NULL && (de = readdir(d)) != NULL)
		if (de->d_name[0] >= '1' && de->d_name[0] <= '9' &&
		    strtol(de->d_name, NULL, 10) != (long)getpid())
			scan_process(o, dirfd(d), de->d_name);
	if (d != NULL)
		(void)closedir(d);
	if (o->files.n)
		qsort(o->files.p, o->files.n, sizeof(*o->files.p), by_id);
	scan_sockets(o);
	return o;
}

bool
openfiles_has(const struct openfiles *o, dev_t dev, ino_t ino)
{
	struct file_id key = { dev, ino };

	return o->files.n && bsearch(&key, o->files.p, o->files.n,
	    sizeof(key), by_id) != NULL;
}

bool
openfiles_socket(const struct openfiles *o, struct str path)
{
	return map_get(&o->sockets, path) != NULL;
}

void
openfiles_free(struct openfiles *o)
{
	vec_release(&o->files);
	map_release(&o->sockets);
	arena_free(&o->arena);
	mem_free(o);
}

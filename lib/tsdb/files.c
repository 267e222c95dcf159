#include "tsdb/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/num.h"

#define NUMBER_DIGITS	8

static char *
path_of(const char *dir, const char *name)
{
	struct buf b = { 0 };
	char *path;

	(void)buf_printf(&b, "%s/%s", dir, name);
	path = mem_strdup(buf_cstr(&b));
	buf_release(&b);
	return path;
}

char *
files_path(const char *dir, const struct history_file *f)
{
	char name[64];

	if (f->log)
		(void)snprintf(name, sizeof(name), "%08u.log", f->first);
	else
		(void)snprintf(name, sizeof(name), "%08u-%08u.block",
		    f->first, f->last);
	return path_of(dir, name);
}

char *
files_temporary(const char *dir, const struct history_file *f)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%08u-%08u.tmp", f->first,
	    f->last);
	return path_of(dir, name);
}

static bool
number(struct str s, uint32_t *out)
{
	uint64_t v;

	if (s.n < NUMBER_DIGITS || !num_parse_u64(s, UINT32_MAX, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool
parse_name(struct str name, struct history_file *f)
{
	struct str head, rest;

	f->log = str_ends(name, STR(".log"));
	if (!f->log && !str_ends(name, STR(".block")))
		return false;
	(void)str_cut(name, '.', &head);
	if (f->log) {
		if (!number(head, &f->first))
			return false;
		f->last = f->first;
		return true;
	}
	rest = str_cut(head, '-', &head);
	return number(head, &f->first) && number(rest, &f->last) &&
	    f->first <= f->last;
}

static int
cmp_file(const void *a, const void *b)
{
	const struct history_file *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return x->log - y->log;
}

static int
read_names(const char *dir, bool clean, file_list *out, struct err *e)
{
	DIR *d = opendir(dir);
	struct history_file f = { 0 };
	struct dirent *de;
	struct stat st;

	if (d == NULL)
		return err_sys(e, "cannot open '%s'", dir);
	while ((de = readdir(d)) != NULL) {
		if (clean && str_ends(str_of(de->d_name), STR(".tmp")))
			(void)unlinkat(dirfd(d), de->d_name, 0);
		if (!parse_name(str_of(de->d_name), &f) ||
		    fstatat(dirfd(d), de->d_name, &st, 0) == -1)
			continue;
		f.bytes = (uint64_t)st.st_size;
		vec_push(out, f);
	}
	(void)closedir(d);
	return 0;
}

int
files_list(const char *dir, bool clean, file_list *out, struct err *e)
{
	uint64_t through = 0;	/* segments before this stand in a block */
	size_t i, k = 0;
	char *path;

	vec_reset(out);
	if (read_names(dir, clean, out, e) == -1)
		return -1;
	if (out->n)
		qsort(out->p, out->n, sizeof(*out->p), cmp_file);
	for (i = 0; i < out->n; i++) {
		if (out->p[i].last < through) {
			path = files_path(dir, &out->p[i]);
			if (clean)
				(void)unlink(path);
			mem_free(path);
			continue;
		}
		if (!out->p[i].log)
			through = (uint64_t)out->p[i].last + 1;
		out->p[k++] = out->p[i];
	}
	out->n = k;
	return 0;
}

int
files_sync(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd == -1 || fsync(fd) == -1)
		rc = err_sys(e, "cannot sync '%s'", dir);
	if (fd != -1)
		(void)close(fd);
	return rc;
}

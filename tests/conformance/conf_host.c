/*
 * health/proc/node_exporter: the families that ts-health host writes for the
 * fixture's proc tree equal those that node_exporter wrote.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../../tools/ts-health/host.h"
#include "conf.h"
#include "core/diag.h"
#include "core/io.h"
#include "core/map.h"

#define SET		"health/proc/node_exporter"

/* The sample lines of every family, comments left out. */
static struct map
families(struct str text, struct arena *a)
{
	struct map all = { 0 };
	struct buf *b;
	struct str line, name;
	size_t n;

	while (host_line(&text, &line)) {
		if (line.n == 0 || line.p[0] == '#')
			continue;
		for (n = 0; n < line.n && line.p[n] != '{' &&
		    line.p[n] != ' '; n++)
			continue;
		name = str_sub(line, 0, n);
		if ((b = map_get(&all, name)) == NULL) {
			b = ARENA_NEW(a, struct buf);
			(void)map_put(&all, name, b);
		}
		(void)buf_printf(b, STR_FMT "\n", STR_ARG(line));
	}
	return all;
}

static void
families_release(struct map *all)
{
	struct map_entry *e;
	size_t at = 0;

	while ((e = map_next(all, &at)) != NULL)
		buf_release(e->value);
	map_release(all);
}

static int
cmp_lines(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/*
 * Those that we write; node_exporter has collectors more (md, numa).  Devices
 * and cpus may come in any order.
 */
static struct str
sorted(struct str text, struct arena *a)
{
	struct str *line = ARENA_ARRAY(a, text.n + 1, struct str);
	struct str one, out = { arena_raw(a, text.n + 1), 0 };
	size_t i, n = 0;
	char *at = arena_raw(a, text.n + 1);

	out.p = at;
	while (host_line(&text, &one))
		line[n++] = one;
	qsort(line, n, sizeof(*line), cmp_lines);
	for (i = 0; i < n; i++) {
		memcpy(at, line[i].p, line[i].n);
		at += line[i].n;
		*at++ = '\n';
	}
	out.n = (size_t)(at - out.p);
	return out;
}

static void
compare(struct conf *c, struct str want, struct str got, struct arena *a)
{
	struct map w = families(want, a), g = families(got, a);
	struct map_entry *e;
	struct buf *b;
	size_t at = 0;

	while ((e = map_next(&g, &at)) != NULL) {
		b = map_get(&w, e->key);
		if (b == NULL)
			continue;	/* of this machine, not of the tree */
		conf_expect(c, arena_cstr(a, e->key),
		    sorted(buf_str(b), a), sorted(buf_str(e->value), a));
	}
	families_release(&w);
	families_release(&g);
}

int
main(int argc, char **argv)
{
	struct conf c;
	struct arena a = { 0 };
	struct buf want = { 0 }, got = { 0 };
	struct err e;

	conf_init(&c, argc, argv);
	diag_init("conf_host");
	diag_quiet(true);	/* the tree is a part of a machine */
	if (conf_begin(&c, SET)) {
		struct host h = { .sysfs = "/nonexistent", .rootfs = "/",
		    .mount_timeout_ms = 1000,
		    .collector = "processes", .format = &host_text,
		    .out = &got };
		struct str proc = arena_printf(&a, "%s/proc",
		    conf_path(&c, SET));

		h.procfs = proc.p;
		(void)host_collect(&h);
		if (io_read_file(conf_path(&c, SET "/expected.prom"),
		    HOST_FILE_MAX, &want, &e) == -1)
			conf_fail(&c, "expected.prom", STR("a file"),
			    str_of(e.msg));
		else
			compare(&c, buf_str(&want), buf_str(&got), &a);
		conf_end(&c);
	}
	buf_release(&want);
	buf_release(&got);
	arena_free(&a);
	return conf_finish(&c);
}

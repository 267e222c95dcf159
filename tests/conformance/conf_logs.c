/*
 * logs/NAME.csv: the header fields and the content of each line of NAME.log,
 * by one line of grok; logs/formats: every file gives valid lines of JSON.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../tools/ts-logwatch/grok.h"
#include "../../tools/ts-logwatch/lines.h"
#include "../../tools/ts-logwatch/parser.h"
#include "../../tools/ts-logwatch/printer.h"
#include "conf.h"
#include "core/io.h"
#include "core/utf8.h"
#include "json/tree.h"

static const struct { const char *name, *pattern; } sets[] = {
	{ "Android", "^(?<Date>\\d\\d-\\d\\d) (?<Time>\\S+) +%{INT:Pid} +"
	    "%{INT:Tid} (?<Level>[A-Z]) %{DATA:Component} *: "
	    "%{GREEDYDATA:Content}$" },
	{ "Apache", "^\\[%{HTTPDERROR_DATE:Time}\\] \\[%{WORD:Level}\\] "
	    "%{GREEDYDATA:Content}$" },
	{ "BGL", "^%{NOTSPACE:Label} %{INT:Timestamp} %{NOTSPACE:Date} "
	    "%{NOTSPACE:Node} %{NOTSPACE:Time} %{NOTSPACE:NodeRepeat} "
	    "%{NOTSPACE:Type} %{NOTSPACE:Component} %{NOTSPACE:Level} "
	    "%{GREEDYDATA:Content}$" },
	{ "HDFS", "^%{INT:Date} %{INT:Time} %{INT:Pid} %{LOGLEVEL:Level} "
	    "%{NOTSPACE:Component}: %{GREEDYDATA:Content}$" },
	{ "HPC", "^%{INT:LogId} %{NOTSPACE:Node} %{NOTSPACE:Component} "
	    "%{NOTSPACE:State} %{INT:Time} %{INT:Flag} "
	    "%{GREEDYDATA:Content}$" },
	{ "Hadoop", "^(?<Date>\\S+) (?<Time>\\S+) %{LOGLEVEL:Level} "
	    "\\[(?<Process>.*?)\\] (?<Component>[\\w.$]+): "
	    "%{GREEDYDATA:Content}$" },
	{ "HealthApp", "^(?<Time>[^|]*)\\|(?<Component>[^|]*)\\|"
	    "(?<Pid>[^|]*)\\|%{GREEDYDATA:Content}$" },
	{ "Linux", "^%{MONTH:Month} +%{MONTHDAY:Date} %{TIME:Time} "
	    "%{NOTSPACE:Level} +(?<Component>[^\\[:]+)(?:\\[%{INT:PID}\\])?: "
	    "%{GREEDYDATA:Content}$" },
	{ "Mac", "^%{MONTH:Month} +%{MONTHDAY:Date} %{TIME:Time} "
	    "%{NOTSPACE:User} (?<Component>.*?)\\[%{INT:PID}\\]"
	    "(?: \\((?<Address>[^)]*)\\))?: *%{GREEDYDATA:Content}$" },
	{ "OpenSSH", "^%{MONTH:Date} +%{MONTHDAY:Day} %{TIME:Time} "
	    "%{NOTSPACE:Component} sshd\\[%{INT:Pid}\\]: "
	    "%{GREEDYDATA:Content}$" },
	{ "OpenStack", "^%{NOTSPACE:Logrecord} (?<Date>\\S+) (?<Time>\\S+) "
	    "%{INT:Pid} %{LOGLEVEL:Level} %{NOTSPACE:Component} "
	    "\\[(?<ADDR>[^\\]]*)\\] %{GREEDYDATA:Content}$" },
	{ "Proxifier", "^\\[(?<Time>[^\\]]*)\\] (?<Program>.*?) - "
	    "%{GREEDYDATA:Content}$" },
	{ "Spark", "^%{NOTSPACE:Date} %{NOTSPACE:Time} %{LOGLEVEL:Level} "
	    "%{NOTSPACE:Component}: %{GREEDYDATA:Content}$" },
	{ "Thunderbird", "^%{NOTSPACE:Label} %{INT:Timestamp} "
	    "%{NOTSPACE:Date} %{NOTSPACE:User} %{MONTH:Month} "
	    "%{MONTHDAY:Day} %{TIME:Time} %{NOTSPACE:Location} "
	    "(?<Component>[^\\[:]+)(?:\\[(?<PID>\\d+)\\])?: "
	    "%{GREEDYDATA:Content}$" },
	{ "Windows", "^(?<Date>\\S+) %{TIME:Time}, %{WORD:Level} +"
	    "%{WORD:Component} +%{GREEDYDATA:Content}$" },
	{ "Zookeeper", "^(?<Date>\\S+) (?<Time>\\S+) - %{LOGLEVEL:Level} +"
	    "\\[(?<Node>.*?):(?<Component>[^\\]]*)@%{INT:Id}\\] - "
	    "%{GREEDYDATA:Content}$" },
};
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static struct arena arena;

static struct str
trim_end(struct str s)
{
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

/* Columns of the set, not of the line. */
static bool
is_header(struct str name)
{
	return !str_eq(name, STR("LineId")) && !str_eq(name, STR("EventId")) &&
	    !str_eq(name, STR("EventTemplate"));
}

static void
compare(struct conf *c, const struct grok *g, struct str line,
    const struct source_state *s, const struct event *row, unsigned n)
{
	struct str value[GROK_FIELDS_MAX], want, got;
	struct buf w = { 0 }, h = { 0 };
	char name[32];
	size_t i;
	int at, rc = grok_match(g, line, value);

	for (i = 0; i < s->ncolumns; i++) {
		if (!is_header(s->column[i]))
			continue;
		want = trim_end(value_text(event_get(row, s->column[i])));
		at = grok_index(g, s->column[i]);
		got = rc == 1 && at >= 0 ? trim_end(value[at]) : STR_NONE;
		(void)buf_printf(&w, STR_FMT "=" STR_FMT "\n",
		    STR_ARG(s->column[i]), STR_ARG(want));
		(void)buf_printf(&h, STR_FMT "=" STR_FMT "\n",
		    STR_ARG(s->column[i]), STR_ARG(got));
	}
	(void)snprintf(name, sizeof(name), "line %u", n);
	conf_expect(c, name, buf_str(&w), buf_str(&h));
	buf_release(&w);
	buf_release(&h);
}

static void
one_set(struct conf *c, struct grok_set *set, const char *name,
    const char *pattern)
{
	struct source_state s = { .delimiter = ',' };
	struct event ev = { .arena = &arena };
	struct buf log = { 0 }, csv = { 0 };
	struct str lines, rows, line, row;
	char path[64];
	struct err e = { 0 };
	struct grok *g;
	unsigned n = 0;

	(void)snprintf(path, sizeof(path), "logs/%s.log", name);
	if (io_read_file(conf_path(c, path), 64 << 20, &log, &e) == -1)
		return;
	(void)snprintf(path, sizeof(path), "logs/%s.csv", name);
	if (!conf_begin(c, path))
		goto out;
	if (io_read_file(conf_path(c, path), 64 << 20, &csv, &e) == -1 ||
	    (g = grok_compile(set, str_of(pattern), false, &e)) == NULL) {
		conf_fail(c, name, STR("a pattern"), str_of(e.msg));
		conf_end(c);
		goto out;
	}
	rows = str_cut(buf_str(&csv), '\n', &row);
	event_reset(&ev, trim_end(row));
	(void)parse_csv.parse(&s, &ev);
	lines = buf_str(&log);
	while (lines.n > 0 && rows.n > 0) {
		arena_reset(&arena);
		lines = str_cut(lines, '\n', &line);
		rows = str_cut(rows, '\n', &row);
		event_reset(&ev, trim_end(row));
		(void)parse_csv.parse(&s, &ev);
		/* Our reader takes messages out of their column. */
		compare(c, g, trim_end(line), &s, &ev, ++n);
	}
	grok_free(g);
	conf_end(c);
out:
	event_release(&ev);
	arena_free(&s.arena);
	buf_release(&log);
	buf_release(&csv);
}

/* ---- formats ---- */

struct through {
	struct source_state s;
	struct event ev;
	struct printer *p;
	struct buf out;
	unsigned lines, bad;
	int fd;
};

static void
check_line(void *arg, const struct line *line)
{
	struct through *t = arg;
	struct err e;
	json_t *tree;

	arena_reset(&arena);
	event_reset(&t->ev, line->text);
	t->ev.flags = line->flags;
	parse_line(NULL, &t->s, &t->ev);
	if (t->ev.dropped)
		return;
	buf_reset(&t->out);
	printer_put(t->p, &t->ev, &t->out);
	t->lines++;
	tree = utf8_valid(buf_str(&t->out)) ? json_tree(str_sub(
	    buf_str(&t->out), 0, t->out.n - 1), &e) : NULL;
	t->bad += tree == NULL;
	json_decref(tree);
}

static ssize_t
read_fd(void *arg, void *p, size_t n)
{
	return read(*(int *)arg, p, n);
}

static void
one_format(struct conf *c, const char *dir, const char *name)
{
	struct through t = { .ev.arena = &arena, .p = printer_new(false) };
	struct lines l = { .max = 1 << 20, .fresh = true };
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	t.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (t.fd != -1) {
		while (lines_read(&l, read_fd, &t.fd, check_line, &t) > 0)
			;
		lines_finish(&l, 0, check_line, &t);
		(void)close(t.fd);
	}
	if (t.fd != -1 && t.bad == 0 && t.lines > 0)
		conf_pass(c);
	else
		conf_fail(c, name, STR("lines of JSON"),
		    t.lines == 0 ? STR("none") : STR("some are not"));
	printer_free(t.p);
	buf_release(&t.out);
	event_release(&t.ev);
	arena_free(&t.s.arena);
	lines_release(&l);
}

static void
formats(struct conf *c)
{
	char dir[400];
	struct dirent *d;
	DIR *open;

	if (!conf_begin(c, "logs/formats"))
		return;
	(void)snprintf(dir, sizeof(dir), "%s",
	    conf_path(c, "logs/formats"));
	open = opendir(dir);
	while (open != NULL && (d = readdir(open)) != NULL)
		if (d->d_name[0] != '.')
			one_format(c, dir, d->d_name);
	if (open != NULL)
		(void)closedir(open);
	lines_shared_release();
	conf_end(c);
}

int
main(int argc, char **argv)
{
	struct grok_set *set = grok_set_new(true);
	struct conf c;
	size_t i;

	conf_init(&c, argc, argv);
	for (i = 0; i < COUNT(sets); i++)
		one_set(&c, set, sets[i].name, sets[i].pattern);
	formats(&c);
	grok_set_free(set);
	arena_free(&arena);
	return conf_finish(&c);
}

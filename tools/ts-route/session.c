#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void
say_nothing(void *arg, const struct notification *n)
{
	(void)arg;
	(void)n;
}

static int
load_state(struct session *s)
{
	struct state *silences = NULL;
	struct err e = { 0 };
	int64_t now;
	int rc = -1;

	s->state = state_open_read(str_of(s->t->state), "ts-route", &e);
	if (s->state == NULL ||
	    save_load(&s->router, s->reader, s->state, &now, &e) == -1)
		goto out;
	silences = state_open_read(str_of(s->t->state), SILENCES_STATE, &e);
	if (silences == NULL ||
	    silences_load(&s->router.silences, silences, &e) == -1)
		goto out;
	if (s->t->clk.kind == CLK_INPUT)
		clk_advance(&s->t->clk, now);
	rc = 0;
out:
	state_close(silences);
	if (rc == -1)
		diag_err(&e);
	return rc;
}

int
session_open(struct session *s, struct tool *t)
{
	struct router_options o = { .emit = say_nothing };

	memset(s, 0, sizeof(*s));
	s->t = t;
	s->rt = t->self;
	if (route_config(t, s->rt) == -1)
		return EXIT_USAGE;
	o.compat_025 = s->rt->compat_025;
	s->table = labels_table_new();
	s->reader = wire_reader_new(s->table);
	router_init(&s->router, s->rt->config, s->table, &o);
	s->opened = true;
	return t->state == NULL || load_state(s) == 0 ? EXIT_YES :
	    EXIT_TROUBLE;
}

static bool
take_line(struct session *s, struct str line, struct err *e)
{
	struct wire_rec rec;
	struct alert *a = &rec.u.alert.alert;

	arena_reset(&s->arena);
	if (wire_read(s->reader, line, &s->arena, &rec, e) == -1)
		return false;
	if (rec.kind != WIRE_ALERT || str_eq(a->state, STR("pending")))
		return true;
	if (s->t->clk.kind == CLK_INPUT)
		clk_advance(&s->t->clk, a->starts_at);
	if (router_take(&s->router, a, clk_now(&s->t->clk), e) == -1)
		return false;
	vec_push(&s->order, a->labels);
	return true;
}

static int
read_from(struct session *s, int fd, const char *name)
{
	struct io_reader *in = io_reader_new(fd, IO_LINE_MAX);
	enum io_line got;
	struct err e = { 0 };
	struct str line;
	int status = EXIT_YES;

	while ((got = io_next_line(in, &line)) > IO_END) {
		if (got == IO_TOO_LONG)
			err_set(&e, ERR_LIMIT, "line too long");
		else if (take_line(s, line, &e))
			continue;
		e.file = name;
		e.line = (unsigned)io_line_number(in);
		diag_err(&e);
		status = EXIT_NO;
	}
	if (got == IO_ERROR) {
		diag("cannot read '%s': %s", name, strerror(errno));
		status = EXIT_TROUBLE;
	}
	io_reader_free(in);
	return status;
}

int
session_read(struct session *s, int argc, char **argv)
{
	int i, fd, rc, status = EXIT_YES;

	if (argc == 0)
		return read_from(s, STDIN_FILENO, "stdin");
	for (i = 0; i < argc && status != EXIT_TROUBLE; i++) {
		if (strcmp(argv[i], "-") == 0) {
			rc = read_from(s, STDIN_FILENO, "stdin");
		} else if ((fd = open(argv[i], O_RDONLY | O_CLOEXEC)) == -1) {
			diag("cannot open '%s': %s", argv[i],
			    strerror(errno));
			rc = EXIT_TROUBLE;
		} else {
			rc = read_from(s, fd, argv[i]);
			(void)close(fd);
		}
		status = rc > status ? rc : status;
	}
	return status;
}

void
session_close(struct session *s)
{
	if (!s->opened)
		return;
	router_release(&s->router);
	wire_reader_free(s->reader);
	labels_table_free(s->table);
	state_close(s->state);
	arena_free(&s->arena);
	vec_release(&s->order);
}

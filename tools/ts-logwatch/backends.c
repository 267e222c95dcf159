#include "backend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/proc.h"
#include "yaml/fields.h"

#define WORDS_MAX	24
#define DEADLINE_MS	10000
#define OUTPUT_MAX	65536

static const struct backend *const backends[] = {
	&backend_command, &backend_ipset, &backend_iptables, &backend_nft,
	&backend_ufw,
};
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

const struct backend *
backend_find(struct str name, struct err *e)
{
	const char *names[COUNT(backends)], *near;
	size_t i;

	for (i = 0; i < COUNT(backends); i++) {
		if (str_eq(name, str_of(backends[i]->name)))
			return backends[i];
		names[i] = backends[i]->name;
	}
	near = yaml_near(name, names, COUNT(backends));
	(void)err_set(e, ERR_CONFIG, "unknown back-end '" STR_FMT "'%s%s%s",
	    STR_ARG(name), near ? ", did you mean '" :
	    "; there are nft, ipset, iptables, ufw and command",
	    near ? near : "", near ? "'?" : "");
	return NULL;
}

static const char **
collect_words(struct arena *a, const char *word, va_list more)
{
	const char **argv = ARENA_ARRAY(a, WORDS_MAX + 1, const char *);
	size_t n = 0;

	for (; word != NULL && n < WORDS_MAX; word = va_arg(more,
	    const char *))
		argv[n++] = word;
	return argv;
}

const char **
command_argv(struct arena *a, const char *word, ...)
{
	const char **argv;
	va_list more;

	va_start(more, word);
	argv = collect_words(a, word, more);
	va_end(more);
	return argv;
}

struct command *
command_add(struct commands *c, const char *word, ...)
{
	struct command one = { 0 };
	va_list more;

	va_start(more, word);
	one.argv = collect_words(c->arena, word, more);
	va_end(more);
	vec_push(&c->all, one);
	return &c->all.p[c->all.n - 1];
}

/* ---- running ---- */

/* Where programs of an administrator are; whoever called us has no say. */
static const char *const dirs[] = {
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin",
	"/bin",
};

static const char *
find_program(const char *name, char *path, size_t size)
{
	size_t i;
	int n;

	if (strchr(name, '/') != NULL)
		return name;
	for (i = 0; i < COUNT(dirs); i++) {
		n = snprintf(path, size, "%s/%s", dirs[i], name);
		if (n > 0 && (size_t)n < size && access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static bool
is_fine(const struct command *c, struct str said)
{
	size_t i;

	for (i = 0; i < COUNT(c->fine); i++)
		if (c->fine[i] != NULL &&
		    str_find(said, str_of(c->fine[i])) != -1)
			return true;
	return false;
}

static int
run(const struct command *c, struct arena *a, struct err *e)
{
	static char env_path[] = "PATH=/usr/local/sbin:/usr/local/bin:"
	    "/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *const env[] = { env_path, locale, NULL };
	char path[4096], **args = ARENA_ARRAY(a, WORDS_MAX + 2, char *);
	struct proc_request q = { .argv = args, .envp = env, .input = c->input,
	    .timeout_ms = DEADLINE_MS, .output_max = OUTPUT_MAX,
	    .linger_ms = 1 };
	const char *const *argv = (const char *const *)c->argv;
	const char *program = find_program(argv[0], path, sizeof(path));
	struct proc_result r = { 0 };
	struct str said;
	size_t i;
	int status;

	if (program == NULL) {
		(void)err_set(e, ERR_SYS, "%s is not installed", argv[0]);
		return 127;
	}
	args[0] = arena_cstr(a, str_of(program));
	for (i = 1; argv[i] != NULL && i <= WORDS_MAX; i++)
		args[i] = arena_cstr(a, str_of(argv[i]));
	if (proc_run(&q, &r, e) == -1)
		return 127;
	said = str_trim(buf_str(r.err.n > 0 ? &r.err : &r.out));
	(void)str_cut(said, '\n', &said);
	status = r.signal != 0 ? 128 + r.signal : r.status;
	if (status > 0 && is_fine(c, buf_str(&r.err)))
		status = 0;
	if (r.timed_out)
		(void)err_set(e, ERR_SYS, "%s: no end after 10 s", argv[0]);
	else if (status != 0)
		(void)err_set(e, ERR_SYS, "%s: exit status %d: " STR_FMT,
		    argv[0], status, STR_ARG(said));
	if (status == 0 && c->expect != NULL &&
	    str_find(buf_str(&r.out), str_of(c->expect)) == -1) {
		(void)err_set(e, ERR_SYS, "%s does not say '%s' but '" STR_FMT
		    "'", argv[0], c->expect, STR_ARG(said));
		status = 1;
	}
	proc_result_release(&r);
	return status;
}

int
commands_run(struct commands *c, struct err *e)
{
	const struct command *one;
	struct command unless = { 0 }, before = { 0 };
	struct err ignored;
	size_t i;
	int status;

	for (i = 0; i < c->all.n; i++) {
		one = &c->all.p[i];
		unless.argv = one->unless;
		if (one->unless != NULL && run(&unless, c->arena,
		    &ignored) == 0)
			continue;
		before.argv = one->before;
		if (one->before != NULL)
			(void)run(&before, c->arena, &ignored);
		status = run(one, c->arena, one->may_fail ? &ignored : e);
		if (status != 0 && !one->may_fail)
			return status;
	}
	return 0;
}

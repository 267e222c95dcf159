/*
 * file_sd_configs: target groups in JSON or YAML files, read again when they
 * change and every refresh_interval.
 */
#include "sd.h"

#include "config/glob.h"
#include "core/diag.h"
#include "core/mem.h"

struct file_sd {
	struct sd *sd;
	struct ltimer refresh;
};

/* One file; a broken one keeps what it had. */
static void
read_file(struct sd *sd, struct str path)
{
	struct arena a = { 0 }, parsed = { 0 };
	const char *file = arena_cstr(&parsed, path);
	const struct ynode *root;
	struct ylist groups = { 0 };
	struct err e = { 0 };
	struct sd_group *g;
	size_t i;

	root = yaml_load_file(file, &parsed, &e);
	if (root == NULL || sd_groups_decode(root, &groups, &parsed,
	    &e) == -1) {
		diag_err(&e);
		sd->failed = true;
		for (i = 0; i < sd->source.n; i++)
			if (str_eq(str_of(sd->source.p[i]->name), path))
				sd->source.p[i]->marked = true;
	} else {
		g = sd_groups_of(groups.p, groups.n, STR("__meta_filepath"),
		    arena_str(&a, path), &a);
		sd_put(sd, file, &a, g, groups.n);
	}
	arena_free(&a);
	arena_free(&parsed);
}

static void
look(struct sd *sd)
{
	const struct file_sd_config *c = sd->config->conf;
	struct arena a = { 0 };
	struct ystrs found;
	struct err e = { 0 };
	size_t i, k;

	sd->failed = false;
	for (i = 0; i < sd->source.n; i++)
		sd->source.p[i]->marked = false;
	for (i = 0; i < c->files.n; i++) {
		if (glob_files(c->files.p[i], &a, &found, &e) == -1) {
			diag_err(&e);
			continue;
		}
		for (k = 0; k < found.n; k++)
			read_file(sd, found.p[k]);
	}
	for (i = sd->source.n; i-- > 0;)
		if (!sd->source.p[i]->marked)
			sd_drop(sd, i);
	arena_free(&a);
	sd_ready(sd);
}

static void
on_change(struct loop *l, void *arg, unsigned events)
{
	struct file_sd *f = arg;
	const struct file_sd_config *c = f->sd->config->conf;

	(void)events;
	look(f->sd);
	loop_timer(l, &f->refresh, loop_now(l) + c->refresh_ms);
}

/* The directory shows new files; a pattern has magic in its last part only. */
static void
watch(struct file_sd *f, struct str pattern)
{
	struct buf dir = { 0 };

	(void)buf_put(&dir, pattern);
	while (dir.n && dir.p[dir.n - 1] != '/')
		dir.n--;
	if (dir.n == 0)
		(void)buf_putc(&dir, '.');
	loop_watch_file(f->sd->env->loop, buf_cstr(&dir), on_change, f);
	buf_release(&dir);
}

static void
start(struct sd *sd)
{
	const struct file_sd_config *c = sd->config->conf;
	struct file_sd *f;
	size_t i;

	if (sd->env->follow) {
		f = sd->self = mem_zalloc(sizeof(*f));
		f->sd = sd;
		f->refresh.fn = on_change;
		f->refresh.arg = f;
		for (i = 0; i < c->files.n; i++)
			watch(f, c->files.p[i]);
		loop_timer(sd->env->loop, &f->refresh,
		    loop_now(sd->env->loop) + c->refresh_ms);
	}
	look(sd);
}

static void
stop(struct sd *sd)
{
	struct file_sd *f = sd->self;

	if (f == NULL)
		return;
	loop_unwatch_file(sd->env->loop, on_change, f);
	loop_timer_stop(sd->env->loop, &f->refresh);
	mem_free(f);
}

const struct sd_kind sd_file = { .name = "file", .start = start,
    .stop = stop };

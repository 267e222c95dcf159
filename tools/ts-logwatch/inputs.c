/*
 * The inputs of the configuration, at the start and when it is loaded again:
 * those that are new or changed are opened, those that are gone let go, each
 * at the place that was reached.
 */
#include "names.h"

#include <unistd.h>

#include "core/mem.h"

static void
add(struct follow *f, const struct input *in)
{
	vec_push(&f->inputs, in);
	follow_add(f, arena_cstr(&f->arena, in->path), in);
}

void
follow_inputs(struct follow *f, int argc, char **argv)
{
	const struct config *c = &f->w->config;
	size_t i, j;
	int k;

	f->operands = argc > 0;
	f->format = config_format(c);
	f->timezone = config_timezone(c);
	for (k = 0; k < argc; k++)
		follow_add(f, argv[k], NULL);
	for (i = 0; !f->operands && i < c->files.n; i++)
		for (j = 0; j < c->files.p[i]->inputs.n; j++)
			add(f, (const struct input *)
			    c->files.p[i]->inputs.p + j);
	if (!f->operands && f->inputs.n == 0)
		follow_add(f, "-", NULL);
}

/* ---- beginning ---- */

void
follow_begin(struct follow *f, const struct counts *from)
{
	size_t i;

	for (i = from->names; i < f->names.n; i++) {
		/* Watched before it is read: no change goes unseen. */
		follow_watch(f, f->names.p[i]);
		rotation_catch_up(f, f->names.p[i]);
		name_begin(f, f->names.p[i]);
	}
	/* What is rotated away before the first second is over is known. */
	follow_save(f);
	for (i = from->patterns; i < f->patterns.n; i++)
		follow_watch_pattern(f, f->patterns.p[i]);
	for (i = from->streams; i < f->streams.n; i++)
		stream_start(f->streams.p[i]);
	for (i = from->journals; i < f->journals.n; i++)
		journald_start(f->journals.p[i]);
}

/* ---- again ---- */

static bool
same_node(const struct ynode *a, const struct ynode *b)
{
	const struct ynode *x, *y;

	if (a->kind != b->kind || a->n != b->n ||
	    !str_eq(a->scalar, b->scalar) || (a->key == NULL) != (b->key ==
	    NULL) || (a->key != NULL && !str_eq(a->key->scalar,
	    b->key->scalar)))
		return false;
	for (x = a->child, y = b->child; x != NULL && y != NULL;
	    x = x->next, y = y->next)
		if (!same_node(x, y))
			return false;
	return x == NULL && y == NULL;
}

static void
let_names_go(struct follow *f, const struct input *in)
{
	size_t i, n = 0;

	for (i = 0; i < f->names.n; i++) {
		struct name *one = f->names.p[i];

		if (one->input != in || one->streamed) {
			f->names.p[n++] = one;
			continue;
		}
		follow_unwatch(f, one);
		name_let_go(f, one);
		mem_free(one);
	}
	f->names.n = n;
}

static void
let_go(struct follow *f, const struct input *in)
{
	size_t i, n = 0;

	for (i = 0; i < f->patterns.n; i++)
		if (f->patterns.p[i]->input == in)
			follow_unwatch_pattern(f, f->patterns.p[i]);
		else
			f->patterns.p[n++] = f->patterns.p[i];
	f->patterns.n = n;
	let_names_go(f, in);
	for (i = n = 0; i < f->journals.n; i++)
		if (journald_input(f->journals.p[i]) == in) {
			journald_stop(f->journals.p[i]);
			vec_push(&f->stopped, f->journals.p[i]);
		} else {
			f->journals.p[n++] = f->journals.p[i];
		}
	f->journals.n = n;
	for (i = 0; i < f->streams.n; i++)
		if (f->streams.p[i]->source.input == in)
			diag_warning("the input '" STR_FMT "' is read as "
			    "before until a restart", STR_ARG(in->path));
}

/* Files that are operands are read anew when what holds for all changed. */
static void
reopen_operands(struct follow *f)
{
	size_t i;

	for (i = 0; i < f->names.n; i++)
		if (!f->names.p[i]->streamed) {
			name_let_go(f, f->names.p[i]);
			name_begin(f, f->names.p[i]);
		}
}

/* What of old is in the configuration still, and in its place there. */
static const struct input *
kept(struct follow *f, const struct input *in)
{
	const struct input *old;
	size_t i;

	for (i = 0; i < f->inputs.n; i++) {
		old = f->inputs.p[i];
		if (old != NULL && same_node(old->node, in->node)) {
			f->inputs.p[i] = NULL;
			return old;
		}
	}
	return NULL;
}

static void
change_inputs(struct follow *f, bool all)
{
	const struct config *c = &f->w->config;
	VEC(const struct input *) stay = { 0 }, come = { 0 };
	struct counts had;
	size_t i, j;

	for (i = 0; i < c->files.n; i++)
		for (j = 0; j < c->files.p[i]->inputs.n; j++) {
			const struct input *in = (const struct input *)
			    c->files.p[i]->inputs.p + j;
			const struct input *old = all ? NULL : kept(f, in);

			if (old != NULL)
				vec_push(&stay, old);
			else
				vec_push(&come, in);
		}
	for (i = 0; i < f->inputs.n; i++)
		if (f->inputs.p[i] != NULL)
			let_go(f, f->inputs.p[i]);
	f->inputs.n = 0;
	for (i = 0; i < stay.n; i++)
		vec_push(&f->inputs, stay.p[i]);
	had = (struct counts){ f->names.n, f->patterns.n, f->streams.n,
	    f->journals.n };
	/* As at the start: they are not files that came later. */
	f->started = false;
	for (i = 0; i < come.n; i++)
		add(f, come.p[i]);
	f->started = true;
	follow_begin(f, &had);
	vec_release(&stay);
	vec_release(&come);
}

void
follow_reload(struct follow *f)
{
	const struct config *c = &f->w->config;
	struct str format = config_format(c), zone = config_timezone(c);
	bool all = !str_eq(format, f->format) || !str_eq(zone, f->timezone);
	size_t i;

	/* Places are handed over: what they stand for must be safe. */
	watch_settle(f->w);
	f->format = format;
	f->timezone = zone;
	if (!f->operands)
		change_inputs(f, all);
	else if (all)
		reopen_operands(f);
	for (i = 0; i < f->patterns.n; i++)
		pattern_expand(f->patterns.p[i]);
}

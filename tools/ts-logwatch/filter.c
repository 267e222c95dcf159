#include "filter.h"

#include "core/mem.h"
#include "core/vec.h"
#include "expr.h"

static const struct step_kind *const kinds[] = {
	&step_date, &step_drop, &step_grok, &step_json, &step_kv,
	&step_mutate,
};
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

struct step;
typedef VEC(struct step *) steps;

struct step {
	struct expr *condition;		/* NULL: always */
	const struct step_kind *kind;	/* NULL: only branches */
	void *self;
	steps yes, no;
};

struct filters {
	steps all;
	struct arena *arena;
	const struct config *config;
	bool ecs;
};

struct arena *
filters_arena(struct filters *f)
{
	return f->arena;
}

bool
filters_ecs(const struct filters *f)
{
	return f->ecs;
}

static int read_steps(struct filters *f, const struct ynode *n, steps *out,
    unsigned depth, struct err *e);

static int
unknown_key(const struct ynode *key, struct err *e)
{
	const char *names[NKINDS + 3] = { "if", "then", "else" }, *near;
	size_t i;

	for (i = 0; i < NKINDS; i++)
		names[3 + i] = kinds[i]->name;
	near = yaml_near(key->scalar, names, NKINDS + 3);
	return ynode_err(key, e, "unknown filter '" STR_FMT "'%s%s%s",
	    STR_ARG(key->scalar), near ? ", did you mean '" : "",
	    near ? near : "", near ? "'?" : "");
}

static int
read_part(struct filters *f, struct step *s, const struct ynode *c,
    unsigned depth, struct err *e)
{
	struct str key = c->key->scalar;
	struct err why = { 0 };
	size_t i;

	if (str_eq(key, STR("if"))) {
		s->condition = expr_parse(c->scalar, &why);
		return s->condition ? 0 : ynode_err(c, e, "%s", why.msg);
	}
	if (str_eq(key, STR("then")))
		return read_steps(f, c, &s->yes, depth + 1, e);
	if (str_eq(key, STR("else")))
		return read_steps(f, c, &s->no, depth + 1, e);
	for (i = 0; i < NKINDS; i++)
		if (str_eq(key, str_of(kinds[i]->name)))
			break;
	if (i == NKINDS)
		return unknown_key(c->key, e);
	if (s->kind != NULL)
		return ynode_err(c, e, "a step has one filter; '%s' stands "
		    "before", s->kind->name);
	s->kind = kinds[i];
	s->self = kinds[i]->open(f, c, e);
	return s->self ? 0 : -1;
}

static int
read_steps(struct filters *f, const struct ynode *n, steps *out,
    unsigned depth, struct err *e)
{
	const struct ynode *c, *part;
	struct step *s;

	if (n->kind != Y_SEQ)
		return ynode_err(n, e, "filters are a list of steps");
	if (depth > 20)
		return ynode_err(n, e, "filters are nested too deep");
	for (c = n->child; c != NULL; c = c->next) {
		if (c->kind != Y_MAP)
			return ynode_err(c, e, "a step is a mapping");
		s = ARENA_NEW(f->arena, struct step);
		vec_push(out, s);
		for (part = c->child; part != NULL; part = part->next)
			if (read_part(f, s, part, depth, e) == -1)
				return -1;
	}
	return 0;
}

struct filters *
filters_new(const struct config *c, bool ecs, struct err *e)
{
	struct filters *f = mem_zalloc(sizeof(*f));
	size_t i;

	f->arena = c->arena;
	f->config = c;
	f->ecs = ecs;
	for (i = 0; i < c->files.n; i++) {
		if (c->files.p[i]->filters == NULL)
			continue;
		if (read_steps(f, c->files.p[i]->filters, &f->all, 0,
		    e) == -1) {
			filters_free(f);
			return NULL;
		}
	}
	return f;
}

static void
steps_free(steps *all)
{
	struct step *s;
	size_t i;

	for (i = 0; i < all->n; i++) {
		s = all->p[i];
		expr_free(s->condition);
		if (s->self != NULL && s->kind->close != NULL)
			s->kind->close(s->self);
		steps_free(&s->yes);
		steps_free(&s->no);
	}
	vec_release(all);
}

void
filters_free(struct filters *f)
{
	if (f == NULL)
		return;
	steps_free(&f->all);
	mem_free(f);
}

bool
filters_any(const struct filters *f)
{
	return f->all.n > 0;
}

static void
run(const steps *all, struct event *ev)
{
	const struct step *s;
	size_t i;

	for (i = 0; i < all->n && !ev->dropped; i++) {
		s = all->p[i];
		if (s->condition != NULL && !expr_true(s->condition, ev)) {
			run(&s->no, ev);
			continue;
		}
		if (s->kind != NULL)
			s->kind->run(s->self, ev);
		run(&s->yes, ev);
	}
}

void
filters_run(struct filters *f, struct event *ev)
{
	run(&f->all, ev);
}

/* ---- grok, drop ---- */

static void *
open_grok(struct filters *f, const struct ynode *n, struct err *e)
{
	return grok_filter_new(n, f->config, f->ecs, f->arena, e);
}

static void
run_grok(void *self, struct event *ev)
{
	(void)grok_filter_run(self, ev);
}

static void
close_grok(void *self)
{
	grok_filter_free(self);
}

const struct step_kind step_grok = {
	"grok", open_grok, run_grok, close_grok
};

static void *
open_drop(struct filters *f, const struct ynode *n, struct err *e)
{
	if (n->kind != Y_NULL && n->n > 0) {
		(void)ynode_err(n, e, "'drop' has no options");
		return NULL;
	}
	return f;
}

static void
run_drop(void *self, struct event *ev)
{
	(void)self;
	ev->dropped = true;
}

const struct step_kind step_drop = { "drop", open_drop, run_drop, NULL };

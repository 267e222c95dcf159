#include "sd.h"

#include "core/mem.h"

/* Sorted by name. */
static const struct sd_kind *const kinds[] = {
	&sd_dns, &sd_file, &sd_http, &sd_static,
};

const struct sd_kind *
sd_kind_find(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_eq(name, str_of(kinds[i]->name)))
			return kinds[i];
	return NULL;
}

struct sd *
sd_new(const struct sd_kind *k, const struct sd_config *c,
    const struct sd_env *env, void *arg)
{
	struct sd *sd = mem_zalloc(sizeof(*sd));

	sd->kind = k;
	sd->config = c;
	sd->env = env;
	sd->arg = arg;
	return sd;
}

static void
source_free(struct sd_source *s)
{
	arena_free(&s->arena);
	mem_free(s->name);
	mem_free(s);
}

void
sd_free(struct sd *sd)
{
	size_t i;

	if (sd == NULL)
		return;
	if (sd->kind->stop)
		sd->kind->stop(sd);
	for (i = 0; i < sd->source.n; i++)
		source_free(sd->source.p[i]);
	vec_release(&sd->source);
	mem_free(sd);
}

static struct sd_source *
source_of(struct sd *sd, const char *name)
{
	struct sd_source *s;
	size_t i;

	for (i = 0; i < sd->source.n; i++)
		if (strcmp(sd->source.p[i]->name, name) == 0)
			return sd->source.p[i];
	s = mem_zalloc(sizeof(*s));
	s->name = mem_strdup(name);
	vec_push(&sd->source, s);
	return s;
}

void
sd_put(struct sd *sd, const char *name, struct arena *a,
    struct sd_group *group, size_t n)
{
	struct sd_source *s = source_of(sd, name);

	arena_free(&s->arena);
	s->arena = *a;
	*a = (struct arena){ 0 };
	s->group = group;
	s->n = n;
	s->marked = true;
}

void
sd_drop(struct sd *sd, size_t at)
{
	source_free(sd->source.p[at]);
	memmove(&sd->source.p[at], &sd->source.p[at + 1],
	    (sd->source.n - at - 1) * sizeof(sd->source.p[0]));
	sd->source.n--;
}

void
sd_ready(struct sd *sd)
{
	sd->ready = true;
	sd->env->changed(sd->arg);
}

static struct str
copy(struct arena *a, struct str s)
{
	return arena_str(a, s);
}

static void
copy_group(struct sd_group *out, const struct static_config *c,
    struct str extra_name, struct str extra_value, struct arena *a)
{
	size_t i;

	out->label = ARENA_ARRAY(a, c->labels.n + 1, struct sd_label);
	for (i = 0; i < c->labels.n; i++)
		out->label[out->n++] = (struct sd_label){
		    copy(a, c->labels.p[i].key),
		    copy(a, c->labels.p[i].value) };
	if (extra_name.n)
		out->label[out->n++] = (struct sd_label){ extra_name,
		    extra_value };
	out->target = ARENA_ARRAY(a, c->targets.n, struct sd_target);
	for (i = 0; i < c->targets.n; i++) {
		struct sd_target *t = &out->target[out->ntargets++];

		t->n = 1;
		t->label = ARENA_NEW(a, struct sd_label);
		t->label->name = STR("__address__");
		t->label->value = copy(a, c->targets.p[i]);
	}
}

struct sd_group *
sd_groups_of(const struct static_config *c, size_t n, struct str extra_name,
    struct str extra_value, struct arena *a)
{
	struct sd_group *g = ARENA_ARRAY(a, n, struct sd_group);
	size_t i;

	for (i = 0; i < n; i++)
		copy_group(&g[i], &c[i], extra_name, extra_value, a);
	return g;
}

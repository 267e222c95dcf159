#include "notify.h"

#include "core/mem.h"
#include "texts.h"

struct setup *
setup_load(struct notifier *nf, struct err *e)
{
	struct setup *s = mem_zalloc(sizeof(*s));

	s->refs = 1;
	if (nf->t->config != NULL) {
		s->config = am_config_load(nf->t->config, NULL, &s->arena, e);
		if (s->config == NULL)
			goto bad;
	}
	s->texts = texts_new(s->config, &nf->names, e);
	if (s->texts == NULL)
		goto bad;
	return s;
bad:
	setup_unref(s);
	return NULL;
}

void
setup_unref(struct setup *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	texts_free(s->texts);
	if (s->config != NULL)
		am_config_release(s->config);
	arena_free(&s->arena);
	mem_free(s);
}

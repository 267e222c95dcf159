#include "texts.h"

#include "config/glob.h"
#include "core/io.h"
#include "core/map.h"
#include "core/mem.h"
#include "tmpl/defaults.h"

#define TEMPLATE_FILE_MAX	((size_t)1 << 20)

struct texts {
	struct arena arena;
	struct tmpl_set *base;
	struct map parsed;	/* 'h' or 't' and the text: struct tmpl_set */
};

static int
add_file(struct texts *t, struct str path, struct arena *names,
    struct err *e)
{
	const char *file = arena_cstr(names, path);
	const char *slash = strrchr(file, '/');
	struct buf text = { 0 };
	int rc = io_read_file(file, TEMPLATE_FILE_MAX, &text, e);

	if (rc == 0) {
		rc = tmpl_parse(t->base, str_of(slash ? slash + 1 : file),
		    buf_str(&text), e);
		if (rc == -1)
			e->file = file;
	}
	buf_release(&text);
	return rc;
}

/* A pattern without a match is no error, as upstream. */
static int
add_files(struct texts *t, const struct am_config *c, struct arena *names,
    struct err *e)
{
	struct ystrs files;
	size_t i, j;

	for (i = 0; i < c->templates.n; i++) {
		if (glob_files(c->templates.p[i], &t->arena, &files, e) == -1)
			return -1;
		for (j = 0; j < files.n; j++)
			if (add_file(t, files.p[j], names, e) == -1)
				return -1;
	}
	return 0;
}

struct texts *
texts_new(const struct am_config *c, struct arena *names, struct err *e)
{
	static const struct tmpl_funcs *const funcs[] = { &tmpl_funcs_am };
	struct texts *t = mem_zalloc(sizeof(*t));

	t->base = tmpl_set_new(funcs, 1, false);
	if (tmpl_defaults(t->base, e) == -1 ||
	    (c != NULL && add_files(t, c, names, e) == -1)) {
		texts_free(t);
		return NULL;
	}
	return t;
}

void
texts_free(struct texts *t)
{
	struct map_entry *m;
	size_t at = 0;

	if (t == NULL)
		return;
	while ((m = map_next(&t->parsed, &at)) != NULL)
		tmpl_set_free(m->value);
	map_release(&t->parsed);
	tmpl_set_free(t->base);
	arena_free(&t->arena);
	mem_free(t);
}

static struct tmpl_set *
parsed(struct texts *t, struct str template, bool html, struct err *e)
{
	struct buf key = { 0 };
	struct tmpl_set *set;

	(void)buf_putc(&key, html ? 'h' : 't');
	(void)buf_put(&key, template);
	set = map_get(&t->parsed, buf_str(&key));
	if (set == NULL) {
		set = tmpl_set_derive(t->base, html);
		if (tmpl_parse(set, STR(""), template, e) == -1) {
			tmpl_set_free(set);
			set = NULL;
		} else
			(void)map_put(&t->parsed,
			    arena_str(&t->arena, buf_str(&key)), set);
	}
	buf_release(&key);
	return set;
}

int
texts_render(struct texts *t, struct str template, bool html,
    struct tval dot, struct tmpl_ctx *c, struct buf *out, struct err *e)
{
	struct tmpl_set *set;

	if (str_find(template, STR("{{")) == -1)
		return buf_put(out, template);
	set = parsed(t, template, html, e);
	return set == NULL ? -1 :
	    tmpl_exec(set, STR(""), dot, c, out, e);
}

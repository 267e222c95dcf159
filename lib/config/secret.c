#include "config/secret.h"

#include "config/common.h"
#include "core/io.h"
#include "core/mem.h"

int
secret_get(struct str inline_value, struct str file, struct arena *a,
    struct str *out, struct err *e)
{
	struct buf text = { 0 };
	int rc;

	*out = inline_value;
	if (inline_value.n > 0 || file.n == 0)
		return 0;
	rc = io_read_file(arena_cstr(a, file), SECRET_MAX, &text, e);
	if (rc == 0)
		*out = arena_str(a, str_trim(buf_str(&text)));
	if (text.p != NULL)
		memset(text.p, 0, text.cap);
	buf_release(&text);
	return rc;
}

int
secret_decode(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct secret *s = field;
	const struct ynode *c = n->child;

	memset(s, 0, sizeof(*s));
	if (n->kind == Y_SCALAR) {
		s->text = n->scalar;
		return 0;
	}
	if (n->kind != Y_MAP || n->n != 1 || c->kind != Y_SCALAR)
		return ynode_err(n, e, "expected a text, {file: PATH} or "
		    "{env: NAME}");
	if (str_eq(c->key->scalar, STR("file")))
		s->file = config_path(n, c->scalar, a);
	else if (str_eq(c->key->scalar, STR("env")))
		s->env = c->scalar;
	else
		return ynode_err(c->key, e, "expected 'file' or 'env', not '"
		    STR_FMT "'", STR_ARG(c->key->scalar));
	return 0;
}

extern char **environ;
static char **kept;

void
secret_keep_environment(void)
{
	size_t n = 0;

	while (environ != NULL && environ[n] != NULL)
		n++;
	mem_free(kept);
	kept = mem_array(n + 1, sizeof(*kept));
	memcpy(kept, environ, n * sizeof(*kept));
}

static const char *
look_up(struct str name)
{
	char **at = kept ? kept : environ;
	struct str key, value;

	for (; at != NULL && *at != NULL; at++) {
		value = str_cut(str_of(*at), '=', &key);
		if (str_eq(key, name))
			return value.p;
	}
	return NULL;
}

bool
secret_is_set(const struct secret *s)
{
	return s->text.n || s->file.n || s->env.n;
}

int
secret_fetch(const struct secret *s, struct arena *a, struct str *out,
    struct err *e)
{
	const char *v;

	if (s->env.n == 0)
		return secret_get(s->text, s->file, a, out, e);
	if ((v = look_up(s->env)) == NULL)
		return err_set(e, ERR_CONFIG, "environment variable '" STR_FMT
		    "' is not set", STR_ARG(s->env));
	*out = arena_str(a, str_of(v));
	return 0;
}

struct str
secret_shown(const struct secret *s, struct arena *a)
{
	if (s->file.n)
		return arena_printf(a, "(in " STR_FMT ")", STR_ARG(s->file));
	if (s->env.n)
		return arena_printf(a, "(in $" STR_FMT ")", STR_ARG(s->env));
	return s->text.n ? STR("(secret)") : STR("");
}

/*
 * uptime: what all services share.
 */
#include "uptime.h"

#include "core/num.h"

static const struct uptime_service *const services[] = {
	&uptime_pingdom, &uptime_statuscake, &uptime_statuscake_v1,
};
#define NSERVICES	(sizeof(services) / sizeof(services[0]))

const struct uptime_service *
uptime_service(struct str name)
{
	size_t i;

	for (i = 0; i < NSERVICES; i++)
		if (str_eq(name, str_of(services[i]->name)))
			return services[i];
	return NULL;
}

void
uptime_release(struct uptime *u)
{
	vec_release(&u->headers);
	vec_release(&u->tags);
	vec_release(&u->notes);
}

/* ---- members ---- */

struct str
uptime_text(const struct ynode *n, const char *key)
{
	const struct ynode *v = ynode_get(n, key);

	return v != NULL && v->kind == Y_SCALAR ? v->scalar : STR_NONE;
}

int64_t
uptime_number(const struct ynode *n, const char *key)
{
	int64_t v = 0;

	(void)num_parse_i64(uptime_text(n, key), 0, INT32_MAX, &v);
	return v;
}

bool
uptime_flag(const struct ynode *n, const char *key)
{
	const struct ynode *v = ynode_get(n, key);
	bool flag = false;

	if (v == NULL || v->kind != Y_SCALAR)
		return false;
	return str_eq(v->scalar, STR("1")) || (ynode_bool(v, &flag) && flag);
}

void
uptime_tags(const struct ynode *n, struct uptime *u)
{
	struct str rest, word;

	if (n == NULL)
		return;
	if (n->kind == Y_SEQ) {
		for (n = n->child; n != NULL; n = n->next) {
			word = n->kind == Y_MAP ? uptime_text(n, "name") :
			    n->kind == Y_SCALAR ? n->scalar : STR_NONE;
			if (word.n)
				vec_push(&u->tags, word);
		}
		return;
	}
	if (n->kind != Y_SCALAR)
		return;
	for (rest = n->scalar; rest.p != NULL;) {
		rest = str_cut(rest, ',', &word);
		if (str_trim(word).n)
			vec_push(&u->tags, str_trim(word));
	}
}

void
uptime_headers(const struct ynode *n, struct uptime *u)
{
	struct str name, value;
	const struct ynode *v;

	for (v = n != NULL ? n->child : NULL; v != NULL; v = v->next) {
		if (v->kind != Y_SCALAR)
			continue;
		if (n->kind == Y_MAP) {
			name = v->key->scalar;
			value = v->scalar;
		} else {
			value = str_trim(str_cut(v->scalar, ':', &name));
		}
		vec_push(&u->headers, (struct http_header){ name, value });
	}
}

void
uptime_note_rest(const struct ynode *n, const char *const *known,
    size_t nknown, struct uptime *u, struct arena *a)
{
	const struct ynode *v;
	size_t i;

	for (v = n->child; v != NULL; v = v->next) {
		for (i = 0; i < nknown; i++)
			if (str_eq(v->key->scalar, str_of(known[i])))
				break;
		if (i == nknown && v->kind == Y_SCALAR)
			vec_push(&u->notes, arena_printf(a, STR_FMT ": "
			    STR_FMT, STR_ARG(v->key->scalar),
			    STR_ARG(v->scalar)));
	}
}

/* ---- import ---- */

struct import {
	const struct uptime_service *service;	/* or NULL */
	uptime_fn *fn;
	void *arg;
	struct arena *arena;
};

static int
import_one(const struct import *m, const struct ynode *n, struct err *e)
{
	const struct uptime_service *s = m->service;
	struct uptime u = { 0 };
	size_t i;
	int rc;

	for (i = 0; s == NULL && i < NSERVICES; i++)
		if (services[i]->is(n))
			s = services[i];
	if (s == NULL)
		return ynode_err(n, e, "neither a check of Pingdom nor one "
		    "of StatusCake");
	if ((rc = s->read(n, &u, m->arena, e)) == 0)
		m->fn(m->arg, &u);
	uptime_release(&u);
	return rc;
}

static int
import_tree(const struct import *m, const struct ynode *n, struct err *e)
{
	static const char *const lists[] = { "checks", "data", "check" };
	const struct ynode *v = NULL;
	size_t i;

	if (n->kind == Y_MAP)
		for (i = 0; v == NULL && i < 3; i++)
			v = ynode_get(n, lists[i]);
	if (v != NULL && v->kind != Y_SCALAR)
		n = v;
	if (n->kind == Y_MAP)
		return import_one(m, n, e);
	if (n->kind != Y_SEQ)
		return ynode_err(n, e, "no definition of a check");
	for (n = n->child; n != NULL; n = n->next)
		if (n->kind != Y_MAP)
			return ynode_err(n, e, "no definition of a check");
		else if (import_one(m, n, e) == -1)
			return -1;
	return 0;
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A value of a form, as the service would read it. */
static struct str
form_value(struct str s, struct arena *a)
{
	char *p = arena_cstr(a, s);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++, n++) {
		p[n] = s.p[i] == '+' ? ' ' : s.p[i];
		if (s.p[i] == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 &&
		    hex(s.p[i + 2]) >= 0) {
			p[n] = (char)(hex(s.p[i + 1]) << 4 |
			    hex(s.p[i + 2]));
			i += 2;
		}
	}
	return (struct str){ p, n };
}

/* KEY=VALUE&KEY=VALUE as a mapping with text values. */
static const struct ynode *
form_tree(struct str form, const struct ydoc *doc, struct arena *a)
{
	struct ynode *map = ARENA_NEW(a, struct ynode), *v, *key;
	const struct ynode **end = &map->child;
	struct str one, name;

	map->kind = Y_MAP;
	map->doc = doc;
	map->line = map->col = 1;
	while (form.p != NULL) {
		form = str_cut(form, '&', &one);
		one = str_cut(one, '=', &name);
		if (one.p == NULL)
			continue;
		v = ARENA_NEW(a, struct ynode);
		key = ARENA_NEW(a, struct ynode);
		*v = *key = *map;
		v->kind = key->kind = Y_SCALAR;
		v->child = key->child = NULL;
		v->n = 0;
		v->scalar = form_value(one, a);
		key->scalar = str_trim(form_value(name, a));
		v->key = key;
		*end = v;
		end = &v->next;
		map->n++;
	}
	return map;
}

/* ---- shell scripts ---- */

/*
 * The next word of a shell command in *s, unquoted; variables stay as they
 * are written.  0 at the end of the command (*s is behind it), -1 at the end
 * of the text.
 */
static int
next_word(struct str *s, struct buf *word)
{
	char quote = 0, c;
	bool any = false;
	size_t i;

	buf_reset(word);
	for (i = 0; i < s->n; i++) {
		c = s->p[i];
		if (quote == '\'' || quote == '"') {
			if (c == quote)
				quote = 0;
			else if (c == '\\' && quote == '"' && i + 1 < s->n &&
			    strchr("\"\\$`", s->p[i + 1]) != NULL)
				(void)buf_putc(word, s->p[++i]);
			else
				(void)buf_putc(word, c);
		} else if (c == '\'' || c == '"') {
			quote = c;
			any = true;
		} else if (c == '\\' && i + 1 < s->n) {
			if (s->p[++i] != '\n')
				(void)buf_putc(word, s->p[i]);
		} else if (c == '#' && !any && word->n == 0) {
			while (i + 1 < s->n && s->p[i + 1] != '\n')
				i++;
		} else if (strchr(" \t\r", c) != NULL) {
			if (any || word->n)
				break;
		} else if (strchr("\n;|&", c) != NULL) {
			if (!any && word->n == 0)
				i++;
			*s = str_sub(*s, i, s->n);
			return any || word->n ? 1 : 0;
		} else {
			(void)buf_putc(word, c);
		}
	}
	*s = str_sub(*s, i, s->n);
	return any || word->n ? 1 : -1;
}

/* What a curl command sends, and where. */
struct command {
	struct str url;
	struct buf data;
	bool curl;
};

static bool
is_data_option(struct str w)
{
	static const char *const names[] = { "-d", "--data", "--data-raw",
	    "--data-ascii", "--data-binary", "--data-urlencode", "--json" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(w, str_of(names[i])))
			return true;
	return false;
}

/* The next command; false at the end. */
static bool
next_command(struct str *s, struct command *c, struct arena *a)
{
	struct buf word = { 0 };
	bool data = false;
	struct str w;
	int rc;

	c->url = STR_NONE;
	c->curl = false;
	buf_reset(&c->data);
	while ((rc = next_word(s, &word)) == 1) {
		w = buf_str(&word);
		if (data) {
			if (c->data.n)
				(void)buf_putc(&c->data, '&');
			(void)buf_put(&c->data, w);
		}
		data = !data && is_data_option(w);
		if (str_eq(w, STR("curl")))
			c->curl = true;
		if (str_starts(w, STR("http://")) ||
		    str_starts(w, STR("https://")))
			c->url = arena_str(a, w);
	}
	buf_release(&word);
	return rc == 0;
}

static const struct uptime_service *
service_of(struct str url)
{
	size_t i;

	for (i = 0; i < NSERVICES; i++)
		if (str_find(url, str_of(services[i]->domain)) >= 0)
			return services[i];
	return NULL;
}

static int
import_text(const struct import *m, struct str text, const char *file,
    struct err *e)
{
	struct ydoc *doc = ARENA_NEW(m->arena, struct ydoc);
	const struct ynode *n;

	text = arena_str(m->arena, str_trim(text));
	doc->file = file;
	doc->text = text;
	if (text.n && text.p[0] != '{' && text.p[0] != '[' &&
	    str_find_char(text, '=') >= 0 && str_find_char(text, '\n') < 0)
		return import_tree(m, form_tree(text, doc, m->arena), e);
	if ((n = yaml_load(text, file, m->arena, e)) == NULL)
		return -1;
	return import_tree(m, n, e);
}

static int
import_script(const struct import *m, struct str text, const char *file,
    struct err *e)
{
	struct import here = *m;
	struct command c = { 0 };
	size_t found = 0;
	bool more = true;
	int rc = 0;

	while (more && rc == 0) {
		more = next_command(&text, &c, m->arena);
		here.service = service_of(c.url);
		if (!c.curl || c.data.n == 0 || here.service == NULL ||
		    (m->service != NULL && m->service != here.service))
			continue;
		found++;
		rc = import_text(&here, buf_str(&c.data), file, e);
	}
	buf_release(&c.data);
	if (rc == 0 && found == 0) {
		rc = err_set(e, ERR_CONFIG, "no curl command that makes a "
		    "check");
		e->file = file;
	}
	return rc;
}

int
uptime_import(struct str text, const char *file,
    const struct uptime_service *service, uptime_fn *fn, void *arg,
    struct arena *a, struct err *e)
{
	struct import m = { service, fn, arg, a };

	if (str_starts(text, STR("#!")) || str_find(text, STR("curl ")) >= 0)
		return import_script(&m, text, file, e);
	return import_text(&m, text, file, e);
}

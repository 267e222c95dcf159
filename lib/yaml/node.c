#include "yaml/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <yaml.h>

#include "core/buf.h"
#include "core/hash.h"
#include "core/intern.h"
#include "core/io.h"
#include "core/map.h"

/* An anchored node that is complete, and how much it expands to. */
struct anchor {
	const struct ynode *node;	/* NULL: still open */
	size_t weight;
};

struct builder {
	yaml_parser_t parser;
	struct arena *arena;
	struct ydoc_lines *doc;
	struct map anchors;
	size_t weight;		/* nodes so far, aliases followed */
	unsigned depth;
	struct err *e;
};

static struct ynode	*build_node(struct builder *b, yaml_event_t *ev);

/* libyaml counts columns in characters; we count bytes. */
static void
mark_place(const struct builder *b, yaml_mark_t m, unsigned *line,
    unsigned *col)
{
	struct str text = b->doc->doc.text;
	size_t at, chars;

	*line = (unsigned)m.line + 1;
	at = ydoc_offset(&b->doc->doc, *line, 1);
	for (chars = 0; chars < m.column && at < text.n; chars++)
		do
			at++;
		while (at < text.n &&
		    ((unsigned char)text.p[at] & 0xc0) == 0x80);
	*col = (unsigned)(at - ydoc_offset(&b->doc->doc, *line, 1)) + 1;
}

static int
fail_at(struct builder *b, unsigned line, unsigned col, struct str why)
{
	(void)err_at(b->e, line, col, STR_FMT, STR_ARG(why));
	b->e->file = b->doc->doc.file;
	return -1;
}

static int
fail_mark(struct builder *b, yaml_mark_t m, struct str why)
{
	unsigned line, col;

	mark_place(b, m, &line, &col);
	return fail_at(b, line, col, why);
}

/* The reader, scanner or parser of libyaml refused. */
static int
parser_error(struct builder *b)
{
	yaml_parser_t *p = &b->parser;
	unsigned line = 1, col = 1;
	const char *why = p->problem ? p->problem : "not valid YAML";

	if (p->error == YAML_READER_ERROR)
		ydoc_place(&b->doc->doc, p->problem_offset, &line, &col);
	else
		mark_place(b, p->problem_mark, &line, &col);
	if (p->context == NULL || p->error == YAML_READER_ERROR)
		return fail_at(b, line, col, str_of(why));
	return fail_at(b, line, col,
	    arena_printf(b->arena, "%s %s", why, p->context));
}

static int
next_event(struct builder *b, yaml_event_t *ev)
{
	if (yaml_parser_parse(&b->parser, ev))
		return 0;
	return parser_error(b);
}

static int
add_weight(struct builder *b, size_t n, yaml_mark_t m)
{
	if (n > YAML_NODES_MAX || (b->weight += n) > YAML_NODES_MAX)
		return fail_mark(b, m,
		    STR("document contains excessive aliasing"));
	return 0;
}

static struct ynode *
new_node(struct builder *b, enum ykind kind, yaml_mark_t m)
{
	struct ynode *n = ARENA_NEW(b->arena, struct ynode);

	n->kind = kind;
	n->doc = &b->doc->doc;
	mark_place(b, m, &n->line, &n->col);
	return n;
}

static struct str
event_text(const yaml_char_t *z)
{
	return str_of((const char *)z);
}

/* The place in anchors is taken when the node opens, filled when it ends. */
static struct anchor *
open_anchor(struct builder *b, const yaml_char_t *name)
{
	struct anchor *an;

	if (name == NULL)
		return NULL;
	an = ARENA_NEW(b->arena, struct anchor);
	(void)map_put(&b->anchors, arena_str(b->arena, event_text(name)), an);
	return an;
}

static void
close_anchor(struct builder *b, struct anchor *an, const struct ynode *n,
    size_t weight_before)
{
	if (an == NULL)
		return;
	an->node = n;
	an->weight = b->weight - weight_before;
}

static bool
is_null_word(struct str s)
{
	return s.n == 0 || str_eq(s, STR("~")) || str_eq(s, STR("null")) ||
	    str_eq(s, STR("Null")) || str_eq(s, STR("NULL"));
}

/* !!binary: what the base64 text stands for. */
static int
decode_binary(struct builder *b, struct ynode *n)
{
	struct buf bytes = { 0 };
	int rc = -1;

	if (base64_get(&bytes, n->scalar)) {
		n->scalar = arena_str(b->arena, buf_str(&bytes));
		rc = 0;
	} else
		(void)fail_at(b, n->line, n->col,
		    STR("!!binary value contains invalid base64 data"));
	buf_release(&bytes);
	return rc;
}

static struct ynode *
build_scalar(struct builder *b, yaml_event_t *ev)
{
	static const enum ystyle styles[] = {
		[YAML_PLAIN_SCALAR_STYLE] = YS_PLAIN,
		[YAML_SINGLE_QUOTED_SCALAR_STYLE] = YS_SINGLE,
		[YAML_DOUBLE_QUOTED_SCALAR_STYLE] = YS_DOUBLE,
		[YAML_LITERAL_SCALAR_STYLE] = YS_LITERAL,
		[YAML_FOLDED_SCALAR_STYLE] = YS_FOLDED
	};
	struct ynode *n = new_node(b, Y_SCALAR, ev->start_mark);
	struct anchor *an = open_anchor(b, ev->data.scalar.anchor);

	n->style = styles[ev->data.scalar.style];
	n->scalar = arena_str(b->arena, (struct str){
	    (const char *)ev->data.scalar.value, ev->data.scalar.length });
	if (ev->data.scalar.tag != NULL)
		n->tag = arena_str(b->arena, event_text(ev->data.scalar.tag));
	if (n->style == YS_PLAIN && is_null_word(n->scalar) &&
	    (n->tag.n == 0 || str_eq(n->tag, STR(YAML_NULL_TAG))))
		n->kind = Y_NULL;
	if (str_eq(n->tag, STR("tag:yaml.org,2002:binary")) &&
	    decode_binary(b, n) == -1)
		return NULL;
	close_anchor(b, an, n, b->weight - 1);
	return n;
}

/* A second head on the same children: the list links differ. */
static struct ynode *
share_node(struct builder *b, const struct ynode *n)
{
	struct ynode *copy = ARENA_NEW(b->arena, struct ynode);

	*copy = *n;
	copy->next = copy->key = NULL;
	return copy;
}

static struct ynode *
build_alias(struct builder *b, yaml_event_t *ev)
{
	struct str name = event_text(ev->data.alias.anchor);
	const struct anchor *an = map_get(&b->anchors, name);

	if (an == NULL) {
		(void)fail_mark(b, ev->start_mark, arena_printf(b->arena,
		    "unknown anchor '" STR_FMT "' referenced", STR_ARG(name)));
		return NULL;
	}
	if (an->node == NULL) {
		(void)fail_mark(b, ev->start_mark, arena_printf(b->arena,
		    "anchor '" STR_FMT "' value contains itself",
		    STR_ARG(name)));
		return NULL;
	}
	if (add_weight(b, an->weight, ev->start_mark) == -1)
		return NULL;
	return share_node(b, an->node);
}

static struct ynode *
build_sequence(struct builder *b, yaml_event_t *ev)
{
	struct ynode *seq = new_node(b, Y_SEQ, ev->start_mark), *n;
	struct anchor *an = open_anchor(b, ev->data.sequence_start.anchor);
	const struct ynode **tail = &seq->child;
	size_t before = b->weight - 1;
	yaml_event_t item;

	for (;;) {
		if (next_event(b, &item) == -1)
			return NULL;
		if (item.type == YAML_SEQUENCE_END_EVENT)
			break;
		if ((n = build_node(b, &item)) == NULL)
			return NULL;
		*tail = n;
		tail = &n->next;
		seq->n++;
	}
	yaml_event_delete(&item);
	close_anchor(b, an, seq, before);
	return seq;
}

static bool
is_merge(const struct ynode *key)
{
	return key->kind == Y_SCALAR && key->style == YS_PLAIN &&
	    str_eq(key->scalar, STR("<<"));
}

/* A mapping while it is read: entries, and which keys there are. */
struct entries {
	struct ynode *map;
	const struct ynode **tail;
	struct map seen;	/* key text -> key node */
	const struct ynode *merge;	/* the value of <<, or NULL */
};

static void
add_entry(struct entries *m, struct ynode *value, const struct ynode *key)
{
	value->key = key;
	*m->tail = value;
	m->tail = &value->next;
	m->map->n++;
}

static int
add_key(struct builder *b, struct entries *m, struct ynode *key)
{
	const struct ynode *before;

	if (key->kind != Y_SCALAR && key->kind != Y_NULL)
		return fail_at(b, key->line, key->col,
		    STR("a key must be a scalar"));
	before = map_put(&m->seen, key->scalar, key);
	if (before == NULL)
		return 0;
	return fail_at(b, key->line, key->col, arena_printf(b->arena,
	    "key '" STR_FMT "' already set in map (line %u)",
	    STR_ARG(key->scalar), before->line));
}

/* The mapping has the key of n itself. */
static void
shadow(struct ynode *map, const struct ynode *n)
{
	struct ynode *own = (struct ynode *)(uintptr_t)map->child;

	if (n->kind != Y_MAP)
		return;
	for (; own != NULL; own = (struct ynode *)(uintptr_t)own->next)
		if (str_eq(own->key->scalar, n->key->scalar))
			break;
	if (own != NULL && own->kind == Y_MAP && own->shadowed == NULL)
		own->shadowed = n;
}

static int
merge_map(struct builder *b, struct entries *m, const struct ynode *from)
{
	const struct ynode *n;
	struct ynode *copy;

	if (from->kind != Y_MAP)
		return fail_at(b, from->line, from->col, STR("map merge "
		    "requires map or sequence of maps as the value"));
	for (n = from->child; n != NULL; n = n->next) {
		if (map_get(&m->seen, n->key->scalar) != NULL) {
			shadow(m->map, n);
			continue;
		}
		copy = share_node(b, n);
		(void)map_put(&m->seen, n->key->scalar, copy);
		add_entry(m, copy, n->key);
	}
	return 0;
}

/* << takes what the mapping itself does not set; earlier maps win. */
static int
merge(struct builder *b, struct entries *m)
{
	const struct ynode *n;

	if (m->merge == NULL)
		return 0;
	if (m->merge->kind != Y_SEQ)
		return merge_map(b, m, m->merge);
	for (n = m->merge->child; n != NULL; n = n->next)
		if (merge_map(b, m, n) == -1)
			return -1;
	return 0;
}

/* 1 an entry was read, 0 the mapping ended, -1 */
static int
read_entry(struct builder *b, struct entries *m)
{
	struct ynode *key, *value;
	yaml_event_t ev;

	if (next_event(b, &ev) == -1)
		return -1;
	if (ev.type == YAML_MAPPING_END_EVENT) {
		yaml_event_delete(&ev);
		return 0;
	}
	if ((key = build_node(b, &ev)) == NULL || add_key(b, m, key) == -1 ||
	    next_event(b, &ev) == -1 || (value = build_node(b, &ev)) == NULL)
		return -1;
	if (is_merge(key))
		m->merge = value;
	else
		add_entry(m, value, key);
	return 1;
}

static struct ynode *
build_mapping(struct builder *b, yaml_event_t *ev)
{
	struct entries m = { .map = new_node(b, Y_MAP, ev->start_mark) };
	struct anchor *an = open_anchor(b, ev->data.mapping_start.anchor);
	size_t before = b->weight - 1;
	int rc;

	m.tail = &m.map->child;
	while ((rc = read_entry(b, &m)) == 1)
		;
	if (rc == 0)
		rc = merge(b, &m);
	map_release(&m.seen);
	if (rc == -1)
		return NULL;
	close_anchor(b, an, m.map, before);
	return m.map;
}

/* Takes the event. */
static struct ynode *
build_node(struct builder *b, yaml_event_t *ev)
{
	struct ynode *n = NULL;

	if (++b->depth > YAML_DEPTH_MAX)
		(void)fail_mark(b, ev->start_mark,
		    STR("document nests too deeply"));
	else if (add_weight(b, 1, ev->start_mark) == -1)
		;
	else if (ev->type == YAML_ALIAS_EVENT)
		n = build_alias(b, ev);
	else if (ev->type == YAML_SCALAR_EVENT)
		n = build_scalar(b, ev);
	else if (ev->type == YAML_SEQUENCE_START_EVENT)
		n = build_sequence(b, ev);
	else
		n = build_mapping(b, ev);
	b->depth--;
	yaml_event_delete(ev);
	return n;
}

static const struct ynode *
build_document(struct builder *b)
{
	struct ynode *root;
	yaml_event_t ev;

	do {
		if (next_event(b, &ev) == -1)
			return NULL;
		if (ev.type == YAML_STREAM_END_EVENT) {
			root = new_node(b, Y_NULL, ev.start_mark);
			yaml_event_delete(&ev);
			return root;
		}
		if (ev.type != YAML_STREAM_START_EVENT &&
		    ev.type != YAML_DOCUMENT_START_EVENT)
			break;
		yaml_event_delete(&ev);
	} while (true);
	if ((root = build_node(b, &ev)) == NULL)
		return NULL;
	/* Also what stands behind the root must follow the grammar. */
	if (next_event(b, &ev) == -1)
		return NULL;
	yaml_event_delete(&ev);
	return root;
}

const struct ynode *
yaml_load(struct str text, const char *file, struct arena *a, struct err *e)
{
	struct builder b = { .arena = a, .e = e };
	const struct ynode *root = NULL;

	if (text.n > YAML_FILE_MAX) {
		(void)err_set(e, ERR_LIMIT, "'%s' has over %zu bytes",
		    file ? file : "-", YAML_FILE_MAX);
		return NULL;
	}
	b.doc = ARENA_NEW(a, struct ydoc_lines);
	ydoc_init(b.doc, arena_str(a, text), file, a);
	if (!yaml_parser_initialize(&b.parser)) {
		(void)err_set(e, ERR_SYS, "cannot start the YAML parser");
		return NULL;
	}
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.parser,
	    (const unsigned char *)b.doc->doc.text.p, text.n);
	root = build_document(&b);
	map_release(&b.anchors);
	yaml_parser_delete(&b.parser);
	return root;
}

/*
 * Names of files, for as long as the process runs: an error that names one is
 * often told after the arena of its document is gone.
 */
static const char *
file_name(const char *path)
{
	static struct intern *names;

	if (names == NULL)
		names = intern_new();
	return intern_str(names, str_of(path))->s.p;
}

const struct ynode *
yaml_load_file(const char *path, struct arena *a, struct err *e)
{
	struct buf text = { 0 };
	const struct ynode *root = NULL;

	if (io_read_file(path, YAML_FILE_MAX, &text, e) == 0)
		root = yaml_load(buf_str(&text), file_name(path), a, e);
	buf_release(&text);
	return root;
}

const struct ynode *
ynode_get(const struct ynode *n, const char *key)
{
	const struct ynode *c;

	if (n == NULL || n->kind != Y_MAP)
		return NULL;
	for (c = n->child; c != NULL; c = c->next)
		if (str_eq(c->key->scalar, str_of(key)))
			return c;
	return NULL;
}

int
ynode_err(const struct ynode *n, struct err *e, const char *fmt, ...)
{
	va_list ap;
	char msg[sizeof(e->msg)];

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);	/* cut: harmless */
	va_end(ap);
	(void)err_set(e, ERR_CONFIG, "%s", msg);
	e->line = n->line;
	e->col = n->col;
	e->file = n->doc->file;
	return -1;
}

bool
ynode_bool(const struct ynode *n, bool *out)
{
	static const char *const words[2][11] = {
		{ "n", "N", "no", "No", "NO", "false", "False", "FALSE",
		  "off", "Off", "OFF" },
		{ "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE",
		  "on", "On", "ON" }
	};
	size_t i;

	if (n->kind != Y_SCALAR || n->style != YS_PLAIN)
		return false;
	for (i = 0; i < 22; i++) {
		if (!str_eq(n->scalar, str_of(words[i / 11][i % 11])))
			continue;
		*out = i >= 11;
		return true;
	}
	return false;
}

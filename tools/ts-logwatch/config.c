#include "config.h"

#include "date.h"
#include "grok.h"
#include "joiner.h"
#include "parser.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define AT(f)		offsetof(struct multiline, f)

static const struct yfield multiline_rows[] = {
	YROW("preset", YT_STR, AT(preset)),
	YROW("start", YT_STR, AT(start)),
	YROW("continue", YT_STR, AT(more)),
	YROW("ends", YT_STR, AT(ends)),
	YROW("escape", YT_STR, AT(escape)),
	YROW("max_lines", YT_INT, AT(max_lines), .dflt = "500"),
	YROW("flush", YT_DURATION, AT(flush_ms), .dflt = "2s"),
};
#undef AT

static int
check_multiline(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct multiline *m = out;

	m->node = n;
	m->joining = joining_new(m, a, e);
	return m->joining != NULL ? 0 : -1;
}

static const struct yfields multiline_fields = {
	.name = "multiline", .size = sizeof(struct multiline),
	.row = multiline_rows, .n = COUNT(multiline_rows),
	.node_offset = offsetof(struct multiline, node),
	.check = check_multiline,
};

/* FIELD=VALUE, as journalctl takes it; never an option. */
static bool
is_match(struct str s)
{
	size_t i = 0;

	if (str_eq(s, STR("+")))
		return true;
	while (i < s.n && ((s.p[i] >= 'A' && s.p[i] <= 'Z') ||
	    (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_'))
		i++;
	return i > 0 && i < s.n && s.p[i] == '=';
}

static int
check_journal(const struct ynode *n, const struct input *in, struct err *e)
{
	size_t i;

	for (i = 0; i < in->journal.n; i++)
		if (in->journal.p[i].n == 0)
			return ynode_err(n, e, "'journal' is '*' or names of "
			    "units");
	for (i = 0; i < in->matches.n; i++)
		if (!is_match(in->matches.p[i]))
			return ynode_err(n, e, "a match of the journal is "
			    "FIELD=VALUE or '+', not '" STR_FMT "'",
			    STR_ARG(in->matches.p[i]));
	if (in->directory.n > 0 && in->file.n > 0)
		return ynode_err(n, e, "the journal is read from a "
		    "'directory' or a 'file', not both");
	if (in->exclude.n > 0 || in->format.n > 0 || in->columns.n > 0 ||
	    in->multiline != NULL)
		return ynode_err(n, e, "'exclude', 'format', 'columns' and "
		    "'multiline' are for files, not for the journal");
	return 0;
}

static int
check_input(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	const struct input *in = out;
	struct err why = { 0 };

	(void)a;
	if ((in->path.n == 0) == (in->journal.n == 0))
		return ynode_err(n, e, "an input has a 'path' or a 'journal'");
	if (in->journal.n > 0)
		return check_journal(n, in, e);
	if (in->format.n > 0 && !str_eq(in->format, STR("auto")) &&
	    parser_find(in->format, &why) == NULL)
		return ynode_err(ynode_get(n, "format"), e, "%s", why.msg);
	if (in->matches.n > 0 || in->directory.n > 0 || in->file.n > 0)
		return ynode_err(n, e, "'matches', 'directory' and 'file' "
		    "are for the journal");
	return 0;
}

static int
decode_zone(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	const struct tz *zone;
	struct err why;

	if (date_zone(n->scalar, a, &zone, &why) == -1)
		return ynode_err(n, e, "%s", why.msg);
	*(struct str *)field = n->scalar;
	return 0;
}

#define AT(f)	offsetof(struct input, f)
static const struct yfield input_rows[] = {
	YROW("path", YT_STR, AT(path)),
	YROW("exclude", YT_STRLIST, AT(exclude)),
	YROW("format", YT_STR, AT(format)),
	YROW("timezone", YT_CUSTOM, AT(timezone), .decode = decode_zone),
	YROW("columns", YT_STRLIST, AT(columns)),
	YROW("journal", YT_CUSTOM, AT(journal), .decode = decode_words),
	YROW("matches", YT_CUSTOM, AT(matches), .decode = decode_words),
	YROW("directory", YT_STR, AT(directory)),
	YROW("file", YT_STR, AT(file)),
	YROW("fields", YT_STRMAP, AT(fields)),
	YROW("multiline", YT_STRUCT_PTR, AT(multiline),
	    .sub = &multiline_fields),
};
#undef AT

static const struct yfields input_fields = {
	.name = "input", .size = sizeof(struct input),
	.row = input_rows, .n = COUNT(input_rows),
	.node_offset = offsetof(struct input, node), .check = check_input,
};

static int
check_version(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	(void)field;
	(void)a;
	if (!str_eq(n->scalar, STR("1")))
		return ynode_err(n, e, "this program reads version 1");
	return 0;
}

#define AT(f)	offsetof(struct config_file, f)
static const struct yfield file_rows[] = {
	YROW("version", YT_CUSTOM, AT(path), .decode = check_version),
	YROW("inputs", YT_LIST, AT(inputs), .sub = &input_fields),
	YROW("format", YT_STR, AT(format)),
	YROW("timezone", YT_CUSTOM, AT(timezone), .decode = decode_zone),
	YROW("ecs_compatibility", YT_STR, AT(ecs)),
	YROW("redact", YT_STRLIST, AT(redact)),
	YROW("patterns", YT_STRMAP, AT(patterns)),
	YROW("patterns_dir", YT_STRLIST, AT(patterns_dir)),
	YROW("filters", YT_RAW, AT(filters)),
	YROW("lists", YT_RAW, AT(lists)),
	YROW("defaults", YT_RAW, AT(defaults)),
	YROW("rules", YT_RAW, AT(rules)),
	YROW("metrics", YT_RAW, AT(metrics)),
	YROW("block", YT_RAW, AT(block)),
};
#undef AT

static const struct yfields file_fields = {
	.name = "logwatch.yml", .size = sizeof(struct config_file),
	.row = file_rows, .n = COUNT(file_rows),
	.node_offset = offsetof(struct config_file, node),
};

int
config_load(struct config *c, const char *path, struct err *e)
{
	const struct ynode *root = yaml_load_file(path, c->arena, e);
	struct config_file *f;
	size_t i;

	for (i = 0; root != NULL && i < c->nwrong; i++)
		root = yaml_without(root, c->wrong[i].line, c->wrong[i].col,
		    c->arena);
	if (root == NULL)
		return -1;
	f = ARENA_NEW(c->arena, struct config_file);
	if (yaml_decode(root, &file_fields, f, c->arena, e) == -1)
		return -1;
	f->path = path;
	vec_push(&c->files, f);
	return 0;
}

int
config_patterns(const struct config *c, struct grok_set *set, struct err *e)
{
	const struct config_file *f;
	size_t i, j;

	for (i = 0; i < c->files.n; i++) {
		f = c->files.p[i];
		for (j = 0; j < f->patterns_dir.n; j++)
			if (grok_set_dir(set, arena_cstr(c->arena,
			    f->patterns_dir.p[j]), "*", e) == -1)
				return -1;
		for (j = 0; j < f->patterns.n; j++)
			grok_set_put(set, f->patterns.p[j].key,
			    f->patterns.p[j].value);
	}
	return 0;
}

int
decode_words(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct ystrs *out = field;
	const struct ynode *c;

	if (n->kind == Y_SCALAR) {
		out->p = ARENA_ARRAY(a, 1, struct str);
		out->p[0] = n->scalar;
		out->n = 1;
		return 0;
	}
	if (n->kind != Y_SEQ)
		return ynode_err(n, e, "expected a text or a list of texts");
	out->p = ARENA_ARRAY(a, n->n + 1, struct str);
	for (c = n->child; c != NULL; c = c->next) {
		if (c->kind != Y_SCALAR)
			return ynode_err(c, e, "expected a text");
		out->p[out->n++] = c->scalar;
	}
	return 0;
}

static struct str
last_said(const struct config *c, size_t offset)
{
	struct str out = STR_NONE, s;
	size_t i;

	for (i = 0; i < c->files.n; i++) {
		memcpy(&s, (const char *)c->files.p[i] + offset, sizeof(s));
		if (s.n > 0)
			out = s;
	}
	return out;
}

struct str
config_format(const struct config *c)
{
	return last_said(c, offsetof(struct config_file, format));
}

struct str
config_timezone(const struct config *c)
{
	return last_said(c, offsetof(struct config_file, timezone));
}

bool
config_ecs(const struct config *c)
{
	struct str s = last_said(c, offsetof(struct config_file, ecs));

	return s.n == 0 || s.p[0] == 'v';
}

void
config_release(struct config *c)
{
	vec_release(&c->files);
}

#include "state/journal.h"

#include <stdio.h>

#include "core/arena.h"
#include "core/hash.h"
#include "json/read.h"
#include "json/write.h"

#define MARK_HEAD	"{\"commit\":\""
#define MARK_TAIL	"\"}\n"
#define MARK_HEX	8
#define MARK_N		(sizeof(MARK_HEAD) - 1 + MARK_HEX + \
			    sizeof(MARK_TAIL) - 1)

void
journal_put(struct buf *out, const struct journal_line *l)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_key(&w, l->generation ? STR("lease") : STR("k"));
	jw_str(&w, l->key);
	if (l->generation) {
		jw_key(&w, STR("generation"));
		jw_int(&w, l->generation);
	} else if (l->value.p) {
		jw_key(&w, STR("v"));
		jw_raw(&w, l->value);
	}
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

static void
make_mark(struct str lines, char mark[MARK_N + 1])
{
	(void)snprintf(mark, MARK_N + 1, MARK_HEAD "%08x" MARK_TAIL,
	    hash_crc32c(0, lines));
}

void
journal_put_mark(struct buf *out, size_t from)
{
	char mark[MARK_N + 1];

	make_mark(str_sub(buf_str(out), from, out->n), mark);
	(void)buf_put(out, (struct str){ mark, MARK_N });
}

static bool
parse_line(struct str text, struct arena *a, struct journal_line *l)
{
	struct jr r;
	struct str key;
	enum jr_tok tok;

	*l = (struct journal_line){ 0 };
	jr_init(&r, text, a);
	if (jr_next(&r) != JR_OBJ)
		return false;
	while ((tok = jr_next(&r)) == JR_KEY) {
		key = r.str;
		if (str_eq(key, STR("v"))) {
			if (jr_raw(&r, &l->value) == -1)
				return false;
			continue;
		}
		tok = jr_next(&r);
		if (tok == JR_STR)
			l->key = r.str;
		else if (tok == JR_NUM && r.num > 0 && r.num < 9e15)
			l->generation = (int64_t)r.num;
		else
			return false;
	}
	return tok == JR_OBJ_END && l->key.p;
}

static bool
replay(struct str lines, journal_fn *fn, void *arg)
{
	struct arena a = { 0 };
	struct journal_line l;
	struct str line;
	bool ok = true;

	while (ok && lines.n) {
		lines = str_cut(lines, '\n', &line);
		arena_reset(&a);
		ok = parse_line(line, &a, &l);
		if (ok)
			fn(arg, &l);
	}
	arena_free(&a);
	return ok;
}

void
journal_read(struct str text, journal_fn *fn, void *arg,
    struct journal_report *report)
{
	size_t from = 0, at = 0;
	const char *nl;
	char mark[MARK_N + 1];

	*report = (struct journal_report){ 0 };
	while (at < text.n && (nl = memchr(text.p + at, '\n',
	    text.n - at)) != NULL) {
		size_t end = (size_t)(nl - text.p) + 1;

		if (str_starts(str_sub(text, at, end), STR(MARK_HEAD))) {
			struct str lines = str_sub(text, from, at);

			make_mark(lines, mark);
			if (!str_eq(str_sub(text, at, end),
			    (struct str){ mark, MARK_N }) ||
			    !replay(lines, fn, arg))
				report->bad++;
			report->good = from = end;
		}
		at = end;
	}
}

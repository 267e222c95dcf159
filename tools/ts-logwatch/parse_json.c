/*
 * JSON, one object a line: of any logger, of winston as the application is
 * set up, of the journal, of Docker.  Objects inside are taken apart to
 * dotted names; arrays stay as they are.  A word and a bar in front (docker
 * compose) are passed over.
 */
#include "json/read.h"
#include "members.h"
#include "scan.h"

/* "web_1  | {…" or "INFO {…": where the object begins. */
static size_t
find_object(struct str line)
{
	size_t i;

	if (line.n > 0 && line.p[0] == '{')
		return 0;
	for (i = 0; i < line.n && i < 64; i++) {
		if (line.p[i] == '{')
			return i > 1 && line.p[i - 1] == ' ' &&
			    i + 1 < line.n && (line.p[i + 1] == '"' ||
			    line.p[i + 1] == ' ') ? i : SIZE_MAX;
		if (line.p[i] == '"' || line.p[i] == '=')
			return SIZE_MAX;
	}
	return SIZE_MAX;
}

static struct str
join(struct str prefix, struct str key, struct arena *a)
{
	key = member_name(key, a);
	if (prefix.n == 0)
		return key;
	return arena_printf(a, STR_FMT "." STR_FMT, STR_ARG(prefix),
	    STR_ARG(key));
}

static bool read_object(struct jr *r, struct str prefix, struct event *ev);

/* An array as it is written, without blanks between. */
static bool
read_array(struct jr *r, struct str name, struct event *ev)
{
	size_t from = r->start;

	if (jr_skip(r, JR_ARR) == -1)
		return false;
	event_add(ev, name, (struct value){ VAL_JSON,
	    str_sub(r->text, from, r->at) });
	return true;
}

static bool
read_value(struct jr *r, struct str name, struct event *ev)
{
	size_t had;

	switch (jr_next(r)) {
	case JR_STR:
		event_add(ev, name, VALUE_STR(r->str));
		return true;
	case JR_NUM:
		event_add(ev, name, (struct value){ VAL_NUM, r->str });
		return true;
	case JR_TRUE:
		event_add(ev, name, (struct value){ VAL_BOOL, STR("true") });
		return true;
	case JR_FALSE:
		event_add(ev, name, (struct value){ VAL_BOOL, STR("false") });
		return true;
	case JR_NULL:
		event_add(ev, name, (struct value){ VAL_NULL, STR_NONE });
		return true;
	case JR_ARR:
		return read_array(r, name, ev);
	case JR_OBJ:
		had = ev->nfields;
		if (!read_object(r, name, ev))
			return false;
		if (ev->nfields == had)
			event_add(ev, name, (struct value){ VAL_JSON,
			    STR("{}") });
		return true;
	default:
		return false;
	}
}

/* Of a key that is given twice the last one counts. */
static void
drop_repeated(struct event *ev, size_t from)
{
	size_t i, j;

	for (i = from; i + 1 < ev->nfields; i++) {
		for (j = i + 1; j < ev->nfields; j++)
			if (str_eq(ev->field[i].name, ev->field[j].name))
				break;
		if (j == ev->nfields)
			continue;
		ev->field[i].value = ev->field[j].value;
		ev->nfields--;
		memmove(&ev->field[j], &ev->field[j + 1],
		    (ev->nfields - j) * sizeof(*ev->field));
	}
}

static bool
read_object(struct jr *r, struct str prefix, struct event *ev)
{
	enum jr_tok tok;

	while ((tok = jr_next(r)) == JR_KEY)
		if (!read_value(r, join(prefix, r->str, ev->arena), ev))
			return false;
	return tok == JR_OBJ_END;
}

static bool
parse(struct source_state *s, struct event *ev)
{
	size_t at = find_object(ev->line);
	struct jr r;

	if (at == SIZE_MAX)
		return false;
	jr_init(&r, str_sub(ev->line, at, ev->line.n), ev->arena);
	if (jr_next(&r) != JR_OBJ || !read_object(&r, STR_NONE, ev) ||
	    jr_next(&r) != JR_END)
		return false;
	drop_repeated(ev, 0);
	if (event_get(ev, STR("__REALTIME_TIMESTAMP")).kind != VAL_NONE) {
		journal_done(ev);
		return true;
	}
	members_done(s, ev);
	winston_done(ev);
	if (at > 0 && ev->level == NULL)
		(void)event_set_level(ev, str_trim(str_sub(ev->line, 0, at)));
	return true;
}

const struct parser parse_json = {
	"json", "JSON objects: loggers, winston, the journal", true, parse
};

static bool
parse_record(struct source_state *s, struct event *ev)
{
	return parse(s, ev) && ev->has_time;
}

const struct parser parse_journal = {
	"journal", "journalctl -o json", false, parse_record
};

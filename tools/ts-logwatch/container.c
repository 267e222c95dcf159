#include "container.h"

#include "json/read.h"

enum stream_of
stream_of(struct str s)
{
	return str_eq(s, STR("stdout")) ? STREAM_OUT :
	    str_eq(s, STR("stderr")) ? STREAM_ERR : STREAM_OTHER;
}

bool
is_cri_tag(struct str s)
{
	return s.n >= 8 && s.p[6] == ' ' &&
	    stream_of(str_sub(s, 0, 6)) != STREAM_OTHER &&
	    (s.p[7] == 'P' || s.p[7] == 'F') &&
	    (s.n == 8 || s.p[8] == ' ' || s.p[8] == ':');
}

/* TIME STREAM TAG[:TAG...] TEXT */
bool
piece_cri(struct str line, struct arena *a, struct piece *out)
{
	ptrdiff_t blank = str_find_char(line, ' ');
	struct str rest, tags;

	(void)a;
	if (blank < 0)
		return false;
	rest = str_sub(line, (size_t)blank + 1, line.n);
	if (!is_cri_tag(rest))
		return false;
	out->stream = stream_of(str_sub(rest, 0, 6));
	out->tag = (size_t)blank + 8;
	out->more = rest.p[7] == 'P';
	(void)str_cut(str_sub(rest, 7, rest.n), ' ', &tags);
	out->from = out->tag + tags.n + 1;
	out->to = line.n;
	/* An empty text may have lost the blank before it. */
	if (out->from > out->to)
		out->from = out->to;
	return true;
}

/* The text of a JSON string as written, without its quotes. */
static bool
read_log(struct jr *r, struct piece *out)
{
	if (jr_next(r) != JR_STR)
		return false;
	out->from = r->start + 1;
	out->to = r->at - 1;
	out->more = !str_ends(r->str, STR("\n"));
	return true;
}

bool
piece_docker(struct str line, struct arena *a, struct piece *out)
{
	bool log = false;
	struct jr r;
	enum jr_tok tok;

	out->stream = STREAM_OTHER;
	jr_init(&r, line, a);
	if (jr_next(&r) != JR_OBJ)
		return false;
	while ((tok = jr_next(&r)) == JR_KEY) {
		if (str_eq(r.str, STR("log")) && !log) {
			if (!read_log(&r, out))
				return false;
			log = true;
		} else if (str_eq(r.str, STR("stream"))) {
			if (jr_next(&r) != JR_STR)
				return false;
			out->stream = stream_of(r.str);
		} else if (jr_skip(&r, JR_KEY) == -1) {
			return false;
		}
	}
	return log && tok == JR_OBJ_END && jr_next(&r) == JR_END;
}

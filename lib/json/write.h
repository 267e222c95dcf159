/*
 * json/write: a writer that keeps commas itself.  Compact, one line.
 * Escapes as Go's encoding/json does without HTML escaping (", \, control
 * bytes; U+2028/9 and bad UTF-8 are escaped), so bodies equal upstream's.
 */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"

struct jw {
	struct buf *out;
	bool comma;		/* a value stands before at this level */
	bool html;		/* also escape < > & as Go's default does */
};

void	jw_obj(struct jw *w);
void	jw_obj_end(struct jw *w);
void	jw_arr(struct jw *w);
void	jw_arr_end(struct jw *w);
void	jw_key(struct jw *w, struct str k);
void	jw_str(struct jw *w, struct str s);
void	jw_num(struct jw *w, double v);		/* shortest; NaN, Inf = null */
void	jw_int(struct jw *w, int64_t v);
void	jw_bool(struct jw *w, bool b);
void	jw_null(struct jw *w);
void	jw_raw(struct jw *w, struct str json);	/* one value, as it is */

/*
 * A member of an object: its name and its value.  _some leaves out what is
 * empty or 0; a time is in ms, written as RFC 3339 in UTC.
 */
void	jw_member(struct jw *w, const char *name, struct str s);
void	jw_member_some(struct jw *w, const char *name, struct str s);
void	jw_member_int(struct jw *w, const char *name, int64_t v);
void	jw_member_int_some(struct jw *w, const char *name, int64_t v);
void	jw_member_num(struct jw *w, const char *name, double v);
void	jw_member_time(struct jw *w, const char *name, int64_t ms);

/* The string with its quotes. */
void	json_put_str(struct buf *out, struct str s, bool html);

#endif

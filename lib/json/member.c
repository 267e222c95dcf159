/*
 * member: names with their values, in one call.
 */
#include "json/write.h"

#include "core/dur.h"

void
jw_member(struct jw *w, const char *name, struct str s)
{
	jw_key(w, str_of(name));
	jw_str(w, s);
}

void
jw_member_some(struct jw *w, const char *name, struct str s)
{
	if (s.n)
		jw_member(w, name, s);
}

void
jw_member_int(struct jw *w, const char *name, int64_t v)
{
	jw_key(w, str_of(name));
	jw_int(w, v);
}

void
jw_member_int_some(struct jw *w, const char *name, int64_t v)
{
	if (v)
		jw_member_int(w, name, v);
}

void
jw_member_num(struct jw *w, const char *name, double v)
{
	jw_key(w, str_of(name));
	jw_num(w, v);
}

void
jw_member_time(struct jw *w, const char *name, int64_t ms)
{
	struct buf b = { 0 };

	time_print_rfc3339(&b, ms);
	jw_member(w, name, buf_str(&b));
	buf_release(&b);
}

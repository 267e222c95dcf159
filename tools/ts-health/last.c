/*
 * last: "result/NAME" is [time in ms, the result as result_json writes it].
 */
#include "last.h"

#include "core/num.h"
#include "result_json.h"

static struct str
key_of(struct str name, struct buf *b)
{
	(void)buf_printf(b, "result/" STR_FMT, STR_ARG(name));
	return buf_str(b);
}

int
last_save(struct state *st, struct str name, const struct check_result *r,
    int64_t time_ms, struct err *e)
{
	struct buf key = { 0 }, value = { 0 };
	int rc;

	(void)buf_printf(&value, "[%lld,", (long long)time_ms);
	result_write(r, &value);
	(void)buf_putc(&value, ']');
	rc = state_put(st, key_of(name, &key), buf_str(&value), e);
	buf_release(&key);
	buf_release(&value);
	return rc;
}

/* [TIME,RESULT] */
static int
decode(struct str s, struct check_result *r, int64_t *time_ms, struct err *e)
{
	struct str time;

	if (!str_starts(s, STR("[")) || !str_ends(s, STR("]")))
		return 0;
	s = str_cut(str_sub(s, 1, s.n - 1), ',', &time);
	return num_parse_i64(time, 0, INT64_MAX, time_ms) &&
	    result_read(s, r, e) == 0;
}

int
last_load(struct state *st, struct str name, struct check_result *r,
    int64_t *time_ms, struct err *e)
{
	struct buf key = { 0 }, value = { 0 };
	int rc = state_get(st, key_of(name, &key), &value, e);

	if (rc == 1)
		rc = decode(buf_str(&value), r, time_ms, e);
	buf_release(&key);
	buf_release(&value);
	return rc;
}

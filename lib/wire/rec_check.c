#include "wire/internal.h"

static const struct field check_fields[] = {
	{ STR("check"), F_STR, offsetof(struct wire_check, check), true },
	{ STR("status"), F_STR, offsetof(struct wire_check, status), true },
	{ STR("response_time"), F_NUM,
	    offsetof(struct wire_check, response_time), false },
	{ STR("message"), F_STR, offsetof(struct wire_check, message), false },
	{ STR("error"), F_STR, offsetof(struct wire_check, error), false },
	{ STR("time"), F_TIME, offsetof(struct wire_check, time), false },
	{ STR("kind"), F_STR, offsetof(struct wire_check, kind), false },
	{ STR("target"), F_STR, offsetof(struct wire_check, target), false },
	{ STR("phases"), F_RAW, offsetof(struct wire_check, phases), false },
	{ STR("perfdata"), F_RAW,
	    offsetof(struct wire_check, perfdata), false },
};

int
check_read(const struct decode *d, const struct members *m,
    struct wire_rec *out)
{
	return fields_read(d, FIELDS(check_fields), m, &out->u.check,
	    &out->u.check.extra);
}

void
wire_put_check(struct buf *out, const struct wire_check *c)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	fields_write(&w, FIELDS(check_fields), c);
	extra_write(&w, c->extra);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

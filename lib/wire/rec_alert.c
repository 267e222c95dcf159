#include "wire/internal.h"

static const struct field alert_fields[] = {
	{ STR("labels"), F_LABELS, offsetof(struct alert, labels), true },
	{ STR("annotations"), F_LABELS, offsetof(struct alert, annotations),
	    false },
	{ STR("startsAt"), F_TIME, offsetof(struct alert, starts_at), false },
	{ STR("endsAt"), F_TIME, offsetof(struct alert, ends_at), false },
	{ STR("generatorURL"), F_STR, offsetof(struct alert, generator_url),
	    false },
	{ STR("state"), F_STR, offsetof(struct alert, state), false },
	{ STR("value"), F_VALUE, offsetof(struct alert, value), false },
};

int
alert_fields_read(const struct decode *d, const struct members *m,
    struct alert *out, struct str *extra)
{
	*out = (struct alert){ 0 };
	return fields_read(d, FIELDS(alert_fields), m, out, extra);
}

int
alert_read(const struct decode *d, const struct members *m,
    struct wire_rec *out)
{
	return alert_fields_read(d, m, &out->u.alert.alert,
	    &out->u.alert.extra);
}

void
wire_put_alert(struct buf *out, const struct alert *al, struct str extra)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	fields_write(&w, FIELDS(alert_fields), al);
	extra_write(&w, extra);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

void
wire_put_postable(struct buf *out, const struct alert *al)
{
	struct alert plain = *al;

	plain.state = plain.value = STR_NONE;
	wire_put_alert(out, &plain, STR_NONE);
	out->n--;
}

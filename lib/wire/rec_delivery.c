#include "wire/internal.h"

static const struct field delivery_fields[] = {
	{ STR("delivery"), F_STR,
	    offsetof(struct wire_delivery, outcome), true },
	{ STR("time"), F_TIME, offsetof(struct wire_delivery, time), false },
	{ STR("receiver"), F_STR,
	    offsetof(struct wire_delivery, receiver), false },
	{ STR("integration"), F_STR,
	    offsetof(struct wire_delivery, integration), false },
	{ STR("groupKey"), F_STR,
	    offsetof(struct wire_delivery, group_key), false },
	{ STR("reason"), F_STR, offsetof(struct wire_delivery, reason), false },
	{ STR("attempts"), F_COUNT,
	    offsetof(struct wire_delivery, attempts), false },
	{ STR("error"), F_STR, offsetof(struct wire_delivery, error), false },
};

int
delivery_read(const struct decode *d, const struct members *m,
    struct wire_rec *out)
{
	return fields_read(d, FIELDS(delivery_fields), m, &out->u.delivery,
	    &out->u.delivery.extra);
}

void
wire_put_delivery(struct buf *out, const struct wire_delivery *d)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	fields_write(&w, FIELDS(delivery_fields), d);
	extra_write(&w, d->extra);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

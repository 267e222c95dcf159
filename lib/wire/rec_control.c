#include "wire/internal.h"

static const struct field tick_fields[] = {
	{ STR("_ts"), F_IGNORED, 0, false },
	{ STR("time"), F_MS, offsetof(struct wire_tick, time), true },
	{ STR("src"), F_STR, offsetof(struct wire_tick, src), false },
};

static const struct field meta_fields[] = {
	{ STR("_ts"), F_IGNORED, 0, false },
	{ STR("metric"), F_STR, offsetof(struct wire_meta, metric), true },
	{ STR("type"), F_STR, offsetof(struct wire_meta, type), false },
	{ STR("help"), F_STR, offsetof(struct wire_meta, help), false },
	{ STR("unit"), F_STR, offsetof(struct wire_meta, unit), false },
};

/* Control lines of later versions pass through. */
int
control_read(const struct decode *d, const struct members *m,
    struct wire_rec *out)
{
	const struct member *which = members_find(m, STR("_ts"));
	struct str word;

	if (string_read(d, which->value, &word) == -1)
		return -1;
	if (str_eq(word, STR("tick"))) {
		if (members_find(m, STR("time")) == NULL)
			return wrong(d, d->line, "a tick without 'time'");
		return fields_read(d, FIELDS(tick_fields), m, &out->u.tick,
		    NULL);
	}
	out->kind = WIRE_OTHER;
	if (!str_eq(word, STR("meta")))
		return 0;
	out->kind = WIRE_META;
	return fields_read(d, FIELDS(meta_fields), m, &out->u.meta, NULL);
}

static void
put_control(struct buf *out, struct str word, struct fields f, const void *in)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_key(&w, STR("_ts"));
	jw_str(&w, word);
	fields_write(&w, f, in);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

void
wire_put_tick(struct buf *out, int64_t time, struct str src)
{
	struct wire_tick t = { .time = time, .src = src };

	put_control(out, STR("tick"), FIELDS(tick_fields), &t);
}

void
wire_put_meta(struct buf *out, const struct wire_meta *m)
{
	put_control(out, STR("meta"), FIELDS(meta_fields), m);
}

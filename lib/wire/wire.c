#include "wire/internal.h"

/*
 * The kinds, in the order in which a line with several of these keys is
 * judged: an event or a check may carry "labels", a delivery "groupKey".
 */
static const struct wire_kind_row kinds[] = {
	{ STR("_ts"), WIRE_TICK, control_read, false },
	{ STR("metric"), WIRE_SAMPLE, sample_read, true },
	{ STR("delivery"), WIRE_DELIVERY, delivery_read, false },
	{ STR("groupKey"), WIRE_NOTIFICATION, notification_read, false },
	{ STR("check"), WIRE_CHECK, check_read, false },
	{ STR("task"), WIRE_TASK, task_read, false },
	{ STR("@timestamp"), WIRE_EVENT, event_read, false },
	{ STR("resourceSpans"), WIRE_OTLP, otlp_read, false },
	{ STR("resourceMetrics"), WIRE_OTLP, otlp_read, false },
	{ STR("resourceLogs"), WIRE_OTLP, otlp_read, false },
	{ STR("labels"), WIRE_ALERT, alert_read, false },
};

#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

static const struct wire_kind_row *
kind_of(const struct members *m)
{
	size_t i;

	for (i = 0; i < NKINDS; i++)
		if (members_find(m, kinds[i].key) != NULL)
			return &kinds[i];
	return NULL;
}

static int
read_any(const struct decode *d, struct wire_rec *out)
{
	const struct wire_kind_row *row;
	struct members m;
	struct str bare;

	if (members_scan(d, d->line, &m, &bare) == -1)
		return -1;
	row = kind_of(&m);
	if (bare.p != NULL && (row == NULL || !row->bare))
		return wrong(d, bare, "no value");
	if (row == NULL)
		return 0;
	out->kind = row->kind;
	return row->read(d, &m, out);
}

int
wire_read(struct wire_reader *r, struct str line, struct arena *a,
    struct wire_rec *out, struct err *e)
{
	struct decode d = { .r = r, .line = line, .a = a, .e = e };

	out->kind = WIRE_OTHER;
	out->line = line;
	if (sample_read_fast(&d, out))
		return 0;
	if (str_trim(line).n == 0)
		return 0;
	return read_any(&d, out);
}

bool
wire_member(struct str line, struct str key, struct str *raw)
{
	struct arena a = { 0 };
	bool found = false;
	struct str value;
	struct jr r;

	jr_init(&r, line, &a);
	r.bare_nonfinite = true;
	if (jr_next(&r) == JR_OBJ) {
		while (jr_next(&r) == JR_KEY) {
			bool same = str_eq(r.str, key);

			if (jr_raw(&r, &value) == -1)
				break;
			if (same) {
				*raw = value;
				found = true;
			}
		}
	}
	arena_free(&a);
	return found;
}

int
wire_get_labels(struct labels_table *t, struct str json, struct arena *a,
    const struct labels **out, struct err *e)
{
	struct wire_reader r = { .table = t };
	struct decode d = { .r = &r, .line = json, .a = a, .e = e };
	int rc = labels_read(&d, json, out);

	labels_builder_release(&r.builder);
	return rc;
}

void
wire_put_labels(struct jw *w, const struct labels *l)
{
	uint32_t i;

	jw_obj(w);
	for (i = 0; l != NULL && i < l->n; i++) {
		jw_key(w, l->v[i].name->s);
		jw_str(w, l->v[i].value->s);
	}
	jw_obj_end(w);
}

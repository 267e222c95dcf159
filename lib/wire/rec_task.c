#include "wire/internal.h"

static const struct field task_fields[] = {
	{ STR("task"), F_STR, offsetof(struct wire_task, task), true },
	{ STR("kind"), F_STR, offsetof(struct wire_task, kind), false },
	{ STR("status"), F_STR, offsetof(struct wire_task, status), true },
	{ STR("time"), F_TIME, offsetof(struct wire_task, time), false },
	{ STR("duration"), F_NUM, offsetof(struct wire_task, duration), false },
	{ STR("message"), F_STR, offsetof(struct wire_task, message), false },
	{ STR("output"), F_STR, offsetof(struct wire_task, output), false },
	{ STR("changed"), F_BOOL, offsetof(struct wire_task, changed), false },
};

int
task_read(const struct decode *d, const struct members *m,
    struct wire_rec *out)
{
	return fields_read(d, FIELDS(task_fields), m, &out->u.task,
	    &out->u.task.extra);
}

void
wire_put_task(struct buf *out, const struct wire_task *t)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	fields_write(&w, FIELDS(task_fields), t);
	extra_write(&w, t->extra);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

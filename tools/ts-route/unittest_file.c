#include "unittest.h"

#include "core/dur.h"

#define AT(type, field)	offsetof(struct type, field)
#define NROWS(r)	(sizeof(r) / sizeof((r)[0]))
#define DAY_ONE		"2024-01-01T00:00:00Z"	/* a Monday */

static int
decode_time(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	(void)a;
	if (n->kind == Y_SCALAR && time_parse(n->scalar, field))
		return 0;
	return ynode_err(n, e, "'" STR_FMT "' is neither a Unix time nor "
	    "RFC 3339", STR_ARG(n->scalar));
}

/* The words of `is`. */
static int
decode_is(const struct ynode *n, void *field, struct arena *a, struct err *e)
{
	static const char *const words[] = { "active", "inhibited",
	    "muted", "silenced", "unknown" };
	size_t i;

	(void)a;
	for (i = 0; i < NROWS(words); i++)
		if (str_eq(n->scalar, str_of(words[i]))) {
			*(struct str *)field = n->scalar;
			return 0;
		}
	return ynode_err(n, e, "'" STR_FMT "' is none of active, inhibited, "
	    "muted, silenced, unknown", STR_ARG(n->scalar));
}

static const struct yfield alert_rows[] = {
	YROW("labels", YT_STRMAP, AT(ut_alert, labels), .flags = YF_REQUIRED),
	YROW("annotations", YT_STRMAP, AT(ut_alert, annotations)),
	YROW("from", YT_DURATION, AT(ut_alert, from_ms)),
	YROW("to", YT_DURATION, AT(ut_alert, to_ms)),
};
static const struct yfields alert_fields = {
	.name = "alert", .size = sizeof(struct ut_alert), .row = alert_rows,
	.n = NROWS(alert_rows), .node_offset = AT(ut_alert, node)
};

static const struct yfield silence_rows[] = {
	YROW("matchers", YT_STRLIST, AT(ut_silence, matchers),
	    .flags = YF_REQUIRED),
	YROW("comment", YT_STR, AT(ut_silence, comment)),
	YROW("from", YT_DURATION, AT(ut_silence, from_ms)),
	YROW("to", YT_DURATION, AT(ut_silence, to_ms)),
};
static const struct yfields silence_fields = {
	.name = "silence", .size = sizeof(struct ut_silence),
	.row = silence_rows, .n = NROWS(silence_rows),
	.node_offset = AT(ut_silence, node)
};

static const struct yfield state_rows[] = {
	YROW("at", YT_DURATION, AT(ut_state, at_ms)),
	YROW("alert", YT_STRMAP, AT(ut_state, alert), .flags = YF_REQUIRED),
	YROW("receivers", YT_STRLIST, AT(ut_state, receivers)),
	YROW("groups", YT_STRLIST, AT(ut_state, groups)),
	YROW("is", YT_CUSTOM, AT(ut_state, is), .decode = decode_is),
};
static const struct yfields state_fields = {
	.name = "state", .size = sizeof(struct ut_state), .row = state_rows,
	.n = NROWS(state_rows), .node_offset = AT(ut_state, node)
};

static const struct yfield notification_rows[] = {
	YROW("at", YT_DURATION, AT(ut_notification, at_ms)),
	YROW("receiver", YT_STR, AT(ut_notification, receiver),
	    .flags = YF_REQUIRED),
	YROW("group", YT_STR, AT(ut_notification, group)),
	YROW("firing", YT_RAW, AT(ut_notification, firing)),
	YROW("resolved", YT_RAW, AT(ut_notification, resolved)),
};
static const struct yfields notification_fields = {
	.name = "notification", .size = sizeof(struct ut_notification),
	.row = notification_rows, .n = NROWS(notification_rows),
	.node_offset = AT(ut_notification, node)
};

static const struct yfield test_rows[] = {
	YROW("name", YT_STR, AT(ut_test, name)),
	YROW("start", YT_CUSTOM, AT(ut_test, start_ms),
	    .decode = decode_time, .dflt = DAY_ONE),
	YROW("until", YT_DURATION, AT(ut_test, until_ms)),
	YROW("alerts", YT_LIST, AT(ut_test, alerts), .sub = &alert_fields),
	YROW("silences", YT_LIST, AT(ut_test, silences),
	    .sub = &silence_fields),
	YROW("states", YT_LIST, AT(ut_test, states), .sub = &state_fields),
	YROW("notifications", YT_LIST, AT(ut_test, notifications),
	    .sub = &notification_fields),
};
static const struct yfields test_fields = {
	.name = "test", .size = sizeof(struct ut_test), .row = test_rows,
	.n = NROWS(test_rows), .node_offset = AT(ut_test, node)
};

static const struct yfield file_rows[] = {
	YROW("tests", YT_LIST, AT(ut_file, tests), .sub = &test_fields,
	    .flags = YF_REQUIRED),
};
static const struct yfields file_fields = {
	.name = "test file", .size = sizeof(struct ut_file),
	.row = file_rows, .n = NROWS(file_rows)
};

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Without `until` a test lasts as long as it speaks of something. */
static void
set_end(struct ut_test *t)
{
	const struct ut_alert *a = t->alerts.p;
	const struct ut_state *s = t->states.p;
	const struct ut_notification *n = t->notifications.p;
	size_t i;

	if (t->until_ms > 0)
		return;
	for (i = 0; i < t->alerts.n; i++)
		t->until_ms = most(t->until_ms, most(a[i].from_ms,
		    a[i].to_ms));
	for (i = 0; i < t->states.n; i++)
		t->until_ms = most(t->until_ms, s[i].at_ms);
	for (i = 0; i < t->notifications.n; i++)
		t->until_ms = most(t->until_ms, n[i].at_ms);
}

struct ut_file *
ut_file_load(const char *path, struct arena *a, struct err *e)
{
	struct ut_file *f = ARENA_NEW(a, struct ut_file);
	const struct ynode *root = yaml_load_file(path, a, e);
	struct ut_test *t;
	size_t i;

	if (root == NULL || yaml_decode(root, &file_fields, f, a, e) == -1)
		return NULL;
	f->path = path;
	for (i = 0, t = f->tests.p; i < f->tests.n; i++, t++)
		set_end(t);
	return f;
}

#include "store.h"

#include <errno.h>
#include <unistd.h>

#include "json/tree.h"
#include "json/write.h"
#include "state/state.h"

#define WAIT_MS		10000
#define TOOL		"ts-maint"

const char *
store_dir(const char *url)
{
	return url != NULL && strstr(url, "://") == NULL ? url : NULL;
}

struct str
store_key(struct arena *a, const char *kind, struct str plan, struct str task)
{
	return task.n ? arena_printf(a, "%s/" STR_FMT "/" STR_FMT, kind,
	    STR_ARG(plan), STR_ARG(task)) :
	    arena_printf(a, "%s/" STR_FMT, kind, STR_ARG(plan));
}

int
store_get_text(const char *url, struct str key, struct buf *value,
    struct err *e)
{
	struct state *st;
	int found;

	/* Nothing was kept there yet. */
	if (url == NULL || (store_dir(url) != NULL &&
	    access(url, F_OK) == -1 && errno == ENOENT))
		return 0;
	if ((st = state_open_read(str_of(url), TOOL, e)) == NULL)
		return -1;
	found = state_get(st, key, value, e);
	state_close(st);
	return found;
}

int
store_put_text(const char *url, struct str key, struct str value,
    struct err *e)
{
	struct state *st;
	int rc;

	if (url == NULL)
		return 0;
	if ((st = state_open(str_of(url), TOOL, WAIT_MS, e)) == NULL)
		return -1;
	rc = state_put(st, key, value, e);
	if (rc == 0)
		rc = state_commit(st, e);
	state_close(st);
	return rc;
}

static int64_t
get_int(const json_t *j, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(j, key));
}

static struct str
get_raw(const json_t *j, const char *key, struct arena *a)
{
	const json_t *v = json_object_get(j, key);
	struct buf b = { 0 };
	struct str s = STR_NONE;

	if (v != NULL && json_put_tree(&b, v) == 0)
		s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

int
store_get(const char *url, struct str key, struct record *r, struct arena *a,
    struct err *e)
{
	struct buf b = { 0 };
	json_t *j;
	int found = store_get_text(url, key, &b, e);

	memset(r, 0, sizeof(*r));
	if (found == 1 && (j = json_tree(buf_str(&b), e)) == NULL)
		found = -1;
	if (found == 1) {
		(void)task_status_parse(json_get_str(j, "status"),
		    &r->status);
		r->time_ms = get_int(j, "time");
		r->duration_s = json_number_value(json_object_get(j,
		    "duration"));
		r->run = arena_str(a, json_get_str(j, "run"));
		r->message = arena_str(a, json_get_str(j, "message"));
		r->success_ms = get_int(j, "success");
		r->bad_since_ms = get_int(j, "bad_since");
		r->severity = arena_str(a, json_get_str(j, "severity"));
		r->since_ms = get_int(j, "since");
		r->tried_ms = get_int(j, "tried");
		r->memory = get_raw(j, "memory", a);
		json_decref(j);
	}
	buf_release(&b);
	return found;
}

int
store_put(const char *url, struct str key, const struct record *r,
    struct err *e)
{
	struct buf b = { 0 };
	struct jw w = { .out = &b };
	int rc;

	jw_obj(&w);
	jw_member_some(&w, "status", str_of(task_status_name(r->status)));
	jw_member_int_some(&w, "time", r->time_ms);
	jw_key(&w, STR("duration"));
	jw_num(&w, r->duration_s);
	jw_member_some(&w, "run", r->run);
	jw_member_some(&w, "message", r->message);
	jw_member_int_some(&w, "success", r->success_ms);
	jw_member_int_some(&w, "bad_since", r->bad_since_ms);
	jw_member_some(&w, "severity", r->severity);
	jw_member_int_some(&w, "since", r->since_ms);
	jw_member_int_some(&w, "tried", r->tried_ms);
	if (r->memory.n) {
		jw_key(&w, STR("memory"));
		jw_raw(&w, r->memory);
	}
	jw_obj_end(&w);
	rc = store_put_text(url, key, buf_str(&b), e);
	buf_release(&b);
	return rc;
}

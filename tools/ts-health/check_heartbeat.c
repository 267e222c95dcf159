/*
 * check_heartbeat: a job touches a file when it has done its work; no touch
 * in time means that it did not run.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clk.h"
#include "core/dur.h"
#include "kinds.h"

struct heartbeat_check {
	struct check check;
	struct str stamp;
	int64_t every_ms, grace_ms;
	char *path;
};

#define T	struct heartbeat_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("stamp", YT_STR, offsetof(T, stamp), .flags = YF_REQUIRED),
	YROW("every", YT_DURATION, offsetof(T, every_ms),
	    .flags = YF_REQUIRED),
	YROW("grace", YT_DURATION, offsetof(T, grace_ms)),
};
KIND_FIELDS(heartbeat, T);
#undef T

static int
heartbeat_configure(struct check *c, struct arena *a, struct err *e)
{
	struct heartbeat_check *h = (struct heartbeat_check *)c;

	if (h->every_ms <= 0)
		return ynode_err(c->node, e, "'every' must be over 0");
	h->path = arena_cstr(a, h->stamp);
	c->target = h->stamp;
	return 0;
}

static void
heartbeat_run(const struct check *c, struct check_result *r)
{
	static const struct range none;
	const struct heartbeat_check *h = (const struct heartbeat_check *)c;
	struct clk wall = { .kind = CLK_WALL };
	struct stat st;
	double age;

	if (stat(h->path, &st) == -1) {
		check_say(r, CHECK_FAIL, errno == ENOENT ? "no heartbeat yet"
		    "%s%s" : "cannot look at '%s': %s", errno == ENOENT ? "" :
		    h->path, errno == ENOENT ? "" : strerror(errno));
		return;
	}
	age = (double)clk_now(&wall) / 1000 - (double)st.st_mtime;
	check_measure(r, STR("age"), floor(age), "s", &none, &none, "age");
	if (age * 1000 > (double)(h->every_ms + h->grace_ms))
		check_say(r, CHECK_FAIL, "the last heartbeat was %.0f seconds "
		    "ago", age);
	else if (age * 1000 > (double)h->every_ms)
		check_say(r, CHECK_WARN, "the heartbeat is %.0f seconds late",
		    age - (double)h->every_ms / 1000);
	check_note(r, "the last heartbeat was %.0f seconds ago", age);
}

const struct check_kind check_heartbeat = {
	.name = "heartbeat", .operand = "stamp",
	.fields = &heartbeat_fields, .configure = heartbeat_configure,
	.run = heartbeat_run,
};

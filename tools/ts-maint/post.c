#include "post.h"

#include <poll.h>

#define BODY_MAX	((size_t)1 << 20)

static void
answered(void *arg, const struct http_response *r)
{
	struct { struct post_answer *out; struct err *e; } *to = arg;

	to->out->status = r->status;
	buf_reset(&to->out->body);
	(void)buf_put(&to->out->body, r->body);
	*to->e = r->err;
}

static void
send_once(const struct http_request *q, struct post_answer *out,
    struct err *e)
{
	struct { struct post_answer *out; struct err *e; } to = { out, e };
	struct clk wall = { .kind = CLK_WALL };
	struct loop *l = loop_new(&wall);
	struct http_client *c = http_client_new(l, 1);

	out->status = 0;
	http_send(c, q, answered, &to);
	loop_run(l, true);
	http_client_free(c);
	loop_free(l);
}

int
post(const struct http_request *q, int tries, struct post_answer *out,
    struct err *e)
{
	struct http_request once = *q;
	int i;

	memset(out, 0, sizeof(*out));
	if (once.body_max == 0)
		once.body_max = BODY_MAX;
	for (i = 0; i < tries; i++) {
		if (i)
			(void)poll(NULL, 0, 1000 << (i - 1));
		*e = (struct err){ 0 };
		send_once(&once, out, e);
		if (out->status && out->status != 429 && out->status < 500)
			break;
	}
	return out->status ? 0 : -1;
}

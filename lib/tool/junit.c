#include "tool/junit.h"

#include "core/buf.h"
#include "core/io.h"

static void
put_xml(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '<':
			(void)buf_put(out, STR("&lt;"));
			break;
		case '>':
			(void)buf_put(out, STR("&gt;"));
			break;
		case '&':
			(void)buf_put(out, STR("&amp;"));
			break;
		case '"':
			(void)buf_put(out, STR("&quot;"));
			break;
		default:
			if ((unsigned char)s.p[i] >= ' ' || s.p[i] == '\n' ||
			    s.p[i] == '\t')
				(void)buf_putc(out, s.p[i]);
		}
}

static void
put_case(struct buf *out, const struct junit_case *o)
{
	(void)buf_put(out, STR("  <testcase name=\""));
	put_xml(out, o->name);
	(void)buf_put(out, STR("\" classname=\""));
	put_xml(out, str_of(o->file));
	(void)buf_printf(out, "\" time=\"%.3f\"", o->seconds);
	if (o->failure.n == 0) {
		(void)buf_put(out, STR("/>\n"));
		return;
	}
	(void)buf_put(out, STR("><failure>"));
	put_xml(out, o->failure);
	(void)buf_put(out, STR("</failure></testcase>\n"));
}

int
junit_write(const char *path, const char *suite, const struct junit_case *p,
    size_t n, struct err *e)
{
	struct buf b = { 0 };
	size_t i, failed = 0;
	int rc;

	for (i = 0; i < n; i++)
		failed += p[i].failure.n > 0;
	(void)buf_printf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuites>\n <testsuite name=\"%s\" tests=\"%zu\" "
	    "failures=\"%zu\">\n", suite, n, failed);
	for (i = 0; i < n; i++)
		put_case(&b, &p[i]);
	(void)buf_put(&b, STR(" </testsuite>\n</testsuites>\n"));
	rc = io_replace_file(path, buf_str(&b), e);
	buf_release(&b);
	return rc;
}

/*
 * tmpl/html: how html mode writes a value, by the place where it lands, with
 * the meaning of Go's html/template.
 */
#ifndef TMPL_HTML_H
#define TMPL_HTML_H

#include "tmpl/internal.h"

enum html_attr { HTML_PLAIN, HTML_URL, HTML_JS, HTML_CSS };

#define HTML_REFUSED	"ZgotmplZ"	/* stands for what is not safe there */

/* The value's own text; nothing for nil. */
void	html_put_plain(struct tmpl_ctx *c, const struct tval *v,
	    struct buf *out);

/*
 * Text for between tags or a quoted value; bare: for a value without quotes;
 * trusted: entities in it stay.
 */
void	html_put_attr(struct str s, bool bare, bool trusted, struct buf *out);

/* Of a URL: the query part is encoded whole; a start has its scheme checked. */
void	html_put_url(struct tmpl_ctx *c, const struct tval *v, bool query,
	    bool start, struct buf *out);

/* A script's value, or the inside of a string of it. */
void	html_put_js(struct tmpl_ctx *c, const struct tval *v,
	    unsigned char quote, struct buf *out);
void	html_put_css(struct tmpl_ctx *c, const struct tval *v,
	    struct buf *out);

/* Of a tag or an attribute: letters and digits, nothing with a meaning. */
void	html_put_name(struct tmpl_ctx *c, const struct tval *v,
	    struct buf *out);

#endif

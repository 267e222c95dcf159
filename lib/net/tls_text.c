#include "net/tls_text.h"

/* By what their reasons hold; the words differ with the version of TLS. */
static const struct { const char *reason, *meaning; } meanings[] = {
	{ "wrong version number", "the server does not speak TLS" },
	{ "certificate required", "the server wants a certificate of ours" },
	{ "alert handshake failure", "no cipher in common, or the server "
	    "wants a certificate of ours" },
	{ "protocol version", "no version of TLS in common" },
	{ "unsupported protocol", "no version of TLS in common" },
	{ "alert unknown ca", "the server does not accept our certificate" },
	{ "alert bad certificate", "the server does not accept our "
	    "certificate" },
	{ "alert certificate expired", "our certificate has expired" },
	{ "alert unrecognized name", "the server knows no such name" },
};

/* error:0A00010B:SSL routines:FUNCTION:REASON, errno 0 */
static bool
find_reason(struct str text, struct str *reason)
{
	static const char mark[] = "SSL routines:";
	ptrdiff_t at = str_find(text, STR(mark));
	struct str function;

	if (at < 0)
		return false;
	text = str_sub(text, (size_t)at + sizeof(mark) - 1, text.n);
	text = str_cut(text, ':', &function);
	if ((at = str_find(text, STR(", errno "))) >= 0)
		text = str_sub(text, 0, (size_t)at);
	*reason = str_trim(text);
	return reason->n > 0;
}

bool
tls_text(struct str text, struct buf *out)
{
	struct str reason;
	size_t i;

	if (!find_reason(text, &reason))
		return false;
	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (str_find(reason, str_of(meanings[i].reason)) >= 0) {
			(void)buf_printf(out, "%s (" STR_FMT ")",
			    meanings[i].meaning, STR_ARG(reason));
			return true;
		}
	(void)buf_put(out, reason);
	return true;
}

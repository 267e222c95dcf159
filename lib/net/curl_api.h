/*
 * curl_api: libcurl, loaded on first use.  It pulls in thirty shared objects
 * and 4 ms that a tool which sends nothing in this run should not pay.
 */
#ifndef NET_CURL_API_H
#define NET_CURL_API_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "core/err.h"

#define CURL_FUNCTIONS(X)						\
	X(global_init) X(getdate)					\
	X(easy_init) X(easy_setopt) X(easy_getinfo) X(easy_reset)	\
	X(easy_cleanup) X(easy_strerror) X(easy_header)			\
	X(easy_nextheader)						\
	X(multi_init) X(multi_setopt) X(multi_add_handle)		\
	X(multi_remove_handle) X(multi_socket_action)			\
	X(multi_info_read) X(multi_cleanup)				\
	X(slist_append) X(slist_free_all)

struct curl_api {
#define X(name) __typeof__(curl_##name) *name;
	CURL_FUNCTIONS(X)
#undef X
};

/* curl->easy_init() …; NULL before curl_load. */
extern const struct curl_api	*curl;

/* 0; -1 with *e when there is no libcurl. */
int	curl_load(struct err *e);

#endif

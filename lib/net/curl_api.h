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
	X(easy_nextheader) X(easy_perform) X(easy_send) X(easy_recv)	\
	X(multi_init) X(multi_setopt) X(multi_add_handle)		\
	X(multi_remove_handle) X(multi_socket_action)			\
	X(multi_info_read) X(multi_cleanup)				\
	X(slist_append) X(slist_free_all)

struct curl_api {
#define X(name) __typeof__(curl_##name) *name;
	CURL_FUNCTIONS(X)
#undef X
};

extern const struct curl_api	*curl;	/* NULL before curl_load */

/* 0; -1 with *e when there is no libcurl. */
int	curl_load(struct err *e);

/* The usual names, so that code reads as curl's manual does. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt
#define curl_global_init		curl->global_init
#define curl_getdate		curl->getdate
#define curl_easy_init		curl->easy_init
#define curl_easy_setopt		curl->easy_setopt
#define curl_easy_getinfo	curl->easy_getinfo
#define curl_easy_reset		curl->easy_reset
#define curl_easy_cleanup	curl->easy_cleanup
#define curl_easy_strerror	curl->easy_strerror
#define curl_easy_header		curl->easy_header
#define curl_easy_nextheader	curl->easy_nextheader
#define curl_easy_perform	curl->easy_perform
#define curl_easy_send		curl->easy_send
#define curl_easy_recv		curl->easy_recv
#define curl_multi_init		curl->multi_init
#define curl_multi_setopt	curl->multi_setopt
#define curl_multi_add_handle	curl->multi_add_handle
#define curl_multi_remove_handle	curl->multi_remove_handle
#define curl_multi_socket_action	curl->multi_socket_action
#define curl_multi_info_read	curl->multi_info_read
#define curl_multi_cleanup	curl->multi_cleanup
#define curl_slist_append	curl->slist_append
#define curl_slist_free_all	curl->slist_free_all

#endif

/*
 * pq_api: libpq, loaded on first use.
 */
#ifndef STATE_PQ_API_H
#define STATE_PQ_API_H

#include <postgresql/libpq-fe.h>

#include "core/err.h"

#define PQ_FUNCTIONS(X)							\
	X(conninfoParse) X(conninfoFree) X(freemem)			\
	X(connectStart) X(connectPoll) X(status) X(socket)		\
	X(errorMessage) X(finish) X(setNoticeProcessor)			\
	X(setnonblocking) X(flush)					\
	X(sendQuery) X(sendQueryParams) X(consumeInput) X(isBusy)	\
	X(getResult) X(resultStatus) X(resultErrorField) X(clear)	\
	X(ntuples) X(getvalue) X(getlength)

struct pq_api {
#define X(name) __typeof__(PQ##name) *name;
	PQ_FUNCTIONS(X)
#undef X
};

/* NULL with *e when there is no libpq. */
const struct pq_api	*pq_load(struct err *e);

#endif

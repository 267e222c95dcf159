/*
 * libpq, loaded by the first call of one of its functions: with what it pulls
 * in it takes 4 ms to start, and whoever is linked with it would pay them
 * for every run that needs no database.
 */
#include <postgresql/libpq-fe.h>

#include "core/standin.h"
#include "pg/pg.h"

STAND_IN(LIBPQ, int, PQcancel, (PGcancel *c, char *why, int n), (c, why, n))
STAND_IN_VOID(LIBPQ, PQclear, (PGresult *r), (r))
STAND_IN(LIBPQ, char *, PQcmdStatus, (PGresult *r), (r))
STAND_IN(LIBPQ, PGconn *, PQconnectdbParams, (const char *const *k,
    const char *const *v, int expand), (k, v, expand))
STAND_IN(LIBPQ, int, PQconsumeInput, (PGconn *c), (c))
STAND_IN(LIBPQ, PostgresPollingStatusType, PQconnectPoll, (PGconn *c), (c))
STAND_IN(LIBPQ, PGconn *, PQconnectStartParams, (const char *const *k,
    const char *const *v, int expand), (k, v, expand))
STAND_IN_VOID(LIBPQ, PQconninfoFree, (PQconninfoOption *o), (o))
STAND_IN(LIBPQ, PQconninfoOption *, PQconninfoParse, (const char *s, char **e),
    (s, e))
STAND_IN(LIBPQ, char *, PQerrorMessage, (const PGconn *c), (c))
STAND_IN(LIBPQ, char *, PQescapeIdentifier, (PGconn *c, const char *s,
    size_t n), (c, s, n))
STAND_IN(LIBPQ, char *, PQescapeLiteral, (PGconn *c, const char *s, size_t n),
    (c, s, n))
STAND_IN(LIBPQ, PGresult *, PQexec, (PGconn *c, const char *q), (c, q))
STAND_IN(LIBPQ, PGresult *, PQexecParams, (PGconn *c, const char *q, int n,
    const Oid *type, const char *const *value, const int *length,
    const int *format, int result_format),
    (c, q, n, type, value, length, format, result_format))
STAND_IN_VOID(LIBPQ, PQfinish, (PGconn *c), (c))
STAND_IN(LIBPQ, char *, PQfname, (const PGresult *r, int i), (r, i))
STAND_IN(LIBPQ, int, PQfnumber, (const PGresult *r, const char *s), (r, s))
STAND_IN_VOID(LIBPQ, PQfreeCancel, (PGcancel *c), (c))
STAND_IN_VOID(LIBPQ, PQfreemem, (void *p), (p))
STAND_IN(LIBPQ, Oid, PQftype, (const PGresult *r, int i), (r, i))
STAND_IN(LIBPQ, PGcancel *, PQgetCancel, (PGconn *c), (c))
STAND_IN(LIBPQ, PGresult *, PQgetResult, (PGconn *c), (c))
STAND_IN(LIBPQ, int, PQgetisnull, (const PGresult *r, int i, int k), (r, i, k))
STAND_IN(LIBPQ, int, PQgetlength, (const PGresult *r, int i, int k), (r, i, k))
STAND_IN(LIBPQ, char *, PQgetvalue, (const PGresult *r, int i, int k),
    (r, i, k))
STAND_IN(LIBPQ, int, PQisBusy, (PGconn *c), (c))
STAND_IN(LIBPQ, int, PQnfields, (const PGresult *r), (r))
STAND_IN(LIBPQ, int, PQntuples, (const PGresult *r), (r))
STAND_IN(LIBPQ, const char *, PQparameterStatus, (const PGconn *c,
    const char *s), (c, s))
STAND_IN(LIBPQ, char *, PQresultErrorField, (const PGresult *r, int field),
    (r, field))
STAND_IN(LIBPQ, char *, PQresultErrorMessage, (const PGresult *r), (r))
STAND_IN(LIBPQ, ExecStatusType, PQresultStatus, (const PGresult *r), (r))
STAND_IN(LIBPQ, int, PQsendQueryParams, (PGconn *c, const char *q, int n,
    const Oid *type, const char *const *value, const int *length,
    const int *format, int result_format),
    (c, q, n, type, value, length, format, result_format))
STAND_IN(LIBPQ, int, PQserverVersion, (const PGconn *c), (c))
STAND_IN(LIBPQ, int, PQsetnonblocking, (PGconn *c, int on), (c, on))
STAND_IN(LIBPQ, int, PQsocket, (const PGconn *c), (c))
STAND_IN(LIBPQ, ConnStatusType, PQstatus, (const PGconn *c), (c))
STAND_IN(LIBPQ, PQnoticeReceiver, PQsetNoticeReceiver, (PGconn *c,
    PQnoticeReceiver fn, void *arg), (c, fn, arg))

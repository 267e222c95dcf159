/*
 * keyname: the beginning of an object's key, with words for a time (in UTC)
 * and this host: {Y} {m} {d} {H} {host}.
 */
#ifndef TS_MAINT_KEYNAME_H
#define TS_MAINT_KEYNAME_H

#include "core/arena.h"
#include "core/err.h"

/* 0, or -1 with *e: an unknown word, a part "." or "..", a leading '/'. */
int	keyname_check(struct str t, struct err *e);

struct str	keyname_expand(struct str t, int64_t ms, struct arena *a);

/* What stands before its first word. */
struct str	keyname_fixed(struct str t);

/* A pattern of fnmatch(3) for the keys that this host makes of it. */
struct str	keyname_glob(struct str t, struct arena *a);

/* Beside what was expanded for ms: MANIFEST-HOST-20260101T020000Z.sha256. */
struct str	keyname_manifest(struct str t, int64_t ms, struct arena *a);

#endif

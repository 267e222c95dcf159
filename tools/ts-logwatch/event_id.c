#include "event_id.h"

#include "core/hash.h"

struct str
event_id(const struct event *ev, struct str run, uint64_t seq,
    char out[EVENT_ID_LEN])
{
	static const char digits[] = "0123456789abcdef";
	const struct origin *o = ev->origin;
	unsigned char hash[HASH_SHA256_BYTES];
	struct { uint64_t v[5]; char more[128]; } key = { { 0 }, "" };
	size_t n = sizeof(key.v), i;

	if (o != NULL && o->cursor.n > 0) {
		hash_sha256(o->cursor, hash);
	} else {
		if (o != NULL && o->ino != 0) {
			key.v[0] = o->dev;
			key.v[1] = o->ino;
			key.v[2] = o->head;
			key.v[3] = o->generation;
			key.v[4] = ev->offset;
		} else {
			key.v[0] = seq;
			memcpy(key.more, run.p, run.n);
			n += run.n;
		}
		hash_sha256((struct str){ (const char *)&key, n }, hash);
	}
	for (i = 0; i < EVENT_ID_LEN; i++)
		out[i] = digits[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
	return (struct str){ out, EVENT_ID_LEN };
}

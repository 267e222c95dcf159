/*
 * uptime: checks that a service on the internet makes, as a struct between
 * its definitions and health.yml.  A service is one file uptime_<name>.c with
 * one row, listed in uptime.c.
 */
#ifndef TS_HEALTH_UPTIME_H
#define TS_HEALTH_UPTIME_H

#include "core/vec.h"
#include "health_yml.h"
#include "net/http.h"

/* All text is of an arena, or empty. */
struct uptime {
	struct str name;
	struct str kind;		/* of health.yml: http, tcp, icmp, dns */
	struct str url;			/* http */
	struct str host;		/* the others */
	int64_t port;			/* tcp; 0 = none */
	VEC(struct http_header) headers;
	struct str contains, not_contains, send, expect;
	struct str username;
	int64_t interval_ms, timeout_ms, slow_ms;	/* 0 = not said */
	int64_t failures;		/* 0 = not said */
	bool paused, insecure, no_redirects;
	VEC(struct str) tags;
	VEC(struct str) notes;		/* what health.yml has no place for */
};

/* What is told to a service, and how. */
struct uptime_keys {
	struct str token, username;
	struct str base;		/* URL; empty = the service's own */
};

struct uptime_service {
	const char *name;		/* --from, --to */
	const char *domain;		/* that its URLs end in */
	const char *refusal;		/* in the body of a 200 that means no;
					   NULL = there is none such */
	bool	(*is)(const struct ynode *n);	/* looks like one of its own */
	/* A mapping; 0, or -1 with *e. */
	int	(*read)(const struct ynode *n, struct uptime *u,
		    struct arena *a, struct err *e);
	/* The request that makes it there; all of q is of the arena. */
	void	(*write)(const struct uptime *u, const struct uptime_keys *k,
		    struct http_request *q, struct arena *a);
};

extern const struct uptime_service uptime_pingdom, uptime_statuscake,
    uptime_statuscake_v1;

/* NULL when there is none of that name. */
const struct uptime_service	*uptime_service(struct str name);

/*
 * Definitions in text: a JSON or YAML document (one, a list, or a list under
 * "checks" or "data"), a form (KEY=VALUE&…), or a shell script whose curl
 * commands make them.  service NULL = whichever each looks like.  fn gets
 * each; 0, or -1 with *e.
 */
typedef void uptime_fn(void *arg, const struct uptime *u);
int	uptime_import(struct str text, const char *file,
	    const struct uptime_service *service, uptime_fn *fn, void *arg,
	    struct arena *a, struct err *e);

/* As an entry of `checks:`. */
void	uptime_put_yml(const struct uptime *u, struct buf *out);

/*
 * From a check; false with the reason in *e when nobody outside could make
 * it.
 */
bool	uptime_of_check(const struct check *c, struct uptime *u,
	    struct arena *a, struct err *e);

void	uptime_release(struct uptime *u);

/* ---- for the services ---- */

/* The text of a scalar member; empty when there is none or it is null. */
struct str	uptime_text(const struct ynode *n, const char *key);
/* A number that is at least 0; 0 when it is absent or none. */
int64_t		uptime_number(const struct ynode *n, const char *key);
bool		uptime_flag(const struct ynode *n, const char *key);
/* A list, or words with commas between. */
void		uptime_tags(const struct ynode *n, struct uptime *u);
/* A mapping, or a list of "Name: value". */
void		uptime_headers(const struct ynode *n, struct uptime *u);
/* Each member of n but the known ones becomes a note. */
void		uptime_note_rest(const struct ynode *n,
		    const char *const *known, size_t nknown,
		    struct uptime *u, struct arena *a);

#endif

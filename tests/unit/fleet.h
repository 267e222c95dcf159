/*
 * fleet: a store in a directory of its own, and a fleet of series whose every
 * sample is known, so that a test can say what the store must give back.
 */
#ifndef TESTS_FLEET_H
#define TESTS_FLEET_H

#include "core/vec.h"
#include "tsdb/tsdb.h"

#define MINUTE		INT64_C(60000)
#define START		INT64_C(1700000000000)
#define STEP		15000
#define SERIES		40

/* Each ck_assert is a write(2) to the runner: too dear for every sample. */
#define MUST(...)	do {						\
	if (!(__VA_ARGS__))						\
		ck_abort_msg("not so: %s", #__VA_ARGS__);		\
} while (0)

struct known {
	const struct labels *labels;
	VEC(int64_t) t;
	VEC(double) v;
};

extern char fleet_dir[64];
extern struct labels_table *fleet_table;
extern struct arena fleet_arena;	/* scratch */
extern unsigned fleet_noticed;		/* what the store had to tell */
extern char fleet_last_notice[480];
extern struct known fleet_known[SERIES];

/* The checked fixture: the directory and the table. */
void	fleet_setup(void);
void	fleet_teardown(void);

uint64_t	fleet_next(uint64_t *seed);	/* a random number */

/* Files of the directory whose names end so. */
typedef VEC(char *) fleet_names;
fleet_names	fleet_files(const char *suffix);
void		fleet_files_release(fleet_names *l);
size_t		fleet_count_files(const char *suffix);
const char	*fleet_path(const char *name);	/* in static storage */

void		fleet_notice(void *arg, const struct err *e);
struct store	*fleet_open(struct store_options o);
void		fleet_commit(struct store *s);
int		fleet_verify(void);		/* how many files are bad */

/* Begin to know, append what is then known, and forget it. */
void	fleet_reset(void);
void	fleet_know(struct store *s, int i, int64_t ts, double v);
void	fleet_scrape(struct store *s, int64_t step, uint64_t *seed);
void	fleet_forget(void);

/*
 * Some sealed blocks, and a log with several key records; returns the number
 * of steps.
 */
int64_t	fleet_write(void);

const struct known	*fleet_known_of(const struct labels *l);

/* The store says about [from, to] what we know, no more and no less. */
void	fleet_check_range(struct store *s, const struct matcher *m, size_t nm,
	    int64_t from, int64_t to);
void	fleet_check_series(const struct pseries *s, int64_t from, int64_t to);
/* About several stretches, after so many steps. */
void	fleet_check(struct store *s, int64_t steps);
void	fleet_check_reader(int64_t steps);

#endif

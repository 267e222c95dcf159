/*
 * tmpl/read: receiver data from JSON in the form of a webhook body, as
 * `amtool template render` takes it.
 */
#ifndef TMPL_READ_H
#define TMPL_READ_H

#include "tmpl/data.h"

/*
 * Absent members are empty; label sets that are absent stay NULL.  status of
 * the whole is kept as given.  Borrows from text.
 */
int	tmpl_data_read(struct str text, struct labels_table *t,
	    struct arena *a, struct tmpl_data *out, struct err *e);

#endif

/*
 * secret_name: names of fields, headers and parameters that tell that what
 * they hold is a secret.
 */
#ifndef CORE_SECRET_NAME_H
#define CORE_SECRET_NAME_H

#include "core/str.h"

/* password, X-Api-Key, client_secret, Set-Cookie … */
bool	secret_name(struct str name);

/*
 * name is what pattern says: '*' stands for anything, letters are without
 * case, '_' and '-' are the same.
 */
bool	secret_name_like(struct str pattern, struct str name);

#endif

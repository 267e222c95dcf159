/*
 * mem: the only callers of malloc and its kin.  They end the program with one
 * line on stderr and status 70 when memory runs out, so nobody writes
 * untested out-of-memory branches.  What an outsider can size is bounded by
 * the caller first.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#define EXIT_NOMEM	70

void	*mem_alloc(size_t n);			/* n bytes, not cleared */
void	*mem_zalloc(size_t n);			/* n bytes, zero */
void	*mem_array(size_t n, size_t size);	/* n * size bytes, zero */
void	*mem_resize(void *p, size_t n, size_t size);	/* to n * size bytes */
char	*mem_strdup(const char *s);
void	 mem_free(void *p);			/* NULL does nothing */

/* End as above: for a library that tells us that it found no memory. */
_Noreturn void	mem_exhausted(void);

static inline bool
size_mul(size_t a, size_t b, size_t *out)
{
	return __builtin_mul_overflow(a, b, out);
}

static inline bool
size_add(size_t a, size_t b, size_t *out)
{
	return __builtin_add_overflow(a, b, out);
}

#endif

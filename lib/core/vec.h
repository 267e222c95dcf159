/*
 * vec: a growable array of any type.
 *	VEC(int) v = { 0 };
 *	vec_push(&v, 7);
 *	for (i = 0; i < v.n; i++) use(v.p[i]);
 *	vec_release(&v);
 */
#ifndef CORE_VEC_H
#define CORE_VEC_H

#include "core/mem.h"

#define VEC(T)		struct { T *p; size_t n, cap; }

#define vec_reserve(v, want) do {					\
	if ((v)->cap < (want)) {					\
		size_t vec_cap_ = (v)->cap ? (v)->cap : 8;		\
		while (vec_cap_ < (want))				\
			vec_cap_ *= 2;					\
		(v)->p = mem_resize((v)->p, vec_cap_, sizeof(*(v)->p));	\
		(v)->cap = vec_cap_;					\
	}								\
} while (0)

/* Room for want and no more at first: for many arrays that hardly grow. */
#define vec_exact(v, want) do {						\
	if ((v)->cap == 0) {						\
		(v)->p = mem_array((want), sizeof(*(v)->p));		\
		(v)->cap = (want);					\
	}								\
} while (0)

#define vec_push(v, ...) do {						\
	vec_reserve((v), (v)->n + 1);					\
	(v)->p[(v)->n++] = (__VA_ARGS__);				\
} while (0)

#define vec_reset(v)	((v)->n = 0)

#define vec_release(v) do {						\
	mem_free((v)->p);						\
	(v)->p = NULL;							\
	(v)->n = (v)->cap = 0;						\
} while (0)

#endif

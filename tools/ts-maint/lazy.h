/*
 * lazy: libraries that are loaded when they are needed.  Ask dynlib_have
 * (core/dynlib.h) for this name first, for an error instead of an end.
 */
#ifndef TS_MAINT_LAZY_H
#define TS_MAINT_LAZY_H

#define LIBARCHIVE	"libarchive.so.13"

#endif

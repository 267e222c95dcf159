/*
 * xml: the little of XML that an S3 server answers: elements and their text.
 * Attributes, comments and instructions are passed over, name spaces are
 * cut off, the five named entities and numbers are decoded.
 */
#ifndef TS_MAINT_XML_H
#define TS_MAINT_XML_H

#include <stdbool.h>

#include "core/arena.h"

struct xml {
	struct str rest;	/* the document, then what is left of it */
	struct str open;	/* <x/>: its end is yet to be told */
	struct str text;	/* since the last tag, as it stands there */
};

struct xml_tag {
	struct str name;
	bool end;
	struct str text;	/* of an end: what stands right before it */
};

/* The next tag; its text is decoded in the arena.  false: no more, or what
 * follows is no XML. */
bool	xml_next(struct xml *x, struct xml_tag *t, struct arena *a);

/* The text of the first element of that name; empty when there is none. */
struct str	xml_text(struct str doc, struct str name, struct arena *a);

#endif

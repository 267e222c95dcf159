#include "promql/internal.h"
int
fn_info(struct pcall *c, struct pcols *out)
{
	return peval_expr(c->ev, c->x->u.call.arg[0], c->g, out);
}

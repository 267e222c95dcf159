#include "integration.h"

#define MESSAGE_MAX	130

/* The request of a step: create or close, then, to update, two more. */
enum { STEP_ALERT, STEP_MESSAGE, STEP_DESCRIPTION };

static const struct opsgenie_config *
conf_of(const struct attempt *a)
{
	return a->target.conf;
}

/* ["a","b"] of "a,b"; pieces that are empty are left out. */
static void
put_pieces(struct attempt *a, const char *key, struct str template,
    struct jw *w)
{
	struct str rest = text(a, template), piece;

	if (rest.n == 0)
		return;
	jw_key(w, str_of(key));
	jw_arr(w);
	while (rest.p != NULL) {
		rest = str_cut(rest, ',', &piece);
		if (piece.n > 0)
			jw_str(w, piece);
	}
	jw_arr_end(w);
}

static void
put_responder(struct jw *w, struct str id, struct str name,
    struct str username, struct str type)
{
	jw_obj(w);
	jw_member_some(w, "id", id);
	jw_member_some(w, "name", name);
	jw_member_some(w, "username", username);
	jw_member_some(w, "type", type);
	jw_obj_end(w);
}

static void
put_responders(struct attempt *a, struct jw *w)
{
	const struct opsgenie_responder *r = conf_of(a)->responders.p;
	bool any = false;
	size_t i;

	for (i = 0; i < conf_of(a)->responders.n; i++) {
		struct str id = text(a, r[i].id), name = text(a, r[i].name),
		    user = text(a, r[i].username), type = text(a, r[i].type),
		    team;

		if (id.n + name.n + user.n + type.n == 0)
			continue;
		if (!any) {
			jw_key(w, STR("responders"));
			jw_arr(w);
			any = true;
		}
		if (!str_eq(type, STR("teams"))) {
			put_responder(w, id, name, user, type);
			continue;
		}
		while (name.p != NULL) {
			name = str_cut(name, ',', &team);
			if (team.n > 0)
				put_responder(w, id, team, user,
				    STR("team"));
		}
	}
	if (any)
		jw_arr_end(w);
}

/* The common labels, and over them what is configured. */
static void
put_details(struct attempt *a, struct jw *w)
{
	const struct ypairs *d = &conf_of(a)->details;
	const struct labels *l = a->n.common_labels;
	size_t i, n = l == NULL ? 0 : l->n;
	struct member *m = arena_array(&a->arena, n + d->n, sizeof(*m));

	for (i = 0; i < n; i++)
		m[i] = (struct member){ l->v[i].name->s, l->v[i].value->s };
	for (i = 0; i < d->n; i++)
		m[n + i] = (struct member){ d->p[i].key,
		    text(a, d->p[i].value) };
	jw_key(w, STR("details"));
	put_members(w, m, n + d->n);
}

static void
put_alert(struct attempt *a, struct jw *w)
{
	const struct opsgenie_config *c = conf_of(a);

	jw_member(w, "alias", key_hash(a));
	jw_member(w, "message", cut_runes(a, text(a, c->message), MESSAGE_MAX));
	jw_member_some(w, "description", text(a, c->description));
	put_details(a, w);
	jw_member(w, "source", text(a, c->source));
	put_responders(a, w);
	put_pieces(a, "tags", c->tags, w);
	jw_member_some(w, "note", text(a, c->note));
	jw_member_some(w, "priority", text(a, c->priority));
	jw_member_some(w, "entity", text(a, c->entity));
	put_pieces(a, "actions", c->actions, w);
}

static const char *
path_of(struct attempt *a)
{
	static const char *const behind[] = {
		[STEP_MESSAGE] = "message", [STEP_DESCRIPTION] = "description"
	};

	if (a->step == STEP_ALERT && !a->resolved)
		return "v2/alerts";
	return arena_printf(&a->arena,
	    "v2/alerts/" STR_FMT "/%s?identifierType=alias",
	    STR_ARG(key_hash(a)), a->resolved ? "close" :
	    behind[a->step]).p;
}

static int
build(struct attempt *a)
{
	const struct opsgenie_config *c = conf_of(a);
	struct jw w;
	int rc;

	if (a->step > STEP_DESCRIPTION || (a->step > STEP_ALERT &&
	    (!c->update_alerts || a->resolved)))
		return 0;
	w = json_begin(a);
	jw_obj(&w);
	if (a->resolved)
		jw_member(&w, "source", text(a, c->source));
	else if (a->step == STEP_ALERT)
		put_alert(a, &w);
	else if (a->step == STEP_MESSAGE)
		jw_member_some(&w, "message", cut_runes(a, text(a, c->message),
		    MESSAGE_MAX));
	else
		jw_member_some(&w, "description", text(a, c->description));
	jw_obj_end(&w);
	add_header(a, "Authorization", arena_printf(&a->arena,
	    "GenieKey " STR_FMT,
	    STR_ARG(text(a, secret(a, c->api_key, c->api_key_file)))));
	rc = json_post(a, url_join(a, c->api_url, path_of(a)));
	if (a->step > STEP_ALERT)
		a->request.method = STR("PUT");
	return rc;
}

const struct integration int_opsgenie = {
	.key = "opsgenie_configs", .retry = RETRY_429, .build = build
};

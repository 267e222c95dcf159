/*
 * Jira: one issue for a group, found by a label that holds the group's hash.
 * Search; create or update; then move it where its state belongs.
 */
#include "integration.h"

#include "json/tree.h"

#define SUMMARY_MAX	255
#define DESCRIPTION_MAX	32767

enum { STEP_SEARCH, STEP_WRITE, STEP_TRANSITIONS, STEP_MOVE, STEP_END };

struct issue {
	struct str key;			/* empty: there is none */
	bool done;			/* its status is of the last category */
	struct str transition;		/* id */
};

static const struct jira_config *
conf_of(const struct attempt *a)
{
	return a->target.conf;
}

static struct issue *
issue_of(struct attempt *a)
{
	if (a->own == NULL)
		a->own = ARENA_NEW(&a->arena, struct issue);
	return a->own;
}

static struct str
label_of(struct attempt *a)
{
	return arena_printf(&a->arena, "ALERT{" STR_FMT "}",
	    STR_ARG(key_hash(a)));
}

/* The cloud's API has another way to search and to write texts. */
static bool
is_cloud(const struct jira_config *c)
{
	if (str_eq(c->api_type, STR("cloud")))
		return true;
	return !str_eq(c->api_type, STR("datacenter")) &&
	    str_find(c->api_url, STR(".atlassian.net")) != -1;
}

static struct str
query(struct attempt *a)
{
	const struct jira_config *c = conf_of(a);
	struct buf b = { 0 };
	struct str out, wont_fix = text(a, c->wont_fix_resolution);

	if (wont_fix.n > 0) {
		(void)buf_put(&b, STR("resolution != "));
		go_quote(&b, wont_fix);
		(void)buf_put(&b, STR(" and "));
	}
	if (a->resolved || c->reopen_transition.n == 0)
		(void)buf_put(&b, STR("statusCategory != Done and "));
	else if (c->reopen_duration_ms > 0)
		(void)buf_printf(&b, "(resolutiondate is EMPTY OR "
		    "resolutiondate >= -%lldm) and ",
		    (long long)(c->reopen_duration_ms / 60000));
	(void)buf_put(&b, STR("project="));
	go_quote(&b, text(a, c->project));
	(void)buf_put(&b, STR(" and labels="));
	go_quote(&b, label_of(a));
	(void)buf_put(&b, STR(" order by status ASC,resolutiondate DESC"));
	out = arena_str(&a->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

static int
build_search(struct attempt *a)
{
	struct jw w = json_begin(a);

	jw_obj(&w);
	jw_member(&w, "jql", query(a));
	jw_key(&w, STR("maxResults"));
	jw_int(&w, 2);
	jw_key(&w, STR("fields"));
	jw_arr(&w);
	jw_str(&w, STR("status"));
	jw_arr_end(&w);
	jw_obj_end(&w);
	return json_post(a, url_join(a, conf_of(a)->api_url,
	    is_cloud(conf_of(a)) ? "search/jql" : "search"));
}

static void
put_named(struct jw *w, const char *key, const char *by, struct str value)
{
	if (value.n == 0)
		return;
	jw_key(w, str_of(key));
	jw_obj(w);
	jw_member(w, by, value);
	jw_obj_end(w);
}

/* A document of one paragraph, as the cloud wants texts. */
static void
put_document(struct jw *w, struct str s)
{
	jw_key(w, STR("description"));
	jw_obj(w);
	jw_member(w, "type", STR("doc"));
	jw_key(w, STR("version"));
	jw_int(w, 1);
	jw_key(w, STR("content"));
	jw_arr(w);
	jw_obj(w);
	jw_member(w, "type", STR("paragraph"));
	jw_key(w, STR("content"));
	jw_arr(w);
	jw_obj(w);
	jw_member(w, "type", STR("text"));
	jw_member(w, "text", s);
	jw_obj_end(w);
	jw_arr_end(w);
	jw_obj_end(w);
	jw_arr_end(w);
	jw_obj_end(w);
}

static bool
is_written(const struct jira_text *t, bool create)
{
	return create || !t->enable_update_set || t->enable_update;
}

static void
put_labels(struct attempt *a, struct jw *w)
{
	const struct ystrs *l = &conf_of(a)->labels;
	size_t i;

	jw_key(w, STR("labels"));
	jw_arr(w);
	for (i = 0; i < l->n; i++)
		jw_str(w, text(a, l->p[i]));
	jw_str(w, label_of(a));
	jw_arr_end(w);
}

static void
put_issue(struct attempt *a, bool create, struct jw *w)
{
	const struct jira_config *c = conf_of(a);
	const struct ynode *f;
	struct str s;

	jw_obj(w);
	jw_key(w, STR("fields"));
	jw_obj(w);
	if (create) {
		put_named(w, "project", "key", text(a, c->project));
		put_named(w, "issuetype", "name", text(a, c->issue_type));
	}
	if (is_written(&c->summary, create))
		jw_member(w, "summary", cut_runes(a,
		    text(a, c->summary.template), SUMMARY_MAX));
	s = cut_runes(a, text(a, c->description.template), DESCRIPTION_MAX);
	if (is_written(&c->description, create) && s.n > 0) {
		if (is_cloud(c))
			put_document(w, s);
		else
			jw_member(w, "description", s);
	}
	put_labels(a, w);
	put_named(w, "priority", "name", text(a, c->priority));
	for (f = c->fields == NULL ? NULL : c->fields->child; f != NULL;
	    f = f->next) {
		jw_key(w, f->key->scalar);
		put_payload(a, f, w);
	}
	jw_obj_end(w);
	jw_obj_end(w);
}

static int
build_issue(struct attempt *a)
{
	struct issue *issue = issue_of(a);
	bool create = issue->key.n == 0;
	struct jw w = json_begin(a);
	int rc;

	put_issue(a, create, &w);
	rc = json_post(a, url_join(a, conf_of(a)->api_url, create ? "issue" :
	    arena_printf(&a->arena, "issue/" STR_FMT,
	    STR_ARG(issue->key)).p));
	if (!create)
		a->request.method = STR("PUT");
	return rc;
}

/* The transition that is due, by name; empty: none. */
static struct str
wanted(struct attempt *a)
{
	const struct issue *issue = issue_of(a);

	if (a->resolved)
		return text(a, conf_of(a)->resolve_transition);
	return issue->done ? text(a, conf_of(a)->reopen_transition) :
	    STR("");
}

static struct str
transitions_url(struct attempt *a)
{
	return url_join(a, conf_of(a)->api_url, arena_printf(&a->arena,
	    "issue/" STR_FMT "/transitions",
	    STR_ARG(issue_of(a)->key)).p);
}

static int
build_move(struct attempt *a)
{
	struct jw w = json_begin(a);

	jw_obj(&w);
	put_named(&w, "transition", "id", issue_of(a)->transition);
	jw_obj_end(&w);
	return json_post(a, transitions_url(a));
}

static int
build(struct attempt *a)
{
	switch (a->step) {
	case STEP_SEARCH:
		return build_search(a);
	case STEP_WRITE:
		/* What is over before it was written needs no issue. */
		if (a->resolved && issue_of(a)->key.n == 0)
			return 0;
		return build_issue(a);
	case STEP_TRANSITIONS:
		if (issue_of(a)->key.n == 0 || wanted(a).n == 0)
			return 0;
		a->request.method = STR("GET");
		a->request.url = transitions_url(a);
		return 1;
	case STEP_MOVE:
		return build_move(a);
	default:
		return 0;
	}
}

static void
take_found(struct attempt *a, const json_t *answer)
{
	json_t *first = json_array_get(json_object_get(answer, "issues"), 0);
	json_t *status = json_object_get(json_object_get(first, "fields"),
	    "status");

	issue_of(a)->key = arena_str(&a->arena, json_get_str(first, "key"));
	issue_of(a)->done = str_eq(json_get_str(json_object_get(status,
	    "statusCategory"), "key"), STR("done"));
}

static enum verdict
take_transitions(struct attempt *a, const json_t *answer)
{
	json_t *t;
	size_t i;

	json_array_foreach(json_object_get(answer, "transitions"), i, t)
		if (str_eq(json_get_str(t, "name"), wanted(a))) {
			issue_of(a)->transition = arena_str(&a->arena,
			    json_get_str(t, "id"));
			return DELIVERED;
		}
	(void)attempt_fail(a, "there is no transition '" STR_FMT "'",
	    STR_ARG(wanted(a)));
	return FAILED;
}

static enum verdict
answer(struct attempt *a, const struct http_response *r)
{
	enum verdict v = verdict_of(a, r);
	json_t *j;
	struct err e;

	if (v != DELIVERED || (a->step != STEP_SEARCH &&
	    a->step != STEP_TRANSITIONS))
		return v;
	if ((j = json_tree(r->body, &e)) == NULL) {
		(void)attempt_fail(a, "answer is no JSON");
		return FAILED;
	}
	if (a->step == STEP_SEARCH)
		take_found(a, j);
	else
		v = take_transitions(a, j);
	json_decref(j);
	return v;
}

const struct integration int_jira = {
	.key = "jira_configs", .retry = RETRY_429 | NO_RETRY_CONNECTION,
	.build = build, .answer = answer
};

/*
 * s3_keys: where the credentials of a store are found, in the order of the
 * AWS command line: the configuration, the environment, the shared file.
 */
#include <pwd.h>
#include <unistd.h>

#include "core/io.h"
#include "s3.h"

#define FILE_MAX	((size_t)1 << 20)

struct str
s3_env(const char *name, struct arena *a)
{
	struct secret s = { .env = str_of(name) };
	struct str value = STR_NONE;
	struct err e;

	return secret_fetch(&s, a, &value, &e) == 0 ? value : STR_NONE;
}

/* "~/.aws/credentials" */
static const char *
shared_file(const struct s3_config *c, struct arena *a)
{
	struct str s = c->credentials_file;
	const struct passwd *p;

	if (s.n == 0)
		s = s3_env("AWS_SHARED_CREDENTIALS_FILE", a);
	if (s.n)
		return arena_cstr(a, s);
	if ((p = getpwuid(geteuid())) == NULL)
		return NULL;
	return arena_printf(a, "%s/.aws/credentials", p->pw_dir).p;
}

static void
take(struct str line, struct arena *a, struct sigv4 *keys, struct str *token)
{
	struct str name, value = str_trim(str_cut(line, '=', &name));

	name = str_trim(name);
	if (str_eq(name, STR("aws_access_key_id")))
		keys->access_key = arena_str(a, value);
	else if (str_eq(name, STR("aws_secret_access_key")))
		keys->secret_key = arena_str(a, value);
	else if (str_eq(name, STR("aws_session_token")))
		*token = arena_str(a, value);
}

/* [profile], then name = value; # and ; begin comments. */
static int
read_shared(const struct s3_config *c, struct arena *a, struct sigv4 *keys,
    struct str *token, struct err *e)
{
	const char *path = shared_file(c, a);
	struct str profile = c->profile, rest, line;
	struct buf text = { 0 };
	bool in = false;

	if (profile.n == 0)
		profile = s3_env("AWS_PROFILE", a);
	if (profile.n == 0)
		profile = STR("default");
	if (path == NULL || access(path, F_OK) == -1)
		return err_set(e, ERR_CONFIG, "no credentials: set "
		    "'access_key' and 'secret_key', AWS_ACCESS_KEY_ID and "
		    "AWS_SECRET_ACCESS_KEY, or write '%s'", path ? path :
		    "credentials_file");
	if (io_read_file(path, FILE_MAX, &text, e) == -1)
		return -1;
	for (rest = buf_str(&text); rest.p != NULL;) {
		rest = str_cut(rest, '\n', &line);
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
			continue;
		if (line.p[0] == '[')
			in = str_ends(line, STR("]")) && str_eq(str_trim(
			    str_sub(line, 1, line.n - 1)), profile);
		else if (in)
			take(line, a, keys, token);
	}
	memset(text.p, 0, text.n);
	buf_release(&text);
	if (keys->access_key.n == 0 || keys->secret_key.n == 0)
		return err_set(e, ERR_CONFIG, "'%s' has no "
		    "aws_access_key_id and aws_secret_access_key for profile "
		    "'" STR_FMT "'", path, STR_ARG(profile));
	return 0;
}

int
s3_credentials(const struct s3_config *c, struct arena *a,
    struct sigv4 *keys, struct str *token, struct err *e)
{
	if (secret_is_set(&c->access_key)) {
		if (secret_fetch(&c->access_key, a, &keys->access_key, e) ==
		    -1 || secret_fetch(&c->secret_key, a, &keys->secret_key,
		    e) == -1 || secret_fetch(&c->session_token, a, token,
		    e) == -1)
			return -1;
		if (keys->access_key.n == 0 || keys->secret_key.n == 0)
			return err_set(e, ERR_CONFIG, "'access_key' or "
			    "'secret_key' is empty");
		return 0;
	}
	if (c->profile.n == 0 && c->credentials_file.n == 0) {
		keys->access_key = s3_env("AWS_ACCESS_KEY_ID", a);
		keys->secret_key = s3_env("AWS_SECRET_ACCESS_KEY", a);
		*token = s3_env("AWS_SESSION_TOKEN", a);
		if (keys->access_key.n && keys->secret_key.n)
			return 0;
	}
	*token = STR_NONE;
	return read_shared(c, a, keys, token, e);
}

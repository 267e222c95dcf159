/* Completion scripts for shells, out of the option and verb tables. */
#include "tool/tool.h"

/* Walk the rows that apply, the tool's own first. */
static const struct tool_option *
option_at(const struct tool *t, size_t i)
{
	size_t n, k;
	const struct tool_option *common = tool_common_options(&n);

	if (i < t->noptions)
		return &t->options[i];
	if (i - t->noptions >= n)
		return NULL;
	for (k = 0; k < t->noptions; k++)
		if (strcmp(t->options[k].name,
		    common[i - t->noptions].name) == 0)
			return &t->options[k];
	return &common[i - t->noptions];
}

static bool
has_letter(const struct tool_option *o)
{
	return o->letter > ' ';
}

/* tool names hold a '-', which a shell function's name may not */
static void
put_function_name(const struct tool *t, struct buf *out)
{
	const char *p;

	(void)buf_putc(out, '_');
	for (p = t->name; *p; p++)
		(void)buf_putc(out, *p == '-' ? '_' : *p);
}

/* s inside single quotes */
static void
put_quoted(struct buf *out, const char *s)
{
	for (; *s; s++)
		if (*s == '\'')
			(void)buf_put(out, STR("'\\''"));
		else
			(void)buf_putc(out, *s);
}

static void
put_bash(const struct tool *t, struct buf *out)
{
	const struct tool_option *o;
	size_t i;

	put_function_name(t, out);
	(void)buf_put(out, STR("()\n{\n\tlocal words=''\n"
	    "\tcase ${COMP_WORDS[COMP_CWORD]} in\n\t-*) words='"));
	for (i = 0; (o = option_at(t, i)) != NULL; i++) {
		(void)buf_printf(out, "%s--%s", i ? " " : "", o->name);
		if (has_letter(o))
			(void)buf_printf(out, " -%c", o->letter);
	}
	(void)buf_put(out, STR("' ;;\n\t*) [ \"$COMP_CWORD\" -gt 1 ] || "
	    "words='"));
	for (i = 0; i < t->nverbs; i++)
		(void)buf_printf(out, "%s%s", i ? " " : "", t->verbs[i].name);
	(void)buf_put(out, STR("' ;;\n\tesac\n\tmapfile -t COMPREPLY < "
	    "<(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n}\n"
	    "complete -o default -F "));
	put_function_name(t, out);
	(void)buf_printf(out, " %s\n", t->name);
}

static void
put_zsh_option(struct buf *out, const struct tool_option *o)
{
	(void)buf_put(out, STR(" \\\n\t\t"));
	if (has_letter(o))
		(void)buf_printf(out, "'(-%c --%s)'{-%c,--%s}'", o->letter,
		    o->name, o->letter, o->name);
	else
		(void)buf_printf(out, "'--%s", o->name);
	(void)buf_putc(out, '[');
	put_quoted(out, o->summary);
	(void)buf_printf(out, "]%s'", o->has_arg ? ":argument:_files" : "");
}

static void
put_zsh(const struct tool *t, struct buf *out)
{
	const struct tool_option *o;
	size_t i;

	(void)buf_printf(out, "#compdef %s\n", t->name);
	put_function_name(t, out);
	(void)buf_put(out, STR("()\n{\n\tlocal -a verbs=("));
	for (i = 0; i < t->nverbs; i++) {
		(void)buf_printf(out, "\n\t\t'%s:", t->verbs[i].name);
		put_quoted(out, t->verbs[i].summary);
		(void)buf_putc(out, '\'');
	}
	(void)buf_put(out, STR(")\n\t_arguments"));
	for (i = 0; (o = option_at(t, i)) != NULL; i++)
		put_zsh_option(out, o);
	(void)buf_put(out, STR(" \\\n\t\t'1: :{_describe verb verbs; _files}'"
	    " '*:file:_files'\n}\n"));
	put_function_name(t, out);
	(void)buf_put(out, STR(" \"$@\"\n"));
}

static void
put_fish(const struct tool *t, struct buf *out)
{
	const struct tool_option *o;
	size_t i;

	for (i = 0; (o = option_at(t, i)) != NULL; i++) {
		(void)buf_printf(out, "complete -c %s -l %s", t->name,
		    o->name);
		if (has_letter(o))
			(void)buf_printf(out, " -s %c", o->letter);
		(void)buf_printf(out, "%s -d '", o->has_arg ? " -r" : "");
		put_quoted(out, o->summary);
		(void)buf_put(out, STR("'\n"));
	}
	for (i = 0; i < t->nverbs; i++) {
		(void)buf_printf(out, "complete -c %s -n __fish_use_subcommand "
		    "-a %s -d '", t->name, t->verbs[i].name);
		put_quoted(out, t->verbs[i].summary);
		(void)buf_put(out, STR("'\n"));
	}
}

static const struct {
	const char *name;
	void	(*put)(const struct tool *t, struct buf *out);
} shells[] = {
	{ "bash", put_bash }, { "fish", put_fish }, { "zsh", put_zsh },
};

int
tool_completion(const struct tool *t, const char *shell, struct buf *out)
{
	size_t i;

	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shell, shells[i].name) == 0) {
			shells[i].put(t, out);
			return 0;
		}
	}
	return -1;
}

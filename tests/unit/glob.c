/* filters/glob.c */
#include "../../filters/glob.h"

#include <stddef.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *pattern, *path;
	bool want;
} rows[] = {
	{ "a.yaml", "a.yaml", true },	    { "a.yaml", "b/a.yaml", false },
	{ "*.yaml", "a.yaml", true },	    { "*.yaml", "b/a.yaml", false },
	{ "*.yaml", ".yaml", true },	    { "*", "", true },
	{ "**.yaml", "b/c/a.yaml", true },  { "**/a.yaml", "a.yaml", true },
	{ "**/a.yaml", "b/c/a.yaml", true }, { "**/a.yaml", "ba.yaml", false },
	{ "b/**", "b/c/d", true },	    { "b/**", "b", false },
	{ "b/**/d", "b/d", true },	    { "b/**/d", "b/c/c/d", true },
	{ "b/**/d", "bd", false },	    { "templates/", "templates", true },
	{ "templates/*", "templates/a/b", false }, { "*/templates/*", "c/templates/b", true },
	{ "?.yaml", "a.yaml", true },	    { "?.yaml", "/.yaml", false },
	{ "?", "", false },		    { "[a-c]x", "bx", true },
	{ "[a-c]x", "dx", false },	    { "[!a-c]x", "dx", true },
	{ "[^a-c]x", "bx", false },	    { "[]a]x", "]x", true },
	{ "[a", "[a", true },		    { "[/]", "/", false },
	{ "[!a]", "/", false },		    { "\\*", "*", true },
	{ "\\*", "a", false },		    { "a\\", "a\\", true },
	{ "[a-]x", "-x", true },	    { "", "", true },
	{ "", "a", false },		    { "*a*b*c*", "xxaxxbxxcxx", true },
	{ "*a*b*c*", "xxaxxcxxbxx", false }, { "**", "a/b/c", true },
	{ "/", "/", true },
};

int
main(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++)
		check(glob_match(rows[i].pattern, rows[i].path) == rows[i].want, "'%s' %s '%s'",
		      rows[i].pattern, rows[i].want ? "matches" : "does not match", rows[i].path);
	return check_done();
}

/* filters/manifest-template.c */
#include "../../filters/manifest-template.h"

#include "../../bus/alloc.h"
#include "../check.h"

#define APPLICATION "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"

static const struct {
	const char *name, *text;
	size_t want;
} rows[] = {
	{ "no braces", "a: {b: c}\n", 0 },
	{ "a value", "a: b\nc: {{ .Values.x }}\n", 2 },
	{ "a value in a list", "- {{ x }}\n", 1 },
	{ "a line of its own", "a: b\n{{- if x }}\nc: d\n{{- end }}\n", 0 }, /* does not parse */
	{ "two mappings with a blank between", "{ {a: b}: c}", 0 },
	{ "in a string", "a: '{{ x }}'\n", 0 },
	{ "in a comment", "a: b # {{ x }}\n", 0 },
	{ "in a block", "a: |\n  {{ x }}\n", 0 },
	{ "in a plain value of something else", "kind: ApplicationSet\na: x-{{name}}\n", 0 },
	{ "in a plain value of an Application", APPLICATION "a:\n  b: 1.0.{{ x }}\n", 4 },
	{ "before the kind", "a: x-{{ x }}\nkind: Application\n", 1 },
	{ "in a name", APPLICATION "metadata:\n  name: \"{{ x }}\"\n", 4 },
	{ "in a version", APPLICATION "x: {targetRevision: '{{ x }}'}\n", 3 },
	{ "in a value for the chart", APPLICATION "x: {value: '{{ x }}'}\n", 0 },
	{ "in a block of an Application", APPLICATION "values: |\n  a: {{ x }}\n", 0 },
	{ "in another document", "a: x-{{ x }}\n---\n" APPLICATION, 0 },
	{ "in a List", "kind: List\nitems:\n- kind: Application\n  metadata: {name: 'a{{x}}'}\n", 4 },
};

int
main(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++)
		check_number((long long)manifest_template_line(rows[i].text, strlen(rows[i].text)),
			     (long long)rows[i].want, rows[i].name);
	check(manifest_has_braces("a{{b", 4) && !manifest_has_braces("{", 1) &&
	      !manifest_has_braces("{ {", 3), "braces");
	return check_done();
}

/*
 * Where a credential comes from, as annotations and registries.conf spell it:
 * [REGISTRY=]TYPE:SPEC. Pure: parses and judges, fetches nothing.
 */
#ifndef WEIR_CREDENTIAL_SOURCE_H
#define WEIR_CREDENTIAL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

enum credential_kind {
	CREDENTIAL_PULL_SECRET, /* pullsecret:[NAMESPACE/]NAME: a dockerconfigjson Secret */
	CREDENTIAL_SECRET,	/* secret:NAMESPACE/NAME#FIELD: user:password in a field */
	CREDENTIAL_ENV,		/* env:VARIABLE: user:password */
	CREDENTIAL_PROGRAM,	/* ext:/PATH: a program that prints user:password */
	CREDENTIAL_HELPER	/* docker's own: name is the program, field what it is asked for;
				 * no text is parsed as one */
};

struct credential_source {
	enum credential_kind kind;
	char *namespace; /* "": not said */
	char *name;	 /* the Secret, variable or path */
	char *field;	 /* of a secret: */
};

/* INPUT error that says what is wrong. Names are checked as Kubernetes does. */
int credential_source_parse(struct credential_source *source, const char *text,
			    struct error *err);
void credential_source_fini(struct credential_source *source);
/* The one spelling: "pullsecret:ns/name". Owned by the caller. */
char *credential_source_text(const struct credential_source *source);

/*
 * What an Application's annotation may name: a pull secret of its own namespace, of ours, or of
 * one of allowed. In *text (owned by the caller) the one spelling of it, with its namespace. INPUT
 * error when it is no source, DENIED when it may not be named; judged by what was parsed, never by
 * the text.
 */
int credential_source_of_annotation(const char *annotation, const char *application_namespace,
				    const char *our_namespace, const char *const *allowed,
				    size_t allowed_count, char **text, struct error *err);

#endif

/* See credential-source.h. */
#include "credential-source.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../bus/alloc.h"

static const char *const kind_names[] = {
	[CREDENTIAL_PULL_SECRET] = "pullsecret",
	[CREDENTIAL_SECRET] = "secret",
	[CREDENTIAL_ENV] = "env",
	[CREDENTIAL_PROGRAM] = "ext",
};

static bool
is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* A DNS subdomain; without dots: a label of at most 63 bytes, as namespaces are. */
static bool
is_name(const char *text, bool dots)
{
	size_t len = strlen(text), i;

	if (len == 0 || len > (dots ? 253u : 63u))
		return false;
	for (i = 0; i < len; i++) {
		bool is_edge = i == 0 || i + 1 == len || text[i - 1] == '.' || text[i + 1] == '.';

		if (is_lower_or_digit(text[i]))
			continue;
		if (text[i] == '-' && !is_edge)
			continue;
		if (text[i] == '.' && dots && i > 0 && i + 1 < len && text[i - 1] != '.')
			continue;
		return false;
	}
	return true;
}

/* Keys of a Secret: [-._a-zA-Z0-9]+ */
static bool
is_field(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= 253 &&
	       strspn(text, "-._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789") == len;
}

static bool
is_variable(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && strspn(text, "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789") == len &&
	       (text[0] < '0' || text[0] > '9');
}

void
credential_source_fini(struct credential_source *source)
{
	free(source->namespace);
	free(source->name);
	free(source->field);
	*source = (struct credential_source){ .namespace = NULL };
}

/* [NAMESPACE/]NAME of a Secret. */
static int
split_secret(struct credential_source *source, const char *spec, size_t len, struct error *err)
{
	const char *slash = memchr(spec, '/', len);
	size_t namespace_len = slash != NULL ? (size_t)(slash - spec) : 0;
	size_t name_at = slash != NULL ? namespace_len + 1 : 0;

	source->namespace = alloc_text(spec, namespace_len);
	source->name = alloc_text(spec + name_at, len - name_at);
	if ((slash != NULL && !is_name(source->namespace, false)) || !is_name(source->name, true))
		return error_set(err, ERROR_INPUT, 0,
				 "%s: wants NAMESPACE/NAME as Kubernetes spells them",
				 kind_names[source->kind]);
	return 0;
}

static int
parse_spec(struct credential_source *source, const char *spec, struct error *err)
{
	const char *hash = strchr(spec, '#');

	switch (source->kind) {
	case CREDENTIAL_PULL_SECRET:
		return split_secret(source, spec, strlen(spec), err);
	case CREDENTIAL_SECRET:
		if (hash == NULL || strchr(spec, '/') == NULL || !is_field(hash + 1))
			return error_set(err, ERROR_INPUT, 0, "secret: wants NAMESPACE/NAME#FIELD");
		source->field = alloc_string(hash + 1);
		return split_secret(source, spec, (size_t)(hash - spec), err);
	case CREDENTIAL_ENV:
		source->name = alloc_string(spec);
		if (!is_variable(spec))
			return error_set(err, ERROR_INPUT, 0, "env: wants the name of a variable");
		return 0;
	case CREDENTIAL_PROGRAM:
		source->name = alloc_string(spec);
		if (spec[0] != '/' || strpbrk(spec, ":=") != NULL)
			return error_set(err, ERROR_INPUT, 0,
					 "ext: wants the absolute path of a program");
		return 0;
	case CREDENTIAL_HELPER:
		break;
	}
	return 0;
}

/* "REGISTRY=" in front names what it is for: kept for compatibility, and ignored. */
static const char *
without_registry(const char *text)
{
	size_t to_equals = strcspn(text, "=");
	size_t i;

	for (i = 0; i < ALLOC_COUNT(kind_names); i++) {
		size_t len = strlen(kind_names[i]);

		if (strncasecmp(text, kind_names[i], len) == 0 && text[len] == ':')
			return text;
	}
	return text[to_equals] == '=' ? text + to_equals + 1 : text;
}

int
credential_source_parse(struct credential_source *source, const char *text, struct error *err)
{
	const char *spec;
	size_t i, len;

	*source = (struct credential_source){ .namespace = NULL };
	text = without_registry(text);
	for (i = 0; i < ALLOC_COUNT(kind_names); i++) {
		len = strlen(kind_names[i]);
		if (strncasecmp(text, kind_names[i], len) != 0 || text[len] != ':')
			continue;
		source->kind = (enum credential_kind)i;
		spec = text + len + 1;
		if (parse_spec(source, spec, err) == 0)
			return 0;
		credential_source_fini(source);
		return -1;
	}
	return error_set(err, ERROR_INPUT, 0,
			 "a credential is pullsecret:, secret:, env: or ext: and what that wants");
}

char *
credential_source_text(const struct credential_source *source)
{
	const char *kind;

	if (source->kind == CREDENTIAL_HELPER)
		return alloc_format("%s for %s", source->name, source->field);
	kind = kind_names[source->kind];
	if (source->namespace == NULL)
		return alloc_format("%s:%s", kind, source->name);
	return alloc_format("%s:%s%s%s%s%s", kind, source->namespace,
			    source->namespace[0] != '\0' ? "/" : "", source->name,
			    source->field != NULL ? "#" : "",
			    source->field != NULL ? source->field : "");
}

static bool
is_allowed(const char *namespace, const char *const *allowed, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(namespace, allowed[i]) == 0)
			return true;
	return false;
}

int
credential_source_of_annotation(const char *annotation, const char *application_namespace,
				const char *our_namespace, const char *const *allowed,
				size_t allowed_count, char **text, struct error *err)
{
	struct credential_source source;
	int status = 0;

	*text = NULL;
	if (credential_source_parse(&source, annotation, err) != 0)
		return -1;
	if (source.kind != CREDENTIAL_PULL_SECRET) {
		status = error_set(err, ERROR_DENIED, 0,
				   "an Application may name pullsecret: only; %s: is for "
				   "registries.conf",
				   kind_names[source.kind]);
	} else if (source.namespace[0] == '\0') {
		free(source.namespace);
		source.namespace = alloc_string(application_namespace[0] != '\0' ?
						application_namespace : our_namespace);
	} else if (strcmp(source.namespace, application_namespace) != 0 &&
		   strcmp(source.namespace, our_namespace) != 0 &&
		   !is_allowed(source.namespace, allowed, allowed_count)) {
		status = error_set(err, ERROR_DENIED, 0,
				   "the namespace %s of the pull secret is neither the "
				   "Application's nor weir's; if that is right: "
				   "--secret-namespace %s",
				   source.namespace, source.namespace);
	}
	if (status == 0)
		*text = credential_source_text(&source);
	credential_source_fini(&source);
	return status;
}

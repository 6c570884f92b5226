/*
 * What an answer of the API server means: which kind of error, in which words. Pure. A body never
 * gets into a text, since servers and proxies echo secrets.
 */
#include "kube.h"

#include <string.h>

#include "../bus/alloc.h"
#include "kube-priv.h"

/* A path taken apart: /apis/GROUP/VERSION/namespaces/NS/PLURAL/NAME/SUBRESOURCE?QUERY. */
struct target {
	char group[256], namespace[256], plural[256], name[256], subresource[256];
	bool is_watch;
};

static const char *
next_segment(const char *path, char *out, size_t size)
{
	size_t len;

	path += *path == '/';
	len = strcspn(path, "/?");
	if (len < size) {
		memcpy(out, path, len);
		out[len] = '\0';
	}
	return path + len;
}

static void
read_target(struct target *target, const char *path)
{
	char segment[256] = "";

	memset(target, 0, sizeof(*target));
	target->is_watch = strstr(path, "watch=1") != NULL;
	path = next_segment(path, segment, sizeof(segment));
	if (strcmp(segment, "apis") == 0)
		path = next_segment(path, target->group, sizeof(target->group));
	path = next_segment(path, segment, sizeof(segment)); /* the version */
	path = next_segment(path, target->plural, sizeof(target->plural));
	path = next_segment(path, target->name, sizeof(target->name));
	if (strcmp(target->plural, "namespaces") == 0 && *path == '/') {
		memcpy(target->namespace, target->name, sizeof(target->namespace));
		path = next_segment(path, target->plural, sizeof(target->plural));
		target->name[0] = '\0';
		path = next_segment(path, target->name, sizeof(target->name));
	}
	next_segment(path, target->subresource, sizeof(target->subresource));
}

static const char *
verb_of(const char *method, const struct target *target)
{
	if (strcmp(method, "PATCH") == 0)
		return "patch";
	if (strcmp(method, "DELETE") == 0)
		return "delete";
	if (target->is_watch)
		return "watch";
	return target->name[0] ? "get" : "list";
}

/* "applications.argoproj.io in namespace d8", "secrets in all namespaces" */
static char *
describe(const struct target *target)
{
	if (!target->plural[0])
		return alloc_string("the API");
	return alloc_format("%s%s%s%s%s%s%s", target->plural, target->group[0] ? "." : "",
			    target->group, target->name[0] ? " " : "", target->name,
			    target->namespace[0] ? " in namespace " : " in all namespaces",
			    target->namespace);
}

static enum error_kind
kind_of(long status)
{
	if (status == 401 || status == 403)
		return ERROR_DENIED;
	if (status == 404)
		return ERROR_NOT_FOUND;
	if (status == 409 || status == 410 || status == 422)
		return ERROR_CONFLICT;
	return status == 429 || status >= 500 ? ERROR_TEMPORARY : ERROR_PROTOCOL;
}

void
kube_answer_error(struct error *err, const char *method, const char *path, long status)
{
	struct target target;
	CLEANUP_FREE char *what = NULL;
	const char *verb;

	read_target(&target, path);
	what = describe(&target);
	verb = verb_of(method, &target);
	if (status == 401)
		error_set(err, ERROR_DENIED, 401,
			  "%s %s: the API server does not accept our credentials (401); renew the "
			  "token or certificate of this context",
			  verb, what);
	else if (status == 403)
		error_set(err, ERROR_DENIED, 403,
			  "%s %s: not allowed (403); grant this account the verb \"%s\" on "
			  "%s%s%s%s%s",
			  verb, what, verb, target.plural[0] ? target.plural : "the API",
			  target.group[0] ? "." : "", target.group,
			  target.subresource[0] ? "/" : "", target.subresource);
	else
		error_set(err, kind_of(status), (int)status, "%s %s: the API server answered %ld",
			  verb, what, status);
}

bool
kube_is_name(const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++) {
		char c = text[i];
		bool edge = i == 0 || text[i - 1] == '.' || !text[i + 1] || text[i + 1] == '.';
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (i == 253 || (!plain && (edge || (c != '-' && c != '.'))))
			return false;
	}
	return i > 0;
}

char *
kube_path(const char *api, const char *namespace, const char *plural, const char *name)
{
	const char *slash = strchr(api, '/');
	CLEANUP_FREE char *group = alloc_text(api, slash ? (size_t)(slash - api) : 0);

	if ((slash && !kube_is_name(group)) || !kube_is_name(slash ? slash + 1 : api) ||
	    !kube_is_name(plural) || (namespace && !kube_is_name(namespace)) ||
	    (name && !kube_is_name(name)))
		return NULL;
	return alloc_format("%s/%s%s%s/%s%s%s", slash ? "/apis" : "/api", api,
			    namespace ? "/namespaces/" : "", namespace ? namespace : "", plural,
			    name ? "/" : "", name ? name : "");
}

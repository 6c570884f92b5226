/*
 * The JSON Patch of an Application. Knows JSON Pointer and where the values stand in an
 * Application; must not know how a patch is sent, nor why it is wanted.
 */
#include "patch.h"

#include <stdio.h>
#include <string.h>

#include "../bus/json.h"
#include "../bus/message.h"

/* A JSON Pointer segment: ~ and / are escaped (RFC 6901). */
static bool
add_segment(struct buf *path, const char *name)
{
	bool ok = buf_append_char(path, '/');

	for (; ok && *name; name++) {
		if (*name == '~')
			ok = buf_append_string(path, "~0");
		else if (*name == '/')
			ok = buf_append_string(path, "~1");
		else
			ok = buf_append_char(path, *name);
	}
	return ok;
}

/* value NULL: null, which as a test means that nothing is there. */
static bool
add_operation(struct buf *out, const char *op, const struct buf *path, const char *value)
{
	bool is_first = out->data[out->len - 1] == '[';

	return buf_printf(out, "%s{\"op\":\"%s\",\"path\":", is_first ? "" : ",", op) &&
	       json_quote_go(out, path->data, path->len) && buf_append_string(out, ",\"value\":") &&
	       (value ? json_quote_go(out, value, strlen(value)) :
			buf_append_string(out, "null")) &&
	       buf_append_char(out, '}');
}

/* An operation on a member of metadata (annotation NULL) or on an annotation. */
static bool
add_metadata_test(struct buf *out, const char *name, const char *annotation, const char *value)
{
	CLEANUP_BUF struct buf path = BUF_INIT(512);

	return buf_append_string(&path, "/metadata") && add_segment(&path, name) &&
	       (!annotation || add_segment(&path, annotation)) &&
	       add_operation(out, "test", &path, value);
}

static bool
add_source_operation(struct buf *out, const char *op, int source, const char *name,
		     const char *value)
{
	CLEANUP_BUF struct buf path = BUF_INIT(512);
	bool ok = source < 0 ? buf_append_string(&path, "/spec/source") :
			       buf_printf(&path, "/spec/sources/%d", source);

	return ok && add_segment(&path, name) && add_operation(out, op, &path, value);
}

bool
patch_build(const struct patch_change *change, struct buf *out)
{
	bool is_absent = !*change->from && !change->from_is_empty;
	int source = change->source;

	return buf_append_char(out, '[') && add_metadata_test(out, "uid", NULL, change->uid) &&
	       add_metadata_test(out, "annotations", PATCH_CONSTRAINT_ANNOTATION,
				 change->constraint) &&
	       add_source_operation(out, "test", source, "repoURL", change->repo_url) &&
	       add_source_operation(out, "test", source, "chart", change->chart) &&
	       add_source_operation(out, "test", source, "targetRevision",
				    is_absent ? NULL : change->from) &&
	       add_source_operation(out, is_absent ? "add" : "replace", source, "targetRevision",
				    change->to) &&
	       buf_append_char(out, ']');
}

/* object.first.second, owned; invalid when anything on the way is absent. */
static jv
get_two(jv object, const char *first, const char *second)
{
	jv middle = message_get(object, first);
	jv inner = message_get(middle, second);

	jv_free(middle);
	return inner;
}

static jv
get_source(jv object, int index)
{
	jv sources, source;

	if (index < 0)
		return get_two(object, "spec", "source");
	sources = get_two(object, "spec", "sources");
	if (jv_get_kind(sources) != JV_KIND_ARRAY) {
		jv_free(sources);
		return jv_invalid();
	}
	source = jv_array_get(sources, index);
	return source;
}

static bool
is_text(jv object, const char *name, const char *want)
{
	const char *have = message_string(object, name);

	return have && strcmp(have, want) == 0;
}

static bool
has_member(jv object, const char *name)
{
	jv value = message_get(object, name);
	bool is_there = jv_is_valid(value);

	jv_free(value);
	return is_there;
}

static bool
is_same_object(const struct patch_change *change, jv object)
{
	jv metadata = message_get(object, "metadata");
	bool same = is_text(metadata, "uid", change->uid);

	jv_free(metadata);
	return same;
}

static bool
is_same_constraint(const struct patch_change *change, jv object)
{
	jv annotations = get_two(object, "metadata", "annotations");
	bool same = is_text(annotations, PATCH_CONSTRAINT_ANNOTATION, change->constraint);

	jv_free(annotations);
	return same;
}

static enum patch_verdict
overtaken(char *reason, size_t reason_size, const char *text)
{
	snprintf(reason, reason_size, "%s", text);
	return PATCH_OVERTAKEN;
}

static enum patch_verdict
judge_source(const struct patch_change *change, jv source, char *reason, size_t reason_size)
{
	if (!is_text(source, "repoURL", change->repo_url) ||
	    !is_text(source, "chart", change->chart))
		return overtaken(reason, reason_size,
				 "the source has another repository or chart by now");
	if (is_text(source, "targetRevision", change->to))
		return PATCH_DONE;
	if (!is_text(source, "targetRevision", change->from) &&
	    (*change->from || has_member(source, "targetRevision")))
		return overtaken(reason, reason_size,
				 "targetRevision was changed by somebody else");
	return PATCH_APPLIES;
}

enum patch_verdict
patch_judge(const struct patch_change *change, jv object, char *reason, size_t reason_size)
{
	enum patch_verdict verdict;
	jv source;

	if (!is_same_object(change, object))
		return overtaken(reason, reason_size,
				 "the Application was deleted and created anew");
	if (!is_same_constraint(change, object))
		return overtaken(reason, reason_size,
				 "the constraint was changed after the decision");
	source = get_source(object, change->source);
	verdict = judge_source(change, source, reason, reason_size);
	jv_free(source);
	return verdict;
}

bool
patch_has_revision(const struct patch_change *change, jv object)
{
	jv source = get_source(object, change->source);
	bool is_there = has_member(source, "targetRevision");

	jv_free(source);
	return is_there;
}

static bool
is_revision_byte(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+')
		return true;
	return !first && (c == '.' || c == '-');
}

bool
patch_is_revision(const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if (i == 128 || !is_revision_byte(text[i], i == 0))
			return false;
	return i > 0;
}

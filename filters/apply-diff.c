/* See apply-diff.h. */
#include "apply-diff.h"

#include <string.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/message.h"
#include "apply-intent.h"

#define ENTRIES_MAX 200
#define TEXT_MAX 4096
#define PATH_BYTES_MAX ((size_t)4096)
#define WHOLE_MAX ((size_t)16 << 20)
#define SECRET_TEXT "(secret)"

struct diff {
	jv entries;
	struct buf path;
	bool is_secret; /* what stands in the object now looked at */
};

static void compare(struct diff *diff, jv from, jv to);

/* --- texts --- */

/* No half of a character. */
static size_t
cut_length(const char *text, size_t len)
{
	if (len <= TEXT_MAX)
		return len;
	len = TEXT_MAX;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static jv
cut(const char *text, size_t len)
{
	CLEANUP_BUF struct buf out = BUF_INIT(TEXT_MAX + 16);
	size_t kept = cut_length(text, len);

	buf_append(&out, text, kept);
	if (kept < len)
		buf_append_string(&out, "...");
	return jv_string_sized(buf_string(&out), (int)out.len);
}

static jv
text_of(const struct diff *diff, jv value)
{
	CLEANUP_BUF struct buf text = BUF_INIT(WHOLE_MAX);

	if (diff->is_secret)
		return jv_string(SECRET_TEXT);
	if (jv_get_kind(value) == JV_KIND_STRING)
		return cut(jv_string_value(value), (size_t)jv_string_length_bytes(jv_copy(value)));
	message_dump(value, &text);
	return cut(buf_string(&text), text.len);
}

static void
add_entry(struct diff *diff, jv from, jv to)
{
	jv entry = jv_object_set(jv_object(), jv_string("path"),
				 jv_string_sized(buf_string(&diff->path), (int)diff->path.len));

	if (jv_array_length(jv_copy(diff->entries)) >= ENTRIES_MAX) {
		jv_free(entry);
		return;
	}
	if (jv_is_valid(from))
		entry = jv_object_set(entry, jv_string("from"), text_of(diff, from));
	if (jv_is_valid(to))
		entry = jv_object_set(entry, jv_string("to"), text_of(diff, to));
	diff->entries = jv_array_append(diff->entries, entry);
}

static void
add_name(struct buf *path, const char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t len = strlen(name);

	if (len > 0 && strspn(name, plain) == len && strspn(name, "0123456789") == 0)
		buf_printf(path, ".%s", name);
	else
		buf_printf(path, "[\"%s\"]", name);
}

/* --- values --- */

static void
compare_member(struct diff *diff, const char *name, jv from, jv to)
{
	size_t before = diff->path.len;

	add_name(&diff->path, name);
	compare(diff, from, to);
	diff->path.len = before;
	if (diff->path.data)
		diff->path.data[before] = '\0';
}

static jv
member_of(jv object, jv name)
{
	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return jv_invalid();
	return jv_object_get(jv_copy(object), jv_copy(name));
}

/* One of the two may be absent: then each of its members is. */
static void
compare_objects(struct diff *diff, jv from, jv to)
{
	jv both = jv_object();
	jv names;

	if (jv_get_kind(from) == JV_KIND_OBJECT)
		both = jv_object_merge(both, jv_copy(from));
	if (jv_get_kind(to) == JV_KIND_OBJECT)
		both = jv_object_merge(both, jv_copy(to));
	names = jv_keys(both);
	jv_array_foreach(names, i, name)
	{
		jv old = member_of(from, name), new = member_of(to, name);

		compare_member(diff, jv_string_value(name), old, new);
		jv_free(old);
		jv_free(new);
		jv_free(name);
	}
	jv_free(names);
}

static void
compare_arrays(struct diff *diff, jv from, jv to)
{
	size_t before = diff->path.len;

	jv_array_foreach(to, i, new)
	{
		jv old = jv_array_get(jv_copy(from), i);

		buf_printf(&diff->path, "[%d]", i);
		compare(diff, old, new);
		diff->path.len = before;
		jv_free(old);
		jv_free(new);
	}
}

/* Is there more to say than that the one became the other? */
static bool
are_opened(jv from, jv to)
{
	jv_kind old = jv_get_kind(from), new = jv_get_kind(to);

	if (old == JV_KIND_OBJECT && new == JV_KIND_OBJECT)
		return true;
	if (old == JV_KIND_OBJECT && !jv_is_valid(to))
		return jv_object_length(jv_copy(from)) > 0;
	return new == JV_KIND_OBJECT && !jv_is_valid(from) && jv_object_length(jv_copy(to)) > 0;
}

static bool
are_same_length(jv from, jv to)
{
	return jv_get_kind(from) == JV_KIND_ARRAY && jv_get_kind(to) == JV_KIND_ARRAY &&
	       jv_array_length(jv_copy(from)) == jv_array_length(jv_copy(to));
}

static void
compare(struct diff *diff, jv from, jv to)
{
	if (jv_is_valid(from) && jv_is_valid(to) && jv_equal(jv_copy(from), jv_copy(to)))
		return;
	if (are_opened(from, to))
		compare_objects(diff, from, to);
	else if (are_same_length(from, to))
		compare_arrays(diff, from, to);
	else
		add_entry(diff, from, to);
}

/* --- objects --- */

/* The text of a Secret that kubectl applied stands in an annotation of it, too. */
static jv
without_own_marks(jv metadata, bool is_secret)
{
	static const char *const names[] = { "managedFields",
					     "resourceVersion",
					     "generation",
					     "creationTimestamp",
					     "uid",
					     "selfLink",
					     "deletionTimestamp",
					     "deletionGracePeriodSeconds" };
	static const char last_applied[] = "kubectl.kubernetes.io/last-applied-configuration";
	jv annotations = message_get(metadata, "annotations");

	for (size_t i = 0; i < ALLOC_COUNT(names); i++)
		metadata = jv_object_delete(metadata, jv_string(names[i]));
	if (is_secret && jv_get_kind(annotations) == JV_KIND_OBJECT)
		metadata = jv_object_set(metadata, jv_string("annotations"),
					 jv_object_delete(jv_copy(annotations),
							  jv_string(last_applied)));
	jv_free(annotations);
	return metadata;
}

static bool
is_public(const char *name)
{
	static const char *const names[] = { "apiVersion", "kind", "metadata", "type",
					     "immutable" };

	for (size_t i = 0; i < ALLOC_COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
compare_metadata(struct diff *diff, jv from, jv to, bool is_secret)
{
	jv old = message_get(from, "metadata"), new = message_get(to, "metadata");

	if (jv_get_kind(old) == JV_KIND_OBJECT)
		old = without_own_marks(old, is_secret);
	if (jv_get_kind(new) == JV_KIND_OBJECT)
		new = without_own_marks(new, is_secret);
	compare_member(diff, "metadata", old, new);
	jv_free(old);
	jv_free(new);
}

/* What names the object, and nothing else of it. */
static jv
nameplate(jv object)
{
	static const char *const names[] = { "apiVersion", "kind", NULL };
	static const char *const metadata_names[] = { "name", "namespace", NULL };
	jv metadata = message_get(object, "metadata");
	jv plate = message_copy_members(jv_object(), object, names);
	jv plate_metadata = message_copy_members(jv_object(), metadata, metadata_names);

	jv_free(metadata);
	return jv_object_set(plate, jv_string("metadata"), plate_metadata);
}

jv
apply_diff(jv object, jv to)
{
	struct diff diff = { .entries = jv_array(), .path = BUF_INIT(PATH_BYTES_MAX) };
	jv from = jv_get_kind(object) == JV_KIND_OBJECT ? jv_copy(object) : nameplate(to);
	bool is_secret = apply_is_secret(to) || apply_is_secret(from);
	jv names = jv_keys(jv_object_merge(jv_copy(from), jv_copy(to)));

	jv_array_foreach(names, i, name)
	{
		const char *text = jv_string_value(name);
		jv old = member_of(from, name), new = member_of(to, name);

		diff.is_secret = is_secret && !is_public(text);
		if (strcmp(text, "metadata") == 0)
			compare_metadata(&diff, from, to, is_secret);
		else
			compare_member(&diff, text, old, new);
		jv_free(old);
		jv_free(new);
		jv_free(name);
	}
	jv_free(names);
	jv_free(from);
	buf_fini(&diff.path);
	return diff.entries;
}

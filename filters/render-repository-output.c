/*
 * What was asked for, by whom, and what nobody asks for any more. Knows messages and keys, and no
 * reason for either.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "render-repository-priv.h"
#include "repository-secret.h"

static void
free_output(void *value)
{
	struct output *output = value;

	jv_free(output->reference);
	free(output);
}

void
outputs_init(struct render_repository *self)
{
	self->rendered = rendered_new(self->filter);
	self->outputs = table_new(free_output);
}

void
outputs_fini(struct render_repository *self)
{
	table_free(self->outputs);
	rendered_free(self->rendered);
}

/* --- keys --- */

/* The key of an APPLY of this object; borrows it. False: it has none. */
static bool
key_of(jv object, struct buf *key)
{
	jv message =
		jv_object_set(message_new(MESSAGE_APPLY), jv_string("object"), jv_copy(object));
	struct buf text = BUF_INIT(FRAME_MAX);
	struct message opened;
	bool found = false;

	if (message_dump(message, &text) &&
	    message_open(&opened, buf_string(&text), text.len, NULL) == 0) {
		found = message_key(&opened, key);
		message_close(&opened);
	}
	jv_free(message);
	buf_wipe(&text);
	buf_fini(&text);
	return found;
}

static jv
add_text(jv object, const char *name, const char *text)
{
	return jv_object_set(object, jv_string(name), jv_string(text));
}

/* What names an object, and no more of it; borrows it. */
static jv
reference_of(jv object)
{
	static const char *const names[] = { "apiVersion", "kind", NULL };
	static const char *const metadata_names[] = { "namespace", "name", NULL };
	jv metadata = message_get(object, "metadata");
	jv reference = message_copy_members(jv_object(), object, names);

	reference = jv_object_set(reference, jv_string("metadata"),
				  message_copy_members(jv_object(), metadata, metadata_names));
	jv_free(metadata);
	return reference;
}

static jv
secret_reference(const struct render_repository *self, const char *name)
{
	jv metadata = add_text(jv_object(), "namespace", self->namespace);

	return jv_object_set(add_text(add_text(jv_object(), "apiVersion", "v1"), "kind", "Secret"),
			     jv_string("metadata"), add_text(metadata, "name", name));
}

static struct output *
find_secret(const struct render_repository *self, const char *name)
{
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	jv reference = secret_reference(self, name);
	struct output *output = key_of(reference, &key)
					? table_get(self->outputs, key.data, key.len)
					: NULL;

	jv_free(reference);
	return output;
}

struct entry *
output_wants(const struct render_repository *self, const char *secret_name)
{
	const struct output *output = find_secret(self, secret_name);

	return output != NULL ? output->entry : NULL;
}

/* --- forgetting --- */

void
output_forget_secret(struct render_repository *self, const char *secret_name)
{
	jv reference = secret_reference(self, secret_name);

	rendered_forget(self->rendered, reference, NULL);
	jv_free(reference);
}

void
output_forget_status(struct render_repository *self, const struct werf_source *source)
{
	jv reference = werf_source_reference(source);

	rendered_forget(self->rendered, reference, "status");
	jv_free(reference);
}

/* --- asking --- */

/* The entry asks for it from now on, whoever did before. Takes reference. */
static void
own(struct render_repository *self, struct entry *entry, const struct buf *key, jv reference)
{
	struct output *output = table_get(self->outputs, key->data, key->len);

	if (output == NULL) {
		output = alloc_zero(1, sizeof(*output));
		output->reference = jv_invalid();
		table_put(self->outputs, key->data, key->len, output);
	} else if (output->entry != entry) {
		table_remove(output->entry->outputs, key->data, key->len);
	}
	jv_free(output->reference);
	output->reference = reference;
	output->entry = entry;
	output->is_fresh = true;
	table_put(entry->outputs, key->data, key->len, output);
}

/* Is the Secret that is being looked at this object, and not as this says? Borrows object. */
static bool
has_drifted(const struct render_repository *self, jv object, const struct live *live)
{
	jv reference, wanted;
	bool is_it;

	if (live == NULL)
		return false;
	reference = secret_reference(self, live->name);
	wanted = reference_of(object);
	is_it = jv_equal(reference, wanted);
	return is_it && (!jv_is_valid(live->object) ||
			 repository_secret_differs(object, live->object));
}

/* Takes message, whose object is one, and gives it with the object as it is read back. */
static jv
settle_message(jv message)
{
	jv object = message_get(message, "object");

	message = jv_object_delete(message, jv_string("object")); /* no copy of the whole */
	return jv_object_set(message, jv_string("object"), repository_secret_settle(object));
}

int
output_emit(struct render_repository *self, struct entry *entry, jv message,
	    const struct live *live, struct error *err)
{
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	jv object;
	bool is_tracked;
	int status;

	if (jv_get_kind(message) != JV_KIND_OBJECT)
		return rendered_emit(self->rendered, message, err);
	message = settle_message(message);
	object = message_get(message, "object");
	is_tracked = message_string(message, "type") != NULL &&
		     strcmp(message_string(message, "type"), "APPLY") == 0 &&
		     message_string(message, "subresource") == NULL &&
		     jv_get_kind(object) == JV_KIND_OBJECT && key_of(object, &key);
	if (is_tracked && has_drifted(self, object, live))
		rendered_forget(self->rendered, object, NULL);
	status = rendered_emit(self->rendered, message, err);
	if (status == 0 && is_tracked)
		own(self, entry, &key, reference_of(object));
	jv_free(object);
	return status;
}

void
output_status(struct render_repository *self, jv message)
{
	struct error err;

	if (rendered_emit(self->rendered, message, &err) != 0)
		filter_error(self->filter, jv_invalid(), &err);
}

/* --- taking back --- */

/* Takes reference. */
static void
emit_prune(struct render_repository *self, jv reference)
{
	jv metadata = message_get(reference, "metadata");
	const char *name = message_string(metadata, "name");
	jv secret = secret_reference(self, name);
	struct error err;
	const char *uid = NULL;

	if (jv_equal(secret, jv_copy(reference)))
		uid = table_get(self->owned, name, strlen(name));
	if (uid != NULL && uid[0] != '\0')
		reference = jv_object_set(reference, jv_string("metadata"),
					  add_text(jv_copy(metadata), "uid", uid));
	if (rendered_emit(self->rendered,
			  jv_object_set(message_new(MESSAGE_PRUNE), jv_string("object"), reference),
			  &err) != 0)
		filter_error(self->filter, jv_invalid(), &err);
	jv_free(metadata);
}

void
output_settle(struct render_repository *self, struct entry *entry, bool is_whole)
{
	size_t cursor = 0, len;
	const char *key;
	void *value;

	while (table_next(entry->outputs, &cursor, &key, &len, &value)) {
		struct output *output = value;

		if (output->is_fresh || !is_whole) {
			output->is_fresh = false;
			continue;
		}
		emit_prune(self, jv_copy(output->reference));
		table_remove(self->outputs, key, len);
		table_remove(entry->outputs, key, len);
	}
}

void
output_prune(struct render_repository *self, const char *source_name)
{
	CLEANUP_FREE char *name = repository_secret_name(source_name);

	if (source_name[0] != '\0' && output_wants(self, name) == NULL)
		emit_prune(self, secret_reference(self, name));
}

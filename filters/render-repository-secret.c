/*
 * Secrets that come and go: pull secrets, for those who name them, and the repository Secrets that
 * weir owns, which are compared with what they were told to be. Knows no WerfSource's fields.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "render-repository-priv.h"
#include "repository-secret.h"

static void
judge_naming(struct render_repository *self, const char *secret)
{
	const struct table *those = entries_by_pull_secret(self, secret);
	size_t cursor = 0;
	void *entry;

	while (those != NULL && table_next(those, &cursor, NULL, NULL, &entry))
		judge(self, entry, NULL);
}

/* The sources by whose name a Secret of this name is called; NULL: none, or it is not ours. */
static struct entry *
namesake(const struct render_repository *self, const char *secret)
{
	size_t len = strlen(REPOSITORY_SECRET_PREFIX);

	return strncmp(secret, REPOSITORY_SECRET_PREFIX, len) == 0 ? entry_named(self, secret + len)
								  : NULL;
}

/* Is it this shard's, whose source is not there? */
static bool
takes(const struct render_repository *self, const char *source_name)
{
	CLEANUP_BUF struct buf key = BUF_INIT(1024);
	static const char start[] = "o\0deckhouse.io\0WerfSource\0"; /* and the NUL at its end */

	buf_append(&key, start, sizeof(start));
	buf_append_string(&key, source_name);
	return filter_takes(self->filter, key.data, key.len);
}

/* Nobody asks for this Secret, which weir owns. Its source may say more: that it is to go, or that
 * it is broken, and the Secret stays. */
static void
prune_unwanted(struct render_repository *self, const char *name)
{
	size_t len = strlen(REPOSITORY_SECRET_PREFIX);
	struct entry *entry = namesake(self, name);

	if (strncmp(name, REPOSITORY_SECRET_PREFIX, len) != 0)
		return;
	if (entry == NULL && self->is_proven && takes(self, name + len))
		output_prune(self, name + len);
	for (; entry != NULL; entry = entry->same_name)
		judge(self, entry, NULL);
}

void
secrets_prune(struct render_repository *self)
{
	size_t cursor = 0;
	const char *name;
	size_t len;
	void *uid;

	while (table_next(self->owned, &cursor, &name, &len, &uid))
		if (output_wants(self, name) == NULL && namesake(self, name) == NULL)
			prune_unwanted(self, name);
}

/* --- ours --- */

/* Text of metadata.uid, owned by the caller. */
static char *
uid_of(struct json_slice object)
{
	CLEANUP_BUF struct buf uid = BUF_INIT(256);
	struct json_slice value = json_member(json_member(object, "metadata"), "uid");

	if (value.text != NULL && !json_string(value, &uid))
		buf_clear(&uid);
	return alloc_string(buf_string(&uid));
}

static void
note_owner(struct render_repository *self, const char *name, struct json_slice object)
{
	if (repository_secret_is_owned(object))
		table_put(self->owned, name, strlen(name), uid_of(object));
	else
		table_remove(self->owned, name, strlen(name));
}

static void
compare(struct render_repository *self, const char *name, struct message *message)
{
	jv object = message_get(message_body(message), "object");
	struct live live = { .name = name, .object = object };

	judge(self, output_wants(self, name), &live);
	jv_free(object);
}

void
secret_put(struct render_repository *self, const char *name, struct message *message)
{
	struct json_slice object = message_member(message, "object");

	note_owner(self, name, object);
	if (pull_secrets_put(self->pull_secrets, name, object))
		judge_naming(self, name);
	if (!self->is_complete)
		return;
	if (output_wants(self, name) != NULL) {
		compare(self, name, message);
	} else if (table_get(self->owned, name, strlen(name)) != NULL) {
		output_forget_secret(self, name);
		prune_unwanted(self, name);
	}
}

void
secret_drop(struct render_repository *self, const char *name)
{
	struct live live = { .name = name, .object = jv_invalid() };
	struct entry *entry;

	table_remove(self->owned, name, strlen(name));
	if (pull_secrets_drop(self->pull_secrets, name))
		judge_naming(self, name);
	if (!self->is_complete)
		return;
	entry = output_wants(self, name);
	if (entry != NULL) {
		judge(self, entry, &live);
	} else {
		output_forget_secret(self, name);
		for (entry = namesake(self, name); entry != NULL; entry = entry->same_name)
			judge(self, entry, NULL);
	}
}

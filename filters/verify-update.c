/* An UPDATE as bytes: what verify needs of it, and the message that takes its place. What
 * verify does not know of it is passed on as it came. */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "decision.h"
#include "semver.h"
#include "verify-priv.h"

#define VERSION_MAX ((size_t)256)
#define VERSIONS_MAX 1000

/* --- reading --- */

/* A text, which decision_check has accepted. */
static char *
text_of(struct json_slice value)
{
	struct buf text = BUF_INIT(FRAME_MAX);
	char *copy;

	json_string(value, &text);
	copy = alloc_string(buf_string(&text));
	buf_fini(&text);
	return copy;
}

static int
add_version(struct update *update, struct json_slice value, struct error *err)
{
	if (value.len > VERSION_MAX)
		return error_set(err, ERROR_INPUT, 0,
				 "the member %s holds what is too long for a version",
				 update->count == 0 ? "to" : "candidates");
	update->versions = alloc_grow(update->versions, update->count + 1, sizeof(char *));
	update->versions[update->count++] = text_of(value);
	return 0;
}

static int
read_versions(struct update *update, const struct message *message, struct error *err)
{
	struct json_slice list = message_member(message, "candidates"), value;
	size_t cursor = 0;

	if (add_version(update, message_member(message, "to"), err) != 0)
		return -1;
	while (update->count < VERSIONS_MAX && json_next(list, &cursor, NULL, &value))
		if (add_version(update, value, err) != 0)
			return -1;
	return 0;
}

static int
read_reference(struct update *update, const struct message *message, struct error *err)
{
	struct json_slice credential = message_member(message, "credential");
	char *repository = text_of(message_member(message, "repository"));
	int status = reference_parse(&update->reference, repository, err);

	free(repository);
	if (status != 0)
		return error_prepend(err, "the member repository is not valid");
	if (credential.text != NULL)
		update->credential = text_of(credential);
	return 0;
}

static int
read_members(struct update *update, const struct message *message, struct error *err)
{
	struct json_slice application = message_member(message, "application");

	if (decision_check(message, err) != 0)
		return -1;
	update->from = text_of(message_member(message, "from"));
	update->namespace = text_of(json_member(application, "namespace"));
	if (read_reference(update, message, err) != 0)
		return -1;
	return read_versions(update, message, err);
}

int
update_read(struct update *update, const struct message *message, struct error *err)
{
	*update = (struct update){ .len = message->len };
	update->text = alloc_text(message->text, message->len);
	if (read_members(update, message, err) != 0)
		return error_prepend(err, "an UPDATE was skipped");
	return 0;
}

void
update_fini(struct update *update)
{
	size_t i;

	for (i = 0; i < update->count; i++)
		free(update->versions[i]);
	free(update->versions);
	reference_fini(&update->reference);
	free(update->credential);
	free(update->namespace);
	free(update->from);
	free(update->text);
}

bool
update_is_backwards(const struct update *update, size_t i)
{
	const char *to = update->versions[0], *version = update->versions[i];
	struct semver a, b, c;

	return i > 0 && semver_parse(&a, update->from, strlen(update->from)) != 0 &&
	       semver_parse(&b, to, strlen(to)) != 0 &&
	       semver_parse(&c, version, strlen(version)) != 0 && semver_compare(&b, &a) > 0 &&
	       semver_compare(&c, &a) <= 0;
}

/* --- writing --- */

static bool
add_string(struct buf *out, const char *before, const char *text)
{
	return buf_append_string(out, before) && json_quote(out, text, strlen(text));
}

static bool
is_named(struct json_slice name, const char *text)
{
	return name.len == strlen(text) && memcmp(name.text, text, name.len) == 0;
}

/* ,"name":value as they came. */
static bool
add_member(struct buf *out, struct json_slice name, struct json_slice value)
{
	return buf_append_string(out, ",\"") && buf_append(out, name.text, name.len) &&
	       buf_append_string(out, "\":") && buf_append(out, value.text, value.len);
}

static bool
add_candidates(const struct update *update, size_t from, struct buf *out)
{
	size_t i;

	if (from >= update->count)
		return true;
	buf_append_string(out, ",\"candidates\":[");
	for (i = from; i < update->count; i++)
		add_string(out, i > from ? "," : "", update->versions[i]);
	return buf_append_char(out, ']');
}

/* A trace that is no text has been ignored so far: it ends here. */
static bool
is_kept(struct json_slice name, struct json_slice value)
{
	if (is_named(name, "trace"))
		return json_is_string(value);
	return !is_named(name, "type") && !is_named(name, "candidates") &&
	       !is_named(name, "digest");
}

bool
update_write(const struct update *update, size_t i, const char *digest, struct buf *out)
{
	struct json_slice whole = { update->text, update->len }, name, value;
	size_t cursor = 0;

	buf_append_string(out, "{\"type\":\"UPDATE\"");
	while (json_next(whole, &cursor, &name, &value)) {
		if (is_named(name, "to")) {
			add_string(out, ",\"to\":", update->versions[i]);
			add_candidates(update, i + 1, out);
			add_string(out, ",\"digest\":", digest);
		} else if (is_kept(name, value)) {
			add_member(out, name, value);
		}
	}
	return buf_append_char(out, '}') && !out->overflowed;
}

bool
update_write_hold(const struct update *update, const char *reason, struct buf *out)
{
	static const char *const kept[] = { "trace", "application", "source", "repository",
					    "repoURL", "chart", "constraint", "from",
					    "origin", "considered" };
	static const struct json_slice current = { "current", 7 };
	struct json_slice whole = { update->text, update->len }, name, value;
	size_t i;

	buf_append_string(out, "{\"type\":\"HOLD\"");
	for (i = 0; i < ALLOC_COUNT(kept); i++) {
		value = json_member(whole, kept[i]);
		name = (struct json_slice){ kept[i], strlen(kept[i]) };
		if (is_named(name, "from"))
			add_member(out, current, value);
		else if (value.text != NULL && is_kept(name, value))
			add_member(out, name, value);
		if (is_named(name, "from"))
			add_string(out, ",\"reason\":", reason);
	}
	return buf_append_char(out, '}') && !out->overflowed;
}

jv
update_about(const struct update *update)
{
	return decision_about(update->text, update->len);
}

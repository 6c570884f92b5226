/*
 * render-repository: WerfSources and their pull secrets in; out the Secrets by which Argo CD knows
 * the repositories, what is to be pruned, and the status of each source. Secrets end here: no event
 * of one is passed on. Touches nothing: `apply` does.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "render-repository-priv.h"
#include "repository-secret.h"

JQ_PROGRAM_EMBED(render_repository_jq, "filters/render-repository.jq");

/* --- events --- */

static void
note_list(struct lists *lists, const struct message *message)
{
	bool is_traced = message->trace.text != NULL;

	lists->have_traced |= is_traced;
	lists->have_untraced |= !is_traced;
	lists->have_filed |= message_member(message, "origin").text != NULL;
}

static void
on_source(struct render_repository *self, struct message *message)
{
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	struct json_slice object = message_member(message, "object");
	struct werf_source nameless;
	struct error err;

	note_list(&self->lists, message);
	if (message_key(message, &key)) {
		if (message->type == MESSAGE_DELETED)
			entry_drop(self, key.data, key.len);
		else
			entry_put(self, key.data, key.len, object);
		return;
	}
	if (werf_source_read(&nameless, object, &err) != 0)
		filter_error(self->filter, jv_invalid(), &err);
	werf_source_fini(&nameless);
}

/* A member of metadata; owned by the caller, "" when it is no text. */
static char *
metadata_text(struct json_slice object, const char *name)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1024);
	struct json_slice value = json_member(json_member(object, "metadata"), name);

	if (value.text == NULL || !json_string(value, &text))
		buf_clear(&text);
	return alloc_string(buf_string(&text));
}

/* An event from a file may end with no more than its key. */
static void
note_file(struct render_repository *self, struct message *message, const char *name)
{
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);

	if (message_member(message, "origin").text == NULL || !message_key(message, &key))
		return;
	if (message->type == MESSAGE_DELETED)
		table_remove(self->secret_names, key.data, key.len);
	else
		table_put(self->secret_names, key.data, key.len, alloc_string(name));
}

static void
on_secret(struct render_repository *self, struct message *message)
{
	struct json_slice object = message_member(message, "object");
	CLEANUP_FREE char *name = metadata_text(object, "name");
	CLEANUP_FREE char *namespace = metadata_text(object, "namespace");
	bool is_from_file = message_member(message, "origin").text != NULL;

	if (name[0] == '\0' ||
	    (strcmp(namespace, self->namespace) != 0 && !(is_from_file && namespace[0] == '\0')))
		return;
	note_file(self, message, name);
	if (message->type == MESSAGE_DELETED)
		secret_drop(self, name);
	else
		secret_put(self, name, message);
}

/* --- first lists --- */

/* What has no source now has none. */
static bool
have_all_sources(const struct lists *lists)
{
	return lists->have_sources || (lists->have_files && lists->have_filed) ||
	       (lists->have_ended && lists->have_untraced && !lists->have_traced);
}

static void
look_at_lists(struct render_repository *self)
{
	const struct lists *lists = &self->lists;
	bool are_all = have_all_sources(lists);

	if (!self->is_complete && lists->are_complete &&
	    (are_all || !lists->have_bookmark || lists->have_ended)) {
		self->is_complete = true;
		judge_all(self);
	}
	if (self->is_complete && !self->is_proven && lists->are_proven && are_all) {
		self->is_proven = true;
		secrets_prune(self);
	}
}

static void
on_bookmark(struct render_repository *self, struct message *message)
{
	struct json_slice object = message_member(message, "object");
	struct json_slice notes = json_member(json_member(object, "metadata"), "annotations");
	bool is_folder = json_string_is(json_member(object, "kind"), "List");

	if (!json_string_is(json_member(notes, "k8s.io/initial-events-end"), "true"))
		return;
	self->lists.have_bookmark = true;
	self->lists.have_files |= is_folder;
	self->lists.have_sources |= werf_source_is(object);
	if (is_folder || repository_secret_is_secret(object)) {
		self->lists.have_secrets = true;
		judge_soon(self);
	}
}

static void
on_message(void *arg, struct message *message)
{
	struct render_repository *self = arg;
	struct json_slice object = message_member(message, "object");
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);

	if (!repository_secret_is_secret(object) &&
	    (!message_key(message, &key) || filter_takes(self->filter, key.data, key.len)))
		filter_pass(self->filter, message);
	if (message->type == MESSAGE_BOOKMARK)
		on_bookmark(self, message);
	else if (repository_secret_is_secret(object))
		on_secret(self, message);
	else if (werf_source_is(object))
		on_source(self, message);
	else
		return;
	look_at_lists(self);
}

static void
on_gone(void *arg, const char *key, size_t len)
{
	struct render_repository *self = arg;
	const char *parts[5] = { "", "", "", "", "" };
	CLEANUP_FREE char *name = table_take(self->secret_names, key, len);

	if (name != NULL)
		secret_drop(self, name);
	else if (message_key_parts(key, len, parts, 5) == 5 && parts[0][0] == 'o' &&
		 parts[1][0] == '\0' && strcmp(parts[2], "Secret") == 0 &&
		 strcmp(parts[3], self->namespace) == 0)
		secret_drop(self, parts[4]);
	else
		entry_drop(self, key, len);
}

static void
on_complete(void *arg, bool proven)
{
	struct render_repository *self = arg;

	if (text_is_asked_for(self))
		return;
	self->lists.are_complete = true;
	self->lists.are_proven = proven;
	look_at_lists(self);
}

static void
report_broken_list(struct render_repository *self)
{
	struct error err;

	if (!self->lists.have_traced || have_all_sources(&self->lists))
		return;
	error_set(&err, ERROR_INPUT, 0,
		  "the input ended before the list of WerfSources was whole (no bookmark came): "
		  "Secrets of sources that were not seen are left as they are");
	filter_error(self->filter, jv_invalid(), &err);
}

static void
on_end(void *arg)
{
	struct render_repository *self = arg;

	if (self->text != NULL) {
		filter_print(self->filter, self->text, strlen(self->text));
		return;
	}
	self->lists.have_ended = true;
	look_at_lists(self);
	judge_waiting(self);
	report_broken_list(self);
}

/* --- its life --- */

static void
begin(struct render_repository *self)
{
	outputs_init(self);
	entries_init(self);
	self->pull_secrets = pull_secrets_new(self->namespace);
	self->owned = table_new(free);
	self->secret_names = table_new(free);
}

static void
on_close(void *arg)
{
	struct render_repository *self = arg;

	loop_timer_stop(filter_loop(self->filter), &self->patience);
	table_free(self->secret_names);
	table_free(self->owned);
	pull_secrets_free(self->pull_secrets);
	outputs_fini(self);
	if (self->entries != NULL)
		entries_fini(self);
	jq_program_free(self->program);
	alloc_free_secret(self->text);
}

/* A DNS label, as namespaces are called. */
static bool
is_namespace(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= 63 && text[0] != '-' && text[len - 1] != '-' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* Everything that may fail. */
static int
prepare(struct render_repository *self, struct error *err)
{
	const struct option_list *operands = filter_operands(self->filter);

	if (operands->count > 0)
		return error_set(err, ERROR_USAGE, 0, "there are no operands ('%s')",
				 operands->items[0]);
	if (!is_namespace(self->namespace))
		return error_set(err, ERROR_USAGE, 0, "--namespace: '%s' is no name of a namespace",
				 self->namespace);
	self->program = jq_program_new(self->program_file, render_repository_jq, err);
	if (self->program == NULL)
		return -1;
	if (!text_is_asked_for(self)) {
		begin(self);
		return 0;
	}
	filter_text(self->filter);
	filter_no_input(self->filter);
	return text_prepare(self, err);
}

int
main(int argc, char **argv)
{
	static const enum message_type consumes[] = { MESSAGE_ADDED, MESSAGE_MODIFIED,
						      MESSAGE_DELETED, MESSAGE_BOOKMARK,
						      MESSAGE_OTHER };
	static const struct filter_callbacks callbacks = { .on_message = on_message,
							   .on_gone = on_gone,
							   .on_complete = on_complete,
							   .on_end = on_end,
							   .on_close = on_close };
	struct render_repository self = { .namespace = "d8-delivery" };
	const struct option_row options[] = {
		{ .name = "namespace", .letter = 'n', .kind = OPTION_STRING, .arg = "NS",
		  .field = &self.namespace, .help = "of pull secrets and Argo CD (d8-delivery)" },
		{ .name = "program", .kind = OPTION_STRING, .arg = "FILE",
		  .field = &self.program_file, .help = "render with this jq program" },
		{ .name = "name", .kind = OPTION_STRING, .arg = "NAME", .field = &self.name,
		  .help = "print the Secret repo-NAME, and end" },
		{ .name = "url", .kind = OPTION_STRING, .arg = "URL", .field = &self.url,
		  .help = "with --name: host[:port]/path of the charts" },
		{ .name = "username", .kind = OPTION_STRING, .arg = "USER",
		  .field = &self.username, .help = "with --name and --password-stdin" },
		{ .name = "password-stdin", .kind = OPTION_FLAG, .field = &self.password_stdin,
		  .help = "with --name: read the password from standard input" },
		{ .name = "project", .kind = OPTION_STRING, .arg = "PROJECT",
		  .field = &self.project, .help = "with --name: only for this AppProject" },
		{ .name = "enable-oci", .kind = OPTION_FLAG, .field = &self.enable_oci,
		  .help = "add enableOCI to the Secret on stdin, print it, end" },
		{ .name = NULL },
	};
	const struct filter_program program = {
		.name = "render-repository",
		.synopsis = "[option ...]",
		.summary = "Makes Argo CD's repository Secrets from WerfSources.",
		.flags = FILTER_OWN_KEYS | FILTER_OWN_SHARD,
		.options = options,
		.consumes = consumes,
	};
	struct error err;

	self.filter = filter_open(&program, argc, argv);
	if (prepare(&self, &err) != 0) {
		on_close(&self);
		return filter_fail(self.filter, &err);
	}
	return filter_run(self.filter, &callbacks, &self);
}

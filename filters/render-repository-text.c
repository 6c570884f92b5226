/*
 * render-repository without messages: a repository Secret from options, or one that is there with
 * what it lacks. Prints manifests for kubectl apply. A password comes on standard input only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "manifest-print.h"
#include "manifest-read.h"
#include "render-repository-priv.h"
#include "repository-secret.h"

#define STDIN_MAX ((size_t)4 * 1024 * 1024)
#define PASSWORD_MAX ((size_t)64 * 1024)
#define PRINTED_MAX ((size_t)16 * 1024 * 1024)

static void
fini_secret(struct buf *buf)
{
	buf_wipe(buf);
	buf_fini(buf);
}

#define CLEANUP_SECRET __attribute__((cleanup(fini_secret)))

bool
text_is_asked_for(const struct render_repository *self)
{
	return self->enable_oci || self->name != NULL || self->url != NULL ||
	       self->username != NULL || self->project != NULL || self->password_stdin;
}

/* All room is there from the start: growing would leave copies behind. */
static int
read_stdin(struct buf *text, struct error *err)
{
	ssize_t got;
	char *room = buf_room(text, text->max);

	while (text->len < text->max) {
		got = read(STDIN_FILENO, room, text->max - text->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, "standard input");
		if (got == 0)
			return 0;
		buf_added(text, (size_t)got);
		room += got;
	}
	return error_set(err, ERROR_INPUT, 0, "standard input: is longer than %zu bytes",
			 text->max - 1);
}

/* --- a new one --- */

static int
check_options(const struct render_repository *self, struct error *err)
{
	if (self->name == NULL || self->url == NULL)
		return error_set(err, ERROR_USAGE, 0,
				 "--name and --url are both needed (--enable-oci is for a Secret "
				 "that is there already)");
	if (self->username != NULL && !self->password_stdin)
		return error_set(err, ERROR_USAGE, 0,
				 "--username needs --password-stdin: a password on the command "
				 "line could be read by others");
	if (self->username == NULL && self->password_stdin)
		return error_set(err, ERROR_USAGE, 0, "--password-stdin needs --username");
	if (self->username != NULL && self->username[0] == '\0')
		return error_set(err, ERROR_USAGE, 0, "--username is empty");
	return 0;
}

static int
read_password(struct credential *credential, struct error *err)
{
	CLEANUP_SECRET struct buf text = BUF_INIT(PASSWORD_MAX);

	if (read_stdin(&text, err) != 0)
		return -1;
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	if (text.len > 0 && text.data[text.len - 1] == '\r')
		text.len--;
	if (text.len == 0)
		return error_set(err, ERROR_INPUT, 0, "standard input: holds no password");
	if (memchr(text.data, '\0', text.len) != NULL || !json_is_utf8(text.data, text.len))
		return error_set(err, ERROR_INPUT, 0,
				 "standard input: the password is not UTF-8 text, and Argo CD "
				 "takes no other");
	credential->password = alloc_text(text.data, text.len);
	return 0;
}

static jv
add_text(jv object, const char *name, const char *text)
{
	return jv_object_set(object, jv_string(name), jv_string(text));
}

/* The WerfSource that would be written for it. */
static jv
source_object(const struct render_repository *self)
{
	jv spec = add_text(jv_object(), "imageRepo", self->url);
	jv object = add_text(jv_object(), "kind", "WerfSource");

	if (self->project != NULL)
		spec = jv_object_set(spec, jv_string("argocdRepo"),
				     add_text(jv_object(), "project", self->project));
	object = jv_object_set(object, jv_string("metadata"),
			       add_text(jv_object(), "name", self->name));
	return jv_object_set(object, jv_string("spec"), spec);
}

/* What is wrong with a field is wrong with an option here. */
static void
name_option(struct error *err)
{
	static const char *const fields[][2] = { { "metadata.name", "--name" },
						 { "spec.imageRepo", "--url" },
						 { "spec.argocdRepo.project", "--project" } };
	struct error original = *err;

	for (size_t i = 0; i < ALLOC_COUNT(fields); i++) {
		const char *at = strstr(original.text, fields[i][0]);

		if (at == NULL)
			continue;
		error_set(err, ERROR_USAGE, 0, "%s%s", fields[i][1], at + strlen(fields[i][0]));
		return;
	}
}

static int
read_options(const struct render_repository *self, struct werf_source *source, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(STDIN_MAX);
	struct json_slice object;
	jv value = source_object(self);
	int status;

	message_dump(value, &text);
	jv_free(value);
	object = (struct json_slice){ buf_string(&text), text.len };
	status = werf_source_read(source, object, err);
	if (status != 0)
		name_option(err);
	return status;
}

/* Takes message. */
static int
print_object(jv message, struct buf *out, struct error *err)
{
	jv object = jv_get_kind(message) == JV_KIND_OBJECT ? message_get(message, "object")
							   : jv_invalid();
	int status = 0;

	object = repository_secret_settle(object);
	if (out->len > 0)
		buf_append_string(out, "---\n");
	if (jv_get_kind(object) != JV_KIND_OBJECT)
		status = error_set(err, ERROR_INPUT, 0, "what the program gives has no object");
	else if (!manifest_print(object, out))
		status = error_set(err, ERROR_INPUT, 0, "what the program gives cannot be printed");
	jv_free(object);
	jv_free(message);
	return status;
}

static int
print_source(struct render_repository *self, const struct werf_source *source,
	     const struct credential *credential, struct buf *out, struct error *err)
{
	jv input = render_input(self, source, credential->user != NULL ? credential : NULL);
	jv results;
	int status = 0, count;

	if (jq_program_run(self->program, input, &results, err) != 0)
		return -1;
	count = jv_array_length(jv_copy(results));
	for (int i = 0; status == 0 && i < count; i++)
		status = print_object(jv_array_get(jv_copy(results), i), out, err);
	jv_free(results);
	return status;
}

static int
prepare_new(struct render_repository *self, struct buf *out, struct error *err)
{
	struct credential credential = { .user = NULL };
	struct werf_source source = { .name = NULL };
	int status;

	if (check_options(self, err) != 0)
		return -1;
	status = read_options(self, &source, err);
	if (status == 0 && self->username != NULL) {
		credential.user = alloc_string(self->username);
		status = read_password(&credential, err);
	}
	if (status == 0)
		status = print_source(self, &source, &credential, out, err);
	credential_fini(&credential);
	werf_source_fini(&source);
	return status;
}

/* --- one that is there --- */

struct found {
	size_t count;
	char *text; /* of the first one */
};

static void
on_object(void *arg, const struct manifest_object *object)
{
	struct found *found = arg;

	if (found->count++ == 0)
		found->text = alloc_text(object->text.text, object->text.len);
}

static int
read_manifest(char **object, struct error *err)
{
	CLEANUP_SECRET struct buf text = BUF_INIT(STDIN_MAX);
	struct found found = { .count = 0 };
	size_t blank;
	bool is_json;
	int status;

	if (read_stdin(&text, err) != 0)
		return -1;
	blank = strspn(buf_string(&text), " \t\r\n");
	is_json = buf_string(&text)[blank] == '{' || buf_string(&text)[blank] == '[';
	status = manifest_read(buf_string(&text), text.len, is_json, on_object, &found, err);
	if (status == 0 && found.count != 1)
		status = error_set(err, ERROR_INPUT, 0, "%s",
				   found.count == 0
					   ? "holds no Secret"
					   : "holds several objects: one Secret at a time");
	if (status == 0)
		*object = found.text;
	else
		alloc_free_secret(found.text);
	return status == 0 ? 0 : error_prepend(err, "standard input");
}

static int
prepare_enabled(const struct render_repository *self, struct buf *out, struct error *err)
{
	char *text = NULL;
	jv object, enabled;
	int status = 0;

	if (self->name != NULL || self->url != NULL || self->username != NULL ||
	    self->project != NULL || self->password_stdin)
		return error_set(err, ERROR_USAGE, 0,
				 "--enable-oci takes all else from the Secret on standard input");
	if (read_manifest(&text, err) != 0)
		return -1;
	object = jv_parse(text);
	alloc_free_secret(text);
	enabled = repository_secret_enable_oci(object, err);
	if (!jv_is_valid(enabled))
		status = error_prepend(err, "standard input");
	else if (!manifest_print(enabled, out))
		status = error_set(err, ERROR_INPUT, 0, "standard input: cannot be printed");
	jv_free(object);
	jv_free(enabled);
	return status;
}

int
text_prepare(struct render_repository *self, struct error *err)
{
	CLEANUP_SECRET struct buf out = BUF_INIT(PRINTED_MAX);
	int status = self->enable_oci ? prepare_enabled(self, &out, err)
				      : prepare_new(self, &out, err);

	if (status == 0 && out.len > 0)
		self->text = alloc_text(out.data, out.len - 1); /* printing adds the last newline */
	return status;
}

/*
 * What an Application claims: the repositories of its sources, each with the credential that it
 * names. Knows Applications and who may name what; nothing of scans.
 */
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "application.h"
#include "tag-scan-priv.h"

static jv
about_application(const struct application *application, struct json_slice origin, int source)
{
	struct buf text = BUF_INIT(FRAME_MAX);
	jv about;

	buf_append_string(&text, "{");
	if (application->name[0] != '\0') {
		buf_append_string(&text, "\"application\":");
		application_reference(application, &text);
		if (source >= 0)
			buf_printf(&text, ",\"source\":%d", source);
	}
	if (origin.text != NULL) {
		buf_append_string(&text, text.len > 1 ? ",\"origin\":" : "\"origin\":");
		buf_append(&text, origin.text, origin.len);
	}
	buf_append_char(&text, '}');
	about = text.len > 2 && !text.overflowed ? jv_parse(buf_string(&text)) : jv_invalid();
	buf_fini(&text);
	return about;
}

static void
report(struct filter *filter, const struct application *application, struct json_slice origin,
       int source, struct error *err)
{
	struct buf file = BUF_INIT((size_t)4096);

	error_prepend(err, "%s%s%s", application->namespace,
		      application->namespace[0] != '\0' ? "/" : "", application->name);
	if (origin.text != NULL && json_string(json_member(origin, "file"), &file))
		error_prepend(err, "%s", buf_string(&file));
	filter_error(filter, about_application(application, origin, source), err);
	buf_fini(&file);
}

static int
claim_source(const struct claims *claims, const struct application *application,
	     const struct application_source *source, struct json_slice origin, struct error *err)
{
	CLEANUP_FREE char *credential = NULL;
	struct buf follower = BUF_INIT(FRAME_MAX);
	struct reference reference;
	const char *secret = application->pull_secret;

	if (secret != NULL && secret[0] != '\0' &&
	    access_credential(claims->access, secret, application->namespace, &credential,
			      err) != 0)
		return error_prepend(err, "its annotation pull-secret");
	if (reference_of_source(&reference, source->repo_url, source->chart, err) != 0)
		return -1;
	if (filter_takes(claims->filter, reference.text, strlen(reference.text))) {
		application_follower(application, source, origin, &follower);
		watchlist_claim(claims->watchlist, &reference, credential, buf_string(&follower),
				follower.len);
	}
	buf_fini(&follower);
	reference_fini(&reference);
	return 0;
}

void
claims_take(const struct claims *claims, const struct message *message, const struct buf *key)
{
	struct json_slice origin = message_member(message, "origin");
	struct application application;
	struct error err;
	size_t i;

	watchlist_begin(claims->watchlist, buf_string(key), key->len);
	if (application_read(&application, message_member(message, "object"), &err) != 0) {
		report(claims->filter, &application, origin, -1, &err);
	} else {
		for (i = 0; application.constraint != NULL && i < application.source_count; i++)
			if (claim_source(claims, &application, &application.sources[i], origin,
					 &err) != 0)
				report(claims->filter, &application, origin,
				       application.sources[i].index, &err);
	}
	watchlist_end(claims->watchlist);
	application_fini(&application);
}

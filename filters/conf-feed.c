/* See conf-feed.h. */
#include "conf-feed.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/frame.h"
#include "../bus/log.h"
#include "registries.h"

#define KEY "registries.conf"
/* Whoever writes the ConfigMap may have started with us. */
#define PATIENCE_MS 10000

struct conf_feed {
	struct filter *filter;
	struct access *access;
	const char *namespace, *name;
	void (*on_known)(void *arg);
	void *arg;
	struct loop_timer patience;
	char *text;	/* the last one, good or not; NULL: none yet */
	struct buf key; /* of the message that it was in */
	bool is_known;
	bool is_reported; /* that something is wrong */
};

/* --- reports --- */

static jv
about(const struct conf_feed *feed)
{
	jv metadata = jv_object_set(jv_object(), jv_string("namespace"),
				    jv_string(feed->namespace));
	jv object = jv_object_set(jv_object(), jv_string("apiVersion"), jv_string("v1"));

	metadata = jv_object_set(metadata, jv_string("name"), jv_string(feed->name));
	object = jv_object_set(object, jv_string("kind"), jv_string("ConfigMap"));
	object = jv_object_set(object, jv_string("metadata"), metadata);
	return jv_object_set(jv_object(), jv_string("object"), object);
}

static void
report(struct conf_feed *feed, const struct error *err)
{
	struct error why;

	error_set(&why, err->kind, 0, "ConfigMap %s/%s: %s; %s", feed->namespace, feed->name,
		  err->text,
		  feed->is_known ? "what it said before stays in use"
				 : "no registry is asked before it is right");
	feed->is_reported = true;
	filter_error(feed->filter, about(feed), &why);
}

static void
report_absence(void *arg)
{
	struct conf_feed *feed = arg;
	struct error err;

	error_set(&err, ERROR_NOT_FOUND, 0, "it is not there (with the key " KEY ")");
	report(feed, &err);
}

/* --- its states --- */

static void
know(struct conf_feed *feed)
{
	loop_timer_stop(filter_loop(feed->filter), &feed->patience);
	feed->is_reported = false;
	if (feed->is_known)
		return;
	feed->is_known = true;
	feed->on_known(feed->arg);
}

static void
use(struct conf_feed *feed, const struct buf *text)
{
	bool is_same = feed->text != NULL && strlen(feed->text) == text->len &&
		       memcmp(feed->text, buf_string(text), text->len) == 0;
	struct error err;

	if (is_same && !feed->is_reported)
		return; /* another part of the object has changed */
	free(feed->text);
	feed->text = alloc_text(buf_string(text), text->len);
	if (access_use(feed->access, buf_string(text), text->len, &err) == 0) {
		log_info("ConfigMap %s/%s is in use", feed->namespace, feed->name);
		know(feed);
	} else if (!is_same) {
		error_prepend(&err, KEY);
		report(feed, &err);
	}
}

static void
read_object(struct conf_feed *feed, struct json_slice object)
{
	struct buf text = BUF_INIT(REGISTRIES_MAX);
	struct json_slice value = json_member(json_member(object, "data"), KEY);
	struct error err = { ERROR_NONE, 0, "" };

	if (!json_is_string(value))
		error_set(&err, ERROR_CONFIG, 0, "it has no key " KEY);
	else if (!json_string(value, &text))
		error_set(&err, ERROR_CONFIG, 0, KEY ": it is larger than %zu bytes",
			  REGISTRIES_MAX);
	if (err.kind == ERROR_NONE)
		use(feed, &text);
	else
		report(feed, &err);
	buf_fini(&text);
}

static void
lose(struct conf_feed *feed)
{
	struct error err;

	if (!feed->is_known)
		return;
	error_set(&err, ERROR_NOT_FOUND, 0, "it was deleted");
	report(feed, &err);
}

/* --- events --- */

static bool
is_ours(const struct conf_feed *feed, struct json_slice object)
{
	struct json_slice metadata = json_member(object, "metadata");

	return json_string_is(json_member(object, "kind"), "ConfigMap") &&
	       json_string_is(json_member(object, "apiVersion"), "v1") &&
	       json_string_is(json_member(metadata, "name"), feed->name) &&
	       json_string_is(json_member(metadata, "namespace"), feed->namespace);
}

bool
conf_feed_take(struct conf_feed *feed, const struct message *message)
{
	struct json_slice object = message_member(message, "object");

	if (feed == NULL || !message_is_event(message->type) || !json_is_object(object) ||
	    !is_ours(feed, object))
		return false;
	buf_clear(&feed->key);
	message_key(message, &feed->key);
	if (message->type == MESSAGE_DELETED)
		lose(feed);
	else
		read_object(feed, object);
	return true;
}

void
conf_feed_gone(struct conf_feed *feed, const char *key, size_t len)
{
	if (feed != NULL && feed->key.len == len && memcmp(feed->key.data, key, len) == 0)
		lose(feed);
}

void
conf_feed_complete(struct conf_feed *feed)
{
	if (!conf_feed_is_known(feed) && !feed->is_reported)
		loop_timer_start(filter_loop(feed->filter), &feed->patience, PATIENCE_MS,
				 report_absence, feed);
}

void
conf_feed_end(struct conf_feed *feed)
{
	if (conf_feed_is_known(feed))
		return;
	loop_timer_stop(filter_loop(feed->filter), &feed->patience);
	if (!feed->is_reported)
		report_absence(feed);
}

/* --- the whole --- */

bool
conf_feed_is_known(const struct conf_feed *feed)
{
	return feed == NULL || feed->is_known;
}

struct conf_feed *
conf_feed_new(struct filter *filter, struct access *access,
		    const struct access_settings *settings, void (*on_known)(void *arg), void *arg)
{
	struct conf_feed *feed;

	if (settings->configmap == NULL)
		return NULL;
	feed = alloc_zero(1, sizeof(*feed));
	feed->filter = filter;
	feed->access = access;
	feed->name = settings->configmap;
	feed->namespace = settings->namespace != NULL ? settings->namespace : ACCESS_NAMESPACE;
	feed->on_known = on_known;
	feed->arg = arg;
	buf_init(&feed->key, FRAME_MAX);
	return feed;
}

void
conf_feed_free(struct conf_feed *feed)
{
	if (feed == NULL)
		return;
	loop_timer_stop(filter_loop(feed->filter), &feed->patience);
	buf_fini(&feed->key);
	free(feed->text);
	free(feed);
}

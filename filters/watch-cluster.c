/*
 * watch's objects from a cluster: each resource that was named is followed, and its objects told
 * apart by namespace and name. Knows nothing of files, and writes nothing to the cluster.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "kube-follow.h"
#include "watch-priv.h"

struct followed {
	struct watch_cluster *cluster;
	struct kube_follow_settings settings;
	struct kube_follow *follow;
	struct seen *seen;
	char *api, *kind; /* of the resource, once it is known */
	bool is_listed;
};

struct watch_cluster {
	struct watch *watch;
	struct http *http;
	struct kube *kube;
	struct followed *resources;
	size_t count, to_list;
};

static void
make_key(const char *namespace, const char *name, struct buf *key)
{
	buf_clear(key);
	buf_append(key, namespace, strlen(namespace) + 1);
	buf_append_string(key, name);
}

static void
on_list(void *arg, const struct resource *resource)
{
	struct followed *followed = arg;

	free(followed->api);
	free(followed->kind);
	followed->api = alloc_string(resource->api);
	followed->kind = alloc_string(resource->kind);
	seen_begin(followed->seen);
}

/* Take in an object; its key. False: it is broken, which has been reported. */
static bool
take(struct followed *followed, struct json_slice object, struct watch_event_identity *who,
     struct buf *key)
{
	struct watch *watch = followed->cluster->watch;
	struct error err;

	if (!watch_take(watch, object, followed->api, followed->kind))
		return false;
	if (watch_event_identify(watch_taken(watch), who)) {
		make_key(who->namespace, who->name, key);
		return true;
	}
	error_set(&err, ERROR_PROTOCOL, 0,
		  "%s sent an object of %s without a name; it was left out",
		  kube_server(followed->cluster->kube), followed->settings.resource);
	filter_error(watch->filter, jv_invalid(), &err);
	return false;
}

static void
on_item(void *arg, struct json_slice object)
{
	struct followed *followed = arg;
	struct watch_event_identity who;
	CLEANUP_BUF struct buf key = BUF_INIT(sizeof(who));

	if (take(followed, object, &who, &key))
		watch_state(followed->cluster->watch, followed->seen, &key, who.uid, NULL);
}

static void
on_event(void *arg, enum message_type type, struct json_slice object)
{
	struct followed *followed = arg;
	struct watch_event_identity who;
	CLEANUP_BUF struct buf key = BUF_INIT(sizeof(who));

	if (type != MESSAGE_DELETED)
		on_item(followed, object);
	else if (take(followed, object, &who, &key))
		watch_gone(followed->cluster->watch, followed->seen, &key, NULL);
}

/* Deletions that happened while nobody watched. */
static void
report_missing(struct followed *followed, const struct seen_missing *missing)
{
	CLEANUP_BUF struct buf object = BUF_INIT(65536);
	const char *name = missing->key + strlen(missing->key) + 1;
	struct watch *watch = followed->cluster->watch;

	watch_event_reference(followed->api, followed->kind, missing->key, name, missing->uid,
			      &object);
	if (watch_take(watch, (struct json_slice){ buf_string(&object), object.len }, NULL, NULL))
		watch_gone(watch, NULL, NULL, NULL);
}

static void
bookmark(const struct followed *followed)
{
	if (followed->kind)
		watch_bookmark(followed->cluster->watch, followed->api, followed->kind);
	else /* a type that is not served; what it would be called nobody knows */
		watch_bookmark(followed->cluster->watch, "meta.k8s.io/v1",
			       "PartialObjectMetadataList");
}

static void
on_listed(void *arg)
{
	struct followed *followed = arg;
	struct watch_cluster *cluster = followed->cluster;
	struct seen_missing *missing;
	size_t cursor = 0, i;

	while ((missing = seen_next_missing(followed->seen, &cursor)) != NULL) {
		report_missing(followed, missing);
		seen_missing_free(missing);
	}
	if (followed->is_listed)
		return;
	followed->is_listed = true;
	if (--cluster->to_list > 0)
		return;
	for (i = 0; i < cluster->count; i++)
		bookmark(&cluster->resources[i]);
	watch_complete(cluster->watch);
}

/* Whatever the server refuses now, an administrator may allow later: try again then. */
static void
on_failed(void *arg, const struct error *err)
{
	struct followed *followed = arg;
	struct error why = *err;

	if (why.kind != ERROR_USAGE && why.kind != ERROR_CONFIG)
		why.kind = ERROR_TEMPORARY;
	filter_die(followed->cluster->watch->filter, &why);
}

static const char *
namespace_of(const struct watch_cluster *cluster)
{
	const struct watch *watch = cluster->watch;

	if (watch->all_namespaces)
		return NULL;
	return watch->namespace ? watch->namespace : kube_namespace(cluster->kube);
}

static void
follow(struct watch_cluster *cluster, struct followed *followed, const char *resource)
{
	static const struct kube_follow_events events = { .on_list = on_list,
							  .on_item = on_item,
							  .on_listed = on_listed,
							  .on_event = on_event,
							  .on_failed = on_failed };

	followed->cluster = cluster;
	followed->seen = seen_new();
	followed->settings.resource = resource;
	followed->settings.namespace = namespace_of(cluster);
	followed->settings.labels = cluster->watch->labels;
	followed->settings.fields = cluster->watch->fields;
	followed->settings.ignore_missing = cluster->watch->ignore_missing;
	followed->settings.once = cluster->watch->once;
	followed->settings.omit = watch_event_omits_top(cluster->watch->omits);
	followed->follow = kube_follow_start(cluster->kube, &followed->settings, &events, followed);
}

struct watch_cluster *
watch_cluster_open(struct watch *watch, struct error *err)
{
	struct watch_cluster *cluster = alloc_zero(1, sizeof(*cluster));
	struct loop *loop = filter_loop(watch->filter);
	size_t i;

	cluster->watch = watch;
	while (watch->resources[cluster->count])
		cluster->count++;
	/* A watch holds its connection for good. */
	cluster->http = http_new(loop, (unsigned)cluster->count + 1, (unsigned)cluster->count + 1);
	cluster->kube = kube_open(loop, cluster->http, &watch->kube, err);
	if (!cluster->kube) {
		watch_cluster_close(cluster);
		return NULL;
	}
	cluster->to_list = cluster->count;
	cluster->resources = alloc_zero(cluster->count, sizeof(*cluster->resources));
	for (i = 0; i < cluster->count; i++)
		follow(cluster, &cluster->resources[i], watch->resources[i]);
	return cluster;
}

void
watch_cluster_pause(struct watch_cluster *cluster, bool paused)
{
	size_t i;

	for (i = 0; i < cluster->count; i++)
		kube_follow_pause(cluster->resources[i].follow, paused);
}

void
watch_cluster_close(struct watch_cluster *cluster)
{
	size_t i;

	if (!cluster)
		return;
	for (i = 0; cluster->resources && i < cluster->count; i++) {
		kube_follow_stop(cluster->resources[i].follow);
		seen_free(cluster->resources[i].seen);
		free(cluster->resources[i].api);
		free(cluster->resources[i].kind);
	}
	free(cluster->resources);
	kube_close(cluster->kube);
	http_free(cluster->http);
	free(cluster);
}

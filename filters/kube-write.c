/* The requests that change something: how each is spelled, so that it may be sent twice. */
#include "../bus/alloc.h"
#include "../bus/json.h"
#include "kube-priv.h"
#include "manifest-print.h"

#include <string.h>

#define ACCEPT_METADATA \
	"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"

struct kube_call *
kube_patch(struct kube *kube, const char *path, const char *body, size_t len, kube_done_fn *on_done,
	   void *arg)
{
	struct kube_request request = {
		.method = "PATCH",
		.path = path,
		.accept = ACCEPT_METADATA,
		.content_type = "application/json-patch+json",
		.body = body,
		.body_len = len,
		.on_done = on_done,
		.arg = arg,
	};

	return kube_start(kube, &request);
}

struct kube_call *
kube_apply(struct kube *kube, const struct kube_intent *intent, kube_done_fn *on_done, void *arg)
{
	CLEANUP_FREE char *path = alloc_format("%s?fieldManager=" KUBE_MANAGER "%s%s", intent->path,
					       intent->is_forced ? "&force=true" : "",
					       intent->is_dry_run ? "&dryRun=All" : "");
	struct buf yaml = BUF_INIT(6 * intent->len + 1); /* the server reads it as YAML */
	struct kube_call *call = NULL;
	struct kube_request request = {
		.method = "PATCH",
		.path = path,
		.accept = intent->is_dry_run ? NULL : ACCEPT_METADATA,
		.content_type = "application/apply-patch+yaml",
		.on_done = on_done,
		.arg = arg,
	};

	buf_room(&yaml, intent->len); /* most often enough: no copies while it grows */
	if (manifest_escape_json(intent->body, intent->len, &yaml)) {
		request.body = buf_string(&yaml);
		request.body_len = yaml.len;
		call = kube_start(kube, &request);
	}
	buf_wipe(&yaml);
	buf_fini(&yaml);
	return call;
}

struct kube_call *
kube_delete(struct kube *kube, const char *path, const char *uid, const char *version,
	    bool is_dry_run, kube_done_fn *on_done, void *arg)
{
	CLEANUP_BUF struct buf body = BUF_INIT(4096);
	struct kube_request request = {
		.method = "DELETE",
		.path = path,
		.content_type = "application/json",
		.on_done = on_done,
		.arg = arg,
	};

	/* Next to a body the API server does not look at a query. */
	buf_printf(&body,
		   "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",%s"
		   "\"preconditions\":{\"uid\":",
		   is_dry_run ? "\"dryRun\":[\"All\"]," : "");
	json_quote(&body, uid, strlen(uid));
	buf_append_string(&body, ",\"resourceVersion\":");
	json_quote(&body, version, strlen(version));
	buf_append_string(&body, "}}");
	request.body = buf_string(&body);
	request.body_len = body.len;
	return kube_start(kube, &request);
}

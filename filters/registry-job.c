/*
 * Lists and manifests: what is asked for, and what the answers mean. A list is whole, or there is
 * none.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "chart-manifest.h"
#include "digest.h"
#include "registry-priv.h"
#include "url.h"

#define LINKS_MAX 16
#define LINK_MAX ((size_t)4096)
#define LIST_DEADLINE_MS 600000
#define MANIFEST_MAX ((size_t)4 * 1024 * 1024)
#define PAGE_SIZE 1000 /* what all registries that page allow */

struct registry_job {
	struct registry *registry;
	struct registry_job *next, **prev;
	struct registry_target target; /* of copies, below */
	struct reference reference;
	struct credential credential;
	char *api_url, *url;
	struct registry_call *call;
	struct tag_list list;
	struct loop_timer deadline;
	bool is_list, is_unsized; /* the registry did not like our page size */
	registry_tags_fn *on_tags;
	registry_manifest_fn *on_manifest;
	void *arg;
};

/* --- beginning and end --- */

static struct registry_job *
new_job(struct registry *registry, const struct registry_target *target, void *arg)
{
	struct registry_job *job = alloc_zero(1, sizeof(*job));

	job->registry = registry;
	job->api_url = alloc_string(target->api_url);
	job->reference.host = alloc_string(target->reference->host);
	job->reference.path = alloc_string(target->reference->path);
	job->reference.text = alloc_string(target->reference->text);
	credential_copy(&job->credential, target->credential);
	job->target = *target;
	job->target.api_url = job->api_url;
	job->target.reference = &job->reference;
	job->target.credential = &job->credential;
	job->arg = arg;
	job->prev = &registry->jobs;
	job->next = registry->jobs;
	if (job->next != NULL)
		job->next->prev = &job->next;
	registry->jobs = job;
	return job;
}

/* Frees it; a call of it that is still going on is cancelled. */
void
registry_cancel(struct registry_job *job)
{
	*job->prev = job->next;
	if (job->next != NULL)
		job->next->prev = job->prev;
	if (job->call != NULL)
		registry_call_cancel(job->call);
	loop_timer_stop(job->registry->loop, &job->deadline);
	if (job->is_list)
		tag_list_fini(&job->list);
	reference_fini(&job->reference);
	credential_fini(&job->credential);
	free(job->api_url);
	free(job->url);
	free(job);
}

void
registry_jobs_cancel(struct registry *registry)
{
	struct registry_job *job, *next;

	for (job = registry->jobs; job != NULL; job = next) {
		next = job->next;
		registry_cancel(job);
	}
}

static void
fail(struct registry_job *job, const struct error *err)
{
	if (job->is_list)
		job->on_tags(job->arg, NULL, err);
	else
		job->on_manifest(job->arg, NULL, err);
	registry_cancel(job);
}

/* A status that is no answer to the question. */
static void
fail_with_status(struct registry_job *job, long status)
{
	struct error err;

	if (status == 404)
		error_set(&err, ERROR_NOT_FOUND, 404, "the registry has no such repository (404)");
	else if (status == 403)
		error_set(&err, ERROR_DENIED, 403, "the registry forbids reading it (403)");
	else if (status / 100 == 3)
		error_set(&err, ERROR_PROTOCOL, (int)status,
			  "the registry answers with a redirect (%ld), which is not followed",
			  status);
	else
		error_set(&err, ERROR_PROTOCOL, (int)status, "the registry answers %ld", status);
	fail(job, &err);
}

/* --- lists --- */

static void on_page(void *arg, struct http_request *http, const struct http_response *response,
		    const struct error *err);

static void
ask_page(struct registry_job *job)
{
	job->call = registry_call_start(job->registry, &job->target, job->url, "application/json",
					TAG_LIST_PAGE_BYTES_MAX, on_page, job);
}

/* Where the Link headers say the next page is: 1, 0: nowhere, -1. */
static int
read_links(struct http_request *http, char **next, struct error *err)
{
	const char *values[LINKS_MAX + 1];
	size_t count = 0;
	int found;

	while (count <= LINKS_MAX && (values[count] = http_header(http, "Link", count)) != NULL) {
		if (strlen(values[count]) > LINK_MAX)
			return error_set(err, ERROR_PROTOCOL, 0,
					 "incomplete: its Link header is too long");
		count++;
	}
	found = count <= LINKS_MAX ? challenge_link_next(values, count, next) : -1;
	if (found < 0)
		return error_set(err, ERROR_PROTOCOL, 0,
				 "incomplete: its Link header says no clear next page");
	return found;
}

/* Takes reference. The next page is at the server that named it. */
static int
follow(struct registry_job *job, char *reference, struct error *err)
{
	struct url from, to;
	char *url;
	int status = -1;

	if (url_parse(&from, job->url, err) != 0) {
		free(reference);
		return -1;
	}
	url = url_resolve(&from, job->url, reference);
	free(reference);
	if (url_parse(&to, url, NULL) != 0)
		error_set(err, ERROR_PROTOCOL, 0, "incomplete: the next page has no valid URL");
	else if (!url_same_origin(&from, &to))
		error_set(err, ERROR_PROTOCOL, 0,
			  "incomplete: the next page is said to be at another server");
	else
		status = tag_list_follow(&job->list, url, err);
	free(job->url);
	job->url = url;
	return status;
}

static void
read_page(struct registry_job *job, struct http_request *http,
	  const struct http_response *response)
{
	struct error err;
	char *next = NULL;
	int has_next = read_links(http, &next, &err);

	if (has_next < 0) {
		fail(job, &err);
		return;
	}
	if (tag_list_add(&job->list, response->body, response->body_len, has_next, &err) != 0) {
		free(next);
		fail(job, &err);
		return;
	}
	if (!has_next) {
		job->on_tags(job->arg, &job->list, NULL);
		registry_cancel(job);
	} else if (follow(job, next, &err) != 0) {
		fail(job, &err);
	} else {
		ask_page(job);
	}
}

static void
begin_list(struct registry_job *job)
{
	free(job->url);
	job->url = job->is_unsized ?
		alloc_format("%s/v2/%s/tags/list", job->api_url, job->reference.path) :
		alloc_format("%s/v2/%s/tags/list?n=%d", job->api_url, job->reference.path,
			     PAGE_SIZE);
	ask_page(job);
}

static void
on_page(void *arg, struct http_request *http, const struct http_response *response,
	const struct error *err)
{
	struct registry_job *job = arg;

	job->call = NULL;
	if (err != NULL) {
		fail(job, err);
	} else if (response->status == 200) {
		read_page(job, http, response);
	} else if (response->status == 400 && !job->is_unsized && job->list.pages == 0) {
		job->is_unsized = true;
		begin_list(job);
	} else {
		fail_with_status(job, response->status);
	}
}

static void
on_deadline(void *arg)
{
	struct error err;

	error_set(&err, ERROR_TEMPORARY, 0, "incomplete: the list did not end within %d minutes",
		  LIST_DEADLINE_MS / 60000);
	fail(arg, &err);
}

struct registry_job *
registry_tags(struct registry *registry, const struct registry_target *target,
	      registry_tags_fn *on_done, void *arg)
{
	struct registry_job *job = new_job(registry, target, arg);

	job->is_list = true;
	job->on_tags = on_done;
	tag_list_init(&job->list);
	loop_timer_start(registry->loop, &job->deadline, LIST_DEADLINE_MS, on_deadline, job);
	begin_list(job);
	return job;
}

/* --- manifests --- */

static void
on_manifest(void *arg, struct http_request *http, const struct http_response *response,
	    const struct error *err)
{
	struct registry_job *job = arg;
	struct registry_manifest manifest = { .exists = false };
	char digest[DIGEST_TEXT_SIZE];
	CLEANUP_FREE char *what = NULL;

	(void)http;
	job->call = NULL;
	if (err != NULL) {
		fail(job, err);
		return;
	}
	if (response->status != 200 && response->status != 404) {
		fail_with_status(job, response->status);
		return;
	}
	if (response->status == 200) {
		digest_sha256(digest, response->body, response->body_len);
		manifest.exists = true;
		manifest.is_chart =
			chart_manifest_is_chart(response->body, response->body_len, &what);
		manifest.what = what;
		manifest.digest = digest;
	}
	job->on_manifest(job->arg, &manifest, NULL);
	registry_cancel(job);
}

struct registry_job *
registry_manifest(struct registry *registry, const struct registry_target *target,
		  const char *tag, registry_manifest_fn *on_done, void *arg)
{
	struct registry_job *job = new_job(registry, target, arg);

	job->on_manifest = on_done;
	job->url = alloc_format("%s/v2/%s/manifests/%s", job->api_url, job->reference.path, tag);
	job->call = registry_call_start(registry, &job->target, job->url, CHART_MANIFEST_ACCEPT,
					MANIFEST_MAX, on_manifest, job);
	return job;
}

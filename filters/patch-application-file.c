/*
 * An UPDATE written into a manifest file: one scalar, if all stands as it stood when the decision
 * was made. Knows where the values stand in an Application; how a file is changed is
 * manifest-edit's.
 */
#include <stdio.h>

#include "../bus/alloc.h"
#include "manifest-edit.h"
#include "patch-application-priv.h"

struct paths {
	char index[16];
	const char *repo_url[5], *chart[5], *revision[5];
};

static void
set_path(const char *path[5], const char *index, const char *name)
{
	size_t n = 0;

	path[n++] = "spec";
	path[n++] = index ? "sources" : "source";
	if (index)
		path[n++] = index;
	path[n++] = name;
	path[n] = NULL;
}

static void
set_paths(struct paths *paths, int source)
{
	const char *index = source < 0 ? NULL : paths->index;

	snprintf(paths->index, sizeof(paths->index), "%d", source);
	set_path(paths->repo_url, index, "repoURL");
	set_path(paths->chart, index, "chart");
	set_path(paths->revision, index, "targetRevision");
}

void
patch_file_start(struct patch_job *job)
{
	static const char *const name[] = { "metadata", "name", NULL };
	static const char *const namespace[] = { "metadata", "namespace", NULL };
	static const char *const constraint[] = { "metadata", "annotations",
						  PATCH_CONSTRAINT_ANNOTATION, NULL };
	const struct patch_order *order = &job->order;
	const struct patch_change *change = &order->change;
	struct paths paths = { .index = "" };
	struct error err;
	int status;

	set_paths(&paths, change->source);
	const struct manifest_test tests[] = {
		{ name, order->name },
		{ namespace, *order->namespace ? order->namespace : NULL },
		{ constraint, change->constraint },
		{ paths.repo_url, change->repo_url },
		{ paths.chart, change->chart },
		{ paths.revision, *change->from ? change->from : NULL },
	};
	status = manifest_edit(&order->address, tests, ALLOC_COUNT(tests), paths.revision,
			       change->to, job->patcher->is_dry_run, &err);
	if (status < 0)
		patch_job_fail(job, &err);
	else if (status > 0)
		patch_job_finish(job, "unchanged", "the file has this version already");
	else
		patch_job_finish(job, job->patcher->is_dry_run ? "dry-run" : "patched", NULL);
}

/*
 * An order carried out in a folder of manifests: one file for each object, named after it. Knows
 * which file that is and what may stand in it; how a file is replaced is manifest-file's.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../bus/alloc.h"
#include "../bus/yaml-value.h"
#include "apply-diff.h"
#include "apply-priv.h"
#include "manifest-file.h"
#include "manifest-print.h"

#define SECRET_MODE 0600

int
apply_files_open(struct applier *applier, struct error *err)
{
	mode_t mask = umask(077);
	struct stat st;

	umask(mask);
	applier->file_mode = 0666 & ~mask;
	applier->folder = realpath(applier->files, NULL);
	if (!applier->folder)
		return error_set(err, ERROR_CONFIG, errno, "--files %s: %s", applier->files,
				 strerror(errno));
	if (stat(applier->folder, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_set(err, ERROR_CONFIG, 0, "--files %s: this is no folder",
				 applier->files);
	return 0;
}

/* --- names --- */

/* "NAMESPACE_KIND.GROUP_NAME.yaml", without what there is not. Names of Kubernetes have no _, so
 * two objects never have one name. Owned; NULL: a part is no legal name. */
static char *
file_name(const struct apply_order *order)
{
	size_t group = strcspn(order->api, "/");
	bool has_group = order->api[group] == '/';
	CLEANUP_FREE char *kind = alloc_format("%s%s%.*s", order->kind, has_group ? "." : "",
					       has_group ? (int)group : 0, order->api);

	for (char *at = kind; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	if (!kube_is_name(kind) || !kube_is_name(order->name) ||
	    (order->namespace && !kube_is_name(order->namespace)))
		return NULL;
	return alloc_format("%s%s%s_%s.yaml", order->namespace ? order->namespace : "",
			    order->namespace ? "_" : "", kind, order->name);
}

/* --- what is in the file --- */

static bool
has_text(jv object, const char *name, const char *want)
{
	const char *text = message_string(object, name);

	return strcmp(text ? text : "", want ? want : "") == 0;
}

/* Two versions of one group? "v1" has the group without a name. */
static bool
are_of_one_group(const char *api, const char *other)
{
	const char *slash = strchr(api, '/'), *other_slash = strchr(other, '/');

	if (!slash || !other_slash)
		return !slash && !other_slash;
	return slash - api == other_slash - other &&
	       strncmp(api, other, (size_t)(slash - api)) == 0;
}

static bool
is_of_order(const struct apply_order *order, jv object)
{
	jv metadata = message_get(object, "metadata");
	const char *api = message_string(object, "apiVersion");
	bool is_same = api && are_of_one_group(api, order->api) &&
		       has_text(object, "kind", order->kind) &&
		       has_text(metadata, "name", order->name) &&
		       has_text(metadata, "namespace", order->namespace);

	jv_free(metadata);
	return is_same;
}

/* The object in the file, owned by the caller; jv_null(): there is no file. DENIED error when the
 * file holds something else. */
static int
read_object(const struct apply_order *order, const struct manifest_file *file, jv *object,
	    struct error *err)
{
	*object = jv_null();
	if (file->seen.st_nlink == 0)
		return 0;
	if (yaml_value_parse(buf_string(&file->text), file->text.len, object, NULL) == 0 &&
	    is_of_order(order, *object))
		return 0;
	jv_free(*object);
	*object = jv_invalid();
	return error_set(err, ERROR_DENIED, 0,
			 "the file holds something else, and is left alone: move it away");
}

/* --- writing --- */

static void
finish(struct apply_job *job, const char *done)
{
	apply_job_finish(job, job->applier->is_dry_run ? "dry-run" : done, NULL);
}

static int
write_file(struct apply_job *job, struct manifest_file *file, const struct buf *text,
	   struct error *err)
{
	bool is_secret = apply_is_secret(job->order.intent);

	if (is_secret)
		file->mode = SECRET_MODE;
	else if (file->seen.st_nlink == 0)
		file->mode = job->applier->file_mode;
	return job->applier->is_dry_run ? 0 : manifest_file_replace(file, text, err);
}

static bool
is_as_wanted(const struct apply_job *job, const struct manifest_file *file, const struct buf *text)
{
	if (file->seen.st_nlink == 0 || file->text.len != text->len ||
	    memcmp(file->text.data, text->data, text->len) != 0)
		return false;
	return !apply_is_secret(job->order.intent) || (file->seen.st_mode & 077) == 0;
}

/* 0: the job has ended. */
static int
put_object(struct apply_job *job, struct manifest_file *file, jv object, struct error *err)
{
	struct buf text = BUF_INIT(MANIFEST_FILE_MAX);
	int status = 0;

	if (!manifest_print(job->order.intent, &text)) {
		status = error_set(err, ERROR_INPUT, 0,
				   "the manifest would be too large, or too deep");
	} else if (is_as_wanted(job, file, &text)) {
		apply_job_finish(job, "unchanged", "the file is so already");
	} else {
		job->diff = apply_diff(object, job->order.intent);
		status = write_file(job, file, &text, err);
		if (status == 0)
			finish(job, "applied");
	}
	buf_wipe(&text);
	buf_fini(&text);
	return status;
}

static int
remove_file(struct apply_job *job, const struct manifest_file *file, struct error *err)
{
	if (!job->applier->is_dry_run && manifest_file_remove(file, err))
		return -1;
	finish(job, "pruned");
	return 0;
}

static int
carry_out(struct apply_job *job, struct manifest_file *file, jv object, struct error *err)
{
	struct apply_order order = job->order;
	struct apply_judgement judgement;

	order.uid = NULL; /* an object in a file has none */
	apply_judge(&order, object, job->applier->may_adopt, &judgement);
	jv_free(judgement.diff);
	switch (judgement.verdict) {
	case APPLY_WRITE:
	case APPLY_TAKE_OVER:
		return put_object(job, file, object, err);
	case APPLY_DELETE:
		return remove_file(job, file, err);
	case APPLY_NOTHING:
		if (!job->order.is_prune) /* nothing that it sets differs; something else may */
			return put_object(job, file, object, err);
		apply_job_finish(job, "unchanged", judgement.reason);
		return 0;
	case APPLY_OVERTAKEN:
	case APPLY_NOT_YET:
		return error_set(err, ERROR_CONFLICT, 0, "%s", judgement.reason);
	case APPLY_REFUSED:
		break;
	}
	return error_set(err, ERROR_DENIED, 0, "%s", judgement.reason);
}

/* 0: the job has ended. */
static int
work_on(struct apply_job *job, const char *path, struct error *err)
{
	struct manifest_file file;
	jv object;
	int status = manifest_file_open_or_none(&file, path, err);

	if (status != 0 && err->kind == ERROR_INPUT) /* the file's fault, not the message's */
		err->kind = ERROR_DENIED;
	if (status == 0)
		status = read_object(&job->order, &file, &object, err);
	if (status == 0) {
		status = carry_out(job, &file, object, err);
		jv_free(object);
	}
	manifest_file_close(&file);
	return status;
}

void
apply_file_start(struct apply_job *job)
{
	CLEANUP_FREE char *name = file_name(&job->order);
	CLEANUP_FREE char *path = name ? alloc_format("%s/%s", job->applier->folder, name) : NULL;
	struct error err;

	if (job->order.part == APPLY_STATUS) {
		apply_job_finish(job, "unchanged", "a manifest has no status");
	} else if (job->order.part == APPLY_SHARED) {
		apply_job_finish(job, "unchanged",
				 "the object is others': set these fields in their manifest of it");
	} else if (!path) {
		error_set(&err, ERROR_INPUT, 0,
			  "kind, namespace or name is none that Kubernetes allows");
		apply_job_fail(job, &err);
	} else if (work_on(job, path, &err)) {
		error_prepend(&err, "%s/%s", job->applier->files, name);
		apply_job_fail(job, &err);
	}
}

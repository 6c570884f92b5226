/* See access.h. */
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/log.h"
#include "credential-source.h"
#include "credentials.h"
#include "registries.h"
#include "trust.h"
#include "url.h"

#define LOOK_MS 2000 /* how often registries.conf is looked at */
#define PER_HOST 8
#define TOTAL 64

/* One state of registries.conf. It stays while somebody uses it. */
struct conf {
	struct registries *registries;
	struct http_tls *tls; /* one per entry */
	unsigned users;
};

struct access {
	struct loop *loop;
	const struct access_settings *settings;
	struct http *http;
	struct credentials *credentials;
	struct registry *registry;
	struct trust *trust;
	struct conf *conf;     /* never NULL while open */
	struct conf *previous; /* the one before, during on_change */
	struct loop_timer look;
	struct stat seen; /* of the file that was last read */
	bool is_seen;
	void (*on_change)(void *arg);
	void *arg;
	struct access_task *tasks;
};

struct access_task {
	struct access *access;
	struct access_task *next, **prev;
	struct conf *conf;
	const struct registries_entry *entry; /* of conf; NULL: none */
	struct reference reference;	      /* as it is asked for */
	char *api_url, *api_host, *source, *tag;
	bool was_anonymous;
	struct loop_timer start;
	struct credentials_wait *wait;
	struct registry_job *job;
	registry_tags_fn *on_tags;
	registry_manifest_fn *on_manifest;
	void *arg;
};

/* --- registries.conf --- */

static void
release_conf(struct access *access, struct conf *conf)
{
	size_t i;

	if (conf == NULL || --conf->users > 0)
		return;
	for (i = 0; i < registries_count(conf->registries); i++)
		http_forget_tls(access->http, &conf->tls[i]);
	registries_free(conf->registries);
	free(conf->tls);
	free(conf);
}

static void
set_tls(struct http_tls *tls, const struct registries_entry *entry)
{
	tls->ca_file = entry->ca_file;
	tls->ca_data = entry->ca_data;
	tls->ca_added = true;
	tls->insecure = entry->is_insecure;
	if (entry->is_insecure)
		log_warning("registries.conf: %s is insecure: its certificate is not verified",
			    entry->name);
}

/* NULL with err: this text cannot be used. */
static struct conf *
parse_conf(const char *text, size_t len, struct error *err)
{
	struct registries *registries = registries_parse(text, len, err);
	struct conf *conf;
	size_t i;

	if (registries == NULL)
		return NULL;
	conf = alloc_zero(1, sizeof(*conf));
	conf->registries = registries;
	conf->users = 1;
	conf->tls = alloc_zero(registries_count(registries), sizeof(*conf->tls));
	for (i = 0; i < registries_count(registries); i++)
		set_tls(&conf->tls[i], registries_at(registries, i));
	return conf;
}

static int
read_all(int fd, struct buf *out)
{
	ssize_t got;
	char *room;

	while ((room = buf_room(out, 4096)) != NULL) {
		got = read(fd, room, 4096);
		if (got == 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0)
			buf_added(out, (size_t)got);
	}
	errno = EFBIG;
	return -1;
}

/* Takes conf. */
static void
replace_conf(struct access *access, struct conf *conf)
{
	access->previous = access->conf;
	access->conf = conf;
	if (access->previous != NULL && access->on_change != NULL)
		access->on_change(access->arg);
	release_conf(access, access->previous);
	access->previous = NULL;
}

/* Takes the file into use. -1: it cannot be used. That there is none is an empty one. */
static int
load(struct access *access, struct error *err)
{
	const char *path = access->settings->registries;
	CLEANUP_CLOSE int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct buf text = BUF_INIT(REGISTRIES_MAX);
	struct conf *conf = NULL;

	access->is_seen = fd >= 0 && fstat(fd, &access->seen) == 0;
	if (fd < 0 && path != NULL && (errno != ENOENT || access->conf != NULL))
		error_set_errno(err, "%s", path);
	else if (fd >= 0 && read_all(fd, &text) != 0)
		error_set_errno(err, "%s", path);
	else if ((conf = parse_conf(buf_string(&text), text.len, err)) == NULL)
		error_prepend(err, "%s", path != NULL ? path : "");
	if (conf != NULL && fd < 0 && path != NULL)
		log_warning("%s is not there; it is read as soon as it is", path);
	buf_fini(&text);
	if (conf == NULL) {
		err->kind = ERROR_CONFIG;
		return -1;
	}
	replace_conf(access, conf);
	return 0;
}

static bool
has_changed(const struct access *access)
{
	struct stat now;
	bool is_there = stat(access->settings->registries, &now) == 0;

	if (!is_there || !access->is_seen)
		return is_there != access->is_seen;
	return now.st_ino != access->seen.st_ino || now.st_dev != access->seen.st_dev ||
	       now.st_size != access->seen.st_size ||
	       now.st_mtim.tv_sec != access->seen.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != access->seen.st_mtim.tv_nsec;
}

/* Files of a ConfigMap are links that are exchanged, so the file is looked at, not watched. */
static void
on_look(void *arg)
{
	struct access *access = arg;
	struct error err;

	loop_timer_start(access->loop, &access->look, LOOK_MS, on_look, access);
	if (!has_changed(access))
		return;
	if (load(access, &err) != 0) {
		log_error("%s; what it said before stays in use", err.text);
		return;
	}
	log_info("%s has changed and is in use", access->settings->registries);
}

int
access_use(struct access *access, const char *text, size_t len, struct error *err)
{
	struct conf *conf = parse_conf(text, len, err);

	if (conf == NULL)
		return -1;
	replace_conf(access, conf);
	return 0;
}

bool
access_has_changed(const struct access *access, const struct reference *reference)
{
	return !registries_is_same(registries_find(access->previous->registries, reference),
				   registries_find(access->conf->registries, reference));
}

/* --- where a repository is --- */

/* With the entry's namespace in front of a name of one segment. */
static void
set_reference(struct access_task *task, const struct reference *reference)
{
	const struct registries_entry *entry = task->entry;

	task->reference.host = alloc_string(reference->host);
	if (entry != NULL && entry->default_namespace != NULL &&
	    strchr(reference->path, '/') == NULL)
		task->reference.path =
			alloc_format("%s/%s", entry->default_namespace, reference->path);
	else
		task->reference.path = alloc_string(reference->path);
	task->reference.text = alloc_format("%s/%s", reference->host, task->reference.path);
}

/* Without an entry: https, but http on this machine, as is usual in this field. */
static char *
default_api_url(const char *host)
{
	char *url = alloc_format("http://%s", host);
	struct url parsed;

	if (strcmp(host, "docker.io") == 0) {
		free(url);
		return alloc_string("https://registry-1.docker.io");
	}
	if (url_parse(&parsed, url, NULL) == 0 && url_host_is_loopback(parsed.host))
		return url;
	free(url);
	return alloc_format("https://%s", host);
}

static void
find_place(struct access_task *task, const struct reference *reference, const char *credential)
{
	struct url url;

	task->conf = task->access->conf;
	task->conf->users++;
	task->entry = registries_find(task->conf->registries, reference);
	task->api_url = task->entry != NULL ? alloc_string(task->entry->api_url) :
					      default_api_url(reference->host);
	if (url_parse(&url, task->api_url, NULL) == 0)
		task->api_host = reference_host(url.authority, url.authority_len);
	set_reference(task, reference);
	if (credential != NULL)
		task->source = alloc_string(credential);
	else if (task->entry != NULL && task->entry->credentials != NULL)
		task->source = alloc_string(task->entry->credentials);
}

static const struct http_tls *
tls_of(const struct access_task *task)
{
	const struct registries_entry *entry = task->entry;

	if (entry == NULL ||
	    (entry->ca_file == NULL && entry->ca_data == NULL && !entry->is_insecure))
		return trust_of(task->access->trust, task->api_url);
	return &task->conf->tls[entry - registries_at(task->conf->registries, 0)];
}

/* --- tasks --- */

void
access_cancel(struct access_task *task)
{
	if (task == NULL)
		return;
	*task->prev = task->next;
	if (task->next != NULL)
		task->next->prev = task->prev;
	loop_timer_stop(task->access->loop, &task->start);
	if (task->wait != NULL)
		credentials_cancel(task->wait);
	if (task->job != NULL)
		registry_cancel(task->job);
	release_conf(task->access, task->conf);
	reference_fini(&task->reference);
	free(task->api_url);
	free(task->api_host);
	free(task->source);
	free(task->tag);
	free(task);
}

/* Says what a registry's "no" may come from, and lets the credential be fetched anew. */
static void
explain(const struct access_task *task, struct error *err)
{
	if (err->kind != ERROR_DENIED || err->code == 0)
		return;
	credentials_forget(task->access->credentials, task->source);
	if (task->source != NULL && task->was_anonymous)
		error_prepend(err, "%s holds nothing for %s, so it was asked for without",
			      task->source, task->reference.host);
}

static void
fail(struct access_task *task, const struct error *err)
{
	struct error explained = *err;

	explain(task, &explained);
	if (task->on_tags != NULL)
		task->on_tags(task->arg, NULL, &explained);
	else
		task->on_manifest(task->arg, NULL, &explained);
	access_cancel(task);
}

static void
on_tags(void *arg, const struct tag_list *list, const struct error *err)
{
	struct access_task *task = arg;

	task->job = NULL;
	if (err != NULL) {
		fail(task, err);
		return;
	}
	task->on_tags(task->arg, list, NULL);
	access_cancel(task);
}

static void
on_manifest(void *arg, const struct registry_manifest *manifest, const struct error *err)
{
	struct access_task *task = arg;

	task->job = NULL;
	if (err != NULL) {
		fail(task, err);
		return;
	}
	task->on_manifest(task->arg, manifest, NULL);
	access_cancel(task);
}

static void
on_credential(void *arg, const struct credential *credential, const struct error *err)
{
	struct access_task *task = arg;
	struct registry_target target = {
		.api_url = task->api_url,
		.tls = tls_of(task),
		.limit = task->entry != NULL ? task->entry->limit : 0,
		.reference = &task->reference,
		.credential = credential,
	};

	task->wait = NULL;
	if (err != NULL) {
		fail(task, err);
		return;
	}
	task->was_anonymous = credential_is_anonymous(credential);
	if (task->tag != NULL)
		task->job = registry_manifest(task->access->registry, &target, task->tag,
					      on_manifest, task);
	else
		task->job = registry_tags(task->access->registry, &target, on_tags, task);
}

static void
on_start(void *arg)
{
	struct access_task *task = arg;
	int64_t keep_ms = task->entry != NULL ? task->entry->credentials_expire_ms : 0;
	struct credentials_wait *wait;
	struct access *access = task->access;

	wait = credentials_get(access->credentials, task->source, keep_ms, &task->reference,
			       task->api_host, on_credential, task);
	if (wait != NULL) /* else on_credential has been called, and the task may be gone */
		task->wait = wait;
}

static struct access_task *
new_task(struct access *access, const struct reference *reference, const char *credential,
	 void *arg)
{
	struct access_task *task = alloc_zero(1, sizeof(*task));

	task->access = access;
	task->arg = arg;
	task->prev = &access->tasks;
	task->next = access->tasks;
	if (task->next != NULL)
		task->next->prev = &task->next;
	access->tasks = task;
	find_place(task, reference, credential);
	loop_timer_start(access->loop, &task->start, 0, on_start, task);
	return task;
}

struct access_task *
access_tags(struct access *access, const struct reference *reference, const char *credential,
	    registry_tags_fn *on_done, void *arg)
{
	struct access_task *task = new_task(access, reference, credential, arg);

	task->on_tags = on_done;
	return task;
}

struct access_task *
access_manifest(struct access *access, const struct reference *reference,
		const char *credential, const char *tag, registry_manifest_fn *on_done, void *arg)
{
	struct access_task *task = new_task(access, reference, credential, arg);

	task->tag = alloc_string(tag);
	task->on_manifest = on_done;
	return task;
}

/* --- the whole --- */

int
access_credential(struct access *access, const char *annotation,
		  const char *application_namespace, char **credential, struct error *err)
{
	return credential_source_of_annotation(annotation, application_namespace,
					       credentials_namespace(access->credentials),
					       access->settings->namespaces.items,
					       access->settings->namespaces.count, credential,
					       err);
}

static int
check_settings(const struct access_settings *settings, struct error *err)
{
	if (settings->registries != NULL && settings->configmap != NULL)
		return error_set(err, ERROR_USAGE, 0,
				 "--registries and --registries-configmap exclude each other");
	if (settings->namespace != NULL && settings->configmap == NULL)
		return error_set(err, ERROR_USAGE, 0,
				 "-n is the namespace of the ConfigMap: name that with "
				 "--registries-configmap");
	if (settings->configmap != NULL && !kube_is_name(settings->configmap))
		return error_set(err, ERROR_USAGE, 0,
				 "--registries-configmap %s: this is no name of a ConfigMap",
				 settings->configmap);
	if (settings->namespace != NULL && !kube_is_name(settings->namespace))
		return error_set(err, ERROR_USAGE, 0, "-n %s: this is no name of a namespace",
				 settings->namespace);
	return 0;
}

struct access *
access_open(struct loop *loop, const struct access_settings *settings,
	    void (*on_change)(void *arg), void *arg, struct error *err)
{
	struct access *access;

	if (check_settings(settings, err) != 0)
		return NULL;
	access = alloc_zero(1, sizeof(*access));
	access->loop = loop;
	access->settings = settings;
	access->on_change = on_change;
	access->arg = arg;
	access->http = http_new(loop, PER_HOST, TOTAL);
	access->trust = trust_open(settings->ca_dir != NULL ? settings->ca_dir : TRUST_DIR);
	access->credentials = credentials_new(loop, access->http, &settings->kube);
	access->registry = registry_new(loop, access->http, settings->realms.items,
					settings->realms.count);
	if (load(access, err) != 0) {
		access_close(access);
		return NULL;
	}
	if (settings->registries != NULL)
		loop_timer_start(loop, &access->look, LOOK_MS, on_look, access);
	return access;
}

void
access_close(struct access *access)
{
	struct access_task *task, *next;

	if (access == NULL)
		return;
	for (task = access->tasks; task != NULL; task = next) {
		next = task->next;
		access_cancel(task);
	}
	loop_timer_stop(access->loop, &access->look);
	registry_free(access->registry);
	credentials_free(access->credentials);
	release_conf(access, access->conf);
	http_free(access->http);
	trust_close(access->trust);
	free(access);
}

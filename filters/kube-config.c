/*
 * Where the configuration of the Kubernetes client lies: --kubeconfig, $KUBECONFIG,
 * ~/.kube/config, or the Pod's own account. Reads files; what is in them is kubeconfig.c's.
 */
#include "kube.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/log.h"
#include "kube-priv.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

/* 0 at the end of the file. */
static int
read_some(int fd, struct buf *text, const char *path, struct error *err)
{
	char *room = buf_room(text, 4096);
	ssize_t got;

	if (!room)
		return error_set(err, ERROR_SYSTEM, EFBIG, "%s: larger than %zu bytes", path,
				 FILE_MAX);
	do
		got = read(fd, room, 4096);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_set_errno(err, "%s: cannot be read", path);
	buf_added(text, (size_t)got);
	return got > 0;
}

char *
kube_config_read(const char *path, struct error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf text = BUF_INIT(FILE_MAX + 4096);
	char *out = NULL;
	int more;

	if (fd < 0) {
		error_set_errno(err, "%s: cannot be opened", path);
		return NULL;
	}
	while ((more = read_some(fd, &text, path, err)) > 0)
		;
	if (more == 0 && memchr(buf_string(&text), '\0', text.len))
		error_set(err, ERROR_SYSTEM, 0, "%s: it holds a NUL byte", path);
	else if (more == 0)
		out = alloc_text(buf_string(&text), text.len);
	buf_wipe(&text);
	buf_fini(&text);
	return out;
}

/* 1: added, 0: there is no such file. */
static int
add_file(struct kubeconfig *config, const char *path, struct error *err)
{
	struct error why = { ERROR_NONE, 0, "" };
	char *text = kube_config_read(path, &why);
	int status;

	if (!text) {
		if (why.code == ENOENT || why.code == ENOTDIR)
			return 0;
		return error_set(err, ERROR_CONFIG, why.code, "%s", why.text);
	}
	status = kubeconfig_add(config, path, text, strlen(text), err);
	alloc_free_secret(text);
	return status ? -1 : 1;
}

static int
add_files(struct kubeconfig *config, const char *explicit_path, struct error *err)
{
	char **paths = kubeconfig_paths(explicit_path, getenv("KUBECONFIG"), getenv("HOME"));
	int added = 0, status = 0;
	size_t i;

	for (i = 0; paths[i] && status >= 0; i++) {
		status = add_file(config, paths[i], err);
		added += status > 0;
	}
	if (status >= 0 && explicit_path && !added)
		status = error_set(err, ERROR_CONFIG, ENOENT,
				   "--kubeconfig %s: there is no such file", explicit_path);
	kubeconfig_free_list(paths);
	return status < 0 ? -1 : 0;
}

/* The Pod's own account, when there is one. 1: yes. */
static int
choose_account(struct kubeconfig_choice *choice)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	const char *own = getenv("POD_NAMESPACE");
	char *mounted = NULL;

	if (!host || !*host || !port || !*port || access(ACCOUNT_FOLDER "/token", F_OK) != 0)
		return 0;
	if (!own || !*own)
		own = mounted = kube_config_read(ACCOUNT_FOLDER "/namespace", NULL);
	if (mounted)
		mounted[strcspn(mounted, " \t\r\n")] = '\0';
	kubeconfig_in_cluster(host, port, ACCOUNT_FOLDER, own, choice);
	free(mounted);
	return 1;
}

int
kube_config_load(const struct kube_settings *settings, struct kubeconfig_choice *choice,
		 struct error *err)
{
	struct kubeconfig *config = kubeconfig_new();
	int chosen = -1;

	if (add_files(config, settings->kubeconfig, err) == 0)
		chosen = kubeconfig_choose(config, settings->context, choice, err);
	kubeconfig_free(config);
	if (chosen == 0 && !settings->kubeconfig)
		chosen = choose_account(choice);
	if (chosen < 0)
		return -1;
	if (chosen > 0)
		return 0;
	if (settings->kubeconfig)
		return error_set(err, ERROR_CONFIG, 0,
				 "--kubeconfig %s: no context is current; give --context NAME",
				 settings->kubeconfig);
	return error_set(
		err, ERROR_CONFIG, 0,
		"no Kubernetes cluster is configured: give --kubeconfig FILE (and --context "
		"NAME), set KUBECONFIG, or run in a Pod");
}

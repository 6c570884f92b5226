/* Docker's own files: $DOCKER_AUTH_CONFIG, $DOCKER_CONFIG/config.json, ~/.docker/config.json. Read
 * each time, so that a login counts at once. Never shows what is in them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "credentials-priv.h"
#include "docker-helper.h"
#include "dockerconfig.h"

#define FILE_MAX ((size_t)4 * 1024 * 1024)

/* 1: read; 0: there is no such file; -1: err. */
static int
read_file(const char *path, struct buf *out, struct error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;
	char *room;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return error_set_errno(err, "%s", path);
	while ((room = buf_room(out, 4096)) != NULL && (got = read(fd, room, 4096)) != 0) {
		if (got < 0 && errno != EINTR)
			return error_set_errno(err, "%s", path);
		if (got > 0)
			buf_added(out, (size_t)got);
	}
	if (room == NULL)
		return error_set(err, ERROR_CONFIG, 0, "%s is longer than %zu bytes", path,
				 FILE_MAX);
	return 1;
}

static char *
config_path(void)
{
	const char *folder = getenv("DOCKER_CONFIG"), *home = getenv("HOME");

	if (folder != NULL && folder[0] != '\0')
		return alloc_format("%s/config.json", folder);
	if (home == NULL || home[0] == '\0')
		return NULL;
	return alloc_format("%s/.docker/config.json", home);
}

/* docker's order: a helper for this registry, a secret in the file, the helper for all. */
static int
find_in_file(const char *text, size_t len, const struct reference *reference,
	     const char *api_host, struct credential *credential, struct docker_helper *helper,
	     struct error *err)
{
	int found = docker_helper_of_registry(text, len, reference, api_host, helper, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	found = dockerconfig_find(text, len, reference, api_host, credential, err);
	if (found != 0)
		return found;
	return docker_helper_of_store(text, len, reference, helper, err) < 0 ? -1 : 0;
}

int
credentials_docker(const struct reference *reference, const char *api_host,
		   struct credential *credential, struct docker_helper *helper, struct error *err)
{
	const char *variable = getenv("DOCKER_AUTH_CONFIG");
	CLEANUP_FREE char *path = NULL;
	struct buf text = BUF_INIT(FILE_MAX);
	int found = 0;

	*credential = (struct credential){ .user = NULL };
	*helper = (struct docker_helper){ .program = NULL };
	if (variable != NULL && variable[0] != '\0') {
		found = dockerconfig_find(variable, strlen(variable), reference, api_host,
					  credential, err);
		if (found < 0)
			error_prepend(err, "DOCKER_AUTH_CONFIG");
		if (found != 0)
			return found;
	}
	path = config_path();
	if (path == NULL)
		return 0;
	found = read_file(path, &text, err);
	if (found > 0) {
		found = find_in_file(buf_string(&text), text.len, reference, api_host, credential,
				     helper, err);
		if (found < 0)
			error_prepend(err, "%s", path);
	}
	buf_wipe(&text);
	buf_fini(&text);
	return found;
}

/*
 * A variable that somebody set for the shell, or for another program, must not change what the
 * libraries inside a filter do: only what is listed here passes.
 */
#include "environment.h"

#include <stddef.h>
#include <string.h>

#include "../bus/alloc.h"

static const char *const names[] = {
	"PATH",
	"HOME",
	"USER",
	"LANG",
	"TZ",
	"TERM",
	"TMPDIR",
	"NO_COLOR",
	"XDG_RUNTIME_DIR",
	"KUBECONFIG",
	"KUBERNETES_SERVICE_HOST",
	"KUBERNETES_SERVICE_PORT",
	"POD_NAMESPACE",
	"DOCKER_CONFIG",
	"DOCKER_AUTH_CONFIG",
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
	"ASAN_OPTIONS",
	"LSAN_OPTIONS",
	"UBSAN_OPTIONS",
};
static const char *const prefixes[] = { "LC_", "WEIR_" };

static size_t
name_len(const char *variable)
{
	return strcspn(variable, "=");
}

bool
environment_hands_on(const char *variable)
{
	size_t i, len = name_len(variable);

	for (i = 0; i < ALLOC_COUNT(names); i++)
		if (strlen(names[i]) == len && memcmp(names[i], variable, len) == 0)
			return true;
	for (i = 0; i < ALLOC_COUNT(prefixes); i++)
		if (len > strlen(prefixes[i]) &&
		    memcmp(prefixes[i], variable, strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static bool
is_set_in(char *const *list, const char *variable)
{
	size_t len = name_len(variable);

	for (; *list != NULL; list++)
		if (name_len(*list) == len && memcmp(*list, variable, len) == 0)
			return true;
	return false;
}

static size_t
count_of(char *const *list)
{
	size_t count = 0;

	while (list[count] != NULL)
		count++;
	return count;
}

char **
environment_new(char *const *ours, char *const *stage)
{
	char **list = alloc_zero(count_of(ours) + count_of(stage) + 1, sizeof(*list));
	size_t count = 0;

	for (; *ours != NULL; ours++)
		if (environment_hands_on(*ours) && !is_set_in(stage, *ours))
			list[count++] = alloc_string(*ours);
	for (; *stage != NULL; stage++)
		list[count++] = alloc_string(*stage);
	return list;
}

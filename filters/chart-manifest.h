/* What a manifest is: a Helm chart, or what else. Pure: bytes in, an answer out. */
#ifndef WEIR_CHART_MANIFEST_H
#define WEIR_CHART_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

/* The types to ask for; without all of them registries convert or say 404. */
#define CHART_MANIFEST_ACCEPT                                   \
	"application/vnd.oci.image.manifest.v1+json, "          \
	"application/vnd.oci.image.index.v1+json, "             \
	"application/vnd.docker.distribution.manifest.v2+json, " \
	"application/vnd.docker.distribution.manifest.list.v2+json"

#define CHART_CONFIG_TYPE "application/vnd.cncf.helm.config.v1+json"

/* True: an image manifest whose config is a Helm chart's. False: not, and *what (owned by the
 * caller) says what it is, to stand behind "it is": "an index of images, no chart". The answer's
 * Content-Type decides nothing. */
bool chart_manifest_is_chart(const char *body, size_t len, char **what);

#endif

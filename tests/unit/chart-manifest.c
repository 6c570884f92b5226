/* Unit test of filters/chart-manifest.c. */
#include "../../filters/chart-manifest.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define CONFIG(type) "\"config\":{\"mediaType\":\"" type "\",\"digest\":\"sha256:0\",\"size\":2}"

static const struct {
	const char *body;
	const char *what; /* NULL: a chart */
} rows[] = {
	{ "{\"schemaVersion\":2," CONFIG("application/vnd.cncf.helm.config.v1+json") ",\"layers\":[]}",
	  NULL },
	{ "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\","
	  CONFIG("application/vnd.cncf.helm.config.v1+json") "}\n", NULL },
	{ "{" CONFIG("application/vnd.oci.image.config.v1+json") "}",
	  "no Helm chart (its config is of type application/vnd.oci.image.config.v1+json)" },
	{ "{\"manifests\":[]," CONFIG("application/vnd.cncf.helm.config.v1+json") "}",
	  "an index of images, no chart" },
	{ "{\"schemaVersion\":1,\"fsLayers\":[]}", "a manifest without a config, no chart" },
	{ "{\"config\":[]}", "a manifest without a config, no chart" },
	{ "{\"config\":{}}", "no Helm chart (its config is of type that cannot be read)" },
	{ "{" CONFIG("a\\u001b[31m") "}", "no Helm chart (its config is of type that cannot be read)" },
	{ "{" CONFIG("application/vnd.cncf.helm.config.v1+json ") "}",
	  "no Helm chart (its config is of type that cannot be read)" },
	{ "{" CONFIG("Application/vnd.cncf.helm.config.v1+json") "}",
	  "no Helm chart (its config is of type Application/vnd.cncf.helm.config.v1+json)" },
	{ "<html>", "no valid JSON" },
	{ "", "no valid JSON" },
	{ "[]", "a manifest without a config, no chart" },
};

int
main(void)
{
	char *what;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		bool is = chart_manifest_is_chart(rows[i].body, strlen(rows[i].body), &what);

		check(is == (rows[i].what == NULL), "%s", rows[i].body);
		check_text(what, rows[i].what, "what it is");
		free(what);
	}
	return check_done();
}

/* See chart-manifest.h. */
#include "chart-manifest.h"

#include <string.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/json.h"

#define TYPE_MAX ((size_t)128)

static const struct json_limits limits = { .depth = 64, .containers = 50000, .values = 300000 };

/* A media type that may be shown; else NULL. Owned by the caller. */
static char *
type_of(struct json_slice config)
{
	struct json_slice value = json_member(config, "mediaType");
	struct buf type = BUF_INIT(TYPE_MAX);
	char *text = NULL;

	if (value.text != NULL && json_is_string(value) && json_string(value, &type) &&
	    type.len > 0 &&
	    strspn(buf_string(&type), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789!#$&-^_.+/") == type.len)
		text = alloc_string(buf_string(&type));
	buf_fini(&type);
	return text;
}

bool
chart_manifest_is_chart(const char *body, size_t len, char **what)
{
	struct json_slice whole = { body, len }, config;
	CLEANUP_FREE char *type = NULL;

	*what = NULL;
	if (json_check(body, len, &limits, NULL) != 0) {
		*what = alloc_string("no valid JSON");
		return false;
	}
	if (json_is_array(json_member(whole, "manifests"))) {
		*what = alloc_string("an index of images, no chart");
		return false;
	}
	config = json_member(whole, "config");
	if (config.text == NULL || !json_is_object(config)) {
		*what = alloc_string("a manifest without a config, no chart");
		return false;
	}
	type = type_of(config);
	if (type != NULL && strcmp(type, CHART_CONFIG_TYPE) == 0)
		return true;
	*what = alloc_format("no Helm chart (its config is of type %s)",
			     type != NULL ? type : "that cannot be read");
	return false;
}

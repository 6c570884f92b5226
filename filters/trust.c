/* See trust.h. */
#include "trust.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/table.h"
#include "url.h"

struct trust {
	const char *dir;
	struct table *hosts; /* host -> struct host_trust */
};

struct host_trust {
	struct http_tls tls;
	char *file;
};

static void
free_host(void *value)
{
	struct host_trust *host = value;

	free(host->file);
	free(host);
}

struct trust *
trust_open(const char *dir)
{
	struct trust *trust = alloc_zero(1, sizeof(*trust));

	trust->dir = dir;
	trust->hosts = table_new(free_host);
	return trust;
}

void
trust_close(struct trust *trust)
{
	if (trust == NULL)
		return;
	table_free(trust->hosts);
	free(trust);
}

/* A host's syntax has no slash and no empty label: the name leads out of no folder. */
static struct host_trust *
host_at(struct trust *trust, const char *name)
{
	struct host_trust *host = table_get(trust->hosts, name, strlen(name));

	if (host != NULL)
		return host;
	host = alloc_zero(1, sizeof(*host));
	host->file = alloc_format("%s/%s", trust->dir, name);
	host->tls.ca_file = host->file;
	host->tls.ca_added = true;
	table_put(trust->hosts, name, strlen(name), host);
	return host;
}

const struct http_tls *
trust_of(struct trust *trust, const char *url)
{
	struct host_trust *host;
	struct url parsed;

	if (url_parse(&parsed, url, NULL) != 0)
		return NULL;
	host = host_at(trust, parsed.host);
	return access(host->file, R_OK) == 0 ? &host->tls : NULL;
}

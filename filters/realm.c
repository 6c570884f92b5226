/* See realm.h. */
#include "realm.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "url.h"

/* libpsl, loaded when it is needed, which is seldom; libcurl is linked to it as well. */
struct suffixes {
	const void *(*builtin)(void);
	const char *(*registrable_domain)(const void *list, const char *domain);
};

static bool
load_suffixes(struct suffixes *suffixes)
{
	void *library = dlopen("libpsl.so.5", RTLD_LAZY | RTLD_LOCAL);
	void *builtin, *domain;

	if (library == NULL)
		return false;
	builtin = dlsym(library, "psl_builtin");
	domain = dlsym(library, "psl_registrable_domain");
	memcpy(&suffixes->builtin, &builtin, sizeof(builtin));
	memcpy(&suffixes->registrable_domain, &domain, sizeof(domain));
	return builtin != NULL && domain != NULL;
}

/* Domains that strangers share, though the list does not say so: a neighbour is nobody's own. */
static bool
is_shared(const char *domain)
{
	static const char *const shared[] = { "aliyuncs.com", "amazonaws.com", "azurecr.cn",
					      "azurecr.io", "azurecr.us", "jfrog.io",
					      "myhuaweicloud.com", "ocir.io", "pkg.dev" };
	size_t i;

	for (i = 0; i < ALLOC_COUNT(shared); i++)
		if (strcmp(domain, shared[i]) == 0)
			return true;
	return false;
}

/* Below one domain that somebody could register: auth.example.com and registry.example.com, but not
 * a.co.uk and b.co.uk, by the public suffix list. Without the list: no. */
static bool
is_same_domain(const char *a, const char *b)
{
	struct suffixes suffixes;
	const void *list;
	const char *domain_a, *domain_b;

	if (url_host_is_address(a) || url_host_is_address(b) || !load_suffixes(&suffixes))
		return false;
	list = suffixes.builtin();
	domain_a = list != NULL ? suffixes.registrable_domain(list, a) : NULL;
	domain_b = list != NULL ? suffixes.registrable_domain(list, b) : NULL;
	return domain_a != NULL && domain_b != NULL && strcmp(domain_a, domain_b) == 0 &&
	       !is_shared(domain_a);
}

/* host: any port of it; host:port: that one. */
static bool
is_trusted(const struct url *url, const char *trusted)
{
	struct url other;
	char *text = alloc_format("%s://%s", url->is_https ? "https" : "http", trusted);
	bool ok = url_parse(&other, text, NULL) == 0 && other.rest[0] == '\0' &&
		  strcmp(other.host, url->host) == 0;
	bool has_port = ok && other.authority[other.authority_len - 1] != ']' &&
			memchr(other.authority, ':', other.authority_len) != NULL;

	if (ok && other.authority[0] == '[')
		has_port = other.authority[other.authority_len - 1] != ']';
	ok = ok && (!has_port || other.port == url->port);
	free(text);
	return ok;
}

static bool
is_same_host(const struct url *registry, const struct url *realm)
{
	if (strcmp(registry->host, realm->host) != 0)
		return false;
	return registry->port == realm->port || !url_host_is_loopback(realm->host);
}

static int
judge(const struct url *registry, const struct url *realm, const char *const *trusted,
      size_t trusted_count, bool *foreign, struct error *err)
{
	size_t i;

	if (registry->is_https && !realm->is_https)
		return error_set(err, ERROR_DENIED, 0,
				 "realm-untrusted: the registry is https, but names a token server "
				 "that is http");
	*foreign = false;
	for (i = 0; i < trusted_count; i++)
		if (is_trusted(realm, trusted[i]))
			return 0;
	if (is_same_host(registry, realm))
		return 0;
	*foreign = true;
	if (is_same_domain(registry->host, realm->host))
		return 0;
	return error_set(err, ERROR_DENIED, 0,
			 "realm-untrusted: the registry names the token server %s:%u, which is "
			 "neither on its host nor in its domain; if that is right: --realm %s:%u",
			 realm->host, realm->port, realm->host, realm->port);
}

int
realm_check(const char *registry_url, const char *realm, const char *const *trusted,
	    size_t trusted_count, char **url, bool *foreign, struct error *err)
{
	struct url from, to;

	*url = NULL;
	if (url_parse(&from, registry_url, err) != 0)
		return error_prepend(err, "the registry");
	*url = url_resolve(&from, registry_url, realm);
	if (url_parse(&to, *url, err) != 0) {
		error_prepend(err, "realm-untrusted: the token server that the registry names");
		if (err != NULL)
			err->kind = ERROR_DENIED;
	} else if (judge(&from, &to, trusted, trusted_count, foreign, err) == 0) {
		return 0;
	}
	free(*url);
	*url = NULL;
	return -1;
}

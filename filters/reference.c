/* See reference.h. */
#include "reference.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../bus/alloc.h"
#include "url.h"

static bool
is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* What may stand between words: one dot, one or two underscores, any number of dashes.
 * Gives its length; 0: something else. */
static size_t
separator(const char *text, size_t len)
{
	size_t n = 1;

	if (text[0] == '.')
		return 1;
	if (text[0] == '_')
		return len > 1 && text[1] == '_' ? 2 : 1;
	if (text[0] != '-')
		return 0;
	while (n < len && text[n] == '-')
		n++;
	return n;
}

/* Words joined by separators. */
static bool
is_component(const char *text, size_t len)
{
	size_t at = 0, joint;

	for (;;) {
		size_t word = at;

		while (at < len && is_word_byte(text[at]))
			at++;
		if (at == word)
			return false;
		if (at == len)
			return true;
		joint = separator(text + at, len - at);
		if (joint == 0)
			return false;
		at += joint;
	}
}

bool
reference_is_path(const char *path)
{
	size_t len;

	for (;; path += len + 1) {
		len = strcspn(path, "/");
		if (!is_component(path, len))
			return false;
		if (path[len] == '\0')
			return true;
	}
}

/* Where the port begins in "host:port" or "[v6]:port"; len: there is none. */
static size_t
port_at(const char *text, size_t len)
{
	const char *close = len > 0 && text[0] == '[' ? memchr(text, ']', len) : NULL;
	const char *colon = close != NULL ? close + 1 : memchr(text, ':', len);

	return colon != NULL && colon < text + len && *colon == ':' ? (size_t)(colon - text) : len;
}

static bool
read_port(unsigned *port, const char *text, size_t len)
{
	size_t i;

	*port = 0;
	for (i = 0; i < len && i < 6; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*port = *port * 10 + (unsigned)(text[i] - '0');
	}
	return len > 0 && len < 6 && *port > 0 && *port < 65536;
}

static bool
is_docker_hub(const char *host)
{
	return strcmp(host, "docker.io") == 0 || strcmp(host, "index.docker.io") == 0 ||
	       strcmp(host, "registry-1.docker.io") == 0;
}

char *
reference_host(const char *text, size_t len)
{
	size_t colon = port_at(text, len);
	char host[URL_HOST_MAX];
	unsigned port = 443;

	if (!url_host(host, text, colon))
		return NULL;
	if (colon < len && !read_port(&port, text + colon + 1, len - colon - 1))
		return NULL;
	if (port == 443 && is_docker_hub(host))
		return alloc_string("docker.io");
	if (port == 443)
		return alloc_string(host);
	return alloc_format("%s:%u", host, port);
}

/* host and the rest of the text behind its slash; takes path. */
static int
fill(struct reference *reference, const char *text, size_t host_len, char *path, struct error *err)
{
	*reference = (struct reference){ .host = reference_host(text, host_len), .path = path };
	if (reference->host == NULL) {
		reference_fini(reference);
		return error_set(err, ERROR_INPUT, 0, "its registry is no valid host[:port]");
	}
	if (!reference_is_path(path)) {
		reference_fini(reference);
		return error_set(err, ERROR_INPUT, 0,
				 "its path is no valid repository name (lower-case letters, "
				 "digits, separators . _ - inside, slashes)");
	}
	if (strcmp(reference->host, "docker.io") == 0 && strchr(path, '/') == NULL) {
		reference->path = alloc_format("library/%s", path);
		free(path);
	}
	reference->text = alloc_format("%s/%s", reference->host, reference->path);
	if (strlen(reference->text) > REFERENCE_MAX) {
		reference_fini(reference);
		return error_set(err, ERROR_INPUT, 0, "it is longer than %d bytes", REFERENCE_MAX);
	}
	return 0;
}

static const char *
without_scheme(const char *text)
{
	return strncasecmp(text, "oci://", 6) == 0 ? text + 6 : text;
}

/* Without slashes at the end. */
static size_t
trimmed_length(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '/')
		len--;
	return len;
}

int
reference_parse(struct reference *reference, const char *text, struct error *err)
{
	size_t len, host_len;

	if (strstr(text, "://") != NULL && strncasecmp(text, "oci://", 6) != 0)
		return error_set(err, ERROR_INPUT, 0,
				 "it has another scheme than oci:// (an OCI registry is meant)");
	text = without_scheme(text);
	len = trimmed_length(text);
	host_len = strcspn(text, "/");
	if (host_len >= len)
		return error_set(err, ERROR_INPUT, 0,
				 "it has no path (wanted: registry host/path/to/repository)");
	return fill(reference, text, host_len, alloc_text(text + host_len + 1, len - host_len - 1),
		    err);
}

int
reference_of_source(struct reference *reference, const char *repo_url, const char *chart,
		    struct error *err)
{
	size_t len, host_len;
	char *path;

	if (strstr(repo_url, "://") != NULL && strncasecmp(repo_url, "oci://", 6) != 0)
		return error_set(err, ERROR_INPUT, 0, "repoURL is not an OCI registry");
	repo_url = without_scheme(repo_url);
	len = trimmed_length(repo_url);
	host_len = strcspn(repo_url, "/");
	if (host_len >= len)
		path = alloc_string(chart);
	else
		path = alloc_format("%.*s/%s", (int)(len - host_len - 1), repo_url + host_len + 1,
				    chart);
	if (fill(reference, repo_url, host_len < len ? host_len : len, path, err) != 0)
		return error_prepend(err, "repoURL and chart name no repository");
	return 0;
}

void
reference_fini(struct reference *reference)
{
	free(reference->host);
	free(reference->path);
	free(reference->text);
	*reference = (struct reference){ .host = NULL };
}

bool
reference_is_below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	return len == 0 ||
	       (strncmp(path, prefix, len) == 0 && (path[len] == '/' || path[len] == '\0'));
}

bool
reference_is_tag(const char *text, size_t len)
{
	size_t i;

	if (len == 0 || len > REFERENCE_TAG_MAX || text[0] == '.' || text[0] == '-')
		return false;
	for (i = 0; i < len; i++) {
		char c = text[i];

		if (!is_word_byte(c) && !(c >= 'A' && c <= 'Z') && c != '_' && c != '.' && c != '-')
			return false;
	}
	return true;
}

char *
reference_tag_of(const char *version)
{
	char *tag = alloc_string(version), *at;

	for (at = tag; (at = strchr(at, '+')) != NULL;)
		*at = '_';
	return tag;
}

bool
reference_is_digest(const char *text)
{
	return strncmp(text, "sha256:", 7) == 0 && strlen(text) == 71 &&
	       strspn(text + 7, "0123456789abcdef") == 64;
}

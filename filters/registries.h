/*
 * registries.conf, as the systems that weir replaces read it: strictly, so that a key that is
 * misspelled is an error and not a default. Pure: from text; opens no file that it names.
 */
#ifndef WEIR_REGISTRIES_H
#define WEIR_REGISTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bus/error.h"
#include "reference.h"

struct registries_entry {
	char *name;
	char *host, *path; /* of prefix; host NULL: the default registry, without a prefix */
	char *api_url;	   /* http:// or https://, without a slash at its end */
	char *credentials; /* a credential source; NULL: none */
	char *default_namespace; /* before names of one segment; NULL: none */
	char *ca_file, *ca_data; /* trusted beside the system's CAs; NULL: none */
	int64_t credentials_expire_ms; /* 0: never */
	double limit;	 /* requests per second; 0: no limit */
	bool is_insecure; /* TLS is not verified */
	bool is_default;
};

struct registries;

#define REGISTRIES_MAX ((size_t)1024 * 1024) /* of a text */

/* CONFIG error that names the entry and the key; nothing of a broken file is used. */
struct registries *registries_parse(const char *text, size_t len, struct error *err);
void registries_free(struct registries *registries); /* NULL is fine */
size_t registries_count(const struct registries *registries);
const struct registries_entry *registries_at(const struct registries *registries, size_t i);
/* Would a repository be asked in the same way by two entries (NULL: none)? */
bool registries_is_same(const struct registries_entry *a, const struct registries_entry *b);
/* The entry with this host and the longest path above the repository's; NULL: none. */
const struct registries_entry *registries_find(const struct registries *registries,
					       const struct reference *reference);

#endif

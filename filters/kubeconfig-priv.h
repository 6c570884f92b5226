/* What the files of kubeconfig share: the merged files, and how to read an entry of one. */
#ifndef WEIR_KUBECONFIG_PRIV_H
#define WEIR_KUBECONFIG_PRIV_H

#include "kubeconfig.h"

struct kubeconfig_file {
	char *path;
	jv body;
};

struct kubeconfig {
	struct kubeconfig_file *files;
	size_t count;
};

/* Append to a NULL-ended list (*list may be NULL); takes the text. */
void kubeconfig_list_add(char ***list, char *take);
/* The entry of body (borrowed) called name in the list list_name, owned; invalid: absent. */
jv kubeconfig_entry(jv body, const char *list_name, const char *name);

#define KUBECONFIG_EXEC_GROUP "client.authentication.k8s.io/"

/* The entry that is being read: for texts of errors and for relative paths. */
struct kubeconfig_item {
	const char *path; /* of its file */
	const char *what; /* "user" */
	const char *name;
	jv body; /* owned */
};

/* CONFIG error "FILE: user "NAME": text". Returns -1. */
int kubeconfig_entry_error(const struct kubeconfig_item *entry, struct error *err,
			   const char *text);
/* A text member of object; *out stays NULL when it is absent, null or empty. */
int kubeconfig_read_text(const struct kubeconfig_item *entry, jv object, const char *name,
			 char **out, struct error *err);
int kubeconfig_read_flag(const struct kubeconfig_item *entry, const char *name, bool *out,
			 struct error *err);
/* A path that the entry names, relative to the folder of its file. Takes path. */
char *kubeconfig_resolve(const struct kubeconfig_item *entry, char *path);
int kubeconfig_read_path(const struct kubeconfig_item *entry, const char *name, char **out,
			 struct error *err);
/* A file given by path or in place (NAME-data, base64). */
int kubeconfig_read_file_or_data(const struct kubeconfig_item *entry, const char *name, char **file,
				 char **data, struct error *err);
/* The user of a context; cluster is needed for what an exec plugin is told. */
int kubeconfig_read_user(const struct kubeconfig_item *entry, struct kubeconfig_choice *choice,
			 const struct kubeconfig_item *cluster, struct error *err);

#endif

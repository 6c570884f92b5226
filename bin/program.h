/*
 * Where weir's programs are. Knows folders and names, never what a program does.
 */
#ifndef WEIR_PROGRAM_H
#define WEIR_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#define PROGRAM_NAME_MAX 31

/* [a-z][a-z-]*, at most PROGRAM_NAME_MAX bytes: nothing that could leave a folder. */
bool program_name_is_valid(const char *name);

/* The path of weir's own program NAME, owned by the caller; NULL when there is none. Looked
 * for in $WEIR_LIBEXEC, if that is set; else in the folder of the running program, if that is
 * one of weir's (a tree after make, or libexec/weir: other people's `watch` lies in
 * /usr/bin); else in ../libexec/weir beside that folder; else in PREFIX/libexec/weir. */
char *program_find(const char *name);

/* The path of a pipeline that weir ships, owned by the caller; NULL when it is not there. Looked
 * for in share/weir/pipelines beside the running program's libexec/weir, in the tree that it was
 * built in, and in PREFIX/share/weir/pipelines. */
char *program_pipeline(const char *name);

/* The path of any command as a shell would find it, owned by the caller: absolute; NULL when
 * nothing executable has that name. A name with a slash is taken from the current folder,
 * another is looked for in search (the text of PATH). */
char *program_find_command(const char *name, const char *search);

/* The name among names (count of them) that is nearest to a mistyped one; NULL when none is
 * near. */
const char *program_nearest(const char *mistyped, const char *const *names, size_t count);

#endif

/* One manifest file: opened without following links, read whole, replaced whole or not at all.
 * Knows files; not what is in them. */
#ifndef WEIR_MANIFEST_FILE_H
#define WEIR_MANIFEST_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "../bus/buf.h"
#include "../bus/error.h"

#define MANIFEST_FILE_MAX ((size_t)16 << 20)

struct manifest_file {
	int folder;	  /* the folder it is in; -1: not open */
	char *name;	  /* in that folder */
	struct stat seen; /* as it was when it was read; st_nlink 0: it was not there */
	mode_t mode;	  /* for the new file; 0: the old one's */
	struct buf text;  /* ends with a NUL */
};

/* All bytes of a regular file; inits out (buf_fini it in any case). INPUT: no regular file, or
 * larger than 16 MiB; SYSTEM. */
int manifest_file_read(int fd, struct stat *seen, struct buf *out, struct error *err);

/* open(2) of what lies below the folder base, which may be a link; below it none is followed
 * (ELOOP, ENOTDIR), the last name neither, and nothing in a .git folder is opened (ENOENT). -1 with
 * errno. */
int manifest_file_open_below(const char *base, const char *below, int flags);

/*
 * Open path for an edit and read it. No part of path may be a symbolic link or .git (in any case).
 * CONFLICT: it is not there; DENIED: it may not be written; INPUT; SYSTEM. Close it in any case.
 */
int manifest_file_open(struct manifest_file *file, const char *path, struct error *err);
/* The same, but it need not be there yet. */
int manifest_file_open_or_none(struct manifest_file *file, const char *path, struct error *err);
/*
 * Put text in its place: temporary file beside it, .NAME.weir (one that a killed writer left is
 * taken over), with its owner and mode (see there), fsync, rename, fsync of the folder. CONFLICT:
 * somebody else has written the file since it was opened, or is about to. On failure the old file
 * is in place and the temporary one is gone.
 */
int manifest_file_replace(const struct manifest_file *file, const struct buf *text,
			  struct error *err);
/* Remove it. CONFLICT as above. */
int manifest_file_remove(const struct manifest_file *file, struct error *err);
void manifest_file_close(struct manifest_file *file);

#endif

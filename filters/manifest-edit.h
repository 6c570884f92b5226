/*
 * Change one string in a manifest file, and nothing else: comments, quoting, order, line ends,
 * byte order mark and a missing newline at the end stay as they are. Knows YAML, JSON and
 * files; not what an Application is.
 */
#ifndef WEIR_MANIFEST_EDIT_H
#define WEIR_MANIFEST_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"
#include "manifest-address.h"

struct manifest_test {
	const char *const *path; /* names ended by NULL; an index is written in decimal */
	const char *value;	 /* the string that must stand there; NULL: nothing may; "" where
				  * nothing stands is an INPUT error */
};

/*
 * Make the string at path (of the object at address) read `to`, if every test holds; aliases
 * and merges are followed for tests, never for the value to change. Returns
 *   0   the file was rewritten (dry_run: would have been; nothing was written)
 *   1   `to` stands there already and all tests on other paths hold; nothing was written
 *  -1   nothing was touched:
 *
 * CONFLICT: a test failed (the text names the path), the object or the file is gone, or somebody
 * else wrote the file meanwhile: read again and decide again.
 *
 * INPUT: this file cannot be edited safely, and why. The value is missing, is no string, a block
 * scalar, behind an alias, or carries (or lies in something that carries) an anchor that is used in
 * its document; a key on the path stands there twice; a template; a symbolic link, no regular
 * file, inside .git; a file that does not parse.
 *
 * DENIED: not allowed to write there.
 *
 * SYSTEM: no space, read error, ...: the old file is in place, complete. (Or the new one is, and
 * only its folder could not be synced: the text says so.)
 *
 * The new file has the old one's mode and owner, is fsynced, and takes the old one's place by
 * rename; the folder is fsynced too. Error texts name the file.
 */
int manifest_edit(const struct manifest_address *address, const struct manifest_test *tests,
		  size_t test_count, const char *const *path, const char *to, bool dry_run,
		  struct error *err);

#endif

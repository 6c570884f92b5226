/* Change one string in a manifest file, and nothing else. */
#include "manifest-edit.h"

#include <string.h>

#include "../bus/buf.h"
#include "manifest-file.h"
#include "manifest-splice.h"

static bool
is_json(const char *path)
{
	size_t len = strlen(path);

	return len >= 5 && strcmp(path + len - 5, ".json") == 0;
}

int
manifest_edit(const struct manifest_address *address, const struct manifest_test *tests,
	      size_t test_count, const char *const *path, const char *to, bool dry_run,
	      struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(MANIFEST_FILE_MAX);
	struct manifest_file file;
	int rc = manifest_file_open(&file, address->file, err);

	if (rc == 0)
		rc = manifest_splice(buf_string(&file.text), file.text.len, is_json(address->file),
				     address, tests, test_count, path, to, &text, err);
	if (rc == 0 && !dry_run)
		rc = manifest_file_replace(&file, &text, err);
	manifest_file_close(&file);
	return rc < 0 ? error_prepend(err, "%s", address->file) : rc;
}

/* What passes into a stage. */
#include "../../bin/environment.h"

#include "../../bin/words.h"
#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

static char *ours[] = {
	(char[]){ "PATH=/bin" },     (char[]){ "LD_PRELOAD=/x.so" }, (char[]){ "LC_ALL=C" },
	(char[]){ "LC_" },	     (char[]){ "WEIR_X=1" },	     (char[]){ "PATHS=no" },
	(char[]){ "http_proxy=x" },  (char[]){ "HOME=/root" },	     (char[]){ "PAT=no" },
	(char[]){ "CURL_HOME=/tmp" }, NULL,
};
static char *none[] = { NULL };
static char *stage[] = { (char[]){ "HOME=/tmp" }, (char[]){ "LD_PRELOAD=/y.so" }, NULL };

static void
check_list(char *const *settings, const char *want, const char *name)
{
	char **list = environment_new(ours, settings);
	CLEANUP_BUF struct buf got = BUF_INIT(4096);
	size_t i;

	for (i = 0; list[i] != NULL; i++)
		buf_printf(&got, "%s;", list[i]);
	check_text(buf_string(&got), want, name);
	words_free(list);
}

int
main(void)
{
	check_list(none, "PATH=/bin;LC_ALL=C;WEIR_X=1;HOME=/root;", "only what is on the list");
	check_list(stage, "PATH=/bin;LC_ALL=C;WEIR_X=1;HOME=/tmp;LD_PRELOAD=/y.so;",
		   "the stage's own settings win, and may be any");
	check(environment_hands_on("TZ"), "a name alone");
	check(!environment_hands_on(""), "no name");
	return check_done();
}

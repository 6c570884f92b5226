/* Messages as lines: each type, the columns, and text that must not reach a terminal. */
#include "../../filters/display.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define WHO "\"application\":{\"namespace\":\"d8-delivery\",\"name\":\"myapp\",\"uid\":\"u\"}"
#define CHART                                                                                      \
	"\"repository\":\"r.example/c/myapp\",\"repoURL\":\"r.example/c\",\"chart\":\"myapp\","    \
	"\"constraint\":\"~ 1.0\""
#define APP                                                                                        \
	"{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":\"Application\",\"metadata\":{"         \
	"\"namespace\":\"ns\",\"name\":\"app\",\"annotations\":{"                                  \
	"\"argocd-image-updater.argoproj.io/chart-version\":\"~ 1\"}},\"spec\":"

/* Spaces between columns are written as they are: the first line of each fits the least widths. */
static const struct {
	const char *message, *want;
} rows[] = {
	{ "{\"type\":\"RESULT\"," WHO "," CHART ",\"from\":\"1.0.0\",\"to\":\"1.0.3\","
	  "\"status\":\"patched\"}",
	  "d8-delivery/myapp         1.0.0 → 1.0.3     ~ 1.0    patched\n" },
	{ "{\"type\":\"UPDATE\"," WHO ",\"source\":2," CHART ",\"from\":\"\",\"to\":\"1.0.3\","
	  "\"note\":\"n\",\"origin\":{\"file\":\"a/b.yaml\",\"document\":0}}",
	  "d8-delivery/myapp[2]      none → 1.0.3      ~ 1.0    update; note: n  (a/b.yaml)\n" },
	{ "{\"type\":\"HOLD\",\"application\":{\"namespace\":\"\",\"name\":\"x\"}," CHART
	  ",\"current\":\"1.0.3\",\"reason\":\"already the newest\"}",
	  "x                         1.0.3             ~ 1.0    held: already the newest\n" },
	{ "{\"type\":\"RESULT\"," WHO "," CHART ",\"current\":\"1.0.3\",\"status\":\"unchanged\","
	  "\"reason\":\"r\"}",
	  "d8-delivery/myapp         1.0.3             ~ 1.0    held: r\n" },
	{ "{\"type\":\"HOLD\"," WHO "," CHART ",\"reason\":\"r\",\"considered\":["
	  "{\"tag\":\"1.0.3\",\"taken\":true,\"reason\":\"newest\"},"
	  "{\"tag\":\"1.1.0-long\",\"taken\":false,\"reason\":\"not within ~ 1.0\"}]}",
	  "d8-delivery/myapp                           ~ 1.0    held: r\n"
	  "    + 1.0.3       newest\n"
	  "    - 1.1.0-long  not within ~ 1.0\n" },
	{ "{\"type\":\"ERROR\",\"filter\":\"tag-scan\",\"about\":{\"repository\":\"r.example/c\"},"
	  "\"reason\":\"no answer\"}",
	  "r.example/c               error: tag-scan: no answer\n" },
	{ "{\"type\":\"ERROR\",\"filter\":\"watch\",\"about\":{\"file\":\"a.yaml\",\"line\":3},"
	  "\"reason\":\"bad\\nnews\"}",
	  "a.yaml:3                  error: watch: bad news\n" },
	{ "{\"type\":\"ERROR\",\"filter\":\"watch\",\"about\":{\"line\":3},\"reason\":\"r\"}",
	  "line 3                    error: watch: r\n" },
	{ "{\"type\":\"ERROR\",\"filter\":\"watch\",\"about\":{" WHO ",\"source\":1},"
	  "\"reason\":\"r\"}",
	  "d8-delivery/myapp[1]      error: watch: r\n" },
	{ "{\"type\":\"ERROR\",\"filter\":\"apply\",\"about\":{\"object\":{\"metadata\":{"
	  "\"namespace\":\"n\",\"name\":\"m\"}}},\"reason\":\"r\"}",
	  "n/m                       error: apply: r\n" },
	{ "{\"type\":\"ERROR\",\"filter\":\"watch\",\"reason\":\"r\"}",
	  "watch                     error: r\n" },
	{ "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"message\":\"too old\"}}",
	  "-                         error: too old\n" },
	{ "{\"type\":\"TAGS\",\"repository\":\"r.example/c\",\"complete\":true,\"tags\":[\"1\"],"
	  "\"applications\":[{},{}]}",
	  "r.example/c               1 tag                      listed for 2 applications\n" },
	{ "{\"type\":\"TAGS\",\"repository\":\"r.example/c\",\"complete\":false,\"tags\":[],"
	  "\"applications\":[{}]}",
	  "r.example/c               0 tags                     incomplete for 1 application\n" },
	{ "{\"type\":\"PUSH\",\"repository\":\"r.example/c\",\"tag\":\"1.0.3\"}",
	  "r.example/c               1.0.3                      pushed\n" },
	{ "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{"
	  "\"namespace\":\"argocd\",\"name\":\"repo-x\"},\"data\":{\"password\":\"c2VjcmV0\"},"
	  "\"stringData\":{\"password\":\"canary\"}}}",
	  "argocd/repo-x             Secret                     apply\n" },
	{ "{\"type\":\"PRUNE\",\"object\":{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\"}}}",
	  "m                         ConfigMap                  prune\n" },
	{ "{\"type\":\"RESULT\",\"object\":{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\"}},"
	  "\"status\":\"failed\",\"reason\":\"r\"}",
	  "m                         ConfigMap                  failed: r\n" },
	{ "{\"type\":\"APPLY\",\"subresource\":\"status\",\"object\":{\"kind\":\"WerfSource\","
	  "\"metadata\":{\"name\":\"m\"}}}",
	  "m                         WerfSource/status           apply\n" },
	{ "{\"type\":\"RESULT\",\"object\":{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\"}},"
	  "\"status\":\"dry-run\",\"diff\":[{\"path\":\".a\",\"from\":\"x\",\"to\":\"y\"},"
	  "{\"path\":\".b\",\"to\":\"\\u001b[31m\"},{\"path\":\".c\",\"from\":\"z\"},{\"path\":\".d\"},7,{}]}",
	  "m                         ConfigMap                  dry-run\n"
	  "    ~ .a  x → y\n    + .b  \\x1b[31m\n    - .c  z\n    - .d\n    - \n" },
	{ "{\"type\":\"RESULT\",\"object\":{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\"}},"
	  "\"status\":\"applied\",\"diff\":[{\"path\":\".a\",\"from\":\"1\\n2\\n3\\n4\\n\",\"to\":\"1\\nb\\n"
	  "c\\n4\\n\"},{\"path\":\".b\",\"to\":\"1\\n\\n2\"},{\"path\":\".c\",\"from\":\"1\\n2\",\"to\":\"2\"},"
	  "{\"path\":\".d\",\"from\":\"a\\n\",\"to\":\"a\\na\\n\"}]}",
	  "m                         ConfigMap                  applied\n"
	  "    ~ .a\n        - 2\n        - 3\n        + b\n        + c\n"
	  "    + .b\n        + 1\n        + \n        + 2\n    ~ .c\n        - 1\n        - 2\n"
	  "        + 2\n    ~ .d\n        + a\n" },
	{ "{\"type\":\"RESULT\",\"object\":{\"kind\":\"Secret\",\"metadata\":{\"name\":\"m\"}},\"status\":"
	  "\"applied\",\"diff\":[{\"path\":\".data.x\",\"from\":\"canary\",\"to\":\"canary\\n\"},"
	  "{\"path\":\".type\",\"to\":\"t\"},{\"path\":\".metadata.annotations.x\",\"to\":\"canary\"}]}",
	  "m                         Secret                     applied\n"
	  "    ~ .data.x  (secret)\n    + .type  t\n    + .metadata.annotations.x  (secret)\n" },
	{ "{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{"
	  "\"namespace\":\"n\",\"name\":\"m\"},\"data\":{\"a\":\"canary\"}}}",
	  "n/m                       Secret                     added\n" },
	{ "{\"type\":\"DELETED\",\"object\":{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"m\"}},"
	  "\"origin\":{\"file\":\"f.yaml\",\"document\":1}}",
	  "m                         Namespace                  deleted  (f.yaml)\n" },
	{ "{\"type\":\"MODIFIED\",\"object\":" APP "{\"source\":{\"repoURL\":\"r/c\",\"chart\":\"x\","
	  "\"targetRevision\":\"1.0.0\"}}}}",
	  "ns/app                    1.0.0             ~ 1      modified: r/c/x\n" },
	{ "{\"type\":\"ADDED\",\"object\":" APP "{\"sources\":[{\"repoURL\":\"git\",\"path\":\"p\"},"
	  "{\"repoURL\":\"r\",\"chart\":\"x\",\"targetRevision\":\"1\"},"
	  "{\"repoURL\":\"r\",\"chart\":\"y\",\"targetRevision\":\"2\"}]}}}",
	  "ns/app[1]                 1                 ~ 1      added: r/x\n"
	  "ns/app[2]                 2                 ~ 1      added: r/y\n" },
	{ "{\"type\":\"BOOKMARK\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\"}}", "" },
	{ "{\"type\":\"MINE\",\"trace\":\"t\",\"by\":\"me\",\"n\":1}",
	  "MINE                      {\"by\":\"me\",\"n\":1}\n" },
	/* Each member is of a wrong type: no crash, and still a line. */
	{ "{\"type\":\"UPDATE\",\"application\":1,\"source\":{},\"from\":[],\"considered\":{}}",
	  "-                                                    update\n" },
	{ "{\"type\":\"HOLD\",\"application\":{\"name\":7},\"considered\":[1,{\"tag\":2}]}",
	  "-                                                    held\n    -           \n" },
	{ "{\"type\":\"TAGS\",\"tags\":{},\"applications\":3}",
	  "-                         0 tags                     incomplete for 0 applications\n" },
	{ "{\"type\":\"ADDED\",\"object\":[]}",
	  "-                                                    added\n" },
	{ "{\"type\":\"ERROR\",\"about\":7,\"filter\":{},\"reason\":null}",
	  "-                         error\n" },
	{ "{\"type\":\"RESULT\",\"object\":null,\"status\":3}",
	  "-                                                    \n" },
};

static void
show(struct display *display, const char *text, struct buf *out)
{
	struct message message;
	struct error err;

	if (message_open(&message, text, strlen(text), &err) < 0) {
		buf_printf(out, "%s", err.text);
		return;
	}
	display_message(display, &message, out);
	message_close(&message);
}

static void
check_text_made_harmless(void)
{
	static const char *const texts[][2] = {
		{ "plain ä → ж 漢", "plain ä → ж 漢" },
		{ "a\x1b[31mb\x07\x7f", "a\\x1b[31mb\\x07\\x7f" },
		{ "a\nb\tc\rd", "a b c\\x0dd" },
		{ "\xc2\x9b" "31m", "\\u{9b}31m" },
		{ "a\xe2\x80\xae" "b\xe2\x81\xa6" "c", "a\\u{202e}b\\u{2066}c" },
		{ "\xe2\x80\x8b\xef\xbb\xbf", "\\u{200b}\\u{feff}" },
		{ "\xf3\xa0\x81\x81", "\\u{e0041}" },
		{ "\xf0\x9f\x9a\x80", "\xf0\x9f\x9a\x80" },
		{ "\xc3", "\\xc3" },
		{ "\xff\xe2\x80", "\\xff\\xe2\\x80" },
	};
	size_t i;

	for (i = 0; i < ALLOC_COUNT(texts); i++) {
		CLEANUP_BUF struct buf out = BUF_INIT(256);

		display_text(&out, texts[i][0]);
		check_text(buf_string(&out), texts[i][1], texts[i][1]);
	}
	check_number((long long)display_width("a → ж"), 5, "columns are characters");
}

static void
check_columns(void)
{
	static const char long_name[] =
		"{\"type\":\"HOLD\",\"application\":{\"namespace\":\"a-long-namespace\",\"name\":"
		"\"a-long-application\"},\"constraint\":\"c\",\"reason\":\"r\"}";
	static const char too_long[] =
		"{\"type\":\"HOLD\",\"application\":{\"namespace\":"
		"\"a-very-very-very-very-very-long-namespace\",\"name\":\"and-a-very-long-name\"},"
		"\"reason\":\"r\"}";
	static const char after[] = "{\"type\":\"HOLD\",\"application\":{\"namespace\":\"a\","
				    "\"name\":\"b\"},\"constraint\":\"c\",\"reason\":\"r\"}";
	CLEANUP_BUF struct buf out = BUF_INIT(4096);
	struct display display = { .colour = false };

	show(&display, long_name, &out);
	show(&display, too_long, &out);
	show(&display, after, &out);
	check_text(buf_string(&out),
		   "a-long-namespace/a-long-application                    c        held: r\n"
		   "a-very-very-very-very-very-long-namespace/and-a-very-long-name"
		   "                             held: r\n"
		   "a/b                                                    c        held: r\n",
		   "columns widen, up to a bound");
}

static void
check_colours(void)
{
	CLEANUP_BUF struct buf out = BUF_INIT(4096);
	struct display display = { .colour = true };

	show(&display, rows[0].message, &out);
	check_text(buf_string(&out),
		   "d8-delivery/myapp         1.0.0 → 1.0.3     ~ 1.0    \033[32mpatched\033[0m\n",
		   "a colour for what became of it, and nothing else moves");
}

static void
check_other_is_cut(void)
{
	CLEANUP_BUF struct buf text = BUF_INIT(4096);
	CLEANUP_BUF struct buf out = BUF_INIT(4096);
	struct display display = { .colour = false };
	int i;

	buf_append_string(&text, "{\"type\":\"MINE\",\"x\":\"");
	for (i = 0; i < 300; i++)
		buf_append_string(&text, "ж");
	buf_append_string(&text, "\"}");
	show(&display, buf_string(&text), &out);
	check(out.len > 200 && out.len < 240 && strcmp(out.data + out.len - 6, "ж...\n") == 0,
	      "a long one is cut between characters: %s", buf_string(&out));
}

static void
check_gone(const char *key, size_t len, const char *want, const char *name)
{
	CLEANUP_BUF struct buf out = BUF_INIT(4096);
	struct display display = { .colour = false };

	display_gone(&display, key, len, &out);
	check_text(buf_string(&out), want, name);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_BUF struct buf out = BUF_INIT(4096);
		struct display display = { .colour = false };

		show(&display, rows[i].message, &out);
		check_text(buf_string(&out), rows[i].want, rows[i].message);
		check(strstr(buf_string(&out), "canary") == NULL, "  nothing secret");
	}
	check_text_made_harmless();
	check_columns();
	check_colours();
	check_other_is_cut();
	check_gone("u\0ns\0app\0" "2", 10, "ns/app[2]                                            gone\n",
		   "a key that has vanished");
	check_gone("o\0argoproj.io\0Application\0ns\0app", 31,
		   "ns/app                    Application                gone\n", "an object");
	check_gone("a\0\0Secret\0ns\0s\0", 15,
		   "ns/s                      Secret                     gone\n", "what was asked for one");
	check_gone("t\0r\0", 4, "", "a repository: nothing");
	check_gone("x", 1, "", "no key of weir's");
	return check_done();
}

/*
 * filters/conf-feed.c, through a filter in a child that reads events: what it takes for the
 * ConfigMap, when registries.conf is known, and what is said about a broken one.
 */
#include "../../filters/conf-feed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define OURS "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"namespace\":\"" \
	     "d8-delivery\",\"name\":\"registries\"},\"data\":{"
#define GOOD "\"registries.conf\":\"registries: []\""
#define OTHER_GOOD "\"registries.conf\":\"registries: [{name: a, prefix: a.example, api_url: " \
		   "'https://a.example'}]\""
#define BROKEN "\"registries.conf\":\"registries: [{nmae: x}]\""
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define ADDED(data) EVENT("ADDED", OURS data "}}")
#define MODIFIED(data) EVENT("MODIFIED", OURS data "}}")
#define DELETED EVENT("DELETED", OURS "}}")
#define ABOUT "|error ConfigMap d8-delivery/registries: "
#define STAYS "; what it said before stays in use"
#define WAITS "; no registry is asked before it is right"

struct reader {
	struct filter *filter;
	struct access *access;
	struct conf_feed *feed;
};

static void
note(struct reader *reader, const char *what)
{
	filter_emit(reader->filter, jv_object_set(jv_object_set(jv_object(), jv_string("type"),
		    jv_string("NOTE")), jv_string("note"), jv_string(what)));
}

static void
on_known(void *arg)
{
	note(arg, "known");
}

static void
on_change(void *arg)
{
	note(arg, "change");
}

static void
on_message(void *arg, struct message *message)
{
	struct reader *reader = arg;

	note(reader, conf_feed_take(reader->feed, message) ? "taken" : "not taken");
}

static void
on_complete(void *arg, bool proven)
{
	struct reader *reader = arg;

	(void)proven;
	conf_feed_complete(reader->feed);
}

static void
on_end(void *arg)
{
	struct reader *reader = arg;

	conf_feed_end(reader->feed);
	note(reader, conf_feed_is_known(reader->feed) ? "end, known" : "end");
}

static void
on_close(void *arg)
{
	struct reader *reader = arg;

	conf_feed_free(reader->feed);
	access_close(reader->access);
}

static int
reader_main(const char *configmap)
{
	static const enum message_type consumed[] = { MESSAGE_ADDED, MESSAGE_MODIFIED,
						      MESSAGE_DELETED, MESSAGE_OTHER };
	static const struct filter_callbacks callbacks = { .on_message = on_message,
		.on_complete = on_complete, .on_end = on_end, .on_close = on_close };
	static const struct option_row options[] = { { .name = NULL } };
	const struct filter_program program = { .name = "reader", .synopsis = "", .summary = "",
						.options = options, .consumes = consumed };
	struct access_settings settings = { .configmap = configmap };
	static char name[] = "reader";
	char *words[] = { name, NULL };
	struct reader reader;
	struct error err;

	reader.filter = filter_open(&program, 1, words);
	reader.access = access_open(filter_loop(reader.filter), &settings, on_change, &reader, &err);
	if (reader.access == NULL)
		return filter_fail(reader.filter, &err);
	reader.feed = conf_feed_new(reader.filter, reader.access, &settings, on_known,
					  &reader);
	return filter_run(reader.filter, &callbacks, &reader);
}

/* Standard input and output of the child: files that have no name any more. */
static int
scratch(const char *text)
{
	char name[] = "/tmp/weir-feed.XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0 || unlink(name) != 0 || write(fd, text, strlen(text)) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

/* "|taken|known|error REASON..." of what it wrote. */
static char *
summary(int fd)
{
	struct buf text = BUF_INIT((size_t)65536), out = BUF_INIT((size_t)65536);
	char *line, *next, *copy;
	ssize_t got;

	lseek(fd, 0, SEEK_SET);
	while ((got = read(fd, buf_room(&text, 4096), 4096)) > 0)
		buf_added(&text, (size_t)got);
	copy = alloc_string(buf_string(&text));
	for (line = copy; (next = strchr(line, '\n')) != NULL; line = next) {
		jv message;

		*next++ = '\0';
		message = jv_parse(line);
		if (message_string(message, "note") != NULL)
			buf_printf(&out, "|%s", message_string(message, "note"));
		else
			buf_printf(&out, "|error %s", message_string(message, "reason"));
		jv_free(message);
	}
	free(copy);
	copy = alloc_string(buf_string(&out));
	buf_fini(&text);
	buf_fini(&out);
	return copy;
}

static void
expect_of(const char *configmap, const char *events, const char *wanted, const char *name)
{
	int in = scratch(events), out = scratch(""), quiet = open("/dev/null", O_WRONLY);
	CLEANUP_FREE char *got = NULL;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(quiet, 2) < 0)
			_exit(99);
		exit(reader_main(configmap));
	}
	waitpid(pid, NULL, 0);
	got = summary(out);
	check_text(got, wanted, name);
	close(in);
	close(out);
	close(quiet);
}

static void
expect(const char *events, const char *wanted, const char *name)
{
	expect_of("registries", events, wanted, name);
}

static void
test_which(void)
{
	expect(ADDED(GOOD), "|change|known|taken|end, known", "the ConfigMap");
	expect(EVENT("ADDED", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{"
			      "\"namespace\":\"tenant\",\"name\":\"registries\"},\"data\":{" GOOD "}}"),
	       "|not taken" ABOUT "it is not there (with the key registries.conf)" WAITS "|end",
	       "one of this name in another namespace is never taken");
	expect(EVENT("ADDED", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{"
			      "\"name\":\"registries\"},\"data\":{" GOOD "}}"),
	       "|not taken" ABOUT "it is not there (with the key registries.conf)" WAITS "|end",
	       "nor one without a namespace");
	expect(EVENT("ADDED", "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{"
			      "\"namespace\":\"d8-delivery\",\"name\":\"registries\"},\"data\":{" GOOD
			      "}}")
	       EVENT("ADDED", "{\"apiVersion\":\"x/v1\",\"kind\":\"ConfigMap\",\"metadata\":{"
			      "\"namespace\":\"d8-delivery\",\"name\":\"registries\"},\"data\":{" GOOD
			      "}}") ADDED(GOOD),
	       "|not taken|not taken|change|known|taken|end, known", "nor another kind");
	expect_of(NULL, ADDED(GOOD), "|not taken|end, known",
		  "when none is wanted, none is taken, and nothing is waited for");
}

static void
test_changes(void)
{
	expect(ADDED(GOOD) MODIFIED(GOOD ",\"x\":\"y\""), "|change|known|taken|taken|end, known",
	       "another key has changed: nothing has");
	expect(ADDED(GOOD) MODIFIED(OTHER_GOOD), "|change|known|taken|change|taken|end, known",
	       "a new one is used in place");
	expect(ADDED(GOOD) MODIFIED(BROKEN) MODIFIED(BROKEN) MODIFIED(GOOD),
	       "|change|known|taken" ABOUT "registries.conf: registries[0]: nmae is no key that is "
	       "known (name prefix api_url ping credentials credsexpire tagsortmode insecure "
	       "ca_file ca_data defaultns limit default)" STAYS
	       "|taken|taken|change|taken|end, known", "a broken one is told once");
	expect(ADDED(GOOD) MODIFIED(""),
	       "|change|known|taken" ABOUT "it has no key registries.conf" STAYS
	       "|taken|end, known", "the key has gone");
	expect(ADDED(GOOD) DELETED ADDED(GOOD),
	       "|change|known|taken" ABOUT "it was deleted" STAYS "|taken|change|taken|end, known",
	       "deleted: the last one stays");
}

static void
test_beginnings(void)
{
	expect("", ABOUT "it is not there (with the key registries.conf)" WAITS "|end",
	       "the input ends without it");
	expect(ADDED("\"registries.conf\":\"a: b: c\"") ADDED(GOOD),
	       ABOUT "registries.conf: line 1, column 5: mapping values are not allowed in this "
	       "context" WAITS "|taken|change|known|taken|end, known", "broken at first");
	expect(ADDED("\"registries.conf\":1"), ABOUT "it has no key registries.conf" WAITS
	       "|taken|end", "not a text");
	expect(DELETED, "|taken" ABOUT "it is not there (with the key registries.conf)" WAITS
	       "|end", "deleted before it was known");
}

int
main(void)
{
	test_which();
	test_changes();
	test_beginnings();
	return check_done();
}

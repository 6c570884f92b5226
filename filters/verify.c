/*
 * verify: the first candidate of an UPDATE that exists and is a Helm chart, with its digest; or a
 * HOLD that says what was wrong with each. Knows the order of candidates and when to ask again;
 * not versions' rules, and must not write to a cluster.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/filter.h"
#include "../bus/frame.h"
#include "conf-feed.h"
#include "retry.h"
#include "verify-priv.h"

#define RETRY_BASE_MS 5000
#define RETRY_CAP_MS 300000
#define REASON_MAX ((size_t)1500)

struct verify {
	struct filter *filter;
	struct access *access;
	struct access_settings access_settings;
	struct conf_feed *registries;
	struct verdicts *verdicts;
	struct question *questions, **last;
	bool is_ended;
};

/* One UPDATE that has no answer yet. */
struct question {
	struct verify *self;
	struct question *next, **prev;
	struct update update;
	size_t at;	       /* in update.versions */
	char *credential;      /* as judged again */
	struct buf refusals;   /* what was wrong with those before */
	struct filter_work *work; /* NULL: still inside on_message */
	struct verdict_wait *wait;
	struct loop_timer retry;
	unsigned failures;
	char *reported; /* the last failure's text */
};

static void advance(struct question *question);

/* --- ends --- */

static void
free_question(struct question *question)
{
	struct filter_work *work = question->work;

	*question->prev = question->next;
	if (question->next != NULL)
		question->next->prev = question->prev;
	else
		question->self->last = question->prev;
	loop_timer_stop(filter_loop(question->self->filter), &question->retry);
	if (question->wait != NULL)
		verdict_cancel(question->wait);
	update_fini(&question->update);
	buf_fini(&question->refusals);
	free(question->credential);
	free(question->reported);
	free(question);
	if (work != NULL)
		filter_work_end(work);
}

static void
emit(struct question *question, const struct buf *text)
{
	struct error err;

	if (text->overflowed) {
		error_set(&err, ERROR_INPUT, 0, "an UPDATE is too long to be passed on");
		filter_error(question->self->filter, update_about(&question->update), &err);
	} else {
		filter_emit_text(question->self->filter, buf_string(text), text->len);
	}
	free_question(question);
}

static void
hold(struct question *question, const char *why)
{
	struct buf text = BUF_INIT(FRAME_MAX), reason = BUF_INIT(REASON_MAX);

	buf_append_string(&reason, why);
	buf_append(&reason, buf_string(&question->refusals), question->refusals.len);
	update_write_hold(&question->update, buf_string(&reason), &text);
	emit(question, &text);
	buf_fini(&reason);
	buf_fini(&text);
}

static void
take(struct question *question, const char *digest)
{
	struct buf text = BUF_INIT(FRAME_MAX);

	update_write(&question->update, question->at, digest, &text);
	emit(question, &text);
	buf_fini(&text);
}

/* --- candidates --- */

/* ", 1.1.0 is an index of images, no chart" behind what was said of those before it. */
static void
refuse(struct question *question, const char *what)
{
	const char *version = question->update.versions[question->at];

	buf_printf(&question->refusals, "%s%s %s", question->at > 0 ? "; " : ": ", version, what);
	question->at++;
}

/* True: it is a chart, and the question is answered. */
static bool
judge(struct question *question, const struct verdict *verdict)
{
	CLEANUP_FREE char *what = NULL;

	if (verdict->is_chart) {
		take(question, verdict->digest);
		return true;
	}
	what = verdict->exists ? alloc_format("is %s", verdict->what) :
				 alloc_string("is listed, but does not exist");
	refuse(question, what);
	return false;
}

/* What has waited goes on. */
static void
go_on(void *arg)
{
	struct question *question = arg;

	if (filter_work_is_stale(question->work)) {
		free_question(question);
		return;
	}
	filter_work_resume(question->work);
	advance(question);
}

/* Said once, until it says something else; asked again while the UPDATE stands. */
static void
fail(struct question *question, const struct error *err)
{
	struct verify *self = question->self;
	const struct update *update = &question->update;
	struct error failure = *err;

	error_prepend(&failure, "%s:%s", update->reference.text, update->versions[question->at]);
	if (question->reported == NULL || strcmp(question->reported, failure.text) != 0)
		filter_error(self->filter, update_about(update), &failure);
	free(question->reported);
	question->reported = alloc_string(failure.text);
	if (self->is_ended) {
		free_question(question);
		return;
	}
	question->failures++;
	loop_timer_start(filter_loop(self->filter), &question->retry,
			 retry_delay_ms(question->failures, RETRY_BASE_MS, RETRY_CAP_MS,
					retry_random()),
			 go_on, question);
	filter_work_rest(question->work);
}

static void
on_verdict(void *arg, const struct verdict *verdict, const struct error *err)
{
	struct question *question = arg;

	question->wait = NULL;
	if (filter_work_is_stale(question->work)) {
		free_question(question);
		return;
	}
	filter_work_resume(question->work);
	if (err != NULL)
		fail(question, err);
	else if (!judge(question, verdict))
		advance(question);
}

/* True: there is nothing to ask about the candidate whose turn it is. */
static bool
is_settled(struct question *question)
{
	const struct update *update = &question->update;

	if (question->at >= update->count) {
		hold(question, "no candidate is a chart");
	} else if (strcmp(update->versions[question->at], update->from) == 0) {
		hold(question, "already at the newest chart");
	} else if (update_is_backwards(update, question->at)) {
		hold(question, "nothing newer than the current version is a chart");
	} else {
		return false;
	}
	return true;
}

/* True: this candidate is answered, or waited for. */
static bool
look(struct question *question)
{
	const struct update *update = &question->update;
	CLEANUP_FREE char *tag = reference_tag_of(update->versions[question->at]);
	const struct verdict *verdict;

	if (!reference_is_tag(tag, strlen(tag))) {
		refuse(question, "is no legal tag");
		return false;
	}
	verdict = verdicts_get(question->self->verdicts, &update->reference, question->credential,
			       tag, on_verdict, question, &question->wait);
	if (verdict != NULL)
		return judge(question, verdict);
	if (question->work == NULL)
		question->work = filter_work_start(question->self->filter);
	return true;
}

/* From the candidate whose turn it is to the first that settles it or must be waited for. */
static void
advance(struct question *question)
{
	while (!is_settled(question) && !look(question))
		;
}

/* --- the harness calls --- */

static struct question *
new_question(struct verify *self)
{
	struct question *question = alloc_zero(1, sizeof(*question));

	question->self = self;
	buf_init(&question->refusals, REASON_MAX - 100);
	question->prev = self->last;
	*self->last = question;
	self->last = &question->next;
	return question;
}

/* What a message names may be named by its Application? tag-scan asked this too, but a message
 * may come from anybody. */
static int
judge_credential(struct question *question, struct error *err)
{
	const struct update *update = &question->update;

	if (update->credential == NULL)
		return 0;
	return access_credential(question->self->access, update->credential, update->namespace,
				 &question->credential, err);
}

static void
ask(struct verify *self, struct message *message)
{
	struct question *question = new_question(self);
	struct error err;

	if (update_read(&question->update, message, &err) != 0 ||
	    judge_credential(question, &err) != 0) {
		filter_error(self->filter, update_about(&question->update), &err);
		free_question(question);
	} else if (conf_feed_is_known(self->registries)) {
		advance(question);
	} else {
		question->work = filter_work_start(self->filter);
	}
}

static void
on_message(void *arg, struct message *message)
{
	struct verify *self = arg;

	if (message->type == MESSAGE_UPDATE)
		ask(self, message);
	else if (!conf_feed_take(self->registries, message))
		filter_pass(self->filter, message);
}

static void
on_gone(void *arg, const char *key, size_t len)
{
	struct verify *self = arg;

	conf_feed_gone(self->registries, key, len);
}

static void
on_complete(void *arg, bool proven)
{
	struct verify *self = arg;

	(void)proven;
	conf_feed_complete(self->registries);
}

static void
stop(struct verify *self)
{
	struct question *question, *next;

	for (question = self->questions; question != NULL; question = next) {
		next = question->next;
		free_question(question);
	}
}

static void
on_end(void *arg)
{
	struct verify *self = arg;

	self->is_ended = true;
	if (conf_feed_is_known(self->registries))
		return;
	conf_feed_end(self->registries);
	stop(self);
}

/* What waits asks now: for registries.conf to be known, or after a failure, which may have had its
 * reason there. */
static void
on_registries(void *arg)
{
	struct verify *self = arg;
	struct question *question, *next;

	for (question = self->questions; question != NULL; question = next) {
		next = question->next;
		if (question->wait == NULL && question->work != NULL)
			loop_timer_start(filter_loop(self->filter), &question->retry, 0, go_on,
					 question);
	}
}

/* What has no answer yet is asked again by whoever starts next. */
static void
on_stop(void *arg)
{
	stop(arg);
}

static void
on_close(void *arg)
{
	struct verify *self = arg;

	stop(self);
	conf_feed_free(self->registries);
	verdicts_free(self->verdicts);
	access_close(self->access);
}

static const struct filter_callbacks callbacks = {
	.on_message = on_message,
	.on_gone = on_gone,
	.on_complete = on_complete,
	.on_end = on_end,
	.on_stop = on_stop,
	.on_close = on_close,
};

static int
open_self(struct verify *self, struct error *err)
{
	if (filter_operands(self->filter)->count > 0)
		return error_set(err, ERROR_USAGE, 0, "it takes no operands");
	if (filter_is_sharded(self->filter) && self->access_settings.configmap != NULL)
		return error_set(err, ERROR_USAGE, 0,
				 "--shard and --registries-configmap exclude each other: one "
				 "shard alone would get the ConfigMap; use --registries FILE");
	self->access = access_open(filter_loop(self->filter), &self->access_settings,
				   on_registries, self, err);
	if (self->access == NULL)
		return -1;
	self->last = &self->questions;
	self->registries = conf_feed_new(self->filter, self->access, &self->access_settings,
					       on_registries, self);
	self->verdicts = verdicts_new(filter_loop(self->filter), self->access);
	return 0;
}

int
main(int argc, char **argv)
{
	static const enum message_type consumes[] = { MESSAGE_UPDATE, MESSAGE_ADDED,
						      MESSAGE_MODIFIED, MESSAGE_DELETED,
						      MESSAGE_OTHER };
	static struct verify self;
	const struct option_row options[] = {
		ACCESS_OPTIONS(self.access_settings),
		{ .name = NULL },
	};
	const struct filter_program program = {
		.name = "verify",
		.synopsis = "[option ...]",
		.summary = "Look at what an UPDATE would write: does it exist, is it a chart?",
		.options = options,
		.consumes = consumes,
	};
	struct error err;

	self.filter = filter_open(&program, argc, argv);
	if (open_self(&self, &err) != 0)
		return filter_fail(self.filter, &err);
	return filter_run(self.filter, &callbacks, &self);
}

/* Text mode: the tags of repositories that a person names, in the order of the questions. */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/json.h"
#include "../bus/log.h"
#include "tag-scan-priv.h"

struct question {
	struct tag_text *text;
	struct question *next;
	struct reference reference;
	struct access_task *task;
	char *name, *tags; /* tags: the inside of a JSON array, once they are listed */
	bool is_answered, is_bad;
	struct error err;
};

struct tag_text {
	struct filter *filter;
	struct access *access;
	struct question *first, **last;
	struct filter_work *work; /* until all is answered */
	bool is_ended;
	int *status;
};

static void
print_tags(struct filter *filter, const char *tags)
{
	CLEANUP_FREE char *array = alloc_format("[%s]", tags);
	struct json_slice whole = { array, strlen(array) }, tag;
	size_t cursor = 0;

	while (json_next(whole, &cursor, NULL, &tag))
		filter_print(filter, tag.text + 1, tag.len - 2);
}

static void
free_question(struct question *question)
{
	access_cancel(question->task);
	if (question->reference.text != NULL)
		reference_fini(&question->reference);
	free(question->name);
	free(question->tags);
	free(question);
}

/* The first failure decides the exit status. */
static void
fail(struct tag_text *text, const struct question *question)
{
	log_error("%s: %s", question->name, question->err.text);
	filter_failed(text->filter);
	if (*text->status == 0)
		*text->status = error_exit_status(&question->err);
}

/* Answers go out in order; when all have, the work is done. */
static void
flush(struct tag_text *text)
{
	struct question *question;
	struct filter_work *work = text->work;

	while ((question = text->first) != NULL && question->is_answered) {
		text->first = question->next;
		if (text->first == NULL)
			text->last = &text->first;
		if (question->is_bad)
			fail(text, question);
		else
			print_tags(text->filter, question->tags);
		free_question(question);
	}
	if (!text->is_ended || text->first != NULL || work == NULL)
		return;
	text->work = NULL;
	filter_work_end(work);
}

static void
on_tags(void *arg, const struct tag_list *list, const struct error *err)
{
	struct question *question = arg;

	question->task = NULL;
	question->is_answered = true;
	question->is_bad = err != NULL;
	if (err != NULL)
		question->err = *err;
	else
		question->tags = alloc_text(buf_string(&list->text), list->text.len);
	flush(question->text);
}

void
tag_text_add(struct tag_text *text, const char *repository)
{
	struct question *question = alloc_zero(1, sizeof(*question));

	if (text->work == NULL)
		text->work = filter_work_start(text->filter);
	question->text = text;
	question->name = alloc_string(repository);
	*text->last = question;
	text->last = &question->next;
	if (reference_parse(&question->reference, repository, &question->err) != 0)
		question->is_answered = question->is_bad = true;
	else
		question->task = access_tags(text->access, &question->reference, NULL, on_tags,
					     question);
	flush(text);
}

void
tag_text_end(struct tag_text *text)
{
	text->is_ended = true;
	flush(text);
}

struct tag_text *
tag_text_new(struct filter *filter, struct access *access, int *status)
{
	struct tag_text *text = alloc_zero(1, sizeof(*text));

	text->filter = filter;
	text->access = access;
	text->last = &text->first;
	text->status = status;
	return text;
}

void
tag_text_free(struct tag_text *text)
{
	struct question *question;

	if (text == NULL)
		return;
	while ((question = text->first) != NULL) {
		text->first = question->next;
		free_question(question);
	}
	free(text);
}

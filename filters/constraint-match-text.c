/* Text mode: tags in, one per line or as operands; what a rule allows out, newest first. */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/log.h"
#include "constraint-match-priv.h"

static struct choose_rule
text_rule(const struct constraint_match *self)
{
	struct choose_rule rule = match_rule(self);

	rule.constraint = self->constraint != NULL ? self->constraint : "";
	rule.current = self->current;
	rule.strategy = self->strategy;
	rule.allow_tags = self->allow_tags;
	rule.ignore_tags = self->ignore_tags;
	rule.matches_max = 0;
	return rule;
}

int
match_text_check(const struct constraint_match *self, struct error *err)
{
	struct choose_tags *none = choose_tags_new(NULL, 0, NULL);
	struct choose_rule rule = text_rule(self);
	struct choose_decision decision;
	int result = choose(&decision, none, &rule, err);

	choose_decision_fini(&decision);
	choose_tags_free(none);
	if (result == -1)
		err->kind = ERROR_USAGE;
	return result;
}

void
match_text_line(struct constraint_match *self, const char *line, size_t len)
{
	struct error err;

	while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
		len--;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (len == 0)
		return;
	if (buf_append(&self->lines, line, len) && buf_append_char(&self->lines, '\n'))
		return;
	error_set(&err, ERROR_INPUT, 0, "more than %zu bytes of tags", self->lines.max);
	filter_die(self->filter, &err);
}

/* The lines as tags; those that are none are counted and left out. */
static struct semver_text *
split_lines(const struct buf *lines, size_t *count)
{
	struct semver_text *tags = alloc_zero(lines->len / 2 + 1, sizeof(*tags));
	const char *line = buf_string(lines), *end = line + lines->len;
	size_t illegal = 0;

	*count = 0;
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)(newline - line);

		if (match_is_legal(line, len))
			tags[(*count)++] = (struct semver_text){ line, len };
		else
			illegal++;
		line = newline + 1;
	}
	if (illegal > 0)
		log_warning("lines that can be no tags were left out: %zu", illegal);
	return tags;
}

static void
print_considered(struct constraint_match *self, const struct choose_decision *decision)
{
	size_t width = 0;

	for (size_t i = 0; i < decision->considered_count; i++)
		if (decision->considered[i].tag.len > width)
			width = decision->considered[i].tag.len;
	for (size_t i = 0; i < decision->considered_count; i++) {
		const struct choose_considered *row = &decision->considered[i];
		CLEANUP_FREE char *line =
			alloc_format("%.*s%*s  %-5s  %s", (int)row->tag.len, row->tag.text,
				     (int)(width - row->tag.len), "", row->taken ? "taken" : "-",
				     row->reason);

		filter_print(self->filter, line, strlen(line));
	}
}

/* Without --current every match is an answer; with it the one version to go to. */
static void
print_answer(struct constraint_match *self, const struct choose_decision *decision)
{
	size_t count = self->current == NULL ? decision->match_count : decision->update ? 1 : 0;

	if (self->explain)
		print_considered(self, decision);
	for (size_t i = 0; i < count && !self->explain; i++)
		filter_print(self->filter, decision->matches[i], strlen(decision->matches[i]));
	if (decision->note != NULL)
		log_warning("%s", decision->note);
	if (count > 0)
		return;
	log_error("%s", decision->reason);
	filter_failed(self->filter);
}

void
match_text_end(struct constraint_match *self)
{
	struct choose_rule rule = text_rule(self);
	struct choose_decision decision;
	struct error err;
	size_t count;
	struct semver_text *texts = split_lines(&self->lines, &count);
	struct choose_tags *tags =
		choose_tags_new(texts, count, buf_string(&self->lines) + self->lines.len);

	if (choose(&decision, tags, &rule, &err) == 0)
		print_answer(self, &decision);
	else
		filter_error(self->filter, jv_invalid(), &err);
	choose_decision_fini(&decision);
	choose_tags_free(tags);
	free(texts);
}

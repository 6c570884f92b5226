/*
 * constraint-match: TAGS in, UPDATE or HOLD out for every source that follows them. Knows
 * how decisions are asked for and told; what is decided is choose.h's matter. Touches no
 * network, no files and no cluster.
 */
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/filter.h"
#include "../bus/frame.h"
#include "../bus/json.h"
#include "constraint-match-priv.h"
#include "follower.h"

#define LINES_MAX ((size_t)64 * 1024 * 1024)

static const char *const dialect_choices[] = { "v3", "v1", NULL };

struct choose_rule
match_rule(const struct constraint_match *self)
{
	return (struct choose_rule){
		.dialect = self->dialect == 1 ? SEMVER_V1 : SEMVER_V3,
		.dialect_given = self->dialect >= 0, .pin_ranges = self->pin_ranges,
		.explain = self->explain, .matches_max = MATCHES_MAX + 1,
	};
}

/* --- telling --- */

static void
append_member(struct buf *out, const char *name, struct json_slice value)
{
	if (value.text == NULL)
		return;
	buf_printf(out, "\"%s\":", name);
	follower_append_compact(out, value);
	buf_append_char(out, ',');
}

static void
append_text(struct buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	buf_printf(out, "\"%s\":", name);
	json_quote(out, text, strlen(text));
	buf_append_char(out, ',');
}

static void
append_candidates(struct buf *out, const struct choose_decision *decision)
{
	if (decision->match_count < 2)
		return;
	buf_append_string(out, "\"candidates\":[");
	for (size_t i = 1; i < decision->match_count; i++) {
		buf_append_string(out, i > 1 ? "," : "");
		json_quote(out, decision->matches[i], strlen(decision->matches[i]));
	}
	buf_append_string(out, "],");
}

static void
append_considered(struct buf *out, const struct choose_decision *decision)
{
	buf_append_string(out, "\"considered\":[");
	for (size_t i = 0; i < decision->considered_count; i++) {
		const struct choose_considered *row = &decision->considered[i];

		buf_append_string(out, i > 0 ? ",{\"tag\":" : "{\"tag\":");
		json_quote(out, row->tag.text, row->tag.len);
		buf_printf(out, ",\"taken\":%s,\"reason\":\"%s\"}", row->taken ? "true" : "false",
			   row->reason);
	}
	buf_append_string(out, "],");
}

static void
append_decision(struct buf *out, const struct listing *listing, const struct follower *follower,
		const struct choose_decision *decision)
{
	append_member(out, "repository", listing->repository);
	append_member(out, "repoURL", follower->repo_url);
	append_member(out, "chart", follower->chart);
	append_member(out, "constraint", follower->constraint);
	if (!decision->update) {
		append_member(out, "current", follower->current);
		append_text(out, "reason", decision->reason);
		return;
	}
	append_member(out, "credential", listing->credential);
	append_member(out, "from", follower->current);
	append_text(out, "to", decision->matches[0]);
	append_candidates(out, decision);
	append_text(out, "note", decision->note);
}

/* False: it fills more than a message. */
static bool
emit(struct constraint_match *self, const struct listing *listing,
     const struct follower *follower, const struct choose_decision *decision, bool explain)
{
	CLEANUP_BUF struct buf out = BUF_INIT(FRAME_MAX);
	const char *trace = filter_trace(self->filter);

	buf_printf(&out, "{\"type\":\"%s\",", decision->update ? "UPDATE" : "HOLD");
	append_text(&out, "trace", trace[0] != '\0' ? trace : NULL);
	follower_append_names(follower, &out);
	append_decision(&out, listing, follower, decision);
	if (explain)
		append_considered(&out, decision);
	if (out.overflowed)
		return false;
	out.data[out.len - 1] = '}'; /* for the last comma */
	filter_emit_text(self->filter, out.data, out.len);
	return true;
}

/* --- errors --- */

/* {"application":...,"repository":...} */
static jv
about(const struct listing *listing, const struct follower *follower)
{
	CLEANUP_BUF struct buf text = BUF_INIT(FRAME_MAX);

	buf_append_char(&text, '{');
	if (follower != NULL)
		follower_append_names(follower, &text);
	append_member(&text, "repository", listing->repository);
	if (text.len == 1 || text.overflowed)
		return jv_invalid();
	text.data[text.len - 1] = '}';
	return jv_parse(buf_string(&text));
}

/* follower: NULL when it is about all of them. */
static void
report(struct constraint_match *self, const struct listing *listing,
       const struct follower *follower, struct error *err)
{
	CLEANUP_BUF struct buf repository = BUF_INIT(4096);

	if (follower != NULL && follower->label != NULL)
		error_prepend(err, "%s", follower->label);
	else if (json_string(listing->repository, &repository))
		error_prepend(err, "%s", buf_string(&repository));
	filter_error(self->filter, about(listing, follower), err);
}

/* --- deciding --- */

static void
decide(struct constraint_match *self, const struct listing *listing,
       const struct follower *follower)
{
	struct choose_rule rule = match_rule(self);
	struct choose_decision decision;
	struct error err;

	rule.constraint = follower->rule;
	rule.current = follower->revision;
	rule.strategy = follower->strategy;
	rule.allow_tags = follower->allow_tags;
	rule.ignore_tags = follower->ignore_tags;
	if (choose(&decision, listing->tags, &rule, &err) == -1) {
		report(self, listing, follower, &err);
		return;
	}
	if (!emit(self, listing, follower, &decision, decision.considered != NULL) &&
	    !emit(self, listing, follower, &decision, false)) {
		error_set(&err, ERROR_INPUT, 0, "the decision fills more than a message");
		report(self, listing, follower, &err);
	}
	choose_decision_fini(&decision);
}

static void
take_follower(struct constraint_match *self, const struct listing *listing,
	      struct json_slice value, size_t place)
{
	struct follower follower;
	struct error err;

	if (follower_read(&follower, value, &err) == 0) {
		decide(self, listing, &follower);
	} else {
		error_prepend(&err, "applications[%zu]", place);
		report(self, listing, &follower, &err);
	}
	follower_fini(&follower);
}

/* --- TAGS --- */

static void
on_message(void *arg, struct message *message)
{
	struct constraint_match *self = arg;
	struct json_slice applications = message_member(message, "applications"), value;
	struct listing listing = { .tags = NULL };
	size_t cursor = 0, place = 0;
	struct error err;

	if (match_listing_read(&listing, message, &err) == -1 ||
	    match_is_array(applications, "applications", &err) == -1)
		report(self, &listing, NULL, &err);
	else
		while (json_next(applications, &cursor, NULL, &value))
			take_follower(self, &listing, value, place++);
	match_listing_close(&listing);
}

/* --- text mode --- */

static void
on_line(void *arg, const char *line, size_t len)
{
	match_text_line(arg, line, len);
}

static void
on_end(void *arg)
{
	struct constraint_match *self = arg;

	if (self->text)
		match_text_end(self);
}

static void
on_close(void *arg)
{
	struct constraint_match *self = arg;

	buf_fini(&self->lines);
}

static int
check_options(const struct constraint_match *self, const struct option_list *operands,
	      struct error *err)
{
	const char *const for_text[][2] = {
		{ "--constraint", self->constraint }, { "--current", self->current },
		{ "--strategy", self->strategy },     { "--allow-tags", self->allow_tags },
		{ "--ignore-tags", self->ignore_tags },
	};

	if (self->text)
		return match_text_check(self, err);
	if (operands->count > 0)
		return error_set(err, ERROR_USAGE, 0, "tags as operands ('%s') need --text",
				 operands->items[0]);
	for (size_t i = 0; i < ALLOC_COUNT(for_text); i++)
		if (for_text[i][1] != NULL)
			return error_set(err, ERROR_USAGE, 0,
					 "%s needs --text: messages bring their own rules",
					 for_text[i][0]);
	return 0;
}

/* Lines of text, or the operands in their place. */
static void
begin_text(struct constraint_match *self, const struct option_list *operands)
{
	filter_text(self->filter);
	buf_init(&self->lines, LINES_MAX);
	if (operands->count > 0)
		filter_no_input(self->filter);
	for (size_t i = 0; i < operands->count; i++)
		match_text_line(self, operands->items[i], strlen(operands->items[i]));
}

int
main(int argc, char **argv)
{
	static const enum message_type consumes[] = { MESSAGE_TAGS, MESSAGE_OTHER };
	static const struct filter_callbacks callbacks = { .on_message = on_message,
							   .on_line = on_line,
							   .on_end = on_end,
							   .on_close = on_close };
	struct constraint_match self = { .dialect = -1 };
	const struct option_row options[] = {
		{ .name = "dialect", .kind = OPTION_CHOICE, .arg = "DIALECT",
		  .field = &self.dialect, .choices = dialect_choices,
		  .help = "v3 (Argo CD's) or v1 (the patched Image Updater's)" },
		{ .name = "pin-ranges", .kind = OPTION_FLAG, .field = &self.pin_ranges,
		  .help = "replace a range, or what is no version" },
		{ .name = "explain", .kind = OPTION_FLAG, .field = &self.explain,
		  .help = "tell for every tag why, or why not" },
		{ .name = "text", .kind = OPTION_FLAG, .field = &self.text,
		  .help = "tags in, one per line or as operands; matches out" },
		{ .name = "constraint", .kind = OPTION_STRING, .arg = "TEXT",
		  .field = &self.constraint, .help = "with --text: as chart-version" },
		{ .name = "current", .kind = OPTION_STRING, .arg = "VERSION",
		  .field = &self.current, .help = "with --text: as targetRevision" },
		{ .name = "strategy", .kind = OPTION_STRING, .arg = "WORD",
		  .field = &self.strategy, .help = "with --text: semver or alphabetical" },
		{ .name = "allow-tags", .kind = OPTION_STRING, .arg = "any|regexp:RE",
		  .field = &self.allow_tags, .help = "with --text: only these tags" },
		{ .name = "ignore-tags", .kind = OPTION_STRING, .arg = "GLOBS",
		  .field = &self.ignore_tags, .help = "with --text: none of these tags" },
		{ .name = NULL },
	};
	const struct filter_program program = {
		.name = "constraint-match",
		.synopsis = "[option ...] [tag ...]",
		.summary = "Decides which tag each source of an Application should have.",
		.options = options,
		.consumes = consumes,
	};
	struct error err;

	self.filter = filter_open(&program, argc, argv);
	if (check_options(&self, filter_operands(self.filter), &err) == -1)
		return filter_fail(self.filter, &err);
	if (self.text)
		begin_text(&self, filter_operands(self.filter));
	return filter_run(self.filter, &callbacks, &self);
}

/*
 * libyaml's events with byte offsets and bounds. libyaml counts characters, leaves out a byte
 * order mark and takes more characters for line breaks than an editor does: the translation is
 * here, and nowhere else.
 */
#include "yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h> /* NOLINT(readability-duplicate-include): this one is libyaml's */

#include "alloc.h"

#define BYTES_MAX ((size_t)16 << 20)
#define EVENTS_MAX 2000000
#define DEPTH_MAX 64
#define ANCHORS_MAX 1000 /* in one document */

/* A character of the text; index as libyaml counts it, line and column as an editor does,
 * all from 0. */
struct place {
	size_t byte, index, line, column;
};

struct yaml_reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the one handed out last */
	const char *text;
	size_t len;
	size_t first;	 /* bytes of a byte order mark */
	struct place at; /* of the last event's start */
	size_t events;
	unsigned depth, anchors;
	bool flow[DEPTH_MAX + 1]; /* per level; [0]: outside everything */
};

static const char utf8_mark[] = "\xef\xbb\xbf";

struct yaml_reader *
yaml_open(const char *text, size_t len, struct error *err)
{
	struct yaml_reader *reader;

	if (len > BYTES_MAX) {
		error_set(err, ERROR_INPUT, 0, "larger than 16 MiB");
		return NULL;
	}
	if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
		error_set(err, ERROR_INPUT, 1, "line 1, column 1: UTF-16 is not read, only UTF-8");
		return NULL;
	}
	reader = alloc_zero(1, sizeof(*reader));
	reader->text = text;
	reader->len = len;
	if (len >= 3 && memcmp(text, utf8_mark, 3) == 0)
		reader->first = 3;
	reader->at.byte = reader->first;
	if (!yaml_parser_initialize(&reader->parser))
		abort(); /* out of memory */
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, len);
	return reader;
}

void
yaml_close(struct yaml_reader *reader)
{
	if (reader == NULL)
		return;
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
	free(reader);
}

/* --- places --- */

static void
step(const struct yaml_reader *reader, struct place *at)
{
	char c = reader->text[at->byte++];

	at->index++;
	if (c == '\n' ||
	    (c == '\r' && (at->byte == reader->len || reader->text[at->byte] != '\n'))) {
		at->line++;
		at->column = 0;
	} else {
		at->column++;
	}
	while (at->byte < reader->len && ((unsigned char)reader->text[at->byte] & 0xc0) == 0x80)
		at->byte++;
}

/* The place of libyaml's character number index. Events come in the order of the text, so going
 * on from the last one makes this linear. */
static struct place
find_index(const struct yaml_reader *reader, struct place from, size_t index)
{
	if (index < from.index)
		from = (struct place){ .byte = reader->first };
	while (from.index < index && from.byte < reader->len)
		step(reader, &from);
	return from;
}

static struct place
find_byte(const struct yaml_reader *reader, size_t byte)
{
	struct place at = { .byte = reader->first };

	while (at.byte < byte && at.byte < reader->len)
		step(reader, &at);
	return at;
}

static int
fail_at(struct place at, const char *what, const char *where, struct error *err)
{
	return error_set(err, ERROR_INPUT, (int)(at.line + 1), "line %zu, column %zu: %s%s%s",
			 at.line + 1, at.column + 1, what, where != NULL ? " " : "",
			 where != NULL ? where : "");
}

/* libyaml's own texts are constants: they say what, and never quote. */
static int
parse_error(const struct yaml_reader *reader, struct error *err)
{
	const yaml_parser_t *parser = &reader->parser;
	struct place at;

	if (parser->error == YAML_MEMORY_ERROR)
		abort();
	if (parser->error == YAML_READER_ERROR)
		return fail_at(find_byte(reader, parser->problem_offset), parser->problem, NULL,
			       err);
	at = find_index(reader, reader->at, parser->problem_mark.index);
	if (at.byte < reader->len && reader->text[at.byte] == '\t' &&
	    parser->error == YAML_SCANNER_ERROR)
		return fail_at(at, "a tab stands where YAML wants blanks", NULL, err);
	return fail_at(at, parser->problem, parser->context, err);
}

/* --- scalars: past anchor and tag, to the token itself --- */

static size_t
skip_word(const struct yaml_reader *reader, size_t i, size_t end)
{
	while (i < end && strchr(" \t\r\n", reader->text[i]) == NULL)
		i++;
	return i;
}

static size_t
skip_blanks(const struct yaml_reader *reader, size_t i, size_t end)
{
	while (i < end && strchr(" \t\r\n#", reader->text[i]) != NULL) {
		if (reader->text[i] == '#')
			while (i < end && reader->text[i] != '\n' && reader->text[i] != '\r')
				i++;
		else
			i++;
	}
	return i;
}

static void
find_token(const struct yaml_reader *reader, struct place *from, size_t end)
{
	size_t i = from->byte;

	while (i < end && (reader->text[i] == '&' || reader->text[i] == '!'))
		i = skip_blanks(reader, skip_word(reader, i, end), end);
	while (from->byte < i)
		step(reader, from);
}

/* --- events --- */

static enum yaml_style
style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return YAML_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return YAML_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		return YAML_BLOCK;
	case YAML_ANY_SCALAR_STYLE:
	case YAML_PLAIN_SCALAR_STYLE:
		break;
	}
	return YAML_PLAIN;
}

static void
read_scalar(struct yaml_reader *reader, struct yaml_event *event)
{
	const yaml_event_t *raw = &reader->event;

	event->kind = YAML_SCALAR;
	event->style = style_of(raw->data.scalar.style);
	event->flow = reader->flow[reader->depth];
	event->value = (const char *)raw->data.scalar.value;
	event->len = raw->data.scalar.length;
	event->anchor = (const char *)raw->data.scalar.anchor;
	event->tag = (const char *)raw->data.scalar.tag;
}

static int
open_collection(struct yaml_reader *reader, struct yaml_event *event, bool flow, struct error *err)
{
	if (reader->depth >= DEPTH_MAX)
		return fail_at(reader->at, "nested too deeply", NULL, err);
	event->flow = flow;
	reader->flow[++reader->depth] = flow;
	return 0;
}

static int
read_mapping(struct yaml_reader *reader, struct yaml_event *event, struct error *err)
{
	const yaml_event_t *raw = &reader->event;

	event->kind = YAML_MAPPING_START;
	event->anchor = (const char *)raw->data.mapping_start.anchor;
	event->tag = (const char *)raw->data.mapping_start.tag;
	return open_collection(reader, event,
			       raw->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE, err);
}

static int
read_sequence(struct yaml_reader *reader, struct yaml_event *event, struct error *err)
{
	const yaml_event_t *raw = &reader->event;

	event->kind = YAML_SEQUENCE_START;
	event->anchor = (const char *)raw->data.sequence_start.anchor;
	event->tag = (const char *)raw->data.sequence_start.tag;
	return open_collection(reader, event,
			       raw->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE, err);
}

static void
close_collection(struct yaml_reader *reader, struct yaml_event *event, enum yaml_kind kind)
{
	event->kind = kind;
	event->flow = reader->flow[reader->depth--];
}

static int
read_document(struct yaml_reader *reader, struct yaml_event *event, struct error *err)
{
	const yaml_event_t *raw = &reader->event;

	event->kind = YAML_DOCUMENT_START;
	reader->anchors = 0;
	if (raw->data.document_start.tag_directives.start !=
	    raw->data.document_start.tag_directives.end)
		return fail_at(reader->at, "%TAG directives are not read", NULL, err);
	return 0;
}

/* What kind of event this is, and what comes with it. */
static int
translate(struct yaml_reader *reader, struct yaml_event *event, struct error *err)
{
	switch (reader->event.type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
		event->kind = YAML_STREAM_END;
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		return read_document(reader, event, err);
	case YAML_DOCUMENT_END_EVENT:
		event->kind = YAML_DOCUMENT_END;
		return 0;
	case YAML_ALIAS_EVENT:
		event->kind = YAML_ALIAS;
		event->value = (const char *)reader->event.data.alias.anchor;
		event->len = strlen(event->value);
		return 0;
	case YAML_SCALAR_EVENT:
		read_scalar(reader, event);
		return 0;
	case YAML_MAPPING_START_EVENT:
		return read_mapping(reader, event, err);
	case YAML_MAPPING_END_EVENT:
		close_collection(reader, event, YAML_MAPPING_END);
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		return read_sequence(reader, event, err);
	case YAML_SEQUENCE_END_EVENT:
		close_collection(reader, event, YAML_SEQUENCE_END);
		return 0;
	}
	return 0;
}

static int
check_bounds(struct yaml_reader *reader, const struct yaml_event *event, struct error *err)
{
	if (++reader->events > EVENTS_MAX)
		return fail_at(reader->at, "more values than a file may hold", NULL, err);
	if (event->anchor != NULL && ++reader->anchors > ANCHORS_MAX)
		return fail_at(reader->at, "more anchors than a document may hold", NULL, err);
	return 0;
}

static int
parse(struct yaml_reader *reader, struct error *err)
{
	do {
		yaml_event_delete(&reader->event);
		if (!yaml_parser_parse(&reader->parser, &reader->event))
			return parse_error(reader, err);
	} while (reader->event.type == YAML_STREAM_START_EVENT);
	return 0;
}

int
yaml_next(struct yaml_reader *reader, struct yaml_event *event, struct error *err)
{
	struct place start;

	memset(event, 0, sizeof(*event));
	if (parse(reader, err) < 0)
		return -1;
	reader->at = find_index(reader, reader->at, reader->event.start_mark.index);
	event->end = find_index(reader, reader->at, reader->event.end_mark.index).byte;
	if (translate(reader, event, err) < 0 || check_bounds(reader, event, err) < 0)
		return -1;
	start = reader->at;
	if (event->kind == YAML_SCALAR)
		find_token(reader, &start, event->end);
	event->start = start.byte;
	event->line = start.line + 1;
	event->column = start.column + 1;
	return 0;
}

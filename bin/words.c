/* Words and quotes, and nothing else of a shell's language. */
#include "words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"

#define BLANKS " \t\r\n"
#define WORD_MAX ((size_t)1024 * 1024)

struct splitter {
	const char *at;
	struct buf word;
	bool is_quoted; /* some part of the word was */
	char **words;
	size_t count;
};

static int
take_single(struct splitter *splitter, struct error *err)
{
	const char *end = strchr(splitter->at, '\'');

	if (end == NULL)
		return error_set(err, ERROR_CONFIG, 0, "a ' is never closed");
	buf_append(&splitter->word, splitter->at, (size_t)(end - splitter->at));
	splitter->at = end + 1;
	return 0;
}

static int
take_double(struct splitter *splitter, struct error *err)
{
	for (; *splitter->at != '"'; splitter->at++) {
		if (*splitter->at == '\\' && (splitter->at[1] == '"' || splitter->at[1] == '\\'))
			splitter->at++;
		if (*splitter->at == '\0')
			return error_set(err, ERROR_CONFIG, 0, "a \" is never closed");
		buf_append_char(&splitter->word, *splitter->at);
	}
	splitter->at++;
	return 0;
}

static int
take_quoted(struct splitter *splitter, char quote, struct error *err)
{
	splitter->is_quoted = true;
	return quote == '"' ? take_double(splitter, err) : take_single(splitter, err);
}

static int
take_protected(struct splitter *splitter, char *c, struct error *err)
{
	splitter->is_quoted = true;
	*c = *splitter->at;
	if (*c == '\0')
		return error_set(err, ERROR_CONFIG, 0, "a \\ at the end protects nothing");
	splitter->at++;
	return 0;
}

static int
take_word(struct splitter *splitter, struct error *err)
{
	char c;

	buf_clear(&splitter->word);
	splitter->is_quoted = false;
	while (*splitter->at != '\0' && strchr(BLANKS, *splitter->at) == NULL) {
		c = *splitter->at++;
		if (c == '\'' || c == '"') {
			if (take_quoted(splitter, c, err) < 0)
				return -1;
			continue;
		}
		if (c == '\\' && take_protected(splitter, &c, err) < 0)
			return -1;
		buf_append_char(&splitter->word, c);
	}
	return 0;
}

static bool
wants_shell(const char *word)
{
	static const char *const marks[] = { "|",  "||", "&&", "&", ";",   "<",
					     ">",  ">>", "<<", "2>", "2>&1", "|&" };
	size_t i;

	for (i = 0; i < ALLOC_COUNT(marks); i++)
		if (strcmp(word, marks[i]) == 0)
			return true;
	return false;
}

static int
add_word(struct splitter *splitter, struct error *err)
{
	const char *word = buf_string(&splitter->word);

	if (!splitter->is_quoted && wants_shell(word))
		return error_set(err, ERROR_CONFIG, 0,
				 "%s means something to a shell, but no shell reads this: write "
				 "[sh, -c, '...'] or put it in quotes",
				 word);
	splitter->words =
		alloc_grow(splitter->words, splitter->count + 2, sizeof(*splitter->words));
	splitter->words[splitter->count++] = alloc_text(word, splitter->word.len);
	splitter->words[splitter->count] = NULL;
	return 0;
}

int
words_split(const char *text, char ***words, struct error *err)
{
	struct splitter splitter = { .at = text, .word = BUF_INIT(WORD_MAX) };
	int result = 0;

	splitter.words = alloc_zero(1, sizeof(*splitter.words));
	while (result == 0) {
		splitter.at += strspn(splitter.at, BLANKS);
		if (*splitter.at == '\0')
			break;
		if (take_word(&splitter, err) < 0 || add_word(&splitter, err) < 0)
			result = -1;
	}
	buf_fini(&splitter.word);
	if (result < 0) {
		words_free(splitter.words);
		splitter.words = NULL;
	}
	*words = splitter.words;
	return result;
}

void
words_free(char **words)
{
	size_t i;

	for (i = 0; words != NULL && words[i] != NULL; i++)
		free(words[i]);
	free(words);
}

/* Encoding and checking of frames. Knows no link, no socket. */
#include "wire.h"

#include <string.h>

#define FLAG_ANSWER 1u
#define ENTRY_HEAD 8u

static uint64_t
get_number(const char *p, size_t bytes)
{
	uint64_t n = 0;

	while (bytes-- > 0)
		n = n << 8 | (unsigned char)*p++;
	return n;
}

static void
set_number(char *p, uint64_t n, size_t bytes)
{
	while (bytes-- > 0) {
		p[bytes] = (char)(n & 0xff);
		n >>= 8;
	}
}

void
wire_put_frame(struct buf *out, const struct wire_frame *frame)
{
	char head[WIRE_HEADER] = { WIRE_VERSION };

	head[1] = (char)frame->type;
	head[2] = frame->answer ? FLAG_ANSWER : 0;
	set_number(head + 4, frame->shard, 2);
	set_number(head + 6, frame->shards, 2);
	set_number(head + 8, frame->reader_epoch, 8);
	set_number(head + 16, frame->writer_epoch, 8);
	set_number(head + 24, frame->sequence, 8);
	buf_append(out, head, sizeof(head));
}

void
wire_set_answer(struct buf *out)
{
	out->data[2] = FLAG_ANSWER;
}

size_t
wire_entry_size(size_t key_len, size_t len)
{
	return WIRE_ENTRY + key_len + len;
}

static char *
put_bytes(char *p, const char *bytes, size_t len)
{
	if (len > 0)
		memcpy(p, bytes, len);
	p[len] = '\0';
	return p + len + 1;
}

void
wire_put_entry(struct buf *out, enum wire_entry_type type, const char *key, size_t key_len,
	       const char *text, size_t len)
{
	size_t size = wire_entry_size(key_len, len);
	char *p = buf_room(out, size);

	if (p == NULL)
		return;
	p[0] = (char)type;
	set_number(p + 1, key_len, 3);
	set_number(p + 4, len, 4);
	p = put_bytes(p + ENTRY_HEAD, key, key_len);
	put_bytes(p, text, len);
	buf_added(out, size);
}

/* --- reading --- */

bool
wire_next(struct wire_frame *frame, struct wire_entry *entry)
{
	const char *p = frame->entries;
	size_t size;

	if (frame->left < ENTRY_HEAD)
		return false;
	entry->type = (enum wire_entry_type)(unsigned char)p[0];
	entry->key_len = (size_t)get_number(p + 1, 3);
	entry->len = (size_t)get_number(p + 4, 4);
	size = wire_entry_size(entry->key_len, entry->len);
	if (size > frame->left)
		return false;
	entry->key = p + ENTRY_HEAD;
	entry->text = entry->key + entry->key_len + 1;
	frame->entries += size;
	frame->left -= size;
	return true;
}

static bool
is_entry_fine(const struct wire_entry *entry)
{
	bool has_key = entry->type == WIRE_KEY || entry->type == WIRE_GONE;
	bool has_text = entry->type == WIRE_KEY || entry->type == WIRE_NOTE;

	return entry->type >= WIRE_BEGIN && entry->type <= WIRE_END &&
	       (has_key || entry->key_len == 0) && (has_text || entry->len == 0) &&
	       entry->key_len <= WIRE_KEY_MAX && entry->len <= FRAME_MAX &&
	       entry->key[entry->key_len] == '\0' && entry->text[entry->len] == '\0';
}

static const char *
check_entries(struct wire_frame frame)
{
	struct wire_entry entry;

	while (wire_next(&frame, &entry))
		if (!is_entry_fine(&entry))
			return "an entry is malformed";
	return frame.left > 0 ? "its last entry is cut" : NULL;
}

const char *
wire_open(struct wire_frame *frame, const char *bytes, size_t len)
{
	*frame = (struct wire_frame){ 0 };
	if (len < 1 || bytes[0] != WIRE_VERSION)
		return "its version is unknown";
	if (len < WIRE_HEADER)
		return "it is too short";
	if (bytes[1] < WIRE_HELLO || bytes[1] > WIRE_DATA)
		return "its type is unknown";
	if (bytes[2] & ~FLAG_ANSWER || bytes[3] != 0)
		return "its flags are unknown";
	frame->type = (enum wire_type)bytes[1];
	frame->answer = bytes[2] != 0;
	frame->shard = (uint16_t)get_number(bytes + 4, 2);
	frame->shards = (uint16_t)get_number(bytes + 6, 2);
	frame->reader_epoch = get_number(bytes + 8, 8);
	frame->writer_epoch = get_number(bytes + 16, 8);
	frame->sequence = get_number(bytes + 24, 8);
	frame->entries = bytes + WIRE_HEADER;
	frame->left = len - WIRE_HEADER;
	if (frame->shards > 0 && frame->shard >= frame->shards)
		return "its shard is out of range";
	if (frame->type != WIRE_DATA && frame->left > 0)
		return "it is too long";
	return check_entries(*frame);
}

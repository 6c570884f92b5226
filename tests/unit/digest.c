/* Unit test of filters/digest.c: the vectors of FIPS 180-4 and each length around a block's end. */
#include "../../filters/digest.h"

#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	size_t times;
	const char *bytes, *digest;
} rows[] = {
	{ 1, "", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ 1, "abc", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ 1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "sha256:248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ 55, "a", "sha256:9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318" },
	{ 56, "a", "sha256:b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a" },
	{ 63, "a", "sha256:7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34" },
	{ 64, "a", "sha256:ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb" },
	{ 65, "a", "sha256:635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0" },
	{ 1000000, "a", "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

int
main(void)
{
	static char bytes[1000000];
	char digest[DIGEST_TEXT_SIZE];
	size_t i, len;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		len = strlen(rows[i].bytes);
		if (rows[i].times > 1)
			memset(bytes, rows[i].bytes[0], len = rows[i].times);
		else
			memcpy(bytes, rows[i].bytes, len);
		digest_sha256(digest, bytes, len);
		check_text(digest, rows[i].digest, "digest");
	}
	return check_done();
}

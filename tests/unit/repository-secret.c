/* filters/repository-secret.c: whose a Secret is, what has drifted, what an OCI registry's lacks. */
#include "../../filters/repository-secret.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../../bus/message.h"
#include "../check.h"

static void
check_value(jv value, const char *want, const char *name)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 16);

	if (jv_is_valid(value))
		message_dump(value, &text);
	check_text(buf_string(&text), want, name);
	jv_free(value);
}

static void
test_kinds(void)
{
#define OURS "\"app.kubernetes.io/managed-by\":\"weir\""
#define REPOSITORY "\"argocd.argoproj.io/secret-type\":\"repository\""
	static const struct {
		const char *text;
		bool is_secret, is_owned;
	} rows[] = {
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"labels\":{" OURS "," REPOSITORY "}}}",
		  true, true },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"S\\u0065cret\",\"metadata\":{\"labels\":{" OURS "}}}", true, false },
		{ "{\"kind\":\"Secret\",\"metadata\":{\"labels\":{" REPOSITORY "}}}", true, false },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"labels\":[]}}", true, false },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Secret\"}", true, false },
		{ "{\"apiVersion\":\"example.org/v1\",\"kind\":\"Secret\"}", false, false },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}", false, false },
		{ "[]", false, false },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		struct json_slice object = { rows[i].text, strlen(rows[i].text) };

		check(repository_secret_is_secret(object) == rows[i].is_secret &&
		      repository_secret_is_owned(object) == rows[i].is_owned, "%s", rows[i].text);
	}
}

static void
test_settle(void)
{
	static const char *const rows[][2] = {
		{ "{\"kind\":\"Secret\",\"stringData\":{\"a\":\"x:\\u00e4\",\"b\":\"\"},\"data\":{\"a\":\"b2xk\",\"c\":\"eA==\"}}",
		  "{\"kind\":\"Secret\",\"data\":{\"a\":\"eDrDpA==\",\"c\":\"eA==\",\"b\":\"\"}}" },
		{ "{\"kind\":\"Secret\",\"data\":{\"a\":\"eA==\"}}", "{\"kind\":\"Secret\",\"data\":{\"a\":\"eA==\"}}" },
		{ "{\"kind\":\"Secret\",\"stringData\":{\"a\":7}}", "{\"kind\":\"Secret\",\"data\":{\"a\":7}}" },
		{ "{\"kind\":\"X\",\"stringData\":{\"a\":\"b\"}}", "{\"kind\":\"X\",\"stringData\":{\"a\":\"b\"}}" },
		{ "[]", "[]" },
		{ "null", "null" },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++)
		check_value(repository_secret_settle(jv_parse(rows[i][0])), rows[i][1], rows[i][0]);
}

static void
test_differs(void)
{
	static const struct {
		const char *wanted, *live;
		bool differs;
	} rows[] = {
		{ "{\"data\":{\"a\":\"eA==\"}}", "{\"data\":{\"a\":\"eA==\",\"b\":\"eA==\"},\"x\":1}", false },
		{ "{\"data\":{\"a\":\"eA==\"}}", "{\"data\":{\"a\":\"eQ==\"}}", true },
		{ "{\"data\":{\"a\":\"eA==\",\"b\":\"\"}}", "{\"data\":{\"a\":\"eA==\"}}", true },
		{ "{\"data\":{\"a\":\"eA==\"}}", "{\"data\":[]}", true },
		{ "{\"data\":{\"a\":\"eA==\"}}", "{}", true },
		{ "{\"metadata\":{\"labels\":{\"l\":\"1\"}}}", "{\"metadata\":{\"labels\":{\"l\":\"2\"}}}", true },
		{ "{\"data\":{\"a\":null}}", "{\"data\":{}}", false },
		{ "{\"data\":{\"a\":null}}", "{\"data\":{\"a\":\"\"}}", true },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		jv wanted = jv_parse(rows[i].wanted), live = jv_parse(rows[i].live);

		check(repository_secret_differs(wanted, live) == rows[i].differs, "%s and %s",
		      rows[i].wanted, rows[i].live);
		jv_free(wanted);
		jv_free(live);
	}
}

/* The Secret that the web interface makes, as kubectl get shows it; %s: its data. */
#define SECRET(metadata, data) \
	"{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{" metadata "},\"data\":{" data "}}"
#define HELM "\"type\":\"aGVsbQ==\""
#define URL "\"url\":\"cmVnLmV4YW1wbGUvY2hhcnRz\""
#define LABELS "\"name\":\"n\",\"labels\":{" REPOSITORY "}"

static void
test_enable_oci(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ SECRET("\"creationTimestamp\":\"t\",\"uid\":\"u\",\"resourceVersion\":\"1\",\"managedFields\":[{}],"
			 "\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":\"hunter2\"}," LABELS,
			 HELM "," URL ",\"password\":\"aHVudGVyMg==\""),
		  SECRET(LABELS, HELM "," URL ",\"password\":\"aHVudGVyMg==\",\"enableOCI\":\"dHJ1ZQ==\"") },
		{ SECRET("\"annotations\":{\"managed-by\":\"argocd.argoproj.io\"}," LABELS,
			 HELM "," URL ",\"enableOCI\":\"ZmFsc2U=\""),
		  SECRET("\"annotations\":{\"managed-by\":\"argocd.argoproj.io\"}," LABELS,
			 HELM "," URL ",\"enableOCI\":\"dHJ1ZQ==\"") },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"labels\":{\"argocd.argoproj.io/secret-type\":"
		  "\"repo-creds\"}},\"stringData\":{\"type\":\"helm\",\"url\":\"reg\"}}",
		  "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"labels\":{\"argocd.argoproj.io/secret-type\":"
		  "\"repo-creds\"}},\"data\":{\"type\":\"aGVsbQ==\",\"url\":\"cmVn\",\"enableOCI\":\"dHJ1ZQ==\"}}" },
		{ SECRET(LABELS, URL), "!its type is not helm (it has none, which means git): " },
		{ SECRET(LABELS, "\"type\":\"Z2l0\"," URL), "!its type is not helm: enableOCI is for Helm charts" },
		{ SECRET(LABELS, HELM), "!it has no url" },
		{ SECRET(LABELS, HELM ",\"url\":\"b2NpOi8vcmVnLmV4YW1wbGUvY2hhcnRz\""), "!its url begins with oci://" },
		{ SECRET(LABELS, HELM ",\"url\":\"aHR0cHM6Ly9yZWcuZXhhbXBsZS94\""), "!its url has a scheme" },
		{ SECRET("\"labels\":{\"argocd.argoproj.io/secret-type\":\"cluster\"}", HELM "," URL),
		  "!it is no repository of Argo CD" },
		{ SECRET("\"name\":\"n\"", HELM "," URL), "!it is no repository of Argo CD" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}", "!it is no Secret" },
		{ "{\"apiVersion\":\"v2\",\"kind\":\"Secret\"}", "!it is no Secret" },
		{ "[]", "!it is no Secret" },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		struct error err = { .kind = ERROR_NONE };
		jv object = jv_parse(rows[i].text);
		jv enabled = repository_secret_enable_oci(object, &err);

		if (rows[i].want[0] == '!')
			check(!jv_is_valid(enabled) && strstr(err.text, rows[i].want + 1) == err.text &&
			      strstr(err.text, "hunter2") == NULL, "%s: %s", rows[i].text, err.text);
		else
			check(jv_equal(jv_copy(enabled), jv_parse(rows[i].want)), "%s", rows[i].text);
		jv_free(enabled);
		jv_free(object);
	}
}

int
main(void)
{
	test_kinds();
	test_settle();
	test_differs();
	test_enable_oci();
	return check_done();
}

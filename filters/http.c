/*
 * libcurl's multi interface under loop.h: curl says which sockets and which moment it waits
 * for, the loop waits. Nothing else names libcurl, and nothing here knows whose turn it is: curl's
 * own list of pending transfers would let a slow host hold up others.
 *
 * The library is loaded at the first request: with the 35 that it needs that takes 9 ms of CPU,
 * which is most of a short run, and many runs (files, nothing to do) make no request.
 */
#include "http.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../bus/alloc.h"
#include "http-priv.h"

#define BODY_KEPT ((size_t)64 * 1024) /* a larger buffer is not kept for the next request */
#define HEADERS_MAX ((size_t)256 * 1024)
#define IDLE_MAX 64 /* handles kept for reuse */

#define FUNCTIONS(X)                                                                             \
	X(easy_cleanup) X(easy_getinfo) X(easy_header) X(easy_init) X(easy_pause) X(easy_setopt)  \
	X(global_cleanup) X(global_init) X(multi_add_handle) X(multi_cleanup) X(multi_info_read)  \
	X(multi_init) X(multi_remove_handle) X(multi_setopt) X(multi_socket_action)               \
	X(version_info)

static struct {
#define MEMBER(name) __typeof__(curl_##name) *(name);
	FUNCTIONS(MEMBER)
#undef MEMBER
} lib;

/* What is costly to make and outlives one request: an easy handle with its options. */
struct http_handle {
	CURL *easy;
	const struct http_tls *tls; /* its options are set for this one */
	bool has_tls;
	struct buf body;
	struct curl_slist *headers, connect_to; /* as curl wants them, over the request's strings */
	struct http_handle *next;		/* idle */
};

struct http_engine {
	struct loop *loop;
	CURLM *multi;		 /* NULL until the first request */
	struct loop_timer timer; /* curl's */
	struct http_handle *idle;
	unsigned idle_count, connections;
	bool is_busy;
	const struct http_engine_events *events;
	void *arg;
};

/* --- what curl calls: bytes --- */

static struct http_request *
request_of(CURL *easy)
{
	char *request = NULL;

	lib.easy_getinfo(easy, CURLINFO_PRIVATE, &request);
	return (struct http_request *)(void *)request;
}

static long
status_of(const struct http_request *request)
{
	long status = 0;

	lib.easy_getinfo(request->handle->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t
refuse(struct http_request *request, enum http_failure refusal)
{
	request->refusal = refusal;
	return 0; /* another number than curl asked for: it ends the transfer */
}

/* Pieces of a body; arg is the handle's easy. */
static size_t
on_write(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_request *request = request_of(arg);
	size_t len = size * count;

	if (request->is_cancelled)
		return 0;
	if (request->is_paused) {
		request->is_stopped = true;
		return CURL_WRITEFUNC_PAUSE; /* curl keeps the bytes and gives them again */
	}
	if (request->on_body != NULL && status_of(request) / 100 == 2) {
		if (request->on_body(request->arg, bytes, len) != 0)
			return refuse(request, HTTP_FAILURE_READER);
		return request->is_cancelled ? 0 : len;
	}
	if (!buf_append(&request->handle->body, bytes, len))
		return refuse(request, HTTP_FAILURE_BODY);
	return len;
}

static size_t
on_header(char *line, size_t size, size_t count, void *arg)
{
	struct http_request *request = request_of(arg);
	size_t len = size * count;

	request->header_bytes += len;
	if (request->header_bytes > HEADERS_MAX)
		return refuse(request, HTTP_FAILURE_HEADERS);
	if (!request->is_compressed && http_header_is_encoding(line, len))
		return refuse(request, HTTP_FAILURE_ENCODING);
	return len;
}

/* --- what curl calls: sockets and time --- */

static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_request *request = request_of(arg);

	(void)purpose;
	if (request != NULL && request->is_foreign && http_address_is_local(&address->addr)) {
		refuse(request, HTTP_FAILURE_ADDRESS);
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Dead peers are found after some 11 seconds; curl has no option for the count. */
static int
on_socket_options(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	int count = 3, timeout_ms = 15000;

	(void)arg;
	(void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
	return CURL_SOCKOPT_OK;
}

static void act(struct http_engine *engine, curl_socket_t fd, int mask);

static void
on_fd(void *arg, int fd, unsigned events)
{
	int mask = 0;

	if (events & (LOOP_READ | LOOP_HANGUP))
		mask |= CURL_CSELECT_IN;
	if (events & (LOOP_WRITE | LOOP_HANGUP))
		mask |= CURL_CSELECT_OUT;
	act(arg, fd, mask);
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct http_engine *engine = arg;
	unsigned events = 0;

	(void)easy;
	(void)of_socket;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= LOOP_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= LOOP_WRITE;
	loop_watch(engine->loop, fd, events, on_fd, engine);
	return 0;
}

static void
on_timer(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int
on_timeout(CURLM *multi, long timeout_ms, void *arg)
{
	struct http_engine *engine = arg;

	(void)multi;
	if (timeout_ms < 0)
		loop_timer_stop(engine->loop, &engine->timer);
	else
		loop_timer_start(engine->loop, &engine->timer, timeout_ms, on_timer, engine);
	return 0;
}

/* --- handles --- */

static void
free_handle(struct http_handle *handle)
{
	lib.easy_cleanup(handle->easy);
	buf_fini(&handle->body);
	free(handle);
}

/* What is the same for every request. */
static void
set_house_rules(CURL *easy)
{
	lib.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	lib.easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "");
	lib.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	lib.easy_setopt(easy, CURLOPT_PROXY, "");
	lib.easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	lib.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	lib.easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	lib.easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	lib.easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	lib.easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
	lib.easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	lib.easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 60L); /* a CA file may be exchanged */
	lib.easy_setopt(easy, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
	lib.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	lib.easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 5L);
	lib.easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 2L);
	lib.easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket_options);
	lib.easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	lib.easy_setopt(easy, CURLOPT_OPENSOCKETDATA, easy);
	lib.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	lib.easy_setopt(easy, CURLOPT_WRITEDATA, easy);
	lib.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	lib.easy_setopt(easy, CURLOPT_HEADERDATA, easy);
}

static struct http_handle *
take_handle(struct http_engine *engine)
{
	struct http_handle *handle = engine->idle;

	if (handle != NULL) {
		engine->idle = handle->next;
		engine->idle_count--;
		return handle;
	}
	handle = alloc_zero(1, sizeof(*handle));
	handle->easy = lib.easy_init();
	if (handle->easy == NULL)
		abort(); /* out of memory */
	set_house_rules(handle->easy);
	return handle;
}

static void
keep_handle(struct http_engine *engine, struct http_handle *handle)
{
	if (handle->body.cap > BODY_KEPT)
		buf_fini(&handle->body);
	lib.easy_setopt(handle->easy, CURLOPT_PRIVATE, NULL);
	if (engine->idle_count >= IDLE_MAX) {
		free_handle(handle);
		return;
	}
	handle->next = engine->idle;
	engine->idle = handle;
	engine->idle_count++;
}

static CURLcode
set_pem(CURL *easy, CURLoption file_option, const char *file, CURLoption blob_option,
	const char *data)
{
	struct curl_blob blob = { .flags = CURL_BLOB_COPY };

	lib.easy_setopt(easy, file_option, data == NULL ? file : NULL);
	if (data == NULL)
		return lib.easy_setopt(easy, blob_option, NULL);
	blob.len = strlen(data);
	memcpy(&blob.data, &data, sizeof(data)); /* curl's struct has no const; it copies */
	return lib.easy_setopt(easy, blob_option, &blob);
}

/* With a CA of one's own, the system's folder of CAs must be taken out by name: CAINFO alone leaves
 * it active. Without one, the folder is used alone, since reading the bundle takes longer than
 * many a run. */
static void
set_tls(struct http_handle *handle, const struct http_tls *tls)
{
	static const struct http_tls none;
	const struct http_tls *with = tls != NULL ? tls : &none;
	const char *folder = lib.version_info(CURLVERSION_NOW)->capath;
	bool has_ca = with->ca_file != NULL || with->ca_data != NULL;
	CURL *easy = handle->easy;

	if (handle->has_tls && handle->tls == tls)
		return;
	if (has_ca || folder != NULL)
		set_pem(easy, CURLOPT_CAINFO, with->ca_file, CURLOPT_CAINFO_BLOB, with->ca_data);
	lib.easy_setopt(easy, CURLOPT_CAPATH, has_ca && !with->ca_added ? NULL : folder);
	set_pem(easy, CURLOPT_SSLCERT, with->cert_file, CURLOPT_SSLCERT_BLOB, with->cert_data);
	set_pem(easy, CURLOPT_SSLKEY, with->key_file, CURLOPT_SSLKEY_BLOB, with->key_data);
	lib.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, with->insecure ? 0L : 1L);
	lib.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, with->insecure ? 0L : 2L);
	handle->tls = tls;
	handle->has_tls = true;
}

/* --- one request begins --- */

static void
set_method(CURL *easy, const struct http_request *request)
{
	const struct http_text *text = &request->text;
	bool is_head = strcmp(text->method, "HEAD") == 0;
	bool is_plain = is_head || strcmp(text->method, "GET") == 0;

	lib.easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	lib.easy_setopt(easy, CURLOPT_NOBODY, is_head ? 1L : 0L);
	if (text->payload != NULL) {
		lib.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)text->payload_len);
		lib.easy_setopt(easy, CURLOPT_POSTFIELDS, text->payload);
		lib.easy_setopt(easy, CURLOPT_POST, 1L);
	}
	lib.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, is_plain ? NULL : text->method);
}

static void
set_request(struct http_request *request)
{
	struct http_handle *handle = request->handle;
	CURL *easy = handle->easy;

	set_tls(handle, request->tls);
	set_method(easy, request);
	lib.easy_setopt(easy, CURLOPT_PRIVATE, request);
	lib.easy_setopt(easy, CURLOPT_URL, request->text.url);
	lib.easy_setopt(easy, CURLOPT_CONNECT_TO,
			 handle->connect_to.data != NULL ? &handle->connect_to : NULL);
	lib.easy_setopt(easy, CURLOPT_HTTPHEADER, handle->headers);
	lib.easy_setopt(easy, CURLOPT_FRESH_CONNECT, request->text.may_reuse ? 0L : 1L);
	lib.easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, request->is_compressed ? "gzip" : NULL);
	lib.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
	lib.easy_setopt(easy, CURLOPT_TIMEOUT_MS,
			 request->timeout_ms < 0 ? 0L : (long)request->timeout_ms);
}

/* dlsym gives an object pointer, which ISO C does not let us cast. */
static bool
find_function(void *library, const char *name, void *function, size_t size)
{
	void *found = dlsym(library, name);

	if (found != NULL)
		memcpy(function, &found, size);
	return found != NULL;
}

static bool
load_library(void)
{
	static bool is_loaded;
	void *library = is_loaded ? NULL : dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);

	if (library == NULL)
		return is_loaded;
#define LOAD(name) && find_function(library, "curl_" #name, &lib.name, sizeof(lib.name))
	is_loaded = true FUNCTIONS(LOAD);
#undef LOAD
	return is_loaded;
}

static void
open_multi(struct http_engine *engine)
{
	if (engine->multi != NULL)
		return;
	if (lib.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort(); /* out of memory */
	engine->multi = lib.multi_init();
	if (engine->multi == NULL)
		abort();
	lib.multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	lib.multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine);
	lib.multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	lib.multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine);
	lib.multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, (long)engine->connections);
	lib.multi_setopt(engine->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
}

static void
link_headers(struct http_handle *handle, const struct http_text *text)
{
	char *at = text->headers.data;
	size_t i;

	handle->connect_to.data = text->connect_to;
	handle->headers = NULL;
	if (text->header_count == 0)
		return;
	handle->headers = alloc_zero(text->header_count, sizeof(*handle->headers));
	for (i = 0; i < text->header_count; i++, at += strlen(at) + 1) {
		handle->headers[i].data = at;
		if (i > 0)
			handle->headers[i - 1].next = &handle->headers[i];
	}
}

bool
http_engine_begin(struct http_engine *engine, struct http_request *request)
{
	if (!load_library())
		return false;
	open_multi(engine);
	request->handle = take_handle(engine);
	request->handle->body.max = request->body_max;
	link_headers(request->handle, &request->text);
	set_request(request);
	lib.multi_add_handle(engine->multi, request->handle->easy);
	return true;
}

void
http_engine_take_out(struct http_engine *engine, struct http_request *request)
{
	struct http_handle *handle = request->handle;

	if (handle == NULL)
		return;
	lib.multi_remove_handle(engine->multi, handle->easy);
	if (request->is_secret)
		buf_wipe(&handle->body);
	buf_clear(&handle->body);
	lib.easy_setopt(handle->easy, CURLOPT_HTTPHEADER, NULL);
	lib.easy_setopt(handle->easy, CURLOPT_CONNECT_TO, NULL);
	free(handle->headers);
	handle->headers = NULL;
	keep_handle(engine, handle);
	request->handle = NULL;
}

/* --- one request ends --- */

static enum http_failure
failure_of(const struct http_request *request, CURLcode result)
{
	static const struct {
		CURLcode code;
		enum http_failure failure;
	} rows[] = {
		{ CURLE_PEER_FAILED_VERIFICATION, HTTP_FAILURE_TRUST },
		{ CURLE_SSL_CERTPROBLEM, HTTP_FAILURE_TLS_FILE },
		{ CURLE_SSL_CACERT_BADFILE, HTTP_FAILURE_TLS_FILE },
		{ CURLE_SSL_CONNECT_ERROR, HTTP_FAILURE_TLS },
		{ CURLE_OPERATION_TIMEDOUT, HTTP_FAILURE_TIME },
		{ CURLE_COULDNT_RESOLVE_HOST, HTTP_FAILURE_NAME },
		{ CURLE_COULDNT_CONNECT, HTTP_FAILURE_CONNECT },
		{ CURLE_WEIRD_SERVER_REPLY, HTTP_FAILURE_NOT_HTTP },
		{ CURLE_UNSUPPORTED_PROTOCOL, HTTP_FAILURE_NOT_HTTP },
	};
	size_t i;

	if (result == CURLE_OK || request->refusal != HTTP_FAILURE_NONE)
		return request->refusal;
	for (i = 0; i < ALLOC_COUNT(rows); i++)
		if (rows[i].code == result)
			return rows[i].failure;
	return HTTP_FAILURE_BROKEN;
}

static void
tell_end(struct http_engine *engine, CURL *easy, CURLcode result)
{
	struct http_request *request = request_of(easy);
	enum http_failure failure = failure_of(request, result);
	struct http_response response = { .body = "" };

	if (failure == HTTP_FAILURE_NONE) {
		response.status = status_of(request);
		response.body = buf_string(&request->handle->body);
		response.body_len = request->handle->body.len;
	}
	engine->events->ended(engine->arg, request, failure, &response);
}

/* Hand out what has ended. */
static void
drain(struct http_engine *engine)
{
	CURLMsg *message;
	int left;

	while ((message = lib.multi_info_read(engine->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE)
			tell_end(engine, message->easy_handle, message->data.result);
	engine->events->settled(engine->arg);
}

static void
act(struct http_engine *engine, curl_socket_t fd, int mask)
{
	int running;

	engine->is_busy = true;
	lib.multi_socket_action(engine->multi, fd, mask, &running);
	engine->is_busy = false;
	drain(engine);
}

void
http_engine_resume(struct http_engine *engine, struct http_request *request)
{
	engine->is_busy = true;
	lib.easy_pause(request->handle->easy, CURLPAUSE_CONT);
	engine->is_busy = false;
	drain(engine);
}

const char *
http_header(const struct http_request *request, const char *name, size_t n)
{
	struct curl_header *header;

	if (request->handle == NULL)
		return NULL;
	if (lib.easy_header(request->handle->easy, name, n, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return NULL;
	return header->value;
}

/* --- the engine --- */

bool
http_engine_is_busy(const struct http_engine *engine)
{
	return engine->is_busy;
}

void
http_engine_forget(struct http_engine *engine, const struct http_tls *tls)
{
	struct http_handle **at = &engine->idle, *handle;

	while ((handle = *at) != NULL) {
		if (tls != NULL && handle->tls != tls) {
			at = &handle->next;
			continue;
		}
		*at = handle->next;
		engine->idle_count--;
		free_handle(handle);
	}
}

struct http_engine *
http_engine_new(struct loop *loop, unsigned connections, const struct http_engine_events *events,
		void *arg)
{
	struct http_engine *engine = alloc_zero(1, sizeof(*engine));

	engine->loop = loop;
	engine->connections = connections;
	engine->events = events;
	engine->arg = arg;
	return engine;
}

void
http_engine_free(struct http_engine *engine)
{
	http_engine_forget(engine, NULL);
	if (engine->multi != NULL) {
		lib.multi_cleanup(engine->multi);
		lib.global_cleanup();
	}
	loop_timer_stop(engine->loop, &engine->timer);
	free(engine);
}

/*
 * The keeper of our credentials: tokens, certificates and CAs from the kubeconfig, from files that
 * are read again at most 50 s later, from a plugin that is run again when its answer expires or
 * is refused. An older credential is kept as long as no newer one can be had. Sends nothing.
 */
#include "kube-priv.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/log.h"

#define READ_AGAIN_MS 50000
#define EXPIRY_LEEWAY_S 10
#define USED_AT_LEAST_S 10 /* also when the plugin says that it has expired */

struct kube_keeper {
	struct loop *loop;
	struct http *http;
	const struct kubeconfig_choice *choice;
	kube_ready_fn *on_ready;
	void *arg;
	struct kube_credential *current; /* NULL: none yet */
	int64_t read_at_ms;
	struct kube_exec *run; /* the plugin, while it runs */
	time_t expires;	       /* of the plugin's answer; 0: never */
	struct loop_timer failed;
	struct error why; /* the plugin could not be started */
};

static void
free_credential(struct kube_keeper *keeper, struct kube_credential *credential)
{
	http_forget_tls(keeper->http, &credential->tls);
	alloc_free_secret(credential->token);
	alloc_free_secret(credential->ca);
	alloc_free_secret(credential->cert);
	alloc_free_secret(credential->key);
	free(credential);
}

static bool
is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
is_same(const struct kube_credential *a, const struct kube_credential *b)
{
	return is_same_text(a->token, b->token) && is_same_text(a->ca, b->ca) &&
	       is_same_text(a->cert, b->cert) && is_same_text(a->key, b->key);
}

/* Takes fresh, which becomes the current one unless it says nothing new. */
static void
replace(struct kube_keeper *keeper, struct kube_credential *fresh)
{
	struct kube_credential *old = keeper->current;

	if (old && is_same(old, fresh)) {
		free_credential(keeper, fresh);
		return;
	}
	keeper->current = fresh;
	if (old && old->users == 0)
		free_credential(keeper, old);
}

static char *
copy_or_read(const char *data, const char *file, struct error *err)
{
	if (data)
		return alloc_string(data);
	return file ? kube_config_read(file, err) : NULL;
}

static void
trim(char *text)
{
	size_t start = strspn(text, " \t\r\n"), len = strlen(text);

	while (len > start && strchr(" \t\r\n", text[len - 1]))
		len--;
	memmove(text, text + start, len - start);
	text[len - start] = '\0';
}

/* The file's token takes over once it can be read; an empty one is no token. */
static int
read_token(const struct kubeconfig_choice *choice, char **token, struct error *err)
{
	char *text = choice->token_file ? kube_config_read(choice->token_file, err) : NULL;

	if (text)
		trim(text);
	if (text && (!*text || strpbrk(text, "\r\n"))) {
		error_set(err, ERROR_SYSTEM, 0, "%s: it holds no token", choice->token_file);
		alloc_free_secret(text);
		text = NULL;
	}
	if (!text && choice->token)
		text = alloc_string(choice->token);
	*token = text;
	return !text && choice->token_file ? -1 : 0;
}

static void
point_tls(struct kube_credential *credential, const struct kubeconfig_choice *choice)
{
	credential->tls = (struct http_tls){
		.ca_data = credential->ca,
		.cert_data = credential->cert,
		.key_data = credential->key,
		.server_name = choice->tls_server_name,
		.insecure = choice->insecure,
	};
}

/* What the kubeconfig and its files say now; NULL when one cannot be read. */
static struct kube_credential *
read_all(struct kube_keeper *keeper, struct error *err)
{
	const struct kubeconfig_choice *choice = keeper->choice;
	struct kube_credential *fresh = alloc_zero(1, sizeof(*fresh));
	int status = read_token(choice, &fresh->token, err);

	fresh->ca = copy_or_read(choice->ca_data, choice->ca_file, err);
	fresh->cert = copy_or_read(choice->cert_data, choice->cert_file, err);
	fresh->key = copy_or_read(choice->key_data, choice->key_file, err);
	point_tls(fresh, choice);
	if (status == 0 && (fresh->ca || !choice->ca_file) && (fresh->cert || !choice->cert_file) &&
	    (fresh->key || !choice->key_file))
		return fresh;
	free_credential(keeper, fresh);
	return NULL;
}

static bool
has_files(const struct kubeconfig_choice *choice)
{
	return choice->token_file || choice->ca_file || choice->cert_file || choice->key_file;
}

static void
read_again(struct kube_keeper *keeper)
{
	struct error err;
	struct kube_credential *fresh = read_all(keeper, &err);

	keeper->read_at_ms = loop_now_ms(keeper->loop);
	if (fresh)
		replace(keeper, fresh);
	else
		log_warning("%s; going on with what was read before", err.text);
}

/* --- plugins --- */

static void
take_result(struct kube_keeper *keeper, struct kube_plugin_result *result, struct error *err)
{
	struct kube_credential *fresh = read_all(keeper, err);
	time_t soonest = time(NULL) + EXPIRY_LEEWAY_S + USED_AT_LEAST_S;

	if (!fresh)
		return;
	fresh->token = result->token;
	fresh->cert = result->cert;
	fresh->key = result->key;
	keeper->expires = result->expires;
	if (keeper->expires && keeper->expires < soonest)
		keeper->expires = soonest;
	memset(result, 0, sizeof(*result));
	point_tls(fresh, keeper->choice);
	replace(keeper, fresh);
}

static void
on_plugin(void *arg, struct kube_plugin_result *result, const struct error *err)
{
	struct kube_keeper *keeper = arg;
	struct error why = { ERROR_NONE, 0, "" };

	keeper->run = NULL;
	if (err)
		why = *err;
	else
		take_result(keeper, result, &why);
	keeper->on_ready(keeper->arg, why.kind == ERROR_NONE ? NULL : &why);
}

static void
on_failed(void *arg)
{
	struct kube_keeper *keeper = arg;

	keeper->on_ready(keeper->arg, &keeper->why);
}

static void
run_plugin(struct kube_keeper *keeper)
{
	CLEANUP_FREE char *ca = NULL;

	if (keeper->run || keeper->failed.place)
		return;
	ca = copy_or_read(keeper->choice->ca_data, keeper->choice->ca_file, NULL);
	keeper->run =
		kube_exec_start(keeper->loop, keeper->choice, ca, on_plugin, keeper, &keeper->why);
	if (!keeper->run)
		loop_timer_start(keeper->loop, &keeper->failed, 0, on_failed, keeper);
}

static bool
is_expired(const struct kube_keeper *keeper)
{
	return keeper->expires && time(NULL) >= keeper->expires - EXPIRY_LEEWAY_S;
}

/* --- for kube.c --- */

struct kube_keeper *
kube_keeper_open(struct loop *loop, struct http *http, const struct kubeconfig_choice *choice,
		 kube_ready_fn *on_ready, void *arg, struct error *err)
{
	struct kube_keeper *keeper = alloc_zero(1, sizeof(*keeper));
	struct kube_credential *first;

	keeper->loop = loop;
	keeper->http = http;
	keeper->choice = choice;
	keeper->on_ready = on_ready;
	keeper->arg = arg;
	keeper->read_at_ms = loop_now_ms(loop);
	first = read_all(keeper, err);
	if (!first) {
		free(keeper);
		return NULL;
	}
	if (choice->exec)
		free_credential(keeper, first);
	else
		keeper->current = first;
	return keeper;
}

void
kube_keeper_close(struct kube_keeper *keeper)
{
	if (!keeper)
		return;
	kube_exec_cancel(keeper->run);
	loop_timer_stop(keeper->loop, &keeper->failed);
	if (keeper->current)
		free_credential(keeper, keeper->current);
	free(keeper);
}

struct kube_credential *
kube_keeper_take(struct kube_keeper *keeper)
{
	if (keeper->choice->exec && (!keeper->current || is_expired(keeper))) {
		run_plugin(keeper);
		return NULL;
	}
	if (!keeper->choice->exec && has_files(keeper->choice) &&
	    loop_now_ms(keeper->loop) - keeper->read_at_ms >= READ_AGAIN_MS)
		read_again(keeper);
	keeper->current->users++;
	return keeper->current;
}

void
kube_keeper_release(struct kube_keeper *keeper, struct kube_credential *credential)
{
	if (--credential->users == 0 && credential != keeper->current)
		free_credential(keeper, credential);
}

bool
kube_keeper_refused(struct kube_keeper *keeper, const struct kube_credential *credential)
{
	if (credential != keeper->current)
		return true;
	if (keeper->choice->exec) {
		keeper->current = NULL; /* its last user frees it */
		return true;
	}
	if (!has_files(keeper->choice))
		return false;
	read_again(keeper);
	return credential != keeper->current;
}

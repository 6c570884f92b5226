/*
 * Certificates to trust for one host beside the system's: a folder of PEM files, each named after
 * its host, as Argo CD mounts its ConfigMap argocd-tls-certs-cm. Knows no registry, and reads no
 * certificate itself.
 */
#ifndef WEIR_TRUST_H
#define WEIR_TRUST_H

#include "http.h"

#define TRUST_DIR "/app/config/tls" /* where Argo CD and its Image Updater have it */

struct trust;

/* dir is borrowed; it need not be there. */
struct trust *trust_open(const char *dir);
/* After http_free: requests keep what trust_of gave by address. NULL is fine. */
void trust_close(struct trust *trust);
/* For the host of an http or https URL, whatever its port. NULL: no file is named after it. The
 * folder is looked at each time; what is given stays as it is until trust_close. */
const struct http_tls *trust_of(struct trust *trust, const char *url);

#endif

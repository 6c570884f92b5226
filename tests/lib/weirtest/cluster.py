"""A real kube-apiserver with etcd on free loopback ports, with Argo CD's CRDs.
It knows Applications as objects to create, and nothing of weir.

    cluster = t.using(Cluster(t.path("cluster")))       # after t.need_cluster()
    cluster.namespace("d8-delivery")
    cluster.create(fixtures.application("d8-delivery", "myapp"))
    user = cluster.user("reader", [fixtures.rule("applications", "get", "list", "watch")])
    # user is the path of a kubeconfig

There is no controller-manager: namespaces do not end, nothing is garbage
collected. Stop and start keep the content; the API server may be stopped alone.
"""

import concurrent.futures
import itertools
import json
import os
import subprocess
import threading
import time

import yaml

from . import ROOT, net, procs, tap, tls

APPLICATIONS = "/apis/argoproj.io/v1alpha1"
JSON_PATCH = "application/json-patch+json"
READS = ["get", "list", "watch"]
MERGE_PATCH = "application/merge-patch+json"


def peers():
    """The folder with kube-apiserver, etcd, kubectl, helm and crds, or None."""
    return os.environ.get("WEIR_PEERS") or procs.output(
        [os.path.join(ROOT, "tests/peers/build"), "--where"]).strip() or None


class ApiError(Exception):
    """The API server answered with another status than hoped for; status and body say what."""

    def __init__(self, method, path, status, body):
        super().__init__("%s %s: %d %s" % (method, path, status, body))
        self.status, self.body = status, body


class Cluster:
    """One API server and its etcd, below a folder. crds=False: plain Kubernetes. audit=True: the
    server keeps a record of who asked for what, for requests(); not of the administrator's reads."""

    def __init__(self, folder, crds=True, audit=False):
        self.folder, self.crds, self.peers, self.audit = folder, crds, peers(), audit
        self.port = self.etcd = self.api = None
        self._local, self._clients = threading.local(), []
        self._lock = threading.Lock()
        self._audit_offset, self._audited = 0, {}

    # Life

    def start(self):
        os.makedirs(self.folder, exist_ok=True)
        self._make_certificates()
        self._start_etcd()
        self._start_api()
        self.kubeconfig = self._write_kubeconfig("admin", self.admin)
        if self.crds:
            self._apply_crds()
        return self

    def stop(self):
        """The API server first: without etcd it does not end for minutes."""
        self.stop_api()
        if self.etcd:
            self.etcd.stop()

    def stop_api(self):
        for client in self._clients:
            client.close()
        self._local, self._clients = threading.local(), []
        if self.api:
            # What is stored is in etcd; a graceful end would wait for open watches.
            self.api.stop(timeout_s=2)

    def start_api(self):
        """Start the API server again, on the same port."""
        self._start_api()

    def _make_certificates(self):
        self.authority = tls.Authority(os.path.join(self.folder, "ca"))
        self.server = self.authority.issue("apiserver", "kube-apiserver", alt_names=(
            "IP:127.0.0.1", "DNS:localhost", "DNS:kubernetes.default.svc"))
        self.admin = self.authority.issue("admin", "admin", "system:masters")
        self.accounts = self.authority.issue("accounts", "service-accounts")

    def _start_etcd(self):
        data = os.path.join(self.folder, "etcd")
        for _ in range(5):
            self.etcd_url = "http://127.0.0.1:%d" % net.free_port()
            peer_url = "http://127.0.0.1:%d" % net.free_port()
            self.etcd = procs.Process([
                os.path.join(self.peers, "etcd"), "--data-dir", data, "--unsafe-no-fsync",
                "--listen-client-urls", self.etcd_url, "--advertise-client-urls", self.etcd_url,
                "--listen-peer-urls", peer_url, "--initial-advertise-peer-urls", peer_url,
                "--initial-cluster", "default=" + peer_url, "--log-level", "error",
                "--quota-backend-bytes", str(4 << 30)], self.folder).start()
            if self._ready(self.etcd, net.Client(*self._address(self.etcd_url)), "/health"):
                return
        raise RuntimeError("etcd does not start: " + self.etcd.stderr())

    @staticmethod
    def _address(url):
        host, _, port = url.partition("://")[2].partition(":")
        return host, int(port)

    @staticmethod
    def _ready(process, client, path):
        """Wait for 200, at most a minute; false when the process ended instead."""
        def answers():
            try:
                return client.request("GET", path)[0] == 200
            except OSError:
                return False
            finally:
                client.close()
        tap.eventually(lambda: process.status() is not None or answers(), 60, 0.05)
        return process.status() is None and answers()

    def _start_api(self):
        certificate, key = self.server
        fixed = self.port
        for _ in range(5):
            self.port = fixed or net.free_port()
            self.api = procs.Process([
                os.path.join(self.peers, "kube-apiserver"), "--etcd-servers", self.etcd_url,
                "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
                "--secure-port", str(self.port), "--tls-cert-file", certificate,
                "--tls-private-key-file", key, "--client-ca-file", self.authority.ca,
                "--cert-dir", os.path.join(self.folder, "apiserver"),
                "--service-cluster-ip-range", "10.0.0.0/24",
                "--service-account-issuer", "https://kubernetes.default.svc",
                "--service-account-key-file", self.accounts[0],
                "--service-account-signing-key-file", self.accounts[1],
                "--authorization-mode", "RBAC", "--endpoint-reconciler-type", "none",
                "--disable-admission-plugins", "ServiceAccount",
                "--max-requests-inflight", "2000", "--max-mutating-requests-inflight", "1000",
                "--shutdown-delay-duration", "0s", "--v", "0",
                *(self._audit_options() if self.audit else [])], self.folder).start()
            if self._ready(self.api, self._new_client(), "/readyz"):
                return
        raise RuntimeError("kube-apiserver does not start: " + self.api.stderr()[-4000:])

    def _audit_options(self):
        policy = os.path.join(self.folder, "audit.yaml")
        with open(policy, "w", encoding="utf-8") as file:
            yaml.safe_dump({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [
                {"level": "None", "users": ["admin", "system:apiserver"], "verbs": READS},
                {"level": "Metadata"}]}, file)
        return ["--audit-policy-file", policy, "--audit-log-mode", "blocking",
                "--audit-log-path", os.path.join(self.folder, "audit.log")]

    def _audit_events(self, user):
        """(stage, id, request as of requests()) of this user, in order."""
        with open(os.path.join(self.folder, "audit.log"), "rb") as file:
            file.seek(self._audit_offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._audit_offset += len(line)
                event = json.loads(line)
                about = event.get("objectRef") or {}
                resource = "/".join(filter(None, (about.get("resource"),
                                                  about.get("subresource"))))
                self._audited.setdefault(event["user"]["username"], []).append((
                    event["stage"], event["auditID"],
                    (event["verb"], resource, about.get("namespace"), about.get("name"),
                     event.get("responseStatus", {}).get("code"))))
        return self._audited.get(user, [])

    def requests(self, user):
        """(verb, resource, namespace, name, HTTP status) of each request of this user that has
        been answered, in order; subresources as resource/subresource. Needs audit=True."""
        return [request for stage, _, request in self._audit_events(user)
                if stage != "RequestReceived" and request[1]]

    def is_idle(self, user):
        """Is everything that this user asked for answered, and in the log? What has been written
        can be read before that."""
        waiting = set()
        for stage, identity, _ in self._audit_events(user):
            if stage == "RequestReceived":
                waiting.add(identity)
            else:
                waiting.discard(identity)
        return not waiting

    def writes(self, user):
        """Those of requests() that are no reads."""
        return [request for request in self.requests(user) if request[0] not in READS]

    def _apply_crds(self):
        folder = os.path.join(self.peers, "crds")
        self.kubectl("apply", "--server-side", "-f", folder)
        # Asked for by hand: kubectl wait fails at once on a CRD that has no conditions yet.
        def established():
            found = self.must("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
            return all(any(c["type"] == "Established" and c["status"] == "True"
                           for c in crd.get("status", {}).get("conditions") or [])
                       for crd in found["items"])
        if not tap.eventually(established, 60):
            raise RuntimeError("the CRDs are applied, but not established")
        self.wait_for_resource(APPLICATIONS + "/applications")

    def wait_for_resource(self, path):
        """Wait until a list is served. Established, a resource may still be a moment away."""
        def served():
            return self.client().request("GET", path + "?limit=1")[0] == 200
        if not tap.eventually(served, 60):
            raise RuntimeError("the CRD is applied, but %s is not served" % path)

    # Users

    def _write_kubeconfig(self, name, pair, namespace=None, token=None):
        user = {"token": token} if token else {"client-certificate": pair[0],
                                               "client-key": pair[1]}
        context = {"cluster": "test", "user": name}
        if namespace:
            context["namespace"] = namespace
        path = os.path.join(self.folder, name + ".kubeconfig")
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump({
                "apiVersion": "v1", "kind": "Config", "current-context": "test",
                "clusters": [{"name": "test", "cluster": {
                    "server": self.url, "certificate-authority": self.authority.ca}}],
                "users": [{"name": name, "user": user}],
                "contexts": [{"name": "test", "context": context}]}, file)
        os.chmod(path, 0o600)
        return path

    def user(self, name, rules, namespaces=None):
        """A user with a certificate and exactly these RBAC rules, in all namespaces or in those
        named. Gives the path of its kubeconfig."""
        pair = self.authority.issue(name, name)
        subject = [{"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}]
        rbac = "/apis/rbac.authorization.k8s.io/v1"
        for namespace in namespaces or [None]:
            kind = "Role" if namespace else "ClusterRole"
            base = rbac + ("/namespaces/" + namespace if namespace else "")
            path = "%s/%s" % (base, "roles" if namespace else "clusterroles")
            role = {"metadata": {"name": name}, "rules": rules}
            binding = {"metadata": {"name": name}, "subjects": subject, "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}}
            self.must("POST", path, role)
            self.must("POST", path[:-1] + "bindings", binding)
        return self._write_kubeconfig(name, pair, (namespaces or [None])[0])

    def account(self, name):
        """A user with a certificate and no right. Gives (kubeconfig, certificate and key)."""
        pair = self.authority.issue(name, name)
        return self._write_kubeconfig(name, pair), pair

    def administrator(self, name):
        """Another administrator, whose requests can be told from ours. Gives its kubeconfig."""
        return self._write_kubeconfig(name, self.authority.issue(name, name, "system:masters"))

    def service_account_token(self, namespace, name, seconds=3600):
        """A token of a new ServiceAccount (TokenRequest), for in-cluster configuration."""
        self.namespace(namespace)
        base = "/api/v1/namespaces/%s/serviceaccounts" % namespace
        self.must("POST", base, {"metadata": {"name": name}})
        answer = self.must("POST", "%s/%s/token" % (base, name), {
            "spec": {"expirationSeconds": seconds}})
        return answer["status"]["token"]

    # Requests

    @property
    def url(self):
        return "https://127.0.0.1:%d" % self.port

    def kubectl(self, *arguments, stdin=None, kubeconfig=None, check=True):
        """Run kubectl as the administrator; gives its stdout."""
        done = subprocess.run(
            [os.path.join(self.peers, "kubectl"), "--kubeconfig", kubeconfig or self.kubeconfig,
             *arguments], input=stdin, stdin=None if stdin else subprocess.DEVNULL,
            capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError("kubectl %s: %s" % (" ".join(arguments), done.stderr))
        return done.stdout

    def _new_client(self):
        return net.Client("127.0.0.1", self.port, ca=self.authority.ca, certificate=self.admin)

    def client(self):
        """The administrator's kept connection, one for each thread."""
        if not hasattr(self._local, "client"):
            self._local.client = self._new_client()
            with self._lock:
                self._clients.append(self._local.client)
        return self._local.client

    def must(self, method, path, body=None, content_type="application/json"):
        """The decoded answer of a request that must succeed; else ApiError."""
        status, answer = self.client().json(method, path, body, content_type)
        if not 200 <= status < 300:
            raise ApiError(method, path, status, answer)
        return answer

    def parallel(self, function, items, workers=4):
        """function(item) for each, several at once; their answers in order. For thousands."""
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            return list(pool.map(function, items))

    # Objects

    def namespace(self, name):
        """Have this namespace."""
        status, answer = self.client().json("POST", "/api/v1/namespaces",
                                            {"metadata": {"name": name}})
        if status not in (201, 409):
            raise ApiError("POST", name, status, answer)

    def secret(self, namespace, name, data, kind="Opaque"):
        """Create a Secret from text values."""
        return self.must("POST", "/api/v1/namespaces/%s/secrets" % namespace, {
            "metadata": {"name": name}, "type": kind, "stringData": data})

    @staticmethod
    def path(namespace, name=None):
        """The path of an Application, or of a namespace's list of them."""
        path = "%s/namespaces/%s/applications" % (APPLICATIONS, namespace)
        return path + "/" + name if name else path

    def create(self, application):
        """Create one Application; gives it as stored."""
        return self.must("POST", self.path(application["metadata"]["namespace"]), application)

    def create_all(self, applications, workers=4):
        return self.parallel(self.create, applications, workers)

    def get(self, namespace, name):
        return self.must("GET", self.path(namespace, name))

    def list(self, namespace=None, limit=500):
        """All Applications, of one namespace or of all, read in pages."""
        base = self.path(namespace) if namespace else APPLICATIONS + "/applications"
        found, following = [], ""
        for _ in itertools.count():
            page = self.must("GET", "%s?limit=%d%s" % (base, limit, following))
            found += page["items"]
            if not page["metadata"].get("continue"):
                return found
            following = "&continue=" + page["metadata"]["continue"]

    def patch(self, namespace, name, patch, content_type=MERGE_PATCH):
        return self.must("PATCH", self.path(namespace, name), patch, content_type)

    def delete(self, namespace, name):
        """Delete an Application, and wait until it is gone."""
        self.must("DELETE", self.path(namespace, name))
        deadline = time.monotonic() + 30
        while self.client().json("GET", self.path(namespace, name))[0] != 404:
            if time.monotonic() > deadline:
                raise RuntimeError("%s/%s does not go away" % (namespace, name))

    def delete_all(self, namespace):
        self.must("DELETE", self.path(namespace))

    def revision(self, namespace, name, source=None):
        """targetRevision of spec.source, or of spec.sources[source]."""
        spec = self.get(namespace, name)["spec"]
        return (spec["source"] if source is None else spec["sources"][source])["targetRevision"]

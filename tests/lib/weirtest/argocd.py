"""A real Argo CD beside a weirtest Cluster: its repo-server and application-controller, with
redis, on free loopback ports. It knows nothing of weir; its objects are those of an installation
by manifests, as far as those two read them.

    argocd = t.using(ArgoCD(t.path("argocd"), cluster, "d8-delivery",
                            {"127.0.0.1": registry.authority.ca}))     # after t.need_argocd()

Who may be asked in which namespace is left out: it is the cluster's administrator.
"""

import os
import shutil

import yaml

from . import net, procs, tap

PROGRAM = "argocd"
# Answers come from the repo-server's cache for as long as a revision is the same; a changed
# Application is looked at as soon as it changes. This is for what else changes: a repository.
RESYNC_S = 3


class ArgoCD:
    """authorities: {host name: PEM file of the CA that signed its registry's certificate}."""

    def __init__(self, folder, cluster, namespace="argocd", authorities=None):
        self.folder, self.cluster, self.namespace = folder, cluster, namespace
        self.authorities = authorities or {}
        self.certificates = os.path.join(folder, "certificates")
        self.redis = self.repo_server = self.controller = None

    # Life

    def start(self):
        for name in ("certificates", "gpg", "redis", "tmp"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        for host, file in self.authorities.items():
            shutil.copyfile(file, os.path.join(self.certificates, host))
        self._install()
        self.redis = self._serve(self._redis, 1, 0)
        self.repo_server = self._serve(self._repo_server, 2, 1, "/healthz")
        self.controller = self._serve(self._controller, 1, 0, "/healthz")
        return self

    def stop(self):
        for process in (self.controller, self.repo_server, self.redis):
            if process:
                process.stop(timeout_s=5)

    def _install(self):
        """What stands in the namespace of each installation, and is empty for a test."""
        self.cluster.namespace(self.namespace)
        part_of = {"app.kubernetes.io/part-of": "argocd"}

        def thing(kind, name, **content):
            return dict({"apiVersion": "v1", "kind": kind, "metadata": {
                "name": name, "namespace": self.namespace, "labels": part_of}}, **content)
        objects = [
            thing("ConfigMap", "argocd-cm"), thing("ConfigMap", "argocd-rbac-cm"),
            thing("ConfigMap", "argocd-cmd-params-cm"),
            thing("Secret", "argocd-secret", stringData={"server.secretkey": "not-used-here"}),
            dict(thing("AppProject", "default", spec={
                "sourceRepos": ["*"], "destinations": [{"namespace": "*", "server": "*"}],
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}),
                apiVersion="argoproj.io/v1alpha1")]
        self.cluster.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(objects))

    def _serve(self, command, count, health, path=None):
        """Start what command(ports) describes on free ports, until it answers (path: on the port
        number `health` of them; else it is enough that it listens)."""
        for _ in range(5):
            ports = [net.free_port() for _ in range(count)]
            name, arguments = command(*ports)
            process = procs.Process(arguments, self.folder, name, env=self._environment()).start()

            def answers():
                client = net.Client("127.0.0.1", ports[health], timeout_s=5)
                try:
                    if path:
                        return client.request("GET", path)[0] == 200
                    client.connection.connect()
                    return True
                except OSError:
                    return False
                finally:
                    client.close()
            tap.eventually(lambda: process.status() is not None or answers(), 60, 0.05)
            if process.status() is None and answers():
                process.port = ports[0]
                return process
            process.stop(timeout_s=5)
        raise RuntimeError("%s does not start: %s" % (name, process.stderr()[-4000:]))

    def _environment(self):
        return {"ARGOCD_TLS_DATA_PATH": self.certificates, "SSL_CERT_DIR": self.certificates,
                "ARGOCD_GPG_ENABLED": "false",
                # The cluster of Applications is the one of this kubeconfig.
                "ARGOCD_FAKE_IN_CLUSTER": "true", "KUBECONFIG": self.cluster.kubeconfig,
                "ARGOCD_GPG_DATA_PATH": os.path.join(self.folder, "gpg"), "REDIS_PASSWORD": "",
                "TMPDIR": os.path.join(self.folder, "tmp"), "HOME": self.folder,
                "PATH": self.cluster.peers + ":" + os.environ["PATH"]}

    def _redis(self, port):
        return "redis", ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "",
                         "--appendonly", "no", "--dir", os.path.join(self.folder, "redis")]

    def _repo_server(self, port, metrics):
        return "repo-server", self._program("repo-server") + [
            "--address", "127.0.0.1", "--port", str(port), "--disable-tls",
            "--metrics-address", "127.0.0.1", "--metrics-port", str(metrics),
            "--redis", "127.0.0.1:%d" % self.redis.port]

    def _controller(self, metrics):
        return "controller", self._program("application-controller") + [
            "--kubeconfig", self.cluster.kubeconfig, "-n", self.namespace,
            "--repo-server", "127.0.0.1:%d" % self.repo_server.port, "--repo-server-plaintext",
            "--redis", "127.0.0.1:%d" % self.redis.port, "--metrics-port", str(metrics),
            "--app-resync", str(RESYNC_S), "--app-resync-jitter", "0"]

    def _program(self, name):
        """The one program does what its name says."""
        link = os.path.join(self.folder, "argocd-" + name)
        if not os.path.islink(link):
            os.symlink(os.path.join(self.cluster.peers, PROGRAM), link)
        return [link]

    # What it did

    def state(self, name):
        """(sync status, revision that is deployed, conditions) of an Application."""
        status = self.cluster.get(self.namespace, name).get("status", {})
        return (status.get("sync", {}).get("status"),
                (status.get("history") or [{}])[-1].get("revision"),
                [c["message"] for c in status.get("conditions") or []])

    def logs(self):
        """All that its processes wrote, for a diagnosis."""
        return "".join(process.stderr() + process.stdout() for process in (
            self.repo_server, self.controller) if process)

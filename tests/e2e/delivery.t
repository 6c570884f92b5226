#!/usr/bin/python3 -B
"""The whole way, with nothing but what a user does: the three objects of Deckhouse's example
(WerfSource, pull secret, Application) and kubectl, `weir run pipelines/delivery.yaml`, charts
pushed by helm to a registry with TLS and htpasswd, and a real Argo CD that deploys them with the
Secret that weir rendered. Then passwords are rotated, a second team comes with its own secret, a
flag is turned, a secret breaks, all is deleted; each time exactly the right objects stand, and no
message and no log has a password."""

import base64
import json
import os
import sys
import time

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import argocd, cluster, delivery, fixtures, helm, procs, registry, tap

NAMESPACE = delivery.NAMESPACE
# With a colon, and with what is not the same in JSON, YAML and a URL.
FIRST, ROTATED, TEAM = "first:c4nary'\\\"%41", "r0tated:canary #2", "t3am: canary&<>"
PASSWORDS = (FIRST, ROTATED, TEAM)
SOON_S, SYNC_S = 30, 180  # bounds of what takes a moment, and of what Argo CD does


class Site:
    """All peers, and the group."""

    def __init__(self, t):
        self.cluster = t.using(cluster.Cluster(t.path("cluster")))
        self.registry = t.using(registry.Registry(t.path("registry"), tls=True,
                                                  users={"ci": FIRST}))
        self.host = self.registry.host
        self.argocd = t.using(argocd.ArgoCD(t.path("argocd"), self.cluster, NAMESPACE, {
            "127.0.0.1": self.registry.authority.ca}))
        delivery.install(self.cluster)
        trust = ["--ca-dir", self.argocd.certificates]
        self.group = delivery.Delivery(t.path("group"), self.cluster.kubeconfig, {
            "tag-scan": trust + ["--interval", "300ms"], "verify": trust}, spies=True, log_level="debug")
        self.t = t

    def apply(self, *objects):
        """As users do it."""
        self.cluster.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(objects))

    def push(self, repository, version):
        """helm push, as the registry's first user, and the word of it."""
        helm.Helm(self.t.path("helm"), self.registry).push(repository, "mychart", version)
        self.group.push("%s/%s/mychart" % (self.host, repository), version)

    def expect(self, name, entries, repositories, ready):
        """The objects that weir owns are these and no others, and no source says another thing."""
        wanted = (entries, repositories, ready)

        def state():
            items = self.cluster.must("GET", delivery.SOURCES)["items"]
            return (delivery.registries(self.cluster), delivery.repositories(self.cluster),
                    {item["metadata"]["name"]: delivery.ready(
                        self.cluster, item["metadata"]["name"])[0] for item in items})
        begun = time.monotonic()
        tap.eventually(lambda: state() == wanted, SOON_S)
        took_s = time.monotonic() - begun
        if self.t.is_(state(), wanted, name):
            self.t.diag("after %.2f s" % took_s)
        else:
            self.t.diag(self.group.run.stderr()[-3000:])
        self.t.is_(sorted(delivery.owned(self.cluster, "configmaps")), [delivery.CONFIG_MAP],
                   "and no other ConfigMap is weir's")

    def revision(self, name, version):
        """The Application gets this targetRevision."""
        found = tap.eventually(lambda: self.cluster.revision(NAMESPACE, name) == version, SOON_S)
        self.t.ok(found, "%s moves to %s" % (name, version))
        if not found:
            self.t.diag(self.group.output()[-3000:])

    def deployed(self, name, version, comment):
        """Argo CD has deployed an object that says the version."""
        def says():
            status, answer = self.cluster.client().json(
                "GET", "/api/v1/namespaces/%s/configmaps/mychart" % name)
            return status == 200 and answer["data"]["version"] == version
        found = tap.eventually(says, SYNC_S, 0.1)
        self.t.ok(found, comment)
        if not found:
            self.t.diag(self.argocd.state(name))
            self.t.diag(self.argocd.logs()[-4000:])


def application(site, name, repository):
    """The example's Application, and the same for another team."""
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": name, "namespace": NAMESPACE, "annotations": {
                fixtures.PREFIX + "chart-version": "~ 1.0"}},
            "spec": {"project": "default", "destination": {
                "namespace": name, "server": "https://kubernetes.default.svc"},
                "source": {"chart": "mychart", "repoURL": "%s/%s" % (site.host, repository),
                           "targetRevision": "1.0.0"},
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True},
                               "syncOptions": ["CreateNamespace=true"]}}}


def entry(site, name, prefix=None):
    return delivery.registry_entry(name, prefix or site.host, "https://" + site.host,
                                   name + "-registry")


def example(t, site):
    """The three objects, and nothing else."""
    site.push("charts", "1.0.0")
    site.group.start()
    site.expect("without a source the ConfigMap is empty", [], {}, {})
    site.apply(delivery.werf_source("example", site.host + "/charts", "example-registry"),
               delivery.pull_secret("example-registry", site.host, "ci", FIRST),
               application(site, "myapp", "charts"))
    site.expect("the three objects of the example: registries.conf and the repository stand",
                [entry(site, "example")],
                {"example": delivery.repository("example", site.host + "/charts", "ci", FIRST)},
                {"example": "True"})
    secret = delivery.owned(site.cluster)["repo-example"]["metadata"]
    t.is_(secret["labels"].get("argocd.argoproj.io/secret-type"), "repository",
          "Argo CD knows the Secret by its label")
    t.is_(secret.get("annotations", {}).get("managed-by"), "argocd.argoproj.io",
          "and it carries the annotation of those that Argo CD makes")
    t.is_(site.cluster.must("GET", delivery.SOURCES + "/example")["status"].get("repository"),
          {"secretName": "repo-example"}, "the source's status names the Secret")
    t.has(site.cluster.kubectl("get", "werfsources"), "True", "kubectl get shows that it is ready")
    site.deployed("myapp", "1.0.0", "Argo CD deploys the first version with it")
    site.push("charts", "1.0.1")
    site.push("charts", "1.1.0")
    site.revision("myapp", "1.0.1")
    site.deployed("myapp", "1.0.1", "and the second, once it is pushed: the object says so")
    t.is_(site.cluster.revision(NAMESPACE, "myapp"), "1.0.1", "1.1.0 is not what ~ 1.0 allows")


def rotate(t, site):
    """A new password: in the registry and in the pull secret."""
    before = delivery.fingerprint(delivery.owned(site.cluster, "configmaps"))
    site.registry.set_users({"ci": ROTATED, "team": TEAM})
    site.apply(delivery.pull_secret("example-registry", site.host, "ci", ROTATED))
    site.expect("a rotated password is in the repository", [entry(site, "example")], {
        "example": delivery.repository("example", site.host + "/charts", "ci", ROTATED)},
                {"example": "True"})
    t.is_(delivery.fingerprint(delivery.owned(site.cluster, "configmaps")), before,
          "registries.conf, which names no password, is not written")
    site.push("charts", "1.0.2")
    site.revision("myapp", "1.0.2")
    site.deployed("myapp", "1.0.2", "and with the new password the next version is deployed")


def second(t, site):
    """A second source on the same host."""
    before = delivery.fingerprint(delivery.owned(site.cluster))
    site.push("team/charts", "1.0.0")
    site.apply(delivery.pull_secret("second-registry", site.host, "team", TEAM),
               delivery.werf_source("second", site.host + "/team/charts", "second-registry",
                                    project="default"),
               application(site, "theirs", "team/charts"))
    site.expect("a second source on the same host: each has its path and its secret",
                both(site), repositories(site), {"example": "True", "second": "True"})
    after = delivery.fingerprint(delivery.owned(site.cluster))
    t.is_({"repo-example": after["repo-example"]}, before, "the first one's Secret is not touched")
    site.deployed("theirs", "1.0.0", "Argo CD deploys the second one's chart")
    # With either user locked out, the other one's source goes on: each scan uses its own.
    for name, repository, version, users in (
            ("theirs", "team/charts", "1.0.1", {"team": TEAM}),
            ("myapp", "charts", "1.0.3", {"ci": ROTATED})):
        site.registry.set_users(users)
        site.push(repository, version)
        site.revision(name, version)
        site.deployed(name, version, "with nobody else's password it is deployed")
    site.registry.set_users({"ci": ROTATED, "team": TEAM})


def both(site):
    return [entry(site, "example", site.host + "/charts"),
            entry(site, "second", site.host + "/team/charts")]


def repositories(site, *without):
    found = {"example": delivery.repository("example", site.host + "/charts", "ci", ROTATED),
             "second": delivery.repository("second", site.host + "/team/charts", "team", TEAM,
                                           "default")}
    return {name: data for name, data in found.items() if name not in without}


def disable(t, site):
    """argocdRepoEnabled: false, and back."""
    ready = {"example": "True", "second": "True"}
    before = delivery.fingerprint(delivery.owned(site.cluster))
    patch = '{"spec":{"argocdRepoEnabled":%s}}'
    site.cluster.kubectl("patch", "werfsource", "second", "--type=merge", "-p", patch % "false")
    site.expect("argocdRepoEnabled: false: the repository goes, registries.conf stays",
                both(site), repositories(site, "second"), ready)
    after = delivery.fingerprint(delivery.owned(site.cluster))
    t.is_(after, {"repo-example": before["repo-example"]}, "the other Secret is not touched")
    t.ok(tap.eventually(lambda: "repository" not in site.cluster.must(
        "GET", delivery.SOURCES + "/second")["status"], SOON_S), "the status names none any more")
    site.push("team/charts", "1.0.2")
    site.revision("theirs", "1.0.2")
    site.cluster.kubectl("patch", "werfsource", "second", "--type=merge", "-p", patch % "true")
    site.expect("and comes back with true", both(site), repositories(site), ready)


def break_one(t, site):
    """One secret breaks: the others go on."""
    before = delivery.fingerprint(delivery.owned(site.cluster))
    broken = {"auths": {site.host: {"auth": base64.b64encode(b"no colon").decode()}}}
    site.apply(delivery.docker_secret("second-registry", broken))
    site.expect("a broken secret: what stands stays, and its source says so",
                both(site), repositories(site), {"example": "True", "second": "False"})
    t.is_(delivery.fingerprint(delivery.owned(site.cluster)), before, "nothing was written for it")
    message = delivery.ready(site.cluster, "second")[2]
    t.has(message, "second-registry", "the condition names the secret")
    errors = [m for m in site.group.messages() if m["type"] == "ERROR"
              and m["filter"] == "render-repository"]
    t.ok([m for m in errors if "second" in json.dumps(m)], "there is an ERROR about it")
    t.is_([m for m in errors if '"example"' in json.dumps(m)], [], "and none about the other")
    site.push("charts", "1.0.4")
    site.revision("myapp", "1.0.4")
    site.apply(delivery.pull_secret("second-registry", site.host, "team", TEAM))
    site.expect("mended, it is ready again", both(site), repositories(site),
                {"example": "True", "second": "True"})
    t.is_(delivery.fingerprint(delivery.owned(site.cluster)), before,
          "and still nothing was written, since nothing is different")


def delete_all(t, site):
    """Sources, secrets, Applications go."""
    site.cluster.kubectl("delete", "werfsource", "second")
    site.expect("a deleted source takes its repository and its entry along",
                [entry(site, "example")], repositories(site, "second"), {"example": "True"})
    site.cluster.kubectl("delete", "werfsources", "--all")
    site.cluster.kubectl("delete", "secret", "-n", NAMESPACE, "example-registry",
                         "second-registry")
    site.cluster.kubectl("delete", "applications", "-n", NAMESPACE, "--all")
    site.expect("all deleted: an empty registries.conf is all that stands", [], {}, {})
    secrets = site.cluster.must("GET", "/api/v1/namespaces/%s/secrets" % NAMESPACE)["items"]
    t.is_(sorted(item["metadata"]["name"] for item in secrets), ["argocd-secret"],
          "no other Secret is left in the namespace")


def spellings(password):
    """A password as it may leak: plain, in JSON, in JSON that is text in JSON, and in base64,
    wherever it begins there."""
    once = json.dumps(password)[1:-1]
    found = {password, once, json.dumps(once)[1:-1]}
    for text in (password, once):
        for shift in range(3):
            coded = base64.b64encode(b"x" * shift + text.encode()).decode().rstrip("=")
            found.add(coded[4 if shift else 0:-4])
    return found


def leaked(text):
    return [password for password in PASSWORDS if any(s in text for s in spellings(password))]


def seen(site):
    """Everything that must have no secret in it, by name."""
    found = {"the messages": site.group.run.stdout(), "the logs": site.group.run.stderr(),
             "objects that are no Secrets": "".join(site.cluster.kubectl(
                 "get", kind, "-A", "-o", "json") for kind in (
                     "configmaps", "events", "werfsources", "applications"))}
    lines, variables = "", ""
    for pid in [site.group.run.pid] + procs.tree(site.group.run.pid):
        lines += " ".join(procs.arguments(pid)) + "\n"
        variables += procs.environment(pid)
    return dict(found, **{"command lines": lines, "environments": variables})


def no_secret(t, site, when):
    for name, text in seen(site).items():
        t.is_(leaked(text), [], "%s: no password in %s (%d bytes)" % (when, name, len(text)))


def where_they_are(t, site):
    """That the search finds a password: each kind of Secret has them, in its own spelling."""
    for name in ("repo-example", "repo-second"):
        secret = json.dumps(site.cluster.must("GET", "/api/v1/namespaces/%s/secrets/%s" % (
            NAMESPACE, name)))
        t.is_(len(leaked(secret)), 1, "the search finds the password in Secret " + name)
    for name, password in (("example-registry", ROTATED), ("second-registry", TEAM)):
        data = json.dumps(site.cluster.must("GET", "/api/v1/namespaces/%s/secrets/%s" % (
            NAMESPACE, name))["data"])
        t.is_(leaked(data), [password], "and in Secret " + name)


def main(t):
    t.need_argocd()
    site = Site(t)
    t.defer(site.group.stop)
    example(t, site)
    rotate(t, site)
    second(t, site)
    disable(t, site)
    where_they_are(t, site)
    no_secret(t, site, "with two sources")
    break_one(t, site)
    no_secret(t, site, "with a secret that was broken")
    delete_all(t, site)
    no_secret(t, site, "in the end")
    t.is_(site.group.stop(), 0, "the group ends in order")
    types = {message["type"] for message in site.group.messages()}
    t.ok({"APPLY", "PRUNE", "RESULT", "TAGS", "UPDATE", "ERROR"} <= types,
         "all kinds of messages were looked at: %s" % ", ".join(sorted(types)))


with tap.Test() as test:
    main(test)

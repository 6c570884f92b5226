#!/usr/bin/python3 -B
"""render-repository's manifests under a real kubectl and API server: by hand, for Secrets that the
web interface or somebody else made, and from WerfSources of weir's CRD."""

import base64
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import yaml
from weirtest import ROOT, fixtures, messages, procs, tap
from weirtest.cluster import Cluster

NAMESPACE = "d8-delivery"
SECRETS = "/api/v1/namespaces/%s/secrets" % NAMESPACE
CANARY = "hunter2:canary"
LABELS = {"argocd.argoproj.io/secret-type": "repository"}


def encode(text):
    return base64.b64encode(text.encode()).decode()


def web_secret(name, **more):
    """What Argo CD's web interface makes of a Helm repository."""
    fields = dict({"type": "helm", "name": name, "url": "reg.example/" + name, "username": "u",
                   "password": CANARY}, **more)
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": LABELS,
                         "annotations": {"managed-by": "argocd.argoproj.io"}},
            "data": {key: encode(value) for key, value in fields.items() if value is not None}}


def fields(cluster, name):
    stored = cluster.must("GET", "%s/%s" % (SECRETS, name))
    return {key: base64.b64decode(value).decode() for key, value in stored["data"].items()}


def kubectl_line(cluster, script, **options):
    """A shell line with kubectl as the administrator, as a user types it."""
    environment = {"KUBECONFIG": cluster.kubeconfig,
                   "PATH": cluster.peers + ":" + os.environ["PATH"]}
    return procs.shell(script, env=environment, **options)


def by_hand(t, cluster):
    for how, name in (("", "plain"), ("--server-side", "side")):
        line = ("weir render-repository --name %s --url oci://Reg.example/charts/ --username u "
                "--password-stdin %%s| kubectl apply %s -f -" % (name, how))
        done = kubectl_line(cluster, line % "", stdin=CANARY + "\n")
        t.status(done, 0, "kubectl apply " + how)
        t.lacks(done.stdout + done.stderr, "hunter2", "no secret is shown")
        want = {"type": "helm", "enableOCI": "true", "name": name, "url": "reg.example/charts",
                "username": "u", "password": CANARY}
        t.is_(fields(cluster, "repo-" + name), want, "the Secret stands as Argo CD reads it")
        stored = cluster.must("GET", SECRETS + "/repo-" + name)["metadata"]
        t.is_(stored["labels"], LABELS, "with the label that it looks for")
        done = kubectl_line(cluster, line % "--project team ", stdin="new:one\n")
        t.is_(fields(cluster, "repo-" + name), dict(want, password="new:one", project="team"),
              "and again, with a project and another password")
        kubectl_line(cluster, line % "", stdin="new:one")
        t.lacks(fields(cluster, "repo-" + name), "project", "what is left out goes")


def enable(t, cluster, name, how, output="yaml", status=0):
    done = kubectl_line(cluster, "kubectl get secret -n %s %s -o %s | weir render-repository "
                        "--enable-oci | kubectl apply %s -f -" % (NAMESPACE, name, output, how))
    t.status(done, status, "%s: kubectl apply %s" % (name, how))
    t.lacks(done.stdout + done.stderr, "hunter2", "no secret is shown")
    return done


def from_the_web(t, cluster):
    """Made by the web interface, that is by argocd-server, without enableOCI."""
    for index, (how, output) in enumerate((("--server-side", "yaml"), ("--server-side", "json"),
                                           ("", "yaml"), ("", "json"))):
        name = "web-%d" % index
        cluster.must("POST", SECRETS + "?fieldManager=argocd-server", web_secret(name))
        before = fields(cluster, name)
        enable(t, cluster, name, how, output)
        t.is_(fields(cluster, name), dict(before, enableOCI="true"), "one field more, no other changed")
        cluster.must("PATCH", "%s/%s?fieldManager=argocd-server" % (SECRETS, name),
                     {"data": {"password": encode("new")}}, "application/merge-patch+json")
        enable(t, cluster, name, how, output)
        t.is_(fields(cluster, name), dict(before, enableOCI="true", password="new"),
              "a password changed there stays, and a second time changes nothing")


def from_somebody(t, cluster):
    """Applied by kubectl before: what is not named again would be taken away."""
    for how in ("", "--server-side"):
        for again in ("", "--server-side"):
            name = "applied%s%s" % (how and "-side", again and "-again")
            manifest = yaml.safe_dump(web_secret(name))
            cluster.kubectl("apply", *how.split(), "-f", "-", stdin=manifest)
            before = fields(cluster, name)
            enable(t, cluster, name, again)
            t.is_(fields(cluster, name), dict(before, enableOCI="true"), "nothing is taken away")


def conflict(t, cluster):
    cluster.must("POST", SECRETS + "?fieldManager=argocd-server",
                 web_secret("false", enableOCI="false"))
    done = enable(t, cluster, "false", "--server-side", status=1)
    t.has(done.stderr, "argocd-server", "false by somebody else is a conflict")
    t.is_(fields(cluster, "false")["enableOCI"], "false", "and stays")
    enable(t, cluster, "false", "--server-side --force-conflicts")
    t.is_(fields(cluster, "false")["enableOCI"], "true", "until it is forced")


def told(t, cluster):
    """What enableOCI alone does not mend."""
    cases = (("oci", {"url": "oci://reg.example/x"}, "its url begins with oci://"),
             ("git", {"type": None}, "its type is not helm (it has none, which means git)"),
             ("http", {"url": "https://charts.example"}, "its url has a scheme"))
    for name, change, part in cases:
        cluster.must("POST", SECRETS, web_secret(name, **change))
        done = enable(t, cluster, name, "--server-side", status=1)
        t.has(done.stderr, "weir render-repository: error: standard input: " + part, "it is told")
        t.lacks(fields(cluster, name), "enableOCI", "and nothing is written")
    done = kubectl_line(cluster, "kubectl get secrets -n %s -o yaml | weir render-repository "
                        "--enable-oci" % NAMESPACE)
    t.status(done, 1, "a List")
    t.has(done.stderr, "one Secret at a time", "is told")


def hostile_texts(t, cluster):
    """Whatever stands in annotations comes out as it was: read by Go's YAML, and by Python's."""
    seed = os.environ.get("WEIR_TEST_SEED") or str(random.randrange(1 << 30))
    t.diag("WEIR_TEST_SEED=" + seed)
    rng = random.Random(seed)
    alphabet = list(" \t\n:#-'\"\\{}[]|>&*!%@`,?~=<") + [
        "a", "0", "yes", "null", "1e3", "0x1", "---", "\u00e4", "\u2028", "\ufeff", "\x7f", "\u0085",
        "\U0001f600", "\n\n", "  "]
    texts = ["", "~", "no", "1.0", "2001-01-01", "12:30:45", "a\nb\n", "a\n\nb", "\n", " a\nb", "a\n b\n\n",
             "a \nb", "#", "- a", "!!int 1", "| \n", "...\n", "x" * 5000]
    texts += ["".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 12))) for _ in range(400)]
    secret = web_secret("texts")
    secret["metadata"]["annotations"] = {"x/k%d" % i: text for i, text in enumerate(texts)}
    cluster.must("POST", SECRETS + "?fieldManager=argocd-server", secret)
    before = cluster.must("GET", SECRETS + "/texts")["metadata"]["annotations"]
    printed = kubectl_line(cluster, "kubectl get secret -n %s texts -o json | weir render-repository "
                           "--enable-oci" % NAMESPACE)
    t.is_(yaml.safe_load(printed.stdout)["metadata"]["annotations"], before, "Python reads what was there")
    # Not applied: what is no JSON for a YAML reader, kubectl apply --server-side does not escape.
    read = cluster.kubectl("create", "--dry-run=client", "-o", "json", "-f", "-",
                           stdin=printed.stdout)
    t.is_(json.loads(read)["metadata"]["annotations"], before, "so does kubectl")


def hostile_apply(t, cluster):
    """What JSON takes and YAML does not: server-side apply reads its body as YAML."""
    data = {"k%d" % i: text for i, text in enumerate([
        "\x7f", "a\u0085--- b", "\u2028---\n", "\ufeffx", "\u0080\u009f\uffff", "\U0001f600\u0085", "\u0001"])}
    content = {"apiVersion": "v1", "kind": "ConfigMap", "data": data,
               "metadata": {"name": "hostile", "namespace": NAMESPACE}}
    done = procs.run("apply", "--kubeconfig", cluster.kubeconfig,
                     stdin=fixtures.line({"type": "APPLY", "object": content}))
    t.status(done, 0, "weir apply of what YAML readers stumble over")
    stored = cluster.must("GET", "/api/v1/namespaces/%s/configmaps/hostile" % NAMESPACE)
    t.is_(stored["data"], data, "it stands as it was said")


def from_sources(t, cluster):
    """watch, render, and what kubectl makes of the messages."""
    crd = os.path.join(ROOT, "pipelines/kubernetes/crd-werfsources.yaml")
    cluster.kubectl("apply", "--server-side", "-f", crd)
    t.ok(tap.eventually(lambda: cluster.client().request(
        "GET", "/apis/deckhouse.io/v1alpha1/werfsources")[0] == 200), "the CRD is served")
    cluster.kubectl("create", "secret", "docker-registry", "registry", "-n", NAMESPACE,
                    "--docker-server=https://reg.example/v1/", "--docker-username=u",
                    "--docker-password=" + CANARY)
    for name, spec in (("example", {"imageRepo": "reg.example/charts", "pullSecretName": "registry"}),
                       ("missing", {"imageRepo": "reg.example/b", "pullSecretName": "nowhere"}),
                       ("off", {"imageRepo": "reg.example/c", "argocdRepoEnabled": False})):
        cluster.must("POST", "/apis/deckhouse.io/v1alpha1/werfsources", {
            "apiVersion": "deckhouse.io/v1alpha1", "kind": "WerfSource",
            "metadata": {"name": name}, "spec": spec})
    user = cluster.user("reader", [fixtures.rule("werfsources", "list", "watch", group="deckhouse.io"),
                                   fixtures.rule("secrets", "list", "watch", group="")])
    line = ("{ weir watch werfsources.deckhouse.io --once; weir watch secrets -n %s --once; } | "
            "weir render-repository" % NAMESPACE)
    done = procs.shell(line, env={"KUBECONFIG": user})
    t.status(done, 1, "one source lacks its Secret")
    asked = [m for m in messages.parse(done.stdout) if m["type"] == "APPLY"]
    t.is_([m["object"]["metadata"]["name"] for m in asked],
          ["off", "repo-example", "example", "missing"], "a Secret, and a status for each")
    for message in asked:
        more = ["--subresource", "status"] if "subresource" in message else []
        cluster.kubectl("apply", "--server-side", *more, "-f", "-", stdin=json.dumps(message["object"]))
    t.is_(fields(cluster, "repo-example"),
          {"type": "helm", "enableOCI": "true", "name": "example", "url": "reg.example/charts",
           "username": "u", "password": CANARY}, "from what kubectl create secret made")
    shown = cluster.kubectl("get", "werfsources", "--no-headers").split()
    t.ok({"Rendered", "PullSecretMissing", "RepositoryDisabled"} <= set(shown),
         "kubectl get shows the reasons")
    before = cluster.must("GET", "/apis/deckhouse.io/v1alpha1/werfsources")["items"]
    again = [m["object"] for m in messages.parse(procs.shell(line, env={"KUBECONFIG": user}).stdout)
             if m.get("subresource")]
    t.is_({o["metadata"]["name"]: o["status"] for o in again},
          {o["metadata"]["name"]: o["status"] for o in before},
          "a second time every status is what it is: nothing to write")


with tap.Test() as t:
    t.need_cluster()
    cluster = t.using(Cluster(t.path("cluster"), crds=False))
    cluster.namespace(NAMESPACE)
    by_hand(t, cluster)
    from_the_web(t, cluster)
    from_somebody(t, cluster)
    conflict(t, cluster)
    told(t, cluster)
    hostile_texts(t, cluster)
    hostile_apply(t, cluster)
    from_sources(t, cluster)

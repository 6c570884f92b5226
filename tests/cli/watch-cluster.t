#!/usr/bin/python3 -B
"""watch against a real kube-apiserver: what it finds, follows and keeps to itself."""

import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, net, procs, tap, tls
from weirtest.cluster import Cluster

LISTED = r'"k8s\.io/initial-events-end":"true"'


def events(text):
    """The messages of an output but for bookmarks."""
    return [message for message in messages.parse(text) if message["type"] != "BOOKMARK"]


def names(found):
    return sorted("%s/%s" % (event["object"]["metadata"].get("namespace", ""),
                             event["object"]["metadata"]["name"]) for event in found)


def short(found):
    """[(type, name)] in order."""
    return [(event["type"], event["object"]["metadata"]["name"]) for event in found]


def once(t, *arguments, kubeconfig, status=0, env=None):
    done = procs.run("watch", *arguments, "--once", "--kubeconfig", kubeconfig, env=env)
    t.status(done, status, "watch %s --once" % " ".join(arguments))
    return done


def what_is_there(t, cluster, user):
    found = once(t, "applications", "-A", kubeconfig=user)
    t.is_(names(events(found.stdout)), ["one/app", "one/other", "two/app"], "in all namespaces")
    t.is_([messages.complaint(line) for line in found.lines], [""] * 4, "each line is a message")
    t.like(found.lines[-1], LISTED, "the last one ends the first list")
    t.is_(len({message["trace"] for message in events(found.stdout)}), 3,
          "each change has a trace of its own")
    want = json.loads(cluster.kubectl("get", "applications", "-A", "-o", "json",
                                      "--show-managed-fields=false"))["items"]
    got = [event["object"] for event in events(found.stdout)]
    t.is_(sorted(got, key=str), sorted(want, key=str), "the objects are those that kubectl gets")

    found = once(t, "applications", "-n", "two", kubeconfig=user)
    t.is_(names(events(found.stdout)), ["two/app"], "in one namespace")
    found = once(t, "applications", kubeconfig=user)
    t.is_(names(events(found.stdout)), [], "the namespace of the context when none is named")
    found = once(t, "applications", "-A", "-l", "tier in (gold, silver),!old", kubeconfig=user)
    t.is_(names(events(found.stdout)), ["one/other"], "with these labels")
    for name in ("application", "Application", "app", "apps", "applications.argoproj.io",
                 "app.argoproj.io", "applications.v1alpha1.argoproj.io"):
        found = once(t, name, "-n", "two", kubeconfig=user)
        t.is_(names(events(found.stdout)), ["two/app"], "found as " + name)


def field_selectors(t, cluster, user):
    """kubectl's --field-selector; what the server does not take is said so."""
    found = once(t, "applications", "-A", "--field-selector", "metadata.name=app",
                 kubeconfig=user)
    t.is_(names(events(found.stdout)), ["one/app", "two/app"], "--field-selector metadata.name")
    found = once(t, "applications", "-A", "--field-selector",
                 "metadata.name!=other,metadata.namespace==one", kubeconfig=user)
    t.is_(names(events(found.stdout)), ["one/app"], "several fields, = and != and ==")
    found = once(t, "applications", "-A", "--field-selector", "metadata.namespace=one", "-l",
                 "tier=silver", kubeconfig=user)
    t.is_(names(events(found.stdout)), ["one/other"], "with -l: both must hold")
    cluster.secret("two", "of-docker", {".dockerconfigjson": "{}"},
                   kind="kubernetes.io/dockerconfigjson")
    cluster.secret("two", "opaque", {"key": "value"})
    found = once(t, "secrets", "-n", "two", "--field-selector",
                 "type=kubernetes.io/dockerconfigjson", kubeconfig=cluster.kubeconfig)
    t.is_(names(events(found.stdout)), ["two/of-docker"], "Secrets of one type (a / is encoded)")

    done = once(t, "applications", "-A", "--field-selector", "spec.project=default",
                kubeconfig=user, status=100)
    t.is_(done.stdout, "", "a field that the server does not select by: nothing")
    t.has(done.stderr, '--field-selector "spec.project=default": https://127.0.0.1:%d cannot '
          "select applications by this (400)" % cluster.port, "and says so")
    t.has(done.stderr, "metadata.name=NAME", "and what it could be")
    done = once(t, "applications", "--field-selector", "a b&limit=1", kubeconfig=user, status=100)
    t.has(done.stderr, '--field-selector "a b&limit=1"', "what is no field selector at all")
    done = once(t, "applications", "-l", "a", "--field-selector", "x=y", kubeconfig=user,
                status=100)
    t.has(done.stderr, '-l "a" --field-selector "x=y"', "two selectors: both are named")


def watched_fields(t, cluster):
    """A watch, too, tells only of what is selected."""
    watch = t.using(procs.Process(["watch", "secrets", "-n", "one", "--field-selector",
                                   "metadata.name=mine", "--kubeconfig", cluster.kubeconfig],
                                  t.tmp, "fields"))
    t.ok(watch.wait_for(LISTED), "an empty list is complete")
    for name in ("foreign", "mine"):
        cluster.secret("one", name, {"key": "value"})
    cluster.must("DELETE", "/api/v1/namespaces/one/secrets/foreign")
    cluster.must("DELETE", "/api/v1/namespaces/one/secrets/mine")
    t.ok(watch.wait_for("DELETED"), "changes of the selected one are told")
    t.is_(short(events(watch.stdout())), [("ADDED", "mine"), ("DELETED", "mine")],
          "and of no other")
    t.is_(watch.stop(), 0, "SIGTERM ends it with 0")


WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.org"}, "spec": {
        "group": "example.org", "scope": "Cluster",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {
            "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGET_PATH = "/apis/example.org/v1/widgets"


def create_widget(t, cluster, name):
    """Established, a resource may still be a moment away (and 404 without JSON)."""
    body = {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": name}}
    t.eventually(lambda: cluster.client().request("POST", WIDGET_PATH, json.dumps(body), {
        "Content-Type": "application/json"})[0] == 201,
                 "widget %s is created" % name)


def not_served(t, cluster):
    """--ignore-not-found: no CRD, no objects; and then there is one."""
    done = once(t, "widgets.example.org", kubeconfig=cluster.kubeconfig, status=111)
    t.has(done.stderr, 'has no resource "widgets.example.org"', "without --ignore-not-found")
    done = once(t, "widgets.example.org", "--ignore-not-found", kubeconfig=cluster.kubeconfig)
    t.is_(names(events(done.stdout)), [], "with it there are no objects")
    t.like(done.lines[-1], LISTED, "and that is a complete list")
    t.is_(messages.complaint(done.lines[-1]), "", "a bookmark like others")
    t.has(done.lines[-1], '"kind":"PartialObjectMetadataList"', "that claims to know no kind")
    done = once(t, "widgets.example.org", "applications", "-n", "two", "--ignore-not-found",
                kubeconfig=cluster.kubeconfig)
    t.is_(names(events(done.stdout)), ["two/app"], "beside a resource that is there")
    done = once(t, "secrets", "-n", "one", "--ignore-not-found", status=111,
                kubeconfig=cluster.user("nobody", []))
    t.is_(done.stdout, "", "a list that is refused is no empty list")

    watch = t.using(procs.Process(["watch", "widgets.example.org", "--ignore-not-found",
                                   "--log-level", "info", "--kubeconfig", cluster.kubeconfig],
                                  t.tmp, "widgets"))
    t.ok(watch.wait_for(LISTED), "followed: at first an empty list")
    t.like(watch.stderr(), "does not serve it: taken for an empty list", "which is said")
    cluster.must("POST", CRDS, WIDGETS)
    create_widget(t, cluster, "first")
    t.ok(watch.wait_for('"name":"first"', timeout_s=90), "when the CRD appears it is listed")
    create_widget(t, cluster, "second")
    t.ok(watch.wait_for('"name":"second"'), "and watched")
    cluster.must("DELETE", CRDS + "/widgets.example.org")
    t.eventually(lambda: len(events(watch.stdout())) == 4, "with the CRD the objects go",
                 timeout_s=90)
    t.is_(sorted(short(events(watch.stdout()))[2:]), [("DELETED", "first"), ("DELETED", "second")],
          "each once")
    t.eventually(lambda: cluster.client().json("POST", CRDS, WIDGETS)[0] == 201,
                 "the CRD has gone, and is there again")
    create_widget(t, cluster, "first")
    t.eventually(lambda: short(events(watch.stdout()))[4:] == [("ADDED", "first")],
                 "and come again", timeout_s=90)
    t.is_(watch.stdout().count("initial-events-end"), 1, "a first list is complete once")
    t.is_(watch.stop(), 0, "SIGTERM ends it with 0")


def typed_lists(t, cluster):
    cluster.secret("one", "s", {"key": "value"})
    found = events(once(t, "secrets", "-n", "one", kubeconfig=cluster.kubeconfig).stdout)
    t.is_([(event["object"]["apiVersion"], event["object"]["kind"]) for event in found],
          [("v1", "Secret")], "items of a typed list say what they are")
    found = events(once(t, "ns", kubeconfig=cluster.kubeconfig).stdout)
    t.ok("/one" in names(found), "a resource of the cluster's scope")
    done = once(t, "cm", "sa", "-n", "one", kubeconfig=cluster.kubeconfig)
    t.is_(len([line for line in done.lines[-2:] if "initial-events-end" in line]), 2,
          "two resources: both bookmarks come when both lists are complete")


def refusals(t, cluster, user):
    done = once(t, "secrets", "-n", "one", kubeconfig=user, status=111)
    t.is_(done.stdout, "", "a refused list gives nothing")
    t.has(done.stderr, 'grant this account the verb "list" on secrets', "and says what to grant")
    done = once(t, "nonsense", kubeconfig=user, status=111)
    t.has(done.stderr, 'has no resource "nonsense"', "a resource that is not there")
    done = once(t, "applications", "-l", "a b c", kubeconfig=user, status=100)
    t.has(done.stderr, '-l "a b c"', "a selector that is none")
    done = once(t, "applications", "--context", "nowhere", kubeconfig=user, status=100)
    t.has(done.stderr, 'no context called "nowhere"', "a context that is not there")
    done = once(t, "applications", kubeconfig="/nowhere", status=100)
    t.has(done.stderr, "/nowhere: there is no such file", "a kubeconfig that is not there")


def trust(t, cluster, user):
    """Only the CA of the kubeconfig vouches, no proxy is asked."""
    with open(user, encoding="utf-8") as file:
        text = file.read()
    other = tls.Authority(t.path("other"))
    stranger = t.write("stranger.kubeconfig", text.replace(cluster.authority.ca, other.ca))
    done = once(t, "applications", kubeconfig=stranger, status=111)
    t.is_(done.stdout, "", "a server that another CA vouches for is not listened to")
    port = net.free_port()
    found = once(t, "applications", "-n", "two", kubeconfig=user, env={
        name: "http://127.0.0.1:%d" % port for name in
        ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")})
    t.is_(names(events(found.stdout)), ["two/app"], "proxy variables do not matter")


def credentials(t, cluster, token):
    """Tokens in place, in a file, from a plugin; KUBECONFIG; a Pod's own account."""
    base = ("apiVersion: v1\nkind: Config\ncurrent-context: c\n"
            "clusters: [{name: k, cluster: {server: '%s', certificate-authority: '%s'}}]\n"
            "contexts: [{name: c, context: {cluster: k, user: u, namespace: two}}]\n"
            "users: [{name: u, user: {%%s}}]\n" % (cluster.url, cluster.authority.ca))
    t.write("token", token + "\n")
    plugin = t.write("bin/plug in", "#!/bin/sh\n"
                     "test \"$1\" = '--a b; exit 1' && test \"$X\" = '$HOME' &&\n"
                     "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"%s\",\"status\":"
                     "{\"token\":\"'\"$(cat token)\"'\"}}' client.authentication.k8s.io/v1\n")
    os.chmod(plugin, 0o755)
    users = {
        "a token": "token: '%s'" % token,
        "a token in a file beside the kubeconfig": "tokenFile: token",
        "a plugin, without a shell": (
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: './bin/plug in', "
            "args: ['--a b; exit 1'], env: [{name: X, value: $HOME}], interactiveMode: Never}"),
    }
    for name, user in users.items():
        path = t.write("credential.kubeconfig", base % user)
        done = procs.run("watch", "app", "--once", env={"KUBECONFIG": "/nowhere:" + path},
                         cwd=t.tmp)
        t.is_(names(events(done.stdout)), ["two/app"], name + ": " + done.stderr)
    path = t.write("credential.kubeconfig", base % (
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, "
        "installHint: ask Jane, interactiveMode: Never}"))
    done = once(t, "app", kubeconfig=path, status=100)
    t.has(done.stderr, "no-such-plugin is not installed; the kubeconfig says: ask Jane",
          "a plugin that is not there")
    path = t.write("credential.kubeconfig", base % "token: wrong")
    done = once(t, "app", kubeconfig=path, status=111)
    t.has(done.stderr, "does not accept our credentials (401)", "a token that is refused")
    in_pod(t, cluster, token)


def in_pod(t, cluster, token):
    """The mounted account, in a mount namespace of its own."""
    if os.geteuid() != 0 or procs.run("unshare", "-m", "true").status != 0:
        t.skip("in a Pod", "needs root and a mount namespace", 1)
        return
    account = t.path("account")
    t.write("account/token", token)
    t.write("account/namespace", "two\n")
    with open(cluster.authority.ca, encoding="ascii") as file:
        t.write("account/ca.crt", file.read())
    script = ("mount -t tmpfs none /var/run 2>/dev/null || mount -t tmpfs none /run; "
              "mkdir -p /var/run/secrets/kubernetes.io && "
              "ln -s '%s' /var/run/secrets/kubernetes.io/serviceaccount && "
              "exec watch app --once" % account)
    done = procs.run("unshare", "-m", "/bin/sh", "-c", script, env={
        "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(cluster.port)})
    t.is_(names(events(done.stdout)), ["two/app"], "in a Pod: " + done.stderr)


def following(t, cluster, user):
    watch = t.using(procs.Process(["watch", "applications", "-A", "--omit", ".status",
                                   "--kubeconfig", user], t.tmp, "follow"))
    t.ok(watch.wait_for(LISTED), "the first list is complete")
    t.is_(len(events(watch.stdout())), 3, "with all that is there")

    def next_events(count, start):
        t.eventually(lambda: len(events(watch.stdout())) >= start + count, "%d more events" % count)
        return events(watch.stdout())[start:]

    cluster.patch("one", "app", {"status": {"reconciledAt": "2026-01-01T00:00:00Z"}})
    cluster.patch("one", "app", {"spec": {"project": "other"}})
    cluster.create(fixtures.application("two", "new"))
    cluster.delete("two", "app")
    found = next_events(3, 3)
    t.is_(short(found), [("MODIFIED", "app"), ("ADDED", "new"), ("DELETED", "app")],
          "what happens, and nothing of the status")
    t.is_(found[0]["object"]["spec"]["project"], "other", "with the new state")
    t.ok("status" not in found[0]["object"], "without what is left out")
    t.ok("managedFields" not in found[0]["object"]["metadata"], "and without managedFields")

    cluster.stop_api()
    cluster.start_api()
    cluster.patch("one", "app", {"spec": {"project": "third"}})
    found = next_events(1, 6)
    t.is_(short(found), [("MODIFIED", "app")],
          "after a restart of the API server it goes on where it was")
    cluster.delete("one", "app")
    cluster.create(fixtures.application("one", "app"))
    found = next_events(2, 7)
    t.is_(short(found), [("DELETED", "app"), ("ADDED", "app")], "deleted and created anew")
    t.is_(watch.stop(), 0, "SIGTERM ends it with 0")


def against_kubectl(t, cluster, user):
    """kubectl's own watch gives the same objects in the same order."""
    kubectl = os.path.join(cluster.peers, "kubectl")
    both = {
        "kubectl": t.using(procs.Process(
            [kubectl, "--kubeconfig", user, "get", "applications", "-A", "-w", "-o", "json",
             "--output-watch-events", "--show-managed-fields=false"], t.tmp, "kubectl")),
        "watch": t.using(procs.Process(["watch", "applications", "-A", "--kubeconfig", user],
                                       t.tmp, "same")),
    }

    def seen(name):
        decoder, text, at, found = json.JSONDecoder(), both[name].stdout(), 0, []
        while at < len(text):
            try:
                message, at = decoder.raw_decode(text, at)
            except ValueError:
                break
            at += len(text[at:]) - len(text[at:].lstrip())
            if message["type"] != "BOOKMARK":
                message["object"]["metadata"].pop("managedFields", None)
                found.append((message["type"], message["object"]))
        return found

    for name in both:
        t.eventually(lambda name=name: len(seen(name)) >= 3, name + " has the first list")
    cluster.patch("one", "other", {"spec": {"project": "again"}})
    cluster.delete("two", "new")
    for name in both:
        t.eventually(lambda name=name: len(seen(name)) >= 5, name + " has the changes")
    t.is_([event[0] for event in seen("watch")[3:]], ["MODIFIED", "DELETED"], "two changes")
    t.is_(sorted(map(str, seen("watch"))), sorted(map(str, seen("kubectl"))),
          "kubectl get -w says the same")
    for process in both.values():
        process.stop()


def slow_reader(t, cluster, user):
    """A reader that rests makes watch rest: what it holds stays small, and nothing is lost."""
    cluster.namespace("many")
    cluster.create_all([fixtures.application("many", "app-%04d" % number, size=9000)
                        for number in range(1200)])
    out_end, in_end = os.pipe()
    with open(out_end, "rb") as reader, open(t.path("slow.stderr"), "wb") as errors:
        watch = subprocess.Popen(["watch", "applications", "-n", "many", "--once", "--kubeconfig",
                                  user], stdout=in_end, stderr=errors)
        t.defer(watch.kill)
        os.close(in_end)
        text = reader.readline()
        before = [0]

        def rests():
            before.append(procs.tree_cpu_s(watch.pid))
            time.sleep(0.2)
            return len(before) > 5 and len(set(before[-5:])) == 1
        t.eventually(rests, "watch rests while its reader does")
        # The list has 11 MB.
        held, bound = procs.pss(watch.pid), 300 << 20 if os.environ.get("SANITIZE") else 24 << 20
        t.ok(held < bound, "and holds %d KiB then" % (held >> 10))
        text += reader.read()
    t.is_(watch.wait(60), 0, "it ends")
    t.is_(len(set(names(events(text.decode())))), 1200, "with every object")


with tap.Test() as t:
    t.need_cluster()
    cluster = t.using(Cluster(t.path("cluster")))
    for namespace in ("one", "two"):
        cluster.namespace(namespace)
    cluster.create(fixtures.application("one", "app"))
    other = fixtures.application("one", "other", sources=[
        fixtures.source(), fixtures.source(chart=None, path="x"), fixtures.source(chart="third")])
    del other["spec"]["sources"][1]["chart"]
    other["metadata"]["labels"] = {"tier": "silver"}
    cluster.create(other)
    cluster.create(fixtures.application("two", "app"))
    user = cluster.user("watcher", [fixtures.rule("applications", "list", "watch")])
    account = cluster.service_account_token("two", "weir")
    cluster.must("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
        "metadata": {"name": "weir"}, "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "watcher"},
        "subjects": [{"kind": "ServiceAccount", "namespace": "two", "name": "weir"}]})
    what_is_there(t, cluster, user)
    field_selectors(t, cluster, user)
    watched_fields(t, cluster)
    not_served(t, cluster)
    typed_lists(t, cluster)
    refusals(t, cluster, user)
    trust(t, cluster, user)
    credentials(t, cluster, account)
    following(t, cluster, user)
    against_kubectl(t, cluster, user)
    slow_reader(t, cluster, user)

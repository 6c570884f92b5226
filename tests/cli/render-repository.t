#!/usr/bin/python3 -B
"""render-repository: which Secret Argo CD gets for a WerfSource, when, and what is said when it
cannot be had. Rows D2 to D11 are bugs that another controller of WerfSources had. The password
CANARY and its base64 are in every Secret here that must not be shown."""

import base64
import json
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import yaml
from weirtest import fixtures, messages, procs, tap

NAMESPACE = "d8-delivery"
DOCKER = "kubernetes.io/dockerconfigjson"
CANARY = "hunter2:canary"
FILE = {"file": "x.yaml", "document": 0}
READY = "2026-11-25T10:00:00Z"
LISTED = fixtures.listed("WerfSource", "deckhouse.io/v1alpha1")
ALL_SECRETS = fixtures.listed("Secret", "v1")


def encode(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def decode(data):
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def source(name="example", repo="reg.example/charts", secret=None, status=None, **spec):
    metadata = {"name": name, "uid": "uid-" + name, "generation": 3,
                "creationTimestamp": spec.pop("created", "2026-01-01T00:00:00Z")}
    if secret:
        spec["pullSecretName"] = secret
    content = {"apiVersion": "deckhouse.io/v1alpha1", "kind": "WerfSource", "metadata": metadata,
               "spec": dict({"imageRepo": repo}, **spec)}
    return dict(content, status=status) if status else content


def pull_secret(name="registry", auths=None, namespace=NAMESPACE, kind=DOCKER, text=None):
    if text is None:
        text = json.dumps({"auths": auths})
    return {"apiVersion": "v1", "kind": "Secret", "type": kind,
            "metadata": {"name": name, "namespace": namespace, "uid": "uid-" + name},
            "data": {".dockerconfigjson": encode(text)}}


def user(name="user", password=CANARY):
    return {"auth": encode("%s:%s" % (name, password))}


def owned(applied, uid="uid-owned", **data):
    """The Secret as the API server has it once it was applied."""
    secret = json.loads(json.dumps(applied))
    secret["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "weir"
    secret["metadata"].update(uid=uid, resourceVersion="7")
    secret["data"].update({key: encode(value) for key, value in data.items()})
    return secret


class Answer:
    """What came out, by what it is about."""

    def __init__(self, t, text, errors, passwords=()):
        self.all = messages.parse(text)
        self.errors_text = errors
        wrong = [messages.complaint(m) for m in self.all if messages.complaint(m)]
        t.is_(wrong, [], "each message is as the schema says")
        seen = [m for m in self.all if m["type"] in ("ADDED", "MODIFIED", "DELETED")
                and m["object"]["kind"] == "Secret"]
        t.is_(seen, [], "no event of a Secret comes out")
        told = json.dumps([m for m in self.all if not is_secret(m)]) + errors
        for password in (CANARY, "hunter2") + tuple(passwords):
            t.lacks(told, password, "no secret outside of a Secret")
            t.lacks(told, encode(password), "nor in base64")

    def secrets(self):
        return {m["object"]["metadata"]["name"]: m["object"] for m in self.all if is_secret(m)
                and m["type"] == "APPLY"}

    def data(self, name):
        return decode(self.secrets()[name]["data"])

    def pruned(self):
        return [m["object"]["metadata"]["name"] for m in self.all if m["type"] == "PRUNE"]

    def reasons(self):
        return [m["reason"] for m in self.all if m["type"] == "ERROR"]

    def statuses(self):
        """{source: [condition, status.repository]} of the last one of each."""
        return {m["object"]["metadata"]["name"]: [m["object"]["status"]["conditions"][0],
                                                  m["object"]["status"].get("repository")]
                for m in self.all if m.get("subresource") == "status"}

    def ready(self):
        return {name: (status[0]["status"], status[0]["reason"])
                for name, status in self.statuses().items()}


def is_secret(message):
    return message["type"] in ("APPLY", "PRUNE") and message["object"]["kind"] == "Secret"


def render(t, *contents, status=0, options=(), passwords=(), name="it ends"):
    """All of it is there from the start, and that is all."""
    lines = [content if isinstance(content, str) else fixtures.event(content)
             for content in contents]
    done = procs.run("render-repository", *options, stdin="".join(lines))
    t.status(done, status, name)
    return Answer(t, done.stdout_bytes, done.stderr, passwords)


# --- the rows ---

def test_d2(t):
    for password in ("a:b:c", ":", "a:", "\u00e4:\u20ac", " ", "x" * 4000):
        found = render(t, source(secret="registry"), passwords=[password] if len(password) > 2 else [],
                       *[pull_secret(auths={"reg.example": user("user", password)})])
        t.is_(found.data("repo-example"),
              {"type": "helm", "enableOCI": "true", "name": "example", "url": "reg.example/charts",
               "username": "user", "password": password},
              "D2: user and %r are divided at the first colon" % password[:8])


def test_d3(t):
    bad = [source("scheme", "https://reg.example/charts"), source("missing", "reg.example/b", "gone"),
           source("opaque", "reg.example/c", "opaque"), source("other", "reg.example/d", "other"),
           source("binary", "reg.example/e", "binary"), source("token", "reg.example/f", "token"),
           source("broken", "reg.example/g", "broken")]
    secrets = [pull_secret(auths={"reg.example": user()}),
               pull_secret("opaque", {"reg.example": user()}, kind="Opaque"),
               pull_secret("other", {"reg.example.evil": user()}),
               pull_secret("binary", {"reg.example": {"auth": encode(b"user:hunter2\xff")}}),
               pull_secret("token", {"reg.example": {"identitytoken": CANARY}}),
               pull_secret("broken", text="{\"auths\": hunter2:canary")]
    good = [source("open", "reg.example/open"), source("example", "reg.example/z", "registry")]
    found = render(t, *bad, *secrets, *good, status=1)
    t.is_(sorted(found.secrets()), ["repo-example", "repo-open"], "D3: the good ones are rendered")
    t.is_(found.ready(), {
        "scheme": ("False", "Invalid"), "missing": ("False", "PullSecretMissing"),
        "opaque": ("False", "PullSecretUnusable"), "other": ("False", "PullSecretUnusable"),
        "binary": ("False", "PullSecretUnusable"), "token": ("False", "PullSecretUnusable"),
        "broken": ("False", "PullSecretUnusable"), "open": ("True", "Rendered"),
        "example": ("True", "Rendered")}, "D3: each has a status")
    wanted = {
        "scheme": "spec.imageRepo: has a scheme (wanted: host[:port]/path, without https://)",
        "missing": "spec.pullSecretName: there is no Secret gone in namespace d8-delivery",
        "opaque": "spec.pullSecretName: Secret d8-delivery/opaque: it is not of type " + DOCKER,
        "other": "spec.pullSecretName: Secret d8-delivery/other: its auths hold nothing for "
                 "reg.example/d: add an entry for reg.example",
        "binary": "spec.pullSecretName: Secret d8-delivery/binary: the password that it holds for "
                  "reg.example is not UTF-8 text, and Argo CD takes no other",
        "token": "spec.pullSecretName: Secret d8-delivery/token: what it holds for reg.example is a "
                 "token; Argo CD needs a user name and a password there",
        "broken": "spec.pullSecretName: Secret d8-delivery/broken: it is not valid JSON"}
    t.is_({m["about"]["object"]["metadata"]["name"]: m["reason"] for m in found.all
           if m["type"] == "ERROR"},
          {name: "WerfSource %s: %s" % (name, text) for name, text in wanted.items()},
          "D3: and each bad one is an ERROR that names source, field and Secret")
    t.is_({name: status[0]["message"] for name, status in found.statuses().items()
           if name in wanted}, wanted, "D3: the status says the same")
    t.is_(found.pruned(), [], "D3: nothing is taken away for it")
    t.ok(all(line in found.errors_text for line in found.reasons()), "D3: stderr says it too")


def test_d4(t):
    stray = [pull_secret("stray", text="hunter2:canary"), pull_secret("opaque", {}, kind="Opaque"),
             {"apiVersion": "v1", "kind": "Secret", "type": DOCKER,
              "metadata": {"name": "empty", "namespace": NAMESPACE}},
             {"apiVersion": "v1", "kind": "Secret", "type": DOCKER, "data": {".dockerconfigjson": 7},
              "metadata": {"name": "number", "namespace": NAMESPACE}},
             pull_secret("registry", text="hunter2:canary", namespace="elsewhere")]
    found = render(t, *stray, source(secret="registry"),
                   pull_secret(auths={"reg.example": user()}), *stray)
    t.is_((found.reasons(), sorted(found.secrets())), ([], ["repo-example"]),
          "D4: a broken Secret that nobody names is nothing, nor is one of another namespace")


def test_d6(t):
    hub, reg = "docker.io/org/charts", "Reg.example:5000/team/charts"
    for repo, key, finds in (
            (reg, "reg.example:5000", True), (reg, "https://reg.example:5000", True),
            (reg, "http://REG.example:5000/", True), (reg, "https://reg.example:5000/v2/", True),
            (reg, "reg.example:5000/v1/", True), (reg, "reg.example:5000/team", True),
            (reg, "reg.example:5000/team/charts", True), (reg, "reg.example", False),
            (reg, "reg.example:5001", False), (reg, "reg.example:5000.evil", False),
            (reg, "reg.example:5000/tea", False), (reg, "*.example:5000", False),
            (reg, "", False), ("reg.example/charts", "reg.example:443", True),
            (hub, "https://index.docker.io/v1/", True), (hub, "index.docker.io", True),
            (hub, "docker.io", True), (hub, "registry-1.docker.io", True),
            ("index.docker.io/org/charts", "https://index.docker.io/v1/", True)):
        found = render(t, source("one", repo, "registry"), pull_secret(auths={key: user()}),
                       status=0 if finds else 1)
        t.is_("repo-one" in found.secrets(), finds, "D6: %s and the key %r" % (repo, key))


def test_d8(t):
    found = render(t, source("hub", "docker.io/org/charts", "registry"),
                   pull_secret(auths={"https://index.docker.io/v1/": user("hub", "pass:word"),
                                      "https://docker.io.evil/v1/": user("evil")}))
    data = found.data("repo-hub")
    t.is_((data["url"], data["username"], data["password"]),
          ("docker.io/org/charts", "hub", "pass:word"),
          "D8: docker.io stays what Applications write, with Docker Hub's credential")


def test_hosts(t):
    """A password goes to no host that the pull secret does not name."""
    for auths in ({"reg.example": user()}, {"reg.example/x": user()}, {"https://reg.example/v2/": user()}):
        found = render(t, source("evil", "evil.example/x", "registry", apiUrl="https://reg.example"),
                       pull_secret(auths=auths), status=1)
        t.is_((found.secrets(), found.ready()), ({}, {"evil": ("False", "PullSecretUnusable")}),
              "only apiUrl has the host of %s" % list(auths))
        t.is_(found.reasons(), ["WerfSource evil: spec.pullSecretName: Secret d8-delivery/registry: its "
                                "auths hold nothing for evil.example/x, only for the host of spec.apiUrl, "
                                "which Argo CD does not use: add an entry for evil.example"], "and why")
    found = render(t, source("one", "reg.example/x", "registry", apiUrl="https://api.example"),
                   pull_secret(auths={"reg.example": user("u", "p1"), "api.example/x": user("u", "p2")}))
    t.is_((found.data("repo-one")["url"], found.data("repo-one")["password"]), ("reg.example/x", "p1"),
          "each host has its own")
    found = render(t, source("hub", "docker.io/org/charts", "registry",
                             apiUrl="https://registry-1.docker.io"),
                   pull_secret(auths={"registry-1.docker.io": user("hub", "pass:word")}))
    t.is_(found.data("repo-hub")["password"], "pass:word", "Docker Hub's names are one host")


def test_d9(t):
    found = render(t, source("none"), source("empty", "reg.example/b", argocdRepo={}),
                   source("one", "reg.example/c", argocdRepo={"project": "team-a"}))
    t.is_({name: found.data("repo-" + name).get("project", "-") for name in ("none", "empty", "one")},
          {"none": "-", "empty": "-", "one": "team-a"}, "D9: project only where the source says so")


def test_d10(t):
    for entry, data in ((user("u", "p1"), ("u", "p1")),
                        ({"username": "u", "password": "p:2"}, ("u", "p:2")),
                        (dict(user("u", "p3"), username="x", password="y"), ("u", "p3")),
                        (dict(user("u", "p4"), email="e@x", identitytoken="t"), ("u", "p4"))):
        found = render(t, source(secret="registry"), pull_secret(auths={"reg.example": entry}))
        rendered = found.data("repo-example")
        t.is_((rendered["username"], rendered["password"]), data,
              "D10: the same parser as for scanning: %s" % sorted(entry))
    for entry in ({"registrytoken": CANARY}, {"auth": encode("user:"), "identitytoken": CANARY}):
        found = render(t, source(secret="registry"), pull_secret(auths={"reg.example": entry}),
                       status=1)
        t.has(found.reasons()[0], "Argo CD needs a user name and a password", "D10: a token only")


def test_d11(t):
    for repo, url in (("oci://reg.example/charts", "reg.example/charts"),
                      ("OCI://Reg.EXAMPLE/charts/", "reg.example/charts"),
                      ("reg.example:5000/a/b//", "reg.example:5000/a/b"), ("reg.example", "reg.example")):
        t.is_(render(t, source("one", repo)).data("repo-one")["url"], url, "D11: %s" % repo)
    for repo in ("reg.example/Charts", "http://reg.example/x", "reg.example/x:1.0", "", "reg ex/x",
                 "oci://", "/charts", 7, None):
        found = render(t, source("one", repo), status=1)
        t.is_(found.secrets(), {}, "D11: %r is not rendered" % (repo,))
        t.like(found.reasons()[0], "^WerfSource one: spec.imageRepo: ", "D11: and the field is named")


# --- what is made of a source ---

def test_secret(t):
    found = render(t, source(secret="registry"), pull_secret(auths={"reg.example": user()}))
    secret = found.secrets()["repo-example"]
    t.is_(secret["metadata"], {"name": "repo-example", "namespace": NAMESPACE,
                               "labels": {"argocd.argoproj.io/secret-type": "repository"},
                               "annotations": {"managed-by": "argocd.argoproj.io"}},
          "label and annotation that Argo CD looks for")
    t.is_(sorted(secret), ["apiVersion", "data", "kind", "metadata", "type"],
          "data, no stringData: as it is read back")
    found = render(t, source(secret="registry"), options=["-n", "argocd"], *[
        pull_secret(auths={"reg.example": user()}, namespace="argocd")])
    t.is_(found.secrets()["repo-example"]["metadata"]["namespace"], "argocd", "-n")


def test_bad_values(t):
    """As from a file, where no API server looked first."""
    def broken(field, **changes):
        content = source("bad")
        content.update(changes)
        found = render(t, content, source("good", "reg.example/good"), status=1)
        t.is_(len(found.reasons()), 1, "%s: one ERROR" % field)
        t.like(found.reasons()[0], "^WerfSource bad: %s: " % re.escape(field), "which names it")
        t.is_(found.ready()["bad"], ("False", "Invalid"), "status set")
        t.is_(found.ready()["good"], ("True", "Rendered"), "the other one untouched")
        t.is_(list(found.secrets()), ["repo-good"], "and rendered")

    spec = {"imageRepo": "reg.example/charts"}
    broken("spec", spec=None)
    broken("spec", spec=[])
    broken("spec.imageRepo", spec={"imageRepo": {}})
    broken("spec.apiUrl", spec=dict(spec, apiUrl="reg.example"))
    broken("spec.pullSecretName", spec=dict(spec, pullSecretName="other/registry"))
    broken("spec.pullSecretName", spec=dict(spec, pullSecretName="../registry"))
    broken("spec.argocdRepoEnabled", spec=dict(spec, argocdRepoEnabled="yes"))
    broken("spec.argocdRepo", spec=dict(spec, argocdRepo="team"))
    broken("spec.argocdRepo.project", spec=dict(spec, argocdRepo={"project": "a b"}))
    nameless = source("x")
    del nameless["metadata"]["name"]
    live = Live(t, name="nameless")
    live.complete()
    for name, members in (("A b", {}), ("../x", {}), ("A b", {"origin": FILE}), ("", {"origin": FILE})):
        found = live.tell(fixtures.event(source(name), **members))
        t.is_(len(found.reasons()), 1, "%r is no name: an ERROR" % name)
        found = live.tell(fixtures.event(source(name, argocdRepoEnabled=False), "MODIFIED", **members))
        t.is_(found.pruned(), [], "and no reason to prune")
        found = live.tell(fixtures.event(source(name), "DELETED", **members))
        t.is_(found.pruned(), [], "nor when it goes")
    found = render(t, nameless, source("good"), status=1)
    t.is_(list(found.secrets()), ["repo-good"], "a source without a name harms no other")
    t.like(found.reasons()[0], "metadata.name: is missing", "and is an ERROR")
    origin = {"file": "apps/source.yaml", "document": 1}
    found = render(t, fixtures.event(source("bad", "http://x"), origin=origin), status=1)
    t.is_([m["about"]["origin"] for m in found.all if m["type"] == "ERROR"], [origin],
          "an ERROR about a file says which")


def test_passing(t):
    """What is not a Secret goes on, byte for byte."""
    lines = ['{"type":"ADDED" ,"object":{"apiVersion":"deckhouse.io/v1alpha1","kind":"WerfSource",'
             '"metadata":{"name":"a"},"spec":{"imageRepo":"r.example/a"}}}',
             '{"type":"ADDED","object":{"apiVersion":"deckhouse.io/v1alpha1","kind":"ModuleConfig",'
             '"metadata":{"name":"delivery"}},  "x":1}',
             '{"type":"OWN","secret":1}',
             '{"type":"APPLY","object":{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}}',
             LISTED[:-1]]
    done = procs.run("render-repository", stdin="\n".join(lines) + "\n")
    t.is_(done.lines[:5], lines, "passed on, byte for byte")
    hidden = [dict(pull_secret(auths={"x": user()}), apiVersion=api) for api in ("v1", "v2")]
    hidden += [dict(pull_secret(auths={"x": user()}), metadata=metadata)
               for metadata in ({}, [], {"name": 7}, {"name": "a", "namespace": "other"})]
    del hidden[0]["apiVersion"]
    text = "".join(fixtures.event(content, kind) for content in hidden
                   for kind in ("ADDED", "MODIFIED", "DELETED", "BOOKMARK"))
    done = procs.run("render-repository", stdin=text.replace('"Secret"', '"S\\u0065cret"') + text)
    t.is_((done.stdout, done.stderr), ("", ""), "a Secret is never passed on, however it is broken")


# --- a status ---

def condition(state, **more):
    return {"conditions": [dict({"type": "Ready", "status": state, "reason": "x", "message": "x",
                                 "lastTransitionTime": READY}, **more)]}


def test_status(t):
    found = render(t, source("same", "reg.example/a", status=condition("True")),
                   source("turned", "reg.example/b", status=condition("False")),
                   source("odd", "reg.example/c", status=condition("True", lastTransitionTime="then")),
                   source("off", "reg.example/d", status=condition("True"), argocdRepoEnabled=False))
    times = {name: status[0]["lastTransitionTime"] for name, status in found.statuses().items()}
    t.is_((times["same"], times["off"]), (READY, READY), "the time stays while Ready stays")
    t.like(times["turned"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "and is now when it turns")
    t.isnt(times["turned"], READY, "indeed")
    t.isnt(times["odd"], "then", "what is no time is not kept")
    t.is_(found.statuses()["same"],
          [{"type": "Ready", "status": "True", "reason": "Rendered", "lastTransitionTime": READY,
            "message": "Secret d8-delivery/repo-same is what Argo CD is to know",
            "observedGeneration": 3}, {"secretName": "repo-same"}], "the whole status")
    t.is_(found.statuses()["off"][1], None, "no Secret, no name of one")
    t.is_(found.ready()["off"], ("True", "RepositoryDisabled"), "disabled is ready")
    t.is_([m["object"]["metadata"] for m in found.all if m.get("subresource")][0],
          {"name": "same", "uid": "uid-same"}, "the status is of this very object")


def test_clash(t):
    """The older of two with one repository; who comes first does not count."""
    younger = source("a", "reg.example/charts", created="2026-02-01T00:00:00Z")
    older = source("b", "REG.example/charts/", created="2026-01-01T00:00:00Z")
    for contents in ((younger, older), (older, younger)):
        found = render(t, *contents, status=1)
        t.is_(list(found.secrets()), ["repo-b"], "the older one is rendered")
        t.is_(found.ready(), {"a": ("False", "Conflict"), "b": ("True", "Rendered")}, "and it is said")


# --- life ---

class Live:
    """A render-repository that is being told things."""

    def __init__(self, t, *options, name="live"):
        self.t, self.read, self.only_own = t, 0, False
        self.process = t.using(procs.Process(["render-repository", *options], t.tmp, name=name,
                                             stdin=True))

    def tell(self, *lines):
        """Tell it, and give what it answered until now."""
        mark = "mark-%d" % self.read
        text = "".join(line if isinstance(line, str) else fixtures.event(line) for line in lines)
        self.process.send(text + fixtures.line({"type": "MARK", "mark": mark}))
        self.t.ok(self.process.wait_for('"%s"' % mark), "it answers")
        return self.answer()

    def answer(self):
        text = self.process.stdout()
        text, self.read = text[self.read:text.rindex("\n") + 1], text.rindex("\n") + 1
        lines = [line for line in text.splitlines() if '"MARK"' not in line
                 and not (self.only_own and re.match(r'\{"type":"(ADDED|MODIFIED|DELETED)"', line))]
        return Answer(self.t, "\n".join(lines), self.process.stderr())

    def complete(self, *lines):
        """All lists are complete: nothing else is there."""
        return self.tell(*lines, LISTED, ALL_SECRETS)

    def until(self, pattern):
        """What it says by itself, up to this."""
        self.t.ok(tap.eventually(
            lambda: re.search(pattern, self.process.stdout()[self.read:])), "it says " + pattern)
        return self.answer()


def changed(content, kind="MODIFIED"):
    return fixtures.event(content, kind)


def test_rotation(t):
    live = Live(t, name="rotation")
    found = live.complete(*[source("s%d" % i, "reg.example/%d" % i, "secret%d" % (i % 2))
                            for i in range(4)],
                          *[pull_secret("secret%d" % i, {"reg.example": user("u", "p%d" % i)})
                            for i in range(2)])
    t.is_(len(found.secrets()), 4, "four sources, two pull secrets")
    found = live.tell(changed(pull_secret("secret1", {"reg.example": user("u", "new:one")})))
    t.is_({name: found.data(name)["password"] for name in found.secrets()},
          {"repo-s1": "new:one", "repo-s3": "new:one"}, "who names it is rendered again, nobody else")
    t.is_(found.statuses(), {}, "their statuses stay what they are")
    found = live.tell(changed(pull_secret("secret1", {"reg.example": user("u", "new:one")})),
                      changed(source("s1", "reg.example/1", "secret1", status=condition("True"))))
    t.is_([m["type"] for m in found.all], ["MODIFIED"], "the same again says nothing")
    found = live.tell(changed(pull_secret("secret0", text="hunter2:canary")))
    t.is_((len(found.reasons()), found.secrets(), found.pruned()), (2, {}, []),
          "a broken one is an ERROR for each, and what stands is left")
    t.is_(found.ready(), {name: ("False", "PullSecretUnusable") for name in ("s0", "s2")},
          "with a status")
    t.is_(found.statuses()["s0"][1], {"secretName": "repo-s0"}, "that still names the Secret")
    found = live.tell(changed(source("s0", "reg.example/0", "secret0", status=condition("False"))))
    t.is_(found.reasons(), [], "an ERROR is said once")
    found = live.tell(changed(pull_secret("secret0", {"reg.example": user("u", "p0")})))
    t.is_((found.ready(), found.secrets()),
          ({name: ("True", "Rendered") for name in ("s0", "s2")}, {}),
          "corrected to what it was: the statuses turn, the Secrets are as they were told to be")


def test_prune(t):
    live = Live(t, name="prune")
    found = live.complete(source("a"), source("b", "reg.example/b"), source("c", "ftp://x"))
    secrets = found.secrets()
    live.tell(*[owned(secret) for secret in secrets.values()])
    found = live.tell(changed(source("a"), "DELETED"))
    t.is_([m["object"] for m in found.all if m["type"] == "PRUNE"],
          [{"apiVersion": "v1", "kind": "Secret", "metadata": {
              "namespace": NAMESPACE, "name": "repo-a", "uid": "uid-owned"}}],
          "a source that is deleted: its Secret is pruned, by reference")
    found = live.tell(changed(owned(secrets["repo-a"]), "DELETED"))
    t.is_(found.all, [], "and that it went is no news")
    found = live.tell(changed(source("b", "reg.example/b", argocdRepoEnabled=False)))
    t.is_((found.pruned(), found.ready()), (["repo-b"], {"b": ("True", "RepositoryDisabled")}),
          "argocdRepoEnabled: false")
    found = live.tell(changed(source("b", "reg.example/b")))
    t.is_((found.pruned(), list(found.secrets())), ([], ["repo-b"]), "and back")
    found = live.tell(changed(source("b", "reg.example/b c")))
    t.is_((found.pruned(), found.secrets(), found.ready()["b"]), ([], {}, ("False", "Invalid")),
          "broken: left as it is")
    found = live.tell(changed(source("b", "reg.example/b c"), "DELETED"))
    t.is_(found.pruned(), ["repo-b"], "broken and deleted: pruned")
    found = live.tell(changed(source("c", "ftp://x"), "DELETED"))
    t.is_(found.pruned(), ["repo-c"], "broken from the start: there may be one of before")


def test_restart(t):
    """What weir owns is what it goes by."""
    applied = render(t, source("a")).secrets()["repo-a"]

    def named(name, **labels):
        secret = owned(applied, uid="uid-" + name)
        secret["metadata"]["name"] = name
        secret["metadata"]["labels"].update(labels)
        return secret

    contents = [named("repo-gone"), named("repo-off"), named("repo-broken"), named("repo-lost"),
                named("other"), named("repo-foreign", **{"app.kubernetes.io/managed-by": "helm"}),
                named("repo-creds", **{"argocd.argoproj.io/secret-type": "repo-creds"}),
                source("off", "reg.example/off", argocdRepoEnabled=False),
                source("broken", "reg.example/b c"), source("lost", "reg.example/lost", "nowhere")]
    found = render(t, *contents, status=1)
    t.is_(sorted(found.pruned()), ["repo-gone", "repo-off"],
          "after a restart: what no source wants is pruned, what is broken stays")
    t.is_(found.statuses()["broken"][1], {"secretName": "repo-broken"}, "and its status names it")
    live = Live(t, name="unproven")
    live.tell(*contents)
    found = live.until('"name":"off"')
    t.is_(found.pruned(), ["repo-off"], "without proof that all was seen, absence proves nothing")
    found = live.complete()
    t.is_(found.pruned(), ["repo-gone"], "with proof it does")
    found = live.tell(named("repo-later"))
    t.is_(found.pruned(), ["repo-later"], "also for one that comes later")
    found = live.tell(changed(named("repo-later")))
    t.is_(found.pruned(), ["repo-later"], "and is not gone yet")
    live.tell(changed(named("repo-later"), "DELETED"))
    found = live.tell(source("later", "reg.example/later"))
    t.is_(list(found.secrets()), ["repo-later"], "a source for it")


def test_several_lists(t):
    """Several watches through one pipe: each list ends with a bookmark of its own."""
    applied = owned(render(t, source("a")).secrets()["repo-a"])
    secrets = [pull_secret(auths={"reg.example": user()}), applied]
    old, new = (source(name, created=created, secret="registry") for name, created in
                (("a", "2026-01-01T00:00:00Z"), ("b", "2026-02-01T00:00:00Z")))
    live = Live(t, name="secrets-first")
    found = live.tell(*secrets, ALL_SECRETS, new, old)
    t.is_([m["type"] for m in found.all], ["ADDED", "ADDED"], "Secrets first: sources are waited for")
    found = live.tell(LISTED)
    t.is_((found.pruned(), list(found.secrets()), found.ready()["b"]),
          ([], ["repo-a"], ("False", "Conflict")), "and judged when all are there")
    live = Live(t, name="sources-first")
    found = live.tell(old, LISTED)
    t.is_((found.reasons(), found.pruned()), ([], []), "sources first: Secrets are waited for")
    found = live.tell(*secrets, ALL_SECRETS)
    t.is_((found.reasons(), found.pruned(), list(found.secrets())), ([], [], ["repo-a"]),
          "and are found")
    for more in ([], [ALL_SECRETS]):
        found = render(t, *secrets, *more)
        t.is_(found.pruned(), [], "no word of sources: nothing is pruned")
    found = render(t, *secrets, ALL_SECRETS, LISTED)
    t.is_(found.pruned(), ["repo-a"], "the word that there are none: it is")
    live = Live(t, name="folder")
    found = live.tell(*secrets, fixtures.listed("List", "v1"))
    t.is_(found.pruned(), [], "a folder without sources says nothing of them")
    found = live.tell(fixtures.event(source("b", "reg.example/b"), trace="t", origin=FILE))
    t.is_((found.pruned(), list(found.secrets())), (["repo-a"], ["repo-b"]), "one with some does")


def test_broken_list(t):
    """A list that breaks off proves nothing of what is not in it."""
    gone = owned(render(t, source("b")).secrets()["repo-b"])

    def lines(*more, **members):
        return [fixtures.event(content, **members) for content in (source("a", "reg.example/a"), gone)
                ] + list(more)

    for more in ([], [ALL_SECRETS]):
        found = render(t, *lines(*more, trace="t"), status=1, name="a list of weir's that breaks off")
        t.is_((found.pruned(), list(found.secrets())), ([], ["repo-a"]), "nothing is pruned")
        t.like(found.reasons()[0], "^the input ended before the list of WerfSources was whole",
               "and that is said")
        t.is_(len(found.reasons()), 1, "once")
    found = render(t, *lines(fixtures.listed("List", "v1"), trace="t"), status=1)
    t.is_(found.pruned(), [], "a folder's list says nothing of a cluster's")
    found = render(t, *lines(trace="t", origin=FILE), status=1)
    t.is_(found.pruned(), [], "nor does a folder that was not read to its end")
    found = render(t, *lines(trace="t"), source("c", "reg.example/c"), status=1)
    t.is_(found.pruned(), [], "nor kubectl's list behind it")
    found = render(t, *lines(LISTED, trace="t"))
    t.is_(found.pruned(), ["repo-b"], "the bookmark is a proof")
    found = render(t, *lines(fixtures.listed("List", "v1"), trace="t", origin=FILE))
    t.is_(found.pruned(), ["repo-b"], "and that of a folder with sources")
    found = render(t, *lines())
    t.is_(found.pruned(), ["repo-b"], "kubectl's list is whole when the input ends")


def test_bridged(t):
    """A command of others behind a bridge: its silence is a snapshot's end, and no proof."""
    gone = owned(render(t, source("b")).secrets()["repo-b"])
    events = t.write("events", fixtures.event(source("a", "reg.example/a")) + fixtures.event(gone))
    more = t.path("more")
    os.mkfifo(more)
    endpoint = "ipc://" + t.path("bridge")
    t.using(procs.Process(["bridge", "--source", "--out", "@" + endpoint, "--", "sh", "-c",
                           "cat '%s'; read line <'%s'; printf '%%s\\n' \"$line\"" % (events, more)],
                          t.tmp, name="bridge"))
    reader = t.using(procs.Process(["render-repository", "--in", endpoint], t.tmp, name="bridged"))
    t.ok(reader.wait_for('"secretName":"repo-a"'), "what is there is rendered")
    with open(more, "w", encoding="utf-8") as pipe:
        pipe.write('{"type":"MARK"}\n')
    t.ok(reader.wait_for("MARK"), "until more comes")
    before = reader.stdout().split("MARK")[0]
    t.lacks(before, "PRUNE", "nothing is pruned until then")
    t.ok(reader.wait_for("PRUNE"), "the end is a proof")


def test_drift(t):
    live = Live(t, name="drift")
    secret = live.complete(source(secret="registry"),
                           pull_secret(auths={"reg.example": user()})).secrets()["repo-example"]
    t.is_(live.tell(owned(secret)).all, [], "as it was told to be")
    t.is_(live.tell(changed(owned(secret, insecure="true"))).all, [],
          "what somebody adds is theirs")
    for what in ("password", "url", "enableOCI"):
        found = live.tell(changed(owned(secret, **{what: "changed"})))
        t.is_(found.secrets(), {"repo-example": secret}, "%s was changed: asked for again" % what)
        t.is_(live.tell(changed(owned(secret))).all, [], "once")
    bare = owned(secret)
    del bare["metadata"]["labels"]["argocd.argoproj.io/secret-type"]
    t.is_(list(live.tell(changed(bare)).secrets()), ["repo-example"], "the label was taken off")
    found = live.tell(changed(owned(secret), "DELETED"))
    t.is_((list(found.secrets()), found.pruned()), (["repo-example"], []), "deleted: asked for again")
    found = live.tell(changed(source(secret="registry"), "DELETED"))
    t.is_(found.pruned(), ["repo-example"], "until its source goes")
    t.is_(live.tell(changed(owned(secret), "DELETED")).all, [], "then it stays away")


def test_patience(t):
    """A source may come before its pull secret; one that never comes is said."""
    live = Live(t, name="patience")
    live.complete()
    found = live.tell(source(secret="registry"))
    t.is_([m["type"] for m in found.all], ["ADDED"], "nothing is said yet")
    found = live.tell(pull_secret(auths={"reg.example": user()}))
    t.is_((found.reasons(), found.ready()), ([], {"example": ("True", "Rendered")}),
          "the Secret came: no word of it")
    live.tell(source("two", "reg.example/two", "missing"))
    found = live.until("PullSecretMissing")
    t.is_(len(found.reasons()), 1, "it does not come: one ERROR")
    t.is_(found.ready(), {"two": ("False", "PullSecretMissing")}, "and a status")
    found = live.tell(changed(pull_secret(auths={"reg.example": user()}), "DELETED"))
    t.is_(found.all, [], "one that goes may come again")
    found = live.tell(pull_secret(auths={"reg.example": user("user", "other:one")}))
    t.is_(found.data("repo-example")["password"], "other:one", "as it does here")


def test_takeover(t):
    """The older one goes, or moves: the younger one is used."""
    live = Live(t, name="takeover")
    older, younger = source("old", created="2026-01-01T00:00:00Z"), source(
        "new", created="2026-02-01T00:00:00Z")
    live.complete(older, younger)
    found = live.tell(changed(source("old", "reg.example/moved", created="2026-01-01T00:00:00Z")))
    t.is_((sorted(found.secrets()), found.ready()["new"]),
          (["repo-new", "repo-old"], ("True", "Rendered")), "it moved")
    found = live.tell(changed(older))
    t.is_((sorted(found.secrets()), found.pruned(), found.ready()["new"]),
          (["repo-old"], [], ("False", "Conflict")), "and back: what stands for the younger is left")
    found = live.tell(changed(older, "DELETED"))
    t.is_((found.pruned(), found.ready()), (["repo-old"], {"new": ("True", "Rendered")}), "it went")


def test_files(t):
    """Two files with one name: one of them is used, and its Secret outlives the other."""
    first = dict(origin={"file": "a.yaml", "document": 0})
    second = dict(origin={"file": "b.yaml", "document": 0})
    live = Live(t, name="files")
    a, b = source("x", "reg.example/a"), source("x", "reg.example/b")
    found = live.complete(fixtures.event(a, **first), fixtures.event(b, **second))
    t.is_((found.data("repo-x")["url"], len(found.reasons())), ("reg.example/a", 1), "one is used")
    t.is_(found.ready(), {"x": ("True", "Rendered")}, "and has the status")
    found = live.tell(fixtures.event(a, "DELETED", **first))
    t.is_((found.pruned(), found.data("repo-x")["url"]), ([], "reg.example/b"), "then the other")
    found = live.tell(fixtures.event(b, "DELETED", **second))
    t.is_(found.pruned(), ["repo-x"], "then none")


def test_mutations(t):
    """Events of which one member is missing or of another type: each harms itself at most."""
    live = Live(t, name="mutations")
    good = source("good", "reg.example/good", "registry")
    live.complete(good, pull_secret(auths={"reg.example": user()}))
    event = messages.added(source("odd", "reg.example/odd", "odd", apiUrl="https://reg.example",
                                  argocdRepoEnabled=True, argocdRepo={"project": "p"},
                                  status=condition("True")))
    secret = messages.added(owned(render(t, source("odd")).secrets()["repo-odd"]))
    pull = messages.added(pull_secret("odd", {"reg.example": user()}))
    lines = [fixtures.line(dict(mutated, type=kind)) for one in (event, pull, secret)
             for _, path, mutated in messages.mutations(one)
             if path not in (("type",), ("object",), ("object", "kind"))
             for kind in ("ADDED", "MODIFIED", "DELETED")]
    t.ok(len(lines) > 800, "%d odd events" % len(lines))
    live.only_own = True  # what is passed on is as odd as it was
    found = live.tell(*lines)
    t.is_([name for name in found.pruned() if name != "repo-odd"], [], "no other is pruned")
    t.ok("good" not in found.ready() and "repo-good" not in found.secrets(), "none is touched")
    found = live.tell(changed(pull_secret(auths={"reg.example": user("user", "new:one")})))
    t.is_(found.data("repo-good")["password"], "new:one", "and it goes on as ever")
    live.process.end_input()
    t.is_(live.process.wait(), 1, "it ends as one that had errors")


# --- the program ---

def test_program(t):
    program = t.write("own.jq", """
        {type: "APPLY", object: {apiVersion: "v1", kind: "Secret", metadata: {name: .secretName,
         namespace, labels: {"argocd.argoproj.io/secret-type": "repository"}},
         stringData: {url: "x/\\(.source.url)", p: .credential.password}}},
        if .source.project then {type: "APPLY", object: {apiVersion: "v1", kind: "ConfigMap",
         metadata: {name: .source.project, namespace}}} else empty end""")
    live = Live(t, "--program", program, name="program")
    found = live.complete(source("a", argocdRepo={"project": "team"}, secret="registry"),
                          pull_secret(auths={"reg.example": user()}))
    t.is_(found.data("repo-a"), {"url": "x/reg.example/charts", "p": CANARY}, "its own fields")
    t.has(json.dumps(found.all), '"ConfigMap"', "and objects of its own")
    secret = found.secrets()["repo-a"]
    t.is_(live.tell(owned(secret)).all, [], "stringData is compared as data")
    t.is_(list(live.tell(owned(secret, p="y")).secrets()), ["repo-a"], "indeed")
    found = live.tell(changed(source("a", secret="registry")))
    t.is_(found.pruned(), ["team"], "what it does not give any more is pruned")
    for text, part in (('error("hunter2:canary")', "ends with an error"),
                       ('error({reason: "not this one"})', "not this one"),
                       (".credential.password", "is no message"),
                       ('{type: "UPDATE"}', "neither an APPLY nor a PRUNE")):
        program = t.write("bad.jq", text)
        found = render(t, source(secret="registry"), pull_secret(auths={"reg.example": user()}),
                       options=["--program", program], status=1)
        t.has(found.reasons()[0], part, "a program that fails: " + part)
        t.is_(found.ready(), {"example": ("False", "ProgramFailed")}, "is a status")
    done = procs.run("render-repository", "--program", t.write("no.jq", "{"))
    t.status(done, 100, "what is no program is wrong configuration")


# --- over ZeroMQ ---

def test_retained(t):
    """A message that says the same again reaches a reader that has heard it before; one that comes
    later hears what holds now."""
    live = Live(t, "--in", "-", "--out", "@ipc://" + t.path("out"), name="writer")

    def reader(name):
        return t.using(procs.Process(["constraint-match", "--in", "ipc://" + t.path("out")], t.tmp,
                                     name=name))

    def told(process):
        return [(m["type"], m["object"]["metadata"]["name"]) for m in
                messages.parse(process.stdout()) if is_secret(m)]

    one = reader("reader")
    text = "".join(map(fixtures.event, [source("a"), source("b", "reg.example/b")]))
    live.process.send(text + LISTED)
    t.ok(one.wait_for('"secretName":"repo-b"'), "a reader is told")
    secret = [m["object"] for m in messages.parse(one.stdout()) if is_secret(m)][0]
    before = told(one)
    live.process.send(changed(owned(secret, url="changed")))
    t.ok(tap.eventually(lambda: told(one) == before + [("APPLY", "repo-a")]),
         "told again, though it is the same text")
    live.process.send(changed(owned(secret), "DELETED") + changed(source("b"), "DELETED"))
    t.ok(tap.eventually(lambda: told(one)[-1] == ("PRUNE", "repo-b")), "pruned")
    live.process.send(changed(source("a"), "DELETED"))
    t.ok(tap.eventually(lambda: told(one)[-1] == ("PRUNE", "repo-a")), "and the other one")
    live.process.send(changed(owned(secret), "DELETED") + fixtures.line({"type": "MARK"}))
    t.ok(one.wait_for("MARK"), "which went")
    late = reader("late")
    t.ok(late.wait_for("repo-b"), "a late reader is told to prune what may be there")
    live.process.send(fixtures.line({"type": "LATE"}))
    t.ok(late.wait_for("LATE"), "has heard all")
    t.is_([(m["type"], m["object"]["metadata"]["name"]) for m in messages.parse(late.stdout())
           if m["type"] in ("APPLY", "PRUNE", "ADDED")], [("PRUNE", "repo-b")],
          "and of nothing that is gone")


def test_shards(t):
    """Each source in one part; Secrets in all of them."""
    contents = [source("s%d" % i, "reg.example/%d" % i, "registry") for i in range(20)]
    contents.append(pull_secret(auths={"reg.example": user()}))
    gone = owned(render(t, source("gone")).secrets()["repo-gone"])
    parts = [render(t, *contents, gone, options=["--shard", "%d/3" % i]) for i in (1, 2, 3)]
    names = sum((list(part.secrets()) for part in parts), [])
    t.is_(sorted(names), sorted("repo-s%d" % i for i in range(20)), "each once")
    t.ok(all(part.secrets() for part in parts), "each part has some")
    t.is_(sum((part.pruned() for part in parts), []), ["repo-gone"], "and one prunes")


# --- by hand ---

def by_hand(t, *options, stdin=b"", status=0, error=""):
    done = procs.run("render-repository", *options, stdin=stdin)
    t.status(done, status, "render-repository " + " ".join(options)[:60])
    t.has(done.stderr, error, "what is said")
    t.lacks(done.stderr, "hunter2", "no secret is said")
    t.ok(not done.stdout or status == 0, "all or nothing is printed")
    return yaml.safe_load(done.stdout)


def test_password(t):
    options = ["--name", "charts", "--url", "oci://Reg.example/charts/", "--username", "ci",
               "--password-stdin", "-n", "argocd"]
    for stdin, password in ((b"hunter2:canary", CANARY), (b"hunter2:canary\n", CANARY),
                            (b"hunter2:canary\r\n", CANARY), (b" a \n\n", " a \n"),
                            ("p\u00e4ss".encode(), "p\u00e4ss"), (b"x" * 65535, "x" * 65535)):
        secret = by_hand(t, *options, stdin=stdin)
        t.is_(decode(secret["data"]), {"type": "helm", "enableOCI": "true", "name": "charts",
                                       "url": "reg.example/charts", "username": "ci",
                                       "password": password}, "one newline at its end is none")
        t.is_(secret["metadata"]["namespace"], "argocd", "in its namespace")
    for stdin, error in ((b"", "holds no password"), (b"\n", "holds no password"),
                         (b"hunter2\xff", "not UTF-8"), (b"hunter2\0", "not UTF-8"),
                         (b"hunter2" * 10000, "longer than 65535 bytes")):
        by_hand(t, *options, stdin=stdin, status=1, error="standard input: ")
        by_hand(t, *options, stdin=stdin, status=1, error=error)


def test_options(t):
    one = ["--name", "charts", "--url", "reg.example/charts"]
    secret = by_hand(t, *one, "--project", "team", stdin=CANARY)
    t.is_(decode(secret["data"]), {"type": "helm", "enableOCI": "true", "name": "charts",
                                   "url": "reg.example/charts", "project": "team"},
          "without a user stdin is not read")
    for options, error in (
            (["--name", "x"], "--name and --url are both needed"),
            (["--url", "x"], "--name and --url are both needed"),
            (["--project", "x"], "--name and --url are both needed"),
            (one + ["--username", "u"], "--username needs --password-stdin"),
            (one + ["--username", "", "--password-stdin"], "--username is empty"),
            (one + ["--password-stdin"], "--password-stdin needs --username"),
            (one + ["--enable-oci"], "--enable-oci takes all else from the Secret"),
            (["--enable-oci", "--password-stdin"], "--enable-oci takes all else from the Secret"),
            (one + ["--project", "a b"], "--project: is no name of an AppProject"),
            (["--name", "A", "--url", "r.example/x"], "--name: \"A\" is no name"),
            (["--name", "a", "--url", "https://r.example/x"], "--url: has a scheme"),
            (["--name", "a", "--url", "r.example/X"], "--url: its path is no valid"),
            (["-n", "a/b"], "--namespace: 'a/b' is no name"), (["-n", ""], "--namespace: '' is no"),
            (["--password", "hunter2"], "--password"), (["x"], "no operands")):
        by_hand(t, *options, stdin=CANARY, status=100, error=error)


def test_enable_oci(t):
    def secret(**fields):
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {
            "name": "x", "labels": {"argocd.argoproj.io/secret-type": "repository"}},
            "data": {key: encode(value) for key, value in
                     dict({"type": "helm", "url": "reg.example/x", "password": CANARY},
                          **fields).items()}}

    want = dict(secret(), data=dict(secret()["data"], enableOCI=encode("true")))
    for text in (json.dumps(secret()), yaml.safe_dump(secret()), "---\n" + yaml.safe_dump(secret()),
                 json.dumps({"apiVersion": "v1", "kind": "List", "items": [secret()]}),
                 json.dumps(want), "\n\n " + json.dumps(secret(enableOCI="false"))):
        t.is_(by_hand(t, "--enable-oci", stdin=text), want, "from %r" % text[:30])
    for text, error in (
            ("", "standard input: holds no Secret"), ("hunter2", "standard input: holds no Secret"),
            ("{\"hunter2", "standard input: line 1"), ("a: [hunter2", "standard input: line"),
            (yaml.safe_dump_all([secret(), secret()]), "one Secret at a time"),
            (json.dumps(secret(url="oci://reg.example/x")), "its url begins with oci://"),
            (json.dumps(secret(type="git")), "its type is not helm"),
            (json.dumps(source()), "it is no Secret")):
        by_hand(t, "--enable-oci", stdin=text, status=1, error=error)


def test_yaml(t):
    """Whatever stands in a manifest, Python's reader reads what was there."""
    seed = os.environ.get("WEIR_TEST_SEED") or str(random.randrange(1 << 30))
    t.diag("WEIR_TEST_SEED=" + seed)
    rng = random.Random(seed)
    pieces = list(" \t\n\r:#-'\"\\{}[]|>&*!%@`,?~=<") + [
        "a", "0", "yes", "null", "1e3", "0x1", "---", "...", "\u00e4", "\u2028", "\ufeff", "\x7f", "\x00",
        "\u0085", "\U0001f600", "\n\n", "  ", "x" * 200]

    def text():
        return "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 12)))

    def value(depth):
        kind = rng.randrange(9 if depth < 5 else 6)
        if kind == 6:
            return [value(depth + 1) for _ in range(rng.randrange(4))]
        if kind > 6:
            return {text(): value(depth + 1) for _ in range(rng.randrange(4))}
        return [text(), text(), rng.randrange(-10 ** 6, 10 ** 6), rng.random() * 10 ** rng.randrange(-9, 20),
                rng.choice([True, False, None]), 10 ** rng.randrange(18)][kind]

    for _ in range(20):
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {
            "name": "x", "labels": {"argocd.argoproj.io/secret-type": "repository"},
            "annotations": {text(): text() for _ in range(50)}},
            "data": {"type": encode("helm"), "url": encode("r.example"), "enableOCI": encode("true")},
            "more": [value(0) for _ in range(50)]}
        done = procs.run("render-repository", "--enable-oci", stdin=json.dumps(secret))
        if yaml.safe_load(done.stdout) != secret:
            t.is_(done.stdout, json.dumps(secret), "one that is read as something else")
            return
    t.ok(True, "1,000 values and 1,000 annotations are read as they were")


ROWS = (test_d2, test_d3, test_d4, test_d6, test_d8, test_hosts, test_d9, test_d10, test_d11)
OTHERS = (test_secret, test_bad_values, test_passing, test_status, test_clash, test_rotation,
          test_prune, test_restart, test_several_lists,
          test_broken_list, test_bridged, test_drift, test_patience, test_takeover, test_files,
          test_mutations, test_program, test_retained, test_shards, test_password, test_options, test_enable_oci,
          test_yaml)

if __name__ == "__main__":
    with tap.Test() as t:
        for each in ROWS + OTHERS:
            each(t)

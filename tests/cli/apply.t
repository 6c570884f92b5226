#!/usr/bin/python3 -B
"""apply against a real kube-apiserver: what it writes, what it must not, and that it says nothing
secret."""

import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap
from weirtest.cluster import ApiError, Cluster

OWNER = "app.kubernetes.io/managed-by"
CANARY = "s3cr3t-canary-"
CRD = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
       "metadata": {"name": "sources.test.example"}, "spec": {
           "group": "test.example", "scope": "Cluster",
           "names": {"plural": "sources", "singular": "source", "kind": "Source",
                     "listKind": "SourceList"},
           "versions": [{"name": "v1", "served": True, "storage": True,
                         "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {
                             "type": "object", "properties": {
                                 "spec": {"type": "object", "properties": {
                                     "url": {"type": "string"}}},
                                 "status": {"type": "object", "properties": {
                                     "note": {"type": "string"},
                                     "conditions": {
                                         "type": "array", "x-kubernetes-list-type": "map",
                                         "x-kubernetes-list-map-keys": ["type"], "items": {
                                             "type": "object", "required": ["type"],
                                             "properties": {"type": {"type": "string"},
                                                            "status": {"type": "string"}}}}}}}}}}]}}


def secret(name, namespace="one", text=None, **more):
    content = {"apiVersion": "v1", "kind": "Secret", "metadata": {
        "namespace": namespace, "name": name, "labels": {"argocd.argoproj.io/secret-type":
                                                         "repository"}}}
    if text is not None:
        content["stringData"] = text
    return dict(content, **more)


def config_map(name, data, namespace="one", **metadata):
    return {"apiVersion": "v1", "kind": "ConfigMap", "data": data,
            "metadata": dict({"namespace": namespace, "name": name}, **metadata)}


def wanted(content, **more):
    return dict({"type": "APPLY", "trace": "t", "object": content}, **more)


def unwanted(content, uid=None):
    metadata = {k: content["metadata"][k] for k in ("namespace", "name")
                if k in content["metadata"]}
    if uid:
        metadata["uid"] = uid
    return {"type": "PRUNE", "trace": "t", "object": {
        "apiVersion": content["apiVersion"], "kind": content["kind"], "metadata": metadata}}


def path_of(content):
    api, metadata = content["apiVersion"], content["metadata"]
    plural = {"Secret": "secrets", "ConfigMap": "configmaps", "Source": "sources"}[content["kind"]]
    return "/%s/%s%s/%s/%s" % (
        "apis" if "/" in api else "api", api, "/namespaces/" + metadata["namespace"]
        if "namespace" in metadata else "", plural, metadata["name"])


class Case:
    """One API server, and what apply does to it."""

    def __init__(self, t, cluster, user):
        self.t, self.cluster, self.user = t, cluster, user
        self.seen = []  # all that it has written to stdout and stderr

    def run(self, name, *sent, arguments=(), status=0, user=None):
        done = procs.run("apply", "--kubeconfig", user or self.user, *arguments,
                         stdin=messages.lines(*sent))
        self.seen += [done.stdout, done.stderr]
        self.t.status(done, status, name)
        found = messages.parse(done.stdout_bytes)
        self.t.is_([messages.complaint(m) for m in found if messages.complaint(m)], [],
                   "  the messages are as the schema says")
        return found

    def one(self, name, want, *sent, **options):
        """Run with messages; the RESULT of the last one has this status. Gives it."""
        failed = want in ("failed", "conflict")
        found = self.run(name, *sent, status=1 if failed else 0, **options)
        results = [m for m in found if m["type"] == "RESULT"]
        self.t.is_(results[-1]["status"] if results else found, want, "  is %s" % want)
        return results[-1] if results else {}

    def get(self, content):
        return self.cluster.client().json("GET", path_of(content))

    def must_get(self, content):
        return self.cluster.must("GET", path_of(content))

    def managers(self, content):
        return sorted((m["manager"], m["operation"]) for m in
                      self.must_get(content)["metadata"]["managedFields"])


def decoded(stored):
    return {key: base64.b64decode(value).decode() for key, value in stored.get("data", {}).items()}


def own_objects(case):
    """Created, left alone when nothing differs, changed by what differs and no more, pruned."""
    t, first = case.t, secret("repo-x", text={"url": "reg.example/x", "password": CANARY + "1"})
    result = case.one("an object that is not there", "applied", wanted(first))
    t.is_(result["object"], {"apiVersion": "v1", "kind": "Secret", "metadata": {
        "namespace": "one", "name": "repo-x"}}, "  it is named, and nothing else of it said")
    t.is_([d["path"] for d in result["diff"]],
          [".data.password", ".data.url", '.metadata.labels["app.kubernetes.io/managed-by"]',
           '.metadata.labels["argocd.argoproj.io/secret-type"]'], "  with what was set")
    t.is_({d.get("to") for d in result["diff"] if d["path"].startswith(".data")}, {"(secret)"},
          "  but no data of a Secret")
    stored = case.must_get(first)
    t.is_(decoded(stored), first["stringData"], "  the data is there")
    t.is_(stored["metadata"]["labels"][OWNER], "weir", "  with the owner's label")
    t.is_(case.managers(first), [("weir", "Apply")], "  and weir is its only manager")
    case.one("the same again", "unchanged", wanted(first))
    data = {key: base64.b64encode(value.encode()).decode()
            for key, value in first["stringData"].items()}
    spelled = dict(secret("repo-x"), data={k: v.rstrip("=") for k, v in data.items()})
    case.one("the same in another spelling", "unchanged", wanted(spelled))
    t.is_(case.must_get(first), stored, "  nothing was written")
    changed = secret("repo-x", text={"url": "reg.example/x", "username": "u"})
    result = case.one("a value less, and one more", "applied", wanted(changed))
    t.is_([(d["path"], "from" in d, "to" in d) for d in result["diff"]],
          [(".data.password", True, False), (".data.username", False, True)], "  is what it says")
    t.is_(decoded(case.must_get(first)), changed["stringData"], "  and what is there")
    foreign_fields(case, changed)
    result = case.one("a PRUNE", "pruned", unwanted(first))
    t.is_(case.get(first)[0], 404, "  it is gone")
    case.one("a second one", "unchanged", unwanted(first))


def foreign_fields(case, content):
    """What others set beside ours stays; what they set in its place is a conflict."""
    t, path = case.t, path_of(content)
    case.cluster.must("PATCH", path + "?fieldManager=person", {
        "metadata": {"annotations": {"note": "mine"}}}, "application/merge-patch+json")
    case.one("an annotation of somebody else's", "unchanged", wanted(content))
    more = secret("repo-x", text=dict(content["stringData"], extra="1"))
    case.one("and a change beside it", "applied", wanted(more))
    t.is_(case.must_get(content)["metadata"]["annotations"], {"note": "mine"}, "  it is kept")
    case.cluster.must("PATCH", path + "?fieldManager=person", {
        "data": {"url": base64.b64encode(CANARY.encode()).decode()}}, "application/merge-patch+json")
    before = case.must_get(content)
    result = case.one("a value that somebody else has set", "conflict", wanted(more))
    t.has(result["reason"], "a field is set by others: .data.url (person)", "  says which and whose")
    t.is_(case.must_get(content), before, "  and nothing was written")
    case.cluster.must("PATCH", path + "?fieldManager=person", {
        "data": {"url": None}}, "application/merge-patch+json")
    case.one("once they let go of it", "applied", wanted(more))


def owner(case):
    """An object without weir's label is not weir's."""
    t = case.t
    foreign = config_map("kube-root-ca.crt", {"ca.crt": "x"}, labels={OWNER: "Helm"})
    case.cluster.must("POST", "/api/v1/namespaces/one/configmaps", foreign)
    before = case.must_get(foreign)
    for arguments in ((), ("--adopt",), ("--dry-run",)):
        result = case.one("an object of somebody else's %s" % (arguments,), "failed",
                          wanted(config_map("kube-root-ca.crt", {"ca.crt": "y"})),
                          arguments=arguments)
        t.has(result["reason"], "is not weir's", "  why")
        result = case.one("and its PRUNE", "unchanged", unwanted(foreign), arguments=arguments)
        t.has(result["reason"], "it is not weir's", "  why")
    t.is_(case.must_get(foreign), before, "nothing was written")


def adopt(case):
    """The predecessor's object is taken over with --adopt: what weir leaves out goes, what a person
    has set beside it stays, and later changes are in nobody's way."""
    t, path = case.t, "/api/v1/namespaces/one/secrets"
    labels = {"heritage": "deckhouse", "module": "delivery"}
    old = secret("repo-old", text={"url": "reg.example/x", "project": "default",
                                   "password": CANARY + "old"})
    old["metadata"]["labels"].update(labels)
    case.cluster.must("POST", path + "?fieldManager=deckhouse-controller", old)
    case.cluster.must("PATCH", path + "/repo-old?fieldManager=person", {
        "metadata": {"annotations": {"note": "mine"}},
        "data": {"username": "cGVyc29u"}}, "application/merge-patch+json")
    new = secret("repo-old", text={"url": "reg.example/x", "password": CANARY + "old",
                                   "username": "weir"})
    before = case.must_get(old)
    result = case.one("the predecessor's object", "failed", wanted(new))
    t.has(result["reason"], "with --adopt it is taken over", "  says what to do")
    case.one("its PRUNE", "unchanged", unwanted(old), arguments=["--adopt"])
    result = case.one("--adopt --dry-run", "dry-run", wanted(new), arguments=["--adopt", "--dry-run"])
    t.is_(case.must_get(old), before, "  nothing was written until here")
    result = case.one("--adopt", "applied", wanted(new), arguments=["--adopt"])
    t.has(result["reason"], "taken over", "  says so")
    stored = case.must_get(old)
    t.is_(decoded(stored), new["stringData"], "  what weir sets is there, and nothing else")
    t.is_((stored["metadata"]["labels"].get("heritage"), stored["metadata"]["labels"][OWNER]),
          (None, "weir"), "  it is weir's")
    t.is_(stored["metadata"]["annotations"], {"note": "mine"}, "  a person's annotation stays")
    t.is_(stored["metadata"]["uid"], before["metadata"]["uid"], "  it is the same object")
    new["stringData"]["password"] = CANARY + "new"
    case.one("a change after that, without --adopt", "applied", wanted(new))
    case.one("and a PRUNE", "pruned", unwanted(old))


def shared(case):
    """Of a shared object only what is given is set; it is not created, not labelled, given back."""
    t = case.t
    ask = config_map("argocd-cm", {"admin.enabled": "false"})
    result = case.one("a shared object that is not there", "failed", wanted(ask, shared=True))
    t.has(result["reason"], "it is others' to create", "  says why, at the end of the input")
    t.is_(case.get(ask)[0], 404, "  and creates nothing")
    case.cluster.must("POST", "/api/v1/namespaces/one/configmaps?fieldManager=argo",
                      config_map("argocd-cm", {"url": "https://x"}))
    case.one("one that is there", "applied", wanted(ask, shared=True))
    t.is_(case.must_get(ask)["data"], {"url": "https://x", "admin.enabled": "false"},
          "  has one key more")
    t.lacks(json.dumps(case.must_get(ask)["metadata"].get("labels", {})), "weir", "  and no label")
    case.one("the same again", "unchanged", wanted(ask, shared=True))
    case.cluster.must("PATCH", path_of(ask) + "?fieldManager=person", {
        "data": {"admin.enabled": "true"}}, "application/merge-patch+json")
    result = case.one("a key that a person has set meanwhile", "conflict", wanted(ask, shared=True))
    t.has(result["reason"], ".data.admin.enabled (person)", "  says whose it is")
    case.cluster.must("PATCH", path_of(ask) + "?fieldManager=person", {
        "data": {"admin.enabled": None}}, "application/merge-patch+json")
    case.one("once it is free", "applied", wanted(ask, shared=True))
    empty = {k: v for k, v in ask.items() if k != "data"}
    case.one("nothing asked for", "applied", wanted(empty, shared=True))
    t.is_(case.must_get(ask)["data"], {"url": "https://x"}, "  gives the key back")
    case.one("and again", "unchanged", wanted(empty, shared=True))


def shared_later(case):
    """In a running group a shared object is waited for."""
    t, ask = case.t, config_map("later", {"k": "v"})
    process = t.using(procs.Process(["apply", "--kubeconfig", case.user], t.tmp, "later",
                                    stdin=True))
    process.send(messages.lines(wanted(ask, shared=True),
                                *[wanted(config_map("gone-%d" % i, {"k": "v"}), shared=True)
                                  for i in range(6)],
                                wanted(secret("not-kept-up", text={"a": "b"}))))
    t.ok(process.wait_for(r'"not-kept-up".*"applied"'), "what waits keeps nobody else from going on")
    case.cluster.must("POST", "/api/v1/namespaces/one/configmaps", config_map("later", {}))
    t.ok(process.wait_for(r'"later".*"applied"'), "what has come meanwhile is written")
    process.end_input()
    t.is_(process.wait(), 1, "the end of the input ends the others")
    results = {m["object"]["metadata"]["name"]: m["status"]
               for m in messages.parse(process.stdout())}
    t.is_({results["gone-%d" % i] for i in range(6)}, {"failed"}, "as failed")


def status(case):
    """A status is written through its subresource, for the object that was seen."""
    t = case.t
    source = {"apiVersion": "test.example/v1", "kind": "Source", "metadata": {"name": "x"}}
    case.cluster.must("POST", "/apis/test.example/v1/sources", dict(source, spec={"url": "u"}))
    stored = case.must_get(source)

    def said(value, uid=None, **more):
        metadata = {"name": "x", "uid": uid or stored["metadata"]["uid"]}
        return wanted(dict(source, metadata=metadata, spec={"url": "not this"}, status=dict(
            {"conditions": [{"type": "Ready", "status": value}]}, **more)), subresource="status")
    result = case.one("a status", "applied", said("True", note="n"))
    t.is_(result["subresource"], "status", "  the RESULT says so")
    now = case.must_get(source)
    t.is_((now["spec"], now["status"]), ({"url": "u"}, {
        "note": "n", "conditions": [{"type": "Ready", "status": "True"}]}), "  it alone is written")
    t.lacks(json.dumps(now["metadata"].get("labels", {})), "weir", "  without a label")
    case.cluster.must("PATCH", path_of(source) + "/status?fieldManager=other", {
        "apiVersion": "test.example/v1", "kind": "Source", "status": {
            "conditions": [{"type": "Other", "status": "x"}]}}, "application/apply-patch+yaml")
    before = case.must_get(source)
    case.one("the same again, beside a condition of somebody else", "unchanged",
             said("True", note="n"))
    t.is_(case.must_get(source), before, "  is not written")
    result = case.one("another", "applied", said("False"))
    t.is_([d["path"] for d in result["diff"]], [".status.conditions[0].status", ".status.note"],
          "  says what differs")
    t.is_(case.must_get(source)["status"], {"conditions": [
        {"type": "Ready", "status": "False"}, {"type": "Other", "status": "x"}]}, "  and is there")
    case.one("of an object that was created anew", "unchanged", said("True", uid="1-2-3"))
    t.is_(case.must_get(source)["status"]["conditions"][0]["status"], "False", "  is not written")
    case.cluster.must("DELETE", path_of(source))
    result = case.one("of an object that is gone", "unchanged", said("True"))
    t.has(result["reason"], "not there any more", "  says why")
    custom = dict(source, metadata={"name": "made"}, spec={"url": "u"})
    case.one("a whole object of such a kind", "applied", wanted(custom),
             user=case.cluster.kubeconfig)
    case.one("and again", "unchanged", wanted(custom))
    t.is_(case.must_get(custom)["spec"], {"url": "u"}, "  is there")
    case.one("of a kind without one", "failed", wanted(dict(
        config_map("argocd-cm", {}), status={"note": "n"}), subresource="status"))


def prune_uid(case):
    """A PRUNE of one object does not hit the next one of its name."""
    t, content = case.t, secret("again", text={"a": "b"})
    case.one("an object", "applied", wanted(content))
    uid = case.must_get(content)["metadata"]["uid"]
    case.one("a PRUNE of another uid", "unchanged", unwanted(content, uid="1-2"))
    case.one("a PRUNE of this one", "pruned", unwanted(content, uid=uid))
    case.one("an object again", "applied", wanted(content))
    result = case.one("a PRUNE of the old one", "unchanged", unwanted(content, uid=uid))
    t.has(result["reason"], "another has its name now", "  says why")
    t.is_(case.get(content)[0], 200, "  it is there")
    case.one("an APPLY to the old one", "conflict", wanted(dict(
        content, metadata=dict(content["metadata"], uid=uid))))


def dry_run(case):
    t = case.t
    new = secret("dry", text={"password": CANARY + "dry"})
    result = case.one("--dry-run of a new object", "dry-run", wanted(new), arguments=["--dry-run"])
    t.is_(case.get(new)[0], 404, "  creates nothing")
    t.ok({"path": ".data.password", "to": "(secret)"} in result["diff"], "  shows no secret")
    t.ok({"path": ".type", "to": "Opaque"} in result["diff"], "  and what the API server adds")
    maps = config_map("dry", {"k": "one\ntwo\n"})
    case.one("an object", "applied", wanted(maps))
    before = case.must_get(maps)
    maps["data"]["k"] = "one\n2\n"
    result = case.one("--dry-run of a change", "dry-run", wanted(maps), arguments=["--dry-run"])
    t.is_(result["diff"], [{"path": ".data.k", "from": "one\ntwo\n", "to": "one\n2\n"}],
          "  shows what differs")
    case.one("--dry-run of a PRUNE", "dry-run", unwanted(maps), arguments=["--dry-run"])
    t.is_(case.must_get(maps), before, "  nothing was written")
    maps["data"]["k"] = "one\ntwo\n"
    case.one("--dry-run of nothing", "unchanged", wanted(maps), arguments=["--dry-run"])


def refused(case):
    """What the API server does not take, in words without a value."""
    t = case.t
    for name, want, content in (
            ("a key that is none", "fields not valid (422): data[a b]",
             secret("bad", text={"a b": CANARY})),
            ("a field that is none", "has no field .foo", secret("bad", foo=CANARY)),
            ("a value of a wrong kind", "does not take the object", secret("bad", type={"x": CANARY})),
            ("data that is no base64", 'its data["k"] is no base64', secret("bad", data={"k": "?!"})),
            ("data that is no text", 'its stringData["k"] is no text',
             secret("bad", stringData={"k": 7})),
            ("labels that are none", "its labels is no object",
             dict(secret("bad"), metadata={"name": "bad", "namespace": "one", "labels": []})),
            ("no namespace", "metadata.namespace is missing",
             {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bad"}}),
            ("a namespace too much", "have no metadata.namespace", {
                "apiVersion": "test.example/v1", "kind": "Source", "metadata": {
                    "name": "bad", "namespace": "one"}}),
            ("a kind that is none", "is its CRD installed?", dict(secret("bad"), kind="Sekret")),
            ("a group that is none", "is its CRD installed?", dict(secret("bad"),
                                                                   apiVersion="no.example/v1")),
            ("a namespace that is none", "is its namespace there?", secret("bad", "nowhere")),
            ("a name with a way in it", "none that Kubernetes allows", secret("../x"))):
        found = case.run(name, wanted(content), status=1)
        t.has(found[0]["reason"], want, "  says so")
    t.is_(case.get(secret("bad"))[0], 404, "nothing of them was written")


def rights(case):
    t = case.t
    blind = case.cluster.user("blind", [fixtures.rule("secrets", "get", group="")], ["one"])
    result = case.one("a user who may only get", "failed", wanted(secret("rights", text={})),
                      user=blind)
    t.has(result["reason"], 'the verb "patch" on secrets', "  is told what to ask for")
    patcher = case.cluster.user("only-patch", [fixtures.rule("secrets", "get", "patch", group="")],
                                ["one"])
    result = case.one("a user who may not create", "failed", wanted(secret("rights", text={})),
                      user=patcher)
    t.has(result["reason"], '"create"', "  is told that, too")


def order(case):
    """Later messages replace earlier ones that wait; all that is sent ends in one RESULT."""
    t = case.t
    sent = [wanted(secret("busy-%d" % (i % 5), text={"n": str(i)})) for i in range(200)]
    found = case.run("200 messages about 5 objects", *sent)
    t.is_(len(found), 200, "  each ends in a RESULT")
    t.is_([decoded(case.must_get(secret("busy-%d" % i))) for i in range(5)],
          [{"n": str(195 + i)} for i in range(5)], "  the last one of each wins")
    t.ok(sum(m["status"] == "applied" for m in found) <= 15, "  few were written")
    gone = [unwanted(secret("busy-%d" % i)) for i in range(5)]
    found = case.run("an APPLY and a PRUNE after it", *sent[:5], *gone)
    t.is_([case.get(secret("busy-%d" % i))[0] for i in range(5)], [404] * 5, "  it is gone")


def races(case):
    """Somebody else creates, changes and deletes the same objects meanwhile: nothing of theirs is
    overwritten, and in the end all that is weir's is as weir wants it."""
    t = case.t
    names = ["race-%02d" % i for i in range(40)]
    process = t.using(procs.Process(["apply", "--kubeconfig", case.user], t.tmp, "races",
                                    stdin=True))

    def interfere(pair):
        number, name = pair
        try:
            case.cluster.must("POST", "/api/v1/namespaces/one/configmaps?fieldManager=person",
                              config_map(name, {"owner": "person"}))
            if number % 4 == 0:
                case.cluster.must("DELETE", path_of(config_map(name, {})))
        except ApiError as error:
            if error.status not in (404, 409):
                raise
    for name in names:
        process.send(messages.lines(wanted(config_map(name, {"weir": "1"}))))
    case.cluster.parallel(interfere, list(enumerate(names)))
    process.end_input()
    t.ok(process.wait(60) in (0, 1), "forty races end")
    results = {m["object"]["metadata"]["name"]: m["status"]
               for m in messages.parse(process.stdout())}
    mixed = []
    for name in names:
        code, now = case.get(config_map(name, {}))
        if code == 200 and now["data"] not in ({"owner": "person"}, {"weir": "1"}):
            mixed.append(now)
        if code == 200 and now["data"] == {"owner": "person"} and OWNER in now["metadata"].get(
                "labels", {}):
            mixed.append(now)
    t.is_(mixed, [], "no object is half one's and half the other's")
    t.is_(sorted(results), names, "each has its RESULT")


def many(case):
    """A thousand new Secrets take two requests each."""
    t = case.t
    sent = [wanted(secret("many-%04d" % i, "many", {"password": CANARY + "%d" % i}))
            for i in range(1000)]
    found = case.run("1,000 new Secrets", *sent)
    t.is_({m["status"] for m in found}, {"applied"}, "  are all applied")
    found = case.run("again", *sent)
    t.is_({m["status"] for m in found}, {"unchanged"}, "  are all as they should be")


with tap.Test() as t:
    t.need_cluster()
    cluster = t.using(Cluster(t.path("cluster"), crds=False))
    for namespace in ("one", "many"):
        cluster.namespace(namespace)
    cluster.must("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD)
    if not tap.eventually(lambda: cluster.client().request(
            "GET", "/apis/test.example/v1/sources")[0] == 200, 60):
        raise RuntimeError("the CRD is not served")
    user = cluster.user("applier", [
        fixtures.rule("secrets", "get", "create", "patch", "delete", group=""),
        fixtures.rule("configmaps", "get", "create", "patch", "delete", group=""),
        fixtures.rule("configmaps/status", "patch", group=""),
        fixtures.rule("sources", "get", group="test.example"),
        fixtures.rule("sources/status", "patch", group="test.example")])
    the_case = Case(t, cluster, user)
    for part in (own_objects, owner, adopt, shared, shared_later, status, prune_uid, dry_run,
                 refused, rights, order, races, many):
        part(the_case)
    everything = "".join(the_case.seen)
    t.lacks(everything, CANARY, "no secret is in a message or a line of the log")
    t.lacks(everything, base64.b64encode(CANARY.encode()).decode()[:12], "nor its base64")

#!/usr/bin/python3 -B
"""patch-application against a real kube-apiserver: what it writes, and what it must not."""

import json
import os
import random
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap
from weirtest.cluster import JSON_PATCH, Cluster

RULE = fixtures.PREFIX + "chart-version"


def order(stored, to, source=None, **more):
    """The UPDATE that was decided from this object."""
    meta, spec = stored["metadata"], stored["spec"]
    from_ = spec["source"] if source is None else spec["sources"][source]
    message = {"type": "UPDATE", "trace": meta["name"], "application": {
        "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]},
        "repository": "%s/%s" % (from_["repoURL"], from_["chart"]), "repoURL": from_["repoURL"],
        "chart": from_["chart"], "constraint": meta["annotations"][RULE],
        "from": from_["targetRevision"], "to": to}
    if source is not None:
        message["source"] = source
    return dict(message, **more)


def apply(t, user, *orders, arguments=(), status=0, name):
    done = procs.run("patch-application", "--kubeconfig", user, *arguments,
                     stdin=messages.lines(*orders))
    t.status(done, status, name)
    return messages.parse(done.stdout_bytes)


def without_versions(stored):
    copy = json.loads(json.dumps(stored))
    for name in ("resourceVersion", "generation", "managedFields"):
        copy["metadata"].pop(name, None)
    return copy


def one_value(t, cluster, user):
    """Exactly one value changes, in each shape of an Application and with odd characters."""
    hard = ">=1.0 <2 || ~ 3 & \u2028 \u00e9 \"\\ ~1/"
    plain = cluster.create(fixtures.application("one", "plain", annotations={"x/y": "<&>"}))
    same = cluster.create(fixtures.application("two", "plain"))
    third = cluster.create(fixtures.application("one", "third", constraint=hard, sources=[
        {"repoURL": "https://git.example/x?a=1&b=<2>", "path": "."}, fixtures.source(chart="b"),
        fixtures.source(repo_url="https://r.example/?x=1&y=<\u00e9>", chart="a/b")]))
    found = apply(t, user, order(plain, "1.0.3+b"), order(third, "1.0.4", 2), name="two orders")
    t.is_([m["status"] for m in found], ["patched"] * 2, "are written")
    want = without_versions(plain)
    want["spec"]["source"]["targetRevision"] = "1.0.3+b"
    t.is_(without_versions(cluster.get("one", "plain")), want, "spec.source: one value, no more")
    want = without_versions(third)
    want["spec"]["sources"][2]["targetRevision"] = "1.0.4"
    t.is_(without_versions(cluster.get("one", "third")), want,
          "spec.sources[2]: one value, with <, > and & in rule and URL")
    t.is_(cluster.get("two", "plain")["metadata"]["resourceVersion"],
          same["metadata"]["resourceVersion"], "the same name in another namespace is not touched")
    managers = [m["manager"] for m in cluster.get("one", "plain")["metadata"]["managedFields"]]
    t.ok("weir" in managers, "the API server knows who wrote")
    found = apply(t, user, order(plain, "1.0.3+b"), name="the same again")
    t.is_(found[0]["status"], "unchanged", "changes nothing")
    before = cluster.get("two", "plain")
    found = apply(t, user, order(same, "1.0.9"), arguments=["--dry-run"], name="--dry-run")
    t.is_(found[0]["status"], "dry-run", "says what it would do")
    t.is_(cluster.get("two", "plain"), before, "and does not")


def nothing_there(t, cluster, user):
    """A source without a version (--pin-ranges): absent, or empty."""
    for name, source in (("absent", {}), ("empty", {"targetRevision": ""})):
        content = fixtures.application("one", name)
        del content["spec"]["source"]["targetRevision"]
        content["spec"]["source"].update(source)
        stored = cluster.create(content)
        stored["spec"]["source"]["targetRevision"] = ""
        found = apply(t, user, order(stored, "1.0.9"), name="a version that is " + name)
        t.is_(found[0]["status"], "patched", "is written")
        t.is_(cluster.revision("one", name), "1.0.9", "where it belongs")
        found = apply(t, user, order(stored, "1.0.8"), status=1, name="a second time")
        t.is_(found[0]["status"], "conflict", "another one stands there")


def overtaken(t, cluster, user):
    """Whatever changed after the decision wins."""
    def case(name, change, reason, **more):
        stored = cluster.create(fixtures.application("one", name, **more))
        message = order(stored, "1.0.9", 0 if "sources" in more else None)
        change(stored)
        before = cluster.client().json("GET", cluster.path("one", name))[1]
        found = apply(t, user, message, status=1, name=name)
        t.is_(found[0]["status"], "conflict", "is a conflict")
        t.has(found[0]["reason"], reason, "with the reason")
        t.is_(cluster.client().json("GET", cluster.path("one", name))[1], before,
              "and nothing is written")

    def merge(name, patch):
        return lambda stored: cluster.patch("one", name, patch)

    case("tightened", merge("tightened", {"metadata": {"annotations": {RULE: "= 1.0.0"}}}),
         "constraint")
    case("released", merge("released", {"metadata": {"annotations": {RULE: None}}}), "constraint")
    case("moved", merge("moved", {"spec": {"source": {"repoURL": "other.example"}}}), "repository")
    case("rolled-back", merge("rolled-back", {"spec": {"source": {"targetRevision": "0.9.0"}}}),
         "targetRevision")
    case("shifted", lambda stored: cluster.patch("one", "shifted", [
        {"op": "add", "path": "/spec/sources/0", "value": fixtures.source(chart="new")}],
        JSON_PATCH), "chart", sources=[fixtures.source(), fixtures.source(chart="b")])
    case("deleted", lambda stored: cluster.delete("one", "deleted"), "does not exist")

    def recreate(stored):
        cluster.delete("one", "recreated")
        cluster.create(fixtures.application("one", "recreated"))
    case("recreated", recreate, "created anew")


def rights(t, cluster):
    """Its Role needs get and patch, nothing else; without them it says which one is missing."""
    stored = cluster.create(fixtures.application("one", "rights"))
    blind = cluster.user("blind", [fixtures.rule("applications", "get")])
    found = apply(t, blind, order(stored, "1.0.9"), status=1, name="a user who may only get")
    t.has(found[0]["reason"], 'the verb "patch" on applications.argoproj.io', "is told what to ask for")
    local = cluster.user("local", [fixtures.rule("applications", "get", "patch")], ["two"])
    found = apply(t, local, order(stored, "1.0.9"), status=1, name="a user of another namespace")
    t.has(found[0]["reason"], "in namespace one", "may not write here")
    t.is_(cluster.revision("one", "rights"), "1.0.0", "nothing was written")


def two_sources(t, cluster, user):
    stored = cluster.create(fixtures.application("one", "pair", sources=[
        fixtures.source(chart="a"), fixtures.source(chart="b")]))
    found = apply(t, user, order(stored, "1.0.1", 0), order(stored, "1.0.2", 1),
                  name="two sources of one Application")
    t.is_([m["status"] for m in found], ["patched"] * 2, "are both written")
    t.is_([cluster.revision("one", "pair", index) for index in (0, 1)], ["1.0.1", "1.0.2"],
          "each its own")


def foreign_writer(t, cluster, user):
    """200 Applications are patched while somebody else edits other fields of the same ones."""
    rng = random.Random(int(os.environ.get("WEIR_TEST_SEED") or 11))
    names = ["app-%03d" % number for number in range(200)]
    stored = dict(zip(names, cluster.create_all(
        [fixtures.application("busy", name) for name in names])))
    edits, over = {}, threading.Event()

    def write():
        count = 0
        while not over.is_set() or count < 200:
            count += 1
            name = rng.choice(names)
            cluster.patch("busy", name, {"metadata": {"annotations": {"note": str(count)}},
                                         "spec": {"project": "p%d" % count}})
            edits[name] = count
    writer = threading.Thread(target=write)
    writer.start()
    orders = [order(stored[name], "1.0.%d" % (number % 7 + 1))
              for number, name in enumerate(names)]
    found = apply(t, user, *orders, name="200 patches beside a foreign writer")
    over.set()
    writer.join()
    t.is_({m["status"] for m in found}, {"patched"}, "are all written")
    after = {each["metadata"]["name"]: each for each in cluster.list("busy")}
    lost = [name for name, count in edits.items()
            if after[name]["spec"]["project"] != "p%d" % count or
            after[name]["metadata"]["annotations"]["note"] != str(count)]
    t.is_(lost, [], "no edit of %d is lost" % len(edits))
    t.is_([after[name]["spec"]["source"]["targetRevision"] for name in names],
          [each["to"] for each in orders], "and no version")


def races(t, cluster, user):
    """A constraint is tightened, an Application recreated, while the patch is on its way: whoever
    is first, no version gets into an object that it was not decided for."""
    names = ["race-%02d" % number for number in range(60)]
    stored = cluster.create_all([fixtures.application("races", name) for name in names])
    process = t.using(procs.Process(["patch-application", "--kubeconfig", user], t.tmp, "races",
                                    stdin=True))

    def interfere(pair):
        number, name = pair
        if number % 2:
            cluster.patch("races", name, {"metadata": {"annotations": {RULE: "= 1.0.0"}}})
        else:
            cluster.delete("races", name)
            cluster.create(fixtures.application("races", name))
    for each in stored:
        process.send(messages.lines(order(each, "1.0.9")))
    cluster.parallel(interfere, list(enumerate(names)))
    process.end_input()
    t.ok(process.wait(60) in (0, 1), "sixty races end")
    results = {m["application"]["name"]: m for m in messages.parse(process.stdout())}
    t.is_(sorted(results), names, "each in one RESULT")
    wrong = []
    for number, name in enumerate(names):
        now, patched = cluster.get("races", name), results[name]["status"] == "patched"
        version = now["spec"]["source"]["targetRevision"]
        want = "1.0.9" if number % 2 and patched else "1.0.0"
        if version != want:
            wrong.append((name, results[name], now))
    t.is_(wrong, [], "none was patched on the old one's behalf")


def show_the_way(t, cluster, user):
    """What watch emits, and a decision made from that, is enough to patch by."""
    cluster.create(fixtures.application("flow", "app", constraint=">=1 <2", sources=[
        fixtures.source(chart="x"), fixtures.source(chart="y")]))
    watcher = cluster.user("watcher", [fixtures.rule("applications", "list", "watch")], ["flow"])
    seen = procs.run("watch", "applications", "--once", "--omit", ".status", "--kubeconfig", watcher)
    stored = messages.parse(seen.stdout)[0]["object"]
    found = apply(t, user, order(stored, "1.9.9", 1), name="from watch to patch-application")
    t.is_(found[0]["status"], "patched", "is written")
    t.is_([cluster.revision("flow", "app", index) for index in (0, 1)], ["1.0.0", "1.9.9"],
          "into the source that was meant")


with tap.Test() as t:
    t.need_cluster()
    cluster = t.using(Cluster(t.path("cluster")))
    for namespace in ("one", "two", "busy", "races", "flow"):
        cluster.namespace(namespace)
    user = cluster.user("patcher", [fixtures.rule("applications", "get", "patch")])
    one_value(t, cluster, user)
    nothing_there(t, cluster, user)
    overtaken(t, cluster, user)
    rights(t, cluster)
    two_sources(t, cluster, user)
    foreign_writer(t, cluster, user)
    races(t, cluster, user)
    show_the_way(t, cluster, user)

#!/usr/bin/python3 -B
"""verify against a real registry: the first candidate that is a chart, or why none is."""

import json
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap
from weirtest import registry as registries
from weirtest.httpfault import Answer, FaultServer
from weirtest.registry import Registry

CHART = {"schemaVersion": 2, "config": {"mediaType": registries.CHART_CONFIG}}


def update(host, to, *candidates, name="one", current="1.0.0", path="team/app", **more):
    message = dict({"type": "UPDATE", "trace": "t-" + name,
                    "application": {"namespace": "apps", "name": name, "uid": "uid-" + name},
                    "repository": "%s/%s" % (host, path), "repoURL": host + "/team",
                    "chart": "app", "constraint": "~ 1.0", "from": current, "to": to}, **more)
    if candidates:
        message["candidates"] = list(candidates)
    return message


def verify(t, *questions, options=(), env=None, status=0):
    result = procs.run("verify", *options, stdin="".join(map(fixtures.line, questions)), env=env)
    t.is_(result.status, status, "exit status %d" % status)
    if result.status != status:
        t.diag(result.stderr)
    found = messages.parse(result.stdout)
    for message in found:
        t.is_(messages.complaint(message), "", "as the schema says: %s" % message["type"])
    return found


def test_candidates(t, registry, digests):
    host = registry.host
    origin = {"file": "a.yaml", "document": 0}
    considered = [{"tag": "1.0.3", "taken": True, "reason": "newest"}]
    question = update(host, "1.0.3", "1.0.2", "1.0.0", origin=origin, considered=considered, source=2,
                      credential="pullsecret:apps/x", note="a note")
    question.pop("credential")
    found = verify(t, question)
    t.is_(found, [dict(question, digest=digests["1.0.3"], candidates=["1.0.2", "1.0.0"])],
          "a chart: the same UPDATE with its digest")
    found = verify(t, update(host, "1.0.6", "1.0.5", "1.0.4", "1.0.3", "1.0.2"))
    t.is_((found[0]["to"], found[0]["digest"], found[0]["candidates"]),
          ("1.0.3", digests["1.0.3"], ["1.0.2"]), "the first that is a chart")
    found = verify(t, update(host, "1.0.4", "1.0.3", current="1.0.3", origin=origin, source=1,
                             considered=considered))
    t.is_(found, [{"type": "HOLD", "trace": "t-one",
                   "application": {"namespace": "apps", "name": "one", "uid": "uid-one"},
                   "source": 1, "repository": host + "/team/app", "repoURL": host + "/team",
                   "chart": "app", "constraint": "~ 1.0", "current": "1.0.3",
                   "reason": "already at the newest chart: 1.0.4 is no Helm chart (its config is of "
                             "type application/vnd.oci.image.config.v1+json)",
                   "origin": origin, "considered": considered}], "nothing newer is a chart")
    found = verify(t, update(host, "1.0.6", "1.0.5", "1.0.4"))
    t.is_(found[0]["reason"],
          "no candidate is a chart: 1.0.6 is listed, but does not exist; 1.0.5 is an index of images, "
          "no chart; 1.0.4 is no Helm chart (its config is of type "
          "application/vnd.oci.image.config.v1+json)", "what was wrong with each")
    found = verify(t, update(host, "1.0.4", "1.0.2", current="1.0.3"))
    t.is_(found[0]["type"], "HOLD", "not backwards, where the first choice was forwards")
    t.has(found[0]["reason"], "nothing newer than the current version is a chart", "and it says so")
    found = verify(t, update(host, "1.0.2", current="2.0.0"))
    t.is_(found[0]["digest"], digests["1.0.2"], "backwards where that was decided")
    found = verify(t, update(host, "1.1.0+b1"))
    t.is_((found[0]["to"], found[0]["digest"]), ("1.1.0+b1", digests["1.1.0+b1"]), "+ is _ in a tag")
    found = verify(t, update(host, "1.0.0/../x", "1.0.3"))
    t.is_(found[0]["to"], "1.0.3", "what is no legal tag is not asked for")
    found = verify(t, update(host, "1.0.9", path="docker/app"))
    t.is_(found[0]["type"], "UPDATE", "a docker manifest with a chart's config is a chart")


def test_passing(t, registry):
    hold = {"type": "HOLD", "application": {"namespace": "a", "name": "b"}, "reason": "x"}
    error = {"type": "ERROR", "reason": "earlier"}
    text = '{ "type" : "MINE",  "x" : 1.0 }\n'
    result = procs.run("verify", stdin=fixtures.line(hold) + text + fixtures.line(error))
    t.is_(result.stdout, fixtures.line(hold) + text + fixtures.line(error), "byte for byte")
    t.status(result, 1, "an ERROR that passes counts")


def test_broken(t, registry):
    good = update(registry.host, "1.0.3", name="good")
    broken = [messages.without(good, (name,)) for name in ("application", "repository", "from", "to")]
    broken += [dict(good, to=7), dict(good, candidates="x"), dict(good, candidates=[7]),
               dict(good, repository="https://x/y"), dict(good, credential="env:HOME"),
               dict(good, credential="pullsecret:elsewhere/x"), dict(good, credential=7)]
    found = verify(t, *broken, good, status=1)
    t.is_(len([m for m in found if m["type"] == "ERROR"]), len(broken), "an error for each")
    t.is_([m["application"]["name"] for m in found if m["type"] == "UPDATE"], ["good"],
          "and the good one comes through")
    t.ok(all("repository" in error["about"] for error in found
             if error["type"] == "ERROR" and "repository is missing" not in error["reason"]),
         "errors say what they are about")


def test_sharing(t, registry):
    """One request for a tag however many ask."""
    before = len(registry.requests())
    found = verify(t, *[update(registry.host, "1.0.6", "1.0.3", name="app%d" % i)
                        for i in range(200)])
    t.is_(len([m for m in found if m.get("digest")]), 200, "200 answers")
    t.is_(len(registry.requests()) - before, 2, "two requests")


def test_failures(t):
    """A registry that fails is asked again while the UPDATE stands."""
    server = t.using(FaultServer())
    path = "/v2/team/app/manifests/1.0.3"
    server.on(path, Answer(403), Answer(json=CHART))
    server.otherwise(Answer(404))
    verifier = procs.Process(["verify"], t.tmp, stdin=True).start()
    t.defer(verifier.stop)
    verifier.send(fixtures.line(update(server.address, "1.0.3")))
    t.ok(verifier.wait_for('"ERROR".*forbids'), "a failure is an error")
    t.ok(verifier.wait_for('"digest"'), "and is asked again")
    t.is_(verifier.stdout().count("ERROR"), 1, "said once")
    verifier.end_input()
    t.is_(verifier.wait(), 1, "the status tells of the error")
    server.on(path, Answer(403))
    found = verify(t, update(server.address, "1.0.3"), status=1)
    t.is_([m["type"] for m in found], ["ERROR"], "at the end of input nobody waits for better days")
    t.is_(found[0]["about"]["application"]["name"], "one", "about whom")


def test_stale(t):
    """A later message of the same source takes the place of an earlier one."""
    server = t.using(FaultServer())
    import threading
    gate = threading.Event()
    t.defer(gate.set)
    server.on("/v2/team/app/manifests/1.0.3", Answer(json=CHART, wait=gate))
    server.on("/v2/team/app/manifests/1.0.2", Answer(json=CHART))
    verifier = procs.Process(["verify"], t.tmp, "stale", stdin=True).start()
    t.defer(verifier.stop)
    verifier.send(fixtures.line(update(server.address, "1.0.3")))
    server.wait_for(1, "/v2/team/app/manifests/1.0.3")
    hold = {"type": "HOLD", "application": {"namespace": "apps", "name": "one", "uid": "uid-one"},
            "reason": "thought better of it"}
    verifier.send(fixtures.line(hold))
    t.ok(verifier.wait_for("thought better"), "a HOLD passes")
    gate.set()
    verifier.send(fixtures.line(update(server.address, "1.0.2", name="two")))
    verifier.end_input()
    t.is_(verifier.wait(), 0, "ends")
    t.is_([m["application"]["name"] for m in messages.parse(verifier.stdout())], ["one", "two"],
          "what it took back is not told any more")
    t.lacks(verifier.stdout(), '"to":"1.0.3"', "indeed")


def test_stale_at_rest(t):
    """So does one of an earlier that has failed, and waits to be asked again."""
    server = t.using(FaultServer())
    server.on("/v2/team/app/manifests/1.0.3", Answer(403), Answer(json=CHART))
    server.on("/v2/team/app/manifests/1.0.2", Answer(403), Answer(403), Answer(json=CHART))
    verifier = procs.Process(["verify"], t.tmp, "rest", stdin=True).start()
    t.defer(verifier.stop)
    verifier.send(fixtures.line(update(server.address, "1.0.3")))
    t.ok(verifier.wait_for('"ERROR".*forbids'), "a failure is told")
    verifier.send(fixtures.line({
        "type": "HOLD", "application": {"namespace": "apps", "name": "one", "uid": "uid-one"},
        "reason": "thought better of it"}))
    t.ok(verifier.wait_for("thought better"), "a HOLD passes")
    verifier.send(fixtures.line(update(server.address, "1.0.2", name="two")))
    t.ok(verifier.wait_for('"digest"'), "another one, which fails more often, comes to its end")
    t.is_([m["to"] for m in messages.parse(verifier.stdout()) if m["type"] == "UPDATE"], ["1.0.2"],
          "what was taken back is not told")


def main():
    with tap.Test() as t:
        registry = t.using(Registry(t.path("registry")))
        digests = {version: registry.push_chart("team", "app", version)
                   for version in ("1.0.0", "1.0.2", "1.0.3", "1.1.0+b1")}
        registry.push_image("team/app", "1.0.4")
        registry.push_index("team/app", "1.0.5")
        content, blobs = registries.chart_artifact("app", "1.0.9")
        for blob in blobs:
            registry.push_blob("docker/app", blob)
        docker = json.loads(content)
        docker["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
        registry.push_manifest("docker/app", "1.0.9", json.dumps(docker).encode(),
                               docker["mediaType"])
        test_candidates(t, registry, digests)
        test_passing(t, registry)
        test_broken(t, registry)
        test_sharing(t, registry)
        test_failures(t)
        test_stale(t)
        test_stale_at_rest(t)


main()

#!/usr/bin/python3 -B
"""patch-application by itself, and against a scripted stand-in for what API servers do wrong."""

import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import messages, procs, tap
from weirtest.httpfault import Answer, FaultServer

CANARY = "s3cr3t-canary"
APP = "/apis/argoproj.io/v1alpha1/namespaces/ns/applications/"
ANNOTATION = "argocd-image-updater.argoproj.io/chart-version"


def update(name="app", to="1.0.1", **more):
    message = {"type": "UPDATE", "trace": "t-" + name,
               "application": {"namespace": "ns", "name": name, "uid": "uid-" + name},
               "repository": "r/c", "repoURL": "r", "chart": "c", "constraint": "~ 1.0",
               "from": "1.0.0", "to": to}
    message.update(more)
    return {key: value for key, value in message.items() if value is not None}


def hold(name="app", **more):
    return dict({"type": "HOLD", "application": {"namespace": "ns", "name": name, "uid": "u"},
                 "current": "1.0.0", "reason": "already the newest match"}, **more)


def stored(name="app", revision="1.0.0", uid=None, rule="~ 1.0", **source):
    return Answer(json={"metadata": {
        "name": name, "namespace": "ns", "uid": uid or "uid-" + name,
        "annotations": {ANNOTATION: rule}}, "spec": {"source": dict(
            {"repoURL": "r", "chart": "c", "targetRevision": revision}, **source)}})


def failure(code, reason="Invalid", **more):
    return Answer(code, json=dict({"kind": "Status", "status": "Failure", "code": code,
                                   "reason": reason, "message": CANARY}), **more)


DONE = Answer(json={"kind": "PartialObjectMetadata", "metadata": {"name": "app"}})


def kubeconfig(t, server):
    return t.write("kubeconfig", (
        "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
        "clusters: [{name: k, cluster: {server: '%s'}}]\n" % server.url))


def apply(t, server, *orders, arguments=(), status=0, name="patch-application"):
    """Run over these orders; gives the RESULTs by application."""
    done = procs.run("patch-application", "--kubeconfig", kubeconfig(t, server), *arguments,
                     stdin=messages.lines(*orders))
    t.status(done, status, name)
    t.is_([messages.complaint(line) for line in done.lines if messages.complaint(line)], [],
          "all that comes out is a message")
    t.lacks(done.stdout + done.stderr, CANARY, "nothing of the server's words")
    return messages.parse(done.stdout)


def alone(t):
    """What needs no cluster and no file."""
    other = '{"type":"NOTE",  "x":1}\n'
    error = '{"type":"ERROR","filter":"watch","reason":"r"}\n'
    done = procs.run("patch-application", stdin=other + messages.line(hold()).decode())
    t.status(done, 0, "a HOLD and a message of another type")
    t.has(done.stdout, other, "the other one passes byte for byte")
    t.is_(messages.parse(done.stdout)[-1], {
        "type": "RESULT", "application": {"namespace": "ns", "name": "app", "uid": "u"},
        "current": "1.0.0", "status": "unchanged", "reason": "already the newest match"},
        "the HOLD ends in a RESULT")
    done = procs.run("patch-application", stdin=error)
    t.status(done, 1, "an ERROR passes and speaks in the exit status")
    t.is_(done.stdout, error, "as it is")
    done = procs.run("patch-application", stdin=messages.line(update()))
    t.status(done, 1, "an UPDATE without a cluster")
    result = messages.parse(done.stdout)[0]
    t.is_((result["status"], result["trace"]), ("failed", "t-app"), "fails")
    t.has(result["reason"], "--kubeconfig", "and says what to give")
    done = procs.run("patch-application", "--kubeconfig", "/nowhere", stdin="")
    t.status(done, 100, "a kubeconfig that is not there, at the start")
    done = procs.run("patch-application", "operand", stdin="")
    t.status(done, 100, "an operand")
    done = procs.run("patch-application", stdin=messages.lines(
        update(to=">=2"), update(chart=None), update(source="x"), update(constraint=7), hold()))
    t.status(done, 1, "orders that are none")
    found = messages.parse(done.stdout)
    t.is_([message["type"] for message in found], ["ERROR"] * 4 + ["RESULT"], "are errors")
    t.is_(found[0]["about"]["application"]["name"], "app", "which say whom they are about")


def plain(t):
    server = t.using(FaultServer())
    server.on(APP + "app", DONE)
    server.on(APP + "two", DONE)
    found = apply(t, server, update(rule="x"), update("two", source=2, constraint=">=1 <2 & x"))
    t.is_({m["application"]["name"]: m["status"] for m in found},
          {"app": "patched", "two": "patched"}, "two patches")
    request = server.asked(APP + "app")[0]
    t.is_((request.method, request.headers["Content-Type"]),
          ("PATCH", "application/json-patch+json"), "a JSON Patch")
    t.like(request.headers["Accept"], "^application/json;as=PartialObjectMetadata",
           "a small answer is asked for")
    t.is_(json.loads(request.body), [
        {"op": "test", "path": "/metadata/uid", "value": "uid-app"},
        {"op": "test", "path": "/metadata/annotations/" + ANNOTATION.replace("/", "~1"),
         "value": "~ 1.0"},
        {"op": "test", "path": "/spec/source/repoURL", "value": "r"},
        {"op": "test", "path": "/spec/source/chart", "value": "c"},
        {"op": "test", "path": "/spec/source/targetRevision", "value": "1.0.0"},
        {"op": "replace", "path": "/spec/source/targetRevision", "value": "1.0.1"}],
        "with a test for everything that was decided from")
    body = server.asked(APP + "two")[0].body
    t.ok(b'"\\u003e=1 \\u003c2 \\u0026 x"' in body, "in the spelling that is compared")
    t.ok(b'"/spec/sources/2/targetRevision"' in body, "at the right source")
    found = apply(t, server, update("app"), arguments=["--dry-run"])
    t.is_(found[0]["status"], "dry-run", "--dry-run")
    t.is_(server.asked(APP + "app")[-1].target, APP + "app?dryRun=All", "is the server's own")
    found = apply(t, server, update(application={"namespace": "ns", "name": "app"}), status=1)
    t.is_(found[0]["status"], "failed", "without a uid nothing is written")
    found = apply(t, server, update(**{"from": "1.0.1"}))
    t.is_(found[0]["status"], "unchanged", "nothing is to be done")
    for name in ("../x", "a/b", "A", "x?dryRun=All", ""):
        found = apply(t, server, update(application={"namespace": "ns", "name": name, "uid": "u"}),
                      status=1)
        t.ok(found[0]["type"] == "ERROR" or found[0]["status"] == "failed", "name %r" % name)
    t.is_(len(server.requests), 3, "none of these was sent")


def rejected(t):
    """422: the object is read again, and says why."""
    cases = [
        ("recreated", stored(uid="other"), "conflict", "created anew"),
        ("tightened", stored(rule="~ 1.0.0"), "conflict", "constraint"),
        ("moved", stored(repoURL="q"), "conflict", "repository or chart"),
        ("changed", stored(revision="0.9.0"), "conflict", "targetRevision"),
        ("already there", stored(revision="1.0.1"), "unchanged", "already"),
        ("gone", failure(404, "NotFound"), "conflict", "does not exist"),
        ("no answer that can be read", Answer(body="<" + CANARY), "failed", "JSON"),
        ("hidden", failure(403, "Forbidden"), "failed", 'the verb "get"'),
    ]
    for name, answer, status, reason in cases:
        server = t.using(FaultServer())
        server.on(APP + "app", failure(422), method="PATCH")
        server.on(APP + "app", answer, method="GET")
        found = apply(t, server, update(), status=0 if status == "unchanged" else 1, name=name)
        t.is_(found[0]["status"], status, "is " + status)
        t.has(found[0]["reason"], reason, "and says why")
        t.is_(len(server.requests), 2, "after one patch and one look")
    server = t.using(FaultServer())
    server.on(APP + "app", failure(422), DONE, method="PATCH")
    server.on(APP + "app", stored(), method="GET")
    t.is_(apply(t, server, update())[0]["status"], "patched",
          "rejected though nothing differs: tried again")
    server = t.using(FaultServer())
    server.on(APP + "app", failure(422), method="PATCH")
    server.on(APP + "app", stored(), method="GET")
    found = apply(t, server, update(), status=1, name="rejected for ever")
    t.is_(found[0]["status"], "failed", "fails in the end")
    t.is_(len(server.asked(method="PATCH")), 4, "after three more tries")


def refused(t):
    for code, status, reason in ((404, "conflict", "does not exist"),
                                 (403, "failed", 'grant this account the verb "patch"'),
                                 (401, "failed", "credentials"), (400, "failed", "400"),
                                 (413, "failed", "413")):
        server = t.using(FaultServer())
        server.on(APP + "app", failure(code))
        found = apply(t, server, update(), status=1, name="answer %d" % code)
        t.is_(found[0]["status"], status, "is " + status)
        t.has(found[0]["reason"], reason, "and says why")
        t.is_(len(server.requests), 1, "and is not tried again")


def lost_answers(t):
    """Nobody knows what became of a patch: look first."""
    shapes = {
        "500": failure(500, "InternalError"), "503": Answer(503),
        "a connection that ends": Answer(silent=True),
        "a connection that breaks": Answer(silent=True, reset=True),
    }
    for name, answer in shapes.items():
        server = t.using(FaultServer())
        server.on(APP + "app", answer, DONE, method="PATCH")
        server.on(APP + "app", stored(revision="1.0.1"), method="GET")
        found = apply(t, server, update(), name=name)
        t.is_(found[0]["status"], "patched", "it was written")
        t.is_(server.requests[-1].method, "GET", "as the last look says")
    server = t.using(FaultServer())
    server.on(APP + "app", failure(500, "InternalError"), DONE, method="PATCH")
    server.on(APP + "app", stored(), method="GET")
    found = apply(t, server, update(), name="500, and nothing was written")
    t.is_([request.method for request in server.requests], ["PATCH", "GET", "PATCH"],
          "look, then try again")
    t.is_(found[0]["status"], "patched", "with success")
    server = t.using(FaultServer())
    server.on(APP + "app", failure(500, "InternalError"), method="PATCH")
    server.on(APP + "app", stored(revision="1.0.2"), method="GET")
    found = apply(t, server, update(), status=1, name="500, and somebody else wrote")
    t.is_(found[0]["status"], "conflict", "is left alone")


def told_to_wait(t):
    for code in (429, 409):
        server = t.using(FaultServer())
        server.on(APP + "app", Answer(code, body=CANARY, headers={"Retry-After": "1"}), DONE)
        found = apply(t, server, update(), name="%d, then 200" % code)
        t.is_(found[0]["status"], "patched", "is tried again")
        t.is_([request.method for request in server.requests], ["PATCH", "PATCH"],
              "at once as a patch: nothing was done before")


def gives_up(t):
    """At the end of the input, what only waits for better times fails after some tries; before, it
    waits on."""
    server = t.using(FaultServer())
    server.on(APP + "app", Answer(503))
    server.on(APP + "two", DONE)
    process = t.using(procs.Process(
        ["patch-application", "--kubeconfig", kubeconfig(t, server)], t.tmp, "gives-up",
        stdin=True))
    process.send(messages.lines(update(), update("two")))
    t.ok(process.wait_for("patched"), "another application is not held up")
    t.eventually(lambda: len(server.asked(APP + "app")) >= 2, "the first is tried again")
    process.send(messages.lines(hold()))
    t.ok(process.wait_for("replaced this one"), "a HOLD takes it back")
    t.ok(process.wait_for("already the newest match"), "and has its own RESULT")
    process.end_input()
    t.is_(process.wait(), 0, "nothing has failed")
    statuses = [m["status"] for m in messages.parse(process.stdout())
                if m["application"]["name"] == "app"]
    t.is_(statuses, ["unchanged", "unchanged"], "each message has one RESULT")
    server = t.using(FaultServer())
    server.on(APP + "app", Answer(429))
    found = apply(t, server, update(), status=1, name="429 for ever")
    t.is_(found[0]["status"], "failed", "fails when nothing can replace it any more")
    t.is_(len(server.requests), 5, "after five tries")


def one_at_a_time(t):
    """Two sources of one Application follow each other, other Applications run beside; a later
    decision replaces one that has not been sent."""
    server = t.using(FaultServer())
    gate = threading.Event()
    server.on(APP + "app", Answer(json={}, wait=gate), DONE)
    server.on(APP + "two", DONE)
    process = t.using(procs.Process(
        ["patch-application", "--kubeconfig", kubeconfig(t, server)], t.tmp, "one", stdin=True))
    process.send(messages.lines(update(source=0), update(source=1), update("two")))
    t.ok(process.wait_for('"two".*patched'), "the other Application is patched meanwhile")
    t.is_(len(server.asked(APP + "app")), 1, "one patch at a time for one Application")
    process.send(messages.lines(update(source=1, to="1.0.2")))
    t.ok(process.wait_for('"source":1.*"to":"1.0.1".*replaced'), "the earlier one is replaced")
    gate.set()
    process.end_input()
    t.is_(process.wait(), 0, "it ends")
    t.is_([json.loads(request.body)[-1] for request in server.asked(APP + "app")],
          [{"op": "replace", "path": "/spec/sources/0/targetRevision", "value": "1.0.1"},
           {"op": "replace", "path": "/spec/sources/1/targetRevision", "value": "1.0.2"}],
          "only the later one was sent")
    t.ok(server.busy_peak <= 2, "(at most two requests at a time)")


def stops(t):
    """SIGTERM: what is on its way is waited for, nothing else is sent."""
    server = t.using(FaultServer())
    gate = threading.Event()
    server.on(APP + "app", Answer(json={}, wait=gate), DONE)
    process = t.using(procs.Process(
        ["patch-application", "--kubeconfig", kubeconfig(t, server)], t.tmp, "stops", stdin=True))
    process.send(messages.lines(update(source=0), update(source=1)))
    t.ok(server.wait_for(1, APP + "app"), "a patch is on its way")
    process.kill(15)
    t.is_(process.wait(0.3), None, "SIGTERM waits for it")
    gate.set()
    t.is_(process.wait(), 0, "then it ends with 0")
    t.is_([m["source"] for m in messages.parse(process.stdout())], [0], "the RESULT is out")
    t.is_(len(server.requests), 1, "the other one was not sent")
    server, gate = t.using(FaultServer()), threading.Event()
    rejection = failure(422)
    rejection.wait = gate
    server.on(APP + "app", rejection, DONE, method="PATCH")
    server.on(APP + "app", stored(), method="GET")
    process = t.using(procs.Process(
        ["patch-application", "--kubeconfig", kubeconfig(t, server)], t.tmp, "stops-2", stdin=True))
    process.send(messages.lines(update()))
    t.ok(server.wait_for(1, APP + "app"), "a patch that is going to be rejected is on its way")
    process.kill(15)
    t.is_(process.wait(0.3), None, "SIGTERM waits for the answer")
    gate.set()
    process.wait()
    t.is_(len(server.asked(APP + "app", "PATCH")), 1, "and it is not sent again")


def many(t):
    server = t.using(FaultServer())
    server.otherwise(DONE)
    found = apply(t, server, *[update("app-%d" % number) for number in range(300)])
    t.is_(len({m["application"]["name"] for m in found if m["status"] == "patched"}), 300,
          "300 Applications")
    t.ok(server.connections <= 4, "over %d connections" % server.connections)


with tap.Test() as t:
    alone(t)
    plain(t)
    rejected(t)
    refused(t)
    lost_answers(t)
    told_to_wait(t)
    gives_up(t)
    one_at_a_time(t)
    stops(t)
    many(t)

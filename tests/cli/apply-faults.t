#!/usr/bin/python3 -B
"""apply by itself, and against a scripted stand-in for what API servers do wrong."""

import base64
import json
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import messages, procs, tap
from weirtest.httpfault import Answer, FaultServer

CANARY = "s3cr3t-canary"
MAPS = "/api/v1/namespaces/ns/configmaps/"
OWNED = {"app.kubernetes.io/managed-by": "weir"}
KINDS = Answer(json={"kind": "APIResourceList", "groupVersion": "v1", "resources": [
    {"name": "configmaps", "namespaced": True, "kind": "ConfigMap"},
    {"name": "secrets", "namespaced": True, "kind": "Secret"}]})


def content(name="map", kind="ConfigMap", value="1", **metadata):
    return {"apiVersion": "v1", "kind": kind, "metadata": dict(
        {"name": name, "namespace": "ns"}, **metadata), "data": {"k": value}}


def wanted(name="map", value="1", **more):
    return dict({"type": "APPLY", "trace": "t-" + name, "object": content(name, value=value)},
                **more)


def unwanted(name="map"):
    made = content(name)
    del made["data"]
    return {"type": "PRUNE", "trace": "t-" + name, "object": made}


def stored(value="1", version="7", name="map", labels=None, **metadata):
    return Answer(json=content(name, value=value, uid="uid-" + name, resourceVersion=version,
                               labels=OWNED if labels is None else labels, **metadata))


def failure(code, reason="Conflict", causes=(), **more):
    return Answer(code, json=dict({"kind": "Status", "status": "Failure", "code": code,
                                   "reason": reason, "message": CANARY, "details": {
                                       "causes": list(causes)}}), **more)


GONE = failure(404, "NotFound")
DONE = Answer(json={"kind": "PartialObjectMetadata", "metadata": {"resourceVersion": "9"}})
CREATED = Answer(201, json={"kind": "PartialObjectMetadata", "metadata": {"resourceVersion": "8"}})


def serving(t, *gets, writes=(DONE,), name="map", path=MAPS):
    """A server that answers GETs and writes of one object with these."""
    server = t.using(FaultServer())
    server.on("/api/v1", KINDS)
    server.on(path + name, *gets, method="GET")
    for method in ("PATCH", "DELETE"):
        server.on(path + name, *writes, method=method)
    return server


def kubeconfig(t, server):
    return t.write("kubeconfig", (
        "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
        "clusters: [{name: k, cluster: {server: '%s'}}]\n" % server.url))


def methods(server):
    return [request.method for request in server.requests if request.path != "/api/v1"]


def run(t, server, *sent, arguments=(), status=0, name="apply"):
    done = procs.run("apply", "--kubeconfig", kubeconfig(t, server), *arguments,
                     stdin=messages.lines(*sent))
    t.status(done, status, name)
    t.is_([messages.complaint(line) for line in done.lines if messages.complaint(line)], [],
          "  all that comes out is a message")
    t.lacks(done.stdout + done.stderr, CANARY, "  nothing of the server's words")
    return messages.parse(done.stdout)


def one(t, want, server, *sent, has="", name, **options):
    """The RESULT of one message has this status and reason."""
    result = run(t, server, *sent, status=1 if want in ("failed", "conflict") else 0, name=name,
                 **options)[-1]
    t.is_(result["status"], want, "  is " + want)
    t.has(result.get("reason", ""), has, "  and says why")
    return result


def alone(t):
    """What needs no cluster."""
    server = serving(t)
    other = '{"type":"NOTE",  "x":1}\n'
    event = messages.line(messages.added(content("seen")))
    done = procs.run("apply", "--kubeconfig", kubeconfig(t, server), stdin=other.encode() + event)
    t.status(done, 0, "other types")
    t.is_(done.stdout, other + event.decode(), "pass byte for byte")
    error = '{"type":"ERROR","filter":"watch","reason":"r"}\n'
    done = procs.run("apply", "--kubeconfig", kubeconfig(t, server), stdin=error)
    t.status(done, 1, "an ERROR passes and speaks in the exit status")
    t.status(procs.run("apply", "operand", stdin=""), 100, "an operand")
    t.status(procs.run("apply", stdin=""), 100, "no cluster at all")
    t.status(procs.run("apply", "--kubeconfig", "/nowhere", stdin=""), 100, "no such kubeconfig")
    t.status(procs.run("apply", "--files", "/nowhere", stdin=""), 100, "no such folder")
    t.status(procs.run("apply", "--files", t.tmp, "--context", "x", stdin=""), 100,
             "a folder and a cluster")
    bad = [wanted(subresource="scale"), wanted(shared=7), {"type": "APPLY"},
           {"type": "PRUNE", "object": {"kind": "x"}},
           wanted(object={"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"},
                          "data": {"k": CANARY + "!"}})]
    found = run(t, server, *bad, status=1, name="messages that are none")
    t.is_([m["type"] for m in found], ["ERROR"] * len(bad), "  are ERRORs")
    t.is_(found[0]["about"]["object"]["metadata"]["name"], "map", "  that say what they are about")
    t.is_(server.requests, [], "nobody was asked")


def requests(t):
    """What is sent, to the letter."""
    server = serving(t, GONE, writes=(CREATED,))
    one(t, "applied", server, wanted(), name="a new object")
    kinds, get, patch = server.requests
    t.is_((kinds.target, get.method, get.target), ("/api/v1", "GET", MAPS + "map"), "two questions")
    t.is_((patch.method, patch.target), ("PATCH", MAPS + "map?fieldManager=weir"), "and one write")
    t.is_(patch.headers["Content-Type"], "application/apply-patch+yaml", "  server-side apply")
    t.like(patch.headers["Accept"], "^application/json;as=PartialObjectMetadata",
           "  for a small answer")
    t.is_(json.loads(patch.body), {
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "1"}, "metadata": {
            "name": "map", "namespace": "ns", "labels": OWNED, "resourceVersion": "1"}},
        "  that can only create")
    server = serving(t, stored("0"))
    one(t, "applied", server, wanted(), name="a change")
    t.is_(json.loads(server.requests[-1].body)["metadata"], {
        "name": "map", "namespace": "ns", "labels": OWNED, "uid": "uid-map",
        "resourceVersion": "7"}, "is for what was read")
    server = serving(t, stored())
    one(t, "pruned", server, unwanted(), name="a PRUNE")
    t.is_(json.loads(server.requests[-1].body), {
        "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {
            "uid": "uid-map", "resourceVersion": "7"}}, "is, too")
    server = serving(t, stored("0"))
    server.on(MAPS + "map/status", DONE)
    one(t, "applied", server, dict(wanted(), subresource="status", object=dict(
        content(), status={"x": 1})), name="a status")
    t.is_((server.requests[-1].path, json.loads(server.requests[-1].body)), (
        MAPS + "map/status", {"apiVersion": "v1", "kind": "ConfigMap", "status": {"x": 1},
                              "metadata": {"name": "map", "namespace": "ns", "uid": "uid-map"}}),
        "is for the object, in whatever state")
    old = {"heritage": "deckhouse", "module": "delivery"}
    server = serving(t, stored(labels=old), writes=(DONE,))
    one(t, "applied", server, wanted(), arguments=["--adopt"], name="taking over",
        has="taken over")
    t.is_(server.requests[-1].target, MAPS + "map?fieldManager=weir&force=true", "is forced")
    server = serving(t, stored("0"))
    run(t, server, *[wanted(name) for name in "abcdefgh"], status=1, name="several")
    t.ok(len(server.asked("/api/v1")) <= 4, "the kind's path is asked for once, or by a few at once")


def changed(t):
    """What changed between reading and writing is read again."""
    for name, gets, writes, want, sent, asked in (
            ("somebody else wrote", [stored("0"), stored("0", "8")], [failure(409), DONE], "applied",
             wanted(), "GET PATCH GET PATCH"),
            ("somebody created it", [GONE, stored(labels={})], [failure(409)], "failed",
             wanted(), "GET PATCH GET"),
            ("somebody took the label away", [stored("0"), stored("0", "8", labels={})],
             [failure(409)], "failed", wanted(), "GET PATCH GET"),
            ("somebody created it anew", [stored("0"), stored("0", "8")],
             [failure(422, "Invalid", [{"field": "metadata.uid"}]), DONE], "applied", wanted(),
             "GET PATCH GET PATCH"),
            ("somebody wrote the same", [stored("0"), stored("1", "8")], [failure(409)], "unchanged",
             wanted(), "GET PATCH GET"),
            ("somebody deleted it", [stored("0"), GONE], [GONE, CREATED], "applied", wanted(),
             "GET PATCH GET PATCH"),
            ("PRUNE: somebody wrote", [stored(), stored("2", "8")], [failure(409), DONE], "pruned",
             unwanted(), "GET DELETE GET DELETE"),
            ("PRUNE: somebody made it theirs", [stored(), stored(labels={})], [failure(409)],
             "unchanged", unwanted(), "GET DELETE GET"),
            ("PRUNE: somebody deleted it", [stored(), GONE], [GONE], "unchanged", unwanted(),
             "GET DELETE GET")):
        server = serving(t, *gets, writes=writes)
        one(t, want, server, sent, name=name)
        t.is_(" ".join(methods(server)), asked, "  after looking again")
    server = serving(t, stored("0"), writes=[Answer(json={"metadata": {"resourceVersion": "7"}})])
    one(t, "unchanged", server, wanted(), has="nothing differs", name="a write without effect")


def refused(t):
    foreign = [{"reason": "FieldManagerConflict", "field": ".data.k",
                "message": 'conflict with "kubectl" using v1'}]
    for name, answer, want, reason in (
            ("a field of others", failure(409, causes=foreign), "conflict", ".data.k (kubectl)"),
            ("not valid", failure(422, "Invalid", [{"field": "data[x]", "message": CANARY}]),
             "failed", "data[x]"),
            ("not allowed", failure(403, "Forbidden"), "failed", 'the verb "patch" on configmaps'),
            ("no credentials", failure(401, "Unauthorized"), "failed", "credentials"),
            ("too large", failure(413), "failed", "413"), ("a bad request", failure(400), "failed",
                                                           "400")):
        server = serving(t, stored("0"), writes=[answer])
        one(t, want, server, wanted(), has=reason, name=name)
        t.is_(methods(server), ["GET", "PATCH"], "  and at the end of input is not tried again")
    server = serving(t, failure(403, "Forbidden"))
    one(t, "failed", server, wanted(), has='the verb "get"', name="not to be seen")
    server = serving(t, Answer(body="<" + CANARY))
    one(t, "failed", server, wanted(), has="the API server's object", name="no JSON")
    server = serving(t, stored("0"))
    server.on("/api/v1", Answer(json={"kind": "x"}))
    one(t, "failed", server, wanted(), has="list of resources", name="no list of resources")


def may_be_mended(t):
    """While there is input, what failed is looked at again, and told when it is another story."""
    theirs = failure(409, causes=[{"reason": "FieldManagerConflict", "field": ".data.k",
                                   "message": 'conflict with "kubectl" using v1'}])
    server = t.using(FaultServer())
    server.on("/api/v1", KINDS)
    for name, gets, writes in (
            ("forbidden", [GONE], [failure(403, "Forbidden"), CREATED]),
            ("foreign", [stored(name="foreign", labels={}), GONE], [CREATED]),
            ("field", [stored("0", name="field")], [theirs, DONE]),
            ("schema", [stored("0", name="schema")], [failure(422, "Invalid"), DONE]),
            ("unseen", [failure(403, "Forbidden"), stored(name="unseen")], []),
            ("garbled", [Answer(body="<"), stored(name="garbled")], []),
            ("stays", [GONE], [failure(403, "Forbidden")]),
            ("replaced", [GONE], [failure(403, "Forbidden"), failure(403, "Forbidden"), CREATED])):
        server.on(MAPS + name, *gets, method="GET")
        server.on(MAPS + name, *writes or [DONE], method="PATCH")
    nowhere = wanted("nowhere")
    del nowhere["object"]["metadata"]["namespace"]
    names = ["forbidden", "foreign", "field", "schema", "unseen", "garbled", "stays", "replaced"]
    process = t.using(procs.Process(["apply", "--kubeconfig", kubeconfig(t, server)], t.tmp,
                                    "mended", stdin=True))
    process.send(messages.lines(*map(wanted, names), nowhere))
    t.ok(process.wait_for('"replaced".*"failed"') and process.wait_for('"nowhere".*"failed"'),
         "they fail")
    process.send(messages.lines(wanted("replaced", value="2")))
    for name, status in (("forbidden", "applied"), ("foreign", "applied"), ("field", "applied"),
                         ("schema", "applied"), ("unseen", "unchanged"), ("garbled", "unchanged"),
                         ("replaced", "applied")):
        t.ok(process.wait_for('"%s".*"status":"%s"' % (name, status)), name + " is mended")
    t.eventually(lambda: len(server.asked(MAPS + "stays", "PATCH")) >= 2, "stays is tried, too")
    process.end_input()
    t.is_(process.wait(), 1, "that it failed is not forgotten at the end")
    told = {}
    for result in messages.parse(process.stdout()):
        told.setdefault(result["object"]["metadata"]["name"], []).append(result["status"])
    t.is_(told, {"forbidden": ["failed", "applied"], "foreign": ["failed", "applied"],
                 "field": ["conflict", "applied"], "schema": ["failed", "applied"],
                 "unseen": ["failed", "unchanged"], "garbled": ["failed", "unchanged"],
                 "stays": ["failed"], "replaced": ["failed", "failed", "applied"],
                 "nowhere": ["failed"]}, "nothing is told twice; a later message begins anew")


def others_trouble(t):
    """Objects that fail again and again keep no other from its turn."""
    for name, answer in (("429", Answer(429)), ("broken", Answer(silent=True))):
        server = serving(t, GONE, writes=[CREATED])
        for bad in "abcd":
            server.on(MAPS + bad, answer, method="GET")
        process = t.using(procs.Process(["apply", "--kubeconfig", kubeconfig(t, server)], t.tmp,
                                        "trouble-" + name, stdin=True))
        process.send(messages.lines(*map(wanted, "abcd"), wanted()))
        t.ok(process.wait_for('"map".*applied'), name + ": others are not held up")
        process.kill(signal.SIGTERM)
        t.is_(process.wait(), 0, "  and it ends well")


def lost_answers(t):
    """Nobody knows what became of a write: look first."""
    for name, answer in (("500", failure(500, "InternalError")), ("503", Answer(503)),
                         ("a connection that ends", Answer(silent=True)),
                         ("a connection that breaks", Answer(silent=True, reset=True))):
        server = serving(t, GONE, stored("1", "8"), writes=[answer])
        one(t, "applied", server, wanted(), has="after its answer was lost", name=name)
        t.is_(methods(server)[-1], "GET", "  as the last look says")
    server = serving(t, stored(), GONE, writes=[Answer(503)])
    one(t, "pruned", server, unwanted(), has="after its answer was lost", name="of a PRUNE")
    server = serving(t, stored("0"), writes=[Answer(503), DONE])
    one(t, "applied", server, wanted(), name="503, and nothing was written")
    t.is_(methods(server), ["GET", "PATCH", "GET", "PATCH"], "  look, then try again")
    server = serving(t, stored("0"), writes=[Answer(429, headers={"Retry-After": "1"}), DONE])
    one(t, "applied", server, wanted(), name="429, then 200")
    server = serving(t, Answer(503), GONE, writes=[CREATED])
    one(t, "applied", server, wanted(), name="503 to a question")
    server = serving(t, GONE, writes=[CREATED])
    server.on("/api/v1", Answer(503), KINDS)
    one(t, "applied", server, wanted(), name="503 to the first question")


def waiting(t):
    """Objects one by one, others beside; later messages replace what waits; the end."""
    server, gate = serving(t), threading.Event()
    server.on(MAPS + "map", Answer(json=json.loads(stored("0").body), wait=gate), stored("0"),
              method="GET")
    server.on(MAPS + "two", GONE, method="GET")
    server.on(MAPS + "two", CREATED, method="PATCH")
    process = t.using(procs.Process(["apply", "--kubeconfig", kubeconfig(t, server)], t.tmp,
                                    "waiting", stdin=True))
    process.send(messages.lines(wanted(value="1"), wanted("two")))
    t.ok(process.wait_for('"two".*applied'), "another object is not held up")
    process.send(messages.lines(wanted(value="2"), unwanted(), wanted(value="3")))
    t.ok(process.wait_for('replaced this one(.|\n)*replaced this one'), "what waits is replaced")
    t.is_(len(server.asked(MAPS + "map")), 1, "one request at a time for an object")
    gate.set()
    process.end_input()
    t.is_(process.wait(), 0, "it ends")
    t.is_([json.loads(r.body)["data"]["k"] for r in server.asked(MAPS + "map", "PATCH")], ["3"],
          "only the last one was written")
    statuses = [m["status"] for m in messages.parse(process.stdout())]
    t.is_(sorted(statuses), ["applied"] * 2 + ["unchanged"] * 3, "each message has one RESULT")


def stopped(t):
    """SIGTERM: what has been sent is waited for, nothing else is sent."""
    server, gate = serving(t, stored("0")), threading.Event()
    server.on(MAPS + "map", Answer(json={"metadata": {"resourceVersion": "8"}}, wait=gate),
              method="PATCH")
    process = t.using(procs.Process(["apply", "--kubeconfig", kubeconfig(t, server)], t.tmp,
                                    "stopped", stdin=True))
    process.send(messages.lines(wanted()))
    t.eventually(lambda: len(server.asked(MAPS + "map", "PATCH")) == 1, "a write is on its way")
    process.send(messages.lines(wanted(value="9")))
    process.kill(signal.SIGTERM)
    gate.set()
    t.is_(process.wait(), 0, "it ends well")
    t.is_([m["status"] for m in messages.parse(process.stdout())], ["applied"],
          "with the RESULT of what was sent")
    t.is_(len(server.asked(MAPS + "map", "PATCH")), 1, "and nothing else was")
    for sent, read in ((wanted(), stored("0")), (wanted(), Answer(503)), (unwanted(), stored())):
        got, found = stop_during(t, "GET", read, sent)
        t.is_((got, found), (["GET"], []), "after a look nothing is begun")
    got, found = stop_during(t, "PATCH", Answer(503), wanted())
    t.is_((got, found), (["GET", "PATCH"], ["failed"]), "an answer that is lost then is not known")
    got, found = stop_during(t, "PATCH", failure(403, "Forbidden"), wanted())
    t.is_((got, found), (["GET", "PATCH"], ["failed"]), "what is refused then is not waited for")
    theirs = {"manager": "module", "operation": "Update", "fieldsType": "FieldsV1",
              "fieldsV1": {"f:metadata": {"f:labels": {"f:heritage": {}}}}}
    got, found = stop_during(t, "PATCH", stored("0"), wanted(), "--adopt", held=stored(
        "0", labels={"heritage": "deckhouse", "module": "delivery"}, managedFields=[theirs]))
    t.is_((got, found), (["GET", "PATCH", "PATCH"], ["applied"]), "half a take-over is finished")


def stop_during(t, method, answer, sent, *arguments, held=stored("0")):
    """What was asked and the statuses, when SIGTERM comes before this answer."""
    server, gate = serving(t, held), threading.Event()
    answer.wait = gate
    server.on(MAPS + "map", answer, DONE, method=method)
    process = t.using(procs.Process(["apply", "--kubeconfig", kubeconfig(t, server), *arguments],
                                    t.tmp, "stopping-%d" % id(server), stdin=True))
    process.send(messages.lines(sent))
    t.eventually(lambda: server.asked(MAPS + "map", method), "it is asked")
    process.kill(signal.SIGTERM)
    t.eventually(lambda: signal_is_taken(process), "SIGTERM has come")
    gate.set()
    process.wait()
    return methods(server), [m["status"] for m in messages.parse(process.stdout())]


def signal_is_taken(process):
    """No signal is pending."""
    with open("/proc/%d/status" % process.pid, encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return not int(fields["SigPnd"], 16) | int(fields["ShdPnd"], 16)


def taken_back(t):
    """In a group: what was asked for and is not any more is dropped without a word."""
    server = serving(t, GONE)
    server.on(MAPS + "two", GONE, method="GET")
    server.on(MAPS + "two", CREATED, method="PATCH")
    server.on(MAPS + "three", stored(name="three"), method="GET")
    os.mkdir(t.path("ipc"), 0o700)
    address = "ipc://" + t.path("ipc/x")
    reader = t.using(procs.Process(["apply", "--kubeconfig", kubeconfig(t, server), "--in",
                                    address], t.tmp, "reader"))
    writer = t.using(procs.Process(["constraint-match", "--out", "@" + address], t.tmp, "writer",
                                   stdin=True))
    writer.send(messages.lines(wanted(shared=True), wanted("two")))
    t.ok(reader.wait_for('"two".*applied'), "one is done")
    t.eventually(lambda: server.asked(MAPS + "map"), "one waits for its object")
    writer.kill(signal.SIGKILL)
    writer.wait()
    again = t.using(procs.Process(["constraint-match", "--out", "@" + address], t.tmp, "again",
                                  stdin=True))
    again.send(messages.lines(wanted("two"), wanted("three")))
    again.end_input()
    t.is_(reader.wait(), 0, "at the end nothing has failed")
    found = messages.parse(reader.stdout())
    t.is_([m for m in found if m["object"]["metadata"]["name"] == "map" and
           m["status"] != "unchanged"], [],
          "what nobody asks for any more is not done, and is no failure")
    t.ok("three" in [m["object"]["metadata"]["name"] for m in found],
         "what was asked for since has one")


def gives_up(t):
    server = serving(t, Answer(429))
    one(t, "failed", server, wanted(), name="429 for ever")
    t.is_(methods(server), ["GET"] * 5, "  after five tries")


def secrets(t):
    """A Secret goes to the API server and nowhere else."""
    path = "/api/v1/namespaces/ns/secrets/"
    sent = {"type": "APPLY", "object": dict(content("map", "Secret"), data={
        "k": base64.b64encode(CANARY.encode()).decode()}, stringData={"s": CANARY})}
    for name, writes in (("created", [CREATED]), ("not valid", [failure(422, "Invalid")]),
                         ("refused", [failure(403)]), ("lost", [Answer(503, body=CANARY), CREATED])):
        server = serving(t, GONE, writes=writes, path=path)
        done = procs.run("apply", "--kubeconfig", kubeconfig(t, server), "--log-level", "debug",
                         stdin=messages.line(sent))
        text = done.stdout + done.stderr
        t.lacks(text, CANARY, "%s: not in messages, not in the log" % name)
        t.lacks(text, base64.b64encode(CANARY.encode()).decode(), "  nor its base64")
        t.has(server.asked(path + "map", "PATCH")[0].body.decode(),
              base64.b64encode(CANARY.encode()).decode(), "  but it was sent")
    shown = procs.run("show", stdin=messages.lines(sent))
    t.lacks(shown.stdout, CANARY, "nor does show show it")


with tap.Test() as test:
    for part in (alone, requests, changed, refused, may_be_mended, others_trouble, lost_answers,
                 waiting, stopped, taken_back, gives_up, secrets):
        part(test)

#!/usr/bin/python3 -B
"""watch and the faults of API servers, by a scripted stand-in: broken lists, lost versions, cut
streams, and what must never be shown or sent."""

import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import messages, procs, tap, tls
from weirtest.httpfault import Answer, FaultServer

LISTED = r'"k8s\.io/initial-events-end":"true"'
THINGS = "/apis/example.org/v1/namespaces/ns/things"
CANARY = "s3cr3t-canary"


def thing(name, value="1", version="1", uid=None, **more):
    return {"metadata": dict({"name": name, "namespace": "ns", "uid": uid or "uid-" + name,
                              "resourceVersion": version}, **more), "spec": {"value": value}}


def page(*items, version="100", following=None):
    metadata = {"resourceVersion": version}
    if following:
        metadata["continue"] = following
    return Answer(json={"kind": "ThingList", "apiVersion": "example.org/v1", "items": list(items),
                        "metadata": metadata})


def line(kind, content):
    return json.dumps({"type": kind, "object": content}).encode() + b"\n"


def bookmark(version):
    return line("BOOKMARK", {"kind": "Thing", "apiVersion": "example.org/v1",
                             "metadata": {"resourceVersion": version}})


def status(code, reason="Expired", **more):
    return dict({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
                 "reason": reason, "message": CANARY}, **more)


class Server(FaultServer):
    """A stand-in with one resource, things.example.org. list() and watch() script what it says."""

    def __init__(self, **more):
        super().__init__(**more)
        resource = {"resource": "things", "singularResource": "thing", "scope": "Namespaced",
                    "responseKind": {"kind": "Thing"}, "verbs": ["list", "watch"]}
        self.discovery = Answer(json={
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": [
                {"metadata": {"name": "example.org"}, "versions": [
                    {"version": "v1", "resources": [resource]}]}]})
        self.on("/apis", self.discovery)
        self.lists, self.watches, self.quiet = [], [], threading.Event()
        self.on(THINGS, self.choose)

    def choose(self, request):
        script = self.watches if "watch=1" in request.target else self.lists
        if len(script) > 1 or (script and script is self.watches):
            return script.pop(0)
        if script:
            return script[0]
        # A watch without a script stays open and says nothing.
        return Answer(headers={"Content-Length": None}, body=b"\n", hold=self.quiet)

    def asked_for(self, part):
        return [request.target for request in self.asked(THINGS) if part in request.target]

    def kubeconfig(self, t, user="", cluster=""):
        return t.write("kubeconfig%d" % self.port, (
            "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u, namespace: ns}"
            "}]\nusers: [{name: u, user: {%s}}]\nclusters: [{name: k, cluster: {server: '%s'%s}}]\n"
            % (user, self.url, cluster)))


def stream(*lines, **more):
    """A watch that says this and ends."""
    return Answer(headers={"Content-Length": None}, body=b"".join(lines), **more)


def once(t, server, *arguments, **options):
    return procs.run("watch", "things.example.org", "--once", "--kubeconfig", server.kubeconfig(t),
                     *arguments, **options)


def follow(t, server, name, *arguments):
    name = "%s%d" % (name, server.port)  # its output is its own
    return t.using(procs.Process(["watch", "things.example.org", "--kubeconfig",
                                  server.kubeconfig(t), *arguments], t.tmp, name))


def short(text):
    return [(message["type"], message["object"]["metadata"]["name"],
             message["object"].get("spec", {}).get("value")) for message in messages.parse(text)
            if message["type"] in ("ADDED", "MODIFIED", "DELETED")]


def pages(t):
    server = t.using(Server())
    server.lists = [page(thing("a"), thing("b"), following="next page/="), page(following="3"),
                    page(thing("c")), Answer(500)]
    done = once(t, server, "-l", "a in (b)")
    t.status(done, 0, "a list in three pages, one of them empty")
    t.is_(short(done.stdout), [("ADDED", name, "1") for name in "abc"], "is read to its end")
    targets = server.asked_for("limit=")
    t.is_(targets, [THINGS + "?limit=500&labelSelector=a%20in%20%28b%29" + more for more in
                    ("", "&continue=next%20page%2F%3D", "&continue=3")],
          "each page is asked for with the same selector and limit")
    objects = [message["object"] for message in messages.parse(done.stdout)]
    t.is_({(each["apiVersion"], each["kind"]) for each in objects}, {("example.org/v1", "Thing")},
          "items that lack apiVersion and kind get the resource's")

    server.lists = [page(thing("a"), following="2"), Answer(json=status(410), status=410),
                    page(thing("a"), thing("b"), version="101"), Answer(500)]
    done = once(t, server)
    t.status(done, 0, "a list whose continuation expired")
    t.is_(short(done.stdout), [("ADDED", "a", "1"), ("ADDED", "b", "1")],
          "begins again, and says nothing twice")
    t.lacks(done.stdout + done.stderr, CANARY, "what the server said is not repeated")

    whole = page(thing("a"), thing("b")).payload()
    server.lists = [page(thing("a"), following="7"),
                    Answer(body=whole, cut_after=len(whole) - 30, headers={
                        "Content-Length": str(len(whole))}),
                    page(thing("b"), thing("c")), Answer(500)]
    done = once(t, server)
    t.status(done, 0, "a page that broke off")
    t.is_(short(done.stdout), [("ADDED", name, "1") for name in "abc"],
          "is asked for again, alone")
    t.is_(len(server.asked_for("continue=7")), 2, "by the same continuation")


def broken_lists(t):
    """No list, no end of the list."""
    cases = {
        "a list that is no JSON": Answer(body="<html>" + CANARY),
        "a list that ends too early": Answer(body=b'{"items":[{"metadata":{"name":"a"}}'),
        "a list without a version": Answer(json={"items": [thing("a")]}),
        "a list that is refused": Answer(403, json=status(403, "Forbidden")),
        "a resource that has gone": Answer(404, json=status(404, "NotFound")),
    }
    for name, answer in cases.items():
        server = t.using(Server())
        server.lists = [answer]
        done = once(t, server)
        t.status(done, 111, name)
        t.unlike(done.stdout, LISTED, "is no list")
        t.lacks(done.stdout + done.stderr, CANARY, "nothing of it is shown")
    server = t.using(Server())
    server.lists = [page(thing("a"), {"spec": {}}, {"metadata": {"name": 7}}, 5, [], thing("b"))]
    done = once(t, server)
    t.status(done, 1, "items that are no objects with a name")
    t.is_(short(done.stdout), [("ADDED", "a", "1"), ("ADDED", "b", "1")], "the others go on")
    t.is_([messages.complaint(each) for each in done.lines if messages.complaint(each)], [],
          "all that comes out is a message")
    raw = (b'{"items": [ {"metadata":{"name":"a","x":nul}}, {"metadata":\n{"name" : "b"},"status":'
           b'{"x":nul}}, {"metadata":{"name":"c\xff"}}],\n"metadata":{"resourceVersion":"1"}}')
    server.lists = [Answer(body=raw)]
    done = once(t, server, "--omit", ".status")
    t.status(done, 1, "items that are no JSON")
    t.is_([name for _, name, _ in short(done.stdout)], ["b"],
          "the others go on, on one line, and what is left out is not looked at")


def first_tries(t):
    server = t.using(Server())
    server.lists = [Answer(503), Answer(429, body=CANARY, headers={"Retry-After": "1"}),
                    page(thing("a"))]
    done = once(t, server)
    t.status(done, 0, "503, then 429, then a list")
    t.is_(short(done.stdout), [("ADDED", "a", "1")], "it is had in the end")
    t.has(done.stderr, "answered 503; trying again in", "and each failure is told")
    t.lacks(done.stderr, CANARY, "but not what the server said")
    server = t.using(Server())
    server.on("/apis", Answer(503))
    watch = follow(t, server, "hopeless", "--once")
    t.eventually(lambda: len(server.asked("/apis")) >= 2, "discovery is tried again, too")
    t.is_(watch.stop(), 0, "SIGTERM ends the waiting")


def lost_versions(t):
    """410 in every shape: one list, and deletions by difference."""
    shapes = {
        "an ERROR event with code 410": stream(line("ERROR", status(410))),
        "an ERROR event with reason Gone": stream(line("ERROR", status(0, "Gone"))),
        "HTTP 410": Answer(410, json=status(410)),
    }
    for name, answer in shapes.items():
        server = t.using(Server())
        server.lists = [page(thing("a"), thing("b"), thing("c")),
                        page(thing("a"), thing("b", "2"), thing("d"), version="200")]
        server.watches = [answer]
        watch = follow(t, server, "lost")
        t.eventually(lambda watch=watch: "DELETED" in watch.stdout(), name)
        t.eventually(lambda server=server: server.asked_for("resourceVersion=200"),
                     "the next watch starts from the new list")
        t.is_(short(watch.stdout())[3:],
              [("MODIFIED", "b", "2"), ("ADDED", "d", "1"), ("DELETED", "c", None)],
              "the differences are told, what is the same is not")
        t.is_(len(server.asked_for("limit=")), 2, "by one more list")
        gone = [m["object"] for m in messages.parse(watch.stdout()) if m["type"] == "DELETED"][0]
        t.is_(gone, {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {
            "namespace": "ns", "uid": "uid-c", "name": "c"}}, "what has gone is named")
        t.is_(watch.stdout().count("initial-events-end"), 1, "the first list ended once")
        watch.stop()


def missing_types(t):
    """--ignore-not-found: what is there already must stay away for a while to be gone."""
    gone, nothing = Answer(404, json=status(404, "NotFound")), Answer(json={
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": []})
    server = t.using(Server())
    there = server.discovery
    server.lists = [gone, page(thing("a"))]
    watch = follow(t, server, "soon", "--ignore-not-found")
    t.eventually(lambda: len(short(watch.stdout())) == 1, "known, but not served yet: it comes")
    t.is_(watch.stdout().count("initial-events-end"), 1, "the list was empty until then")
    watch.stop()

    restarted, removed = t.using(Server()), t.using(Server())
    for server in (restarted, removed):
        server.lists, server.watches = [page(thing("a"))], [gone]
    restarted.on("/apis", there, nothing, there)
    removed.on("/apis", there, nothing)
    watches = [follow(t, server, "missing", "--ignore-not-found")
               for server in (restarted, removed)]
    for server, watch in zip((restarted, removed), watches):
        t.eventually(lambda watch=watch: len(short(watch.stdout())) == 1, "listed")
        server.lists = [gone, page(thing("a", "2"), version="300")]
    t.eventually(lambda: len(short(watches[0].stdout())) == 2, "a server that was away is back")
    t.is_(short(watches[0].stdout())[1], ("MODIFIED", "a", "2"), "and nothing has gone with it")
    t.eventually(lambda: len(short(watches[1].stdout())) == 2, "a type that stays away", 60)
    t.is_(short(watches[1].stdout())[1], ("DELETED", "a", None), "takes its objects along")
    for watch in watches:
        watch.stop()


def recreated_meanwhile(t):
    server = t.using(Server())
    server.lists = [page(thing("a")), page(thing("a", uid="other"), version="200")]
    server.watches = [stream(line("ERROR", status(410)))]
    watch = follow(t, server, "recreated")
    t.eventually(lambda: len(short(watch.stdout())) == 2, "recreated while nobody watched")
    t.is_(messages.parse(watch.stdout())[2]["object"]["metadata"]["uid"], "other",
          "the new uid is told")
    watch.stop()


def resuming(t):
    """A stream that ends or breaks is continued from the last version, bookmarks included."""
    server = t.using(Server())
    server.lists = [page(thing("a"))]
    server.watches = [
        stream(line("MODIFIED", thing("a", "2", "110")), bookmark("120")),
        stream(line("MODIFIED", thing("a", "3", "130")), b'{"type":"MODIFIED","obj'),
        stream(line("ADDED", thing("b", "1", "140")), b"\n", b"this is no JSON\n"),
        stream(line("MODIFIED", thing("b", "2", "150")), reset=True, cut_after=10000),
        Answer(503, headers={"Retry-After": "0"}),
        stream(line("DELETED", thing("b", "2", "160"))),
    ]
    watch = follow(t, server, "resuming")
    t.eventually(lambda: "DELETED" in watch.stdout(), "the last of six streams is read", 60)
    t.is_(short(watch.stdout()),
          [("ADDED", "a", "1"), ("MODIFIED", "a", "2"), ("MODIFIED", "a", "3"), ("ADDED", "b", "1"),
           ("MODIFIED", "b", "2"), ("DELETED", "b", "2")], "nothing is lost or told twice")
    t.eventually(lambda: len(server.asked_for("watch=1")) == 7, "and the next one waits")
    versions = [target.partition("resourceVersion=")[2].partition("&")[0]
                for target in server.asked_for("watch=1")]
    t.is_(versions, ["100", "120", "130", "140", "150", "150", "160"],
          "each goes on where the one before it was")
    t.is_(len(server.asked_for("limit=")), 1, "without another list")
    t.ok(all("allowWatchBookmarks=true" in target and "timeoutSeconds=" in target
             for target in server.asked_for("watch=1")), "bookmarks and an end are asked for")
    watch.stop()


def silent_changes(t):
    server = t.using(Server())
    server.lists = [page(thing("a"))]
    server.watches = [stream(
        line("MODIFIED", dict(thing("a", "1", "101", generation=2), status={"x": 1})),
        line("MODIFIED", dict(thing("a", "1", "102", managedFields=[{}]), status={"x": 2})),
        line("MODIFIED", thing("a", "2", "103")),
        line("DELETED", thing("unknown", "1", "104")))]
    watch = follow(t, server, "silent", "--omit", ".status")
    t.eventually(lambda: server.asked_for("resourceVersion=104"), "four events are read")
    t.is_(short(watch.stdout()), [("ADDED", "a", "1"), ("MODIFIED", "a", "2")],
          "what changes only what is left out is no event")
    watch.stop()


def framing(t):
    """The stream cut after every byte, in chunks of one byte, and all in one."""
    body = (line("MODIFIED", thing("a", "2", "110")) + bookmark("111") +
            line("ADDED", thing("b", "\u00e9\n\"", "112")))
    want = [("ADDED", "a", "1"), ("MODIFIED", "a", "2"), ("ADDED", "b", "\u00e9\n\"")]
    shapes = {
        "byte by byte": Answer(chunks=[body[at:at + 1] for at in range(len(body))]),
        "in one piece": Answer(chunks=[body]),
    }
    for name, answer in shapes.items():
        server = t.using(Server())
        server.lists, server.watches = [page(thing("a"))], [answer]
        watch = follow(t, server, "framing")
        t.eventually(lambda server=server: server.asked_for("resourceVersion=112"), name)
        t.is_(short(watch.stdout()), want, "the events are the same")
        watch.stop()
    cuts(t, body, want)


def cuts(t, body, want):
    """Cut at each byte: the rest comes with the next watch. Several watches at a time."""
    failed = []

    def cut(at):
        server = Server()
        server.lists = [page(thing("a"))]
        whole = [body]

        def watches(request):
            if "watch=1" not in request.target:
                return server.lists[0]
            version = request.target.partition("resourceVersion=")[2].partition("&")[0]
            rest = {"100": 0, "110": 1, "111": 2, "112": 3}[version]
            lines = body.splitlines(True)[rest:]
            if rest == 3:
                return Answer(headers={"Content-Length": None}, body=b"\n", hold=server.quiet)
            text = b"".join(lines)
            if whole:
                whole.clear()
                return stream(text[:at])
            return stream(text)
        server.on(THINGS, watches)
        server.start()
        path = server.kubeconfig(t)
        os.rename(path, path + str(at))
        watch = procs.Process(["watch", "things.example.org", "--kubeconfig", path + str(at)],
                              t.tmp, "cut%d" % at).start()
        tap.eventually(lambda: len(short(watch.stdout())) >= 3, 30)
        if short(watch.stdout()) != want:
            failed.append((at, watch.stdout(), watch.stderr()))
        watch.stop()
        server.quiet.set()
        server.stop()

    for at in range(1, len(body), 7 if not os.environ.get("WEIR_TEST_LONG") else 1):
        cut(at)
    t.is_(failed[:1], [], "cut at any byte: nothing is lost, nothing told twice")


def old_servers(t):
    """Servers that do not aggregate their discovery documents."""
    server = t.using(Server())
    server.on("/api", Answer(json={"kind": "APIVersions", "versions": ["v1"]}))
    server.on("/api/v1", Answer(json={"kind": "APIResourceList", "groupVersion": "v1",
                                      "resources": []}))
    server.on("/apis", Answer(json={"kind": "APIGroupList", "groups": [
        {"name": "broken.example.org", "versions": [{"version": "v1"}]},
        {"name": "example.org", "versions": [{"version": "v1"}, {"version": "v0"}]}]}))
    server.on("/apis/broken.example.org/v1", Answer(503))
    server.on("/apis/example.org/v1", Answer(json={
        "kind": "APIResourceList", "groupVersion": "example.org/v1", "resources": [
            {"name": "things", "singularName": "thing", "namespaced": True, "kind": "Thing",
             "verbs": ["list", "watch"], "shortNames": ["th"]}]}))
    server.lists = [page(thing("a"))]
    done = procs.run("watch", "th", "--once", "--kubeconfig", server.kubeconfig(t))
    t.status(done, 0, "a short name at an old server, one of whose groups is broken")
    t.is_(short(done.stdout), [("ADDED", "a", "1")], "is found")


def secrets_stay(t):
    """Credentials go over TLS to the server of the kubeconfig, and nowhere else."""
    server = t.using(Server())
    server.lists = [page(thing("a"))]
    done = procs.run("watch", "things.example.org", "--once", "--kubeconfig",
                     server.kubeconfig(t, "token: " + CANARY))
    t.status(done, 0, "over plain http")
    t.is_([request for request in server.requests if "Authorization" in request.headers], [],
          "no token is sent")

    authority = tls.Authority(t.path("ca"))
    server = t.using(Server(pair=authority.issue("server", "server")))
    server.lists = [Answer(302, headers={"Location": "https://127.0.0.1:1/"})]
    trusted = ", certificate-authority: '%s'" % authority.ca
    done = procs.run("watch", "things.example.org", "--once", "--kubeconfig",
                     server.kubeconfig(t, "token: " + CANARY, trusted))
    t.status(done, 111, "a redirect is not followed")
    t.is_({request.headers.get("Authorization") for request in server.requests},
          {"Bearer " + CANARY}, "over TLS the token is sent")
    t.lacks(done.stdout + done.stderr, CANARY, "and never shown")

    done = procs.run("watch", "things.example.org", "--once", "--kubeconfig",
                     server.kubeconfig(t, "token: " + CANARY))
    t.status(done, 111, "without its CA the server is not trusted")
    renewed_token(t, authority, trusted)
    server_name(t, authority)


def renewed_token(t, authority, trusted):
    """A token that is refused is read again at once, and the request made again."""
    server = t.using(Server(pair=authority.issue("server", "server")))
    path = t.write("rotating", "old\n")

    def answer(request):
        if request.headers.get("Authorization") == "Bearer new":
            return page(thing("a"))
        with open(path + ".next", "w", encoding="ascii") as file:
            file.write("new\n")
        os.rename(path + ".next", path)
        return Answer(401, json=status(401, "Unauthorized"))
    server.on(THINGS, answer)
    done = procs.run("watch", "things.example.org", "--once", "--kubeconfig",
                     server.kubeconfig(t, "tokenFile: '%s'" % path, trusted))
    t.status(done, 0, "a token that was renewed meanwhile")
    t.is_([request.headers["Authorization"] for request in server.asked(THINGS)],
          ["Bearer old", "Bearer new"], "is read again, once")
    t.write("rotating", "\n")
    done = procs.run("watch", "things.example.org", "--once", "--kubeconfig",
                     server.kubeconfig(t, "tokenFile: '%s'" % path, trusted))
    t.status(done, 100, "an empty token file is no token")


def plugins(t):
    """Credential plugins: run again after a 401, used though expired, and never quoted."""
    authority = tls.Authority(t.path("plugin-ca"))
    server = t.using(Server(pair=authority.issue("server", "server")))
    trusted = ", certificate-authority: '%s'" % authority.ca
    head = '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":'
    user = ("exec: {apiVersion: client.authentication.k8s.io/v1, command: '%s', "
            "interactiveMode: Never}" % t.path("plugin"))

    def plugin(script):
        path = t.write("plugin", "#!/bin/sh\n" + script)
        os.chmod(path, 0o755)
        t.write("runs", "")
        return server.kubeconfig(t, user, trusted)

    def run(path):
        return procs.run("watch", "things.example.org", "--once", "--kubeconfig", path, cwd=t.tmp)

    def answer(request):
        if request.headers.get("Authorization") == "Bearer token2":
            return page(thing("a"))
        return Answer(401, json=status(401, "Unauthorized"))
    server.on(THINGS, answer)
    done = run(plugin("echo run >>runs; printf '%s{\"token\":\"token%d\","
                      "\"expirationTimestamp\":\"2020-01-01T00:00:00Z\"}}' '" + head +
                      "' $(wc -l <runs)"))
    t.status(done, 0, "a plugin whose first token is refused")
    t.is_(t.read("runs"), b"run\nrun\n", "is run once more")
    t.is_([request.headers["Authorization"] for request in server.asked(THINGS)],
          ["Bearer token1", "Bearer token2"], "and each token is used, though it has expired")
    done = run(plugin("echo '" + CANARY + "'"))
    t.status(done, 100, "a plugin that prints something else")
    t.has(done.stderr, "plugin: it did not print JSON", "is told")
    t.lacks(done.stdout + done.stderr, CANARY, "and not quoted")
    watch = t.using(procs.Process(["watch", "things.example.org", "--once", "--kubeconfig",
                                   plugin("exit 3")], t.tmp, "plugin-fails"))
    t.ok(watch.wait_for("it ended with status 3; trying again", stream="stderr"),
         "a plugin that fails is tried again")
    t.is_(watch.stop(), 0, "until SIGTERM")
    watch = t.using(procs.Process(["watch", "things.example.org", "--once", "--kubeconfig",
                                   plugin("echo $$ >pid; sleep 1000 & wait")], t.tmp, "hangs",
                                  cwd=t.tmp))
    t.eventually(lambda: os.path.exists(t.path("pid")), "a plugin that hangs")
    t.is_(watch.stop(), 0, "does not keep its caller")

    pair = authority.issue("client", "client")
    server = t.using(Server(pair=authority.issue("server", "server"), client_ca=authority.ca))
    server.lists = [page(thing("a"))]
    texts = []
    for path in pair:
        with open(path, encoding="ascii") as file:
            texts.append(json.dumps(file.read()))
    t.write("answer", '%s{"clientCertificateData":%s,"clientKeyData":%s}}' % (head, *texts))
    done = run(plugin("cat answer"))
    t.status(done, 0, "a certificate from a plugin")
    t.is_(short(done.stdout), [("ADDED", "a", "1")], "opens the door: " + done.stderr)


def server_name(t, authority):
    pair = authority.issue("named", "named", alt_names=("DNS:api.internal",))
    server = t.using(Server(pair=pair))
    server.lists = [page(thing("a"))]
    trusted = ", certificate-authority: '%s'" % authority.ca
    done = procs.run("watch", "things.example.org", "--once", "--kubeconfig",
                     server.kubeconfig(t, "", trusted))
    t.status(done, 111, "a certificate for another name")
    done = procs.run("watch", "things.example.org", "--once", "--kubeconfig",
                     server.kubeconfig(t, "", trusted + ", tls-server-name: api.internal"))
    t.status(done, 0, "is right with tls-server-name")


def usage(t):
    cases = {
        "nothing to watch": [],
        "-n and -A": ["app", "-n", "x", "-A"],
        "--files with -A": ["--files", ".", "-A"],
        "--exclude without --files": ["app", "--exclude", "*"],
        "--omit of what is needed": ["app", "--omit", ".metadata"],
        "--omit of no path": ["app", "--omit", "status"],
        "a folder that is not there": ["--files", "/nowhere/"],
        "no cluster": ["app"],
    }
    for name, arguments in cases.items():
        done = procs.run("watch", *arguments)
        t.status(done, 100, name)
        t.is_(done.stdout, "", "nothing on stdout")
        t.ok(done.stderr.count("\n") == 1, "one line on stderr: " + done.stderr.strip())


with tap.Test() as t:
    usage(t)
    pages(t)
    broken_lists(t)
    first_tries(t)
    lost_versions(t)
    missing_types(t)
    recreated_meanwhile(t)
    resuming(t)
    silent_changes(t)
    framing(t)
    old_servers(t)
    secrets_stay(t)
    plugins(t)

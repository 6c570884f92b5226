#!/usr/bin/python3 -B
"""registries.conf from the watch events of a ConfigMap, against a real registry with htpasswd and
TLS: nothing is asked before it is known, it is reloaded in place, the last good one stays."""

import os
import sys

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap
from weirtest.registry import Registry

NAME = "argocd-image-updater-config"
FEED = ["--registries-configmap", NAME]
USERS = {"alice": "hunter2:with:colons", "bob": "hunter2-of-bob"}
# Only the administrator's registries.conf may name a variable: here they hold the passwords.
ENV = {"WEIR_" + name.upper(): "%s:%s" % pair for name, pair in
       zip(USERS, USERS.items())}


def entry(registry, user="alice", **more):
    with open(registry.authority.ca, encoding="ascii") as file:
        return dict({"name": "test", "prefix": registry.host, "api_url": registry.url,
                     "ca_data": file.read(), "credentials": "env:WEIR_" + user.upper()}, **more)


def config_map(*entries, namespace="d8-delivery", text=None):
    if text is None:
        text = fixtures.registries_conf(*entries)
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"namespace": namespace, "name": NAME, "uid": "uid-cm"},
            "data": {"registries.conf": text}}


def app(registry, name="myapp", path="team", revision="1.0.0"):
    return fixtures.application("d8-delivery", name, uid="uid-" + name, chart="app",
                                repo_url="%s/%s" % (registry.host, path), revision=revision)


def update(registry):
    return fixtures.line({
        "type": "UPDATE", "application": {"namespace": "d8-delivery", "name": "myapp"},
        "repository": registry.host + "/team/app", "repoURL": registry.host + "/team",
        "chart": "app", "constraint": "~ 1.0", "from": "1.0.0", "to": "1.0.3"})


def asked(registry, path=""):
    return [request for request in registry.requests("weir/") if path in request[1]]


def reasons(found):
    return [message["reason"] for message in found if message["type"] == "ERROR"]


def of_type(found, *kinds):
    return [message for message in found if message["type"] in kinds]


class Running:
    """A filter with an open input; what it has written so far."""

    def __init__(self, t, program, name, *options):
        self.t = t
        self.process = t.using(procs.Process([program, *FEED, *options], t.tmp, name, env=ENV,
                                             stdin=True))

    def send(self, *lines):
        self.process.send("".join(lines))

    def found(self):
        text = self.process.stdout()
        return messages.parse(text[:text.rfind("\n") + 1])

    def wait(self, count, kind, name):
        self.t.eventually(lambda: len(of_type(self.found(), kind)) >= count, name)
        return of_type(self.found(), kind)

    def stop(self, status):
        self.process.end_input()
        self.t.is_(self.process.wait(), status, "it ends with %d" % status)
        for message in self.found():
            self.t.is_(messages.complaint(message), "", "as the schema says: " + message["type"])
        self.t.lacks(self.process.stdout() + self.process.stderr(), "hunter2",
                     "no secret is shown")


def test_order(t, registry):
    """The Applications come first: nobody is asked before the ConfigMap is there."""
    scanner = Running(t, "tag-scan", "order", "--log-level", "info")
    before = len(asked(registry))
    application, listed = fixtures.event(app(registry)), fixtures.listed()
    event = fixtures.event(config_map(entry(registry)), trace="t1")
    scanner.send(application, listed, fixtures.line({"type": "MARK"}))
    scanner.wait(1, "MARK", "it has read the Application")
    t.is_(asked(registry)[before:], [], "and asks nobody yet")
    scanner.send(event)
    tags = scanner.wait(1, "TAGS", "with the ConfigMap it does")
    t.is_(tags[0]["tags"], ["1.0.0", "1.0.3"], "and gets in")
    t.is_(reasons(scanner.found()), [], "no error has flashed up")
    t.has(scanner.process.stdout(), event, "the event is passed on as it came")
    scanner.stop(0)


def test_pipeline(t, registry):
    """tag-scan hands it on, verify uses it and keeps it."""
    stages = [["tag-scan", *FEED], ["constraint-match"], ["verify", *FEED]]
    stranger = fixtures.event(config_map(namespace="tenant", text="registries: [broken"))
    done = procs.pipeline(stages, env=ENV, stdin="".join([
        fixtures.event(app(registry)), stranger, fixtures.event(config_map(entry(registry))),
        fixtures.listed()]))
    t.status(done, 0, "a pipeline over one input")
    found = messages.parse(done.stdout)
    updates = of_type(found, "UPDATE")
    t.is_([u["to"] for u in updates], ["1.0.3"], "decided")
    t.is_(updates[0]["digest"], registry.digest("team/app", "1.0.3"), "looked at")
    t.is_([m["object"]["metadata"]["namespace"] for m in of_type(found, "ADDED")], ["tenant"],
          "nobody behind verify sees the ConfigMap; others of its name pass")
    t.lacks(done.stdout + done.stderr, "hunter2", "no secret is shown")


def test_foreign(t, registry):
    """A ConfigMap of this name in a tenant's namespace sends nobody's password anywhere."""
    elsewhere = entry(registry, prefix=registry.host, api_url="https://127.0.0.1:1")
    bad = fixtures.event(config_map(elsewhere, namespace="tenant"))
    for program, line in (("tag-scan", fixtures.event(app(registry))),
                          ("verify", update(registry))):
        done = procs.run(program, *FEED, env=ENV, stdin="".join([line, bad]))
        t.status(done, 1, program + ": one in another namespace is none")
        found = messages.parse(done.stdout)
        t.is_(reasons(found), ["ConfigMap d8-delivery/%s: it is not there (with the key "
                               "registries.conf); no registry is asked before it is right" % NAME],
              program + ": and without one nobody is asked")
        t.is_(of_type(found, "ERROR")[0]["about"], {"object": {
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"namespace": "d8-delivery", "name": NAME}}}, "about the ConfigMap")
        t.is_(of_type(found, "TAGS", "UPDATE", "HOLD"), [], "nothing is claimed")
        good = fixtures.event(config_map(entry(registry)))
        done = procs.run(program, *FEED, env=ENV, stdin="".join([bad, line, good, bad]))
        t.status(done, 0, program + ": beside the right one it changes nothing")
        t.is_(len(of_type(messages.parse(done.stdout), "TAGS", "UPDATE")), 1, "the right one counts")
        done = procs.run(program, *FEED, "-n", "tenant", env=ENV, stdin="".join([
            line, fixtures.event(config_map(entry(registry), namespace="tenant")),
            fixtures.event(config_map(elsewhere))]))
        t.status(done, 0, program + ": -n names another namespace")


def test_reload(t, registry):
    """Broken, right again, with other credentials, deleted: in place."""
    scanner = Running(t, "tag-scan", "reload", "--interval", "0")
    broken = [("registries: [", "registries.conf: line 1, column 14: did not find expected node "
                                "content while parsing a flow node"),
              ("registries:\n- {name: x, prefix: a.example}\n",
               "registries.conf: registries[0] (x): has no api_url")]
    scanner.send(fixtures.event(app(registry)), fixtures.event(app(registry, "other", "other")),
                 fixtures.event(config_map(entry(registry))), fixtures.listed())
    scanner.wait(2, "TAGS", "two repositories")
    for number, (text, what) in enumerate(broken, 1):
        scanner.send(fixtures.event(config_map(text=text), "MODIFIED"))
        scanner.wait(number, "ERROR", "a broken one")
        t.has(reasons(scanner.found())[-1], "ConfigMap d8-delivery/%s: %s; what it said before "
              "stays in use" % (NAME, what), "what is wrong, and where")
    registry.push_chart("team", "app", "1.0.4")
    scanner.send(fixtures.line({"type": "PUSH", "repository": registry.host + "/team/app"}))
    t.is_(scanner.wait(3, "TAGS", "it goes on")[-1]["tags"], ["1.0.0", "1.0.3", "1.0.4"],
          "with the last good one")

    # Only team's credential is another one now, and bob may see it as well.
    before = len(asked(registry, "/v2/other/")), len(asked(registry, "/v2/team/"))
    registry.push_chart("team", "app", "1.0.5")
    scanner.send(fixtures.event(config_map(
        entry(registry), entry(registry, "bob", name="team", prefix=registry.host + "/team")),
        "MODIFIED"))
    t.has(scanner.wait(4, "TAGS", "a new one")[-1]["tags"], "1.0.5", "is used at once")
    t.ok(len(asked(registry, "/v2/team/")) > before[1], "for what it changes")
    t.is_(len(asked(registry, "/v2/other/")), before[0], "and for nothing else")

    scanner.send(fixtures.event(config_map(entry(registry)), "DELETED"))
    scanner.wait(3, "ERROR", "deleted")
    t.has(reasons(scanner.found())[-1], "it was deleted; what it said before stays in use",
          "which is said")
    registry.push_chart("team", "app", "1.0.6")
    scanner.send(fixtures.line({"type": "PUSH", "repository": registry.host + "/team/app"}))
    t.has(scanner.wait(5, "TAGS", "it still goes on")[-1]["tags"], "1.0.6", "as before")
    scanner.stop(1)


def test_broken_at_first(t, registry):
    """A wrong password is repaired, too: verify asks again at once."""
    checker = Running(t, "verify", "broken")
    checker.send(update(registry), fixtures.event(config_map(text="registries: {}")))
    checker.wait(1, "ERROR", "a broken one at first")
    t.has(reasons(checker.found())[0], "registries is to be a list; no registry is asked before it "
          "is right", "nothing is done with it")
    wrong = dict(ENV, WEIR_BOB="bob:wrong")
    checker.process.stop()
    checker = t.using(procs.Process(["verify", *FEED], t.tmp, "wrong", env=wrong, stdin=True))
    checker.send(update(registry) + fixtures.event(config_map(entry(registry, "bob"))))
    t.ok(checker.wait_for("refuses the credentials"), "a wrong password")
    checker.send(fixtures.event(config_map(entry(registry)), "MODIFIED"))
    t.ok(checker.wait_for('"UPDATE".*"digest"', timeout_s=4),
         "with the right one it does not wait for its next try")
    checker.stop()


def test_absence(t, registry):
    """In a group that goes on an absent one is told after a while, once; it may still come."""
    both = [Running(t, program, program + "-absent") for program in ("tag-scan", "verify")]
    for running, line in zip(both, (fixtures.event(app(registry)), update(registry))):
        running.send(line, fixtures.listed())
    for running in both:
        running.wait(1, "ERROR", "nothing comes")
        running.send(fixtures.event(config_map(entry(registry))))
    both[0].wait(1, "TAGS", "it comes late")
    both[1].wait(1, "UPDATE", "it comes late")
    for running in both:
        t.is_(len(reasons(running.found())), 1, "and that was all that there was to say")
        running.stop(1)


def test_group(t, registry):
    """The same over sockets, with stages that die: the ConfigMap is there before what needs it."""
    folder = t.path("group")
    os.makedirs(folder + "/apps")
    apps = {"app.yaml": app(registry), "registries.yaml": config_map(entry(registry))}
    for name, content in apps.items():
        t.write("group/apps/" + name, yaml.safe_dump(content))
    t.write("group/pipeline.yaml", yaml.safe_dump({"stages": [
        {"name": "watch", "command": ["watch", "--files", "apps"]},
        {"name": "tag-scan", "command": ["tag-scan", *FEED]},
        {"name": "constraint-match", "command": ["constraint-match"]},
        {"name": "verify", "command": ["verify", *FEED]},
        {"name": "out", "command": ["jq", "-c", "--unbuffered", "."]}]}))
    group = t.using(procs.Process(["weir", "run", "pipeline.yaml"], folder, "run", env=ENV,
                                  cwd=folder))

    def found(*kinds):
        text = group.stdout()
        return of_type(messages.parse(text[:text.rfind("\n") + 1]), *kinds)

    def newest():
        updates = found("UPDATE")
        return updates[-1]["to"] if updates else None

    def pid_of(program):
        for pid in procs.tree(group.pid):
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                if os.path.basename(file.read().split(b"\0")[0]) == program.encode():
                    return pid
        return None

    t.eventually(lambda: newest() == "1.0.6", "a group decides")
    for number, program in enumerate(("tag-scan", "verify", "tag-scan"), 7):
        registry.push_chart("team", "app", "1.0.%d" % number)
        pid = pid_of(program)
        os.kill(pid, 9)
        t.eventually(lambda: pid_of(program) not in (None, pid), program + " is started again")
        if program == "verify":
            os.kill(pid_of("tag-scan"), 9)  # for a scan
        t.eventually(lambda: newest() == "1.0.%d" % number, "and knows its registries")
    t.is_(found("ADDED", "MODIFIED", "ERROR"), [], "nothing but decisions comes out")
    os.remove(folder + "/apps/registries.yaml")
    t.eventually(lambda: len(found("ERROR")) >= 2, "tag-scan and verify hear that it has gone")
    t.is_(sorted((e["filter"], "deleted" in e["reason"]) for e in found("ERROR")),
          [("tag-scan", True), ("verify", True)], "and say so, once each")
    group.stop()
    t.lacks(group.stdout() + group.stderr(), "hunter2", "no secret is shown")


def test_usage(t):
    conf = t.write("registries.conf", "registries: []")
    cases = {
        ("--registries", conf, *FEED): "exclude each other",
        ("-n", "x"): "name that with --registries-configmap",
        ("--registries-configmap", "A/b"): "A/b: this is no name of a ConfigMap",
        (*FEED, "-n", "x/y"): "-n x/y: this is no name of a namespace",
    }
    for program in ("tag-scan", "verify"):
        for words, complaint in cases.items():
            done = procs.run(program, *words)
            t.status(done, 100, "%s %s" % (program, " ".join(words[:1] + words[2:])))
            t.has(done.stderr, complaint, "and says what is wrong")
    done = procs.run("tag-scan", *FEED, "--text", "a.example/b")
    t.status(done, 100, "--text has no events")
    done = procs.run("verify", *FEED, "--shard", "1/2")
    t.status(done, 100, "a shard would not get it")
    t.has(done.stderr, "one shard alone would get the ConfigMap", "which is said")


def main():
    with tap.Test() as t:
        registry = t.using(Registry(t.path("registry"), tls=True, users=USERS))
        for version in ("1.0.0", "1.0.3"):
            registry.push_chart("team", "app", version)
        registry.push_chart("other", "app", "1.0.0")
        test_order(t, registry)
        test_pipeline(t, registry)
        test_foreign(t, registry)
        test_reload(t, registry)
        test_broken_at_first(t, registry)
        test_absence(t, registry)
        test_group(t, registry)
        test_usage(t)


main()

#!/usr/bin/python3 -B
"""registries.conf: every key does what the systems that weir replaces say it does, against a real
registry where it can be."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap
from weirtest.httpfault import Answer, FaultServer
from weirtest.registry import Registry

USERS = {"alice": "hunter2:with:colons", "bob": "hunter2"}
ENV = {"WEIR_ALICE": "alice:hunter2:with:colons", "WEIR_BOB": "bob:hunter2",
       "WEIR_WRONG": "alice:wrong-hunter2"}


def event(host, path, name=None):
    """An Application that follows HOST/PATH; the last part of the path is the chart."""
    folder, _, chart = path.rpartition("/")
    return fixtures.event(fixtures.application(
        "apps", name or path.replace("/", "-"), chart=chart,
        repo_url=host + ("/" + folder if folder else "")))


def scan(t, entries, events, status=0, options=(), text=None):
    """{path: tags}, {path: reason} of one run with these entries."""
    conf = t.write("registries.conf", text or fixtures.registries_conf(*entries))
    done = procs.run("tag-scan", "--registries", conf, *options, stdin="".join(events), env=ENV)
    t.status(done, status, "tag-scan ends with %d" % status)
    t.lacks(done.stdout + done.stderr, "hunter2", "no secret is shown")
    found = messages.parse(done.stdout)
    done.tags = {m["repository"].partition("/")[2]: m["tags"] for m in found if m["type"] == "TAGS"}
    done.errors = {m["about"]["repository"].partition("/")[2]: m["reason"] for m in found
                   if m["type"] == "ERROR"}
    return done


def tag_list(*tags):
    return Answer(json={"name": "x", "tags": list(tags)})


def test_prefix(t, registry):
    """host, and host/path: the longest whole segments win, others keep their credentials."""
    host = registry.host
    entries = [fixtures.registry_entry(registry, "all", "env:WEIR_WRONG"),
               fixtures.registry_entry(registry, "team", "env:WEIR_ALICE", prefix=host + "/team/"),
               fixtures.registry_entry(registry, "deep", "env:WEIR_WRONG",
                                       prefix=host + "/team/closed")]
    paths = ("team/app", "team/more/app", "team-b/app", "team/closed/app", "app")
    for order in (entries, entries[::-1]):
        found = scan(t, order, [event(host, path) for path in paths], status=1)
        t.is_(sorted(found.tags), ["team/app", "team/more/app"], "prefix: by whole segments")
        t.is_(sorted(found.errors), ["app", "team-b/app", "team/closed/app"],
              "prefix: those above, below and beside it are others' matter")
        t.like(found.errors["team-b/app"], "refuses the credentials", "with their own credentials")


def test_two_teams(t, registry):
    """D7: two entries of one host; the last one used to win for both."""
    host = registry.host
    both = [fixtures.registry_entry(registry, "a", "env:WEIR_ALICE", prefix=host + "/team"),
            fixtures.registry_entry(registry, "b", "env:WEIR_BOB", prefix=host + "/team-b")]
    found = scan(t, both, [event(host, "team/app"), event(host, "team-b/app")])
    t.is_(sorted(found.tags), ["team-b/app", "team/app"], "D7: each has its own")
    done = scan(t, [dict(entry, prefix=host) for entry in both], [], status=100)
    t.has(done.stderr, "registries[1] (b): has the prefix of a: give each its path (prefix: "
          "host/path)", "D7: two of one prefix are refused, and the remedy is named")


def test_api_url(t):
    """The API may be elsewhere, and below a path."""
    server = t.using(FaultServer())
    server.on("/mirror/v2/team/app/tags/list", tag_list("1.0.0"))
    entry = {"name": "x", "prefix": "charts.example", "api_url": server.url + "/mirror/"}
    found = scan(t, [entry], [event("charts.example", "team/app")])
    t.is_(found.tags, {"team/app": ["1.0.0"]}, "api_url: another host, below a path")
    t.is_([request.target for request in server.asked()],
          ["/mirror/v2/team/app/tags/list?n=1000"], "api_url: nothing else is asked for")


def test_defaultns(t, registry):
    entry = fixtures.registry_entry(registry, credentials="env:WEIR_ALICE", defaultns="team")
    found = scan(t, [entry], [event(registry.host, "app"), event(registry.host, "team-b/app")])
    t.is_(found.tags["app"], ["1.0.0"], "defaultns: before a name of one segment")
    t.is_(found.tags["team-b/app"], ["2.0.0"], "defaultns: and no other")


def test_limit(t):
    """8 connections to a registry; without a limit as fast as they go."""
    server, arrived, go = t.using(FaultServer()), [], threading.Event()

    def answer(request):
        arrived.append(request)
        if len(arrived) >= 8:
            go.set()  # a limit, or fewer connections, would never bring them together
        go.wait(30)
        return tag_list("1.0.0")

    server.otherwise(answer)
    for limit in ({}, {"limit": 0}, {"limit": -3}):
        arrived.clear()
        go.clear()
        server.busy_peak = 0
        entry = dict({"name": "x", "prefix": server.address, "api_url": server.url}, **limit)
        found = scan(t, [entry], [event(server.address, "l/c%d" % i) for i in range(40)])
        t.is_(len(found.tags), 40, "limit %s: all are listed" % limit.get("limit", "absent"))
        t.is_(server.busy_peak, 8, "by 8 connections")


def test_credentials_expire(t):
    """What a program printed stays good for ever, or for as long as credsexpire says."""
    server = t.using(FaultServer())

    def answer(request):
        if "Authorization" in request.headers:
            return tag_list("1.0.0")
        return Answer(401, headers={"WWW-Authenticate": "Basic"})

    server.otherwise(answer)
    runs = t.path("runs")
    program = t.write("helper", "#!/bin/sh\necho run >>'%s'\necho alice:hunter2\n" % runs)
    os.chmod(program, 0o700)
    for name, more in (("never", {}), ("soon", {"credsexpire": "300ms"})):
        t.write("runs", "")
        entry = dict({"name": name, "prefix": server.address, "api_url": server.url,
                      "credentials": "ext:" + program}, **more)
        conf = t.write("expire.conf", fixtures.registries_conf(entry))
        before = len(server.asked())
        scanner = t.using(procs.Process(["tag-scan", "--registries", conf, "--interval", "50ms"],
                                        t.tmp, name, stdin=True))
        scanner.send(event(server.address, "team/app") + fixtures.listed())

        def ran():
            with open(runs, encoding="ascii") as file:
                return len(file.readlines())

        if more:
            t.eventually(lambda: ran() >= 3, "credsexpire: it is asked again and again")
        else:
            t.eventually(lambda: len(server.asked()) >= before + 20, "scan after scan")
            t.is_(ran(), 1, "without credsexpire it is asked once")
        scanner.stop()


def test_spellings(t, registry):
    """As it is found in the field: comments, YAML 1.1, keys that change nothing."""
    found = scan(t, [], [event(registry.host, "team/app")], text="""\
# Image Updater's own example, more or less
registries:
- name: Docker Hub
  api_url: https://registry-1.docker.io
  ping: yes
  credentials: secret:foo/bar#creds
  defaultns: library
  default: true
- name: GitHub Container Registry
  api_url: https://ghcr.io
  prefix: ghcr.io
  ping: no
  credentials: ext:/some/script
  credsexpire: 5h
  tagsortmode: Latest-First
- name: 'Ours'
  api_url: '%s/'
  prefix: "%s"
  credentials: x=ENV:WEIR_ALICE
  insecure: no
  limit: 100
  ca_file: %s
  default: off
""" % (registry.url, registry.host, registry.authority.ca))
    t.is_(found.tags, {"team/app": ["1.0.0"]}, "a file from the field")
    t.is_([path for _, path, _ in registry.requests("weir/") if path == "/v2/"], [],
          "ping: nobody is pinged")
    for key, value in {"insecur": "true", "tagsortmode": "newest", "limit": "fast",
                       "credsexpire": "soon", "insecure": "perhaps", "api_url": "ftp://x",
                       "prefix": "https://x", "credentials": "hunter2"}.items():
        done = scan(t, [fixtures.registry_entry(registry, **{key: value})], [], status=100)
        t.like(done.stderr, r"registries\.conf: registries\[0\](?: \(test\))?: %s" % key,
               "%s: %s is refused by name" % (key, value))


def main():
    with tap.Test() as t:
        registry = t.using(Registry(t.path("registry"), tls=True, users=USERS))
        for path in ("team", "team/more", "team/closed"):
            registry.push_chart(path, "app", "1.0.0")
        registry.push_chart("team-b", "app", "2.0.0")
        test_prefix(t, registry)
        test_two_teams(t, registry)
        test_api_url(t)
        test_defaultns(t, registry)
        test_limit(t)
        test_credentials_expire(t)
        test_spellings(t, registry)


main()

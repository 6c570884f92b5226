#!/usr/bin/python3 -B
"""Hostile content: tags, folders of manifests, Applications and registries that no well-meaning
writer makes. What is good among them comes through; weirtest/hostile.py states the bounds on
memory.
"""

import json
import os
import random
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, tap
from weirtest.hostile import (MIB, NO_MESSAGES_MAX, PASSING_MAX, TREE_MAX, ConstraintMatch, Input,
                              Run, TagScan, check_clean, check_memory, check_output, errors)
from weirtest.httpfault import Answer, FaultServer
from weirtest.registry import Registry

SEED = int(os.environ.get("WEIR_TEST_SEED") or 7)


def random_bytes(size):
    return random.Random(SEED).randbytes(size)


def check_broken_tag(t):
    """A tag that is no UTF-8, or no tag: the line is refused, or the tag is left out."""
    subject = ConstraintMatch(t, REGISTRY)
    good = messages.line(subject.named(subject.base("TAGS"), "bad-1"))
    stream = Input(t, subject).good().bad(good.replace(b'"1.0.3"', b'"1.0.\xff3"')).good()
    run = stream.run()
    t.is_((run.status, subject.passed(run)), (1, [0, 1]), "a tag of broken UTF-8")
    t.is_(len(errors(run)), 1, "is one ERROR")
    odd = dict(subject.named(subject.base("TAGS"), "good-0"), tags=[
        "1.0.0", "1.0.3", "1.0.4\n", "1.0.5\x1b[31m", "1.0.6\u202e", "1.0.7 ", "../1.0.8",
        "1.0.9" * 40, "$(1.0.10)", "%s", "", "-1.0.11", ".1.0.12", "\x00", "1.0.13\x00"])
    stream = Input(t, subject)
    stream.bad(messages.line(odd))
    run = stream.run()
    t.is_([(m["type"], m.get("to"), m.get("candidates")) for m in run.messages()],
          [("UPDATE", "1.0.3", ["1.0.0"])], "tags that no registry may have are not chosen")
    t.like(run.stderr, r"left out: 13\b", "but counted")
    check_clean(t, run, "odd tags")
    check_output(t, subject, run, "odd tags")


def check_too_much_to_say(t):
    """An answer that would be longer than a message may be is an ERROR, not half a line."""
    subject = ConstraintMatch(t, REGISTRY)
    subject.command = lambda: ["constraint-match", "--explain"]
    message = subject.named(subject.base("TAGS"), "huge")
    message["tags"] = ["%d.0.0-%s" % (i, "x" * 100) for i in range(100_000)]
    run = Input(t, subject).good().bad(messages.line(message)).good().run()
    wrong = [line[:80] for line in run.lines if messages.complaint(line)]
    t.is_(wrong, [], "an answer longer than 16 MiB: no half line")
    t.is_(subject.passed(run), [0, 1], "an answer longer than 16 MiB: the good ones come through")
    check_memory(t, run, TREE_MAX, "an answer longer than 16 MiB")


def check_files(t):
    """What may stand in a folder of manifests, all the way through."""
    host = REGISTRY.host + "/team"
    plain = [fixtures.source("https://git.example/x", "", "main", path="x"),
             fixtures.source("https://git.example/y", "", "main", path="y")]
    contents = {
        "annotation": [fixtures.application("apps", "annotation", repo_url=host, annotations={
            "example.org/large": "x" * MIB})],
        "third": [fixtures.application("apps", "third", sources=plain + [fixtures.source(host)])],
        "same": [fixtures.application("one", "same", repo_url=host),
                 fixtures.application("two", "same", constraint="~ 1.1", repo_url=host)],
    }
    for name, objects in contents.items():
        t.write("files/%s.yaml" % name, fixtures.manifest(*objects))
    t.write("files/random.yaml", random_bytes(100_000))
    t.write("files/deep.yaml", "a: " + "[" * 100_000)
    t.write("files/bomb.yaml", "a: &a [x, x]\n" + "".join(
        "%s: &%s [*%s, *%s]\n" % (b, b, a, a)
        for a, b in zip("abcdefghijklmnop", "bcdefghijklmnopq")))
    t.write("files/latin.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \xe9\n")
    t.write("files/utf16.yaml", "kind: x".encode("utf-16"))
    t.write("files/large.yaml", b"# x\n" * (5 * MIB))
    t.write("files/broken.json", '{"apiVersion": "v1", "kind": ')
    os.symlink("/dev/zero", t.path("files/zero.yaml"))
    os.mkfifo(t.path("files/fifo.yaml"))
    before = {name: t.read("files/" + name + ".yaml") for name in contents}
    listed = Run(t, ["watch", "--files", t.path("files"), "--once"], "/dev/null")
    t.is_(listed.status, 1, "files: watch's exit status")
    check_memory(t, listed, PASSING_MAX, "files: watch")
    check_clean(t, listed, "files: watch")
    complaints = {message["about"]["file"].rsplit("/", 1)[1]: message["reason"]
                  for message in errors(listed)}
    for name in ("random.yaml", "deep.yaml", "latin.yaml", "utf16.yaml", "large.yaml",
                 "broken.json"):
        t.has(complaints.get(name, ""), name, "files: the ERROR about %s names it" % name)
    stages = [["tag-scan"], ["constraint-match"], ["verify"], ["patch-application"]]
    data = listed.stdout
    for stage in stages:
        t.write("stage", data)
        run = Run(t, stage, t.path("stage"))
        check_memory(t, run, PASSING_MAX, "files: " + stage[0])
        data = run.stdout
    results = [m for m in run.messages() if m["type"] == "RESULT"]
    t.is_(sorted((m["application"]["namespace"], m["application"]["name"], m.get("source"), m["to"],
                  m["status"]) for m in results),
          [("apps", "annotation", None, "1.0.3", "patched"),
           ("apps", "third", 2, "1.0.3", "patched"),
           ("one", "same", None, "1.0.3", "patched"), ("two", "same", None, "1.1.0", "patched")],
          "files: large annotation, one name in two namespaces, spec.sources[2]")
    for name, content in before.items():
        first, mark, second = content.partition(b"---\n")
        wanted = first.replace(b"targetRevision: 1.0.0", b"targetRevision: 1.0.3") + mark + \
            second.replace(b"targetRevision: 1.0.0", b"targetRevision: 1.1.0")
        t.ok(t.read("files/" + name + ".yaml") == wanted,
             "files: %s.yaml: one value changed for each" % name)


def poisons(host):
    """Applications that are none."""
    good = fixtures.application("apps", "poison", repo_url=host, annotations={
        fixtures.PREFIX + "update-strategy": "semver", fixtures.PREFIX + "allow-tags": "any",
        fixtures.PREFIX + "ignore-tags": "x"}, uid="u")
    for _, _, changed in messages.mutations(good):
        yield changed
    for changes in (
            {"repo_url": "x" * 100_000}, {"chart": "../../etc/passwd"}, {"chart": "a" * 300},
            {"chart": "A_B"}, {"chart": "\x1b[31m"}, {"repo_url": "host\n.example/x"},
            {"repo_url": "user:password@host.example/x"}, {"repo_url": host + "?q=1"},
            {"repo_url": host + "#f"}, {"repo_url": "ftp://host.example/x"}, {"repo_url": "//"},
            {"repo_url": "https://"}, {"constraint": "x" * 100_000}, {"constraint": "(" * 1000},
            {"constraint": "||" * 1000}, {"revision": "\x00"}, {"revision": "x" * 100_000},
            {"sources": [fixtures.source(host, "app")] * 10_000},
            {"sources": [fixtures.source(host, chart=None)]}, {"sources": [{}] * 1000},
            {"sources": [fixtures.source(host), 7, None, [], "x"]},
            {"annotations": {fixtures.PREFIX + "pull-secret": "pullsecret:../../x"}},
            {"annotations": {fixtures.PREFIX + "pull-secret": "env:HOME"}},
            {"annotations": {fixtures.PREFIX + "allow-tags": "regexp:" + "(" * 1000}},
            {"annotations": {"x" * 1000: "y"}}, {"annotations": {"large": "x" * MIB}},
            {"namespace": "a/b"}, {"namespace": "../x"}, {"name": "x" * 1000}, {"name": "A b"},
            {"name": ""}):
        yield fixtures.application(**dict({"namespace": "apps", "name": "poison", "repo_url": host},
                                          **changes))


def is_application(content):
    """Does it say that it is one? What does not is somebody else's, and passes."""
    return isinstance(content, dict) and content.get("kind") == "Application" and \
        str(content.get("apiVersion")).startswith("argoproj.io/")


def check_poisons(t):
    """T32: one malformed object stops nothing: 1,000 good Applications among all poisons."""
    host = REGISTRY.host + "/team"
    bad = list(poisons(host))
    t.ok(len(bad) >= 60, "there are %d poisons" % len(bad))
    stream, number = Input(t, TagScan(t, REGISTRY)), 0
    for n in range(1000):
        stream.good()
        if n * len(bad) // 1000 >= number and number < len(bad):
            content = bad[number]
            metadata = content.get("metadata")
            if isinstance(metadata, dict) and metadata.get("name") == "poison":
                metadata["name"] = "poison-%d" % number
            stream.bad(messages.line(messages.added(content, trace="poison%d" % number)))
            number += 1
    run = stream.run()
    passing = [messages.line(messages.added(content, trace="poison%d" % n))[:-1]
               for n, content in enumerate(bad) if not is_application(content)]
    t.is_(number, len(bad), "poisons: all are in")
    t.is_(run.status, 1, "poisons: exit status")
    t.is_(len(stream.subject.passed(run)), 1000, "poisons: tag-scan: 1,000 good ones come through")
    check_output(t, stream.subject, run, "poisons: tag-scan", passing)
    check_clean(t, run, "poisons: tag-scan")
    check_memory(t, run, PASSING_MAX, "poisons: tag-scan")
    t.write("stage", run.stdout)
    chosen = Run(t, ["constraint-match"], t.path("stage"))
    names = [m["application"]["name"] for m in chosen.messages() if m["type"] == "UPDATE"]
    t.is_(len([name for name in names if name.startswith("good-")]), 1000,
          "poisons: constraint-match: 1,000 UPDATEs")
    check_output(t, ConstraintMatch(t, REGISTRY), chosen, "poisons: constraint-match", passing)
    check_clean(t, chosen, "poisons: constraint-match")


def check_registry(t):
    """T14, T17: a hostile registry. Other repositories are not affected, nothing of it is shown."""
    server = t.using(FaultServer())
    odd = ["1.0.4\n", "1.0.5\x1b[31m", "1.0.6\u202e", "%s%n", "$(x)", "../x", "", "a" * 65536,
           "\x00"]
    bodies = {
        "deep": b'{"name":"x","tags":' + b"[" * 1_000_000,
        "objects": b'{"name":"x","tags":[' + b"{}," * 1_000_000 + b"{}]}",
        "keys": b'{"name":"x","tags":["1.0.3"],' + b",".join(
            b'"k%d":1' % i for i in range(600_000)) + b"}",
        "types": b'{"name":"x","tags":[1.0,null,{"a":1},"1.0"]}',
        "utf8": b'{"name":"x","tags":["1.0.0","1.0.\xff3"]}',
        "text": b"<html>CANARY-BODY</html>", "empty": b"", "null": b"null",
        "member": b'{"name":"x","tags":"1.0.3"}',
        "odd": json.dumps({"name": "x", "tags": ["1.0.0", "1.0.3"] + odd}).encode(),
    }
    for name, body in bodies.items():
        server.on("/v2/%s/app/tags/list" % name,
                  Answer(200, body, {"Content-Type": "application/json"}))
    subject = TagScan(t, REGISTRY)
    stream = Input(t, subject).good()
    for name in bodies:
        stream.bad(messages.line(messages.added(fixtures.application(
            "apps", "bad-" + name, repo_url="%s/%s" % (server.address, name)))))
    run = stream.good().run()
    t.is_(run.status, 1, "hostile registry: exit status")
    t.is_(subject.passed(run), [0, 1], "hostile registry: other repositories come through")
    check_output(t, subject, run, "hostile registry")
    check_clean(t, run, "hostile registry")
    check_memory(t, run, NO_MESSAGES_MAX, "hostile registry")
    listed = {m["repository"].split("/")[1]: m["tags"] for m in run.messages()
              if m["type"] == "TAGS"}
    listed.pop("team", None)
    listed.pop("keys", None)
    t.is_(listed, {"odd": ["1.0.0", "1.0.3"]},
          "hostile registry: nothing is taken but tags that are tags")
    reported = {m["about"]["repository"].split("/")[1] for m in errors(run)
                if "repository" in m.get("about", {})}
    t.is_(sorted(set(bodies) - reported - {"keys", "odd"}), [],
          "hostile registry: each is reported")
    t.lacks((run.stdout + run.stderr_bytes).decode("utf-8", "replace"), "CANARY-BODY",
            "hostile registry: its text is not shown")


with tap.Test() as test:
    test.diag("seed %d" % SEED)
    REGISTRY = test.using(Registry(test.path("registry")))
    for version in ("1.0.0", "1.0.1", "1.0.3", "1.1.0"):
        REGISTRY.push_chart("team", "app", version)
    check_broken_tag(test)
    check_too_much_to_say(test)
    check_files(test)
    check_poisons(test)
    check_registry(test)

#!/usr/bin/python3 -B
"""watch --files: the events of a folder of manifests, once and as they happen."""

import json
import os
import shutil
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap

INITIAL_END = {"k8s.io/initial-events-end": "true"}


def manifest(name="app", revision="1.0.0", kind="Application"):
    content = fixtures.application("apps", name, revision=revision)
    content["kind"] = kind
    return json.dumps(content)


def brief(message):
    """What a message is about, in one word each."""
    if message["type"] == "ERROR":
        return ("ERROR", message["about"].get("file"), message["about"].get("line"))
    if message["type"] == "BOOKMARK":
        return ("BOOKMARK",)
    origin = message.get("origin", {})
    return (message["type"], origin.get("file"), origin.get("document"), origin.get("item"),
            message["object"]["metadata"].get("name"))


def once(t, *options, cwd=None):
    result = procs.run("watch", "--once", *options, cwd=cwd or t.tmp)
    return result, messages.parse(result.stdout)


def test_once(t):
    t.write("apps/b.yaml", manifest("b1") + "\n---\n" + manifest("b2") + "\n")
    t.write("apps/a/x.json", '{"apiVersion": "v1",\t"kind": "List", "items": [%s]}' % manifest("x"))
    t.write("apps/c.yaml", manifest("c", kind="AppProject"))
    t.write("apps/bad.yaml", "a: b\n  c: d\n")
    t.write("apps/values.yaml", "a: {{ b }}\n")
    result, found = once(t, "--files", "apps")
    t.status(result, 1, "something did not parse")
    t.is_([brief(m) for m in found],
          [("ADDED", "apps/a/x.json", 0, 0, "x"), ("ADDED", "apps/b.yaml", 0, None, "b1"),
           ("ADDED", "apps/b.yaml", 1, None, "b2"), ("ERROR", "apps/bad.yaml", 2),
           ("ADDED", "apps/c.yaml", 0, None, "c"), ("ERROR", "apps/values.yaml", 1),
           ("BOOKMARK",)], "all others come, in order, then the end of the first list")
    t.is_(found[-1]["object"]["metadata"]["annotations"], INITIAL_END, "which is marked as that")
    t.is_([messages.complaint(m) for m in found if messages.complaint(m)], [],
          "every message is as the schema says")
    t.has(result.stderr, "apps/bad.yaml: line 2, column 4: ", "stderr tells the place")
    result, found = once(t, "applications", "--files", "apps", "--exclude", "bad.yaml",
                         "--exclude", "val*")
    t.status(result, 0, "what is excluded is no failure")
    t.is_([brief(m)[-1] for m in found[:-1]], ["x", "b1", "b2"], "only the kind that was asked for")
    result, _ = once(t, "--files", "nowhere")
    t.status(result, 100, "a path that is not there")
    t.has(result.stderr, "nowhere: No such file or directory", "is named")
    t.is_(once(t, "--files", ".", cwd=t.path("apps/a"))[1][0]["origin"]["file"], "./x.json",
          "the origin is relative to where watch was started")
    t.is_(once(t, "--files", t.path("apps/a"), cwd="/")[1][0]["origin"]["file"],
          t.path("apps/a/x.json"), "or absolute, as it was given")
    shutil.rmtree(t.path("apps"))


def test_follow(t):
    t.write("apps/a.yaml", manifest("a"))
    watch = t.using(procs.Process(["watch", "--files", "apps"], t.tmp, cwd=t.tmp))
    seen = []

    def written():
        return messages.parse(watch.stdout().rpartition("\n")[0])

    def next_is(wanted, name):
        seen.append(wanted)
        tap.eventually(lambda: len(written()) >= len(seen))
        t.is_([brief(m) for m in written()][len(seen) - 1:len(seen)], [wanted], name)

    next_is(("ADDED", "apps/a.yaml", 0, None, "a"), "what is there")
    next_is(("BOOKMARK",), "the end of the first list")
    t.write("apps/b.yaml", manifest("b"))
    next_is(("ADDED", "apps/b.yaml", 0, None, "b"), "a new file")
    t.write("apps/b.yaml.new", manifest("b", "1.0.1"))
    os.rename(t.path("apps/b.yaml.new"), t.path("apps/b.yaml"))
    next_is(("MODIFIED", "apps/b.yaml", 0, None, "b"), "a new version of it")
    t.write("apps/b.yaml", "{")
    next_is(("ERROR", "apps/b.yaml", 1), "a broken one")
    os.unlink(t.path("apps/b.yaml"))
    next_is(("DELETED", "apps/b.yaml", 0, None, "b"), "gone")
    t.write("apps/c/c.yaml", manifest("c"))
    next_is(("ADDED", "apps/c/c.yaml", 0, None, "c"), "a new folder")
    t.is_([brief(m) for m in written()], seen, "and nothing else")
    t.is_([messages.complaint(m) for m in written() if messages.complaint(m)], [],
          "every message is as the schema says")
    watch.stop()
    t.is_(watch.status(), 1, "SIGTERM ends it; an ERROR was among the messages")
    shutil.rmtree(t.path("apps"))


def test_back_pressure(t):
    """Much more than a pipe holds; a reader that comes late."""
    for number in range(3000):
        t.write("many/%04d.yaml" % number, manifest("app%d" % number))
    result = procs.pipeline([["watch", "--files", "many", "--once"],
                             ["sh", "-c", "read -r line; echo \"$line\"; exec cat"]],
                            cwd=t.tmp)
    found = messages.parse(result.stdout)
    t.is_(result.statuses, [0, 0], "3,000 files")
    t.is_([m["origin"]["file"] for m in found[:-1]],
          ["many/%04d.yaml" % number for number in range(3000)], "all come, in order")
    shutil.rmtree(t.path("many"))


with tap.Test() as t:
    test_once(t)
    test_follow(t)
    test_back_pressure(t)

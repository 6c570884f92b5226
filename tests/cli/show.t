#!/usr/bin/python3 -B
"""show: messages as lines that a person reads at a glance."""

import os
import pty
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap

WHO = {"application": {"namespace": "d8-delivery", "name": "myapp", "uid": "u"}}
CHART = {"repository": "registry.example/charts/myapp", "repoURL": "registry.example/charts",
         "chart": "myapp", "constraint": "~ 1.0"}
PATCHED = dict({"type": "RESULT", "from": "1.0.0", "to": "1.0.3", "status": "patched"}, **WHO,
               **CHART)
HOLD = dict({"type": "HOLD", "current": "1.0.3", "reason": "already the newest match"}, **WHO,
            **CHART)
LINE = "d8-delivery/myapp         1.0.0 → 1.0.3     ~ 1.0    patched\n"
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "n", "name": "s"},
          "data": {"password": "Y2FuYXJ5"}, "stringData": {"password": "canary"}}


def show(*sent, words=(), **options):
    data = b"".join(each if isinstance(each, bytes) else messages.line(each) for each in sent)
    return procs.run("show", *words, stdin=data, **options)


def run_lines(t):
    done = show(PATCHED)
    t.is_((done.status, done.stdout, done.stderr), (0, LINE, ""), "the line of the README")
    explained = dict(HOLD, considered=[
        {"tag": "1.0.3", "taken": True, "reason": "the newest match"},
        {"tag": "2.0.0", "taken": False, "reason": "not within ~ 1.0"}])
    t.is_(show(explained).stdout,
          "d8-delivery/myapp         1.0.3             ~ 1.0    held: already the newest match\n"
          "    + 1.0.3     the newest match\n"
          "    - 2.0.0     not within ~ 1.0\n", "the verdicts of --explain stand below")
    everything = [message for kind, message in messages.samples().items() if kind != "BOOKMARK"]
    done = show(*everything)
    t.is_(len([line for line in done.lines if not line.startswith("    ")]), len(everything),
          "each type is a line")
    t.lacks(done.stdout, '{"', "and none of them is JSON")
    t.is_(show(fixtures.listed().encode()).stdout, "", "a bookmark is nothing to see")
    two = [fixtures.source(chart=name, revision=version) for name, version in
           (("a", "1.0.0"), ("b", "2.0.0"))]
    done = show(messages.added(fixtures.application("ns", "app", sources=two)))
    t.is_([line.split() for line in done.lines],
          [["ns/app[0]", "1.0.0", "~", "1.0", "added:", "registry.example/charts/a"],
           ["ns/app[1]", "2.0.0", "~", "1.0", "added:", "registry.example/charts/b"]],
          "an Application: a line for each chart that it follows")
    done = show({"type": "APPROVED", "trace": "t", "by": "me"})
    t.is_(done.stdout, 'APPROVED                  {"by":"me"}\n', "a type of somebody else")


def run_status(t):
    t.status(show(PATCHED, HOLD), 0, "nothing failed")
    t.status(show(HOLD, {"type": "ERROR", "filter": "x", "reason": "y"}), 1, "an ERROR")
    for status in ("failed", "conflict"):
        done = show(dict(PATCHED, status=status, reason="why"), HOLD)
        t.status(done, 1, "a RESULT that is %s" % status)
        t.has(done.stdout, "%s: why\n" % status, "  is shown")
    done = show(HOLD, b"no json\n", PATCHED)
    t.status(done, 1, "a line that is no message")
    t.is_(len(done.lines), 2, "  does not stop the others")
    t.has(done.stderr, "weir show: error: a message was skipped", "  and is told on stderr")
    t.status(procs.run("show", "--frob"), 100, "an unknown option")


def run_harmless(t):
    for kind in ("ADDED", "APPLY"):
        done = show({"type": kind, "object": SECRET})
        t.has(done.stdout, "n/s  ", "%s of a Secret is shown" % kind)
        t.unlike(done.stdout + done.stderr, "canary|Y2FuYXJ5", "  without its data")
    evil = "a\x1b]0;x\x07\u009b31m\u202eb\nc"
    for message in (dict(HOLD, reason=evil), dict(HOLD, constraint=evil),
                    {"type": evil, "x": evil}, {"type": "ERROR", "filter": evil, "reason": evil,
                                                "about": {"repository": evil}}):
        done = show(message)
        t.unlike(done.stdout, "[\x00-\x09\x0b-\x1f\x7f\u009b\u202e]", "no control character")
        t.is_(done.stdout.count("\n"), 1, "  and one line")


def run_diff(t):
    """What differs in an object stands below its line."""
    made = {"type": "RESULT", "status": "applied", "object": {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "n", "name": "m"}},
            "diff": [{"path": ".data.a", "from": "1", "to": "2"}, {"path": ".data.b", "to": "3"},
                     {"path": ".data.conf", "from": "x: 1\ny: 2\n", "to": "x: 1\ny: 3\n"}]}
    done = show(made)
    t.is_(done.stdout, "n/m                       ConfigMap                  applied\n"
          "    ~ .data.a  1 → 2\n    + .data.b  3\n    ~ .data.conf\n"
          "        - y: 2\n        + y: 3\n", "a diff")
    secret = dict(made, object=dict(made["object"], kind="Secret"))
    done = show(secret)
    t.is_(done.lines[1:], ["    ~ .data.a  (secret)", "    + .data.b  (secret)",
                           "    ~ .data.conf  (secret)"], "but of a Secret only the names")
    t.has(show(made, words=["--color", "always"]).stdout, "        \x1b[31m- y: 2\x1b[0m\n",
          "in colours")


def run_news(t):
    again = dict(HOLD, trace="another")
    other = dict(HOLD, application={"namespace": "n", "name": "other"})
    done = show(HOLD, again, other, again, PATCHED, HOLD)
    t.is_([line.split()[0] + line.split()[-1] for line in done.lines],
          ["d8-delivery/myappmatch", "n/othermatch", "d8-delivery/myapppatched",
           "d8-delivery/myappmatch"], "what was said last about the same is not said again")
    error = {"type": "ERROR", "filter": "x", "reason": "y"}
    t.is_(len(show(error, error).lines), 2, "but each ERROR is")


def on_terminal(command, data, env):
    """What a command writes to a terminal."""
    master, slave = pty.openpty()
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=slave,
                             env=dict(os.environ, **env))
    os.close(slave)
    child.stdin.write(data)
    child.stdin.close()
    got = b""
    try:
        while piece := os.read(master, 4096):
            got += piece
    except OSError:
        pass
    child.wait()
    os.close(master)
    return got.decode()


def run_colours(t):
    data = messages.line(PATCHED)
    green = LINE.replace("patched", "\x1b[32mpatched\x1b[0m")
    t.is_(on_terminal(["show"], data, {"TERM": "xterm"}).replace("\r", ""), green,
          "colours on a terminal")
    for name, words, env in (("NO_COLOR", [], {"TERM": "xterm", "NO_COLOR": "1"}),
                             ("a dumb terminal", [], {"TERM": "dumb"}),
                             ("--color never", ["--color", "never"], {"TERM": "xterm"})):
        t.is_(on_terminal(["show"] + words, data, env).replace("\r", ""), LINE,
              "none with %s" % name)
    t.is_(show(PATCHED, words=["--color", "always"]).stdout, green, "--color always")
    t.is_(show(PATCHED, env={"TERM": "xterm"}).stdout, LINE, "none in a pipe")


with tap.Test() as t:
    run_lines(t)
    run_status(t)
    run_harmless(t)
    run_diff(t)
    run_news(t)
    run_colours(t)

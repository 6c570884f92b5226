#!/usr/bin/python3 -B
"""weir check: what is right is shown as it is wired, what is wrong is named with file and line."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import ROOT, procs, tap

GOOD = """\
# what is shipped looks like this
stages:
- name: watch
  command: watch applications -A --omit .status
- name: pushes
  command: [tail, -F, /var/lib/push es]
  from: []
- name: tag-scan
  command: weir tag-scan --interval 2m
  from: [watch, pushes]
- name: approve
  command: jq -c 'select(.type != "HOLD")'
  env: {A: b}
  directory: /
  drain: 1s
- name: show
  command: show
- name: log
  command: show
  from: tag-scan
"""

WIRED = """\
watch    -> tag-scan         watch applications -A --omit .status
pushes   -> tag-scan         tail -F '/var/lib/push es'  (behind a bridge)
tag-scan -> approve, log     tag-scan --interval 2m
approve  -> show             jq -c 'select(.type != "HOLD")'  (behind a bridge)
show     -> standard output  show
log      -> standard output  show
"""

# (name, text, what stderr has to say behind "FILE")
BAD = (
    ("no YAML", "stages: [\n", ": line "),
    ("a tab", "stages:\n\t- name: a\n", ": line 2"),
    ("nothing", "", ": "),
    ("no map", "- a\n", ": a pipeline is a map"),
    ("no stages", "stages: []\n", ":1: stages must be a list"),
    ("another key", "stages:\n- {name: a, command: show}\nstage: x\n",
     ":3: there is no setting stage; known is: stages"),
    ("a key of a stage", "stages:\n- name: a\n  command: show\n  arguments: []\n",
     ":4: stage a: there is no setting arguments; known are: name, command, from, env, directory,"
     " drain"),
    ("a key twice", "stages:\n- name: a\n  name: b\n  command: show\n", ": line 3"),
    ("two of a name", "stages:\n- {name: a, command: show}\n\n- {name: a, command: show}\n",
     ":4: stage a: another stage has this name"),
    ("from whom", "stages:\n- name: a\n  command: show\n  from: b\n",
     ":4: stage a: from names b, which is no stage"),
    ("a circle", "stages:\n- {name: a, command: show, from: b}\n- {name: b, command: show}\n",
     ":2: stage a: it reads, by way of others, from itself"),
    ("no command", "stages:\n- name: a\n", ":2: stage a: it needs a command"),
    ("an empty one", "stages:\n- name: a\n  command: ' '\n", ":3: stage a: command is empty"),
    ("not there", "stages:\n- name: a\n  command: no-such-thing -x\n",
     ":2: stage a: there is no program no-such-thing: it is neither weir's nor on PATH"),
    ("a shell's words", "stages:\n- name: a\n  command: show | cat\n",
     ":3: stage a: | means something to a shell"),
    ("a folder", "stages:\n- name: a\n  command: show\n  directory: /no/such\n",
     ":2: stage a: unable to find its directory /no/such: No such file or directory"),
    ("a duration", "stages:\n- name: a\n  command: show\n  drain: soon\n",
     ":4: stage a: drain must be a duration"),
)


def run_usage(t):
    for words in (["a", "b"], ["--frob", "a"]):
        done = procs.run("weir", "check", *words)
        t.status(done, 100, "weir check %s" % " ".join(words))
        t.is_(done.stdout, "", "  nothing on stdout")
    t.has(procs.run("weir", "check", "--frob", "a").stderr, "--frob", "the option is named")
    done = procs.run("weir", "check")
    t.status(done, 0, "weir check without a file: the one that weir run takes then")
    t.like(done.stdout, r"(?m)^verify +-> patch-application ", "  is shown")
    done = procs.run("weir", "check", t.path("nothing.yaml"))
    t.status(done, 111, "a file that is not there")
    t.has(done.stderr, "unable to open %s: No such file or directory" % t.path("nothing.yaml"),
          "  is named")


with tap.Test() as t:
    good = t.write("good.yaml", GOOD)
    done = procs.run("weir", "check", good)
    t.status(done, 0, "a good pipeline")
    t.is_(done.stdout, WIRED, "is shown as it is wired")
    t.is_(done.stderr, "", "and nothing else is said")
    t.is_(os.listdir(os.environ["XDG_RUNTIME_DIR"]), [], "nothing is made")
    t.status(procs.shell("weir check %s >/dev/full" % good), 111, "a full disk is told")
    for name, text, want in BAD:
        path = t.write("bad.yaml", text)
        done = procs.run("weir", "check", path)
        t.status(done, 100, "wrong: %s" % name)
        t.has(done.stderr, path + want, "  file, line, and what")
        t.is_(done.stdout, "", "  nothing on stdout")
        t.is_(len(done.stderr.splitlines()), 1, "  in one line")
    for name in sorted(os.listdir(os.path.join(ROOT, "pipelines"))):
        if name.endswith(".yaml"):
            done = procs.run("weir", "check", os.path.join(ROOT, "pipelines", name), cwd=ROOT)
            t.status(done, 0, "pipelines/%s is a good one" % name)
    run_usage(t)

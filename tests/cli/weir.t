#!/usr/bin/python3 -B
"""weir finds its programs, in a tree and installed, and says clearly what it does not find."""

import glob
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import BIN, ROOT, procs, tap

FAKE = "#!/bin/sh\necho \"$0 $*\"; exit 7\n"


def programs():
    """The programs that the GNUmakefile lists, without weir itself."""
    with open(os.path.join(ROOT, "GNUmakefile"), encoding="utf-8") as file:
        text = file.read()
    lists = re.findall(r"^(?:FILTERS|TOOLS) *= *(.*)$", text, re.MULTILINE)
    return [name for name in " ".join(lists).split() if name != "weir"]


def run_help(t):
    for words in (["help"], ["--help"], ["-h"]):
        done = procs.run("weir", *words)
        t.status(done, 0, "weir %s" % words[0])
        t.is_(done.stderr, "", "  says nothing else")
    missing = [name for name in programs() + ["check"]
               if not re.search(r"^  %s  +\w" % name, done.stdout, re.MULTILINE)]
    t.is_(missing, [], "help has a line for each program")
    t.ok(all(len(line) <= 80 for line in done.lines), "in 80 columns")
    bare = procs.run("weir")
    t.status(bare, 100, "no program named: exit status 100")
    t.is_((bare.stdout, bare.stderr), ("", done.stdout), "and the same help on stderr")
    t.like(procs.run("weir", "help", "show").stdout, r"^usage: weir show ", "help NAME")
    t.like(procs.run("weir", "check", "--help").stdout, r"^usage: weir check ", "check --help")
    t.like(procs.run("weir", "--version").stdout, r"^weir \d+\.\d+\.\d+\n\Z", "--version")
    full = procs.shell("weir help >/dev/full")
    t.status(full, 111, "help that cannot be written is no success")


def run_unknown(t):
    for name, nearest in (("wacth", "watch"), ("tagscan", "tag-scan"), ("shw", "show"),
                          ("constraint", None), ("frobnicate", None)):
        done = procs.run("weir", name)
        t.status(done, 100, "unknown: %s" % name)
        t.has(done.stderr, "no such program: %s%s\n" % (
            name, "; did you mean %s?" % nearest if nearest else ""), "  and what comes near")
        t.is_(done.stdout, "", "  nothing on stdout")
    for name in ("../bin/show", "a\x1b[31mb", "-x", "A", ""):
        done = procs.run("weir", name)
        t.status(done, 100, "no name at all: %r" % name)
        t.lacks(done.stderr, "\x1b", "  and it is not repeated")


def executable(t, name):
    os.chmod(t.write(name, FAKE), 0o755)
    return t.path(name)


def run_libexec(t):
    tool = executable(t, "own/frob")
    done = procs.run("weir", "frob", "a b", "--c", env={"WEIR_LIBEXEC": t.path("own")})
    t.is_((done.status, done.stdout), (7, "%s a b --c\n" % tool),
          "WEIR_LIBEXEC: arguments and exit status are the program's")
    done = procs.run("weir", "show", env={"WEIR_LIBEXEC": t.path("own")})
    t.status(done, 100, "what is not in there is not installed")
    t.has(done.stderr, "the program show is not installed", "  and weir says so")


def run_installed(t):
    """PREFIX/bin/weir beside other people's programs of the same names."""
    os.makedirs(t.path("usr/bin"))
    shutil.copy(os.path.realpath(os.path.join(BIN, "weir")), t.path("usr/bin/weir"))
    executable(t, "usr/bin/watch")
    ours = executable(t, "usr/libexec/weir/watch")
    executable(t, "usr/libexec/weir/constraint-match")
    done = procs.run(t.path("usr/bin/weir"), "watch", "x")
    t.is_(done.status, 7, "installed: a program is found")
    t.is_(os.path.realpath(done.stdout.split()[0]), ours, "and it is weir's own")
    done = procs.run("make", "-s", "-C", ROOT, "install", "DESTDIR=" + t.path("dest"),
                     "PREFIX=/opt/weir", timeout_s=600)
    if not t.status(done, 0, "make install"):
        return
    weir = t.path("dest/opt/weir/bin/weir")
    t.is_(os.listdir(t.path("dest/opt/weir/bin")), ["weir"], "weir alone is on PATH")
    for name in programs():
        t.status(procs.run(weir, name, "--help"), 0, "weir %s runs where it was installed" % name)


PIPELINE = "stages: [{name: %s, command: show, from: []}]\n"


def run_pipelines(t):
    """Without a file `weir run` and `weir check` take weir's own: of the tree, or as installed."""
    for name, folder, pipelines in (("tree", "tree/build/plain/bin", "tree/pipelines"),
                                    ("installed", "own/libexec/weir", "own/share/weir/pipelines")):
        os.makedirs(t.path(folder))
        for program in ("run", "show", "constraint-match"):
            shutil.copy(os.path.realpath(os.path.join(BIN, program)), t.path(folder, program))
        run = t.path(folder, "run")
        done = procs.run(run, "--check", cwd=t.tmp)
        t.status(done, 100, name + ": it is not there")
        t.has(done.stderr, "delivery.yaml is not installed: name a pipeline file", "which is said")
        t.write(pipelines + "/delivery.yaml", PIPELINE % name)
        done = procs.run(run, "--check", cwd=t.tmp)
        t.status(done, 0, name + ": it is there")
        t.has(done.stdout, name + " -> standard output", "and is the one that is meant")
        done = procs.run(run, "--check", t.write("mine.yaml", PIPELINE % "mine"))
        t.has(done.stdout, "mine -> standard output", "a file that is named goes before it")
    done = procs.run("weir", "check", cwd=t.tmp)
    t.status(done, 0, "weir check: delivery.yaml is good")
    t.like(done.stdout, r"(?m)^verify +-> patch-application ", "and what is checked")
    for path in sorted(glob.glob(os.path.join(ROOT, "pipelines/*.yaml"))):
        t.status(procs.run("weir", "check", path), 0, "weir check " + os.path.basename(path))
    done = procs.run("weir", "check", t.path("mine.yaml"), t.path("mine.yaml"))
    t.status(done, 100, "two files are one too many")


with tap.Test() as t:
    run_help(t)
    run_unknown(t)
    run_libexec(t)
    run_pipelines(t)
    run_installed(t)

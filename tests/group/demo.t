#!/usr/bin/python3 -B
"""`make demo` as anybody runs it first: it shows what it should, and leaves nothing."""

import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import ROOT, procs, tap

DEMO = os.path.join(ROOT, "tests/demo/run")

with tap.Test() as t:
    folder = t.path("files")
    os.mkdir(folder)
    done = procs.run(DEMO, env={"TMPDIR": folder}, timeout_s=300)
    t.status(done, 0, "the demo exits 0")
    for name, old, new in (("myapp", "1.0.0", "1.0.3"), ("portal", "1.0.0", "1.0.3"),
                           ("shop", "1.0.0", "1.0.3"), ("shop", "1.0.3", "1.1.0")):
        # Of two messages about one Application the bus may carry only the newer one.
        t.like(done.stdout, r"d8-delivery/%s\S* .*\b(%s . %s\b.*patched|%s\b.*(held|unchanged))" % (
            name, old, new, new), "%s from %s to %s: the message" % (name, old, new))
        t.like(done.stdout, r"- .*targetRevision: ['\"]?%s.*\n\s*\+ .*targetRevision: ['\"]?%s" % (
            old, new), "and the changed line")
    t.like(done.stdout, r" patched ", "a version was written")
    t.like(done.stdout, r"d8-delivery/legacy .*~ 0\.0.*dialect", "the hold, and its reason")
    t.lacks(done.stdout, "\033", "no colours where there is no terminal")
    t.is_(os.listdir(folder), [], "no file is left")

    stopped = procs.Process([DEMO], t.tmp, "stopped", env={"TMPDIR": folder}).start()
    t.ok(stopped.wait_for("is published", 60), "a demo is in the middle of it")
    t.is_(stopped.stop(signal.SIGINT), 130, "and is interrupted")
    t.is_(os.listdir(folder), [], "no file is left then either")

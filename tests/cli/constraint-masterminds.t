#!/usr/bin/python3 -B
"""Constraints beside the real libraries, which Go has to be there for.

The tables in tests/cases are what tests/go/masterminds writes; and weir answers as many random cases
more as the libraries do. WEIR_TEST_SEED repeats a run, WEIR_TEST_LONG=1 makes it a long one.
"""

import os
import pwd
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import BIN, ROOT, procs, tap

SOURCE = os.path.join(ROOT, "tests/go/masterminds")
COUNT = 400000 if os.environ.get("WEIR_TEST_LONG") else 20000


def build(t):
    """The program with the libraries in it."""
    if not shutil.which("go"):
        t.skip_all("no Go here")
    program = t.path("masterminds")
    # Go's caches are where the user has them.
    done = procs.run("go", "build", "-trimpath", "-buildvcs=false", "-o", program, ".", cwd=SOURCE,
                     env={"HOME": pwd.getpwuid(os.getuid()).pw_dir, "GOFLAGS": "-mod=readonly",
                          "GOWORK": "off", "CGO_ENABLED": "0"}, timeout_s=600)
    if done.status != 0:
        t.diag(done.stderr)
        t.skip_all("the libraries cannot be had (see above)")
    return program


def answers(t, dialect, path):
    """weir's own answers to the cases in a file: those that differ."""
    unit = os.path.join(os.path.dirname(os.path.realpath(os.path.join(BIN, "constraint-match"))),
                        "../tests/unit/constraint")
    done = procs.run(unit, dialect, path, timeout_s=600)
    t.is_((done.status, [line for line in done.lines if line.startswith(("not ok", "#"))]), (0, []),
          "%s: weir answers as the library does" % dialect)


with tap.Test() as test:
    masterminds = build(test)
    seed = int(os.environ.get("WEIR_TEST_SEED") or random.SystemRandom().randrange(2 ** 31))
    test.diag("WEIR_TEST_SEED=%d" % seed)
    for name in ("v3", "v1"):
        table = procs.run(masterminds, "cases", name)
        with open(os.path.join(ROOT, "tests/cases/constraint-%s.cases" % name), "rb") as file:
            test.ok(file.read() == table.stdout_bytes and table.status == 0,
                    "%s: the table is what the library says" % name)
        cases = procs.run(masterminds, "fuzz", name, str(seed), str(COUNT), timeout_s=600)
        test.is_(len(cases.stdout_bytes.splitlines()), COUNT + 2, "%s: random cases" % name)
        answers(test, name, test.write("cases", cases.stdout_bytes))

#!/usr/bin/python3 -B
"""kill -9 on a random stage or on the supervisor of a group that has a filter, foreign commands
behind bridges, and no cluster: after each, what the last stage knows is what is in the files again,
deletions included, and no process is left over.

WEIR_TEST_LONG=N asks for N rounds; WEIR_TEST_SEED repeats a run. The distribution of the time to
converge is printed, not asserted."""

import json
import os
import random
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import yaml
from weirtest import fixtures, procs, tap

ROUNDS, FILES, CONVERGE_S = 40, 20, 30
SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(10 ** 6))
LONG = int(os.environ.get("WEIR_TEST_LONG") or 0)
STAGES = ("watch", "pass", "sink")

# Keeps what it is told, and writes it down after each line: a command as a user may write one.
SINK = r'''
import json, os, sys
known, path = {}, sys.argv[1]
def save():
    with open(path + ".new", "w") as file:
        json.dump(known, file)
    os.rename(path + ".new", path)
save()
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] in ("ADDED", "MODIFIED"):
        known[message["object"]["metadata"]["name"]] = message["object"]["spec"]["source"]["targetRevision"]
    elif message["type"] == "DELETED":
        known.pop(message["object"]["metadata"]["name"], None)
    save()
'''


class World:
    """The files, what they should come to, and what the sink knows."""

    def __init__(self, t, rng):
        self.t, self.rng, self.wanted = t, rng, {}
        os.mkdir(t.path("apps"))
        for number in range(FILES):
            self.put(number)

    def put(self, number):
        name = "app%d" % number
        version = "1.0.%d" % self.rng.randrange(10 ** 6)
        path = self.t.write("new.yaml", fixtures.manifest(fixtures.application(
            "apps", name, revision=version)))
        os.rename(path, self.t.path("apps", name + ".yaml"))
        self.wanted[name] = version

    def change(self):
        for _ in range(self.rng.randrange(4)):
            number = self.rng.randrange(FILES)
            name = "app%d" % number
            if name in self.wanted and self.rng.random() < 0.4:
                os.unlink(self.t.path("apps", name + ".yaml"))
                del self.wanted[name]
            else:
                self.put(number)

    def known(self):
        try:
            return json.loads(self.t.read("known.json"))
        except (OSError, ValueError):
            return None


class Group:
    """The pipeline, and who runs in it."""

    def __init__(self, t):
        sink = t.write("sink.py", SINK)
        stages = [{"name": "watch", "command": ["watch", "--files", "apps"]},
                  {"name": "pass", "command": "jq -c --unbuffered 'select(.type != \"BOOKMARK\")'"},
                  {"name": "sink", "command": [sys.executable, "-B", sink, t.path("known.json")]}]
        file = t.write("pipeline.yaml", yaml.safe_dump({"stages": stages}))
        self.t = t
        self.process = procs.Process(["weir", "run", file], t.tmp, "run", cwd=t.tmp)
        t.defer(self.process.stop, signal.SIGKILL)

    def stage(self, name):
        """The process of a stage that was started last."""
        return int(re.findall(r"stage %s: started \(process (\d+)\)" % name,
                              self.process.stderr())[-1])

    def kill(self, rng):
        """Kill someone; who it was."""
        who = rng.choice(STAGES + ("supervisor",))
        if who != "supervisor":
            try:
                os.kill(self.stage(who), signal.SIGKILL)
            except ProcessLookupError:
                pass  # it has just died and was not started yet
            return who
        self.process.stop(signal.SIGKILL)
        procs.reap_orphans()
        self.process.start()
        return who


def converge(world):
    begin = time.monotonic()
    tap.eventually(lambda: world.known() == world.wanted, CONVERGE_S, 0.005)
    return time.monotonic() - begin if world.known() == world.wanted else None


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


with tap.Test() as t:
    rng = random.Random(SEED)
    t.diag("WEIR_TEST_SEED=%d" % SEED)
    world, group = World(t, rng), Group(t)
    group.process.start()
    t.ok(converge(world) is not None, "the sink knows what is in the files")
    times = {}
    for number in range(LONG or ROUNDS):
        if rng.random() < 0.5:
            world.change()
        who = group.kill(rng)
        if rng.random() < 0.5:
            world.change()
        took = converge(world)
        if took is None:
            t.ok(False, "round %d: %s killed, and it converges" % (number, who))
            t.diag("wanted %s\ngot %s" % (sorted(world.wanted.items()),
                                          sorted((world.known() or {}).items())))
            t.diag("\n".join(group.process.stderr().splitlines()[-40:]))
            break
        times.setdefault(who, []).append(took)
    else:
        t.ok(True, "%d rounds: it converges after each" % (LONG or ROUNDS))
    for who, took in sorted(times.items()):
        t.diag("%-10s killed %4d times; converged after (s): median %.3f, 99 of 100 %.3f, last "
               "%.3f (hoped for: 2)" % (who, len(took), percentile(took, 0.5),
                                        percentile(took, 0.99), max(took)))
    # Those of earlier supervisors are gone with them: what is left is one group.
    t.eventually(lambda: procs.reap_orphans() or len(
        [line for _, line in procs.leftovers(t._mark) if "watch --out" in line]) == 1,
        "one watch runs, not several")
    t.is_(group.process.stop(), 0, "it stops in order")
    t.is_(procs.leftovers(t._mark), [], "no process is left")
    t.is_(os.listdir(os.environ["XDG_RUNTIME_DIR"]), [], "no runtime folder is left")

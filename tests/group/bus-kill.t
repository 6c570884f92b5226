#!/usr/bin/python3 -B
"""The bus under kill -9: a chain of three stages that know keys and values only (kv-stage).
While the source's keys change and vanish, stages are killed at random, one or several, at times
stopped and continued, and started again at once. After each round the sink must have what the
source has: nothing lost, nothing stuck, deletions while a stage was down included. In turn the
writers bind, the readers bind, and each does.

WEIR_TEST_LONG=N asks for N rounds; WEIR_TEST_SEED repeats a run. Times are printed, not asserted.
"""

import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import ROOT, procs, tap  # noqa: E402  pylint: disable=wrong-import-position

STAGE = os.path.join(os.environ.get("BUILD") or os.path.join(ROOT, "build/plain"),
                     "tests/helpers/kv-stage")
KEYS = 400
CONVERGE_S = 20  # far beyond the 0.3 s that it takes: beyond it something is stuck
TOPOLOGIES = {"writers bind": ("@", "", "@", ""), "readers bind": ("", "@", "", "@"),
              "both": ("@", "", "", "@")}


class Chain:
    """source -> pass -> sink, and what the source's file says."""

    def __init__(self, folder, marks, rng):
        os.mkdir(folder, 0o700)
        self.folder, self.rng, self.truth = folder, rng, {}
        one, two = ("ipc://%s/%s" % (folder, name) for name in ("one", "two"))
        arguments = [["source", self.path("truth"), "--out", marks[0] + one],
                     ["pass", "--in", marks[1] + one, "--out", marks[2] + two],
                     ["sink", self.path("known"), "--in", marks[3] + two]]
        self.stages = [procs.Process([STAGE] + words, folder, words[0]) for words in arguments]

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_truth(self):
        with open(self.path("truth.new"), "w", encoding="ascii") as file:
            file.writelines("%s %s\n" % pair for pair in self.truth.items())
        os.rename(self.path("truth.new"), self.path("truth"))

    def change(self, number):
        """Some keys get new values, some vanish; "round" tells one round from another."""
        for _ in range(self.rng.choice((1, 5, 40, 200))):
            name = "k%d" % self.rng.randrange(KEYS)
            if self.rng.random() < 0.3:
                self.truth.pop(name, None)
            else:
                self.truth[name] = "%d.%d" % (number, self.rng.randrange(1000))
        self.truth["round"] = str(number)
        self.write_truth()

    def start(self, first):
        for stage in (self.stages if first else self.stages[::-1]):
            if stage.popen is None or stage.status() is not None:
                stage.start()

    def known(self):
        """What the living sink says; None when it has not yet said anything."""
        try:
            with open(self.path("known"), encoding="ascii") as file:
                lines = dict(line.split() for line in file)
        except OSError:
            return None
        alive = lines.pop("pid") == str(self.stages[2].pid)
        return lines if alive and lines.pop("synced") == "1" else None

    def converged(self):
        return self.known() == self.truth

    def difference(self):
        known = self.known() or {}
        return "missing or old: %s; stuck: %s" % (
            sorted(k for k, v in self.truth.items() if known.get(k) != v)[:10],
            sorted(k for k in known if k not in self.truth)[:10])

    def strike(self):
        """Kill stages, or let them stand still for a moment. Gives what was done."""
        victims = self.rng.sample(self.stages, self.rng.choice((1, 1, 1, 2, 3)))
        if self.rng.random() < 0.1:
            for stage in victims:
                stage.kill(signal.SIGSTOP)
            time.sleep(self.rng.choice((0.001, 0.05, 0.2)))
            for stage in victims:
                stage.kill(signal.SIGCONT)
            return "stop"
        for stage in victims:
            stage.kill(signal.SIGKILL)
        for stage in victims:
            stage.wait()
        return "kill"

    def stop(self):
        for stage in self.stages:
            stage.stop()


def one_round(chain, number, rng):
    """Change and strike within moments, in either order; gives (what, seconds or None)."""
    if rng.random() < 0.5:
        chain.change(number)
        time.sleep(rng.choice((0, 0.001, 0.003, 0.006, 0.01, 0.03)))
        what = chain.strike()
        begun = time.monotonic()
        chain.start(rng.random() < 0.5)
    else:
        what = chain.strike()
        chain.change(number)
        begun = time.monotonic()
        chain.start(rng.random() < 0.5)
    if tap.eventually(chain.converged, CONVERGE_S, 0.002):
        return what, time.monotonic() - begun
    return what, None


def stand_still(t, chain, number):
    """A stage that is not heard of for so long is forgotten: it gets everything again."""
    chain.stages[1].kill(signal.SIGSTOP)
    chain.change(number)
    time.sleep(3.5)
    chain.change(number)
    chain.stages[1].kill(signal.SIGCONT)
    t.ok(tap.eventually(chain.converged, CONVERGE_S), "a stage may stand still for seconds")


def quantiles(times):
    ordered = sorted(times)
    at = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]  # noqa: E731
    return "p50 %.3f s, p90 %.3f s, p99 %.3f s, max %.3f s" % (at(.5), at(.9), at(.99), ordered[-1])


def run_chain(t, name, rounds, rng):
    chain = Chain(os.path.join(t.tmp, name.replace(" ", "-")), TOPOLOGIES[name], rng)
    t.defer(chain.stop)
    chain.change(0)
    chain.start(True)
    t.ok(tap.eventually(chain.converged, CONVERGE_S), "%s: the chain works before any kill" % name)
    times, stuck = [], None
    for number in range(1, rounds + 1):
        what, seconds = one_round(chain, number, rng)
        if seconds is None:
            stuck = "round %d, after %s: %s" % (number, what, chain.difference())
            break
        times.append(seconds)
    t.is_(stuck, None, "%s: the sink has what the source has after each of %d rounds" % (
        name, rounds))
    if times:
        t.diag("%s: time to converge: %s" % (name, quantiles(times)))
    if name == "both":
        stand_still(t, chain, rounds + 1)
    chain.change(rounds + 2)  # what it takes to arrive says that each stage is up
    t.ok(tap.eventually(chain.converged, CONVERGE_S), "%s: the chain still works" % name)
    for stage in chain.stages:
        t.is_(stage.stop(), 0, "%s: %s ends in order" % (name, os.path.basename(
            stage.command[1])))
        noise = [line for line in stage.stderr().splitlines() if "no reader" not in line]
        t.is_(noise, [], "and has nothing to say")


with tap.Test() as test:
    ROUNDS = int(os.environ.get("WEIR_TEST_LONG") or 240)
    SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
    test.diag("seed %d, %d rounds (WEIR_TEST_SEED, WEIR_TEST_LONG)" % (SEED, ROUNDS))
    for topology in TOPOLOGIES:
        run_chain(test, topology, (ROUNDS + 2) // 3, random.Random(SEED))

#!/usr/bin/python3
"""Every process may be killed at any moment: rounds of kill -9 on a random stage of a running
group, or on its supervisor (which is then started again), while new versions are published and
constraints change. After each the Applications converge on the newest allowed versions; none ever
gets a version that was not right when it was written; no process is left over.

WEIR_TEST_LONG=N asks for N rounds (or an hour, whichever is first); WEIR_TEST_SEED repeats a run.
The distribution of the time to converge is printed, not asserted."""

import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from weirtest import ROOT, cluster, fixtures, group, procs, registry, tap  # pylint: disable=wrong-import-position

REPOSITORIES, APPLICATIONS = 4, 12
CONVERGE_S = 20  # far beyond the 2 s that are hoped for: beyond it something is stuck
DELAYS_S = (0.0, 0.002, 0.01, 0.03, 0.08, 0.2)


class World:
    """The model: what is published, which constraint each Application has, and since when."""

    def __init__(self, reg, clu, rng):
        self.registry, self.cluster, self.rng = reg, clu, rng
        self.published = {r: [(0, 0, 0.0)] for r in range(REPOSITORIES)}
        self.constraints = {}  # name -> minor that it is held to, or None
        self.seen = {}         # name -> revision
        self.wrong, self.writes = [], 0
        self.lock = threading.Lock()

    @staticmethod
    def repository(number):
        return "charts%d/app" % number

    def of(self, name):
        return int(name[3:]) % REPOSITORIES

    def publish(self, number):
        """The next version: mostly a patch, at times a new minor."""
        with self.lock:
            minor, patch, _ = self.published[number][-1]
            minor, patch = (minor + 1, 0) if self.rng.random() < 0.2 else (minor, patch + 1)
            # It can be chosen from the moment before the registry answers.
            self.published[number].append((minor, patch, time.monotonic()))
        self.registry.push_chart("charts%d" % number, "app", "1.%d.%d" % (minor, patch))
        return "1.%d.%d" % (minor, patch)

    def newest(self, number, held, at=None):
        fitting = [(minor, patch) for minor, patch, since in self.published[number]
                   if (held is None or minor == held) and (at is None or since <= at)]
        return "1.%d.%d" % max(fitting) if fitting else None

    def wanted(self, name):
        with self.lock:
            return self.newest(self.of(name), self.constraints[name])

    def rule(self, name):
        """Change the constraint of an Application: to the newest minor only, or to any 1.x."""
        with self.lock:
            held = None if self.constraints[name] is not None else self.published[
                self.of(name)][-1][0]
        self.cluster.patch("argocd", name, {"metadata": {"annotations": {
            fixtures.PREFIX + "chart-version": "~ 1.%d" % held if held is not None else "^ 1.0"}}})
        with self.lock:
            self.constraints[name] = held

    def witness(self, kind, content):
        """Judge each write: what was written must be allowed by the constraint that the very same
        object carries, and the newest at some moment of the last seconds."""
        name, now = content["metadata"]["name"], time.monotonic()
        if kind != "MODIFIED":
            return
        revision = content["spec"]["source"]["targetRevision"]
        text = content["metadata"]["annotations"][fixtures.PREFIX + "chart-version"]
        held = int(text[4:]) if text.startswith("~ 1.") else None
        with self.lock:
            if revision == self.seen[name]:
                return
            self.writes += 1
            right = {self.newest(self.of(name), held, at) for at in
                     [since for _, _, since in self.published[self.of(name)] if since > now - 10]
                     + [now - 10]}
            before = tuple(map(int, self.seen[name].split(".")))
            after = tuple(map(int, revision.split(".")))
            if revision not in right:
                self.wrong.append("%s got %s under '%s'; right would be one of %s" % (
                    name, revision, text, sorted(map(str, right))))
            if after < before:
                self.wrong.append("%s went back from %s to %s" % (name, self.seen[name], revision))
            self.seen[name] = revision

    def behind(self):
        """Applications that are not yet where they should be, as the server has them."""
        with self.lock:
            seen = dict(self.seen)
        return [name for name in seen if seen[name] != self.wanted(name)]


def kill(running, rng):
    """kill -9 a random stage, or the supervisor; gives whom."""
    stages = running.stages()
    who = rng.choice(sorted(stages) + ["run"]) if stages else "run"
    try:
        os.kill(running.run.pid if who == "run" else stages[who], 9)
    except ProcessLookupError:
        pass
    if who == "run":
        running.run.wait()
        running.start()
    return who


def one_round(world, running, rng):
    """Publish (and at times change a rule), kill within moments, wait. Gives (whom, seconds)."""
    begun = time.monotonic()
    for number in rng.sample(range(REPOSITORIES), rng.choice((1, 1, 2))):
        tag = world.publish(number)
        running.push("%s/%s" % (world.registry.host, world.repository(number)), tag)
    if rng.random() < 0.3:
        world.rule(rng.choice(sorted(world.seen)))
    threading.Event().wait(rng.choice(DELAYS_S))
    begun = time.monotonic()
    who = kill(running, rng)
    if tap.eventually(lambda: not world.behind(), CONVERGE_S, 0.005):
        return who, time.monotonic() - begun
    return who, None


def distribution(times):
    """A line of quantiles."""
    ordered = sorted(times)
    at = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]  # noqa: E731
    return "p50 %.3f s, p90 %.3f s, p99 %.3f s, max %.3f s" % (at(.5), at(.9), at(.99), ordered[-1])


def ours():
    """The programs of weir, and what they started, that still run below this test."""
    found = []
    for pid in procs.tree(os.getpid()):
        try:
            program = os.readlink("/proc/%d/exe" % pid)
        except OSError:
            continue
        if program.startswith(ROOT) or os.path.basename(program) == "tail":
            found.append(program)
    return found


def main(t):
    t.need_cluster()
    rounds = int(os.environ.get("WEIR_TEST_LONG") or 25)
    seed = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
    t.diag("seed %d, %d rounds (WEIR_TEST_SEED, WEIR_TEST_LONG)" % (seed, rounds))
    rng = random.Random(seed)
    clu = cluster.Cluster(os.path.join(t.tmp, "cluster"))
    t.defer(clu.stop)
    clu.start()
    reg = registry.Registry(os.path.join(t.tmp, "registry"), access_log=False)
    t.defer(reg.stop)
    reg.start()
    world = World(reg, clu, rng)
    for number in range(REPOSITORIES):
        reg.push_chart("charts%d" % number, "app", "1.0.0")
    clu.namespace("argocd")
    for number in range(APPLICATIONS):
        name = "app%d" % number
        world.constraints[name], world.seen[name] = None, "1.0.0"
        clu.create(fixtures.application("argocd", name, "^ 1.0", chart="app", revision="1.0.0",
                                        repo_url="%s/charts%d" % (reg.host, world.of(name))))
    running = group.Group(os.path.join(t.tmp, "group"),
                          fixtures.registries_conf(fixtures.registry_entry(reg)),
                          clu.kubeconfig, ("applications", "-A"), "300ms")
    witness = group.Witness(clu, world.witness)
    t.defer(witness.close)
    t.defer(running.stop)
    running.start()
    world.publish(0)
    t.ok(tap.eventually(lambda: not world.behind(), CONVERGE_S), "the group works before any kill")

    times, victims, stuck, begun = [], {}, None, time.monotonic()
    for number in range(rounds):
        who, seconds = one_round(world, running, rng)
        victims[who] = victims.get(who, 0) + 1
        if seconds is None:
            stuck = "round %d, after kill -9 of %s: behind are %s" % (number + 1, who,
                                                                      world.behind())
            break
        times.append(seconds)
        if time.monotonic() - begun > 3600:
            break
    t.is_(stuck, None, "after each kill the Applications converge")
    t.is_(world.wrong, [], "no Application got a version that was not right when it was written")
    t.ok(world.writes > 0, "%d writes were judged" % world.writes)
    t.ok(not witness.ended, "the witness saw all of it")
    if times:
        t.diag("%d rounds in %d s; killed: %s" % (
            len(times), time.monotonic() - begun,
            ", ".join("%s %d" % pair for pair in sorted(victims.items()))))
        t.diag("time to converge after the kill: %s; beyond the bound of 2 s: %d" % (
            distribution(times), sum(seconds > 2 for seconds in times)))
    t.is_(running.stop(), 0, "the group ends in order")
    tap.eventually(lambda: not ours(), 5)
    t.is_(ours(), [], "no process of it is left over")
    if stuck:
        t.diag(running.run.stderr()[-3000:])


with tap.Test() as test:
    main(test)

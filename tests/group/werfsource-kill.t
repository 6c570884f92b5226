#!/usr/bin/python3 -B
"""Both flows of pipelines/delivery.yaml, killed at any moment: rounds of kill -9 on a random stage
or on the supervisor (which is then started again) while sources come, go and change, passwords are
rotated, pull secrets break, somebody deletes what weir made, and charts are published. After each
round the same objects stand as if nobody had been killed, and the API server's audit log says that
each of them was written once for each real change, and otherwise not at all.

WEIR_TEST_LONG=N asks for N rounds (or an hour, whichever is first); WEIR_TEST_SEED repeats a run."""

import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import ROOT, cluster, delivery, fixtures, procs, registry, tap

SOURCES, APPLICATIONS = 5, 3
CONVERGE_S = 30  # far beyond what it takes; beyond it something is stuck
DELAYS_S = (0.0, 0.002, 0.01, 0.03, 0.08, 0.2, 0.5)
SILENCE_S = 0.4  # in which what does not wait would have been written
RENDERERS = ("render-configmap", "render-repository")
USER = "weir"
CONFIG_MAP = ("configmaps", delivery.CONFIG_MAP)


class Source:
    """One WerfSource and its pull secret (which is always there) as they were last written."""

    def __init__(self, number, host):
        self.number, self.name = number, "s%d" % number
        self.url = "%s/charts%d" % (host, number)
        self.exists, self.enabled, self.broken, self.project = False, True, False, None
        self.incarnation = self.generation = self.passwords = 0
        self.stands = None  # the data of its repository Secret

    def password(self):
        return "p:%d:%d" % (self.number, self.passwords)

    def manifest(self):
        return delivery.werf_source(self.name, self.url, "pull%d" % self.number, **dict(
            {} if self.project is None else {"project": self.project}, enabled=self.enabled))

    def secret(self, host):
        name = "pull%d" % self.number
        if self.broken:
            return delivery.docker_secret(name, {"auths": {host: {"auth": "%%%"}}})
        return delivery.pull_secret(name, host, "ci", self.password())

    def settle(self):
        """What stands for it after a change."""
        if not self.exists or not self.enabled:
            self.stands = None
        elif not self.broken:
            self.stands = delivery.repository(self.name, self.url, "ci", self.password(),
                                              self.project)

    def is_ready(self):
        """Without a repository for Argo CD nobody asks for its password."""
        return not self.broken or not self.enabled

    def status(self):
        """What its status depends on."""
        return (self.incarnation, self.generation, self.is_ready()) if self.exists else None


class World:
    """The model: what was written by hand, what has to stand for it, and how often that had to be
    written until now."""

    def __init__(self, clu, reg, rng):
        self.cluster, self.registry, self.rng = clu, reg, rng
        self.sources = [Source(i, reg.host) for i in range(SOURCES)]
        self.versions = [0] * APPLICATIONS
        self.least, self.most = {}, {}  # (resource, name) -> writes

    # What users do

    def begin(self):
        for source in self.sources:
            self.put_secret(source)
        for number in range(APPLICATIONS):
            self.registry.push_chart("charts%d" % number, "app", "1.0.0")
            self.cluster.create(fixtures.application(
                delivery.NAMESPACE, "app%d" % number, "^ 1.0", chart="app",
                repo_url="%s/charts%d" % (self.registry.host, number)))
        for source in self.sources[:3]:
            self.change(source, "create")

    def put_secret(self, source):
        content = source.secret(self.registry.host)
        path = "/api/v1/namespaces/%s/secrets" % delivery.NAMESPACE
        name = content["metadata"]["name"]
        if self.cluster.client().json("GET", "%s/%s" % (path, name))[0] == 404:
            self.cluster.must("POST", path, content)
        else:
            self.cluster.must("PATCH", "%s/%s" % (path, name),
                              {"stringData": content["stringData"]}, cluster.MERGE_PATCH)

    def put_spec(self, source):
        source.generation += 1
        self.cluster.must("PATCH", "%s/%s" % (delivery.SOURCES, source.name), {
            "spec": source.manifest()["spec"]}, cluster.MERGE_PATCH)

    def possible(self, source):
        """What can be done to a source now."""
        found = ["rotate"] if not source.broken else ["mend"]
        if not source.exists:
            return found + ["create", "create"]
        found += ["toggle", "project"]
        # The last one's entry is for the whole host, and its secret for all who follow charts there.
        if sum(other.exists for other in self.sources) > 3:
            found += ["delete", "delete"]
        # Where an Application follows, scans would fail, and come back at long intervals.
        if not source.broken and source.number >= APPLICATIONS:
            found.append("break")
        # What is lost while its password is not known cannot be had again.
        if source.stands and not source.broken:
            found.append("lose")
        return found

    def change(self, source, what):
        """Do it, and note which objects have to be written for it."""
        before = source.stands, source.status()
        if what == "rotate":
            source.passwords += 1
            self.put_secret(source)
        elif what in ("break", "mend"):
            source.broken = what == "break"
            self.put_secret(source)
        elif what == "toggle":
            source.enabled = not source.enabled
            self.put_spec(source)
        elif what == "project":
            source.project = "team%d" % self.rng.randrange(1000)
            self.put_spec(source)
        elif what == "create":
            source.exists, source.generation = True, 1
            source.incarnation += 1
            self.cluster.must("POST", delivery.SOURCES, source.manifest())
        elif what == "delete":
            source.exists = False
            self.cluster.must("DELETE", "%s/%s" % (delivery.SOURCES, source.name))
        elif what == "lose":
            self.cluster.must("DELETE", "/api/v1/namespaces/%s/secrets/repo-%s" % (
                delivery.NAMESPACE, source.name))
        source.settle()
        if source.stands != before[0] or what == "lose":
            self.count("secrets", "repo-" + source.name)
        if source.exists and source.status() != before[1]:
            self.count("werfsources/status", source.name)
        if what in ("create", "delete"):
            self.count(*CONFIG_MAP)

    def publish(self, number):
        self.versions[number] += 1
        self.registry.push_chart("charts%d" % number, "app", "1.0.%d" % self.versions[number])
        self.count("applications", "app%d" % number)

    def count(self, *key):
        self.least[key] = self.least.get(key, 0) + 1
        self.most[key] = self.most.get(key, 0) + 1

    def several(self, changes):
        """Some changes at once. Two that are for one object may be one write."""
        before = dict(self.least)
        for source, what in changes:
            self.change(source, what)
        for key, number in self.least.items():
            self.least[key] = min(number, before.get(key, 0) + 1)

    # What stands

    def wrong(self):
        """What is not as it has to be, as a list of texts."""
        found = []
        stands = delivery.repositories(self.cluster)
        for source in self.sources:
            if stands.get(source.name) != source.stands:
                found.append("repo-%s is %s; wanted %s" % (
                    source.name, stands.get(source.name), source.stands))
        entries = [delivery.registry_entry(source.name, source.url, self.api(), "pull%d" % (
            source.number)) for source in self.sources if source.exists]
        if len(entries) == 1:
            entries[0]["prefix"] = self.registry.host
        if delivery.registries(self.cluster) != entries:
            found.append("registries.conf is %s; wanted %s" % (
                delivery.registries(self.cluster), entries))
        return found + self.wrong_statuses() + self.wrong_revisions()

    def api(self):
        return "http://" + self.registry.host

    def wrong_statuses(self):
        found = []
        items = {item["metadata"]["name"]: item for item in self.cluster.must(
            "GET", delivery.SOURCES)["items"]}
        for source in self.sources:
            if not source.exists:
                continue
            conditions = items[source.name].get("status", {}).get("conditions") or [{}]
            is_ready = [condition.get("status") for condition in conditions], conditions[0].get(
                "observedGeneration")
            wanted = ["True" if source.is_ready() else "False"], items[source.name]["metadata"][
                "generation"]
            if is_ready != wanted:
                found.append("%s is ready %s; wanted %s" % (source.name, is_ready, wanted))
        return found

    def wrong_revisions(self):
        return ["app%d is at %s" % (number, revision) for number, revision in enumerate(
            self.cluster.revision(delivery.NAMESPACE, "app%d" % number)
            for number in range(APPLICATIONS)) if revision != "1.0.%d" % self.versions[number]]

    def miscounted(self):
        """Objects that were written more often than something changed, or less. The API server logs
        504 for a writer that is killed before it has its answer, whether it has written or not: each
        of these may have been a write. What is possible by both counts is right from then on."""
        tap.eventually(lambda: self.cluster.is_idle(USER), CONVERGE_S)
        sure, possible = {}, {}
        for _, resource, _, name, status in self.cluster.writes(USER):
            if 200 <= status < 300:
                sure[resource, name] = sure.get((resource, name), 0) + 1
            if 200 <= status < 300 or status == 504:
                possible[resource, name] = possible.get((resource, name), 0) + 1
        wrong = []
        for key in sorted(set(possible) | set(self.most)):
            low, high, least, most = (those.get(key, 0) for those in (
                sure, possible, self.least, self.most))
            if low <= most and least <= high:
                self.least[key], self.most[key] = max(low, least), min(high, most)
            else:
                wrong.append("%s %s was written %d to %d times, wanted %d to %d" % (
                    key + (low, high, least, most)))
        return wrong


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
    """Change something, kill within moments, wait. Gives (what was done, whom, seconds)."""
    chosen = rng.sample(world.sources, rng.choice((1, 1, 2)))
    changes = [(source, rng.choice(world.possible(source))) for source in chosen]
    what = ["%s %s" % (what, source.name) for source, what in changes]
    kill_first = rng.random() < 0.3
    who = kill(running, rng) if kill_first else None
    world.several(changes)
    if rng.random() < 0.4:
        number = rng.randrange(APPLICATIONS)
        world.publish(number)
        what.append("publish charts%d" % number)
    if not kill_first:
        threading.Event().wait(rng.choice(DELAYS_S))
        who = kill(running, rng)
    if rng.random() < 0.3:
        # Somebody else while that one starts.
        threading.Event().wait(rng.choice(DELAYS_S))
        who += ", " + kill(running, rng)
    begun = time.monotonic()
    if tap.eventually(lambda: not world.wrong(), CONVERGE_S, 0.02):
        return what, who, time.monotonic() - begun
    return what, who, None


def are_new(stages, before):
    return all(stages.get(name, before[name]) != before[name] for name in RENDERERS)


def late_lists(running):
    """The render filters start while one of those that they hear says nothing yet."""
    for silent in ("watch-sources", "watch-settings", "watch-pull-secrets", "watch-repositories"):
        before = running.stages()
        os.kill(before[silent], signal.SIGSTOP)
        for victim in RENDERERS:
            os.kill(before[victim], signal.SIGKILL)
        tap.eventually(lambda: are_new(running.stages(), before), CONVERGE_S)  # noqa: B023
        threading.Event().wait(SILENCE_S)
        os.kill(before[silent], signal.SIGCONT)


def mark(t, world, name):
    """A change that comes after it marks the end of something that has to change nothing."""
    for source in world.sources:
        world.change(source, "rotate" if not source.broken else "mend")
    t.ok(tap.eventually(lambda: not world.wrong(), CONVERGE_S), name)
    t.is_(world.miscounted(), [], "and nothing is written but what changed")


def ours():
    """The programs of weir that still run below this test."""
    found = []
    for pid in procs.tree(os.getpid()):
        try:
            program = os.readlink("/proc/%d/exe" % pid)
        except OSError:
            continue
        if program.startswith(ROOT):
            found.append(program)
    return found


def rounds_of(t, world, running, rng, count):
    """The rounds; gives what is stuck or miscounted in the end, and the times."""
    times, victims, before, begun = [], {}, [], time.monotonic()
    for number in range(count):
        what, who, seconds = one_round(world, running, rng)
        for victim in who.split(", "):
            victims[victim] = victims.get(victim, 0) + 1
        before.append("%s; killed: %s" % (", ".join(what), who))
        wrong = world.miscounted() if seconds is not None else world.wrong()
        if wrong:
            t.diag("the rounds until then:\n" + "\n".join(before[-5:]))
            return times, "round %d: %s" % (number + 1, "; ".join(wrong))
        times.append(seconds)
        if time.monotonic() - begun > 3600:
            break
    t.diag("%d rounds in %d s; killed: %s" % (
        len(times), time.monotonic() - begun,
        ", ".join("%s %d" % pair for pair in sorted(victims.items()))))
    return times, None


def main(t):
    t.need_cluster()
    count = int(os.environ.get("WEIR_TEST_LONG") or 20)
    seed = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 30))
    t.diag("seed %d, %d rounds (WEIR_TEST_SEED, WEIR_TEST_LONG)" % (seed, count))
    rng = random.Random(seed)
    clu = t.using(cluster.Cluster(t.path("cluster"), audit=True))
    reg = t.using(registry.Registry(t.path("registry"), access_log=False))
    delivery.install(clu)
    world = World(clu, reg, rng)
    for source in world.sources:
        source.manifest = plain_http(source.manifest, world.api())
    running = delivery.Delivery(t.path("group"), clu.administrator(USER), {
        "tag-scan": ["--interval", "300ms"]})
    t.defer(running.stop)
    world.begin()
    running.start()
    world.least[CONFIG_MAP] = 1  # three sources at once
    for number in range(APPLICATIONS):
        world.publish(number)
    t.ok(tap.eventually(lambda: not world.wrong(), CONVERGE_S), "both flows work before any kill")
    t.is_(world.miscounted(), [], "one write for each object")

    times, wrong = rounds_of(t, world, running, rng, count)
    t.is_(wrong, None, "after each kill the same objects stand, each written once for each change")
    if times:
        times.sort()
        t.diag("time to converge: p50 %.3f s, p90 %.3f s, max %.3f s" % (
            times[len(times) // 2], times[int(len(times) * .9)], times[-1]))
    if not wrong:
        late_lists(running)
        mark(t, world, "lists that come late are waited for")
        os.kill(running.run.pid, 9)
        running.run.wait()
        running.start()
        mark(t, world, "a last start")
    t.is_(running.stop(), 0, "the group ends in order")
    tap.eventually(lambda: not ours(), 5)
    t.is_(ours(), [], "no process of it is left over")
    if wrong:
        t.diag(running.run.stderr()[-4000:])


def plain_http(manifest, api):
    """The registry of this test speaks no TLS."""
    def with_api():
        content = manifest()
        content["spec"]["apiUrl"] = api
        return content
    return with_api


with tap.Test() as test:
    main(test)

#!/usr/bin/python3
"""The main job against a real API server and a real registry: 200 Applications in three namespaces
follow a push each while somebody else edits them the whole time; a decision loses against what
happened after it (a tightened constraint, an Application deleted and made again)."""

import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from weirtest import cluster, fixtures, group, procs, registry, tap  # pylint: disable=wrong-import-position

NAMESPACES = ("argocd", "team-a", "team-b")
COUNT = 200
FOLLOW_S = 60  # far beyond the second or two that it takes; beyond it something is lost


class Foreigner(threading.Thread):
    """Edits other fields of the same Applications all the time, and knows what it wrote last."""

    def __init__(self, clu, applications):
        super().__init__(daemon=True)
        self.cluster, self.applications = clu, applications
        self.last, self.edits, self.stopping = {}, 0, threading.Event()

    def run(self):
        while not self.stopping.is_set():
            for namespace, name in self.applications:
                if self.stopping.is_set():
                    return
                self.edits += 1
                value = str(self.edits)
                self.cluster.patch(namespace, name, {
                    "metadata": {"annotations": {"example.com/edit": value}},
                    "spec": {"info": [{"name": "edit", "value": value}],
                             "source": {"helm": {"parameters": [
                                 {"name": "edit", "value": value}]}}}})
                self.last[namespace, name] = value

    def stop(self):
        self.stopping.set()
        self.join()


def edits_of(content):
    return {content["metadata"]["annotations"]["example.com/edit"],
            content["spec"]["info"][0]["value"],
            content["spec"]["source"]["helm"]["parameters"][0]["value"]}


def follow_pushes(t, clu, reg):
    """Show 4, first half: each Application has a repository of its own, and each gets a push."""
    names = [(NAMESPACES[i % 3], "app%d" % (i // 3)) for i in range(COUNT)]
    for i, _ in enumerate(names):
        reg.push_chart("charts%d" % i, "app", "1.0.0")
    clu.create_all([fixtures.application(
        namespace, name, "~ 1.0", repo_url="%s/charts%d" % (reg.host, i), chart="app")
        for i, (namespace, name) in enumerate(names)])
    watcher = clu.user("watcher", [fixtures.rule("applications", "list", "watch")])
    patcher = clu.user("patcher", [fixtures.rule("applications", "get", "patch")])
    running = group.Group(os.path.join(t.tmp, "group"),
                          fixtures.registries_conf(fixtures.registry_entry(reg)), watcher,
                          ("applications", "-A"), "1h")
    with open(running.file, encoding="utf-8") as file:
        text = file.read()
    head, middle, tail = text.rpartition(watcher)
    with open(running.file, "w", encoding="utf-8") as file:
        file.write(head + patcher + tail)
    t.ok(middle, "watch and patch-application have an account each, with its own Role")
    t.defer(running.stop)
    running.start()
    t.ok(running.run.wait_for(r'"app66"', 30), "the group has looked at every Application")
    foreigner = Foreigner(clu, names)
    t.defer(foreigner.stop)
    foreigner.start()
    for i, _ in enumerate(names):
        reg.push_chart("charts%d" % i, "app", "1.0.1")
        running.push("%s/charts%d/app" % (reg.host, i), "1.0.1")

    def behind():
        return [(content["metadata"]["namespace"], content["metadata"]["name"])
                for content in clu.list()
                if content["spec"]["source"]["targetRevision"] != "1.0.1"]
    t.ok(tap.eventually(lambda: not behind(), FOLLOW_S, 0.2),
         "%d Applications in three namespaces follow a push each" % COUNT)
    if behind():
        t.diag("behind: %s" % behind())
        t.diag(running.run.stderr()[-2000:])
    foreigner.stop()
    lost = [content["metadata"]["name"] for content in clu.list()
            if edits_of(content) != {foreigner.last[content["metadata"]["namespace"],
                                                    content["metadata"]["name"]]}]
    t.is_(lost, [], "none of the foreign writer's edits is lost (%d edits)" % foreigner.edits)
    t.is_(running.stop(), 0, "the group ends in order")
    results = [json.loads(line) for line in running.run.stdout().splitlines()]
    patched = [m for m in results if m["type"] == "RESULT" and m["status"] == "patched"]
    t.is_(len(patched), COUNT, "each was patched exactly once")
    t.ok(all(m.get("trace") for m in patched), "each RESULT carries a trace")
    for namespace in NAMESPACES:
        clu.delete_all(namespace)
    tap.eventually(lambda: not clu.list(), 30)


def decide(t, clu, reg):
    """Everything up to the decision, as messages."""
    config = os.path.join(t.tmp, "registries.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(fixtures.registries_conf(fixtures.registry_entry(reg)))
    done = procs.pipeline([
        ["weir", "watch", "applications", "-n", "argocd", "--once", "--kubeconfig",
         clu.kubeconfig],
        ["weir", "tag-scan", "--registries", config], ["weir", "constraint-match"],
        ["weir", "verify", "--registries", config]])
    t.status(done, 0, "decided")
    t.is_([json.loads(line)["to"] for line in done.lines if '"UPDATE"' in line], ["1.0.1"],
          "the decision is 1.0.1")
    return done.stdout


def patch(clu, messages):
    return procs.pipeline([["weir", "patch-application", "--kubeconfig", clu.kubeconfig]],
                          stdin=messages)


def result_of(done):
    found = [json.loads(line) for line in done.lines if '"RESULT"' in line]
    return found[0]["status"] if len(found) == 1 else found


def later_word_wins(t, clu, reg):
    """Show 4, second half."""
    reg.push_chart("late", "app", "1.0.0")
    reg.push_chart("late", "app", "1.0.1")
    wanted = fixtures.application("argocd", "late", "~ 1.0", repo_url=reg.host + "/late",
                                  chart="app")
    clu.create(wanted)
    messages = decide(t, clu, reg)
    annotation = fixtures.PREFIX + "chart-version"
    for rule in ("1.0.0", ">=1.0.0, <1.0.1"):
        clu.patch("argocd", "late", {"metadata": {"annotations": {annotation: rule}}})
        done = patch(clu, messages)
        t.is_(result_of(done), "conflict", "a constraint tightened to '%s' wins" % rule)
        t.status(done, 1, "and the exit status says so")
        t.is_(clu.revision("argocd", "late"), "1.0.0", "nothing was written")
    clu.patch("argocd", "late", {"metadata": {"annotations": {annotation: "~ 1.0"}}})
    clu.delete("argocd", "late")
    clu.create(wanted)
    done = patch(clu, messages)
    t.is_(result_of(done), "conflict", "an Application made again is not the old one")
    t.is_(clu.revision("argocd", "late"), "1.0.0", "nothing was written")
    done = patch(clu, decide(t, clu, reg))
    t.is_(result_of(done), "patched", "a new decision is carried out")
    t.is_(clu.revision("argocd", "late"), "1.0.1", "and written")
    # What only weir changed: the same object but for one value.
    clu.delete("argocd", "late")
    clu.create(dict(wanted, metadata=dict(wanted["metadata"], annotations={
        annotation: ">=1.0.0, <2"}), spec=dict(wanted["spec"], info=[
            {"name": "number", "value": "9007199254740993"}])))
    before = clu.get("argocd", "late")
    t.is_(result_of(patch(clu, decide(t, clu, reg))), "patched",
          "a constraint with < and > is tested as the server spells it")
    after = clu.get("argocd", "late")
    before["spec"]["source"]["targetRevision"] = "1.0.1"
    t.is_(after["spec"], before["spec"], "one value changed, and no other")


def main(t):
    t.need_cluster()
    clu = cluster.Cluster(os.path.join(t.tmp, "cluster"))
    t.defer(clu.stop)
    clu.start()
    reg = registry.Registry(os.path.join(t.tmp, "registry"), access_log=False)
    t.defer(reg.stop)
    reg.start()
    for namespace in NAMESPACES:
        clu.namespace(namespace)
    follow_pushes(t, clu, reg)
    later_word_wins(t, clu, reg)


with tap.Test() as test:
    main(test)

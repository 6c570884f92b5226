#!/usr/bin/python3 -B
"""kubectl in place of watch: the same decisions come out of the same pipeline, and changes are
followed, against a real API server and a real registry."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap
from weirtest.cluster import Cluster
from weirtest.registry import Registry

WATCHES = {
    "kubectl": "kubectl --kubeconfig '%(user)s' get applications -A -w -o json --output-watch-events",
    "watch": "watch applications -A --kubeconfig '%(user)s'",
}
PIPELINE = ("%(watch)s | tag-scan --registries '%(conf)s' | constraint-match | "
            "verify --registries '%(conf)s' | patch-application --kubeconfig '%(user)s' --dry-run")


def applications(registry):
    repo = registry.host + "/charts"
    return [
        fixtures.application("one", "plain", repo_url=repo),
        fixtures.application("one", "newest", revision="1.0.3", repo_url=repo),
        fixtures.application("two", "plain", constraint=">=1.0 <2", repo_url=repo, size=9000),
        fixtures.application("two", "many", sources=[
            {"repoURL": "https://git.example/x", "path": ".", "targetRevision": "main"},
            fixtures.source(repo), fixtures.source(repo, revision="0.9.0")]),
        fixtures.application("two", "untracked", constraint=None, repo_url=repo),
        fixtures.application("two", "broken", constraint="~ ~", repo_url=repo),
    ]


def outcome(text):
    """What was decided for each source, and what went wrong, without what differs by chance."""
    found = {}
    for message in messages.parse(text):
        if message["type"] == "RESULT":
            who = message["application"]
            found[who["namespace"], who["name"], message.get("source")] = (
                message["status"], message.get("to"))
        elif message["type"] == "ERROR":
            found["ERROR", message["filter"]] = message["reason"]
    return found


with tap.Test() as t:
    t.need_cluster()
    cluster = t.using(Cluster(t.path("cluster")))
    registry = t.using(Registry(t.path("registry")))
    os.environ["PATH"] += ":" + cluster.peers
    for version in ("1.0.0", "1.0.3", "1.1.0"):
        registry.push_chart("charts", "app", version)
    for namespace in ("one", "two"):
        cluster.namespace(namespace)
    cluster.create_all(applications(registry))
    fill = {"conf": t.write("registries.conf", fixtures.registries_conf(
        fixtures.registry_entry(registry))), "user": cluster.user("reader", [
            fixtures.rule("applications", "get", "list", "watch", "patch")])}
    running, want = {}, {
        ("one", "plain", None): ("dry-run", "1.0.3"), ("one", "newest", None): ("unchanged", None),
        ("two", "plain", None): ("dry-run", "1.1.0"), ("two", "many", 1): ("dry-run", "1.0.3"),
        ("two", "many", 2): ("dry-run", "1.0.3")}
    for name, command in WATCHES.items():
        line = PIPELINE % dict(fill, watch=command % fill)
        running[name] = t.using(procs.Process(["/bin/sh", "-c", line], t.tmp, name))
    for name, process in running.items():
        t.eventually(lambda process=process: len(outcome(process.stdout())) == len(want) + 1,
                     name + ": every source has its RESULT, and one constraint is no constraint")
    kubectl, watch = (outcome(running[name].stdout()) for name in ("kubectl", "watch"))
    t.is_({key: value for key, value in kubectl.items() if key[0] != "ERROR"}, want,
          "the right decisions come after kubectl")
    t.is_(watch, kubectl, "the same after watch")

    cluster.patch("one", "newest", {"metadata": {"annotations": {
        fixtures.PREFIX + "chart-version": ">= 1"}}})
    want["one", "newest", None] = ("dry-run", "1.1.0")
    for name, process in running.items():
        t.eventually(lambda process=process: outcome(process.stdout()).get(
            ("one", "newest", None)) == ("dry-run", "1.1.0"), name + ": a change is followed")
        messages_bad = [messages.complaint(each) for each in process.stdout().splitlines()
                        if messages.complaint(each)]
        t.is_(messages_bad, [], name + ": all that comes out is as the schema says")
    for process in running.values():
        for pid in procs.tree(process.pid):
            try:
                os.kill(pid, 15)
            except ProcessLookupError:
                pass  # it ended with the one before it
        process.wait()

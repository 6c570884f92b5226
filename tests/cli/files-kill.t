#!/usr/bin/python3 -B
"""patch-application is killed (SIGKILL) while it rewrites a folder of manifests, at random moments.
After each kill every file is the old one or the new one, whole; what a RESULT had called patched is;
and the next run completes the work and leaves nothing behind.
"""

import os
import random
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import messages, procs, tap

SEED = int(os.environ.get("WEIR_TEST_SEED") or random.randrange(1 << 32))
ROUNDS = 1000 if os.environ.get("WEIR_TEST_LONG") else 20
FILES = 60

MANIFEST = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: app
  annotations:
    argocd-image-updater.argoproj.io/chart-version: "~ 1.0"
spec:
  source:
    chart: app
    repoURL: registry.example/ns
    targetRevision: %s # this line only
""" + "# padding, so that a write has some length\n" * 200
OLD, NEW = MANIFEST % "1.0.0", MANIFEST % "1.0.3"


def update(file):
    return {"type": "UPDATE", "application": {"namespace": "", "name": "app"},
            "repository": "registry.example/ns/app", "repoURL": "registry.example/ns",
            "chart": "app", "constraint": "~ 1.0", "from": "1.0.0", "to": "1.0.3",
            "candidates": [], "origin": {"file": file, "document": 0}}


class Folder:
    """A folder of outdated manifests, and the messages that would bring it up to date."""

    def __init__(self, t):
        self.t, self.names = t, ["apps/%02d.yaml" % number for number in range(FILES)]
        self.updates = messages.lines(*map(update, self.names))

    def reset(self):
        for name in self.names:
            self.t.write(name, OLD)

    def states(self):
        """"old", "new", or what else stands there."""
        known = {OLD: "old", NEW: "new"}
        found = {name: self.t.read(name).decode() for name in self.names}
        return {name: known.get(text, text) for name, text in found.items()}

    def others(self):
        return sorted(set(os.listdir(self.t.path("apps"))) -
                      {os.path.basename(name) for name in self.names})


def killed(t, folder, place):
    """One run, killed once the file of that place is replaced, or is about to be; gives the files
    that it had called patched."""
    with open(t.path("updates"), "wb") as file:
        file.write(folder.updates)
    process = procs.Process(["sh", "-c", "exec patch-application <updates"], t.tmp,
                            name="patch", cwd=t.tmp)
    open(process.stdout_path, "wb").close()
    path = t.path(folder.names[place])
    temporary = os.path.join(os.path.dirname(path), ".%s.weir" % os.path.basename(path))
    inode = os.stat(path).st_ino
    process.start()
    tap.eventually(lambda: os.path.exists(temporary) or os.stat(path).st_ino != inode or
                   process.status() is not None, pause_s=0.0001)
    process.kill()
    process.wait()
    return [m["origin"]["file"] for m in messages.parse(process.stdout().rpartition("\n")[0])
            if m["status"] == "patched"]


with tap.Test() as t:
    t.diag("seed %d, %d rounds" % (SEED, ROUNDS))
    chance, folder = random.Random(SEED), Folder(t)
    broken, lies, behind, unfinished, interrupted = [], [], [], [], 0
    for number in range(ROUNDS):
        folder.reset()
        said = killed(t, folder, chance.randrange(FILES))
        states = folder.states()
        broken += [(number, name) for name in folder.names if states[name] not in ("old", "new")]
        lies += [(number, name) for name in said if states[name] != "new"]
        interrupted += "old" in states.values()
        result = procs.run("patch-application", stdin=folder.updates, cwd=t.tmp)
        if result.status != 0 or set(folder.states().values()) != {"new"}:
            unfinished.append((number, result.status, result.stderr))
        behind += [(number, name) for name in folder.others()]
    t.is_(broken, [], "every file is the old or the new one, whole")
    t.is_(lies, [], "what was called patched is")
    t.is_(unfinished, [], "the next run completes the work")
    t.is_(behind, [], "and nothing is left behind")
    t.ok(interrupted > ROUNDS // 2, "most kills came in time (%d of %d)" % (interrupted, ROUNDS))

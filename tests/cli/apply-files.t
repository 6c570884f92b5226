#!/usr/bin/python3 -B
"""apply --files: one manifest for each object, written whole or not at all, and nobody else's."""

import base64
import os
import signal
import stat
import sys

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import messages, procs, tap

OWNER = "app.kubernetes.io/managed-by"
CANARY = "s3cr3t-canary"


def content(name="map", kind="ConfigMap", api="v1", namespace="ns", **more):
    metadata = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    return dict({"apiVersion": api, "kind": kind, "metadata": metadata}, **more)


def wanted(made, **more):
    return dict({"type": "APPLY", "object": made}, **more)


def unwanted(made):
    return {"type": "PRUNE", "object": {k: made[k] for k in ("apiVersion", "kind", "metadata")}}


class Folder:
    def __init__(self, t, name):
        self.t, self.path = t, t.path(name)
        os.mkdir(self.path)

    def run(self, name, *sent, status=0, arguments=()):
        done = procs.run("apply", "--files", self.path, *arguments, stdin=messages.lines(*sent))
        self.t.status(done, status, name)
        self.t.is_([messages.complaint(line) for line in done.lines if messages.complaint(line)],
                   [], "  all that comes out is a message")
        self.t.lacks(done.stdout + done.stderr, CANARY, "  nothing secret")
        return messages.parse(done.stdout)

    def one(self, want, name, *sent, has="", arguments=()):
        result = self.run(name, *sent, arguments=arguments,
                          status=1 if want in ("failed", "conflict") else 0)[-1]
        self.t.is_(result.get("status"), want, "  is " + want)
        self.t.has(result.get("reason", ""), has, "  and says why")
        return result

    def names(self):
        return sorted(os.listdir(self.path))

    def read(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            file.write(text)

    def stat(self, name):
        return os.stat(os.path.join(self.path, name))


def written(t):
    folder = Folder(t, "written")
    made = content(data={"k": "v", "lines": "a\nb\n", "odd": "0x1f", "yes": "yes", "é": "№"})
    folder.one("applied", "an object", wanted(made))
    t.is_(folder.names(), ["ns_configmap_map.yaml"], "  is a file")
    want = dict(made, metadata=dict(made["metadata"], labels={OWNER: "weir"}))
    t.is_(yaml.safe_load(folder.read("ns_configmap_map.yaml")), want, "  with the owner's label")
    before = folder.stat("ns_configmap_map.yaml")
    folder.one("unchanged", "the same again", wanted(made), has="so already")
    again = folder.stat("ns_configmap_map.yaml")
    t.is_((again.st_ino, again.st_mtime_ns), (before.st_ino, before.st_mtime_ns),
          "  is not touched")
    t.is_(stat.S_IMODE(before.st_mode) & 0o600, 0o600, "  and has the usual mode")
    made["data"]["k"] = "w"
    result = folder.one("dry-run", "--dry-run", wanted(made), arguments=["--dry-run"])
    t.is_(result["diff"], [{"path": ".data.k", "from": "v", "to": "w"}], "  says what differs")
    t.has(folder.read("ns_configmap_map.yaml"), 'k: "v"', "  and writes nothing")
    os.chmod(os.path.join(folder.path, "ns_configmap_map.yaml"), 0o640)
    folder.one("applied", "a change", wanted(made))
    t.is_(stat.S_IMODE(folder.stat("ns_configmap_map.yaml").st_mode), 0o640, "  keeps the mode")
    folder.one("dry-run", "--dry-run of a PRUNE", unwanted(made), arguments=["--dry-run"])
    t.is_(len(folder.names()), 1, "  removes nothing")
    folder.one("pruned", "a PRUNE", unwanted(made))
    t.is_(folder.names(), [], "  removes the file")
    folder.one("unchanged", "a second one", unwanted(made), has="not there")


def named(t):
    folder = Folder(t, "named")
    several = [content("a.b", "ConfigMap"), content("a", "ConfigMap", namespace="a.b"),
               content("x", "WerfSource", "deckhouse.io/v1alpha1", namespace=None),
               content("x", "Application", "argoproj.io/v1alpha1"), content("x", "Secret")]
    folder.run("several kinds", *[wanted(each) for each in several])
    t.is_(folder.names(), ["a.b_configmap_a.yaml", "ns_application.argoproj.io_x.yaml",
                           "ns_configmap_a.b.yaml", "ns_secret_x.yaml",
                           "werfsource.deckhouse.io_x.yaml"], "  have a name each")
    for made in (content("../x"), content("a/b"), content("A"), content("x", namespace="../up"),
                 content("x", "Con/fig"), content("x", "K", "../../v1"), content("x", "K_L")):
        found = folder.run("a name that is none: %r" % made, wanted(made), status=1)
        t.has(found[0]["reason"], "none that Kubernetes allows", "  is refused")
    t.is_((len(folder.names()), os.path.exists(t.path("x"))), (5, False), "  and writes nothing")


def secret(t):
    folder = Folder(t, "secret")
    name = "ns_secret_repo.yaml"
    made = content("repo", "Secret", stringData={"password": CANARY})
    result = folder.one("applied", "a Secret", wanted(made))
    t.is_([d for d in result["diff"] if "password" in d["path"]],
          [{"path": ".data.password", "to": "(secret)"}], "  is not shown")
    t.is_(yaml.safe_load(folder.read(name))["data"],
          {"password": base64.b64encode(CANARY.encode()).decode()}, "  but written")
    t.is_(stat.S_IMODE(folder.stat(name).st_mode), 0o600, "  for its owner alone")
    os.chmod(os.path.join(folder.path, name), 0o644)
    folder.one("applied", "one that others could read", wanted(made))
    t.is_(stat.S_IMODE(folder.stat(name).st_mode), 0o600, "  is for its owner alone again")


def foreign(t):
    """What stands there already and is not weir's is left alone."""
    folder, name, made = Folder(t, "foreign"), "ns_configmap_map.yaml", content(data={"k": "v"})
    label = {OWNER: "weir"}
    for what, text, reason in (
            ("no label", yaml.safe_dump(made), "not weir's"),
            ("another object", yaml.safe_dump(content("other")), "something else"),
            ("another group", yaml.safe_dump(dict(made, apiVersion="v1/x")), "something else"),
            ("two objects", yaml.safe_dump_all([made, made]), "something else"),
            ("nothing", "", "something else"), ("no YAML", "a: [", "something else"),
            ("a list", "[]", "something else")):
        folder.write(name, text)
        folder.one("failed", "a file with %s" % what, wanted(made), has=reason)
        result = folder.run("and a PRUNE", unwanted(made), status=0 if what == "no label" else 1)
        t.ok(result[0]["status"] in ("unchanged", "failed"), "  does not remove it")
        t.is_(folder.read(name), text, "  it stays as it is")
    old = dict(made, metadata=dict(made["metadata"], labels={"heritage": "deckhouse",
                                                             "module": "delivery"}))
    folder.write(name, yaml.safe_dump(old))
    folder.one("failed", "the predecessor's", wanted(made), has="--adopt")
    folder.one("applied", "with --adopt", wanted(made), arguments=["--adopt"])
    t.is_(yaml.safe_load(folder.read(name))["metadata"]["labels"], label, "  becomes weir's")
    folder.write(name, "# by hand\n" + folder.read(name))
    folder.one("applied", "weir's own with another spelling", wanted(made))
    t.lacks(folder.read(name), "#", "  is written as weir writes it")
    os.rename(os.path.join(folder.path, name), t.path("elsewhere.yaml"))
    os.symlink(t.path("elsewhere.yaml"), os.path.join(folder.path, name))
    folder.one("failed", "a link", wanted(dict(made, data={"k": "2"})), has="symbolic link")
    folder.run("and its PRUNE", unwanted(made), status=1)
    t.ok(os.path.islink(os.path.join(folder.path, name)), "  is left alone")


def elsewhere(t):
    """What has no place in a manifest."""
    folder = Folder(t, "elsewhere")
    folder.one("unchanged", "a status", wanted(content(status={"a": 1}), subresource="status"),
               has="no status")
    folder.one("unchanged", "a shared object", wanted(content(data={}), shared=True), has="others'")
    t.is_(folder.names(), [], "nothing was written")
    deep = {}
    for _ in range(60):
        deep = {"a": deep}
    found = folder.run("an object that is too deep", wanted(content(data={"x": {"y": {"z": deep}}})),
                       status=1)
    t.ok(found[0]["status"] == "failed" if "status" in found[0] else True, "  is refused")
    os.symlink(folder.path, t.path("link"))
    done = procs.run("apply", "--files", t.path("link"), stdin=messages.line(wanted(content())))
    t.status(done, 0, "the folder itself may be a link")
    t.is_(folder.names(), ["ns_configmap_map.yaml"], "  to where it is written")
    if os.getuid() != 0:
        os.chmod(folder.path, 0o500)
        folder.one("failed", "a folder that may not be written", wanted(content("other")))


def killed(t):
    """Killed at any moment it leaves whole files, and a second run ends the work."""
    folder = Folder(t, "killed")
    sent = messages.lines(*[wanted(content("n%d" % (i % 10), data={"k": "%02d" % i * 200}))
                            for i in range(60)])
    for moment in range(5):
        process = t.using(procs.Process(["apply", "--files", folder.path], t.tmp, "k%d" % moment,
                                        stdin=True))
        process.send(sent)
        process.wait_for('"n%d".*"applied"' % moment)
        process.kill(signal.SIGKILL)
        process.wait()
        whole = {yaml.safe_load(folder.read(name))["kind"] for name in folder.names()
                 if not name.startswith(".")}
        t.is_(whole, {"ConfigMap"}, "all files are whole")
    folder.run("the last run", *messages.parse(sent))
    t.is_(len(folder.names()), 10, "  leaves nothing beside the files")
    t.is_({yaml.safe_load(folder.read("ns_configmap_n%d.yaml" % i))["data"]["k"][:2]
           for i in range(10)}, {str(50 + i) for i in range(10)},
          "  each as the last message has it")


with tap.Test() as test:
    for part in (written, named, secret, foreign, elsewhere, killed):
        part(test)

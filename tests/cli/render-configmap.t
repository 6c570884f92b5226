#!/usr/bin/python3 -B
"""render-configmap: WerfSources to registries.conf, and the ModuleConfig to a key of argocd-cm. Tests
whose titles begin with D and a number are the rows of the list of what must not come back."""

import json
import os
import re
import sys

import jsonschema
import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap

API = "deckhouse.io/v1alpha1"
NAMESPACE = "d8-delivery"
CANARY = "s3cr3t-canary"

# What the Image Updater reads, to the letter; other keys make it refuse the file.
TEXT = {"type": "string"}
SCHEMA = {
    "type": "object", "required": ["registries"], "additionalProperties": False,
    "properties": {"registries": {"type": "array", "items": {
        "type": "object", "required": ["name", "prefix", "api_url"], "additionalProperties": False,
        "properties": {
            "name": TEXT, "prefix": TEXT, "api_url": {"type": "string", "pattern": "^https?://"},
            "ping": {"type": "boolean"}, "credentials": TEXT, "credsexpire": TEXT,
            "tagsortmode": TEXT, "insecure": {"type": "boolean"}, "ca_file": TEXT, "ca_data": TEXT,
            "defaultns": TEXT, "limit": {"type": "integer"}, "default": {"type": "boolean"}}}}}}


class StrictLoader(yaml.SafeLoader):
    """As yaml.SafeLoader, but a key that stands twice is an error."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.YAMLError("a key stands twice")
        return super().construct_mapping(node, deep)


def source(name, repo, created=None, uid=None, **spec):
    metadata = {"name": name}
    if created:
        metadata["creationTimestamp"] = created
    if uid:
        metadata["uid"] = uid
    if repo is not None:
        spec = dict({"imageRepo": repo}, **spec)
    return {"apiVersion": API, "kind": "WerfSource", "metadata": metadata, "spec": spec}


def module(**settings):
    return {"apiVersion": API, "kind": "ModuleConfig", "metadata": {"name": "delivery"},
            "spec": {"version": 1, "settings": settings}}


def admin(enabled):
    return module(argocd={"admin": {"enabled": enabled}})


def events(*objects, kind="ADDED", listed=True):
    text = "".join(fixtures.event(each, kind) for each in objects)
    return text + (fixtures.listed("WerfSource", API) if listed else "")


SETTINGS_LISTED = fixtures.listed("ModuleConfig", API)


def of_type(done, kind):
    return [message for message in messages.parse(done.stdout) if message["type"] == kind]


def applied(done, name="argocd-image-updater-config"):
    """The last APPLY of this ConfigMap, or None."""
    found = [message for message in of_type(done, "APPLY")
             if message["object"]["metadata"]["name"] == name]
    return found[-1] if found else None


def conf_of(message):
    return message["object"]["data"]["registries.conf"] if message else ""


def registries(t, done, title):
    """The entries of registries.conf by name, after it has been read as strictly as can be."""
    text = conf_of(applied(done))
    content = yaml.load(text, StrictLoader)
    complaints = [error.message for error in
                  jsonschema.Draft202012Validator(SCHEMA).iter_errors(content)]
    t.is_(complaints, [], title + ": a strict reader takes it")
    scalars = [node for mapping in yaml.compose(text).value[0][1].value
               for key, node in mapping.value if key.value != "default"]
    t.is_({node.style for node in scalars} - {'"'}, set(), title + ": texts are quoted")
    ours = procs.run("tag-scan", "--text", "--registries", t.write("registries.conf", text))
    t.status(ours, 0, title + ": weir's own reader takes it")
    return {entry["name"]: entry for entry in (content or {}).get("registries") or []}


def render(t, *objects, status=0, arguments=(), title=""):
    done = procs.run("render-configmap", *arguments, stdin=events(*objects))
    t.status(done, status, title + ": it ends with %d" % status)
    t.is_([messages.complaint(line) for line in done.lines if messages.complaint(line)], [],
          title + ": all that comes out is a message")
    return done


def table_d(t):
    title = "D1: a source whose apiUrl is another host"
    done = render(t, source("a", "reg.example/a", apiUrl="http://api.example:8080/"), title=title)
    t.is_(registries(t, done, title), {"a": {
        "name": "a", "prefix": "reg.example", "api_url": "http://api.example:8080",
        "default": False}}, title + " says so")

    title = "D3: a good source and a bad one"
    done = render(t, source("bad", "https://" + CANARY + "/a"), source("good", "reg.example/a"),
                  status=1, title=title)
    t.is_(list(registries(t, done, title)), ["good"], title + ": the good one is written")
    t.is_([(error["about"]["object"], error["reason"]) for error in of_type(done, "ERROR")], [
        ({"apiVersion": API, "kind": "WerfSource", "metadata": {"name": "bad"}},
         "WerfSource bad: spec.imageRepo: has a scheme (wanted: host[:port]/path, without "
         "https://)")], title + ": the bad one is reported")
    t.lacks(done.stderr + "".join(e["reason"] for e in of_type(done, "ERROR")), CANARY,
            title + ": its value is not shown")

    title = "D5: no source at all"
    done = render(t, title=title)
    t.is_(conf_of(applied(done)), "registries: []\n", title + " empties registries.conf")
    t.is_(yaml.load(conf_of(applied(done)), StrictLoader), {"registries": []},
          title + " is an empty list")
    done = procs.run("render-configmap", stdin=events(source("a", "r.example/a"), listed=False) +
                     events(source("a", "r.example/a"), kind="DELETED"))
    t.is_(conf_of(applied(done)), "registries: []\n", "D5: the last source is deleted")


def table_d_hosts(t):
    title = "D7: two sources on one host"
    done = render(t, source("b", "reg.example/team/b", pullSecretName="secret-b"),
                  source("a", "Reg.example:443/a", pullSecretName="secret-a"),
                  source("c", "other.example/a", pullSecretName="secret-c"), title=title)
    found = registries(t, done, title)
    t.is_([(name, found[name]["prefix"], found[name]["credentials"]) for name in found], [
        ("a", "reg.example:443/a", "pullsecret:d8-delivery/secret-a"),
        ("b", "reg.example/team/b", "pullsecret:d8-delivery/secret-b"),
        ("c", "other.example", "pullsecret:d8-delivery/secret-c")],
        title + ": each has its own path and secret")
    done = render(t, source("all", "reg.example"), source("one", "reg.example/one"), title=title)
    t.is_({name: entry["prefix"] for name, entry in registries(t, done, title).items()},
          {"all": "reg.example", "one": "reg.example/one"}, title + ": one of them has all of it")

    title = "D7: two sources with one repository"
    done = render(t, source("a", "reg.example/x", "2026-01-02T00:00:00Z", uid="u-a"),
                  source("z", "REG.example/x/", "2026-01-01T00:00:00Z"), status=1, title=title)
    t.is_({name: entry["prefix"] for name, entry in registries(t, done, title).items()},
          {"z": "reg.example"}, title + ": the older one is used")
    t.is_([(error["about"]["object"]["metadata"], error["reason"])
           for error in of_type(done, "ERROR")],
          [({"name": "a", "uid": "u-a"}, "WerfSource a: spec.imageRepo: WerfSource z, which is "
            "older, has this repository and is used")], title + ": the other one is told, once")

    for repo in ("docker.io/me", "index.docker.io/me", "registry-1.docker.io/me"):
        title = "D8: " + repo
        entry = registries(t, render(t, source("hub", repo), title=title), title)["hub"]
        t.is_((entry["prefix"], entry["api_url"]),
              (repo.split("/")[0], "https://registry-1.docker.io"), title + " has another API host")

    for repo, prefix in (("oci://reg.example/a", "reg.example"),
                         ("OCI://REG.Example:5000/a/", "reg.example:5000"),
                         ("[2001:DB8::1]:5000/a", "[2001:db8::1]:5000")):
        title = "D11: " + repo
        entry = registries(t, render(t, source("a", repo), title=title), title)["a"]
        t.is_((entry["prefix"], entry["api_url"]), (prefix, "https://" + prefix),
              title + " is brought into one spelling")


def running(t, *arguments, name="run"):
    return t.using(procs.Process(["render-configmap", *arguments], t.tmp, name=name, stdin=True))


def applies(process, count):
    """All APPLYs so far, once there are so many."""
    def look():
        found = [json.loads(line) for line in process.stdout().splitlines()
                 if line.startswith('{"type":"APPLY"') and line.endswith("}")]
        return found if len(found) >= count else None
    return tap.eventually(look) or []


def marked(process, mark):
    """Everything that was sent before this has been dealt with."""
    process.send('{"type":"x-mark","n":"%s"}\n' % mark)
    return process.wait_for('"n":"%s"' % mark)


def changes(t):
    """D12: while it runs, a change is one APPLY, and nothing else is one."""
    process = running(t, name="d12")
    process.send(events(source("a", "reg.example/a"), source("b", "b.example/b")))
    found = applies(process, 1)
    t.is_(len(found), 1, "D12: the first list is one APPLY")
    process.send(fixtures.event(dict(source("a", "reg.example/a"), status={"x": 1}), "MODIFIED"))
    process.send(fixtures.event(source("b", "b.example/b"), "MODIFIED"))
    process.send(fixtures.event(source("b", "b.example/b", pullSecretName="s"), "MODIFIED",
                                trace="t-b"))
    found = applies(process, 2)
    t.is_((len(found), found[-1].get("trace")), (2, "t-b"),
          "D12: a status is no change; a pull secret is one, with its trace")
    t.has(conf_of(found[-1]), "pullsecret:d8-delivery/s", "D12: and it is in the APPLY")
    process.send(fixtures.event(source("a", "ftp://a"), "MODIFIED") +
                 fixtures.event(source("c", "c.example/c"), trace="t-c"))
    found = applies(process, 3)
    t.is_([line for line in conf_of(found[-1]).splitlines() if "prefix" in line],
          ['  prefix: "reg.example"', '  prefix: "b.example"', '  prefix: "c.example"'],
          "a source that breaks stays what it was; the others go on")
    process.send("".join(fixtures.event(source(name, "x"), "DELETED") for name in "abc"))
    found = applies(process, 4)
    t.is_(conf_of(found[-1]), "registries: []\n", "D5: all are deleted")
    process.end_input()
    t.is_(process.wait(), 1, "D12: it ends with 1, for the source that was broken")
    t.is_(len(applies(process, 4)), 4, "D12: that was all")


def bursts(t):
    """1,000 sources one by one: rendered a few times, not 1,000 times."""
    process = running(t, name="burst")
    process.send(fixtures.listed("WerfSource", API))
    applies(process, 1)
    for number in range(1000):
        process.send(fixtures.event(source("s%03d" % number, "r%d.example/a" % number),
                                    trace="t%03d" % number))
    last = tap.eventually(lambda: next((found for found in applies(process, 1)[-1:]
                                        if conf_of(found).count("- name") == 1000), None))
    t.ok(last, "a burst of 1,000 sources is rendered whole")
    t.is_(last and last.get("trace"), "t999", "with the trace of the last one")
    count = len(applies(process, 1))
    t.ok(count < 100, "a burst is not rendered source by source (%d times)" % count)


def completeness(t):
    """Never from a part of the list."""
    half = fixtures.event(source("a", "reg.example/a"), trace="t1")
    done = procs.run("render-configmap", stdin=half)
    t.status(done, 1, "a list of weir's that breaks off")
    t.is_(of_type(done, "APPLY"), [], "a list that breaks off: nothing is rendered")
    t.has(of_type(done, "ERROR")[0]["reason"], "registries.conf is left as it is",
          "a list that breaks off: and that is said")
    done = procs.run("render-configmap", stdin=events(source("a", "r.example/a"), listed=False))
    t.status(done, 0, "a list of kubectl's")
    t.has(conf_of(applied(done)), "r.example", "a list of kubectl's: its end is the input's end")
    done = procs.run("render-configmap", stdin="")
    t.is_((done.status, done.stdout), (0, ""), "no input at all: nothing is rendered")
    done = procs.run("render-configmap", stdin=SETTINGS_LISTED)
    t.is_(applied(done), None, "the list of something else proves nothing about sources")
    os.mkdir(t.path("empty"))
    done = procs.pipeline([["watch", "--files", t.path("empty"), "--once"], ["render-configmap"]])
    t.is_((done.status, applied(done)), (0, None), "a folder without sources proves nothing")
    done = procs.run("render-configmap", stdin=fixtures.event(source("a", "r.example/a"), trace="t") +
                     fixtures.listed("WerfSource", API))
    t.is_((applied(done) or {}).get("trace"), "t", "the bookmark ends a list, and takes no trace away")

    process = running(t, name="silence")
    process.send(fixtures.event(source("a", "r.example/a")))
    t.ok(marked(process, "1"), "sources come, and then nothing for a while")
    t.is_(process.wait_for("APPLY", timeout_s=0.5), None, "silence proves nothing")
    process.send(fixtures.listed("WerfSource", API))
    t.is_(len(applies(process, 1)), 1, "the bookmark does")


def settings(t):
    for value, data in ((True, {"admin.enabled": "true"}), (False, {"admin.enabled": "false"})):
        done = render(t, admin(value), source("a", "r.example/a"), title="admin %s" % value)
        t.is_(applied(done, "argocd-cm"), {
            "type": "APPLY", "shared": True, "object": {
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "argocd-cm", "namespace": NAMESPACE}, "data": data}},
            "argocd-cm gets one key, as a text: %s" % value)
        t.has(conf_of(applied(done)), "r.example", "beside registries.conf")
    for what, objects in (("no settings", [module()]), ("null", [admin(None)]),
                          ("no spec", [{**module(), "spec": None}])):
        done = render(t, *objects, title="settings: " + what)
        t.is_(applied(done, "argocd-cm")["object"].get("data"), None,
              "settings: %s: the key is given back" % what)
    done = procs.run("render-configmap", stdin=SETTINGS_LISTED)
    t.is_(applied(done, "argocd-cm")["object"].get("data"), None,
          "settings: there is no ModuleConfig: the key is given back")
    t.is_(applied(render(t, title="nobody asked"), "argocd-cm"), None,
          "settings: nobody watches ModuleConfigs: argocd-cm is not touched")
    other = {**admin(True), "metadata": {"name": "other"}}
    t.is_(applied(render(t, other, title="another module"), "argocd-cm"), None,
          "settings: of another module: argocd-cm is not touched")
    done = procs.run("render-configmap", stdin=events(admin(True)) +
                     fixtures.event(admin(True), "DELETED"))
    t.is_(applied(done, "argocd-cm")["object"].get("data"), None,
          "settings: the ModuleConfig is deleted: the key is given back")


def wrong_settings(t):
    for what, wrong, reason in (
            ("enabled", admin(CANARY), "spec.settings.argocd.admin.enabled: is to be true or "
             "false"),
            ("admin", module(argocd={"admin": CANARY}), "spec.settings.argocd.admin: is to be a "
             "mapping"),
            ("argocd", module(argocd=[CANARY]), "spec.settings.argocd: is to be a mapping"),
            ("settings", {**module(), "spec": {"settings": CANARY}}, "spec.settings: is to be a "
             "mapping")):
        title = "wrong settings: " + what
        done = render(t, wrong, source("a", "r.example/a"), status=1, title=title)
        t.is_(applied(done, "argocd-cm"), None, title + ": argocd-cm is left as it is")
        t.has(conf_of(applied(done)), "r.example", title + ": registries.conf is not concerned")
        error = of_type(done, "ERROR")[0]
        t.is_((error["reason"], error["about"]["object"]["metadata"]),
              ("ModuleConfig delivery: " + reason, {"name": "delivery"}), title + ": and why")


WRONG = [
    ("spec.imageRepo", {"imageRepo": None}), ("spec.imageRepo", {"imageRepo": 5}),
    ("spec.imageRepo", {"imageRepo": "http://r.example/a"}),
    ("spec.imageRepo", {"imageRepo": "r.example/A"}),
    ("spec.imageRepo", {"imageRepo": "r.example/a:1.0"}),
    ("spec.imageRepo", {"imageRepo": "u:p@r.example/a"}),
    ("spec.imageRepo", {"imageRepo": "r.example/a\n- name: x"}),
    ("spec.apiUrl", {"apiUrl": "r.example"}), ("spec.apiUrl", {"apiUrl": []}),
    ("spec.apiUrl", {"apiUrl": "https://r.example/\"\n"}),
    ("spec.pullSecretName", {"pullSecretName": "ns/name"}),
    ("spec.pullSecretName", {"pullSecretName": True}),
    ("spec.argocdRepoEnabled", {"argocdRepoEnabled": "yes"}),
    ("spec.argocdRepo", {"argocdRepo": "default"}),
    ("spec.argocdRepo.project", {"argocdRepo": {"project": "A b"}}),
]


def wrong_values(t):
    """From files, so that no API server has looked at them: each is one ERROR that names source,
    field and file, and the others go on."""
    folder = t.path("sources")
    for number, (_, spec) in enumerate(WRONG):
        t.write("sources/w%02d.yaml" % number,
                fixtures.manifest(source("w%02d" % number, "r.example/a", **spec)))
    t.write("sources/good.yaml", fixtures.manifest(source("good", "good.example/a")))
    done = procs.pipeline([["watch", "--files", folder, "--once"], ["render-configmap"]])
    t.status(done, 1, "wrong values in files")
    t.is_(list(registries(t, done, "wrong values")), ["good"], "wrong values: the good one is there")
    errors = {error["about"]["object"]["metadata"]["name"]: error
              for error in of_type(done, "ERROR")}
    t.is_(len(of_type(done, "ERROR")), len(WRONG), "wrong values: one ERROR each")
    for number, (field, spec) in enumerate(WRONG):
        name = "w%02d" % number
        error = errors.get(name, {"reason": "", "about": {}})
        t.ok(error["reason"].startswith("WerfSource %s: %s: " % (name, field)),
             "wrong values: %s: %s" % (json.dumps(spec), error["reason"]))
        t.has(error["about"].get("origin", {}).get("file", ""), name + ".yaml",
              "wrong values: with the file")


def hostile(t):
    """Each member of a good source missing, and of each other type, in one stream: what is good is
    rendered, and all that comes out is a message."""
    good = [source("good-%d" % number, "good-%d.example/a" % number) for number in range(3)]
    sample = messages.added(dict(
        source("bad", "bad.example/a", "2026-01-01T00:00:00Z", "u", apiUrl="http://bad.example",
               pullSecretName="s", argocdRepoEnabled=True, argocdRepo={"project": "p"}),
        status={"conditions": []}))
    settings_sample = messages.added(admin(True))
    changed = [each for one in (sample, settings_sample)
               for _, _, each in messages.mutations(one)]
    text = messages.lines(*[messages.added(each) for each in good]) + messages.lines(*changed)
    done = procs.run("render-configmap", stdin=text + fixtures.listed("WerfSource", API).encode())
    t.status(done, 1, "hostile: %d changed messages" % len(changed))
    t.is_([messages.complaint(line) for line in done.lines if line.startswith('{"type":"APPLY"') or
           line.startswith('{"type":"ERROR"')],
          [""] * (len(of_type(done, "APPLY")) + len(of_type(done, "ERROR"))),
          "hostile: what it says are messages")
    found = registries(t, done, "hostile")
    t.is_(sorted(name for name in found if name.startswith("good")),
          ["good-0", "good-1", "good-2"], "hostile: the good ones are rendered")
    t.ok(len(of_type(done, "ERROR")) > 50, "hostile: the others are reported")
    t.is_([error["reason"] for error in of_type(done, "ERROR")
           if not error["reason"].startswith(("WerfSource ", "a WerfSource: ", "a message was ",
                                              "ModuleConfig delivery: "))],
          [], "hostile: by name")


GROUP = """stages:
  - {name: watch, command: [watch, --files, %s], from: []}
  - {name: render-configmap, command: [render-configmap]}
  - {name: out, command: [cat]}
"""


def group(t):
    """Over ZeroMQ: killed and started again it says the same, and what changed meanwhile."""
    t.write("group/a.yaml", fixtures.manifest(source("a", "a.example/a")))
    run = t.using(procs.Process(["weir", "run", t.write("pipeline.yaml", GROUP % t.path("group"))],
                                t.tmp, name="group"))
    t.is_([conf_of(each).count("- name") for each in applies(run, 1)], [1],
          "a group: the ConfigMap of the first list")
    for pid in procs.tree(run.pid):
        if os.readlink("/proc/%d/exe" % pid).endswith("/render-configmap"):
            os.kill(pid, 9)
    t.write("group/b.yaml", fixtures.manifest(source("b", "b.example/b")))
    os.unlink(t.path("group/a.yaml"))
    t.eventually(lambda: [line for line in conf_of(applies(run, 1)[-1]).splitlines()
                          if "prefix" in line] == ['  prefix: "b.example"'],
                 "a group: killed, it comes to what is true now")
    os.unlink(t.path("group/b.yaml"))
    t.eventually(lambda: conf_of(applies(run, 1)[-1]) == "registries: []\n",
                 "a group: D5: the last one goes")


def files(t):
    """Two files with one name, and a file that changes its mind."""
    t.write("twins/a.yaml", fixtures.manifest(source("a", "one.example/a")))
    t.write("twins/b.yaml", fixtures.manifest(source("a", "two.example/a")))
    done = procs.pipeline([["watch", "--files", t.path("twins"), "--once"], ["render-configmap"]])
    t.is_([entry["prefix"] for entry in registries(t, done, "two files").values()],
          ["one.example"], "two files with one name: one of them is used")
    t.is_([error["reason"] for error in of_type(done, "ERROR")],
          ["WerfSource a: metadata.name: another WerfSource has this name and is used"],
          "two files with one name: and that is said")
    origin = {"file": "a.yaml", "document": 0}
    done = procs.run("render-configmap", stdin=(
        fixtures.event(source("a", "a.example/a"), origin=origin) +
        fixtures.event({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}},
                       "MODIFIED", origin=origin)))
    t.is_(conf_of(applied(done)), "registries: []\n", "a file that holds something else now")


def own_object(t):
    """What somebody else does to the ConfigMap is seen, and told against."""
    run = t.using(procs.Process(["render-configmap"], t.tmp, "own", stdin=True))
    run.send(events(source("a", "a.example/a")))
    first = applies(run, 1)[0]["object"]

    def seen(kind="MODIFIED", namespace="d8-delivery", text=None, mark="mark"):
        content = dict(first, metadata={"name": first["metadata"]["name"],
                                        "namespace": namespace}, data={"registries.conf": text}
                       if text is not None else {})
        run.send(fixtures.event(content, kind) + fixtures.line({"type": mark}))

    seen("ADDED", text=first["data"]["registries.conf"], mark="SAME")
    seen("ADDED", namespace="tenant", text="x", mark="FOREIGN")
    t.ok(run.wait_for("FOREIGN"), "the same text, or another namespace's")
    t.is_(len(applies(run, 1)), 1, "is no reason to say anything")
    t.is_(re.findall('"namespace":"(tenant|d8-delivery)"', run.stdout().partition("SAME")[2]),
          ["tenant"], "its own is not passed on, another one's is")
    for count, (title, more) in enumerate((("changed", {"text": "registries: []"}),
                                           ("emptied", {}), ("deleted", {"kind": "DELETED"})), 2):
        seen(**more)
        t.is_(applies(run, count)[-1]["object"], first, title + ": it is told again")
    run.send(fixtures.event(source("b", "b.example/b")))
    t.has(conf_of(applies(run, 5)[-1]), "b.example", "and later changes, too")
    run.end_input()
    t.is_(run.wait(), 0, "it ends with its input")


def silence(t):
    """That a stage of others' has said nothing for a while proves nothing."""
    t.write("a", fixtures.event(source("a", "reg.example/a")))
    t.write("b", fixtures.event(source("b", "reg.example/b")))
    os.mkfifo(t.path("gate"))
    socket = "ipc://" + t.path("bridge")
    stages = [procs.Process(["bridge", "--out", "@" + socket, "--", "sh", "-c",
                             "cat '%s'; cat '%s' '%s'" % tuple(map(t.path, ("a", "gate", "b")))],
                            t.tmp, "bridge")]
    stages += [procs.Process([name, "--in", socket], t.tmp, name + "-late")
               for name in ("render-repository", "render-configmap")]
    for stage in stages:
        t.defer(stage.stop)
        stage.start()
    t.ok(stages[1].wait_for('"APPLY".*repo-a'), "a list of others' counts as complete for a while")
    t.ok(stages[2].wait_for('"ADDED".*reg.example/a'), "and the source was heard of")
    with open(t.path("gate"), "wb"):
        pass
    t.ok(stages[2].wait_for('"ADDED".*reg.example/b'), "then comes another one")
    t.ok(stages[2].wait_for('"APPLY"'), "and the end, at which it is written")
    t.is_([conf_of(message).count("- name:") for message in messages.parse(stages[2].stdout())
           if message["type"] == "APPLY"], [2], "once, and not from half a list before")


def kept(t):
    """What stands in the ConfigMap for a source that was broken when we started."""
    good = source("good", "reg.example/good", pullSecretName="good")
    other = source("zeta", "reg.example/zeta", apiUrl="https://api.example")
    before = applied(render(t, good, other, title="two sources"))["object"]
    broken = source("zeta", "https://reg.example/zeta")

    def again(*objects, title):
        done = procs.run("render-configmap", stdin=events(before, *objects))
        found = registries(t, done, title)
        return [(name, found[name]["prefix"]) for name in found]

    both = [("good", "reg.example/good"), ("zeta", "reg.example/zeta")]
    t.is_(again(good, broken, title="a broken one"), both, "the entry of a broken source stays")
    done = procs.run("render-configmap", stdin=events(before, good, broken))
    t.is_(conf_of(applied(done)), before["data"]["registries.conf"],
          "and not a byte of registries.conf changes")
    t.is_(again(broken, title="the other one is gone"), both[1:], "also as the only one")
    half = source("zeta", "reg.example/zeta", apiUrl="nonsense")
    done = procs.run("render-configmap", stdin=events(good, half))
    t.is_(list(registries(t, done, "no ConfigMap").items())[0][1]["prefix"], "reg.example/good",
          "the neighbour of a broken one does not get all of its host")
    t.is_(again(good, title="it is gone"), [("good", "reg.example")], "until it is gone")
    taken = source("alpha", "reg.example/zeta")
    t.is_(again(taken, good, broken, title="another one has its repository"),
          [("alpha", "reg.example/zeta"), ("good", "reg.example/good")],
          "a whole one that has its repository takes its place")
    whole = source("zeta", "reg.example/new")
    t.is_(again(good, broken, whole, title="it is whole again"),
          [both[0], ("zeta", "reg.example/new")], "whole again")


def passing(t):
    """What it reads it passes on, byte for byte; it consumes no Secret."""
    text = (events(source("a", "r.example/a"), admin(True)) + SETTINGS_LISTED +
            '{"type":"ADDED",  "object":{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}}}\n'
            '{"type":"x-mine",  "a":[1,  2]}\n')
    done = procs.run("render-configmap", stdin=text)
    passed = [line for line in done.lines if not line.startswith('{"type":"APPLY"')]
    t.is_(passed, text.splitlines(), "all that comes in goes out as it came")
    done = procs.run("render-configmap", stdin='{"type":"ERROR","filter":"x","reason":"r"}\n')
    t.is_((done.status, done.lines), (1, ['{"type":"ERROR","filter":"x","reason":"r"}']),
          "an ERROR passes and speaks in the exit status")


def programs(t):
    """--program, and what is done about its mistakes."""
    one = source("a", "r.example/a")

    def run_program(text, status, title):
        return render(t, one, arguments=["--program", t.write("p.jq", text)], status=status,
                      title="--program " + title)

    done = run_program('{type: "APPLY", object: {apiVersion: "v1", kind: "ConfigMap", metadata: '
                       '{name: "mine", namespace}, data: {a: .sources[0].url}}}'
                       .replace("namespace}", "namespace: .namespace}"), 0, "of one's own")
    t.is_(applied(done, "mine")["object"]["data"], {"a": "r.example/a"},
          "--program: another object is rendered")
    for title, text, reason in (
            ("that fails", ".sources | tonumber", "the program ends with an error"),
            ("that says why", 'error({reason: "no such thing"})', "no such thing"),
            ("that gives no message", ".", "what the program gives is no message"),
            ("that gives another type", '{type: "UPDATE"}', "neither an APPLY nor a PRUNE"),
            ("whose object has no name", '{type: "APPLY", object: {kind: "x"}}', "no apiVersion"),
            ("whose registries.conf is broken",
             '{type: "APPLY", object: {apiVersion: "v1", kind: "ConfigMap", metadata: {name: "x"},'
             ' data: {"registries.conf": "registries: [{nam: a}]"}}}',
             "what the program gives is no registries.conf")):
        done = run_program(text, 1, title)
        t.is_(of_type(done, "APPLY"), [], "--program %s: nothing is told" % title)
        t.has(of_type(done, "ERROR")[0]["reason"], reason, "--program %s: and why" % title)
    done = procs.run("render-configmap", "--program", t.write("p.jq", "a b"))
    t.is_((done.status, done.stderr), (100, "weir render-configmap: error: %s is no jq program: "
                                       "syntax error, unexpected IDENT, expecting $end at "
                                       "<top-level>, line 1\n" % t.path("p.jq")),
          "--program: what is no program is said at once")
    t.write("home/.jq", "def tojson: ;")
    done = render(t, one, title="~/.jq")
    t.has(conf_of(applied(done)), "r.example", "~/.jq is not read")
    shipped = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "../../filters/render-configmap.jq")
    t.is_(render(t, one, arguments=["--program", shipped], title="shipped").stdout,
          render(t, one, title="its own").stdout, "--program with the shipped file changes nothing")


def options(t):
    done = render(t, source("a", "r.example/a", pullSecretName="s"), arguments=["-n", "mine"],
                  title="-n")
    t.is_(applied(done)["object"]["metadata"]["namespace"], "mine", "-n: of the ConfigMap")
    t.is_(registries(t, done, "-n")["a"]["credentials"], "pullsecret:mine/s", "-n: of the secret")
    for arguments, text in ((["-n", "a/b"], "--namespace: 'a/b' is no namespace"),
                            (["--shard", "1/2"], "--shard: the ConfigMap is one"),
                            (["x"], "there are no operands ('x')"),
                            (["--program", "/nonexistent/x.jq"], "No such file")):
        done = procs.run("render-configmap", *arguments)
        t.status(done, 100, "%s: wrong usage" % arguments)
        t.has(done.stderr, text, "%s: says what" % arguments)


with tap.Test() as test:
    table_d(test)
    table_d_hosts(test)
    changes(test)
    bursts(test)
    completeness(test)
    settings(test)
    wrong_settings(test)
    wrong_values(test)
    hostile(test)
    group(test)
    files(test)
    own_object(test)
    silence(test)
    kept(test)
    passing(test)
    programs(test)
    options(test)

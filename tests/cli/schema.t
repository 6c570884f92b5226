#!/usr/bin/python3 -B
"""weir-message(7), message.schema.json, bus/message.h and the real filters say the same.

The page is held to the schema member by member, both ways; the schema is shown to refuse what the
page does not allow; then real programs run over a real registry, a folder of manifests and (where
there is one) a real API server, and each line they write is held to the schema.
"""

import json
import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import jsonschema
from weirtest import ROOT, fixtures, messages, procs, tap
from weirtest.registry import Registry

# Members that are Kubernetes' own: named on the page, but described by Kubernetes.
FOREIGN = {"resourceVersion", "annotations", "metadata", "apiVersion", "kind"}


# --- the page ---

def page_text():
    with open(messages.PAGE, encoding="utf-8") as file:
        return file.read()


def section(text, macro, title):
    """The lines of a section (Sh) or subsection (Ss), up to the next of its kind or above."""
    stop = r"^\.S[hs] " if macro == "Ss" else r"^\.Sh "
    found = re.search(r"^\.%s %s\n(.*?)(?=%s|\Z)" % (macro, re.escape(title), stop), text,
                      re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def subsections(text):
    """{type: the text of its subsection}; one subsection may be for several types."""
    found = {}
    for title in re.findall(r"^\.Ss (.*)$", text, re.MULTILINE):
        for name in title.split(", "):
            found[name] = section(text, "Ss", title)
    return found


def items(text):
    """{member: the text of its item} of the lists in text, all levels, in one."""
    found = {}
    pieces = re.split(r"^\.It ", text, flags=re.MULTILINE)[1:]
    for piece in pieces:
        head, _, body = piece.partition("\n")
        if not head.startswith("Va "):
            continue
        for name in re.findall(r"Va (\w+)", head):
            found[name] = body
    return found


def top_items(text):
    """As items, without lists inside items."""
    flat, depth = [], 0
    for each in text.splitlines():
        depth += each.startswith(".Bl ")
        if depth <= 1:
            flat.append(each)
        depth -= each.startswith(".El")
    return items("\n".join(flat))


def resolve(node):
    while "$ref" in node:
        node = messages.SCHEMA["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return node


def own_members(node, found=None):
    """Each member name that a part of the schema mentions, at any depth."""
    found = set() if found is None else found
    if isinstance(node, dict):
        for name, below in node.get("properties", {}).items():
            found.add(name)
            own_members(below, found)
        for key, below in node.items():
            if key != "properties":
                own_members(below, found)
    elif isinstance(node, list):
        for below in node:
            own_members(below, found)
    return found


def check_page(t):
    text = page_text()
    described = subsections(text)
    t.is_(sorted(described), sorted(messages.TYPES), "page and schema know the same types")
    with open(os.path.join(ROOT, "bus/message.h"), encoding="utf-8") as file:
        enum = re.search(r"enum message_type \{(.*?)\}", file.read(), re.DOTALL).group(1)
    t.is_(sorted(set(re.findall(r"MESSAGE_([A-Z]+)", enum)) - {"OTHER"}), sorted(messages.TYPES),
          "bus/message.h knows them too")
    for name in messages.TYPES:
        properties = messages.SCHEMA["$defs"][name]["properties"]
        t.is_(sorted(top_items(described.get(name, ""))),
              sorted(set(properties) - {"type", "trace"}), "%s: page and schema: members" % name)
    t.is_(sorted(items(section(text, "Sh", "MEMBERS OF EVERY TYPE"))), ["trace", "type"],
          "the members of every type")
    t.ok(all({"type", "trace"} <= set(messages.SCHEMA["$defs"][name]["properties"])
             for name in messages.TYPES), "the schema has them for every type")
    check_optional(t, described)
    named = set(re.findall(r"\bVa (\w+)", text)) - FOREIGN - {"name", "namespace", "targetRevision"}
    in_schema = own_members(messages.SCHEMA) - FOREIGN
    t.is_(sorted(in_schema - named - {"name", "namespace"}), [], "no member is without a word")
    t.is_(sorted(named - in_schema), [], "no word is about a member that is not there")
    for shared in ("application", "origin", "considered"):
        node = resolve({"$ref": "#/$defs/" + shared})
        inner = set(node.get("items", node)["properties"])
        described_inner = set(re.findall(r"Va (\w+)", item_text(text, shared)))
        t.is_(sorted(inner - described_inner), [], "the members of %s" % shared)


def item_text(text, name):
    """An item of SHARED MEMBERS with the lists inside it."""
    kept, depth, inside = [], 0, False
    for each in section(text, "Sh", "SHARED MEMBERS").splitlines():
        if each.startswith(".It ") and depth == 1:
            inside = each == ".It Va " + name
        depth += each.startswith(".Bl ") - each.startswith(".El")
        if inside:
            kept.append(each)
    return "\n".join(kept)


def check_optional(t, described):
    """An item that begins with "Optional" is not required, and the other way round."""
    for name in messages.TYPES:
        required = set(messages.SCHEMA["$defs"][name]["required"]) - {"type"}
        wrong = []
        for member, body in top_items(described[name]).items():
            heads = re.search(r"^\.It .*\bVa %s\b.*$" % member, described[name], re.MULTILINE)
            if len(re.findall(r"\bVa\b", heads.group(0))) > 1:
                continue  # several at once: their text says which are optional
            optional = body.startswith("Optional") or "\nOptional with" in body \
                or body.startswith("Present when")
            if optional == (member in required):
                wrong.append(member)
        t.is_(wrong, [], "%s: what is optional" % name)


def check_page_examples(t):
    found = re.findall(r"^(\{.*\})$", page_text(), re.MULTILINE)
    t.ok(len(found) >= 6, "the page shows messages")
    for example in found:
        t.is_(messages.complaint(example.replace("\\e", "\\")), "", "example: " + example[:60])


# --- the schema ---

def check_schema(t):
    jsonschema.Draft202012Validator.check_schema(messages.SCHEMA)
    t.ok(True, "the schema is a schema")
    samples = messages.samples()
    t.is_(sorted(samples), sorted(messages.TYPES), "there is a sample of each type")
    for name, sample in samples.items():
        definition = messages.SCHEMA["$defs"][name]
        t.is_(messages.complaint(sample), "", name + ": the sample is valid")
        missing = set(definition["properties"]) - set(sample)
        t.ok(missing <= {"current", "object", "subresource", "diff"} if name == "RESULT" else not missing,
             name + ": the sample has every member")
        accepted = [member for member in definition["required"]
                    if not messages.complaint(messages.without(sample, (member,)))]
        t.is_(accepted, [], name + ": nothing required may be missing")
        t.isnt(messages.complaint(dict(sample, extra=1)), "", name + ": nothing may be added")
        wrong = [what for what, path, changed in messages.mutations(sample)
                 if " as " in what and path[0] not in ("object", "type")
                 and not messages.complaint(changed)]
        t.is_(wrong, [], name + ": no member may have another type")
    for bad in ({}, {"type": 7}, {"type": None}, [], "UPDATE", 7, None):
        t.isnt(messages.complaint(bad), "", "no message: " + json.dumps(bad))
    for good in ({"type": "x-mine", "anything": [1]}, {"type": "update"},
                 {"type": "ERROR", "object": {"kind": "Status", "code": 410}}):
        t.is_(messages.complaint(good), "", "somebody else's message: " + json.dumps(good))
    for changed in ({"to": "1.0.0_b"}, {"to": "../x"}, {"to": ""}, {"digest": "sha256:ab"},
                    {"source": -1}, {"repository": "https://registry.example/x"}):
        t.isnt(messages.complaint(dict(samples["UPDATE"], **changed)), "",
               "UPDATE with " + json.dumps(changed))


# --- the filters ---

class Seen:
    """What the filters wrote: each line is held to the schema, and counted."""

    def __init__(self, t):
        self.t, self.types, self.members = t, {}, {}

    def hold(self, program, result, expect_status=None):
        """Check the output of a run; gives the messages."""
        found = []
        wrong = []
        for each in result.lines:
            against = messages.complaint(each)
            if against:
                wrong.append("%s\n   in %s" % (against, each[:600]))
                continue
            message = json.loads(each)
            found.append(message)
            self.types.setdefault(program, set()).add(message["type"])
            self.members.setdefault(message["type"], set()).update(message)
        self.t.is_(wrong, [], "%s: %d messages, all as the schema says" % (program, len(found)))
        if expect_status is not None:
            self.t.status(result, expect_status, program + ": exit status")
        return found


def write_manifests(t, registry):
    host = registry.host + "/team"

    def app(name, namespace="apps", repo_url=host, note=None, **more):
        notes = {fixtures.PREFIX + key: value for key, value in (note or {}).items()}
        return fixtures.application(namespace, name, repo_url=repo_url, annotations=notes, **more)

    several = [{"repoURL": "https://git.example/x", "path": "deploy", "targetRevision": "main"},
               fixtures.source(host, "other"), fixtures.source("oci://" + host + "/")]
    documents = {
        "behind.yaml": [app("behind")],
        "newest.yaml": [app("newest", revision="1.0.4+b1")],
        "any.yaml": [app("any", constraint="")],
        "several.yaml": [app("several", "two", sources=several)],
        "list.yaml": [{"apiVersion": "v1", "kind": "List", "items": [
            app("in-list", note={"update-strategy": "semver"}), app("second", constraint=">= 9")]}],
        "documents.yaml": [app("first", note={"allow-tags": "regexp:^1"}),
                           app("then", note={"ignore-tags": "*-rc*, 1.0.1"})],
        "deckhouse.yaml": [app("deckhouse", constraint="~ 0.0")],
        "strategy.yaml": [app("strategy", note={"update-strategy": "digest"})],
        "image.yaml": [app("image", chart="mixed", constraint="*")],
        "absent.yaml": [app("absent", chart="absent")],
        "constraint.yaml": [app("constraint", constraint=">>> 1")],
        "range.yaml": [app("range", revision="1.x")],
        "git.yaml": [app("not-oci", repo_url="https://charts.example/stable")],
        "untracked.yaml": [{"apiVersion": "v1", "kind": "ConfigMap",
                            "metadata": {"name": "one", "namespace": "apps"}}],
    }
    for name, objects in documents.items():
        t.write("apps/" + name, fixtures.manifest(*objects))
    t.write("apps/broken.yaml", "kind: Application\n  metadata: [\n")
    t.write("apps/template.yaml", "kind: {{ .Values.kind }}\nmetadata:\n  name: x\n")
    t.write("apps/one.json", "{\n\t" + json.dumps(app("json"))[1:])


def push_charts(registry):
    for version in ("1.0.0", "1.0.1", "1.0.3", "1.1.0", "2.0.0", "1.0.3-rc1", "1.0.4+b1"):
        registry.push_chart("team", "app", version)
        registry.push_chart("team", "other", version)
    registry.push_chart("team", "mixed", "1.0.0")
    registry.push_chart("team", "mixed", "1.1.0")
    registry.push_image("team/mixed", "1.2.0")
    registry.push_image("team/mixed", "latest")


def run_filters(t, seen, registry):
    """The whole flow over files, each stage's output kept."""
    push_charts(registry)
    write_manifests(t, registry)
    folder = t.path("apps")
    listed = seen.hold("watch", procs.run("watch", "--files", folder, "--once"), 1)
    t.ok(any(m.get("origin", {}).get("item") == 1 for m in listed),
         "an item of a List has its place")
    tags = procs.run("tag-scan", stdin=messages.lines(*listed))
    seen.hold("tag-scan", tags, 1)
    plain = procs.run("constraint-match", stdin=tags.stdout_bytes)
    seen.hold("constraint-match", plain, 1)
    chosen = procs.run("constraint-match", "--explain", stdin=tags.stdout_bytes)
    seen.hold("constraint-match", chosen, 1)
    old = procs.run("constraint-match", "--dialect", "v1", stdin=tags.stdout_bytes)
    seen.hold("constraint-match", old, 1)
    verified = procs.run("verify", stdin=chosen.stdout_bytes)
    seen.hold("verify", verified, 1)
    dry = procs.run("patch-application", "--dry-run", stdin=verified.stdout_bytes)
    seen.hold("patch-application", dry, 1)
    t.ok("dry-run" in [m.get("status") for m in messages.parse(dry.stdout)], "a dry run says so")
    done = seen.hold("patch-application",
                     procs.run("patch-application", stdin=verified.stdout_bytes), 1)
    again = seen.hold("patch-application",
                      procs.run("patch-application", stdin=verified.stdout_bytes), 1)
    check_results(t, done, again)
    check_shown(t, done)


def check_results(t, done, again):
    statuses = {}
    for message in done:
        if message["type"] == "RESULT":
            statuses.setdefault(message["status"], []).append(message["application"]["name"])
    t.is_(sorted(statuses.get("patched", [])),
          ["any", "behind", "first", "image", "in-list", "json", "several", "several", "then"],
          "what is behind is patched")
    t.ok("newest" in statuses.get("unchanged", []), "what is newest is not")
    t.is_([m for m in again if m["type"] == "RESULT" and m["status"] == "patched"], [],
          "the same UPDATEs again patch nothing")
    t.is_(sorted(m["filter"] for m in done if m["type"] == "ERROR" and m["filter"] == "watch"),
          ["watch", "watch"], "ERRORs of the first stage reach the end")


def check_shown(t, done):
    shown = procs.run("show", stdin=messages.lines(*done, *messages.samples().values()))
    t.is_(shown.status, 1, "show ends with 1 when an ERROR comes through")
    t.lacks(shown.stdout, '{"type"', "show shows no bare JSON of a known type")


def run_push(t, seen, registry):
    """A PUSH makes tag-scan look again; DELETED takes the application out."""
    app = fixtures.application("apps", "pushed", repo_url=registry.host + "/team", uid="u-1")
    process = t.using(procs.Process(["tag-scan", "--interval", "1h"], t.tmp, stdin=True))
    process.send(fixtures.event(app) + fixtures.listed())
    t.ok(process.wait_for(r'"type":"TAGS"'), "tag-scan lists")
    registry.push_chart("team", "app", "1.0.9")
    process.send(messages.line({"type": "PUSH", "repository": registry.host + "/team/app",
                                "tag": "1.0.9"}))
    t.ok(process.wait_for(r'"1\.0\.9"'), "and again after a PUSH")
    process.send(fixtures.event(app, "DELETED"))
    process.end_input()
    t.is_(process.wait(), 0, "and ends with its input")
    wrong = [messages.complaint(each) for each in process.stdout().splitlines()]
    t.is_([each for each in wrong if each], [], "tag-scan: as the schema says, over time too")


def run_notes(t, seen, registry):
    """What the flow above cannot give: notes, credentials, sources without uid."""
    tags = messages.samples(repo_url=registry.host + "/team")["TAGS"]
    follower = tags["applications"][0]
    cases = [dict(follower, constraint=constraint, current=current, application={
        "namespace": "apps", "name": "n%d" % index}) for index, (constraint, current) in enumerate(
            [("~ 0.0", "1.0.0"), ("1.2", "1.2.0"), ("<=1.2", "1.0.0"), ("", "1.0.0"),
             ("~ 1.0", "9.0.0"), ("^0.2", "0.2.0"), ("~ 1.0", ""), ("*", "main"),
             ("~ 1.0", "1.0.9")])]
    many = dict(tags, applications=cases, tags=[
        "0.0.1", "0.2.0", "0.3.0", "1.0.0", "1.0.3", "1.2.0", "1.2.5", "1.2.7", "2.0.0_b1",
        "latest", "sha256-0000.sig"])
    for arguments in ([], ["--explain"], ["--dialect", "v1"], ["--dialect", "v3", "--explain"]):
        found = seen.hold("constraint-match",
                          procs.run("constraint-match", *arguments, stdin=messages.line(many)))
        t.is_(sorted(m["application"]["name"] for m in found if m["type"] in ("UPDATE", "HOLD")),
              sorted(c["application"]["name"] for c in cases),
              "each application has one answer (%s)" % " ".join(arguments))
    half = seen.hold("constraint-match", procs.run(
        "constraint-match", stdin=messages.line(dict(many, complete=False))))
    t.is_([m for m in half if m["type"] == "UPDATE"], [], "nothing is decided from half a list")
    no_cluster = seen.hold("patch-application", procs.run(
        "patch-application", stdin=messages.line({k: v for k, v in messages.samples()[
            "UPDATE"].items() if k != "origin"})), 1)
    t.is_([m["status"] for m in no_cluster if m["type"] == "RESULT"], ["failed"],
          "without a cluster an UPDATE fails")


def run_objects(t, seen):
    """APPLY and PRUNE, into a folder."""
    os.mkdir(t.path("objects"))
    samples = messages.samples()
    whole = {k: v for k, v in samples["APPLY"].items() if k not in ("subresource", "shared")}
    broken = dict(whole, object={"kind": "x"})
    found = seen.hold("apply", procs.run(
        "apply", "--files", t.path("objects"),
        stdin=messages.lines(whole, samples["APPLY"], samples["PRUNE"], broken)), 1)
    t.is_(sorted(m.get("status", m["type"]) for m in found),
          ["ERROR", "applied", "pruned", "unchanged"], "an object is written and removed")
    shown = procs.run("show", stdin=messages.lines(*found))
    t.has(shown.stdout, "    + .data.key  value\n", "show shows what differed")


def run_cluster(t, seen, registry):
    """The same flow against a real API server, where there is one."""
    if not os.environ.get("WEIR_PEERS"):
        t.skip("the flow against a cluster",
               "no kube-apiserver and etcd here (make peers builds them)")
        return
    from weirtest.cluster import Cluster
    cluster = t.using(Cluster(t.path("cluster")))
    cluster.namespace("apps")
    cluster.create_all([
        fixtures.application("apps", "behind", repo_url=registry.host + "/team"),
        fixtures.application("apps", "newest", "=1.0.3", repo_url=registry.host + "/team",
                             revision="1.0.3")])
    environment = {"KUBECONFIG": cluster.kubeconfig}
    listed = procs.run("watch", "applications", "-A", "--once", env=environment)
    seen.hold("watch", listed, 0)
    tags = procs.run("tag-scan", stdin=listed.stdout_bytes, env=environment)
    seen.hold("tag-scan", tags, 0)
    chosen = procs.run("constraint-match", stdin=tags.stdout_bytes)
    seen.hold("constraint-match", chosen, 0)
    verified = procs.run("verify", stdin=chosen.stdout_bytes, env=environment)
    seen.hold("verify", verified, 0)
    for arguments in (["--dry-run"], [], []):
        seen.hold("patch-application", procs.run("patch-application", *arguments,
                                                 stdin=verified.stdout_bytes, env=environment))


def check_coverage(t, seen):
    """The runs above must have met what they are there for."""
    for program, types in (("watch", {"ADDED", "BOOKMARK", "ERROR"}),
                           ("tag-scan", {"TAGS", "ERROR"}),
                           ("constraint-match", {"UPDATE", "HOLD", "ERROR"}),
                           ("verify", {"UPDATE", "HOLD", "ERROR"}),
                           ("patch-application", {"RESULT", "ERROR"}),
                           ("apply", {"RESULT", "ERROR"})):
        t.is_(sorted(types - seen.types.get(program, set())), [],
              program + " wrote each of its types")
    for name in ("ADDED", "TAGS", "UPDATE", "HOLD", "RESULT", "ERROR"):
        known = set(messages.SCHEMA["$defs"][name]["properties"])
        met = seen.members.get(name, set()) | {"credential"}
        t.is_(sorted(known - met), [],
              name + ": each member was met")


with tap.Test() as test:
    check_page(test)
    check_page_examples(test)
    check_schema(test)
    the_seen = Seen(test)
    the_registry = test.using(Registry(test.path("registry")))
    run_filters(test, the_seen, the_registry)
    run_push(test, the_seen, the_registry)
    run_notes(test, the_seen, the_registry)
    run_objects(test, the_seen)
    run_cluster(test, the_seen, the_registry)
    check_coverage(test, the_seen)

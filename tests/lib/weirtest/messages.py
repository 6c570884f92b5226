"""Messages as weir-message(7) has them: the schema, samples of each type, and
what a hostile writer may make of them. It starts nothing.
"""

import copy
import json
import os

import jsonschema

from . import ROOT, fixtures

PAGE = os.path.join(ROOT, "bus/weir-message.7")

with open(os.path.join(ROOT, "bus/message.schema.json"), encoding="utf-8") as _file:
    SCHEMA = json.load(_file)
_VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

TYPES = [name for name in SCHEMA["$defs"] if name.isupper()]


def complaint(message):
    """What the schema says against a message (an object, or a line of JSON); "" when nothing."""
    if isinstance(message, (str, bytes)):
        try:
            message = json.loads(message)
        except ValueError as error:
            return "no JSON: %s: %r" % (error, message[:200])
    found = sorted(_VALIDATOR.iter_errors(message), key=lambda error: len(error.message))
    return "; ".join("%s: %s" % ("/".join(map(str, error.path)) or ".", error.message[:300])
                     for error in found[:3])


def line(message):
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def lines(*messages):
    return b"".join(line(message) for message in messages)


def parse(text):
    """The messages of an output."""
    return [json.loads(each) for each in text.splitlines()]


def added(obj, **members):
    return dict({"type": "ADDED", "object": obj}, **members)


# Samples: one message of each type, each member present

def samples(repo_url="registry.example/charts", chart="app", name="sample",
            file="apps/sample.yaml"):
    """{type: message}, with every member that the type may have, the optional ones too."""
    who = {"namespace": "apps", "name": name, "uid": "5a0c9d5e-6a39-4c35-9d5c-1f2b3c4d5e6f"}
    repository = "%s/%s" % (repo_url, chart)
    origin = {"file": file, "document": 0, "item": 0}
    common = {"application": who, "source": 2, "repository": repository, "repoURL": repo_url,
              "chart": chart, "constraint": "~ 1.0"}
    considered = [{"tag": "1.0.3", "taken": True, "reason": "the newest match"},
                  {"tag": "2.0.0", "taken": False, "reason": "not within ~ 1.0"}]
    reference = {"apiVersion": "v1", "kind": "ConfigMap",
                 "metadata": {"namespace": "argocd", "name": "one",
                              "uid": "6b1d9d5e-6a39-4c35-9d5c-1f2b3c4d5e6f"}}
    digest = "sha256:" + "0" * 64
    app = fixtures.application("apps", name, uid=who["uid"], repo_url=repo_url, chart=chart)
    return {
        "ADDED": added(app, trace="t", origin=origin),
        "MODIFIED": dict(added(app, trace="t", origin=origin), type="MODIFIED"),
        "DELETED": dict(added(app, trace="t", origin=origin), type="DELETED"),
        "BOOKMARK": {"type": "BOOKMARK", "trace": "t", "object": {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {
                "resourceVersion": "7",
                "annotations": {"k8s.io/initial-events-end": "true"}}}},
        "PUSH": {"type": "PUSH", "trace": "t", "repository": repository, "tag": "1.0.3"},
        "TAGS": {"type": "TAGS", "trace": "t", "repository": repository,
                 "credential": "pullsecret:apps/registry", "complete": True,
                 "tags": ["1.0.0", "1.0.3", "2.0.0"],
                 "applications": [{
                     "application": who, "source": 2, "repoURL": repo_url, "chart": chart,
                     "constraint": "~ 1.0", "current": "1.0.0", "strategy": "semver",
                     "allowTags": "any", "ignoreTags": "*-rc*", "origin": origin}]},
        "UPDATE": dict(common, type="UPDATE", trace="t", credential="pullsecret:apps/registry",
                       **{"from": "1.0.0"}, to="1.0.3", candidates=["1.0.1"], digest=digest,
                       note="a note", origin=origin, considered=considered),
        "HOLD": dict(common, type="HOLD", trace="t", current="1.0.3",
                     reason="already the newest match", origin=origin, considered=considered),
        "APPLY": {"type": "APPLY", "trace": "t", "subresource": "status", "shared": True,
                  "object": dict(reference, data={"key": "value"})},
        "PRUNE": {"type": "PRUNE", "trace": "t", "object": reference},
        "RESULT": dict(common, type="RESULT", trace="t", **{"from": "1.0.0"}, to="1.0.3",
                       digest=digest, note="a note", origin=origin, considered=considered,
                       status="patched", reason="a reason"),
        "ERROR": {"type": "ERROR", "trace": "t", "filter": "watch", "reason": "a reason",
                  "about": {"application": who, "source": 2, "origin": origin,
                            "repository": repository, "object": reference,
                            "file": file, "line": 3}},
    }


# What may be wrong with them

WRONG = {"null": None, "true": True, "number": 7, "fraction": 0.5, "string": "wrong", "array": [],
         "object": {}}


def kind(value):
    """The name in WRONG of a value's JSON type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true"
    if isinstance(value, (int, float)):
        return "number"
    return {str: "string", list: "array", dict: "object"}[type(value)]


def paths(value, before=()):
    """The path of each member and element below a value."""
    if isinstance(value, dict):
        below = list(value.items())
    elif isinstance(value, list):
        below = list(enumerate(value))
    else:
        below = []
    for name, member in below:
        yield before + (name,)
        yield from paths(member, before + (name,))


def get(value, path):
    for name in path:
        value = value[name]
    return value


def without(message, path):
    """A copy without the member at path."""
    changed = copy.deepcopy(message)
    del get(changed, path[:-1])[path[-1]]
    return changed


def with_(message, path, value):
    """A copy with value at path."""
    changed = copy.deepcopy(message)
    get(changed, path[:-1])[path[-1]] = value
    return changed


def mutations(message):
    """(what was done, path, the changed message): each member missing, and each of another JSON
    type."""
    for path in paths(message):
        name = "/".join(map(str, path))
        if not isinstance(path[-1], int):
            yield "without " + name, path, without(message, path)
        own = kind(get(message, path))
        for other, value in WRONG.items():
            if other != own and not (other == "fraction" and own != "number"):
                yield "%s as %s" % (name, other), path, with_(message, path, value)

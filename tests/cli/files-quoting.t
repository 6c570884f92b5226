#!/usr/bin/python3 -B
"""Whatever a tag looks like, once it is written into YAML it is that string for every reader: 300
tags in five ways of writing (100 where they stood in quotes before), read again by the rules of
YAML 1.1 and of YAML 1.2. A plain value stays plain where that is safe, so that the diff of an
ordinary version is only its digits.
"""

import os
import random
import re
import sys
import yaml
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap

SEED = int(os.environ.get("WEIR_TEST_SEED") or 5)
COUNT = 300
IN_QUOTES = 100  # of them where the value was quoted before: there is less to go wrong

# Where YAML readers disagree about what is a string.
TRAPS = """
1 0 10 2.10 1.0 1. 1e3 1E3 1e-3 1e+3 1.5e3 1.5e+3 1.e5 0x1F 0xff 0o17 0b11 017 08 0x1p-2 yes Yes YES no No on On off Off true True TRUE false null Null NULL y Y n N nan NaN inf Inf
infinity 2021-07-13 2021-7-3 20210713 2021-07-13T10-00-00 2021-07-13t1 1e 1e3x 0x 0b2 0o8 1-2 1-2-3
12345678901234567890 1.2.3 1.0.0-rc.1 1.0.0+build.5 1.0.0-0.3.7 v1 v1.0 latest 0.0.0 00.1 1.2.3e5
e3 E1 1.0e 0.1e1 1e1.0 00 007 1+1 1.0+2 a+b 999e999
""".split()

WAYS = {"plain": "%s", "comment": "%s # old", "single": "'%s'", "double": '"%s"', "flow": "{targetRevision: %s}"}

MANIFEST = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: one
  annotations:
    argocd-image-updater.argoproj.io/chart-version: "*"
spec:
  source: %s
"""
BLOCK = """
    chart: app
    repoURL: registry.example/ns
    targetRevision: %s"""
FLOW = "{chart: app, repoURL: registry.example/ns, targetRevision: %s}"


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema: other words, other numbers, no dates."""


Core.yaml_implicit_resolvers = {}
for kind, pattern, first in (
        ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
        ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("int", "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
         "-+.0123456789")):
    Core.add_implicit_resolver("tag:yaml.org,2002:" + kind, re.compile("^(?:%s)$" % pattern), list(first))


def tags():
    """The traps, then random ones of the letters that matter. (Never _, which is written as +.)"""
    chance = random.Random(SEED)
    found = list(TRAPS)
    while len(found) < COUNT:
        tag = "".join(chance.choice("0123456789eExob.-+yn") for _ in range(chance.randint(1, 7)))
        if re.match(r"[0-9A-Za-z]", tag):
            found.append(tag)
    return found[:COUNT]


def text(way, value):
    if way == "flow":
        return MANIFEST % (FLOW % value)
    return MANIFEST % (BLOCK % (WAYS[way] % value))


def update(file, tag):
    return {"type": "UPDATE", "application": {"namespace": "", "name": "one"},
            "repository": "registry.example/ns/app", "repoURL": "registry.example/ns",
            "chart": "app", "constraint": "*", "from": "1.0.0", "to": tag, "candidates": [],
            "origin": {"file": file, "document": 0}}


def reads_as(loader, content, tag):
    value = yaml.load(content, loader)["spec"]["source"]["targetRevision"]
    return isinstance(value, str) and value == tag


with tap.Test() as t:
    t.diag("seed %d" % SEED)
    every_tag = tags()
    for way in WAYS:
        all_tags = every_tag[:IN_QUOTES] if way in ("single", "double") else every_tag
        asked = []
        for number, tag in enumerate(all_tags):
            file = "%s/%d.yaml" % (way, number)
            t.write(file, text(way, "1.0.0"))
            asked.append(update(file, tag))
        result = procs.run("patch-application", stdin=messages.lines(*asked), cwd=t.tmp)
        t.status(result, 0, "%s: all are written" % way)
        t.is_([m for m in messages.parse(result.stdout) if m["status"] != "patched"], [],
              "%s: each RESULT says so" % way)
        wrong = {"1.1": [], "1.2": [], "more": []}
        for number, tag in enumerate(all_tags):
            content = t.read("%s/%d.yaml" % (way, number)).decode()
            if not reads_as(yaml.SafeLoader, content, tag):
                wrong["1.1"].append(tag)
            if not reads_as(Core, content, tag):
                wrong["1.2"].append(tag)
            quoted = text(way, '"%s"' % tag) if way not in ("single", "double") else None
            if content not in (text(way, tag), quoted):
                wrong["more"].append(tag)
        t.is_(wrong["1.1"], [], "%s: the same string for a reader of YAML 1.1" % way)
        t.is_(wrong["1.2"], [], "%s: the same string for a reader of YAML 1.2" % way)
        t.is_(wrong["more"], [], "%s: nothing else has changed" % way)
    for way in ("plain", "comment", "flow"):
        for tag in ("1.2.3", "1.0.0-rc.1", "1.0.0+build.5", "v1.0", "latest"):
            number = every_tag.index(tag)
            t.is_(t.read("%s/%d.yaml" % (way, number)).decode(), text(way, tag),
                  "%s: %s stays plain" % (way, tag))

#!/usr/bin/python3 -B
"""A git checkout of manifests is brought up to date by one pipeline, against a real registry: the
diff is exactly one changed value for each outdated Application. In every way that YAML and JSON
can be written; what cannot be edited safely is reported and left alone.

In the texts below «old→new» marks the value that changes, and @ is the registry's host and port.
"""

import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap
from weirtest.registry import Registry

APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: %s
  namespace: d8-delivery
  annotations:
    argocd-image-updater.argoproj.io/chart-version: "~ 1.0"
spec:
  source:
    chart: app
    repoURL: @/ns
    targetRevision: %s
"""
ONE = APPLICATION % ("one", "«1.0.0→1.0.3»")

GOOD = {
    "plain.yaml": ONE,
    "comment.yaml": APPLICATION % ("comment", "«1.0.0→1.0.3»    # pinned by weir: 1.0.0 is old"),
    "double.yml": APPLICATION % ("double", '"«1.0.0→1.0.3»" # "1.0.0"'),
    "single.yaml": APPLICATION % ("single", "'«1.0.0→1.0.3»'"),
    "crlf.yaml": ONE.replace("\n", "\r\n"),
    "bom.yaml": "\ufeff" + ONE,
    "no-newline.yaml": ONE.rstrip("\n"),
    "anchor.yaml": APPLICATION % ("anchor", "&version «1.0.0→1.0.3»"),
    "tag.yaml": APPLICATION % ("tag", "!!str «1.0.0→1.0.3»"),
    "next-line.yaml": APPLICATION % ("next-line", "\n      # on its own line\n      «1.0.0→1.0.3»"),
    "utf8.yaml": "# Gr\u00fc\u00dfe \U0001f44b \u4e2d\u6587\n" + APPLICATION % (
        "utf8", "«1.0.0→1.0.3» # \u00e4"),
    "documents.yaml": "# two of three are outdated\n---\n" + APPLICATION % ("a", "«1.0.0→1.0.3»") +
                      "---\n# nothing here\n---\n" + APPLICATION % ("b", "1.0.3") +
                      "...\n---\n" + APPLICATION % ("c", "'«1.0.2→1.0.3»'"),
    "list.yaml": "apiVersion: v1\nkind: List\nitems:\n- " + (APPLICATION % (
        "l1", "«1.0.0→1.0.3»")).replace("\n", "\n  ").rstrip() + "\n- " + (APPLICATION % (
            "l2", '"«1.0.1→1.0.3»"')).replace("\n", "\n  ").rstrip() + "\n",
    "typed-list.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationList\nitems:\n"
                       "- metadata: {name: t, annotations: "
                       "{argocd-image-updater.argoproj.io/chart-version: ~ 1.0}}\n"
                       "  spec: {source: {repoURL: @/ns, chart: app, targetRevision: «1.0.0→1.0.3»}}\n",
    "flow.yaml": "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: flow, "
                 "annotations: {argocd-image-updater.argoproj.io/chart-version: ~ 1.0}},\n"
                 " spec: {source: {targetRevision: «1.0.0→1.0.3», repoURL: @/ns, chart: app}}}\n",
    "json.json": '{\n\t"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",\n'
                 '\t"metadata": {"name": "json", "annotations": '
                 '{"argocd-image-updater.argoproj.io\\/chart-version": "~ 1.0"}},\n'
                 '\t"spec": {"source": {"repoURL": "@\\/ns", "chart": "app", '
                 '"targetRevision" : "«1.0.0→1.0.3»"}}\n}\n',
    "sub/folder/sources.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
                               "metadata:\n  annotations: {argocd-image-updater.argoproj.io/chart-version: '~ 1'}\n"
                               "  name: sources\nspec:\n  sources:\n  - repoURL: https://git.example/x\n"
                               "    targetRevision: main\n  - {repoURL: @/ns, chart: app, targetRevision: 1.1.0}\n"
                               "  - repoURL: '@/ns'\n    chart: app\n    targetRevision: «1.0.3→1.1.0»\n",
    # A version that would be a number, or a date, for some reader.
    "number.yaml": (APPLICATION % ("number", '«2.9.0→"2.10"»')).replace("chart: app", "chart: num")
                   .replace("~ 1.0", "~ 2"),
    "number-quoted.yaml": (APPLICATION % ("number", "'«2.9→2.10»'")).replace("chart: app", "chart: num")
                          .replace("~ 1.0", "~ 2"),
    # What is there already, or is none of weir's business.
    "new.yaml": APPLICATION % ("new", "1.0.3"),
    "untracked.yaml": (APPLICATION % ("untracked", "1.0.0")).replace("chart-version", "other"),
    "values.yaml": "targetRevision: 1.0.0\nlist: [a, b]\n",
    "README.md": "targetRevision: 1.0.0\n",
    ".hidden/x.yaml": ONE.replace("«1.0.0→1.0.3»", "1.0.0"),
}

# What cannot be edited safely: what the report says.
REFUSED = {
    "alias.yaml": ("x: &v 1.0.0\n" + APPLICATION % ("alias", "*v"), "is a YAML alias"),
    "shared.yaml": (APPLICATION % ("shared", "&v 1.0.0") + "x: *v\n", "an anchor that is used"),
    "merge.yaml": ((APPLICATION % ("merge", "1.0.0")).replace(
        "    targetRevision: 1.0.0\n", "    <<: *s\n") .replace(
            "spec:", "x: &s {targetRevision: 1.0.0}\nspec:"), "comes through <<"),
    "block.yaml": (APPLICATION % ("block", "|-\n      1.0.0"), "is a block scalar"),
}
# What is no manifest: file, line, and what the report says.
NO_MANIFEST = {
    "template.yaml": ("{{- if .Values.x }}\n" + APPLICATION % ("template", "1.0.0") + "{{- end }}\n",
                      1, "template"),
    "template-value.yaml": (APPLICATION % ("template-value", "{{ .Values.version }}"), 12, "template"),
    "broken.yaml": (APPLICATION % ("broken", "1.0.0") + "  x: 'not closed\n", 14, "line 14, column "),
    "twice.yaml": (APPLICATION % ("twice", "1.0.0") + "    targetRevision: 1.0.0\n", 13,
                   "line 13, column 5: a key that stands here twice"),
    "broken.json": ('{\n\t"kind": x\n}\n', 2, "line 2, column 10: "),
}


def before(text):
    return re.sub("«(.*?)→.*?»", r"\1", text)


def after(text):
    return re.sub("«.*?→(.*?)»", r"\1", text)


def changes(text):
    return len(re.findall("«", text))


class Checkout:
    """A git checkout with the manifests in apps/."""

    def __init__(self, t, name, texts, host):
        self.t, self.folder, self.host, self.texts = t, t.path(name), host, texts
        for file, text in texts.items():
            t.write(os.path.join(name, "apps", file), self.fill(before(text)))
        for command in (["init", "-q", "."], ["add", "-A"],
                        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "x"]):
            self.git(*command)

    def fill(self, text):
        return text.replace("@", self.host)

    def git(self, *command):
        return procs.run("git", "-c", "core.autocrlf=false", *command, cwd=self.folder).stdout

    def read(self, file):
        with open(os.path.join(self.folder, "apps", file), "rb") as content:
            return content.read().decode()

    def update(self, *options):
        """The pipeline; its messages."""
        result = procs.pipeline([["watch", "--files", "apps/", "--once", *options], ["tag-scan"],
                                 ["constraint-match"], ["verify"], ["patch-application"]],
                                cwd=self.folder)
        return result, messages.parse(result.stdout)

    def changed(self):
        """What git says: {file: (lines added, lines removed)}."""
        found = {}
        for line in self.git("diff", "--numstat").splitlines():
            added, removed, file = line.split("\t")
            found[file] = (int(added), int(removed))
        return found


def test_good(t, host):
    checkout = Checkout(t, "good", GOOD, host)
    result, found = checkout.update()
    t.is_(result.statuses, [0] * 5, "all filters end with 0")
    t.is_([m for m in found if m["type"] == "ERROR"], [], "no ERROR")
    for file, text in sorted(GOOD.items()):
        t.is_(checkout.read(file), checkout.fill(after(text)), "%s: %d changed" % (file, changes(text)))
    t.is_(checkout.changed(), {"apps/" + file: (changes(text), changes(text))
                               for file, text in GOOD.items() if changes(text)},
          "git diff shows one changed line for each outdated Application")
    t.is_(checkout.git("status", "--porcelain", "--untracked-files=all", "--ignored")
          .count("\n"), sum(1 for text in GOOD.values() if changes(text)),
          "and no other file, new or changed")
    results = [m for m in found if m["type"] == "RESULT"]
    t.is_(sum(m["status"] == "patched" for m in results), sum(map(changes, GOOD.values())),
          "a RESULT says so for each")
    t.is_([messages.complaint(m) for m in found if messages.complaint(m)], [],
          "every message is as the schema says")
    result, found = checkout.update()
    t.is_(result.statuses, [0] * 5, "a second run ends with 0")
    t.is_({m["status"] for m in found if m["type"] == "RESULT"}, {"unchanged"}, "finds nothing to do")
    for file, text in sorted(GOOD.items()):
        if checkout.read(file) != checkout.fill(after(text)):
            t.ok(False, "%s changed again" % file)


def test_refused(t, host):
    texts = {file: text for file, (text, *_) in list(REFUSED.items()) + list(NO_MANIFEST.items())}
    texts["good.yaml"] = ONE
    texts["number.yaml"] = APPLICATION % ("number", "1.0")
    checkout = Checkout(t, "refused", texts, host)
    result, found = checkout.update()
    t.is_(result.statuses[0], 1, "watch says that something failed")
    t.is_(result.statuses[-1], 1, "and so does the end of the pipeline")
    t.is_(checkout.changed(), {"apps/good.yaml": (1, 1)}, "only the good one has changed")
    reasons = {m["origin"]["file"]: m["reason"] for m in found
               if m["type"] == "RESULT" and m["status"] == "failed"}
    for file, (_, reason) in sorted(REFUSED.items()):
        t.has(reasons.get("apps/" + file, "(no RESULT)"), reason, "%s is refused" % file)
    errors = {m["about"].get("file"): m for m in found if m["type"] == "ERROR"}
    for file, (_, line, reason) in sorted(NO_MANIFEST.items()):
        error = errors.get("apps/" + file, {"about": {}, "reason": "(no ERROR)"})
        t.is_(error["about"].get("line"), line, "%s: the line is named" % file)
        t.has(error["reason"], "apps/%s: " % file, "%s: the file is named" % file)
        t.has(error["reason"], reason, "%s: the reason is told" % file)
    t.is_(sorted(set(errors) - {"apps/" + file for file in NO_MANIFEST}, key=str), [None],
          "no other ERROR about a file")
    others = [m["reason"] for m in found if m["type"] == "ERROR" and "file" not in m["about"]]
    t.is_(len(others), 1, "and one about an Application")
    t.like(others[0] if others else "", r"number\.yaml.*targetRevision.*not a string",
           "a version that is a number")
    result, found = checkout.update("--exclude", "template*", "--exclude", "**/broken.*",
                                    "--exclude", "twice.yaml")
    t.is_(result.statuses[0], 0, "with --exclude there is nothing to complain about")
    t.is_([m for m in found if m["type"] == "ERROR" and "file" in m["about"]], [], "no ERROR of its")


def test_dry_run(t, host):
    checkout = Checkout(t, "dry", {"one.yaml": ONE}, host)
    result = procs.pipeline([["watch", "--files", "apps", "--once"], ["tag-scan"],
                             ["constraint-match"], ["verify"], ["patch-application", "--dry-run"]],
                            cwd=checkout.folder)
    t.is_([m["status"] for m in messages.parse(result.stdout) if m["type"] == "RESULT"], ["dry-run"],
          "a dry run says so")
    t.is_(checkout.changed(), {}, "and changes nothing")


with tap.Test() as t:
    registry = t.using(Registry(t.path("registry")))
    for version in ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.1.0"):
        registry.push_chart("ns", "app", version)
    registry.push_chart("ns", "num", "2.9.0")
    registry.push_chart("ns", "num", "2.10.0", tag="2.10")
    test_good(t, registry.host)
    test_refused(t, registry.host)
    test_dry_run(t, registry.host)

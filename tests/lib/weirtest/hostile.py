"""Hostile input, for the tests of it: filters under test, what is good for each, one run of one
over a file, and what holds for every run.

Memory (the highest resident size, from wait4) is held to these bounds:

    64 MiB    any stream of lines that are no messages: the reader holds one record of at most
              16 MiB, in a buffer that grows by doubling, and builds nothing from it
    96 MiB    a record at its limit of 16 MiB that passes through: the same, and the output's copy
    256 MiB   a message at the limit of what it may hold (1,500,000 values), as a tree of libjq's

They are not looked at in a sanitizer build, where memory is another thing.
"""

import json
import os
import re
import subprocess
import sys

from weirtest import fixtures, messages

MIB = 1024 * 1024
NO_MESSAGES_MAX, PASSING_MAX, TREE_MAX = 64 * MIB, 96 * MIB, 256 * MIB
TIMEOUT_S = 300


# Starts a command and writes down its highest resident size. A process of its own, and a small one:
# what the parent had resident when it forked would count as the child's.
METER = """
import os, sys
pid = os.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as file:
    file.write(str(usage.ru_maxrss * 1024))
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
"""


class Run:
    """One filter over one file of input; what it wrote, how it ended, what it took."""

    def __init__(self, t, command, stdin):
        out, error, rss = t.path("stdout"), t.path("stderr"), t.path("rss")
        with open(stdin, "rb") as source, open(out, "wb") as sink, open(error, "wb") as log:
            self.status = subprocess.run(
                ["timeout", "-s", "KILL", str(TIMEOUT_S),
                 sys.executable, "-I", "-S", "-c", METER, rss] + command,
                stdin=source, stdout=sink, stderr=log, check=False).returncode
        self.rss = int(self._read(rss) or 0)
        self.stdout = self._read(out)
        self.stderr_bytes = self._read(error)
        self.stderr = self.stderr_bytes.decode("utf-8", "replace")

    @staticmethod
    def _read(path):
        with open(path, "rb") as file:
            return file.read()

    @property
    def lines(self):
        return self.stdout.split(b"\n")[:-1]

    def messages(self):
        found = []
        for line in self.lines:
            try:
                found.append(json.loads(line, parse_int=lambda text: int(text[:20])))
            except ValueError:
                pass  # check_output says so
        return found


def name_of(message):
    """The application's name; "" where a message has none, or something else in its place."""
    try:
        return str(message["application"]["name"])
    except (KeyError, TypeError):
        return ""


# --- the filters, and what is good for each ---

class Filter:
    """A filter under test. good(i) is a message that it has work with; passed() are the numbers of
    those that came out as they should."""

    consumes = ()
    writes_text = False

    def __init__(self, t, registry):
        self.t, self.registry = t, registry

    def command(self):
        return [self.name]

    def base(self, kind):
        """The sample of a type, such that this filter would do its work with it."""
        sample = messages.samples(self.registry.host + "/team", "app")[kind]
        sample.pop("credential", None)
        sample.pop("origin", None)
        return sample

    def named(self, message, name):
        """The same message, about another application."""
        message = json.loads(json.dumps(message))
        if "application" in message:
            message["application"]["name"] = name
        return message

    def good(self, i):
        return self.named(self.base(self.consumes[0]), "good-%d" % i)

    def passed(self, run):
        return sorted({int(name_of(message)[5:]) for message in run.messages()
                       if message["type"] in self.answers and name_of(message).startswith("good-")})


class ConstraintMatch(Filter):
    name, consumes, answers = "constraint-match", ("TAGS",), ("UPDATE", "HOLD")

    def named(self, message, name):
        message = json.loads(json.dumps(message))
        for follower in message.get("applications", []):
            follower["application"]["name"] = name
            follower.pop("origin", None)
        if "repository" in message:
            message["repository"] += "/" + name
        return message


class TagScan(Filter):
    name, consumes, answers = "tag-scan", ("ADDED", "MODIFIED", "DELETED", "PUSH"), ("TAGS",)

    def named(self, message, name):
        message = json.loads(json.dumps(message))
        if "object" in message and "metadata" in message["object"]:
            message["object"]["metadata"]["name"] = name
        return message

    def passed(self, run):
        found = set()
        for message in run.messages():
            if message["type"] == "TAGS" and isinstance(message.get("applications"), list):
                found.update(name_of(follower) for follower in message["applications"])
        return sorted(int(name[5:]) for name in found if name.startswith("good-"))


class Verify(Filter):
    name, consumes, answers = "verify", ("UPDATE",), ("UPDATE",)

    def base(self, kind):
        sample = super().base(kind)
        if kind == "UPDATE":
            sample.pop("digest")
        return sample

    def passed(self, run):
        return [number for number in super().passed(run)
                if any(message.get("digest") and name_of(message) == "good-%d" % number
                       for message in run.messages() if message["type"] == "UPDATE")]


class PatchApplication(Filter):
    """In files: each application has one of its own, so that the files tell what was done."""

    name, consumes, answers = "patch-application", ("UPDATE", "HOLD"), ("RESULT",)

    def path(self, name):
        return self.t.path("patched", name + ".yaml")

    def named(self, message, name):
        message = super().named(message, name)
        if message["type"] not in self.consumes:
            return message
        sources = [fixtures.source("https://git.example/x", "", "main", path="x")] * 2 + \
            [fixtures.source(self.registry.host + "/team", "app", "1.0.0")]
        self.t.write("patched/%s.yaml" % name,
                     fixtures.manifest(fixtures.application("apps", name, sources=sources)))
        message["origin"] = {"file": self.path(name), "document": 0}
        return message

    def was_patched(self, name):
        return b"1.0.3" in self.t.read("patched/%s.yaml" % name)

    def passed(self, run):
        return [number for number in super().passed(run) if self.was_patched("good-%d" % number)]


class Show(Filter):
    name, consumes, answers, writes_text = "show", ("UPDATE",), (), True

    def passed(self, run):
        return sorted({int(each) for each in re.findall(rb"good-(\d+)", run.stdout)})


class WerfSources(Filter):
    """Those that read WerfSources. Each source has a repository of its own, so that none is in
    another's way."""

    consumes, answers = ("ADDED", "MODIFIED", "DELETED"), ("APPLY",)

    def base(self, kind):
        if kind not in self.consumes:
            return super().base(kind)
        return {"type": kind, "trace": "t", "object": {
            "apiVersion": "deckhouse.io/v1alpha1", "kind": "WerfSource",
            "metadata": {"name": "sample", "uid": "u", "generation": 1,
                         "creationTimestamp": "2024-01-01T00:00:00Z"},
            "spec": {"imageRepo": "registry.example/charts", "apiUrl": "https://api.example",
                     "argocdRepoEnabled": True, "argocdRepo": {"project": "default"}}}}

    def named(self, message, name):
        message = json.loads(json.dumps(message))
        if message.get("object", {}).get("kind") == "WerfSource":
            message["object"]["metadata"]["name"] = name
            message["object"]["spec"]["imageRepo"] = "registry.example/" + name
        return message

    def good(self, i):
        message = super().good(i)
        message.pop("trace")  # it is not of weir's own, which would say when its list is whole
        return message

    def applied(self, run, kind):
        return [message["object"] for message in run.messages()
                if message["type"] == "APPLY" and "subresource" not in message and
                message.get("object", {}).get("kind") == kind]


class RenderConfigmap(WerfSources):
    name = "render-configmap"

    def passed(self, run):
        text = "".join(each["data"].get("registries.conf", "")
                       for each in self.applied(run, "ConfigMap"))
        return sorted({int(number) for number in re.findall(r'name: "?good-(\d+)"?\n', text)})


class RenderRepository(WerfSources):
    name = "render-repository"

    def passed(self, run):
        names = [each["metadata"]["name"] for each in self.applied(run, "Secret")]
        return sorted({int(name[10:]) for name in names if name.startswith("repo-good-")})


class Apply(Filter):
    """In files: each object has one of its own."""

    name, consumes, answers = "apply", ("APPLY", "PRUNE"), ("RESULT",)

    def command(self):
        os.makedirs(self.t.path("patched"), exist_ok=True)
        return [self.name, "--files", self.t.path("patched")]

    def base(self, kind):
        sample = super().base(kind)
        if kind in self.consumes:
            sample.pop("subresource", None)
            sample.pop("shared", None)
            sample["object"]["metadata"].pop("uid")  # one of a uid is to be there already
        return sample

    def named(self, message, name):
        message = json.loads(json.dumps(message))
        if message["type"] in self.consumes:
            message["object"]["metadata"]["name"] = name
        return message

    def passed(self, run):
        done = {message["object"]["metadata"]["name"] for message in run.messages()
                if message["type"] == "RESULT" and "object" in message and
                message.get("status") in ("applied", "unchanged")}
        files = b"".join(self.t.read("patched/" + name)
                         for name in os.listdir(self.t.path("patched")))
        written = {each.decode() for each in re.findall(rb'name: "?(good-\d+)"?\n', files)}
        return sorted(int(name[5:]) for name in done & written)


# --- what comes in ---

class Input:
    """A file of good messages with bad bytes between them."""

    def __init__(self, t, subject):
        self.t, self.subject, self.count = t, subject, 0
        self.path = t.path("input")
        self.file = open(self.path, "wb")

    def good(self, newline=True):
        data = messages.line(self.subject.good(self.count))
        self.file.write(data if newline else data[:-1])
        self.count += 1
        return self

    def bad(self, *pieces):
        for piece in pieces:
            self.file.write(piece)
        return self

    def run(self):
        self.file.close()
        return Run(self.t, self.subject.command(), self.path)


def check_clean(t, run, what):
    """Nothing that drives a terminal, or forges a line, stands in the log."""
    t.ok(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", run.stderr_bytes), what + ": the log is clean")
    t.ok(not [line for line in run.stderr.splitlines() if not line.startswith("weir ")],
         what + ": each line of the log is one of ours")


def check_output(t, subject, run, what, passing=()):
    """Every line is as the schema says, or came in as it is."""
    if subject.writes_text:
        t.ok(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", run.stdout), what + ": the text is clean")
        return
    shapes = {re.sub(rb"\d+", b"0", line): line for line in set(run.lines) - set(passing)}
    wrong = [(messages.complaint(line), line[:300]) for line in shapes.values()
             if messages.complaint(line)]
    t.is_(wrong[:3], [], what + ": each line is as the schema says")


def check_memory(t, run, bound, what):
    if not os.environ.get("SANITIZE"):
        t.ok(run.rss <= bound, "%s: at most %d MiB" % (what, bound // MIB))
        if run.rss > bound:
            t.diag("%.1f MiB" % (run.rss / MIB))


def errors(run):
    return [message for message in run.messages() if message["type"] == "ERROR"]

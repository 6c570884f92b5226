#!/usr/bin/python3 -B
"""Hostile input: clear errors, nothing else lost, memory bounded.

Each filter gets what no well-meaning writer sends, with good messages before, between and after.
The good ones must come through as if nothing had been; each bad one is an ERROR (or passes through
byte for byte, where its type is not the filter's); every line written is as the schema says.

Memory (the highest resident size, from wait4) is held to these bounds:

    64 MiB    any stream of lines that are no messages: the reader holds one record of at most
              16 MiB, in a buffer that grows by doubling, and builds nothing from it
    96 MiB    a record at its limit of 16 MiB that passes through: the same, and the output's copy
    256 MiB   a message at the limit of what it may hold (1,500,000 values), as a tree of libjq's

They are not looked at in a sanitizer build, where memory is another thing. NOT="show verify" in the
environment leaves these filters out, for whoever works on another one.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, tap
from weirtest.httpfault import Answer, FaultServer
from weirtest.registry import Registry

MIB = 1024 * 1024
RECORD_MAX = 16 * MIB
NO_MESSAGES_MAX, PASSING_MAX, TREE_MAX = 64 * MIB, 96 * MIB, 256 * MIB
SEED = int(os.environ.get("WEIR_TEST_SEED") or 7)
NOT = os.environ.get("NOT", "").split()
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


def random_bytes(size):
    return random.Random(SEED).randbytes(size)


def long_line(size, piece=b"x" * MIB):
    """A line of size bytes in pieces, so that the test itself holds one of them only."""
    while size > 0:
        yield piece[:size]
        size -= len(piece)
    yield b"\n"


# name: (what makes the bytes, memory bound, type); each is one stream between good messages. With a
# type it is a message, as far as a filter goes that does not read this type.
STREAMS = {
    "10 MB of random bytes": (lambda: [random_bytes(10_000_000), b"\n"], NO_MESSAGES_MAX, None),
    "a line of 100 MB": (lambda: long_line(100_000_000), NO_MESSAGES_MAX, None),
    "a line one byte too long": (lambda: long_line(RECORD_MAX + 1), NO_MESSAGES_MAX, None),
    "a line of 16 MB of {},": (lambda: [b"{}," * (16_000_000 // 3), b"\n"], NO_MESSAGES_MAX, None),
    "40,000 lines of {},": (lambda: [b"{},\n" * 40_000], NO_MESSAGES_MAX, None),
    "16 MB of {}, in an array": (lambda: [
        b'{"type":"TAGS","repository":"r/x","complete":true,"applications":[],"tags":[',
        b"{}," * (15_900_000 // 3), b"{}]}\n"], NO_MESSAGES_MAX, None),
    "a million brackets": (lambda: [b"[" * 1_000_000, b"\n"], NO_MESSAGES_MAX, None),
    "a million objects deep": (lambda: [b'{"type":' * 1_000_000, b"\n"], NO_MESSAGES_MAX, None),
    "two million members": (lambda: [b'{"type":"UPDATE"', b"".join(
        b',"m%d":1' % i for i in range(2_000_000)), b"}\n"], NO_MESSAGES_MAX, None),
    "700,000 members": (lambda: [b'{"type":"UPDATE"', b"".join(
        b',"m%d":1' % i for i in range(700_000)), b"}\n"], TREE_MAX, "UPDATE"),
    "a string of 15 MB": (lambda: [b'{"type":"UPDATE","application":"', b"a" * 15_000_000, b'"}\n'],
                          PASSING_MAX, "UPDATE"),
    "tags of 15 MB": (lambda: [
        b'{"type":"TAGS","repository":"r/x","complete":true,"applications":[],"tags":["1"',
        b',"1.0.0-aaaaaaaaa"' * 830_000, b"]}\n"], TREE_MAX, "TAGS"),
    "numbers without end": (lambda: [b'{"type":"UPDATE","source":', b"9" * 1_000_000, b"}\n"],
                            NO_MESSAGES_MAX, "UPDATE"),
}

# Lines that are no messages: each must be one ERROR.
LINES = [
    b"{", b"}", b"[]", b"null", b"7", b'"UPDATE"', b"UPDATE", b"{}", b'{"type"}', b'{"type":}',
    b'{"type":7}', b'{"type":null}', b'{"type":["UPDATE"]}', b'{"type":"UPDATE"',
    b"{'type':'TAGS'}",
    b'{"type":"UPDATE",}', b'{"type":"UPDATE"}{"type":"UPDATE"}', b'{"type":"UPDATE"} x',
    b'{"type":"UPDATE","n":NaN}', b'{"type":"UPDATE","n":Infinity}', b'{"type":"UPDATE","n":01}',
    b'{"type":"UPDATE","n":1.}', b'{"type":"UPDATE","n":+1}', b'{"type":"UPDATE","n":0x1}',
    b'{"type":"UPDATE","s":"\\x"}', b'{"type":"UPDATE","s":"\\u12"}',
    b'{"type":"UPDATE","s":"\\ud800"}', b'{"type":"UPDATE","s":"a\tb"}',
    b'{"type":"UPDATE","s":"\x00"}', b'{"type":"UPDATE","s":"\x1b[31m"}',
    b'{"type":"UPDATE","s":"\xff"}', b'{"type":"UPDATE","s":"\xc3"}',
    b'{"type":"UPDATE","s":"\xc0\x80"}',
    b'{"type":"UPDATE","s":"\xed\xa0\x80"}', b'{"type":"UPDATE","s":"\xf5\x80\x80\x80"}',
    b"\x00", b"\xff\xfe{\x00}\x00", b"\x1b]0;title\x07", b'{"type":"UPDATE","\xff":1}',
    b'// {"type":"UPDATE"}', b'{"type":"UPDATE"/**/}', b"[" * 65 + b"]" * 65,
    b'{"type":"UPDATE","a":' + b"[" * 64 + b"]" * 64 + b"}",
]

# Lines that are nobody's: they pass byte for byte.
PASSING = [
    b'{"type":"x-mine"}', b' { "type" : "x-mine" , "n" : 1.50e3 } ', b'{"type":"","n":1}',
    b'{"type":"x-mine","s":"\\u00e9\\/\\ud83d\\ude00","d":1,"d":2}', b'{"type":"update","to":7}',
    b'{"type":"x-mine","n":123456789012345678901234567890,"m":-0.0,"k":1E400}',
    '{"type":"x-mine","s":"\u00e9\u4e2d\U0001f600\u2028"}'.encode(),
    b'{"type":"UPDATE\\u0000"}', b'{"type":"x-mine","a":' + b"[" * 63 + b"]" * 63 + b"}",
]


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


def check_streams(t, subject):
    for name, (make, bound, kind) in STREAMS.items():
        what = "%s: %s" % (subject.name, name)
        run = Input(t, subject).good().bad(*make()).good().bad(*make()).good().run()
        t.is_(subject.passed(run), [0, 1, 2], what + ": the good ones come through")
        check_memory(t, run, bound, what)
        check_clean(t, run, what)
        if kind and not subject.writes_text and kind not in subject.consumes:
            bad = b"".join(make())[:-1]
            t.is_((run.status, run.lines.count(bad)), (0, 2), what + ": passes, byte for byte")
            check_output(t, subject, run, what, [bad])
        elif kind == "TAGS" or kind and subject.writes_text:
            t.is_(run.status, 0, what + ": is a message like others")
        else:
            t.is_(run.status, 1, what + ": exit status")
            check_output(t, subject, run, what)
            check_reasons(t, subject, run, what)


def check_reasons(t, subject, run, what):
    if not subject.writes_text:
        t.ok(len(errors(run)) >= 2, what + ": is reported")
        t.ok(all(len(message["reason"]) < 1024 for message in errors(run)),
             what + ": the reason is short")


def check_lines(t, subject):
    what = subject.name + ": lines that are no messages"
    stream = Input(t, subject)
    for line in LINES:
        stream.good().bad(line + b"\n")
    run = stream.good().run()
    t.is_(run.status, 1, what + ": exit status")
    t.is_(subject.passed(run), list(range(stream.count)), what + ": the good ones come through")
    check_clean(t, run, what)
    check_output(t, subject, run, what)
    if not subject.writes_text:
        t.is_(len(errors(run)), len(LINES), what + ": each is one ERROR")
        t.is_([message for message in errors(run) if message["filter"] != subject.name], [],
              what + ": which says who found it")


def check_passing(t, subject):
    what = subject.name + ": nobody's lines"
    stream = Input(t, subject).bad(b"\n", b"\r\n")
    for line in PASSING:
        stream.good().bad(line + b"\n")
    run = stream.good(newline=False).run()
    t.is_(run.status, 0, what + ": exit status")
    t.is_(subject.passed(run), list(range(stream.count)),
          what + ": the good ones come through, the last without a newline too")
    if subject.writes_text:
        return
    t.is_([line for line in run.lines if line in PASSING], PASSING, what + ": byte for byte")
    long = b'{"type":"x-mine","s":"' + b"a" * (RECORD_MAX - 24) + b'"}'
    run = Input(t, subject).good().bad(long + b"\n").good().run()
    t.ok(long in run.lines, what + ": also one of 16 MiB")
    t.is_((run.status, subject.passed(run)), (0, [0, 1]), what + ": and it costs nothing else")
    check_memory(t, run, PASSING_MAX, what)


def is_broken(message, path):
    """Does the schema refuse it, and because of something that must be there?"""
    return messages.complaint(message) != "" and path[0] != "type" \
        and is_required(message["type"], path)


def is_required(kind, path):
    """Is the member at path one that must be there, by the schema?"""
    node = messages.SCHEMA["$defs"][kind]
    for name in path:
        while "$ref" in node:
            node = messages.SCHEMA["$defs"][node["$ref"].rsplit("/", 1)[1]]
        if isinstance(name, int):
            node = node["items"]
        elif name in node.get("properties", {}):
            if name not in node.get("required", []):
                return False
            node = node["properties"][name]
        else:
            return False
    return True


def check_mutations(t, subject):
    """Each type that the filter consumes, with each member missing or of another JSON type."""
    for kind in subject.consumes:
        what = "%s: %s" % (subject.name, kind)
        cases = []
        for n, (name, path, _) in enumerate(messages.mutations(subject.base(kind))):
            message = subject.named(dict(subject.base(kind), trace="case%d" % n), "case-%d" % n)
            if kind == "TAGS" and path[:3] == ("applications", 0, "origin"):
                continue
            changed = next(m for other, p, m in messages.mutations(message) if other == name)
            cases.append((n, name, path, changed))
        stream = Input(t, subject)
        for _, _, _, changed in cases:
            stream.good().bad(messages.line(changed))
        run = stream.good().run()
        t.is_(run.status, 1, what + ": exit status")
        t.is_(subject.passed(run), list(range(stream.count)), what + ": the good ones come through")
        passing = [messages.line(changed)[:-1] for _, _, path, changed in cases
                   if path[0] == "type" and isinstance(changed.get("type"), str)
                   or path[:2] in (("object", "kind"), ("object", "apiVersion"))]
        check_output(t, subject, run, what, passing)
        check_clean(t, run, what)
        if not subject.writes_text:
            check_reported(t, subject, run, what, cases)


def check_reported(t, subject, run, what, cases):
    reported = {message.get("trace") for message in run.messages()
                if message["type"] == "ERROR" or message.get("status") in ("failed", "conflict")}
    silent = [name for n, name, path, changed in cases
              if path[0] not in ("type", "trace", "object") and is_broken(changed, path)
              and "case%d" % n not in reported]
    t.is_(silent, [], what + ": whatever is broken is reported")
    if isinstance(subject, PatchApplication):
        written = [name for n, name, path, changed in cases
                   if is_broken(changed, path) and subject.was_patched("case-%d" % n)]
        t.is_(written, [], what + ": and nothing is written for it")


def check_others_types(t, subject):
    """Types that are not the filter's pass byte for byte, however broken they are."""
    lines = []
    for kind, sample in messages.samples().items():
        if kind in subject.consumes or kind == "BOOKMARK":
            continue
        lines += [messages.line(changed)[:-1] for _, path, changed in messages.mutations(sample)
                  if path[0] != "type"]
    stream = Input(t, subject).good()
    for line in lines:
        stream.bad(line, b"\n")
    run = stream.good().run()
    if subject.name == "tag-scan":
        # watch events are its own; those of other kinds are not
        lines = [line for line in lines
                 if not re.match(rb'{"type":"(ADDED|MODIFIED|DELETED)"', line)]
    wanted = set(lines)
    t.is_([line for line in run.lines if line in wanted], lines,
          subject.name + ": other types pass byte for byte, broken or not")
    t.is_(subject.passed(run), [0, 1], subject.name + ": and its own are not lost among them")


# --- special cases ---

def check_broken_tag(t):
    """A tag that is no UTF-8, or no tag: the line is refused, or the tag is left out."""
    subject = ConstraintMatch(t, REGISTRY)
    good = messages.line(subject.named(subject.base("TAGS"), "bad-1"))
    stream = Input(t, subject).good().bad(good.replace(b'"1.0.3"', b'"1.0.\xff3"')).good()
    run = stream.run()
    t.is_((run.status, subject.passed(run)), (1, [0, 1]), "a tag of broken UTF-8")
    t.is_(len(errors(run)), 1, "is one ERROR")
    odd = dict(subject.named(subject.base("TAGS"), "good-0"), tags=[
        "1.0.0", "1.0.3", "1.0.4\n", "1.0.5\x1b[31m", "1.0.6\u202e", "1.0.7 ", "../1.0.8",
        "1.0.9" * 40, "$(1.0.10)", "%s", "", "-1.0.11", ".1.0.12", "\x00", "1.0.13\x00"])
    stream = Input(t, subject)
    stream.bad(messages.line(odd))
    run = stream.run()
    t.is_([(m["type"], m.get("to"), m.get("candidates")) for m in run.messages()],
          [("UPDATE", "1.0.3", ["1.0.0"])], "tags that no registry may have are not chosen")
    t.like(run.stderr, r"left out: 13\b", "but counted")
    check_clean(t, run, "odd tags")
    check_output(t, subject, run, "odd tags")


def check_too_much_to_say(t):
    """An answer that would be longer than a message may be is an ERROR, not half a line."""
    subject = ConstraintMatch(t, REGISTRY)
    subject.command = lambda: ["constraint-match", "--explain"]
    message = subject.named(subject.base("TAGS"), "huge")
    message["tags"] = ["%d.0.0-%s" % (i, "x" * 100) for i in range(100_000)]
    run = Input(t, subject).good().bad(messages.line(message)).good().run()
    wrong = [line[:80] for line in run.lines if messages.complaint(line)]
    t.is_(wrong, [], "an answer longer than 16 MiB: no half line")
    t.is_(subject.passed(run), [0, 1], "an answer longer than 16 MiB: the good ones come through")
    check_memory(t, run, TREE_MAX, "an answer longer than 16 MiB")


def check_files(t):
    """What may stand in a folder of manifests, all the way through."""
    host = REGISTRY.host + "/team"
    plain = [fixtures.source("https://git.example/x", "", "main", path="x"),
             fixtures.source("https://git.example/y", "", "main", path="y")]
    contents = {
        "annotation": [fixtures.application("apps", "annotation", repo_url=host, annotations={
            "example.org/large": "x" * MIB})],
        "third": [fixtures.application("apps", "third", sources=plain + [fixtures.source(host)])],
        "same": [fixtures.application("one", "same", repo_url=host),
                 fixtures.application("two", "same", constraint="~ 1.1", repo_url=host)],
    }
    for name, objects in contents.items():
        t.write("files/%s.yaml" % name, fixtures.manifest(*objects))
    t.write("files/random.yaml", random_bytes(100_000))
    t.write("files/deep.yaml", "a: " + "[" * 100_000)
    t.write("files/bomb.yaml", "a: &a [x, x]\n" + "".join(
        "%s: &%s [*%s, *%s]\n" % (b, b, a, a)
        for a, b in zip("abcdefghijklmnop", "bcdefghijklmnopq")))
    t.write("files/latin.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \xe9\n")
    t.write("files/utf16.yaml", "kind: x".encode("utf-16"))
    t.write("files/large.yaml", b"# x\n" * (5 * MIB))
    t.write("files/broken.json", '{"apiVersion": "v1", "kind": ')
    os.symlink("/dev/zero", t.path("files/zero.yaml"))
    os.mkfifo(t.path("files/fifo.yaml"))
    before = {name: t.read("files/" + name + ".yaml") for name in contents}
    listed = Run(t, ["watch", "--files", t.path("files"), "--once"], "/dev/null")
    t.is_(listed.status, 1, "files: watch's exit status")
    check_memory(t, listed, PASSING_MAX, "files: watch")
    check_clean(t, listed, "files: watch")
    complaints = {message["about"]["file"].rsplit("/", 1)[1]: message["reason"]
                  for message in errors(listed)}
    for name in ("random.yaml", "deep.yaml", "latin.yaml", "utf16.yaml", "large.yaml",
                 "broken.json"):
        t.has(complaints.get(name, ""), name, "files: the ERROR about %s names it" % name)
    stages = [["tag-scan"], ["constraint-match"], ["verify"], ["patch-application"]]
    data = listed.stdout
    for stage in stages:
        t.write("stage", data)
        run = Run(t, stage, t.path("stage"))
        check_memory(t, run, PASSING_MAX, "files: " + stage[0])
        data = run.stdout
    results = [m for m in run.messages() if m["type"] == "RESULT"]
    t.is_(sorted((m["application"]["namespace"], m["application"]["name"], m.get("source"), m["to"],
                  m["status"]) for m in results),
          [("apps", "annotation", None, "1.0.3", "patched"),
           ("apps", "third", 2, "1.0.3", "patched"),
           ("one", "same", None, "1.0.3", "patched"), ("two", "same", None, "1.1.0", "patched")],
          "files: large annotation, one name in two namespaces, spec.sources[2]")
    for name, content in before.items():
        first, mark, second = content.partition(b"---\n")
        wanted = first.replace(b"targetRevision: 1.0.0", b"targetRevision: 1.0.3") + mark + \
            second.replace(b"targetRevision: 1.0.0", b"targetRevision: 1.1.0")
        t.ok(t.read("files/" + name + ".yaml") == wanted,
             "files: %s.yaml: one value changed for each" % name)


def poisons(host):
    """Applications that are none."""
    good = fixtures.application("apps", "poison", repo_url=host, annotations={
        fixtures.PREFIX + "update-strategy": "semver", fixtures.PREFIX + "allow-tags": "any",
        fixtures.PREFIX + "ignore-tags": "x"}, uid="u")
    for _, _, changed in messages.mutations(good):
        yield changed
    for changes in (
            {"repo_url": "x" * 100_000}, {"chart": "../../etc/passwd"}, {"chart": "a" * 300},
            {"chart": "A_B"}, {"chart": "\x1b[31m"}, {"repo_url": "host\n.example/x"},
            {"repo_url": "user:password@host.example/x"}, {"repo_url": host + "?q=1"},
            {"repo_url": host + "#f"}, {"repo_url": "ftp://host.example/x"}, {"repo_url": "//"},
            {"repo_url": "https://"}, {"constraint": "x" * 100_000}, {"constraint": "(" * 1000},
            {"constraint": "||" * 1000}, {"revision": "\x00"}, {"revision": "x" * 100_000},
            {"sources": [fixtures.source(host, "app")] * 10_000},
            {"sources": [fixtures.source(host, chart=None)]}, {"sources": [{}] * 1000},
            {"sources": [fixtures.source(host), 7, None, [], "x"]},
            {"annotations": {fixtures.PREFIX + "pull-secret": "pullsecret:../../x"}},
            {"annotations": {fixtures.PREFIX + "pull-secret": "env:HOME"}},
            {"annotations": {fixtures.PREFIX + "allow-tags": "regexp:" + "(" * 1000}},
            {"annotations": {"x" * 1000: "y"}}, {"annotations": {"large": "x" * MIB}},
            {"namespace": "a/b"}, {"namespace": "../x"}, {"name": "x" * 1000}, {"name": "A b"},
            {"name": ""}):
        yield fixtures.application(**dict({"namespace": "apps", "name": "poison", "repo_url": host},
                                          **changes))


def is_application(content):
    """Does it say that it is one? What does not is somebody else's, and passes."""
    return isinstance(content, dict) and content.get("kind") == "Application" and \
        str(content.get("apiVersion")).startswith("argoproj.io/")


def check_poisons(t):
    """T32: one malformed object stops nothing: 1,000 good Applications among all poisons."""
    host = REGISTRY.host + "/team"
    bad = list(poisons(host))
    t.ok(len(bad) >= 60, "there are %d poisons" % len(bad))
    stream, number = Input(t, TagScan(t, REGISTRY)), 0
    for n in range(1000):
        stream.good()
        if n * len(bad) // 1000 >= number and number < len(bad):
            content = bad[number]
            metadata = content.get("metadata")
            if isinstance(metadata, dict) and metadata.get("name") == "poison":
                metadata["name"] = "poison-%d" % number
            stream.bad(messages.line(messages.added(content, trace="poison%d" % number)))
            number += 1
    run = stream.run()
    passing = [messages.line(messages.added(content, trace="poison%d" % n))[:-1]
               for n, content in enumerate(bad) if not is_application(content)]
    t.is_(number, len(bad), "poisons: all are in")
    t.is_(run.status, 1, "poisons: exit status")
    t.is_(len(stream.subject.passed(run)), 1000, "poisons: tag-scan: 1,000 good ones come through")
    check_output(t, stream.subject, run, "poisons: tag-scan", passing)
    check_clean(t, run, "poisons: tag-scan")
    check_memory(t, run, PASSING_MAX, "poisons: tag-scan")
    t.write("stage", run.stdout)
    chosen = Run(t, ["constraint-match"], t.path("stage"))
    names = [m["application"]["name"] for m in chosen.messages() if m["type"] == "UPDATE"]
    t.is_(len([name for name in names if name.startswith("good-")]), 1000,
          "poisons: constraint-match: 1,000 UPDATEs")
    check_output(t, ConstraintMatch(t, REGISTRY), chosen, "poisons: constraint-match", passing)
    check_clean(t, chosen, "poisons: constraint-match")


def check_registry(t):
    """T14, T17: a hostile registry. Other repositories are not affected, nothing of it is shown."""
    server = t.using(FaultServer())
    odd = ["1.0.4\n", "1.0.5\x1b[31m", "1.0.6\u202e", "%s%n", "$(x)", "../x", "", "a" * 65536,
           "\x00"]
    bodies = {
        "deep": b'{"name":"x","tags":' + b"[" * 1_000_000,
        "objects": b'{"name":"x","tags":[' + b"{}," * 1_000_000 + b"{}]}",
        "keys": b'{"name":"x","tags":["1.0.3"],' + b",".join(
            b'"k%d":1' % i for i in range(600_000)) + b"}",
        "types": b'{"name":"x","tags":[1.0,null,{"a":1},"1.0"]}',
        "utf8": b'{"name":"x","tags":["1.0.0","1.0.\xff3"]}',
        "text": b"<html>CANARY-BODY</html>", "empty": b"", "null": b"null",
        "member": b'{"name":"x","tags":"1.0.3"}',
        "odd": json.dumps({"name": "x", "tags": ["1.0.0", "1.0.3"] + odd}).encode(),
    }
    for name, body in bodies.items():
        server.on("/v2/%s/app/tags/list" % name,
                  Answer(200, body, {"Content-Type": "application/json"}))
    subject = TagScan(t, REGISTRY)
    stream = Input(t, subject).good()
    for name in bodies:
        stream.bad(messages.line(messages.added(fixtures.application(
            "apps", "bad-" + name, repo_url="%s/%s" % (server.address, name)))))
    run = stream.good().run()
    t.is_(run.status, 1, "hostile registry: exit status")
    t.is_(subject.passed(run), [0, 1], "hostile registry: other repositories come through")
    check_output(t, subject, run, "hostile registry")
    check_clean(t, run, "hostile registry")
    check_memory(t, run, NO_MESSAGES_MAX, "hostile registry")
    listed = {m["repository"].split("/")[1]: m["tags"] for m in run.messages()
              if m["type"] == "TAGS"}
    listed.pop("team", None)
    listed.pop("keys", None)
    t.is_(listed, {"odd": ["1.0.0", "1.0.3"]},
          "hostile registry: nothing is taken but tags that are tags")
    reported = {m["about"]["repository"].split("/")[1] for m in errors(run)
                if "repository" in m.get("about", {})}
    t.is_(sorted(set(bodies) - reported - {"keys", "odd"}), [],
          "hostile registry: each is reported")
    t.lacks((run.stdout + run.stderr_bytes).decode("utf-8", "replace"), "CANARY-BODY",
            "hostile registry: its text is not shown")


def check_empty_and_closed(t, subject):
    """No input at all; and an output that nobody reads."""
    run = Run(t, subject.command(), "/dev/null")
    t.is_((run.status, run.stdout), (0, b""), subject.name + ": no input, no output")
    stream = Input(t, subject)
    for _ in range(2000):
        stream.bad(PASSING[0] + b"\n", messages.line(messages.samples()["UPDATE"]))
    stream.file.close()
    with open(stream.path, "rb") as source:
        child = subprocess.Popen(["timeout", "-s", "KILL", "60"] + subject.command(), stdin=source,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        child.stdout.close()
        t.ok(child.wait() in (0, 1), subject.name + ": ends by itself when its reader has gone")


with tap.Test() as test:
    test.diag("seed %d" % SEED)
    REGISTRY = test.using(Registry(test.path("registry")))
    for version in ("1.0.0", "1.0.1", "1.0.3", "1.1.0"):
        REGISTRY.push_chart("team", "app", version)
    for each in (ConstraintMatch, TagScan, Verify, PatchApplication, Show):
        if each.name in NOT:
            continue
        filter_under_test = each(test, REGISTRY)
        check_empty_and_closed(test, filter_under_test)
        check_lines(test, filter_under_test)
        check_passing(test, filter_under_test)
        check_streams(test, filter_under_test)
        check_mutations(test, filter_under_test)
        if not filter_under_test.writes_text:
            check_others_types(test, filter_under_test)
        shutil.rmtree(test.path("patched"), ignore_errors=True)
    check_broken_tag(test)
    check_too_much_to_say(test)
    check_files(test)
    check_poisons(test)
    check_registry(test)

#!/usr/bin/python3 -B
"""Hostile input: clear errors, nothing else lost, memory bounded.

Each filter gets what no well-meaning writer sends, with good messages before, between and after.
The good ones must come through as if nothing had been; each bad one is an ERROR (or passes through
byte for byte, where its type is not the filter's); every line written is as the schema says.

weirtest/hostile.py states the bounds on memory. NOT="show verify" in the environment leaves
these filters out, for whoever works on another one.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import messages, tap
from weirtest.hostile import (MIB, NO_MESSAGES_MAX, PASSING_MAX, TREE_MAX, Apply, ConstraintMatch,
                              Input, PatchApplication, RenderConfigmap, RenderRepository, Run, Show,
                              TagScan, Verify, WerfSources, check_clean, check_memory, check_output, errors)
from weirtest.registry import Registry

RECORD_MAX = 16 * MIB
SEED = int(os.environ.get("WEIR_TEST_SEED") or 7)
NOT = os.environ.get("NOT", "").split()


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
        if isinstance(subject, WerfSources):  # what they read is passed on
            passing = [messages.line(changed)[:-1] for _, _, _, changed in cases]
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
    for each in (ConstraintMatch, TagScan, Verify, PatchApplication, RenderConfigmap,
                 RenderRepository, Apply, Show):
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

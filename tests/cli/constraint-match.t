#!/usr/bin/python3 -B
"""constraint-match: which version each source of each Application should have."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import messages, procs, tap

REPOSITORY = "registry.example/charts/myapp"
DIALECTS = ('1.0.0 satisfies the constraint "~ 0.0" in dialect v1 only, not in v3: say --dialect v1 to '
            "keep following it, or --dialect v3 (Argo CD's own)")


def follower(name="myapp", constraint="~ 1.0", current="1.0.0", **members):
    return dict({"application": {"namespace": "d8-delivery", "name": name, "uid": "u-" + name},
                 "repoURL": "registry.example/charts", "chart": "myapp", "constraint": constraint,
                 "current": current}, **members)


def listing(*followers, **members):
    return dict({"type": "TAGS", "repository": REPOSITORY, "complete": True,
                 "tags": ["1.0.0", "1.0.3", "1.1.0"], "applications": list(followers)}, **members)


def match(*sent, words=()):
    """What comes out: (Result, messages). Each is held to the schema."""
    data = b"".join(each if isinstance(each, bytes) else messages.line(each) for each in sent)
    done = procs.run("constraint-match", *words, stdin=data)
    done.messages = messages.parse(done.stdout)
    done.complaints = [messages.complaint(each) for each in done.lines]
    return done


def update(name="myapp", **members):
    one = follower(name)
    return dict({"type": "UPDATE", "application": one["application"], "repository": REPOSITORY,
                 "repoURL": one["repoURL"], "chart": "myapp", "constraint": "~ 1.0", "from": "1.0.0",
                 "to": "1.0.3", "candidates": ["1.0.0"]}, **members)


def hold(name="myapp", **members):
    one = follower(name)
    return dict({"type": "HOLD", "application": one["application"], "repository": REPOSITORY,
                 "repoURL": one["repoURL"], "chart": "myapp", "constraint": "~ 1.0",
                 "current": "1.0.3", "reason": "already the newest match"}, **members)


def run_messages(t):
    done = match(listing(follower()))
    t.is_((done.status, done.messages, done.stderr), (0, [update()], ""), "an UPDATE")
    done = match(listing(follower(current="1.0.3")))
    t.is_((done.status, done.messages, done.stderr), (0, [hold()], ""), "a HOLD")
    origin = {"file": "apps/a.yaml", "document": 1, "item": 2}
    everything = follower(source=2, origin=origin, strategy="semver", allowTags="any",
                          ignoreTags="latest")
    done = match(listing(everything, trace="t1", credential="pullsecret:a/b"))
    t.is_(done.messages, [update(source=2, origin=origin, trace="t1", credential="pullsecret:a/b")],
          "each member that there may be")
    done = match(listing(dict(everything, current="1.0.3"), trace="t1", credential="pullsecret:a/b"))
    t.is_(done.messages, [hold(source=2, origin=origin, trace="t1")], "in a HOLD as well")
    t.is_(done.complaints, [""], "as the schema says")
    same = [dict(follower(), application={"namespace": ns, "name": "myapp"}) for ns in ("a", "b")]
    done = match(listing(*same, follower("other", current="1.0.3"), follower(source=0)))
    t.is_([(m["type"], m["application"]["namespace"], m["application"]["name"], m.get("source"))
           for m in done.messages],
          [("UPDATE", "a", "myapp", None), ("UPDATE", "b", "myapp", None),
           ("HOLD", "d8-delivery", "other", None), ("UPDATE", "d8-delivery", "myapp", 0)],
          "an answer to each, in order")
    other = b'{"type": "APPROVED",  "by":"me"}\n'
    done = match(other, listing(), other)
    t.is_((done.status, done.stdout_bytes), (0, other + other), "others pass byte for byte")
    done = match(listing(follower()), {"type": "ERROR", "filter": "x", "reason": "y"})
    t.is_((done.status, len(done.messages)), (1, 2), "an ERROR passes, and is not forgotten")
    spaced = json.dumps(listing(everything, trace="t1"), indent=None, separators=(" , ", " : "))
    t.is_(match(spaced.encode() + b"\n").messages, match(listing(everything, trace="t1")).messages,
          "blanks between the parts of the input")
    t.lacks(match(spaced.encode() + b"\n").stdout, " : ", "do not come out again")


def run_choices(t):
    """Rows of what the unit test has, by way of messages."""
    rows = [
        ("the example of Deckhouse", (), follower(constraint="~ 0.0"), ("HOLD", DIALECTS)),
        ("in the old dialect", ("--dialect", "v1"), follower(constraint="~ 0.0"), ("UPDATE", "1.1.0")),
        ("in the new dialect", ("--dialect", "v3"), follower(constraint="~ 0.0"),
         ("HOLD", 'none of 3 tags satisfies the constraint "~ 0.0"')),
        ("an empty constraint", (), follower(constraint=""), ("UPDATE", "1.1.0")),
        ("an escaped one", (), follower(constraint="\u003e=1.0.0, \u003c1.1"), ("UPDATE", "1.0.3")),
        ("a tag that was deleted", (), follower(current="1.0.9"), (
            "HOLD", '1.0.9 satisfies the constraint "~ 1.0" and is newer than every match (the newest '
            "is 1.0.3): was its tag deleted? Not going backwards")),
        ("a tighter constraint", (), follower(current="1.1.0"), ("UPDATE", "1.0.3")),
        ("a range", (), follower(current="1.x"), (
            "HOLD", 'targetRevision "1.x" is a range, which Argo CD resolves by itself; --pin-ranges '
            "replaces it")),
        ("a range to pin", ("--pin-ranges",), follower(current="1.x"), ("UPDATE", "1.0.3")),
        ("no version", (), follower(current="stable"), (
            "HOLD", 'targetRevision "stable" is no version; --pin-ranges replaces it')),
        ("a strategy", (), follower(strategy="digest"), (
            "HOLD", 'update-strategy "digest" is not for charts; weir has semver and alphabetical')),
        ("the alphabet", (), follower(strategy="alphabetical", constraint="1"), ("UPDATE", "1.1.0")),
        ("allow-tags", (), follower(constraint="1", allowTags="regexp:^1\\.0"), ("UPDATE", "1.0.3")),
        ("ignore-tags", (), follower(ignoreTags="*.3"), ("HOLD", "already the newest match")),
    ]
    for name, words, one, want in rows:
        done = match(listing(one), words=words)
        got = [(m["type"], m.get("to", m.get("reason"))) for m in done.messages]
        t.is_((done.status, got, done.complaints), (0, [want], [""]), name)
    done = match(listing(follower(current="2.0.0")))
    t.is_([(m["to"], m.get("note")) for m in done.messages], [
        ("1.0.3", 'goes back, since 2.0.0 does not satisfy the constraint "~ 1.0"')], "a note")
    done = match(listing(follower(constraint="^0.2", current="0.2.0"), tags=["0.2.0", "0.2.1", "0.3.0"]))
    t.is_([(m["to"], m.get("note")) for m in done.messages],
          [("0.2.1", "dialect v1 would choose 0.3.0")], "a note about the other dialect")
    many = ["1.0.%d" % i for i in range(40)]
    done = match(listing(follower(current="0.9.0"), tags=many))
    t.is_(done.messages[0]["candidates"], ["1.0.%d" % i for i in range(38, 28, -1)],
          "ten candidates, newest first")


def run_tags(t):
    done = match(listing(follower(), tags=["1.0.4_b2", "1.0.4_b1", "v1.0.4", "1.0.0", "sha256-1.sig"]))
    t.is_([(m["to"], m["candidates"]) for m in done.messages],
          [("1.0.4+b2", ["1.0.4+b1", "v1.0.4", "1.0.0"])], "_ is written as +")
    escaped = messages.line(listing(follower())).replace(b'"1.0.3"', b'"1.\\u0030.3"')
    t.is_(match(escaped).messages, [update()], "tags spelled with escapes")
    done = match(listing(follower(), tags=[
        "1.0.0", "1.0.4\n", "\u0000", "1.0.5 ", "", "../1.0.6", ".1.0.7", "-1.0.8", "1.0.9" * 40, "1.0.3"]))
    t.is_(done.messages, [update()], "tags that no registry may hold")
    t.has(done.stderr, "tags that no registry may hold were left out: 8", "are counted")
    done = match(listing(follower(), tags=[]))
    t.is_([m["reason"] for m in done.messages], ["the repository has no tags"], "no tags")
    done = match(listing(follower(), tags=["1.0.3", "1.0.3", "1.0.0", "1.0.3"]))
    t.is_(done.messages, [update()], "the same tag more than once")


def run_explain(t):
    done = match(listing(follower(), tags=["1.0.0", "1.0.3", "1.1.0", "latest"]), words=("--explain",))
    considered = [{"tag": tag, "taken": taken, "reason": reason} for tag, taken, reason in (
        ("1.1.0", False, "not within the constraint"), ("1.0.3", True, "the newest match"),
        ("1.0.0", True, "a match, but not the newest"), ("latest", False, "no version"))]
    t.is_(done.messages, [update(considered=considered)], "each tag, newest first")
    done = match(listing(follower(constraint="~ 0.0")), words=("--explain",))
    t.is_([len(m["considered"]) for m in done.messages], [3], "in a HOLD as well")
    t.is_(done.complaints, [""], "as the schema says")


def run_errors(t):
    done = match(listing(follower("a", constraint=">= 1.x.y"), follower("b"),
                         follower("c", allowTags="regexp:(a"), follower("d")))
    t.is_([m["type"] for m in done.messages], ["ERROR", "UPDATE", "ERROR", "UPDATE"],
          "the other Applications go on")
    t.is_(done.status, 1, "exit status 1")
    t.is_(done.messages[0], {
        "type": "ERROR", "filter": "constraint-match",
        "about": {"application": follower("a")["application"], "repository": REPOSITORY},
        "reason": 'd8-delivery/a: constraint ">= 1.x.y": at character 7: expected a blank, "," or "||"'},
          "a constraint is quoted, and the place is told")
    t.is_(done.messages[2]["reason"], 'd8-delivery/c: allow-tags: regular expression "(a": at character 3: '
          "missing closing parenthesis", "so is an expression")
    t.is_(done.complaints, [""] * 4, "as the schema says")
    done = match(listing(follower(constraint="1.0.0-01")))
    t.has(done.messages[0]["reason"], '"01" has a leading zero (dialect v1 can read it)',
          "the other dialect can read it")
    for member in ("application", "repoURL", "chart", "constraint", "current"):
        broken = follower("a")
        del broken[member]
        done = match(listing(broken, follower("b")))
        t.is_([(m["type"], m.get("reason", "").split(": ")[-1]) for m in done.messages],
              [("ERROR", member + " is missing"), ("UPDATE", "")], "without " + member)
        done = match(listing(follower("a", **{member: 7}), follower("b")))
        t.like(done.messages[0]["reason"], member + " is not (a string|an object)$", member + " is 7")
        t.is_(done.messages[1]["type"], "UPDATE", "and the other goes on")
    done = match(listing(7, [], None, follower("b")))
    t.is_([m.get("reason") for m in done.messages], [
        REPOSITORY + ": applications[%d]: not an object" % i for i in range(3)] + [None],
          "followers that are none")


def run_listings(t):
    """Nothing is decided from a TAGS that is not known to be whole."""
    incomplete = ": the list of tags is incomplete: nothing is decided from it"
    rows = [({"complete": False}, incomplete), ({"complete": None}, ": complete is not true or false"),
            ({"complete": "true"}, ": complete is not true or false"),
            ({"complete": 1}, ": complete is not true or false"),
            ({"tags": None}, ": tags is not an array"), ({"tags": {"a": "1.0.3"}}, ": tags is not an array"),
            ({"tags": ["1.0.0", 7, "1.0.3"]}, ": tags[1] is not a string"),
            ({"applications": {}}, ": applications is not an array"),
            ({"credential": 7}, ": credential is not a string")]
    for members, want in rows:
        done = match(listing(follower(), **members), listing(follower()))
        t.is_([(m["type"], m.get("reason")) for m in done.messages],
              [("ERROR", REPOSITORY + want), ("UPDATE", None)], "TAGS with %s" % members)
        t.is_((done.messages[0]["about"], done.status, done.complaints),
              ({"repository": REPOSITORY}, 1, ["", ""]), "is about the repository")
    for member in ("repository", "complete", "tags", "applications"):
        broken = listing(follower())
        del broken[member]
        done = match(broken, listing(follower()))
        t.is_([m["type"] for m in done.messages], ["ERROR", "UPDATE"], "TAGS without " + member)
        t.like(done.messages[0]["reason"], member + " is missing$", "is named")
    done = match(listing(follower(), repository=7))
    t.is_((done.messages[0]["reason"], done.complaints), ("repository is not a string", [""]),
          "a repository that is none")


def text(*words, stdin=""):
    return procs.run("constraint-match", "--text", *words, stdin=stdin)


def run_text(t):
    done = text("--constraint", "~ 1.0", "1.0.0", "1.1.0", "1.0.3", "latest")
    t.is_((done.status, done.stdout, done.stderr), (0, "1.0.3\n1.0.0\n", ""), "operands")
    done = text("--constraint", "~ 1.0", stdin="1.0.0\n\n 1.0.3 \r\n1.1.0\n1.0.4_b")
    t.is_((done.status, done.stdout), (0, "1.0.4+b\n1.0.3\n1.0.0\n"), "lines, the last without a newline")
    t.is_(text("1.0.0", "1.0.1-rc1").stdout, "1.0.0\n", "without a constraint: any release")
    t.is_(text("--dialect", "v1", "1.0.0", "1.0.1-rc1").stdout, "1.0.1-rc1\n1.0.0\n", "as v1 reads it")
    many = ["1.%d.%d" % (i, j) for i in range(50) for j in range(100)]
    done = text("--constraint", "1", stdin="".join(each + "\n" for each in many))
    t.is_(done.stdout, "".join(each + "\n" for each in reversed(many)), "all matches, of many")
    t.is_(text("--allow-tags", "regexp:[02]$", "--ignore-tags", "2.*, 3.*", "1.0.0", "1.0.1", "1.0.2",
               "2.0.0").stdout, "1.0.2\n1.0.0\n", "filters")
    t.is_(text("--strategy", "alphabetical", "a", "c", "b").stdout, "c\nb\na\n", "the alphabet")
    done = text("--constraint", "~ 3", "1.0.0", "2.0.0")
    t.is_((done.status, done.stdout), (1, ""), "nothing matches")
    t.has(done.stderr, 'none of 2 tags satisfies the constraint "~ 3"', "and why")
    t.status(text("--constraint", "~ 3"), 1, "no input at all")
    done = text("--constraint", "~ 3.0.y", stdin="3.0.0\n")
    t.is_((done.status, done.stdout), (100, ""), "a constraint that cannot be read is wrong usage")
    t.has(done.stderr, 'constraint "~ 3.0.y": at character 6:', "and the place is told")
    t.status(text("--allow-tags", "1.*", "1.0.0"), 100, "so is allow-tags")
    done = text("--constraint", "~ 1.0", "1.0.3", "what is this")
    t.is_((done.status, done.stdout), (0, "1.0.3\n"), "what can be no tag is left out")
    t.has(done.stderr, "lines that can be no tags were left out: 1", "and counted")


def run_current(t):
    done = text("--constraint", "~ 1.0", "--current", "1.0.0", "1.0.0", "1.0.3", "1.0.2")
    t.is_((done.status, done.stdout), (0, "1.0.3\n"), "--current: the version to go to")
    done = text("--constraint", "~ 1.0", "--current", "1.0.3", "1.0.0", "1.0.3")
    t.is_((done.status, done.stdout), (1, ""), "none")
    t.has(done.stderr, "already the newest match", "and why")
    done = text("--constraint", "~ 0.0", "--current", "1.0.0", "1.0.0", "1.0.3")
    t.is_((done.status, done.stdout), (1, ""), "the dialects differ")
    t.has(done.stderr, DIALECTS, "and both are named")
    done = text("--constraint", "~ 1.0", "--current", "2.0.0", "1.0.3")
    t.is_((done.status, done.stdout), (0, "1.0.3\n"), "back")
    t.has(done.stderr, "goes back", "with a warning")
    t.is_(text("--current", "1.x", "--pin-ranges", "1.0.3").stdout, "1.0.3\n", "--pin-ranges")
    t.status(text("--current", "1.x", "1.0.3"), 1, "a range is not touched")


def run_explain_text(t):
    done = text("--constraint", "~ 1.0", "--explain", "1.0.0", "1.0.3", "1.10.0-rc.1", "latest")
    t.is_((done.status, done.stdout), (0, (
        "1.10.0-rc.1  -      a prerelease, and the constraint asks for releases\n"
        "1.0.3        taken  the newest match\n"
        "1.0.0        taken  a match, but not the newest\n"
        "latest       -      no version\n")), "--explain")
    done = text("--constraint", "~ 2", "--explain", "1.0.0")
    t.is_((done.status, done.stdout), (1, "1.0.0  -      not within the constraint\n"), "nothing matches")


def run_usage(t):
    for words, want in ((("1.0.0",), "need --text"), (("--constraint", "1"), "--constraint needs --text"),
                        (("--current", "1"), "--current needs --text"),
                        (("--strategy", "semver"), "--strategy needs --text"),
                        (("--allow-tags", "any"), "--allow-tags needs --text"),
                        (("--ignore-tags", "a"), "--ignore-tags needs --text"),
                        (("--dialect", "v2"), "--dialect")):
        done = procs.run("constraint-match", *words)
        t.is_((done.status, done.stdout), (100, ""), "wrong usage: %s" % " ".join(words))
        t.has(done.stderr, want, "and why")


with tap.Test() as test:
    run_messages(test)
    run_choices(test)
    run_tags(test)
    run_explain(test)
    run_errors(test)
    run_listings(test)
    run_text(test)
    run_current(test)
    run_explain_text(test)
    run_usage(test)

#!/usr/bin/python3 -B
"""What the man pages and README show is what happens.

In a page, a line of a literal block (.Bd -literal) that begins with "$ " is a command, and the
lines up to the next one are what it prints on standard output; a command that ends in a backslash
goes on in the next line. In README the same, behind four blanks. All commands of one block run in
one shell, at the top of a copy of the source tree. Examples that need a cluster or a registry have
no "$ ".
"""

import glob
import os
import re
import shutil
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import ROOT, procs, tap

MARK = "\001"


def pages():
    return sorted(path for folder in ("bin", "bus", "filters") for section in "157"
                  for path in glob.glob(os.path.join(ROOT, folder, "*." + section)))


def unescape(line):
    """roff's escapes that occur in literal text."""
    line = re.sub(r"^\\&", "", line)
    for escape, plain in (("\\e", "\\"), ("\\(dq", '"'), ("\\-", "-"), ("\\(aq", "'"), ("\\&", ""),
                          ("\\(->", "\u2192"), ("\\(bu", "\u2022"), ("\\(ga", "`"), ("\\(ha", "^"),
                          ("\\(ti", "~")):
        line = line.replace(escape, plain)
    return re.sub(r"\\\[u([0-9A-F]{4,5})\]", lambda found: chr(int(found.group(1), 16)), line)


def page_blocks(path):
    """(line number, lines) of each literal block of a page."""
    block, begun = None, 0
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().splitlines(), 1):
            if line.startswith(".Bd") and "-literal" in line:
                block, begun = [], number
            elif line.startswith(".Ed") and block is not None:
                yield begun, block
                block = None
            elif block is not None:
                block.append(unescape(line))


def readme_blocks(path):
    block, begun = [], 0
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().splitlines() + [""], 1):
            if line.startswith("    "):
                begun = begun if block else number
                block.append(line[4:])
            elif block:
                yield begun, block
                block = []


def steps(block):
    """(command, expected output) pairs of a block."""
    found, more = [], False
    for line in block:
        if more:
            found[-1][0] += "\n" + re.sub(r"^> ?", "", line)
            more = line.endswith("\\")
        elif line.startswith("$ "):
            found.append([line[2:], ""])
            more = line.endswith("\\")
        elif found:
            found[-1][1] += line + "\n"
    return found


def run(block, folder):
    """What each command of the block printed."""
    script = "".join("%s\n{ s=$?; printf '%s'; (exit $s); }\n" % (command, "\\001")
                     for command, _ in steps(block))
    result = procs.run("/bin/sh", stdin=script, cwd=folder)
    outputs = result.stdout.split(MARK)
    return outputs[:-1] if len(outputs) > 1 else outputs, result


def check(t, path, blocks):
    """Gives how many examples there were."""
    count = 0
    folder = t.path("tree")
    name = os.path.relpath(path, ROOT)
    for line, block in blocks:
        wanted = steps(block)
        if not wanted:
            continue
        outputs, result = run(block, folder)
        outputs += [""] * (len(wanted) - len(outputs))
        for (command, output), got in zip(wanted, outputs):
            count += 1
            if not t.is_(got, output, "%s:%d: $ %s" % (name, line, command.split("\n")[0])):
                t.diag("stderr: " + result.stderr)
    return count


def examples_section(path):
    with open(path, encoding="utf-8") as file:
        return re.search(r"^\.Sh EXAMPLES\n(.*?)(?=^\.Sh |\Z)", file.read(),
                         re.MULTILINE | re.DOTALL)


with tap.Test() as test:
    shutil.copytree(ROOT, test.path("tree"), symlinks=True,
                    ignore=shutil.ignore_patterns(".git", "build", "peers", "__pycache__"))
    counts = {}
    for page in pages():
        counts[os.path.basename(page)] = check(test, page, page_blocks(page))
        section = examples_section(page)
        if page.endswith(".1"):
            test.ok(section and ".Bd" in section.group(1), os.path.basename(page) + " has examples")
    readme = os.path.join(ROOT, "README")
    counts["README"] = check(test, readme, readme_blocks(readme))
    # What works offline must have an example that is run.
    for name in ("apply.1", "constraint-match.1", "patch-application.1", "render-configmap.1",
                 "show.1", "tag-scan.1", "verify.1", "watch.1", "weir-message.7"):
        test.ok(counts.get(name), name + ": has an example that is run")

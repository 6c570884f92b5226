#!/usr/bin/python3 -B
"""valgrind --leak-check=full over the whole flow, --once, against a real registry: no error and no
leak. Then over the same flow supervised (weir run), where messages go over ZeroMQ.

tests/valgrind.supp holds what is the libraries' own; nothing of ours may stand there.
"""

import base64
import glob
import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import BIN, ROOT, fixtures, messages, procs, tap
from weirtest.registry import Registry

OPEN = r"Open file descriptor (\d+):[^\n]*\n==\d+==\s+(?!<inherited)at "
SUPPRESSIONS = os.path.join(ROOT, "tests/valgrind.supp")


def valgrind(t, name):
    """The command that runs what follows it, with its reports in t.tmp/valgrind/NAME.PID."""
    os.makedirs(t.path("valgrind"), exist_ok=True)
    return ["valgrind", "--quiet", "--vgdb=no", "--leak-check=full",
            "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,indirect,possible", "--error-exitcode=99",
            "--track-fds=yes", "--child-silent-after-fork=yes", "--suppressions=" + SUPPRESSIONS,
            "--log-file=" + t.path("valgrind", name + ".%p")]


def reports(t, name):
    """What valgrind found in the runs of this name: errors, leaks, descriptors left open."""
    found = ""
    for path in glob.glob(t.path("valgrind", name + ".*")):
        with open(path, encoding="utf-8", errors="replace") as file:
            found += file.read()
    return found


def judge(t, name, what, processes=1):
    found = glob.glob(t.path("valgrind", name + ".*"))
    t.ok(len(found) >= processes, "%s: valgrind has looked at %d processes" % (what, processes))
    text = reports(t, name)
    # With --track-fds it says at the end which descriptors are open; std ones are inherited.
    errors = [line for line in text.splitlines() if not re.search(
        r"FILE DESCRIPTORS|Open file descriptor|<inherited from parent>|^==\d+==\s*$", line)]
    t.is_("\n".join(errors[:60]), "", what + ": no error, no leak")
    opened = re.findall(OPEN, text)
    t.is_(opened, [], what + ": no descriptor is left open")


def write_manifests(t, registry):
    host = registry.host + "/team"
    several = [fixtures.source("https://git.example/x", "", "main", path="x"),
               fixtures.source("oci://" + host), fixtures.source(host, "absent")]
    t.write("apps/a.yaml", fixtures.manifest(
        fixtures.application("apps", "behind", repo_url=host),
        fixtures.application("apps", "newest", "~ 1.1", repo_url=host, revision="1.1.0"),
        fixtures.application("two", "several", ">= 1, < 2 || ^3", sources=several)))
    t.write("apps/b.json", fixtures.line(fixtures.application(
        "apps", "json", repo_url=host, annotations={
            fixtures.PREFIX + "allow-tags": "regexp:^1\\.",
            fixtures.PREFIX + "ignore-tags": "*-rc*"})))
    t.write("apps/c.yaml", fixtures.manifest(
        fixtures.application("apps", "dialect", "~ 0.0", repo_url=host),
        fixtures.application("apps", "bad", ">>> 1", repo_url=host),
        fixtures.application("apps", "image", "*", repo_url=host, chart="mixed")))
    t.write("apps/broken.yaml", "a: [\n")


def push(registry):
    for version in ("1.0.0", "1.0.3", "1.1.0", "1.0.4-rc1"):
        registry.push_chart("team", "app", version)
    registry.push_chart("team", "mixed", "1.0.0")
    registry.push_image("team/mixed", "1.2.0")


def check_itself(t):
    """A program that leaks, reads what is not set and leaves a descriptor open is found out."""
    source = t.write("bad.c", """
        #include <fcntl.h>
        #include <stdio.h>
        #include <stdlib.h>
        int main(void)
        {
            char *leak = malloc(100);
            if (leak[7] == open("/dev/null", O_RDONLY))
                puts("x");
            leak = NULL;
            return leak != NULL;
        }""")
    procs.run("gcc", "-g", "-O0", "-w", "-o", t.path("bad"), source)
    t.is_(procs.run(*valgrind(t, "bad"), t.path("bad")).status, 99, "a bad program fails")
    text = reports(t, "bad")
    t.like(text, "uninitialised", "what is not set is found")
    t.like(text, "definitely lost", "a leak is found")
    t.like(text, OPEN, "an open descriptor is found")


def check_pipeline(t, registry):
    write_manifests(t, registry)
    stages = [["watch", "--files", t.path("apps"), "--once"], ["tag-scan"],
              ["constraint-match", "--explain"], ["verify"], ["patch-application"], ["show"]]
    result = procs.pipeline([valgrind(t, stage[0]) + [os.path.join(BIN, stage[0])] + stage[1:]
                             for stage in stages], timeout_s=600)
    t.is_(result.statuses, [1] * len(stages), "the pipeline ran to its end")
    t.like(result.stdout, r"apps/behind +1\.0\.0 +\S+ +1\.0\.3 .*patched", "and did its work")
    for stage in stages:
        judge(t, stage[0], stage[0])


def check_garbage(t):
    """What is refused must be given back too."""
    samples = messages.samples().values()
    garbage = b"{\n\xff\n[]\n" + messages.lines(*samples) + b"".join(
        messages.line(changed) for sample in samples
        for _, _, changed in list(messages.mutations(sample))[::7])
    os.mkdir(t.path("objects"))
    for name, *more in (["constraint-match"], ["render-configmap"], ["render-repository"],
                        ["show"], ["apply", "--files", t.path("objects")]):
        result = procs.run(*valgrind(t, "garbage-" + name), os.path.join(BIN, name), *more,
                           stdin=garbage, timeout_s=600)
        t.is_(result.status, 1, name + " over garbage: exit status")
        judge(t, "garbage-" + name, name + " over garbage")


def check_text(t, registry):
    tags = procs.run(*valgrind(t, "text-tag-scan"), os.path.join(BIN, "tag-scan"), "--text",
                     "oci://%s/team/app" % registry.host, timeout_s=600)
    t.is_(sorted(tags.lines), ["1.0.0", "1.0.3", "1.0.4-rc1", "1.1.0"], "tag-scan --text")
    judge(t, "text-tag-scan", "tag-scan --text")
    chosen = procs.run(*valgrind(t, "text-match"), os.path.join(BIN, "constraint-match"), "--text",
                       "--constraint", "~ 1.0", stdin=tags.stdout_bytes, timeout_s=600)
    t.is_(chosen.lines, ["1.0.3", "1.0.0"], "constraint-match --text")
    judge(t, "text-match", "constraint-match --text")


def check_rendering(t):
    """Sources and Secrets that come, change, break and go; and both forms without messages."""
    config = base64.b64encode(b'{"auths":{"r.example":{"auth":"dTpw"}}}').decode()
    program = os.path.join(BIN, "render-repository")

    def source(name, **spec):
        return {"apiVersion": "deckhouse.io/v1alpha1", "kind": "WerfSource",
                "metadata": {"name": name, "uid": name},
                "spec": dict({"imageRepo": "r.example/" + name, "pullSecretName": "s"}, **spec)}

    def secret(data, kind="kubernetes.io/dockerconfigjson", name="s", **labels):
        return {"apiVersion": "v1", "kind": "Secret", "type": kind, "data": data,
                "metadata": {"name": name, "namespace": "d8-delivery", "labels": labels}}

    owned = secret({"url": "eA=="}, "Opaque", "repo-gone", **{
        "app.kubernetes.io/managed-by": "weir", "argocd.argoproj.io/secret-type": "repository"})
    events = [(source("a"), "ADDED"), (source("b", argocdRepoEnabled=False), "ADDED"),
              (source("c", imageRepo="http://x"), "ADDED"), (source("d", pullSecretName="t"), "ADDED"),
              (source("e", imageRepo="r.example/a"), "ADDED"), (owned, "ADDED"),
              (secret({".dockerconfigjson": config}), "ADDED"),
              (source("a", argocdRepo={"project": "p"}), "MODIFIED"), (source("c"), "MODIFIED"),
              (secret({".dockerconfigjson": "eA=="}), "MODIFIED"),
              (secret({".dockerconfigjson": config}), "DELETED"), (source("a"), "DELETED")]
    text = "".join(fixtures.event(content, kind) for content, kind in events)
    half = fixtures.listed("WerfSource", "deckhouse.io/v1alpha1")
    lines = text.splitlines(keepends=True)
    result = procs.run(*valgrind(t, "rendering"), program, timeout_s=600,
                       stdin="".join(lines[:7]) + half + "".join(lines[7:]))
    t.is_(result.status, 1, "render-repository: exit status")
    asked = {m["object"]["metadata"]["name"] for m in messages.parse(result.stdout)
             if m["type"] in ("APPLY", "PRUNE")}
    t.ok({"repo-a", "repo-gone", "b", "c", "d", "e"} <= asked, "it did its work")
    judge(t, "rendering", "render-repository")
    result = procs.run(*valgrind(t, "by-hand"), program, "--name", "a", "--url", "r.example/a",
                       "--username", "u", "--password-stdin", stdin="p\n", timeout_s=600)
    t.has(result.stdout, "repo-a", "render-repository --name")
    printed = procs.run(*valgrind(t, "by-hand"), program, "--enable-oci", stdin=result.stdout,
                        timeout_s=600)
    t.is_(printed.stdout, result.stdout, "render-repository --enable-oci")
    refused = procs.run(*valgrind(t, "by-hand"), program, "--enable-oci", stdin="x", timeout_s=600)
    t.is_(refused.status, 1, "of nothing")
    judge(t, "by-hand", "render-repository by hand", 3)


def check_group(t, registry):
    """The same flow under the supervisor, over ZeroMQ, ended by SIGTERM."""
    write_manifests(t, registry)
    stages = [["watch", "--files", t.path("apps")], ["tag-scan", "--interval", "1h"],
              ["constraint-match"], ["verify"], ["patch-application"], ["show"]]
    pipeline = t.write("pipeline.yaml", "stages:\n" + "".join(
        "  - {name: %s, command: %s}\n" % (stage[0], fixtures.line(stage).strip())
        for stage in stages))
    command = valgrind(t, "group") + ["--trace-children=yes", os.path.join(BIN, "weir"), "run",
                                      pipeline]
    group = t.using(procs.Process(command, t.tmp, name="group"))
    t.ok(group.wait_for(r"apps/behind +1\.0\.0 +\S+ +1\.0\.3 .*patched", 120),
         "a group does its work")
    t.is_(group.stop(timeout_s=120), 0, "and ends when asked")
    judge(t, "group", "a group", len(stages) + 1)


with tap.Test() as test:
    test.need_no_sanitizer()
    check_itself(test)
    the_registry = test.using(Registry(test.path("registry")))
    push(the_registry)
    check_pipeline(test, the_registry)
    check_garbage(test)
    check_text(test, the_registry)
    check_rendering(test)
    check_group(test, the_registry)

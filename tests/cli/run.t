#!/usr/bin/python3 -B
"""weir run: a group from start to end, with commands of the system as stages."""

import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import yaml
from weirtest import messages, procs, tap

HOLDS = [{"type": "HOLD", "application": {"namespace": "apps", "name": "a%d" % i},
          "current": "1.0.%d" % i, "reason": "because"} for i in range(3)]
NEVER = "exec sleep 1000"

# What is not on the list must not pass: it could change what libraries do.
FOREIGN = {name: "x" for name in (
    "LD_LIBRARY_PATHS", "LD_DEBUG_OUTPUT", "http_proxy", "HTTPS_PROXY", "CURL_CA_BUNDLE", "CURL_HOME",
    "OPENSSL_CONF", "GCONV_PATH", "MALLOC_ARENA_MAX", "BASH_ENV", "ENV", "IFS", "PYTHONPATH", "PERL5OPT",
    "PWD", "OLDPWD", "SHELL", "LOGNAME", "MAIL", "EDITOR", "SSH_AUTH_SOCK", "AWS_SECRET_ACCESS_KEY")}
HANDED_ON = {"LANG": "C", "LC_TIME": "C", "TERM": "dumb", "NO_COLOR": "1", "USER": "me",
             "KUBECONFIG": "/k", "POD_NAMESPACE": "p", "DOCKER_CONFIG": "/d", "SSL_CERT_DIR": "/s",
             "KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "1", "WEIR_OWN": "w"}
ALWAYS = ["HOME", "LC_ALL", "PATH", "TZ", "WEIR_PEERS", "WEIR_TEST_MARK", "XDG_RUNTIME_DIR"]
SOMETIMES = ["TMPDIR", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "WEIR_TEST_SEED",
             "WEIR_TEST_LONG"]


class Pipeline:
    """A pipeline file and what runs it."""

    def __init__(self, t, name, *stages, options=(), env=None):
        self.t, self.name = t, name
        self.file = t.write(name + ".yaml", yaml.safe_dump({"stages": list(stages)}))
        self.command = ["weir", "run", *options, self.file]
        self.process = procs.Process(self.command, t.tmp, name, env=env, cwd=t.tmp)

    def run(self):
        return procs.run(*self.command, cwd=self.t.tmp)

    def start(self, *ready):
        """Start it; these stages become ready."""
        self.t.defer(self.process.stop, signal.SIGKILL)
        self.process.start()
        for stage in ready:
            self.t.ok(self.process.wait_for("stage %s: ready" % stage, stream="stderr"),
                      "%s: %s is ready" % (self.name, stage))
        return self

    def pid(self, stage):
        """The process of a stage that was started last."""
        return int(re.findall(r"stage %s: started \(process (\d+)\)" % stage,
                              self.process.stderr())[-1])

    def said(self, pattern, name):
        return self.t.ok(self.process.wait_for(pattern, stream="stderr"), name)

    def stopped(self, status, number=signal.SIGTERM):
        self.t.is_(self.process.stop(number), status, "%s: stopped, exit status %s" % (
            self.name, status))
        nothing_left(self.t, self.name)


def nothing_left(t, name):
    t.is_(os.listdir(os.environ["XDG_RUNTIME_DIR"]), [], "%s: no runtime folder is left" % name)
    t.is_(left_of(t), [], "%s: no process is left" % name)


def left_of(t):
    return [process for process in procs.leftovers(t._mark)]


def stage(name, script, **more):
    return dict({"name": name, "command": ["sh", "-c", script]}, **more)


def source(t, then=""):
    path = t.write("in.jsonl", messages.lines(*HOLDS))
    return stage("source", "cat %s; %s" % (path, then))


SHOW = {"name": "show", "command": "show"}
PASS = {"name": "middle", "command": "jq -c --unbuffered ."}


def run_ends(t):
    """A group whose source ends, ends too."""
    done = Pipeline(t, "whole", source(t), PASS, SHOW).run()
    t.status(done, 0, "a group ends with its source")
    t.is_(len([line for line in done.lines if "held: because" in line]), 3, "all has come through")
    t.is_(len(re.findall(r"^weir run: info: stage \w+: ended with exit status 0$", done.stderr,
                         re.MULTILINE)), 3, "each stage's end is told")
    nothing_left(t, "whole")
    t.status(Pipeline(t, "one", source(t, "exit 1"), SHOW).run(), 1, "the source had failures")
    done = Pipeline(t, "error", stage("source", "echo nonsense"), PASS, SHOW).run()
    t.status(done, 1, "an ERROR passed through")
    t.has(done.stdout, "a line from sh was skipped", "and is shown")
    fan = Pipeline(t, "fan", source(t), {"name": "one", "command": "jq -c 'select(true)'"},
                   {"name": "two", "command": "cat", "from": "source"},
                   {"name": "both", "command": "cat", "from": ["one", "two"]}).run()
    t.status(fan, 0, "two ways from a source to a sink")
    t.is_(sorted(set(fan.lines)), [messages.line(m).decode().strip() for m in HOLDS],
          "and all comes through")


def run_setup(t):
    done = Pipeline(t, "setup", stage("source", NEVER), stage("middle", "exit 100"), SHOW).run()
    t.status(done, 100, "a stage that is not set up right: exit status 100")
    t.like(done.stderr, r"error: stage middle: exit status 100", "and the stage is named")
    nothing_left(t, "setup")
    for words in ([], ["a", "b"]):
        t.status(procs.run("weir", "run", *words), 100, "weir run %s" % " ".join(words))
    t.status(procs.run("weir", "run", t.path("none.yaml")), 111, "a file that is not there")
    done = procs.run("weir", "run", t.write("bad.yaml", "stages: 1\n"))
    t.status(done, 100, "a bad file")


def run_signals(t):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        name = signal.Signals(number).name.lower()
        group = Pipeline(t, name, source(t, NEVER), PASS, SHOW).start("source", "middle", "show")
        t.ok(group.process.wait_for("a2 .*held"), "%s: it works" % name)
        group.stopped(0, number)
        t.is_(re.findall(r"stage (\w+): stopped", group.process.stderr()),
              ["source", "middle", "show"], "%s: sources stopped first" % name)
    deaf = stage("deaf", "trap '' TERM; while :; do sleep 1000; done", drain="100ms")
    group = Pipeline(t, "deaf", source(t, NEVER), deaf).start("source", "deaf")
    group.stopped(1)
    t.has(group.process.stderr(), "stage deaf: not finished in time; killing it", "and it is told")
    deaf["drain"] = "1h"
    group = Pipeline(t, "whole-drain", source(t, NEVER), deaf,
                     options=["--drain", "200ms"]).start("deaf")
    group.stopped(1)
    group = Pipeline(t, "twice", source(t, NEVER), deaf, options=["--drain", "1h"]).start("deaf")
    group.process.kill(signal.SIGTERM)
    group.said("stopping", "told to stop once")
    group.stopped(1)


def run_restarts(t):
    """Whatever stage dies, it starts again, gets what there is, and the others go on."""
    group = Pipeline(t, "restarts", source(t, NEVER), PASS, SHOW)
    group.start("source", "middle", "show")
    t.ok(group.process.wait_for("a2 .*held"), "it works")
    for name in ("source", "middle", "show"):
        before = group.pid(name)
        os.kill(before, signal.SIGKILL)
        group.said(r"stage %s: died: signal 9 \(Killed\)\n.*stage %s: restarting now" % (
            name, name), "%s is killed: it is told" % name)
        t.eventually(lambda: group.pid(name) != before, "  it starts again")
        t.eventually(lambda: group.process.stderr().count("stage %s: ready" % name) == 2,
                     "  and becomes ready")
    t.eventually(lambda: len(re.findall("a2 .*held", group.process.stdout())) >= 2,
                 "a new sink gets what there is")
    os.kill(group.pid("middle"), signal.SIGTERM)
    t.eventually(lambda: group.process.stderr().count("stage middle: ready") == 3,
                 "a stage that is stopped by hand starts again")
    group.stopped(0)
    group = Pipeline(t, "loop", source(t, NEVER), stage("crash", "read x; exit 3")).start("crash")
    group.said(r"stage crash: restarting in [0-9]\.[0-9] s", "one that crashes at once has to wait")
    group.stopped(0)


def run_twice(t):
    """Two supervisors of one pipeline."""
    group = Pipeline(t, "first", source(t, NEVER), SHOW).start("show")
    done = procs.run(*group.command, cwd=t.tmp)
    t.status(done, 111, "a second one of the same pipeline does not start")
    t.has(done.stderr, "another weir run (process %d) has the runtime folder" % group.process.pid,
          "and says who has it")
    t.ok(group.process.status() is None, "the first goes on")
    other = Pipeline(t, "second", source(t, NEVER), SHOW).start("show")
    t.is_(other.process.stop(), 0, "another pipeline has a folder of its own")
    group.stopped(0)


def run_killed(t):
    """kill -9 of the supervisor takes all with it; the next one starts over what it left."""
    group = Pipeline(t, "killed", source(t, "sleep 1001 & setsid sleep 1002 & wait"), PASS, SHOW)
    group.start("source", "middle", "show")
    t.ok(group.process.wait_for("a2 .*held"), "it works")
    for count in (1, 2, 3):
        group.process.stop(signal.SIGKILL)
        procs.reap_orphans()
        t.eventually(lambda: procs.reap_orphans() or left_of(t) == [],
                     "the supervisor is killed: no process is left (%d)" % count, 5)
        t.ok(os.listdir(os.environ["XDG_RUNTIME_DIR"]), "  its folder is")
        group.process.start()
        t.eventually(lambda: len(re.findall("a2 .*held", group.process.stdout())) > count,
                     "  the next one does the work again")
    group.stopped(0)


def run_folders(t):
    given = t.path("given")
    group = Pipeline(t, "given", source(t, NEVER), SHOW, options=["--dir", given]).start("source")
    t.is_(os.stat(given).st_mode & 0o777, 0o700, "--dir: the folder is private")
    t.ok(os.path.exists(os.path.join(given, "source.sock")), "and holds the sockets")
    group.stopped(0)
    t.ok(not os.path.exists(given), "and it is gone at the end")
    os.mkdir(given, 0o755)
    done = Pipeline(t, "open", source(t), SHOW, options=["--dir", given]).run()
    t.status(done, 100, "a folder that others can look into is refused")
    t.has(done.stderr, "chmod 700 " + given, "with the remedy")
    os.chmod(given, 0o700)
    done = procs.run("weir", "run", group.file, env={"WEIR_RUNTIME_DIR": t.path("x" * 100)})
    t.status(done, 100, "a path that is too long for a socket")
    t.has(done.stderr, "longer than 107 bytes", "is told")
    wanted = {"directory": "given", "env": {"GREETING": "hello"}}
    done = Pipeline(t, "settings", stage("source", 'printf \'{"type":"%s","in":"%s"}\\n\' '
                                         '"$GREETING" "$(pwd)"', **wanted)).run()
    t.is_(done.stdout, '{"type":"hello","in":"%s"}\n' % given, "directory and env")


def run_environment(t):
    seen = t.path("environ")
    setting = {"AB_1": "own", "LC_TIME": "de"}
    group = Pipeline(t, "environment", {"name": "copy", "env": setting,
                                        "command": ["cp", "/proc/self/environ", seen]})
    done = procs.run(*group.command, env=dict(FOREIGN, **HANDED_ON))
    t.status(done, 0, "a stage that looks at its environment")
    got = dict(each.split("=", 1) for each in t.read("environ").decode().split("\0") if each)
    want = dict(HANDED_ON, **setting)
    t.is_({name: got.get(name) for name in want}, want, "has what it should have")
    rest = sorted(set(got) - set(want) - set(SOMETIMES))
    t.is_([name for name in rest if name not in ALWAYS], [], "and nothing else")


def run_orphans(t):
    """F6: a helper that leaves a thousand children behind; none becomes a zombie."""
    script = "i=0; while [ $i -lt 1000 ]; do (true &) ; i=$((i+1)); done; cat"
    group = Pipeline(t, "orphans", source(t, NEVER), stage("helper", script), SHOW)
    group.start("show")
    t.ok(group.process.wait_for("a2 .*held"), "a helper with a thousand children does its work")
    t.eventually(lambda: zombies(group.process.pid) == [], "and no zombie is left")
    group.stopped(0)


def zombies(root):
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        try:
            with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
                queue += [int(word) for word in file.read().split()]
            with open("/proc/%d/stat" % pid, encoding="ascii") as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                    found.append(pid)
        except OSError:
            pass
    return found


def run_first_process(t):
    """As process 1 of a container: it still hears SIGTERM, reaps, and ends all."""
    unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc",
               "--kill-child"]
    if procs.run(*unshare, "true").status != 0:
        t.diag("no namespaces for processes here: not run as process 1")
        return
    group = Pipeline(t, "init", source(t, "(setsid sleep 1003 &); " + NEVER), PASS, SHOW)
    group.process.command = unshare + group.command
    group.start("source", "middle", "show")
    t.ok(group.process.wait_for("a2 .*held"), "process 1: it works")
    inner = t.eventually(lambda: procs.tree(group.process.pid), "process 1: it is there")[0]
    os.kill(inner, signal.SIGTERM)
    t.is_(group.process.wait(), 0, "process 1: stopped, exit status 0")
    nothing_left(t, "process 1")


with tap.Test() as t:
    run_ends(t)
    run_setup(t)
    run_signals(t)
    run_restarts(t)
    run_twice(t)
    run_killed(t)
    run_folders(t)
    run_environment(t)
    run_orphans(t)
    run_first_process(t)

"""A small TAP producer. It knows the test's environment, temporary folder and
children, and nothing of what is tested.

`with tap.Test() as t:` cleans the environment, makes t.tmp, runs the block,
then undoes what t.defer() was given (last first), checks that no process is
left, removes t.tmp, prints the plan and exits. An exception is a failed test.
"""

import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback

from . import BIN, ROOT, procs

# What a test may see of the environment it was started in. Everything else
# (proxies, docker's and kubectl's configuration, locale) must not decide.
KEPT = ("PATH", "TMPDIR", "SANITIZE", "STRICT", "WEIR_PEERS", "ASAN_OPTIONS", "UBSAN_OPTIONS",
        "LSAN_OPTIONS", "PYTHONPATH", "WEIR_TEST_MARK", "WEIR_TEST_SEED", "WEIR_TEST_LONG")


def eventually(function, timeout_s=30.0, pause_s=0.02):
    """Call function until it returns something true, at most timeout_s. Gives the last answer:
    a bounded retry, for what has no readiness of its own."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = function()
        if answer or time.monotonic() >= deadline:
            return answer
        time.sleep(pause_s)


def clean_environment(tmp):
    """Keep only KEPT, put the programs under test first on PATH, and lead HOME and the runtime
    folder into tmp, so that neither ~/.docker nor ~/.kube is read."""
    # The peers are looked for while HOME still tells where they are cached.
    if "WEIR_PEERS" not in os.environ:
        os.environ["WEIR_PEERS"] = procs.output([os.path.join(ROOT, "tests/peers/build"),
                                                 "--where"]).strip()
    for name in list(os.environ):
        if name not in KEPT:
            del os.environ[name]
    os.environ["PATH"] = BIN + ":" + os.environ.get("PATH", "/usr/bin:/bin")
    os.environ["BIN"] = BIN
    os.environ["LC_ALL"] = "C.UTF-8"
    os.environ["TZ"] = "UTC"
    os.environ["HOME"] = os.path.join(tmp, "home")
    os.environ["XDG_RUNTIME_DIR"] = os.path.join(tmp, "run")
    os.mkdir(os.environ["HOME"])
    os.mkdir(os.environ["XDG_RUNTIME_DIR"], 0o700)


def _indent(text):
    return "".join("#   " + line + "\n" for line in str(text).split("\n"))


class SkipAll(Exception):
    """Raised by Test.skip_all: nothing in this file can be tested here."""


class Test:
    """One test file."""

    def __init__(self):
        self.count = 0
        self.failed = 0
        self.tmp = None
        self._deferred = []

    # Verdicts

    def ok(self, true, name):
        """One test point; gives whether it passed."""
        self.count += 1
        true = bool(true)
        if not true:
            self.failed += 1
        name = str(name).replace("\n", " ").replace("#", "\\#")
        sys.stdout.write("%sok %d - %s\n" % ("" if true else "not ", self.count, name))
        if not true:
            frame = sys._getframe(1)
            while frame.f_code.co_filename == __file__ and frame.f_back:
                frame = frame.f_back
            self.diag("at %s line %d" % (os.path.relpath(frame.f_code.co_filename, ROOT),
                                         frame.f_lineno))
        sys.stdout.flush()
        return true

    def _compare(self, true, name, label, want, got):
        if not self.ok(true, name):
            sys.stdout.write("# %s:\n%s# got:\n%s" % (label, _indent(want), _indent(got)))
            sys.stdout.flush()
        return bool(true)

    def is_(self, got, want, name):
        """got == want; prints both when not."""
        both_text = isinstance(got, str) and isinstance(want, str)
        show = (lambda value: value) if both_text and got.strip() != want.strip() else repr
        return self._compare(got == want, name, "wanted", show(want), show(got))

    def isnt(self, got, unwanted, name):
        return self._compare(got != unwanted, name, "wanted anything but", repr(unwanted), repr(got))

    def like(self, text, pattern, name):
        """The regular expression is found in text (multi-line)."""
        return self._compare(re.search(pattern, text, re.MULTILINE), name, "wanted a match of",
                             pattern, text)

    def unlike(self, text, pattern, name):
        return self._compare(not re.search(pattern, text, re.MULTILINE), name,
                             "wanted no match of", pattern, text)

    def has(self, text, part, name):
        """part occurs in text, to the letter."""
        return self._compare(part in text, name, "wanted to find", part, text)

    def lacks(self, text, part, name):
        """part does not occur in text: a secret, for one."""
        return self._compare(part not in text, name, "wanted to be without", part, text)

    def status(self, result, want, name):
        """A process ended with this status; its stderr is printed when not."""
        return self._compare(result.status == want, name, "wanted exit status", want,
                             "%s\nstderr: %s" % (result.status, result.stderr))

    def eventually(self, function, name, timeout_s=30.0):
        """function gives something true within timeout_s; returns that."""
        answer = eventually(function, timeout_s)
        self.ok(answer, name)
        return answer

    # What is no verdict

    def diag(self, text):
        sys.stdout.write("".join("# " + line + "\n" for line in str(text).rstrip("\n").split("\n")))
        sys.stdout.flush()

    def skip(self, name, reason, count=1):
        """Tests that cannot run here, each a line; a failure under STRICT=1."""
        for _ in range(count):
            self.count += 1
            sys.stdout.write("ok %d - %s # SKIP %s\n" % (self.count, name, reason))
        sys.stdout.flush()

    def skip_all(self, reason):
        raise SkipAll(reason)

    def need_cluster(self):
        """Skip the whole file, with one clear reason, where kube-apiserver and etcd are not."""
        if not os.environ.get("WEIR_PEERS"):
            self.skip_all("no kube-apiserver and etcd here (make peers builds them)")

    def need_argocd(self):
        """Skip the whole file where the cluster, Argo CD or redis is not."""
        self.need_cluster()
        program = os.path.join(os.environ["WEIR_PEERS"], "argocd")
        if not os.access(program, os.X_OK) or not shutil.which("redis-server"):
            self.skip_all("no Argo CD here (make e2e builds it)")

    def need_no_sanitizer(self, why="valgrind does not run sanitized programs"):
        """Skip the whole file in a sanitizer build: there no failure even under STRICT=1."""
        if os.environ.get("SANITIZE"):
            self.skip_all("sanitizer: " + why)

    def bail(self, reason):
        """Nothing more makes sense, in no test file."""
        sys.stdout.write("Bail out! %s\n" % reason)
        raise SystemExit(255)

    # Files, and what must be undone

    def path(self, *parts):
        return os.path.join(self.tmp, *parts)

    def write(self, name, content):
        """Write a file below t.tmp, its folders too; gives its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def defer(self, function, *arguments):
        """Call this at the end, whatever happens; the last given first."""
        self._deferred.append((function, arguments))

    def using(self, thing):
        """Start a peer (anything with start and stop) now, stop it at the end; gives it back."""
        self.defer(thing.stop)
        thing.start()
        return thing

    # The frame

    def __enter__(self):
        self._mark = procs.mark()
        procs.become_subreaper()
        self.tmp = tempfile.mkdtemp(prefix="weir.")
        clean_environment(self.tmp)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._interrupted)
        return self

    @staticmethod
    def _interrupted(number, _frame):
        raise SystemExit(128 + number)

    def _undo(self):
        while self._deferred:
            function, arguments = self._deferred.pop()
            try:
                function(*arguments)
            except Exception:  # the rest must be undone all the same
                self.ok(False, "clean-up")
                self.diag(traceback.format_exc())

    def _leftovers(self, should_be_none):
        procs.reap_orphans()
        if should_be_none:
            eventually(lambda: not procs.leftovers(self._mark), 5)
        left = procs.leftovers(self._mark)
        if left and should_be_none:
            self.ok(False, "no process is left over")
            self.diag("\n".join("%d %s" % process for process in left))
        procs.kill_all(self._mark)
        procs.reap_orphans()

    def __exit__(self, kind, error, trace):
        skipped = None
        if kind is SkipAll:
            skipped = error
        elif kind is not None and kind is not SystemExit:
            self.ok(False, "the test came to its end")
            self.diag("".join(traceback.format_exception(kind, error, trace)))
        self._undo()
        self._leftovers(should_be_none=kind is None)
        shutil.rmtree(self.tmp, ignore_errors=True)
        if kind is SystemExit:
            return False
        if skipped is not None and self.count == 0:
            print("1..0 # SKIP %s" % skipped)
            sys.exit(0)
        if skipped is not None:
            self.skip("the rest of the file", skipped)
        print("1..%d" % self.count)
        sys.stdout.flush()
        sys.exit(1 if self.failed else 0)

"""Processes of a test: pipelines, long-running groups, what they cost, and
what they leave behind. It knows nothing of TAP, and of no peer.
"""

import ctypes
import os
import re
import signal
import subprocess
import threading
import time
import uuid

MARK = "WEIR_TEST_MARK"
_PR_SET_CHILD_SUBREAPER = 36
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


# Finding processes

def mark():
    """Mark every process that starts from here on; gives the mark. A mark that is there already
    (tests/run sets one) is extended, so that both find what is left."""
    own = "%s/%s" % (os.environ.get(MARK, ""), uuid.uuid4().hex[:12])
    os.environ[MARK] = own
    return own


def become_subreaper():
    """Orphans of our children become our children: a process that hides its environment is found
    all the same."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stat(pid):
    """(parent, state, command, cpu seconds) of a process, or None."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            text = file.read().decode(errors="replace")
    except OSError:
        return None
    command = text[text.index("(") + 1:text.rindex(")")]
    fields = text[text.rindex(")") + 2:].split()
    return int(fields[1]), fields[0], command, (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS


def _all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def tree(root):
    """The live descendants of a process, without itself."""
    children = {}
    for pid in _all_pids():
        stat = _stat(pid)
        if stat and stat[1] not in "ZX":
            children.setdefault(stat[0], []).append(pid)
    found, queue = [], [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def _environment(pid):
    try:
        with open("/proc/%d/environ" % pid, "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []


def environment(pid):
    """The variables that it was started with, a line each."""
    return b"\n".join(_environment(pid)).decode(errors="replace")


def _command_line(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            line = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
    return line or "[%s]" % (_stat(pid) or (0, "", "?"))[2]


def arguments(pid):
    """The words of its command line; none when it is gone."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return [word.decode(errors="replace") for word in file.read().split(b"\0")[:-1]]
    except OSError:
        return []


def leftovers(own_mark, descendants=True):
    """(pid, command line) of each live process that carries the mark, or descends from us (if
    wanted), except ourselves and those that we descend from."""
    wanted = ("%s=%s" % (MARK, own_mark)).encode()
    spared, pid = {os.getpid()}, os.getppid()
    while pid > 1:
        spared.add(pid)
        pid = (_stat(pid) or (0,))[0]
    found = set(tree(os.getpid())) if descendants else set()
    for pid in _all_pids():
        stat = _stat(pid)
        if stat and stat[1] not in "ZX" and any(
                value == wanted or value.startswith(wanted + b"/") for value in _environment(pid)):
            found.add(pid)
    return sorted((pid, _command_line(pid)) for pid in found - spared)


def kill_all(own_mark, descendants=True):
    """SIGKILL to every leftover, until there is none (at most 5 s)."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        left = leftovers(own_mark, descendants)
        if not left:
            return
        for pid, _ in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        time.sleep(0.01)


def reap_orphans():
    """Reap what became our child by becoming an orphan and has ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


# One-shot commands

class Result:
    """What a command or a pipeline did. status is the last stage's; cpu_s is of all stages."""

    def __init__(self, statuses, stdout, stderrs, cpu_s, elapsed_s, pss_peak):
        self.statuses = statuses
        self.status = statuses[-1]
        self.stdout_bytes = stdout
        self.stdout = stdout.decode("utf-8", "replace")
        self.stderrs = [text.decode("utf-8", "replace") for text in stderrs]
        self.stderr = "".join(self.stderrs)
        self.cpu_s = cpu_s
        self.elapsed_s = elapsed_s
        self.pss_peak = pss_peak

    @property
    def lines(self):
        return self.stdout.splitlines()


class TimedOut(Exception):
    """A command did not end in time. It was killed."""


class _Reader(threading.Thread):
    """Collects one descriptor until its end."""

    def __init__(self, file):
        super().__init__(daemon=True)
        self.file, self.data = file, b""
        self.start()

    def run(self):
        with self.file:
            self.data = self.file.read()


def _feed(file, data):
    try:
        with file:
            file.write(data)
    except BrokenPipeError:
        pass


def pipeline(commands, stdin=b"", env=None, cwd=None, timeout_s=120, measure_pss=False):
    """Run commands (argument lists) joined by pipes. stdin is bytes, text or an open file; env is
    added to ours. Raises TimedOut. The CPU seconds are exact, from wait4."""
    environment = dict(os.environ, **{k: v for k, v in (env or {}).items() if v is not None})
    for name in [k for k, v in (env or {}).items() if v is None]:
        environment.pop(name, None)
    if isinstance(stdin, str):
        stdin = stdin.encode()
    from_file = hasattr(stdin, "fileno")
    stages, before, begun = [], stdin if from_file else subprocess.PIPE, time.monotonic()
    for command in commands:
        stage = subprocess.Popen(command, stdin=before, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=environment, cwd=cwd)
        if stages:
            before.close()
        before = stage.stdout
        stages.append(stage)
    meter = Meter([stage.pid for stage in stages]) if measure_pss else None
    if not from_file:
        threading.Thread(target=_feed, args=(stages[0].stdin, stdin), daemon=True).start()
    out, errors = _Reader(stages[-1].stdout), [_Reader(stage.stderr) for stage in stages]
    statuses, cpu_s = _wait_all(stages, commands, begun + timeout_s, errors)
    peak = meter.stop() if meter else None
    # A descriptor may be held open by a child that outlived its parent: do not wait for ever.
    for reader in [out] + errors:
        reader.join(timeout=5)
    return Result(statuses, out.data, [reader.data for reader in errors], cpu_s,
                  time.monotonic() - begun, peak)


def _wait_all(stages, commands, deadline, errors):
    """Statuses as a shell sees them without the 128: -N for signal N. And the CPU seconds."""
    statuses, cpu_s, pause_s = [None] * len(stages), 0.0, 0.0005
    while None in statuses:
        for index, stage in enumerate(stages):
            if statuses[index] is not None:
                continue
            pid, status, usage = os.wait4(stage.pid, os.WNOHANG)
            if pid:
                statuses[index] = stage.returncode = os.waitstatus_to_exitcode(status)
                cpu_s += usage.ru_utime + usage.ru_stime
        if time.monotonic() > deadline:
            for stage in stages:
                if stage.returncode is None:
                    stage.kill()
                    stage.wait()
            raise TimedOut("%s did not end in time; stderr: %s" % (
                " | ".join(" ".join(c) for c in commands),
                b"".join(e.data for e in errors if not e.is_alive()).decode(errors="replace")))
        if None in statuses:
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.5, 0.02)
    return statuses, cpu_s


def run(*command, **options):
    """One command; options as of pipeline()."""
    return pipeline([list(command)], **options)


def output(command, **options):
    """The stdout of a command, as text; empty when it cannot run."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False, **options).stdout.decode()
    except OSError:
        return ""


def shell(script, **options):
    """A shell line, as a user types it."""
    return pipeline([["/bin/sh", "-c", script]], **options)


# Long-running commands

class Process:
    """A command that runs while the test goes on. stdout and stderr go to files below folder, so
    that a process that writes much never blocks; stdin is a pipe when asked for. stdout may be
    a descriptor instead: what comes there is the caller's to read."""

    def __init__(self, command, folder, name=None, env=None, cwd=None, stdin=False, stdout=None):
        self.command, self.cwd, self.wants_stdin = list(command), cwd, stdin
        self.environment = dict(os.environ, **(env or {}))
        name = name or os.path.basename(self.command[0])
        self.stdout_path = os.path.join(folder, name + ".stdout")
        self.stderr_path = os.path.join(folder, name + ".stderr")
        self.popen, self.given_stdout = None, stdout
        self.cpu_s = 0.0

    def start(self):
        """Start it (again): the output files are continued. Gives itself."""
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as error:
            self.popen = subprocess.Popen(
                self.command, stdout=out if self.given_stdout is None else self.given_stdout,
                stderr=error, env=self.environment, cwd=self.cwd,
                stdin=subprocess.PIPE if self.wants_stdin else subprocess.DEVNULL)
        return self

    @property
    def pid(self):
        return self.popen.pid

    def send(self, text):
        """Write to its stdin, at once."""
        self.popen.stdin.write(text if isinstance(text, bytes) else text.encode())
        self.popen.stdin.flush()

    def end_input(self):
        self.popen.stdin.close()

    def stdout(self):
        with open(self.stdout_path, "rb") as file:
            return file.read().decode("utf-8", "replace")

    def stderr(self):
        with open(self.stderr_path, "rb") as file:
            return file.read().decode("utf-8", "replace")

    def wait_for(self, pattern, timeout_s=30.0, stream="stdout"):
        """The first match of the regular expression in its output, or None: it did not come in
        time, or the process ended without it."""
        deadline = time.monotonic() + timeout_s
        while True:
            ended = self.status() is not None
            found = re.search(pattern, getattr(self, stream)(), re.MULTILINE)
            if found or ended or time.monotonic() > deadline:
                return found
            time.sleep(0.01)

    def status(self):
        """The exit status; None while it runs."""
        if self.popen.returncode is None:
            pid, status, usage = os.wait4(self.popen.pid, os.WNOHANG)
            if pid:
                self.popen.returncode = os.waitstatus_to_exitcode(status)
                self.cpu_s += usage.ru_utime + usage.ru_stime
        return self.popen.returncode

    def wait(self, timeout_s=30.0):
        """The exit status; None when it still runs then."""
        deadline, pause_s = time.monotonic() + timeout_s, 0.001
        while self.status() is None and time.monotonic() < deadline:
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.5, 0.02)
        return self.status()

    def kill(self, number=signal.SIGKILL):
        if self.status() is None:
            self.popen.send_signal(number)

    def stop(self, number=signal.SIGTERM, timeout_s=30.0):
        """Ask it to end; SIGKILL when it does not. Gives the exit status, None if never begun."""
        if self.popen is None:
            return None
        self.kill(number)
        if self.wait(timeout_s) is None:
            self.kill(signal.SIGKILL)
            self.wait(5)
        if self.popen.stdin:
            try:
                self.popen.stdin.close()
            except BrokenPipeError:
                pass
        return self.status()


# What they cost

def pss(pid):
    """Proportional set size of one process in bytes; 0 when it is gone."""
    try:
        with open("/proc/%d/smaps_rollup" % pid, "rb") as file:
            found = re.search(rb"^Pss:\s+(\d+) kB", file.read(), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) * 1024 if found else 0


def tree_pss(roots):
    """PSS of these processes and all that descends from them, in bytes."""
    # Theirs first: the search for descendants may take longer than they live.
    total, below = sum(pss(pid) for pid in set(roots)), set()
    for root in roots:
        below.update(tree(root))
    return total + sum(pss(pid) for pid in below - set(roots))


def tree_cpu_s(root):
    """CPU seconds that the live processes of a tree have used until now."""
    return sum((_stat(pid) or (0, "", "", 0.0))[3] for pid in [root] + tree(root))


class Meter:
    """Watches the PSS of process trees, every 10 ms, until stop() gives the peak in bytes."""

    def __init__(self, roots, every_s=0.01):
        self.roots, self.every_s, self.peak = list(roots), every_s, 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._end.is_set():
            self.peak = max(self.peak, tree_pss(self.roots))
            self._end.wait(self.every_s)

    def stop(self):
        self._end.set()
        self._thread.join()
        return self.peak

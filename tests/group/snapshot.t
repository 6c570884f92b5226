#!/usr/bin/python3 -B
"""A reader that comes late gets a snapshot, and in it the bookmark that once ended the first list
stands before all that has changed since. It proves nothing there: only the end of the snapshot
says that a list is whole."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import delivery, fixtures, procs, tap


def rendered(process):
    """The registries of each ConfigMap that it told of until now."""
    return [message["object"]["data"]["registries.conf"].count("- name:")
            for message in map(json.loads, process.stdout().splitlines())
            if message["type"] == "APPLY"]


def source(t, name):
    content = fixtures.manifest(delivery.werf_source(name, "registry.example/" + name))
    path = t.write("new/" + name + ".yaml", content)
    os.rename(path, t.path("files", name + ".yaml"))


def reader(t, name):
    process = procs.Process(["weir", "render-configmap", "--in", "ipc://" + t.path("socket")],
                            t.tmp, name)
    t.defer(process.stop)
    return process.start()


with tap.Test() as t:
    os.mkdir(t.path("files"))
    source(t, "first")
    watch = procs.Process(["weir", "watch", "--files", t.path("files"),
                           "--out", "@ipc://" + t.path("socket")], t.tmp, "watch")
    t.defer(watch.stop)
    watch.start()
    early = reader(t, "early")
    t.eventually(lambda: rendered(early) == [1], "a first list with one source")
    for count, name in enumerate(("second", "third"), 2):
        source(t, name)
        t.eventually(lambda: rendered(early)[-1] == count, "and another one, later")  # noqa: B023
    late = reader(t, "late")
    t.eventually(lambda: rendered(late), "a reader that comes late hears of them")
    t.is_(rendered(late), [3], "of all at once")
    source(t, "fourth")
    t.eventually(lambda: rendered(late)[-1] == 4, "and of one that comes then")
    t.is_(rendered(late), [3, 4], "nothing but whole lists was rendered")

"""A whole group under `weir run`, against a real registry and API server, and a
witness that records what is written to Applications. It knows pipeline files and
messages; not TAP.
"""

import json
import os
import threading

import yaml

from . import net, procs
from .cluster import APPLICATIONS

STAGES = ("watch", "pushes", "tag-scan", "constraint-match", "verify", "patch-application")


class Group:
    """`weir run` over a pipeline in a folder of its own: watch, tag-scan (which also reads PUSH
    lines that push() appends to a file), constraint-match, verify, patch-application."""

    def __init__(self, folder, registries, kubeconfig=None, watch=(), interval="2m", env=None):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.pushes = os.path.join(folder, "pushes.jsonl")
        self.file = os.path.join(folder, "pipeline.yaml")
        config = os.path.join(folder, "registries.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(registries)
        with open(self.pushes, "w", encoding="utf-8"):
            pass
        account = ["--kubeconfig", kubeconfig] if kubeconfig else []
        stages = [
            {"name": "watch", "command": ["watch", *watch, *account, "--omit", ".status"]},
            {"name": "pushes", "command": ["tail", "-n", "0", "-F", self.pushes], "from": []},
            {"name": "tag-scan", "from": ["watch", "pushes"],
             "command": ["tag-scan", "--registries", config, "--interval", interval]},
            {"name": "constraint-match", "command": ["constraint-match"]},
            {"name": "verify", "command": ["verify", "--registries", config]},
            {"name": "patch-application", "command": ["patch-application", *account]}]
        with open(self.file, "w", encoding="utf-8") as file:
            yaml.safe_dump({"stages": stages}, file, sort_keys=False)
        self.run = procs.Process(["weir", "run", self.file], folder, name="run", env=env,
                                 cwd=folder)

    def start(self):
        self.run.start()
        return self

    def stop(self):
        return self.run.stop()

    def push(self, repository, tag=None):
        """Say that something was pushed, as a registry's notification would."""
        message = {"type": "PUSH", "repository": repository}
        if tag:
            message["tag"] = tag
        with open(self.pushes, "a", encoding="utf-8") as file:
            file.write(json.dumps(message) + "\n")

    def stages(self):
        """{name: pid} of the stages that run now: what is under the supervisor, by program."""
        found = {}
        for pid in procs.tree(self.run.pid):
            words = procs.arguments(pid)
            name = os.path.basename(words[0]) if words else ""
            if name in STAGES or name == "bridge":
                found["pushes" if name == "bridge" else name] = pid
        return found


class Witness:
    """Follows Applications through the API server's own watch, on a connection of its own, and
    hands each change to on_change(event type, object), in the order of the server."""

    def __init__(self, cluster, on_change):
        self.cluster, self.on_change, self.ended = cluster, on_change, False
        version = cluster.must("GET", APPLICATIONS + "/applications?limit=1")[
            "metadata"]["resourceVersion"]
        self.client = net.Client("127.0.0.1", cluster.port, ca=cluster.authority.ca,
                                 certificate=cluster.admin, timeout_s=7200)
        self.client.connection.request(
            "GET", "%s/applications?watch=1&timeoutSeconds=7000&resourceVersion=%s" % (
                APPLICATIONS, version), headers=self.client.headers)
        self.answer = self.client.connection.getresponse()
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def _follow(self):
        try:
            for line in self.answer:
                event = json.loads(line)
                self.on_change(event["type"], event["object"])
        except (OSError, ValueError, AttributeError):
            pass
        self.ended = True

    def close(self):
        """Stop following; what has come by then has been handed on."""
        self.client.connection.sock.shutdown(2)
        self.thread.join(timeout=5)
        self.client.close()

"""pipelines/delivery.yaml as a running group, and the objects of the WerfSource flow: what goes
in, and what has to stand in the cluster for it. It knows Kubernetes' and Argo CD's names; not TAP.
"""

import base64
import hashlib
import json
import os
import shlex

import yaml

from . import ROOT, procs

NAMESPACE = "d8-delivery"
PIPELINE = os.path.join(ROOT, "pipelines/delivery.yaml")
MANIFESTS = os.path.join(ROOT, "pipelines/kubernetes")
CONFIG_MAP = "argocd-image-updater-config"
SOURCES = "/apis/deckhouse.io/v1alpha1/werfsources"
OWNED = "app.kubernetes.io%2Fmanaged-by%3Dweir"


# What users write

def werf_source(name, repository, secret=None, **spec):
    """A WerfSource. project, api_url, enabled may be given besides."""
    content = {"imageRepo": repository}
    if secret:
        content["pullSecretName"] = secret
    if "api_url" in spec:
        content["apiUrl"] = spec["api_url"]
    if "enabled" in spec:
        content["argocdRepoEnabled"] = spec["enabled"]
    if "project" in spec:
        content["argocdRepo"] = {"project": spec["project"]}
    return {"apiVersion": "deckhouse.io/v1alpha1", "kind": "WerfSource",
            "metadata": {"name": name}, "spec": content}


def pull_secret(name, host, user, password, namespace=NAMESPACE):
    """What `kubectl create secret docker-registry` makes."""
    pair = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
    return docker_secret(name, {"auths": {host: {
        "username": user, "password": password, "auth": pair}}}, namespace)


def docker_secret(name, config, namespace=NAMESPACE):
    """A pull secret with any configuration."""
    return {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
            "metadata": {"name": name, "namespace": namespace},
            "stringData": {".dockerconfigjson": json.dumps(config)}}


# What has to stand

def registry_entry(name, prefix, api_url, secret=None):
    """An entry of registries.conf."""
    entry = {"name": name, "prefix": prefix, "api_url": api_url, "default": False}
    if secret:
        entry["credentials"] = "pullsecret:%s/%s" % (NAMESPACE, secret)
    return entry


def repository(name, url, user=None, password=None, project=None):
    """The data of repo-<name>."""
    data = {"type": "helm", "enableOCI": "true", "name": name, "url": url}
    for key, value in (("username", user), ("password", password), ("project", project)):
        if value is not None:
            data[key] = value
    return data


# What stands

def texts(secret):
    """The data of a Secret, decoded."""
    return {key: base64.b64decode(value).decode() for key, value in (
        secret.get("data") or {}).items()}


def owned(cluster, resource="secrets", namespace=NAMESPACE):
    """{name: object} of what carries weir's label."""
    found = cluster.must("GET", "/api/v1/namespaces/%s/%s?labelSelector=%s" % (
        namespace, resource, OWNED))
    return {item["metadata"]["name"]: item for item in found["items"]}


def repositories(cluster):
    """{source: data} of the repository Secrets that weir owns; a wrong name is kept as it is."""
    return {name[5:] if name.startswith("repo-") else "?" + name: texts(item)
            for name, item in owned(cluster).items()}


def registries(cluster):
    """The entries of registries.conf in the cluster; None without it."""
    status, answer = cluster.client().json("GET", "/api/v1/namespaces/%s/configmaps/%s" % (
        NAMESPACE, CONFIG_MAP))
    if status != 200:
        return None
    return yaml.safe_load(answer["data"]["registries.conf"])["registries"]


def ready(cluster, name):
    """(status, reason, message) of the condition Ready of a WerfSource."""
    source = cluster.must("GET", "%s/%s" % (SOURCES, name))
    for condition in source.get("status", {}).get("conditions") or []:
        if condition["type"] == "Ready":
            return condition["status"], condition["reason"], condition["message"]
    return None, None, None


def install(cluster):
    """kubectl apply -k of what is shipped, and the CRD ready to be used."""
    for _ in range(3):
        # Objects of a kind that is defined a line above may be too early for it.
        cluster.kubectl("apply", "-k", MANIFESTS, check=False)
    cluster.kubectl("apply", "-k", MANIFESTS)
    cluster.wait_for_resource(SOURCES)


# The group

class Delivery:
    """The shipped pipeline with its stages as they are, but for options that a test adds to some:
    options is {stage name: [argument, ...]}; kubeconfigs is {stage name: file}, for its own; spies
    adds a stage that writes all messages of the others out, except what has to carry a secret.
    tag-scan hears also what push() says, as it will from a registry's notification."""

    # Who reads or writes Secrets: an event of a Secret and an APPLY of one carry it, as they must.
    SECRET = ("watch-pull-secrets", "watch-repositories")

    def __init__(self, folder, kubeconfig=None, options=None, kubeconfigs=None, spies=False,
                 env=None, log_level=None):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.file = os.path.join(folder, "delivery.yaml")
        self.pushes = os.path.join(folder, "pushes.jsonl")
        with open(self.pushes, "w", encoding="utf-8"):
            pass
        with open(PIPELINE, encoding="utf-8") as file:
            pipeline = yaml.safe_load(file)
        self.wire(pipeline["stages"])
        stages = pipeline["stages"]
        for stage in stages:
            add(stage, (options or {}).get(stage["name"], []))
            if log_level:
                add(stage, ["--log-level", log_level])
            if stage["name"] in (kubeconfigs or {}):
                add(stage, ["--kubeconfig", kubeconfigs[stage["name"]]])
            if stage["name"] == "tag-scan":
                stage["from"].append("pushes")
        self.stages_of_file = [stage["name"] for stage in stages]
        stages.insert(0, {"name": "pushes", "command": ["tail", "-n", "0", "-F", self.pushes],
                          "from": []})
        if spies:
            stages += self.spies()
        pipeline["stages"] = stages
        with open(self.file, "w", encoding="utf-8") as file:
            yaml.safe_dump(pipeline, file, sort_keys=False)
        environment = dict(env or {})
        if kubeconfig:
            environment["KUBECONFIG"] = kubeconfig
        self.run = procs.Process(["weir", "run", self.file], folder, name="run", env=environment,
                                 cwd=folder)

    @staticmethod
    def wire(stages):
        """Say `from` for each stage, so that others can be added."""
        before = None
        for stage in stages:
            stage.setdefault("from", [before] if before else [])
            if isinstance(stage["from"], str):
                stage["from"] = [stage["from"]]
            before = stage["name"]

    def spies(self):
        names = [name for name in self.stages_of_file if name not in self.SECRET]
        plain = [name for name in names if name != "render-repository"]
        return [{"name": "spy", "command": ["cat"], "from": plain},
                {"name": "spy-repository", "from": ["render-repository"], "command": [
                    "jq", "-c", "--unbuffered",
                    'select(.type != "APPLY" or .object.kind != "Secret")']}]

    def start(self):
        self.run.start()
        return self

    def stop(self):
        return self.run.stop()

    def push(self, repository, tag):
        """Say that something was pushed."""
        with open(self.pushes, "a", encoding="utf-8") as file:
            file.write(json.dumps({"type": "PUSH", "repository": repository, "tag": tag}) + "\n")

    def messages(self):
        """What came out until now."""
        return [json.loads(line) for line in self.run.stdout().splitlines(keepends=True)
                if line.endswith("\n")]

    def output(self):
        """Everything that was said: messages and logs."""
        return self.run.stdout() + self.run.stderr()

    def stages(self):
        """{stage name: pid} of those that run now: a stage that others read from binds a socket
        of its name; one that nobody reads from is known by its program."""
        found = {}
        for pid in procs.tree(self.run.pid):
            words = procs.arguments(pid)
            names = [os.path.basename(word)[:-len(".sock")] for word in words
                     if word.startswith("@ipc://")]
            name = names[0] if names else os.path.basename(words[0]) if words else ""
            if name in self.stages_of_file:
                found[name] = pid
        return found


def add(stage, arguments):
    """Options behind a command, written as a list or as a text."""
    if isinstance(stage["command"], str):
        stage["command"] += "".join(" " + shlex.quote(word) for word in arguments)
    else:
        stage["command"] = stage["command"] + list(arguments)


def fingerprint(objects):
    """{name: resourceVersion and content}, to see what was touched."""
    return {name: (item["metadata"]["resourceVersion"], hashlib.sha256(json.dumps(
        item, sort_keys=True).encode()).hexdigest()[:8]) for name, item in objects.items()}

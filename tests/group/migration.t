#!/usr/bin/python3 -B
"""weir-migration(7), walked on a real kube-apiserver: the commands of the page, as they stand there,
take over what the Deckhouse module has made, and give it back."""

import base64
import json
import os
import re
import sys

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import ROOT, messages, procs, tap
from weirtest.cluster import Cluster

NAMESPACE = "d8-delivery"
PASSWORD = "hunter2:with:colons"
OF_MODULE = {"heritage": "deckhouse", "module": "delivery"}
# There is no controller-manager, so nothing is rolled out, and no argocd here.
NOT_HERE = re.compile(r"rollout|wait --for|logs|argocd |set-context")


def crd(plural, kind, schema):
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": plural + ".deckhouse.io", "labels": OF_MODULE}, "spec": {
                "group": "deckhouse.io", "scope": "Cluster",
                "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
                "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": {
                    "openAPIV3Schema": {"type": "object", "properties": {"spec": schema}}}}]}}


# As the module has them: no status, and a project that is made up.
WERF_SOURCE = crd("werfsources", "WerfSource", {
    "type": "object", "required": ["imageRepo"], "properties": {
        "imageRepo": {"type": "string"}, "apiUrl": {"type": "string", "minLength": 5},
        "pullSecretName": {"type": "string"},
        "argocdRepoEnabled": {"type": "boolean", "default": True},
        "argocdRepo": {"type": "object", "default": {}, "properties": {
            "project": {"type": "string", "default": "default"}}}}})
MODULE_CONFIG = crd("moduleconfigs", "ModuleConfig", {
    "type": "object", "x-kubernetes-preserve-unknown-fields": True})
OURS = [
    {"apiVersion": "deckhouse.io/v1alpha1", "kind": "WerfSource", "metadata": {"name": "example"},
     "spec": {"imageRepo": "registry.example/charts", "pullSecretName": "example-registry"}},
    {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
     "metadata": {"name": "example-registry", "namespace": NAMESPACE},
     "stringData": {".dockerconfigjson": json.dumps({"auths": {"registry.example": {
         "auth": base64.b64encode(("user:" + PASSWORD).encode()).decode()}}})}},
    {"apiVersion": "deckhouse.io/v1alpha1", "kind": "ModuleConfig", "metadata": {"name": "delivery"},
     "spec": {"enabled": True, "version": 1, "settings": {"argocd": {"admin": {"enabled": False}}}}}]
OF_THE_MODULE = [
    {"apiVersion": "v1", "kind": "Secret", "metadata": {
        "name": "repo-example", "namespace": NAMESPACE,
        "labels": dict(OF_MODULE, **{"argocd.argoproj.io/secret-type": "repository"}),
        "annotations": {"managed-by": "argocd.argoproj.io"}},
     "stringData": {"type": "helm", "enableOCI": "true", "name": "example", "project": "default",
                    "url": "registry.example/charts", "username": "user", "password": PASSWORD}},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
        "name": "argocd-image-updater-config", "namespace": NAMESPACE, "labels": OF_MODULE},
     "data": {"registries.conf": yaml.safe_dump({"registries": [{
         "name": "example", "prefix": "registry.example", "api_url": "https://registry.example",
         "credentials": "pullsecret:d8-delivery/example-registry", "default": False}]})}},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
        "name": "argocd-cm", "namespace": NAMESPACE, "labels": OF_MODULE},
     "data": {"admin.enabled": "false", "url": "https://argocd.example"}},
    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {
        "name": "argocd-image-updater", "namespace": NAMESPACE, "labels": OF_MODULE},
     "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "u"}}, "template": {
         "metadata": {"labels": {"app": "u"}},
         "spec": {"containers": [{"name": "u", "image": "u"}]}}}}]


def page():
    """{section: [command]} of the blocks of the page, as a person would type them."""
    with open(os.path.join(ROOT, "bin/weir-migration.7"), encoding="utf-8") as file:
        text = file.read().replace("\\e", "\\")
    sections = {}
    for section in re.split(r"^\.Sh ", text, flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^\.Bd -literal\n(.*?)^\.Ed$", section, re.MULTILINE | re.DOTALL)
        lines = [line[4:] for block in blocks for line in block.splitlines()
                 if line.startswith("    ")]
        commands = []
        for line in lines:
            if line.startswith("    ") and commands:
                commands[-1] += "\n" + line
            else:
                commands.append(line)
        sections[section.split("\n", 1)[0]] = [
            command for command in commands if not NOT_HERE.search(command)]
    return sections


class Walk:
    """The cluster as a person sees it: types commands, looks at objects."""

    def __init__(self, t, cluster):
        self.t, self.cluster = t, cluster
        self.env = {"KUBECONFIG": cluster.kubeconfig,
                    "PATH": "%s:%s" % (os.environ["PATH"], cluster.peers)}

    def type(self, command, status=0, cwd=ROOT):
        done = procs.shell(command, env=self.env, cwd=cwd)
        self.t.is_((done.status, done.stderr if done.status != status else ""), (status, ""),
                   "$ " + command.replace("\n", " "))
        self.t.lacks(done.stdout + done.stderr, "hunter2", "no secret is shown")
        return done.stdout

    def get(self, kind, name, namespace=NAMESPACE):
        return json.loads(self.cluster.kubectl("get", kind, name, "-o", "json", "-n", namespace))

    def state(self):
        """What weir and the module both write, with what tells objects apart."""
        found = {}
        for kind, name in (("secret", "repo-example"), ("configmap", "argocd-image-updater-config"),
                           ("configmap", "argocd-cm")):
            content = self.get(kind, name)
            found[name] = (content["metadata"]["uid"], content["metadata"].get("labels"),
                           content["data"])
        return found

    def versions(self):
        return [self.get(kind, name)["metadata"]["resourceVersion"] for kind, name in (
            ("secret", "repo-example"), ("configmap", "argocd-image-updater-config"),
            ("configmap", "argocd-cm"), ("werfsource", "example"))]


def prepare(t, cluster):
    """A cluster that the module has been at work in."""
    cluster.namespace(NAMESPACE)
    for definition in (WERF_SOURCE, MODULE_CONFIG):
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(definition))
    for plural in ("werfsources", "moduleconfigs"):
        t.eventually(lambda plural=plural: cluster.client().request(
            "GET", "/apis/deckhouse.io/v1alpha1/" + plural)[0] == 200, plural + " are served")
    cluster.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(OURS))
    cluster.kubectl("create", "--field-manager", "helm", "-f", "-",
                    stdin=yaml.safe_dump_all(OF_THE_MODULE))


def take_over(t, walk, commands):
    before = walk.state()
    adopting = [command for command in commands if "--adopt" in command]
    t.is_(len(adopting), 2, "two things are taken over")
    for command in commands:
        text = walk.type(command)
        if command in adopting:
            t.has(text, "dry-run", "a rehearsal")
            t.is_(walk.state(), before, "which changes nothing")
    # What stands in the middle of the list is typed again without --dry-run.
    for command in adopting:
        walk.type(command.replace(" --dry-run", ""))
    return before


def check_taken(t, walk, before):
    after = walk.state()
    for name, (uid, _, data) in before.items():
        t.is_(after[name][0], uid, name + " is the same object")
        if name != "argocd-image-updater-config":
            t.is_(after[name][2], data, "and says the same")
    t.is_(yaml.safe_load(after["argocd-image-updater-config"][2]["registries.conf"]),
          yaml.safe_load(before["argocd-image-updater-config"][2]["registries.conf"]),
          "registries.conf means the same")
    for name in ("repo-example", "argocd-image-updater-config"):
        t.is_(after[name][1].get("app.kubernetes.io/managed-by"), "weir", name + " is weir's")
    t.is_(after["argocd-cm"][1], OF_MODULE, "argocd-cm is the module's as before")
    source = walk.get("werfsource", "example")
    ready = [c["status"] for c in source["status"]["conditions"] if c["type"] == "Ready"]
    t.is_(ready, ["True"], "the source is ready")
    t.is_(source["spec"]["argocdRepo"], {"project": "default"}, "and what it said stays")
    t.is_((walk.get("deployment", "argocd-image-updater")["spec"]["replicas"],
           walk.get("deployment", "weir")["spec"]["replicas"]), (0, 1), "the old one is at rest")


def run_group(t, walk, cluster, settling):
    """`weir run`, as the Deployment has it: it finds everything as it should be."""
    before = walk.versions()
    group = t.using(procs.Process(["weir", "run"], t.tmp, "run", env=walk.env))

    def results():
        text = group.stdout()
        return [m for m in messages.parse(text[:text.rfind("\n") + 1]) if m["type"] == "RESULT"]

    t.eventually(lambda: len(results()) >= 4, "it looks at everything")
    t.is_({m["status"] for m in results()}, {"unchanged"}, "and has nothing to write")
    t.is_(walk.versions(), before, "indeed")
    def set_admin(enabled):
        cluster.kubectl("patch", "moduleconfig", "delivery", "--type", "merge", "-p", json.dumps(
            {"spec": {"settings": {"argocd": {"admin": {"enabled": enabled}}}}}))

    set_admin(True)
    t.eventually(lambda: "conflict" in [m["status"] for m in results()],
                 "a setting that changes is in conflict with the module's claim")
    for command in settling:
        walk.type(command)
    t.is_(walk.get("configmap", "argocd-cm")["data"]["admin.enabled"], "true", "settled")
    set_admin(False)
    t.eventually(lambda: walk.get("configmap", "argocd-cm")["data"]["admin.enabled"] == "false",
                 "from then on it is followed") or t.diag(group.stdout())
    t.is_(walk.get("configmap", "argocd-cm")["data"]["url"], "https://argocd.example",
          "and no other key touched")
    cluster.kubectl("delete", "configmap", "argocd-image-updater-config", "-n", NAMESPACE)
    t.eventually(lambda: cluster.client().json("GET", "/api/v1/namespaces/%s/configmaps/"
                 "argocd-image-updater-config" % NAMESPACE)[0] == 200,
                 "a ConfigMap that somebody deletes is there again")
    group.stop()
    t.lacks(group.stdout() + group.stderr(), "hunter2", "no secret is shown")


def go_back(t, walk, commands):
    for command in commands:
        walk.type(command)
    for name in ("repo-example", "argocd-image-updater-config"):
        t.is_({key: value for key, value in walk.state()[name][1].items()
               if not key.startswith("argocd.")}, OF_MODULE, name + " is the module's again")
    t.is_((walk.get("deployment", "argocd-image-updater")["spec"]["replicas"],
           walk.get("deployment", "weir")["spec"]["replicas"]), (1, 0), "the new one is at rest")
    t.ok("maintenance" not in walk.get("moduleconfig", "delivery")["spec"],
         "and Deckhouse may write again")


def main():
    with tap.Test() as t:
        t.need_cluster()
        cluster = t.using(Cluster(t.path("cluster")))
        prepare(t, cluster)
        walk = Walk(t, cluster)
        sections = page()
        for command in sections["LOOK FIRST"]:
            walk.type(command, cwd=t.tmp)
        t.has(t.read("registries.conf").decode(), "prefix: registry.example", "registries.conf is fetched")
        before = take_over(t, walk, sections["FROM DECKHOUSE"])
        check_taken(t, walk, before)
        run_group(t, walk, cluster, sections["THE ARGOCD COMMAND"])
        go_back(t, walk, sections["GOING BACK"])


main()

#!/usr/bin/python3 -B
"""pipelines/kubernetes on a real kube-apiserver: it is accepted as it is, the CRD of WerfSource
keeps nonsense out, and each Role allows what its stage needs and no more (T43)."""

import json
import os
import re
import subprocess
import sys

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import ROOT, fixtures, messages, procs, tap
from weirtest.cluster import Cluster

FOLDER = os.path.join(ROOT, "pipelines/kubernetes")
NAMESPACE = "d8-delivery"
SOURCES = "/apis/deckhouse.io/v1alpha1/werfsources"

# What each Role allows, as `kubectl auth can-i --list` says it: in weir's namespace, and elsewhere.
# (resource, names, verbs)
EVERYWHERE = {
    "weir-watch-sources": [("werfsources.deckhouse.io", "", "list watch")],
    "weir-watch-settings": [("moduleconfigs.deckhouse.io", "delivery", "list watch")],
    "weir-watch-applications": [("applications.argoproj.io", "", "list watch")],
    "weir-patch-application": [("applications.argoproj.io", "", "get patch")],
    "weir-apply": [("werfsources.deckhouse.io", "", "get"),
                   ("werfsources.deckhouse.io/status", "", "patch")],
}
IN_NAMESPACE = {
    "weir-watch-pull-secrets": [("secrets", "", "list watch")],
    "weir-watch-repositories": [("secrets", "", "list watch")],
    "weir-watch-registries": [("configmaps", "argocd-image-updater-config", "list watch")],
    "weir-tag-scan": [("secrets", "", "get")],
    "weir-verify": [("secrets", "", "get")],
    "weir-apply": [("secrets", "", "create delete get patch"),
                   ("configmaps", "argocd-image-updater-config", "create get patch"),
                   ("configmaps", "argocd-cm", "get patch")],
}
# These ask the cluster for nothing.
WITHOUT_ROLE = {"render-configmap", "render-repository", "constraint-match"}

LABEL = "a" * 63
GOOD = {
    "the example": {"imageRepo": "registry.example/charts", "pullSecretName": "example-registry"},
    "a registry alone": {"imageRepo": "registry.example"},
    "a port": {"imageRepo": "registry.example:5000/charts"},
    "an address": {"imageRepo": "10.0.0.1:5000/a"},
    "IPv6": {"imageRepo": "[2001:db8::1]:5000/a"},
    "one word": {"imageRepo": "localhost/a"},
    "capitals in the host": {"imageRepo": "Registry.Example/charts"},
    "oci://": {"imageRepo": "oci://registry.example/charts"},
    "a slash at the end": {"imageRepo": "registry.example/charts/"},
    "separators": {"imageRepo": "registry.example/a.b/c_d/e__f/g---h/0"},
    "Docker Hub": {"imageRepo": "docker.io/team"},
    "apiUrl": {"imageRepo": "registry.example/a", "apiUrl": "https://api.registry.example"},
    "apiUrl with a port and a path": {"imageRepo": "registry.example/a",
                                      "apiUrl": "http://10.0.0.1:8080/oci/v2-api/"},
    "a dotted Secret": {"imageRepo": "registry.example/a", "pullSecretName": "a.b-c.d"},
    "no Secret for Argo CD": {"imageRepo": "registry.example/a", "argocdRepoEnabled": False},
    "a project": {"imageRepo": "registry.example/a", "argocdRepo": {"project": "default"}},
    "no project": {"imageRepo": "registry.example/a", "argocdRepo": {}},
}
REPOSITORY = "wanted: host[:port]/path in lower case"
URL = "wanted: an http:// or https:// URL"
# field, what the API server says
BAD = {
    "nothing": ({}, "spec.imageRepo", "Required value"),
    "empty": ({"imageRepo": ""}, "spec.imageRepo", REPOSITORY),
    "a number": ({"imageRepo": 1}, "spec.imageRepo", "must be of type string"),
    "https://": ({"imageRepo": "https://registry.example/a"}, "spec.imageRepo", REPOSITORY),
    "a tag": ({"imageRepo": "registry.example/a:1.0"}, "spec.imageRepo", REPOSITORY),
    "a digest": ({"imageRepo": "registry.example/a@sha256:" + "0" * 64}, "spec.imageRepo",
                 REPOSITORY),
    "capitals in the path": ({"imageRepo": "registry.example/Charts"}, "spec.imageRepo",
                             REPOSITORY),
    "two slashes": ({"imageRepo": "registry.example//a"}, "spec.imageRepo", REPOSITORY),
    "a blank": ({"imageRepo": "registry.example/a b"}, "spec.imageRepo", REPOSITORY),
    "a blank at the end": ({"imageRepo": "registry.example/a "}, "spec.imageRepo", REPOSITORY),
    "a line": ({"imageRepo": "registry.example/a\n"}, "spec.imageRepo", REPOSITORY),
    "a user": ({"imageRepo": "user@registry.example/a"}, "spec.imageRepo", REPOSITORY),
    "a separator at an end": ({"imageRepo": "registry.example/a-"}, "spec.imageRepo", REPOSITORY),
    "three underscores": ({"imageRepo": "registry.example/a___b"}, "spec.imageRepo", REPOSITORY),
    "two dots": ({"imageRepo": "registry.example/a..b"}, "spec.imageRepo", REPOSITORY),
    "a dash before the host": ({"imageRepo": "-registry.example/a"}, "spec.imageRepo", REPOSITORY),
    "a port that is none": ({"imageRepo": "registry.example:x/a"}, "spec.imageRepo", REPOSITORY),
    "a wildcard": ({"imageRepo": "*.example/a"}, "spec.imageRepo", REPOSITORY),
    "too long": ({"imageRepo": "registry.example/" + "a" * 300}, "spec.imageRepo",
                 "Too long"),
    "apiUrl without a scheme": ({"imageRepo": "r.example/a", "apiUrl": "api.example"},
                                "spec.apiUrl", URL),
    "apiUrl with another one": ({"imageRepo": "r.example/a", "apiUrl": "ftp://api.example"},
                                "spec.apiUrl", URL),
    "apiUrl with a user": ({"imageRepo": "r.example/a", "apiUrl": "https://u:p@api.example"},
                           "spec.apiUrl", URL),
    "apiUrl with a query": ({"imageRepo": "r.example/a", "apiUrl": "https://api.example/?a=b"},
                            "spec.apiUrl", URL),
    "apiUrl with a fragment": ({"imageRepo": "r.example/a", "apiUrl": "https://api.example/#a"},
                               "spec.apiUrl", URL),
    "a Secret with a namespace": ({"imageRepo": "r.example/a", "pullSecretName": "other/secret"},
                                  "spec.pullSecretName", "wanted: the name of a Secret"),
    "a Secret in capitals": ({"imageRepo": "r.example/a", "pullSecretName": "Secret"},
                             "spec.pullSecretName", "wanted: the name of a Secret"),
    "argocdRepoEnabled as text": ({"imageRepo": "r.example/a", "argocdRepoEnabled": "no"},
                                  "spec.argocdRepoEnabled", "must be of type boolean"),
    "a project that is none": ({"imageRepo": "r.example/a", "argocdRepo": {"project": "a/b"}},
                               "spec.argocdRepo.project", "wanted: the name of an AppProject"),
    "argocdRepo as text": ({"imageRepo": "r.example/a", "argocdRepo": "x"}, "spec.argocdRepo",
                           "must be of type object"),
}
# A registry that is called so by mistake fails soon enough; weir asks it nonetheless.
STRICTER = {"a dash before the host"}


def documents(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


def kubectl(cluster, *arguments, stdin=None):
    """Status, stdout and stderr: warnings are on the last one."""
    return subprocess.run([os.path.join(cluster.peers, "kubectl"), "--kubeconfig",
                           cluster.kubeconfig, *arguments], input=stdin, text=True, check=False,
                          stdin=None if stdin else subprocess.DEVNULL, capture_output=True)


def test_apply(t, cluster):
    """Tried, applied, and applied once more."""
    count = sum(len(documents(name)) for name in documents("kustomization.yaml")[0]["resources"])
    done = kubectl(cluster, "apply", "-k", FOLDER, "--dry-run=server")
    t.is_(done.returncode, 0, "kubectl apply -k --dry-run=server: " + done.stderr)
    t.is_(len(done.stdout.splitlines()), count, "every object is there")
    t.is_([line for line in done.stdout.splitlines() if not line.endswith("(server dry run)")], [],
          "and would be made")
    t.lacks(done.stderr, "PodSecurity", "the Pod is one for a namespace that is restricted")
    warnings = [line for line in done.stderr.splitlines() if "last-applied" not in line and line]
    t.is_(warnings, [], "no other warning")
    t.is_(kubectl(cluster, "apply", "-k", FOLDER).returncode, 0, "applied")
    done = kubectl(cluster, "apply", "-k", FOLDER)
    t.is_([line for line in done.stdout.splitlines() if not line.endswith(" unchanged")], [],
          "applied again it changes nothing")


def test_crd(t, cluster):
    def conditions():
        crd = json.loads(cluster.kubectl("get", "crd", "werfsources.deckhouse.io", "-o", "json"))
        return {c["type"]: c["status"] for c in crd["status"].get("conditions", [])}
    t.eventually(lambda: conditions().get("Established") == "True", "the CRD is established")
    t.isnt(conditions().get("NonStructuralSchema"), "True", "its schema is structural")
    t.eventually(lambda: cluster.client().request("GET", SOURCES)[0] == 200, "and served")


def source(name, spec):
    return {"apiVersion": "deckhouse.io/v1alpha1", "kind": "WerfSource",
            "metadata": {"name": name}, "spec": spec}


def test_values(t, cluster):
    """What the schema takes and refuses, with which words."""
    accepted = {}
    for name, spec in GOOD.items():
        status, answer = cluster.client().json("POST", SOURCES + "?dryRun=All",
                                               source("good", spec))
        t.is_(status, 201, "accepted: %s%s" % (name, "" if status == 201 else ": %s" % answer))
        accepted[name] = answer.get("spec", {})
    t.is_(accepted["the example"], dict(GOOD["the example"], argocdRepoEnabled=True),
          "argocdRepoEnabled is true unless it says otherwise; a project is not made up (D9)")
    for name, (spec, field, says) in BAD.items():
        status, answer = cluster.client().json("POST", SOURCES + "?dryRun=All",
                                               source("bad", spec))
        t.is_(status, 422, "refused: %s" % name)
        causes = answer.get("details", {}).get("causes", [])
        t.ok([c for c in causes if c["field"] == field and says in c["message"]],
             "%s: %s: %s" % (field, says, "" if causes else answer))
    for name in ("a" * 249, ".".join([LABEL] * 3 + ["a" * 61])):
        status, answer = cluster.client().json("POST", SOURCES + "?dryRun=All",
                                               source(name, GOOD["the example"]))
        t.is_(status, 422, "refused: a name of %d bytes" % len(name))
        t.has(answer["message"], "since the Secret for Argo CD is called repo-NAME", "and why")
    status, answer = cluster.client().json("POST", SOURCES + "?dryRun=All",
                                           source(".".join([LABEL] * 3 + ["a" * 56]),
                                                  GOOD["the example"]))
    t.is_(status, 201, "accepted: one of 248")


def test_same_opinion(t):
    """What comes past a schema, as from a file, weir judges in the same way."""
    for name, spec in GOOD.items():
        done = procs.run("render-repository", stdin=fixtures.event(
            source("good", {key: value for key, value in spec.items()
                            if key != "pullSecretName"})) + fixtures.listed())
        errors = [m["reason"] for m in messages.parse(done.stdout) if m["type"] == "ERROR"]
        t.is_(errors, [], "weir takes it: " + name)
    for name, (spec, field, _) in BAD.items():
        if name in STRICTER:
            continue
        done = procs.run("render-repository",
                         stdin=fixtures.event(source("bad", spec)) + fixtures.listed())
        errors = [m["reason"] for m in messages.parse(done.stdout) if m["type"] == "ERROR"]
        t.is_(len(errors), 1, "weir refuses it: " + name)
        t.has(errors[0] if errors else "", "WerfSource bad: " + field, "and names the field")


def test_columns(t, cluster):
    """What a person sees in kubectl get."""
    body = source("example", GOOD["the example"])
    body["status"] = {"repository": {"secretName": "not-by-create"}}
    made = cluster.must("POST", SOURCES, body)
    t.lacks(json.dumps(made), "not-by-create", "status is a subresource")
    condition = {"type": "Ready", "status": "False", "reason": "PullSecretMissing",
                 "message": "there is no Secret d8-delivery/example-registry",
                 "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1}
    path = SOURCES + "/example/status"
    cluster.must("PATCH", path, {"status": {"conditions": [condition], "repository": {
        "secretName": "repo-example"}}}, "application/merge-patch+json")
    lines = cluster.kubectl("get", "werfsources").splitlines()
    t.is_(lines[0].split(), ["NAME", "REPOSITORY", "READY", "REASON", "AGE"], "the columns")
    t.is_(lines[1].split()[:4], ["example", "registry.example/charts", "False",
                                 "PullSecretMissing"], "and what is in them")
    t.has(cluster.kubectl("get", "werfsources", "-o", "wide"), condition["message"],
          "-o wide shows the message")
    for name, more in (("status", {"status": "Perhaps"}), ("reason", {"reason": "not a word"}),
                       ("lastTransitionTime", {"lastTransitionTime": "yesterday"})):
        status, _ = cluster.client().json("PATCH", path, {"status": {"conditions": [
            dict(condition, **more)]}}, "application/merge-patch+json")
        t.is_(status, 422, "a condition with a wrong %s is refused" % name)
    t.has(cluster.kubectl("explain", "werfsource.spec.imageRepo"), "host[:port]/path",
          "kubectl explain says what is wanted")


def can_i(cluster, user, namespace):
    """[(resource, names, verbs)] of somebody, without what everybody may."""
    def rules(who):
        found = cluster.kubectl("auth", "can-i", "--list", "-n", namespace, "--as", who)
        lines = [re.match(r"(\S*)\s+\[([^]]*)\]\s+\[([^]]*)\]\s+\[([^]]*)\]$", line)
                 for line in found.splitlines()[1:]]
        return {(m[1], m[3], " ".join(sorted(m[4].split()))) for m in lines if m and m[1]}
    return sorted(rules(user) - rules("nobody"))


def bind(cluster):
    """A user for each role, called as that is, bound to exactly it."""
    subjects = [None]
    for role in documents("rbac.yaml"):
        if role["kind"] not in ("Role", "ClusterRole"):
            continue
        name, namespace = role["metadata"]["name"], role["metadata"].get("namespace")
        subjects = [{"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}]
        path = "/apis/rbac.authorization.k8s.io/v1/" + (
            "namespaces/%s/rolebindings" % namespace if namespace else "clusterrolebindings")
        cluster.must("POST", path, {
            "metadata": {"name": name + "-tested"}, "subjects": subjects,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role["kind"],
                        "name": name}})


def test_roles(t, cluster):
    """T43: the golden table."""
    bind(cluster)
    cluster.namespace("tenant")
    everything = [(EVERYWHERE.get(name, []), IN_NAMESPACE.get(name, []), name)
                  for name in sorted(set(EVERYWHERE) | set(IN_NAMESPACE))]
    for everywhere, here, name in everything:
        t.is_(can_i(cluster, name, NAMESPACE), sorted(everywhere + here), name)
        t.is_(can_i(cluster, name, "tenant"), sorted(everywhere), name + " in another namespace")
    account = "system:serviceaccount:%s:weir" % NAMESPACE

    def flat(rules):
        return {(resource, names, verb) for resource, names, verbs in rules
                for verb in verbs.split()}
    t.is_(flat(can_i(cluster, account, NAMESPACE)),
          flat(rule for everywhere, here, _ in everything for rule in everywhere + here),
          "the account has their union")
    t.is_(flat(can_i(cluster, account, "tenant")),
          flat(rule for everywhere, _, _ in everything for rule in everywhere),
          "also in another namespace")
    found = {d["metadata"]["name"] for d in documents("rbac.yaml")
             if d["kind"] in ("Role", "ClusterRole")}
    t.is_(found, set(EVERYWHERE) | set(IN_NAMESPACE), "no other Role is there")
    stages = {"weir-" + stage["name"] for stage in delivery() if stage["name"] not in WITHOUT_ROLE}
    t.is_(found, stages, "each stage of delivery.yaml that asks the cluster has its own")


def delivery():
    with open(os.path.join(ROOT, "pipelines/delivery.yaml"), encoding="utf-8") as file:
        return yaml.safe_load(file)["stages"]


def test_watches(t, cluster):
    """Each watch of delivery.yaml, as it stands there, gets along with its Role."""
    rules = {}
    for role in documents("rbac.yaml"):
        if role["kind"] in ("Role", "ClusterRole"):
            rules[role["metadata"]["name"]] = (role["rules"], role["metadata"].get("namespace"))
    for stage in delivery():
        if stage["command"][0] != "watch":
            continue
        allowed, namespace = rules["weir-" + stage["name"]]
        user = cluster.user("tested-" + stage["name"], allowed, [namespace] if namespace else None)
        done = procs.run(*stage["command"], "--once", "--kubeconfig", user)
        t.status(done, 0, stage["name"])
        t.has(done.stdout, "initial-events-end", "and it gets to the end of its list")
        if "--field-selector" in stage["command"] and allowed[0].get("resourceNames"):
            words = [word for word in stage["command"] if "field" not in word and "=" not in word]
            done = procs.run(*words, "--once", "--kubeconfig", user)
            t.is_((done.status, done.stdout),
                  (0, done.stdout) if "--ignore-not-found" in words else (111, ""),
                  stage["name"] + ": without its selector it is refused")


def test_pod(t):
    pod = documents("deployment.yaml")[0]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    t.is_((pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["seccompProfile"]),
          (True, {"type": "RuntimeDefault"}), "not root, the runtime's seccomp profile")
    t.is_(container["securityContext"], {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]}}, "nothing that it does not need")
    t.is_(container["command"], ["weir", "run"], "its command")
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    runtime = {e["name"]: e.get("value") for e in container["env"]}["XDG_RUNTIME_DIR"]
    t.is_((mounts, [list(v)[1] for v in pod["volumes"]]), ([runtime], ["emptyDir"]),
          "what it writes is in memory, and sockets alone")
    t.is_((documents("deployment.yaml")[0]["spec"]["replicas"],
           documents("deployment.yaml")[0]["spec"]["strategy"]), (1, {"type": "Recreate"}),
          "one writer at a time")


def main():
    with tap.Test() as t:
        t.need_cluster()
        test_pod(t)
        test_same_opinion(t)
        cluster = t.using(Cluster(t.path("cluster")))
        cluster.must("POST", "/api/v1/namespaces", {"metadata": {
            "name": NAMESPACE, "labels": {"pod-security.kubernetes.io/warn": "restricted"}}})
        test_apply(t, cluster)
        test_crd(t, cluster)
        test_values(t, cluster)
        test_columns(t, cluster)
        test_roles(t, cluster)
        test_watches(t, cluster)


main()

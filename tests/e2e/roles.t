#!/usr/bin/python3 -B
"""Each stage of pipelines/delivery.yaml under exactly the Role that pipelines/kubernetes/rbac.yaml
has for it, by a client certificate of its own: both flows work, and the API server refuses each of
them every other verb on every other resource. What it allows is printed as a table."""

import os
import shutil
import sys

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import cluster, delivery, fixtures, net, registry, tap

NAMESPACE = delivery.NAMESPACE
PASSWORD = "roles:canary"
SOON_S = 30
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
RBAC = "/apis/rbac.authorization.k8s.io/v1"
SETTINGS = {"apiVersion": "deckhouse.io/v1alpha1", "kind": "ModuleConfig",
            "metadata": {"name": "delivery"},
            "spec": {"settings": {"argocd": {"admin": {"enabled": False}}}}}

# What each stage is allowed: {target: verbs}. A stage that is not here: nothing.
ALLOWED = {
    "watch-sources": {"werfsources": "list watch"},
    "watch-settings": {"moduleconfigs delivery": "list watch"},
    "watch-pull-secrets": {"secrets": "list watch"},
    "watch-repositories": {"secrets": "list watch"},
    "watch-applications": {"applications": "list watch", "applications elsewhere": "list watch"},
    "watch-registries": {"configmaps argocd-image-updater-config": "list watch"},
    "tag-scan": {"secrets": "get"},
    "verify": {"secrets": "get"},
    "patch-application": {"applications": "get patch", "applications elsewhere": "get patch"},
    # Its `create` of the ConfigMap is for that name, which a POST does not say.
    "apply": {"secrets": "get create patch delete", "werfsources": "get",
              "werfsources/status": "patch", "configmaps argocd-cm": "get patch",
              "configmaps argocd-image-updater-config": "get patch"},
}


def targets():
    """{target: (path of the collection, name, subresource)}."""
    here, there = ("/api/v1/namespaces/%s/" % space for space in (NAMESPACE, "elsewhere"))
    found = {}
    for resource in ("secrets", "configmaps", "serviceaccounts", "pods", "events"):
        found[resource] = here + resource, "thing", ""
        found[resource + " elsewhere"] = there + resource, "thing", ""
    for name in ("argocd-image-updater-config", "argocd-cm"):
        found["configmaps " + name] = here + "configmaps", name, ""
        found["configmaps %s elsewhere" % name] = there + "configmaps", name, ""
    found["serviceaccounts/token"] = here + "serviceaccounts", "weir", "/token"
    for group, resources in (("argoproj.io/v1alpha1", ("applications", "appprojects")),
                             ("apps/v1", ("deployments",)),
                             ("coordination.k8s.io/v1", ("leases",)),
                             ("rbac.authorization.k8s.io/v1", ("roles", "rolebindings"))):
        for resource in resources:
            for space, suffix in ((NAMESPACE, ""), ("elsewhere", " elsewhere")):
                found[resource + suffix] = "/apis/%s/namespaces/%s/%s" % (
                    group, space, resource), "thing", ""
    found["werfsources"] = delivery.SOURCES, "thing", ""
    found["werfsources/status"] = delivery.SOURCES, "thing", "/status"
    for name in ("delivery", "thing"):
        found["moduleconfigs " + name] = "/apis/deckhouse.io/v1alpha1/moduleconfigs", name, ""
    for resource in ("namespaces", "nodes"):
        found[resource] = "/api/v1/" + resource, "thing", ""
    for resource in ("clusterroles", "clusterrolebindings"):
        found[resource] = "%s/%s" % (RBAC, resource), "thing", ""
    found["customresourcedefinitions"] = (
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "thing", "")
    return found


def attempt(client, target, verb):
    """Ask for it; gives the HTTP status. Nothing is changed: writes are dry runs."""
    collection, name, subresource = target
    named, selected = "%s/%s%s" % (collection, name, subresource), "fieldSelector=metadata.name%3D"
    methods = {"get": ("GET", named), "update": ("PUT", named + "?dryRun=All"),
               "patch": ("PATCH", named + "?dryRun=All"),
               "delete": ("DELETE", named + "?dryRun=All"),
               "list": ("GET", "%s?%s%s" % (collection, selected, name)),
               "watch": ("GET", "%s?watch=1&timeoutSeconds=1&%s%s" % (collection, selected, name)),
               "create": ("POST", collection + "?dryRun=All"),
               "deletecollection": ("DELETE", "%s?dryRun=All&%s%s" % (collection, selected, name))}
    method, path = methods[verb]
    body = {"metadata": {"name": name}} if verb in ("create", "update", "patch") else None
    if subresource and verb == "create":
        path = named + "?dryRun=All"
    kind = cluster.MERGE_PATCH if verb == "patch" else "application/json"
    return client.json(method, path, body, kind)[0] if verb != "watch" else client.request(
        method, path)[0]


def verbs_of(target):
    """A subresource has no collection."""
    if target[2] == "/token":
        return ("create",)
    return ("get", "update", "patch") if target[2] else VERBS


def roles(t, clu):
    """{stage: (kubeconfig, certificate)}: each bound to what is shipped for it, under its name."""
    with open(os.path.join(delivery.MANIFESTS, "rbac.yaml"), encoding="utf-8") as file:
        shipped = [item for item in yaml.safe_load_all(file) if item]
    accounts = {}
    bindings = [item for item in shipped if item["kind"].endswith("RoleBinding")]
    for item in bindings:
        stage = item["metadata"]["name"].partition("weir-")[2]
        t.is_(item["roleRef"]["name"], item["metadata"]["name"], "%s of %s binds its Role" % (
            item["kind"], stage))
        if stage not in accounts:
            accounts[stage] = clu.account("as-" + stage)
        space = item["metadata"].get("namespace")
        binding = {"metadata": {"name": "as-" + stage}, "roleRef": item["roleRef"], "subjects": [
            {"kind": "User", "name": "as-" + stage, "apiGroup": "rbac.authorization.k8s.io"}]}
        clu.must("POST", "%s%s/%ss" % (RBAC, "/namespaces/" + space if space else "",
                                       item["kind"].lower()), binding)
    t.is_({item["metadata"]["name"] for item in shipped if item["kind"].endswith("Role")},
          {item["roleRef"]["name"] for item in bindings}, "each Role that is shipped is bound")
    return accounts


def settings_kind(clu):
    """Deckhouse's ModuleConfig, as far as it is needed."""
    clu.must("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        "metadata": {"name": "moduleconfigs.deckhouse.io"}, "spec": {
            "group": "deckhouse.io", "scope": "Cluster",
            "names": {"kind": "ModuleConfig", "plural": "moduleconfigs",
                      "singular": "moduleconfig", "listKind": "ModuleConfigList"},
            "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": {
                "openAPIV3Schema": {"type": "object",
                                    "x-kubernetes-preserve-unknown-fields": True}}}]}})
    clu.wait_for_resource("/apis/deckhouse.io/v1alpha1/moduleconfigs")


def flows(t, clu, reg, group):
    """Both flows, each object for which a Role has a verb."""
    source = delivery.werf_source("example", reg.host + "/charts", "example-registry")
    clu.must("POST", "/api/v1/namespaces/%s/configmaps" % NAMESPACE, {
        "metadata": {"name": "argocd-cm"}, "data": {"url": "https://argocd.example"}})
    clu.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all([
        source, delivery.pull_secret("example-registry", reg.host, "ci", PASSWORD), SETTINGS,
        fixtures.application(NAMESPACE, "myapp", repo_url=reg.host + "/charts", chart="mychart"),
        fixtures.application("elsewhere", "theirs", repo_url=reg.host + "/charts",
                             chart="mychart")]))
    wanted = {"example": delivery.repository("example", reg.host + "/charts", "ci", PASSWORD)}
    t.eventually(lambda: delivery.repositories(clu) == wanted, "the repository stands", SOON_S)
    t.eventually(lambda: delivery.registries(clu), "registries.conf stands", SOON_S)
    t.eventually(lambda: delivery.ready(clu, "example")[0] == "True", "the status says so", SOON_S)
    argocd_cm = "/api/v1/namespaces/%s/configmaps/argocd-cm" % NAMESPACE
    t.eventually(lambda: clu.must("GET", argocd_cm)["data"] == {
        "url": "https://argocd.example", "admin.enabled": "false"},
                 "a key is set in argocd-cm, and the other stays", SOON_S)
    for space, name in ((NAMESPACE, "myapp"), ("elsewhere", "theirs")):
        t.eventually(lambda: clu.revision(space, name) == "1.0.1",  # noqa: B023
                     "%s/%s follows the chart" % (space, name), SOON_S)
    clu.must("PATCH", delivery.SOURCES + "/example", {"spec": {"argocdRepoEnabled": False}},
             cluster.MERGE_PATCH)
    t.eventually(lambda: delivery.repositories(clu) == {}, "and the repository goes again", SOON_S)
    clu.must("DELETE", "/apis/deckhouse.io/v1alpha1/moduleconfigs/delivery")
    t.eventually(lambda: clu.must("GET", argocd_cm)["data"] == {"url": "https://argocd.example"},
                 "the key is given back", SOON_S)
    t.unlike(group.output(), "(?i)forbidden", "nothing was refused")


def refusals(t, clu, stage, pair):
    """All verbs on all targets as a stage. Gives {target: allowed verbs}."""
    client = net.Client("127.0.0.1", clu.port, ca=clu.authority.ca, certificate=pair)
    allowed, count = {}, 0
    for label, target in targets().items():
        for verb in verbs_of(target):
            count += 1
            status = attempt(client, target, verb)
            if status != 403:
                allowed.setdefault(label, []).append(verb)
    client.close()
    allowed = {label: " ".join(verbs) for label, verbs in allowed.items()}
    t.is_(allowed, ALLOWED.get(stage, {}), "%s may do what it has to, and nothing else" % stage)
    granted = sum(len(verbs.split()) for verbs in allowed.values())
    for number, (label, verbs) in enumerate(sorted(allowed.items()) or [("nothing", "")]):
        t.diag(("%-20s %-40s %-28s %s" % (
            "" if number else stage, label, verbs,
            "" if number else "%d of %d attempts refused" % (count - granted, count))).rstrip())


def used(t, clu, stages):
    """What the stages asked for while the flows worked."""
    for stage in stages:
        requests = clu.requests("as-" + stage)
        t.is_([r for r in requests if r[4] == 403], [], "%s asked for nothing that is refused (%s)"
              % (stage, ", ".join(sorted({"%s %s" % r[:2] for r in requests})) or "for nothing"))


def main(t):
    t.need_cluster()
    clu = t.using(cluster.Cluster(t.path("cluster"), audit=True))
    reg = t.using(registry.Registry(t.path("registry"), tls=True, users={"ci": PASSWORD}))
    delivery.install(clu)
    settings_kind(clu)
    clu.namespace("elsewhere")
    for version in ("1.0.0", "1.0.1"):
        reg.push_chart("charts", "mychart", version)
    os.mkdir(t.path("trust"))
    shutil.copyfile(reg.authority.ca, t.path("trust", "127.0.0.1"))
    accounts = roles(t, clu)
    t.is_(sorted(accounts), sorted(ALLOWED), "a stage has a Role if, and only if, it needs one")
    trust = ["--ca-dir", t.path("trust")]
    group = t.using(delivery.Delivery(
        t.path("group"), None, {
            "tag-scan": trust + ["--interval", "300ms"], "verify": trust}, {stage: account[0] for stage, account in accounts.items()},
        spies=True))
    flows(t, clu, reg, group)
    used(t, clu, accounts)
    t.is_(group.stop(), 0, "the group ends in order")
    t.diag("%-20s %-40s %s" % ("stage", "may, of all that was tried", "these verbs"))
    for stage in group.stages_of_file:
        if stage not in accounts:
            accounts[stage] = clu.account("as-" + stage)
        refusals(t, clu, stage, accounts[stage][1])


with tap.Test() as test:
    main(test)

#!/usr/bin/python3 -B
"""The peers of the whole way, by themselves: without weir, a hand-written repository Secret and an
Application let Argo CD deploy what helm pushed to a registry with TLS and htpasswd, and again when
the Application changes. What delivery.t shows rests on this."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import argocd, cluster, fixtures, helm, registry, tap

NAMESPACE = "d8-delivery"
PASSWORD = "a:fine password"


def repository_secret(reg):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {
        "name": "repo-by-hand", "namespace": NAMESPACE,
        "labels": {"argocd.argoproj.io/secret-type": "repository"}}, "stringData": {
            "type": "helm", "enableOCI": "true", "name": "by-hand", "url": reg.host + "/charts",
            "username": "ci", "password": PASSWORD}}


def deployed(clu):
    """The version that the deployed object says, or None."""
    status, answer = clu.client().json("GET", "/api/v1/namespaces/web/configmaps/mychart")
    return answer["data"]["version"] if status == 200 else None


with tap.Test() as t:
    t.need_argocd()
    clu = t.using(cluster.Cluster(t.path("cluster")))
    reg = t.using(registry.Registry(t.path("registry"), tls=True, users={"ci": PASSWORD}))
    argo = t.using(argocd.ArgoCD(t.path("argocd"), clu, NAMESPACE,
                                 {"127.0.0.1": reg.authority.ca}))
    charts = helm.Helm(t.path("helm"), reg)
    charts.push("charts", "mychart", "1.0.0")
    t.is_(reg.tags("charts/mychart"), ["1.0.0"], "helm has pushed the chart")

    clu.namespace("web")
    application = fixtures.application(NAMESPACE, "myapp", None, chart="mychart",
                                       repo_url=reg.host + "/charts")
    application["spec"]["destination"]["namespace"] = "web"
    application["spec"]["syncPolicy"] = {"automated": {"prune": True, "selfHeal": True}}
    clu.create(application)
    t.eventually(lambda: "error fetching chart" in "".join(argo.state("myapp")[2]),
                 "without a repository Secret it cannot be fetched", 60)
    clu.must("POST", "/api/v1/namespaces/%s/secrets" % NAMESPACE, repository_secret(reg))
    if not t.eventually(lambda: deployed(clu) == "1.0.0",
                        "with it, the deployed object says the version", 120):
        t.diag(argo.state("myapp"))
        t.diag(argo.logs()[-6000:])
    charts.push("charts", "mychart", "1.0.1")
    clu.patch(NAMESPACE, "myapp", {"spec": {"source": {"targetRevision": "1.0.1"}}})
    t.eventually(lambda: deployed(clu) == "1.0.1", "and the next one, once targetRevision does",
                 120)
    t.eventually(lambda: argo.state("myapp")[:2] == ("Synced", "1.0.1"),
                 "Argo CD calls the Application Synced to it", 60)

"""Objects that tests feed to weir: Applications, their manifests, RBAC rules,
registries.conf. Pure: no peer, no file.
"""

import json

import yaml

PREFIX = "argocd-image-updater.argoproj.io/"


def source(repo_url="registry.example/charts", chart="app", revision="1.0.0", **more):
    return dict({"repoURL": repo_url, "chart": chart, "targetRevision": revision}, **more)


def application(namespace="argocd", name="app", constraint="~ 1.0", sources=None, annotations=None,
                size=0, uid=None, **single):
    """An Application with the chart-version annotation (none: constraint=None). sources is a list
    for spec.sources; else spec.source is source(**single). size pads it to about that many bytes
    of JSON, in status, as Argo CD does."""
    notes = dict(annotations or {})
    if constraint is not None:
        notes[PREFIX + "chart-version"] = constraint
    metadata = {"name": name, "namespace": namespace}
    if notes:
        metadata["annotations"] = notes
    if uid:
        metadata["uid"] = uid
    spec = {"destination": {"namespace": name, "server": "https://kubernetes.default.svc"},
            "project": "default"}
    if sources is None:
        spec["source"] = source(**single)
    else:
        spec["sources"] = sources
    content = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata,
               "spec": spec}
    if size:
        pad(content, size)
    return content


def pad(content, size):
    """Grow status.resources until the object has about size bytes of JSON."""
    resources = []
    content["status"] = {"resources": resources}
    length = len(json.dumps(content, separators=(",", ":")))
    while length < size:
        resource = {"group": "apps", "kind": "Deployment", "version": "v1", "status": "Synced",
                    "health": {"status": "Healthy"}, "name": "workload-%04d" % len(resources),
                    "namespace": content["metadata"]["namespace"]}
        resources.append(resource)
        length += len(json.dumps(resource, separators=(",", ":"))) + 1


def event(content, kind="ADDED", **more):
    """A watch event as one line of JSON."""
    return line(dict({"type": kind, "object": content}, **more))


def listed(kind="Application", api_version="argoproj.io/v1alpha1"):
    """The bookmark that ends a first list, as one line of JSON."""
    return line({"type": "BOOKMARK", "object": {
        "apiVersion": api_version, "kind": kind,
        "metadata": {"annotations": {"k8s.io/initial-events-end": "true"}}}})


def line(message):
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n"


def manifest(*contents):
    """YAML of objects, several documents in one text."""
    return "---\n".join(yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
                        for content in contents)


def rule(resource, *verbs, group="argoproj.io", names=None):
    """One RBAC rule."""
    content = {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
    if names:
        content["resourceNames"] = names
    return content


def registries_conf(*registries):
    """registries.conf of registry_entry()s."""
    return yaml.safe_dump({"registries": list(registries)}, sort_keys=False)


def registry_entry(registry, name="test", credentials=None, **more):
    """An entry of registries.conf for a weirtest Registry."""
    content = {"name": name, "prefix": registry.host, "api_url": registry.url}
    if registry.authority:
        content["ca_file"] = registry.authority.ca
    if credentials:
        content["credentials"] = credentials
    return dict(content, **more)

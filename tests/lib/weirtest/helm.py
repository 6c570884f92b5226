"""Charts made and published by real helm. It knows no Argo CD, and nothing of weir.

    Helm(folder, registry, user).push("charts", "mychart", "1.0.0")
"""

import os
import subprocess

import yaml

from .cluster import peers

# What a chart deploys: one object that says which version it came from.
TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Chart.Name }}
data:
  version: {{ .Chart.Version | quote }}
"""


class Helm:
    """helm with a configuration of its own, below folder, and the credentials of one of the
    registry's users."""

    def __init__(self, folder, registry, user=None):
        self.folder, self.registry = folder, registry
        self.configuration = os.path.join(folder, "registry.json")
        os.makedirs(folder, exist_ok=True)
        if registry.users:
            registry.docker_config(self.configuration, user)

    def run(self, *arguments):
        environment = dict(os.environ, HELM_CACHE_HOME=os.path.join(self.folder, "cache"),
                           HELM_CONFIG_HOME=os.path.join(self.folder, "config"),
                           HELM_DATA_HOME=os.path.join(self.folder, "data"),
                           HELM_REGISTRY_CONFIG=self.configuration)
        done = subprocess.run([os.path.join(peers(), "helm"), *arguments], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise RuntimeError("helm %s: %s" % (" ".join(arguments), done.stderr))
        return done.stdout

    def package(self, name, version):
        """Make a small chart; gives the path of its archive."""
        chart = os.path.join(self.folder, "charts", name)
        os.makedirs(os.path.join(chart, "templates"), exist_ok=True)
        with open(os.path.join(chart, "Chart.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump({"apiVersion": "v2", "name": name, "version": version}, file)
        with open(os.path.join(chart, "templates/configmap.yaml"), "w", encoding="utf-8") as file:
            file.write(TEMPLATE)
        self.run("package", chart, "--destination", self.folder)
        return os.path.join(self.folder, "%s-%s.tgz" % (name, version))

    def push(self, repository, name, version):
        """Publish <repository>/<name>:<version>."""
        trust = (["--ca-file", self.registry.authority.ca] if self.registry.authority
                 else ["--plain-http"])
        self.run("push", self.package(name, version),
                 "oci://%s/%s" % (self.registry.host, repository), *trust)

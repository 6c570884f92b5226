"""Debian's docker-registry on a free loopback port, and charts published to it
over HTTP, as helm does it. It knows nothing of weir.

    registry = t.using(Registry(t.path("registry")))
    registry.push_chart("team/charts", "app", "1.0.0")     # team/charts/app:1.0.0
    registry.host                                          # 127.0.0.1:PORT
"""

import base64
import gzip
import hashlib
import io
import json
import os
import re
import secrets
import subprocess
import tarfile

import yaml

from . import net, procs, tap, tls

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json"
CHART_CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
IMAGE_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def tag_of(version):
    """Helm's rule: a tag cannot have a plus."""
    return version.replace("+", "_")


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def chart_metadata(name, version):
    return {"apiVersion": "v2", "name": name, "version": version, "type": "application",
            "description": "A chart of weir's tests", "appVersion": "1"}


def chart_archive(name, version):
    """The .tgz of a small chart; the same bytes each time."""
    files = {"Chart.yaml": yaml.safe_dump(chart_metadata(name, version), sort_keys=False),
             "values.yaml": "greeting: hello\n",
             "templates/configmap.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n"
                                         "  name: {{ .Release.Name }}\ndata:\n"
                                         "  greeting: {{ .Values.greeting | quote }}\n"}
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo("%s/%s" % (name, path))
            entry.size, entry.mode = len(text), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(plain.getvalue(), mtime=0)


def manifest(config_type, config, layers, annotations=None, media_type=None):
    """An OCI manifest, its members in helm's order. layers: (media type, bytes)."""
    def descriptor(kind, data):
        return {"mediaType": kind, "digest": digest_of(data), "size": len(data)}
    content = {"schemaVersion": 2}
    if media_type:
        content["mediaType"] = media_type
    content["config"] = descriptor(config_type, config)
    content["layers"] = [descriptor(kind, data) for kind, data in layers]
    if annotations:
        content["annotations"] = annotations
    return json.dumps(content, separators=(",", ":")).encode()


def chart_artifact(name, version):
    """(manifest, blobs) of a chart as helm pushes it."""
    metadata = chart_metadata(name, version)
    config = json.dumps(metadata, separators=(",", ":")).encode()
    archive = chart_archive(name, version)
    annotations = {"org.opencontainers.image.created": "2025-01-01T00:00:00Z",
                   "org.opencontainers.image.description": metadata["description"],
                   "org.opencontainers.image.title": name,
                   "org.opencontainers.image.version": version}
    return (manifest(CHART_CONFIG, config, [(CHART_CONTENT, archive)], annotations),
            [config, archive])


def image_artifact(text="an image"):
    """(manifest, blobs) of something that is no chart: a container image."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                         "rootfs": {"type": "layers", "diff_ids": []},
                         "author": text}, separators=(",", ":")).encode()
    layer = gzip.compress(text.encode(), mtime=0)
    return (manifest(IMAGE_CONFIG, config, [(IMAGE_LAYER, layer)], media_type=MANIFEST),
            [config, layer])


class Registry:
    """A docker-registry of its own. Options:

    tls             serve https; self.authority.ca is what to trust
    users           {name: password}: htpasswd
    tokens          a tokens.TokenServer: Bearer
    notifications   a list of URLs that get push events; headers by notify_headers
    filesystem      keep the content in folder/data, which may be prepared by prepare(); else memory
    access_log      write a line per request, for requests()
    """

    def __init__(self, folder, tls=False, users=None, tokens=None, notifications=(),
                 notify_headers=None, filesystem=False, data=None, access_log=True,
                 authority=None):
        self.folder, self.users, self.tokens = folder, users or {}, tokens
        self.notifications, self.notify_headers = notifications, notify_headers or {}
        self.data = data or (os.path.join(folder, "data") if filesystem else None)
        self.access_log, self.wants_tls, self.authority = access_log, tls, authority
        self.port, self.process, self._client = None, None, None

    # Life

    def start(self):
        os.makedirs(self.folder, exist_ok=True)
        if self.wants_tls and not self.authority:
            self.authority = tls.Authority(os.path.join(self.folder, "ca"))
        for _ in range(5):
            self.port = self.port or net.free_port()
            if self._try_start():
                return self
            self.port = None
        raise RuntimeError("docker-registry does not start: " + self.process.stderr())

    def _try_start(self):
        config = os.path.join(self.folder, "config.yml")
        with open(config, "w", encoding="utf-8") as file:
            yaml.safe_dump(self._configuration(), file)
        self.process = procs.Process(["docker-registry", "serve", config], self.folder,
                                     env={"OTEL_TRACES_EXPORTER": "none"}).start()
        def ready():
            try:
                return self.client().request("GET", "/v2/")[0] in (200, 401)
            except OSError:
                return self.process.status() is not None
            finally:
                self.forget_client()
        tap.eventually(ready, 30)
        return self.process.status() is None and ready()

    def _configuration(self):
        http = {"addr": "127.0.0.1:%d" % self.port, "secret": secrets.token_hex(8)}
        if self.authority:
            certificate, key = self.authority.issue("registry", "registry")
            http["tls"] = {"certificate": certificate, "key": key}
        storage = {"delete": {"enabled": True}, "maintenance": {"uploadpurging": {"enabled": False}}}
        if self.data:
            storage["filesystem"] = {"rootdirectory": self.data}
        else:
            storage["inmemory"] = {}
        config = {"version": "0.1", "storage": storage, "http": http,
                  "log": {"level": "error", "accesslog": {"disabled": not self.access_log}}}
        if self.users:
            config["auth"] = {"htpasswd": {"realm": "weir test", "path": self._htpasswd()}}
        elif self.tokens:
            config["auth"] = {"token": self.tokens.registry_configuration()}
        if self.notifications:
            config["notifications"] = {"endpoints": [
                {"name": "endpoint%d" % index, "url": url, "timeout": "5s", "threshold": 3,
                 "backoff": "100ms", "headers": self.notify_headers}
                for index, url in enumerate(self.notifications)]}
        return config

    def _htpasswd(self):
        path = os.path.join(self.folder, "htpasswd")
        with open(path + ".new", "w", encoding="utf-8") as file:
            for name, password in self.users.items():
                # The password comes on stdin (-i), never in argv; bcrypt at its least cost.
                file.write(subprocess.run(["htpasswd", "-niBC", "4", name], input=password,
                                          check=True, capture_output=True, text=True).stdout)
        os.replace(path + ".new", path)
        return path

    def set_users(self, users):
        """Other htpasswd users from the next request on: docker-registry reads the file again."""
        self.forget_client()
        self.users = dict(users)
        self._htpasswd()

    def stop(self):
        self.forget_client()
        if self.process:
            self.process.stop()

    def restart(self):
        """Stop and start on the same port. What was kept in memory is gone."""
        self.stop()
        return self.start()

    # Addresses

    @property
    def host(self):
        return "127.0.0.1:%d" % self.port

    @property
    def url(self):
        return "%s://%s" % ("https" if self.authority else "http", self.host)

    def client(self):
        """The kept connection of the first user (or of the token server's)."""
        if not self._client:
            user = next(iter(self.users.items()), None)
            self._client = net.Client("127.0.0.1", self.port,
                                      ca=self.authority.ca if self.authority else None, user=user)
        return self._client

    def forget_client(self):
        if self._client:
            self._client.close()
        self._client = None

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body) of one request as somebody who may do everything."""
        headers = dict(headers or {})
        if self.tokens:
            repository = re.sub(r"^/v2/(.*?)/(blobs|manifests|tags)/.*", r"\1", path)
            headers["Authorization"] = "Bearer " + self.tokens.issue("administrator", [
                {"type": "repository", "name": repository, "actions": ["pull", "push", "delete"]}])
        return self.client().request(method, path, body, headers)

    def _must(self, wanted, method, path, body=None, headers=None):
        status, answer_headers, answer = self.request(method, path, body, headers)
        if status not in wanted:
            raise RuntimeError("%s %s: %d %s" % (method, path, status,
                                                 answer.decode(errors="replace")))
        return answer_headers, answer

    # Content

    def push_blob(self, repository, data):
        headers, _ = self._must((202,), "POST", "/v2/%s/blobs/uploads/" % repository, b"")
        location = re.sub(r"^https?://[^/]*", "", headers["Location"])
        location += ("&" if "?" in location else "?") + "digest=" + digest_of(data)
        self._must((201,), "PUT", location, data, {"Content-Type": "application/octet-stream"})

    def push_manifest(self, repository, tag, content, media_type=MANIFEST):
        """Gives the digest."""
        self._must((201,), "PUT", "/v2/%s/manifests/%s" % (repository, tag), content,
                   {"Content-Type": media_type})
        return digest_of(content)

    def _push(self, repository, tag, artifact):
        content, blobs = artifact
        for blob in blobs:
            self.push_blob(repository, blob)
        return self.push_manifest(repository, tag, content)

    def push_chart(self, repository, name, version, tag=None):
        """Publish a chart as <repository>/<name>:<version>, as `helm push` does. Gives the digest.
        The tag may be another than the version, for what other publishers do."""
        return self._push("%s/%s" % (repository, name), tag or tag_of(version),
                          chart_artifact(name, version))

    def push_image(self, repository, tag, text="an image"):
        """Publish what is no chart: a container image. repository is the whole name."""
        return self._push(repository, tag, image_artifact(text))

    def push_index(self, repository, tag):
        """Publish an image index over one image."""
        digest = self.push_image(repository, tag + "-amd64")
        content = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            {"mediaType": MANIFEST, "digest": digest, "size": len(image_artifact()[0]),
             "platform": {"architecture": "amd64", "os": "linux"}}]}).encode()
        return self.push_manifest(repository, tag, content, INDEX)

    def digest(self, repository, tag):
        headers, _ = self._must((200,), "HEAD", "/v2/%s/manifests/%s" % (repository, tag), None,
                                {"Accept": MANIFEST + ", " + INDEX})
        return headers["Docker-Content-Digest"]

    def delete_tag(self, repository, tag):
        """Delete the manifest behind a tag, and with it every tag that names it."""
        self._must((202,), "DELETE", "/v2/%s/manifests/%s" % (repository,
                                                              self.digest(repository, tag)))

    def tags(self, repository):
        """The tags, sorted; an unknown repository has none."""
        status, _, body = self.request("GET", "/v2/%s/tags/list" % repository)
        return sorted(json.loads(body)["tags"] or []) if status == 200 else []

    # What it saw

    def requests(self, user_agent=None):
        """(method, path, status) of each request until now, ours ("weir-test") left out; from the
        access log."""
        found = []
        for line in self.process.stdout().splitlines():
            match = re.match(r'.*\] "([A-Z]+) (\S+) HTTP/\S+" (\d+) \S+ "[^"]*" "([^"]*)"', line)
            if match and match[4] != "weir-test" and (not user_agent or user_agent in match[4]):
                found.append((match[1], match[2], int(match[3])))
        return found

    def docker_config(self, path, user=None):
        """Write a docker config.json with the credentials of one of the users; gives the path."""
        name = user or next(iter(self.users))
        pair = base64.b64encode(("%s:%s" % (name, self.users[name])).encode()).decode()
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"auths": {self.host: {"auth": pair}}}, file)
        os.chmod(path, 0o600)
        return path


# Content in bulk

def prepare(data, repositories, versions, name="app"):
    """Write charts into the layout of docker-registry's filesystem driver, below data, without a
    registry: each repository gets the same versions of the same chart. For
    Registry(data=...). 100,000 tags take some seconds: each repository has its own folder of
    tags, while what is behind them (manifests and blobs, which are the same) is there once."""
    root = os.path.join(data, "docker/registry/v2")
    shared = os.path.join(data, "shared")
    artifacts = [(tag_of(version),) + chart_artifact(name, version) for version in versions]
    for _, content, layers in artifacts:
        _write_link(os.path.join(shared, "revisions/sha256"), digest_of(content))
        for blob in [content] + layers:
            folder = os.path.join(root, "blobs/sha256", digest_of(blob)[7:9], digest_of(blob)[7:])
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, "data"), "wb") as file:
                file.write(blob)
            _write_link(os.path.join(shared, "layers/sha256"), digest_of(blob))
    for repository in repositories:
        base = os.path.join(root, "repositories", repository)
        os.makedirs(os.path.join(base, "_manifests/tags"))
        os.mkdir(os.path.join(base, "_uploads"))
        os.symlink(os.path.join(shared, "revisions"), os.path.join(base, "_manifests/revisions"))
        os.symlink(os.path.join(shared, "layers"), os.path.join(base, "_layers"))
        for tag, content, _ in artifacts:
            current = os.path.join(base, "_manifests/tags", tag, "current")
            os.mkdir(os.path.dirname(current))
            os.mkdir(current)
            os.link(os.path.join(shared, "revisions/sha256", digest_of(content)[7:], "link"),
                    os.path.join(current, "link"))


def _write_link(parent, digest):
    """The file by which the driver finds a manifest or a blob: its content is the digest."""
    folder = os.path.join(parent, digest[7:])
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "link"), "w", encoding="ascii") as file:
        file.write(digest)

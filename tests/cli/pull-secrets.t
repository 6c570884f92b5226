#!/usr/bin/python3 -B
"""Credentials from a real cluster: pull secrets that Applications name, secrets that
registries.conf names; who may name what (T25, T26), with which rights (T43)."""

import base64
import json
import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap
from weirtest.cluster import Cluster
from weirtest.httpfault import Answer, FaultServer
from weirtest.registry import Registry

PASSWORD = "hunter2:with:colons"
DOCKER = "kubernetes.io/dockerconfigjson"


def docker_config(host, user="user", password=PASSWORD):
    pair = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
    return json.dumps({"auths": {host: {"auth": pair}}})


def event(registry, name, secret=None, namespace="apps", path="team", chart="app"):
    notes = {fixtures.PREFIX + "pull-secret": secret} if secret else None
    return fixtures.event(fixtures.application(namespace, name, uid="uid-" + name, chart=chart,
                                               repo_url="%s/%s" % (registry.host, path),
                                               annotations=notes))


def update(registry, name, secret=None, namespace="apps"):
    message = {"type": "UPDATE", "application": {"namespace": namespace, "name": name},
               "repository": registry.host + "/team/app", "repoURL": registry.host + "/team",
               "chart": "app", "constraint": "~ 1.0", "from": "0.9.0", "to": "1.0.0"}
    if secret:
        message["credential"] = secret
    return fixtures.line(message)


def run(t, program, lines, *options, kubeconfig, status=0):
    result = procs.run(program, "--kubeconfig", kubeconfig, *options, stdin="".join(lines))
    t.status(result, status, "%s ends with %d" % (program, status))
    t.lacks(result.stdout + result.stderr, "hunter2", "no secret is shown")
    result.messages = messages.parse(result.stdout)
    for message in result.messages:
        t.is_(messages.complaint(message), "", "as the schema says: %s" % message["type"])
    result.tags = [m for m in result.messages if m["type"] == "TAGS"]
    result.errors = {m["about"].get("application", {}).get("name", "-"): m["reason"]
                     for m in result.messages if m["type"] == "ERROR"}
    return result


def test_named(t, registry, user):
    """Applications with the same repository: one scan for each credential."""
    found = run(t, "tag-scan", [event(registry, "one", "pullsecret:apps/registry"),
                                event(registry, "two", "pullsecret:apps/registry"),
                                event(registry, "three", "pullsecret:registry"),
                                event(registry, "other", "pullsecret:other/registry", "other"),
                                event(registry, "shared", "pullsecret:weir/registry", "other"),
                                event(registry, "none", None)], kubeconfig=user, status=1)
    by_credential = {m.get("credential"): [f["application"]["name"] for f in m["applications"]]
                     for m in found.tags}
    t.is_(by_credential, {"pullsecret:apps/registry": ["one", "two", "three"],
                          "pullsecret:other/registry": ["other"],
                          "pullsecret:weir/registry": ["shared"]},
          "its own namespace's, or weir's; the credential's name is told")
    t.like(found.errors["-"], "none were found", "without one it is asked as a stranger")
    found = run(t, "verify", [update(registry, "one", "pullsecret:apps/registry")], kubeconfig=user)
    t.is_([m["type"] for m in found.messages], ["UPDATE"], "verify uses the same")
    t.ok(found.messages[0].get("digest"), "and sees the manifest")


def test_foreign(t, registry, user):
    """T25: another namespace's secret cannot be named, however it is spelled."""
    spellings = ["pullsecret:other/registry", "PullSecret:other/registry", "x=pullsecret:other/registry",
                 "pullsecret: other/registry", "pullsecret:other/registry ",
                 "pullsecret:apps/../other/registry", "pullsecret:other%2fregistry",
                 "pullsecret:../other/registry", "pullsecret:other/registry/", "pullsecret:/registry",
                 "pullsecret:other\u2215registry", "pullsecret:OTHER/registry",
                 "apps=pullsecret:other/registry", "pullsecret:other/registry#x",
                 "pullsecret:other//registry", "secret:other/registry#.dockerconfigjson",
                 "secret:apps/registry#.dockerconfigjson"]
    found = run(t, "tag-scan", [event(registry, "app%d" % i, spelling)
                                for i, spelling in enumerate(spellings)], kubeconfig=user, status=1)
    t.is_(found.tags, [], "nothing is listed")
    t.is_(len(found.errors), len(spellings), "each is an error")
    t.has(found.errors["app0"], "--secret-namespace other", "which names the remedy")
    found = run(t, "verify", [update(registry, "one", "pullsecret:other/registry")],
                kubeconfig=user, status=1)
    t.is_([m["type"] for m in found.messages], ["ERROR"], "verify asks the same again")
    found = run(t, "tag-scan", [event(registry, "one", "pullsecret:other/registry")],
                "--secret-namespace", "other", kubeconfig=user)
    t.is_(len(found.tags), 1, "where it is allowed it is used")


def test_bound(t, registry, user):
    """T26: a secret is used for the hosts in it, and must be of the right type."""
    silent = t.using(FaultServer())
    silent.otherwise(Answer(401, headers={"WWW-Authenticate": "Basic"}))
    elsewhere = fixtures.event(fixtures.application(
        "apps", "elsewhere", repo_url=silent.address + "/team",
        annotations={fixtures.PREFIX + "pull-secret": "pullsecret:apps/registry"}))
    found = run(t, "tag-scan", [elsewhere, event(registry, "opaque", "pullsecret:apps/opaque"),
                                event(registry, "broken", "pullsecret:apps/broken"),
                                event(registry, "gone", "pullsecret:apps/gone")],
                kubeconfig=user, status=1)
    t.is_({r.headers.get("Authorization") for r in silent.asked()}, {None},
          "another host sees no credential")
    reasons = " ".join(m["reason"] for m in found.messages if m["type"] == "ERROR")
    t.has(reasons, "pullsecret:apps/registry holds nothing for " + silent.address, "and that is said")
    t.like(reasons, "pullsecret:apps/opaque: it is not of type " + DOCKER, "an Opaque secret")
    t.like(reasons, "pullsecret:apps/broken: the entry .*: its auth is not base64", "a broken entry")
    t.like(reasons, "pullsecret:apps/gone: .*404|pullsecret:apps/gone: .*[Nn]o", "one that is not there")


def test_rights(t, cluster, registry):
    """Without the right to read a secret the error says which right that is."""
    poor = cluster.user("poor", [fixtures.rule("applications", "list")])
    found = run(t, "tag-scan", [event(registry, "one", "pullsecret:apps/registry")],
                kubeconfig=poor, status=1)
    t.like(found.errors["-"], "get.*secrets", "get on secrets")
    found = run(t, "tag-scan", [event(registry, "one", "pullsecret:apps/registry")],
                kubeconfig="/nonexistent", status=1)
    t.like(found.errors["one"] if "one" in found.errors else found.errors["-"], "nonexistent",
           "without a cluster it is named")


def test_registries_conf(t, registry, user):
    for credentials in ("pullsecret:weir/registry", "secret:weir/plain#creds"):
        conf = t.write("registries.conf", fixtures.registries_conf(
            fixtures.registry_entry(registry, credentials=credentials)))
        found = run(t, "tag-scan", [event(registry, "one")], "--registries", conf, kubeconfig=user)
        t.is_(len(found.tags), 1, credentials)
        t.ok("credential" not in found.tags[0], "what registries.conf says is no part of a message")
    result = procs.run("tag-scan", "--kubeconfig", user, "--registries", conf, "--text",
                       registry.host + "/team/app")
    t.is_(result.stdout, "1.0.0\n", "in text mode, too")


def test_beats(t, registry, user):
    """W4: what the Application names wins, and what registries.conf names is not even looked at."""
    for endpoint in ("pullsecret:weir/wrong", "pullsecret:weir/gone", "secret:weir/plain#none",
                     "env:WEIR_NOT_SET", "ext:/not/there"):
        conf = t.write("registries.conf", fixtures.registries_conf(
            fixtures.registry_entry(registry, credentials=endpoint)))
        found = run(t, "tag-scan", [event(registry, "named", "pullsecret:apps/registry"),
                                    event(registry, "plain", path="team")],
                    "--registries", conf, kubeconfig=user, status=1)
        t.is_([(m["credential"], [f["application"]["name"] for f in m["applications"]])
               for m in found.tags], [("pullsecret:apps/registry", ["named"])],
              "%s fails those alone who use it" % endpoint)
        t.is_(sorted(found.errors), ["-"], "with one error")
        found = run(t, "verify", [update(registry, "named", "pullsecret:apps/registry")],
                    "--registries", conf, kubeconfig=user)
        t.ok(found.messages[0].get("digest"), "verify, too")
    # and the other way round: what it names is used, though the registry's would do
    conf = t.write("registries.conf", fixtures.registries_conf(
        fixtures.registry_entry(registry, credentials="pullsecret:weir/registry")))
    found = run(t, "tag-scan", [event(registry, "named", "pullsecret:weir/wrong")],
                "--registries", conf, kubeconfig=user, status=1)
    t.is_(found.tags, [], "a wrong one is not made up for by the registry's")
    t.like(found.errors["-"], "refuses the credentials", "and that is said")


def test_third(t, registry, user):
    """A namespace that is neither the Application's nor weir's is refused by its name."""
    for program, line in (("tag-scan", event(registry, "one", "pullsecret:other/registry")),
                          ("verify", update(registry, "one", "pullsecret:other/registry"))):
        found = run(t, program, [line], kubeconfig=user, status=1)
        t.has(found.errors["one"], "the namespace other of the pull secret is neither the "
              "Application's nor weir's; if that is right: --secret-namespace other",
              program + " names it, and the remedy")
        found = run(t, program, [line], "--secret-namespace", "more", "--secret-namespace", "others",
                    kubeconfig=user, status=1)
        t.is_([m["type"] for m in found.messages], ["ERROR"], "others that are allowed do not help")
        found = run(t, program, [line], "--secret-namespace", "other", kubeconfig=user)
        t.isnt([m["type"] for m in found.messages], ["ERROR"], "this one does")


def test_renewal(t, cluster, registry, user):
    """A secret that is put right is read again."""
    cluster.secret("apps", "late", {".dockerconfigjson": docker_config(registry.host, password="no")},
                   DOCKER)
    scanner = procs.Process(["tag-scan", "--kubeconfig", user, "--interval", "200ms"], t.tmp,
                            stdin=True).start()
    t.defer(scanner.stop)
    scanner.send(event(registry, "late", "pullsecret:apps/late") + fixtures.listed())
    t.ok(scanner.wait_for("refuses the credentials"), "a wrong password")
    text = base64.b64encode(docker_config(registry.host).encode()).decode()
    cluster.kubectl("-n", "apps", "patch", "secret", "late", "-p",
                    json.dumps({"data": {".dockerconfigjson": text}}))
    t.ok(scanner.wait_for('"TAGS"'), "the right one")
    t.is_(scanner.stop(), 1, "the status tells of the errors before")


def main():
    with tap.Test() as t:
        t.need_cluster()
        registry = t.using(Registry(t.path("registry"), users={"user": PASSWORD}))
        registry.push_chart("team", "app", "1.0.0")
        cluster = t.using(Cluster(t.path("cluster"), crds=False))
        for namespace in ("apps", "other", "weir"):
            cluster.namespace(namespace)
            cluster.secret(namespace, "registry",
                           {".dockerconfigjson": docker_config(registry.host)}, DOCKER)
        cluster.secret("apps", "opaque", {".dockerconfigjson": docker_config(registry.host)})
        cluster.secret("apps", "broken", {".dockerconfigjson": json.dumps(
            {"auths": {registry.host: {"auth": "hunter2!"}}})}, DOCKER)
        cluster.secret("weir", "wrong", {".dockerconfigjson": docker_config(
            registry.host, password="hunter2-wrong")}, DOCKER)
        cluster.secret("weir", "plain", {"creds": "user:%s\n" % PASSWORD})
        user = cluster.user("weir", [fixtures.rule("secrets", "get", group="")])
        with open(user, encoding="utf-8") as file:
            text = file.read()
        user = t.write("weir.kubeconfig", re.sub(r"(?m)^( *)user: ", r"\1namespace: weir\n\1user: ", text))
        test_named(t, registry, user)
        test_foreign(t, registry, user)
        test_bound(t, registry, user)
        test_rights(t, cluster, registry)
        test_registries_conf(t, registry, user)
        test_beats(t, registry, user)
        test_third(t, registry, user)
        test_renewal(t, cluster, registry, user)


main()

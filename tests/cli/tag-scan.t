#!/usr/bin/python3 -B
"""tag-scan against a real registry: who follows what, when TAGS are told, credentials, TLS, text."""

import json
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap
from weirtest.registry import Registry
from weirtest.tokens import TokenServer

SECRET = "hunter2"


def scan(t, events, *options, env=None, status=0):
    """The messages of one run over these events."""
    result = procs.run("tag-scan", *options, stdin="".join(events), env=env)
    t.is_(result.status, status, "exit status %d" % status)
    if result.status != status:
        t.diag(result.stderr)
    found = messages.parse(result.stdout)
    for message in found:
        t.is_(messages.complaint(message), "", "as the schema says: %s" % message["type"])
    t.lacks(result.stdout + result.stderr, SECRET, "no secret is shown")
    return found


def of_type(found, kind):
    return [message for message in found if message["type"] == kind]


def app(registry, name, path="team", chart="app", **more):
    return fixtures.application("apps", name, uid="uid-" + name, chart=chart,
                                repo_url="%s/%s" % (registry.host, path), **more)


def lists(registry):
    """The paths of all requests for tags, without the query."""
    return [path.partition("?")[0] for _, path, _ in registry.requests("weir/")]


def test_once(t, registry):
    """A whole input: one TAGS for each repository, one request for each."""
    multi = fixtures.application("apps", "multi", uid="uid-multi", sources=[
        fixtures.source("https://git.example/x.git", chart=""),
        fixtures.source(registry.host + "/team", "app", "0.9.0"),
        fixtures.source("oci://" + registry.host + "/other/", "app", "1.0.0")])
    classic = fixtures.application("apps", "classic", repo_url="https://charts.example")
    untracked = app(registry, "untracked", constraint=None)
    stranger = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    before = len(registry.requests())
    found = scan(t, [fixtures.event(app(registry, "one", revision="1.0.0", annotations={
                         fixtures.PREFIX + "update-strategy": "semver",
                         fixtures.PREFIX + "allow-tags": "any",
                         fixtures.PREFIX + "ignore-tags": "*-rc"}), trace="t1"),
                     fixtures.event(multi), fixtures.event(classic), fixtures.event(untracked),
                     fixtures.event(stranger), fixtures.event(app(registry, "gone", "gone")),
                     fixtures.event(app(registry, "gone", "gone"), "DELETED"),
                     fixtures.line({"type": "MINE", "x": 1}), fixtures.listed()], status=1)
    tags = {message["repository"]: message for message in of_type(found, "TAGS")}
    t.is_(sorted(tags), [registry.host + "/other/app", registry.host + "/team/app"],
          "a TAGS for each repository that is followed")
    team = tags[registry.host + "/team/app"]
    t.is_(sorted(team["tags"]), ["1.0.0", "1.0.3", "1.1.0_b2"], "the tags as spelled there")
    t.is_(team["complete"], True, "complete")
    t.is_(team["applications"], [
        {"application": {"namespace": "apps", "name": "one", "uid": "uid-one"},
         "repoURL": registry.host + "/team", "chart": "app", "constraint": "~ 1.0",
         "current": "1.0.0", "strategy": "semver", "allowTags": "any", "ignoreTags": "*-rc"},
        {"application": {"namespace": "apps", "name": "multi", "uid": "uid-multi"}, "source": 1,
         "repoURL": registry.host + "/team", "chart": "app", "constraint": "~ 1.0",
         "current": "0.9.0"}], "who follows, as their objects spell it")
    t.is_(tags[registry.host + "/other/app"]["applications"][0]["source"], 2, "spec.sources[2]")
    t.is_([e["reason"] for e in of_type(found, "ERROR")],
          ["apps/classic: repoURL is not an OCI registry"], "one error")
    t.is_(of_type(found, "ERROR")[0]["about"]["application"]["name"], "classic", "about whom")
    t.is_(len(of_type(found, "ADDED")), 1, "what is no Application passes")
    t.is_(of_type(found, "MINE"), [{"type": "MINE", "x": 1}], "so does what weir does not know")
    t.is_(len(of_type(found, "BOOKMARK")), 1, "and the bookmark")
    asked = lists(registry)[before:]
    t.is_(sorted(set(asked)), sorted(asked), "no repository was listed twice")
    t.ok(all(method == "GET" and status in (200, 404) for method, _, status
             in registry.requests("weir/")), "nothing but lists was asked for")


def test_origin(t, registry):
    """Two files may hold Applications of one name: each is one of its own."""
    origins = [{"file": "a.yaml", "document": 0}, {"file": "b.yaml", "document": 1, "item": 2}]
    found = scan(t, [fixtures.event(app(registry, "same"), origin=origin) for origin in origins])
    t.is_([f["origin"] for f in of_type(found, "TAGS")[0]["applications"]], origins,
          "origins are told as they came")


def test_following(t, registry):
    """A long run: changes of tags and of followers."""
    scanner = procs.Process(["tag-scan", "--interval", "0"], t.tmp, stdin=True).start()
    t.defer(scanner.stop)

    def told(count):
        """The TAGS until now, once there are so many."""
        t.eventually(lambda: len(all_told()) >= count, "%d TAGS are told" % count)
        return all_told()

    def all_told():
        return of_type(messages.parse(scanner.stdout().rpartition("\n")[0]), "TAGS")

    def names(message):
        return [follower["application"]["name"] for follower in message["applications"]]

    repository = registry.host + "/live/app"
    registry.push_chart("live", "app", "1.0.0")
    scanner.send("".join(fixtures.event(app(registry, "app%d" % i, "live"), trace="t%d" % i)
                         for i in range(1000)))
    scanner.send(fixtures.listed())
    first = told(1)
    t.is_((len(first), len(first[0]["applications"])), (1, 1000), "a burst becomes one TAGS")
    registry.push_chart("live", "app", "1.0.1")
    scanner.send(fixtures.line({"type": "PUSH", "repository": "https://evil.example/x"}))
    scanner.send(fixtures.line({"type": "PUSH", "repository": "nobody.example/follows"}))
    scanner.send(fixtures.line({"type": "PUSH", "trace": "pushed", "tag": "1.0.1",
                                "repository": repository}))
    second = told(2)[1]
    t.is_((sorted(second["tags"]), second["trace"]), (["1.0.0", "1.0.1"], "pushed"),
          "a push is followed, and its trace kept")
    before = len(registry.requests())
    scanner.send("".join(fixtures.line({"type": "PUSH", "repository": repository})
                         for _ in range(1000)))
    scanner.send("".join(fixtures.event(app(registry, "app%d" % i, "live"), "DELETED")
                         for i in range(1, 1000)))
    t.eventually(lambda: names(all_told()[-1]) == ["app0"], "those that are deleted follow no more")
    count = scanner.stdout().count('"TAGS"')
    t.ok(count < 20, "a thousand of them are few TAGS (%d)" % count)
    scanner.send(fixtures.event(app(registry, "app0", "live", revision="1.0.1"), "MODIFIED",
                                trace="modified"))
    fourth = told(count + 1)[count]
    t.is_((fourth["applications"][0]["current"], fourth["trace"]), ("1.0.1", "modified"),
          "a follower that changes is told, without another scan")
    scanner.send(fixtures.event(app(registry, "app0", "live", revision="1.0.1"), "MODIFIED"))
    broken = app(registry, "app0", "live")
    broken["spec"]["source"]["repoURL"] = 7
    scanner.send(fixtures.event(broken, "MODIFIED"))
    t.ok(scanner.wait_for("spec.source.repoURL is not a string"), "a broken one is an error")
    scanner.send(fixtures.event(app(registry, "app0", "live", revision="1.0.2"), "MODIFIED"))
    fifth = told(count + 2)[count + 1]
    t.is_(fifth["applications"][0]["current"], "1.0.2", "what is the same is not told again")
    t.ok(len(registry.requests()) - before <= 4, "a thousand pushes are few scans")
    scanner.end_input()
    t.is_(scanner.wait(), 1, "ends with its input")
    errors = of_type(messages.parse(scanner.stdout()), "ERROR")
    t.is_(len(errors), 2, "the push that names no repository, and the broken one, are errors")


def test_interval(t, registry):
    registry.push_chart("clock", "app", "1.0.0")
    scanner = procs.Process(["tag-scan", "--interval", "100ms"], t.tmp, "clock", stdin=True).start()
    t.defer(scanner.stop)
    scanner.send(fixtures.event(app(registry, "one", "clock")) + fixtures.listed())
    t.ok(scanner.wait_for('"TAGS"'), "told at once")
    registry.push_chart("clock", "app", "1.0.1")
    t.ok(scanner.wait_for(r'"tags":\[[^]]*"1\.0\.1"'), "a new tag is found by the clock")
    t.eventually(lambda: lists(registry).count("/v2/clock/app/tags/list") >= 6, "scans go on")
    t.is_(scanner.stdout().count('"TAGS"'), 2, "a list that is the same is not told again")
    t.is_(scanner.stop(), 0, "SIGTERM ends it")


def test_kubectl(t, registry):
    """No bookmark comes: what is there is told after a moment of silence."""
    scanner = procs.Process(["tag-scan"], t.tmp, "kubectl", stdin=True).start()
    t.defer(scanner.stop)
    scanner.send(fixtures.event(app(registry, "one")))
    t.ok(scanner.wait_for('"TAGS"'), "told without a bookmark")
    t.is_(scanner.stop(), 0, "SIGTERM ends it")


def test_text(t, registry):
    reference = "oci://%s/team/app" % registry.host
    result = procs.run("tag-scan", "--text", reference)
    t.is_(sorted(result.stdout.split()), ["1.0.0", "1.0.3", "1.1.0_b2"], "one tag per line")
    t.status(result, 0, "and all is well")
    result = procs.run("tag-scan", "--text", stdin="%s/other/app\n%s\n" % (registry.host, reference))
    t.is_(result.stdout.split()[0], "1.0.0", "repositories on standard input, in their order")
    t.is_(len(result.stdout.split()), 4, "both")
    result = procs.run("tag-scan", "--text", registry.host + "/team/none")
    t.status(result, 1, "no such repository")
    t.has(result.stderr, "no such repository", "is said")
    result = procs.run("tag-scan", "--text", registry.host + "/team/none", reference)
    t.is_(len(result.stdout.split()), 3, "the others are listed all the same")
    t.status(result, 1, "and the status says that one was not")
    result = procs.run("tag-scan", "--text", "https://charts.example/x")
    t.status(result, 1, "no OCI registry")
    result = procs.run("tag-scan", reference)
    t.status(result, 100, "operands are for --text")
    registry_down = "127.0.0.1:1/x"
    result = procs.run("tag-scan", "--text", registry_down)
    t.status(result, 111, "nobody listens")
    t.has(result.stderr, "no connection", "is said")


def test_basic(t):
    registry = t.using(Registry(t.path("basic"), users={"user": SECRET + ":a:b"}))
    registry.push_chart("team", "app", "1.0.0")
    registry.push_chart("team", "two", "1.0.0")
    config = os.path.dirname(registry.docker_config(t.path("docker/config.json")))
    events = [fixtures.event(app(registry, "one")), fixtures.event(app(registry, "two", chart="two"))]
    found = scan(t, events, env={"DOCKER_CONFIG": config})
    t.is_(len(of_type(found, "TAGS")), 2, "docker's config.json")
    statuses = [status for _, _, status in registry.requests("weir/")]
    t.is_(statuses.count(401), 1, "one refusal tells what the registry wants")
    found = scan(t, events[:1], status=1)
    t.like(of_type(found, "ERROR")[0]["reason"], "none were found", "without credentials")
    t.is_(of_type(found, "ERROR")[0]["about"], {"repository": registry.host + "/team/app"}, "about")
    t.has(of_type(found, "ERROR")[0]["reason"], "followed by apps/one", "and who follows it")
    conf = t.write("basic.conf", fixtures.registries_conf(
        fixtures.registry_entry(registry, credentials="env:WEIR_TEST_CREDS")))
    found = scan(t, events[:1], "--registries", conf,
                 env={"WEIR_TEST_CREDS": "user:%s:a:b" % SECRET})
    t.is_(len(of_type(found, "TAGS")), 1, "a variable; a password with colons")
    found = scan(t, events[:1], "--registries", conf, env={"WEIR_TEST_CREDS": "user:wrong"},
                 status=1)
    t.like(of_type(found, "ERROR")[0]["reason"], "refuses the credentials", "a wrong password")
    program = t.write("creds", "#!/bin/sh\necho user:%s:a:b\n" % SECRET)
    os.chmod(program, 0o700)
    conf = t.write("ext.conf", fixtures.registries_conf(
        fixtures.registry_entry(registry, credentials="ext:" + program)))
    found = scan(t, events[:1], "--registries", conf)
    t.is_(len(of_type(found, "TAGS")), 1, "a program")
    named = app(registry, "one", annotations={fixtures.PREFIX + "pull-secret": "env:WEIR_TEST_CREDS"})
    found = scan(t, [fixtures.event(named)], status=1)
    t.like(of_type(found, "ERROR")[0]["reason"], "may name pullsecret: only",
           "no Application may name a variable")
    t.is_(of_type(found, "TAGS"), [], "and it follows nothing then")


def test_bearer(t):
    tokens = t.using(TokenServer(t.path("tokens"), {"reader": SECRET}))
    registry = t.using(Registry(t.path("bearer"), tokens=tokens))
    for name in ("app", "two"):
        registry.push_chart("team", name, "1.0.0")
    events = [fixtures.event(app(registry, "one")), fixtures.event(app(registry, "two", chart="two"))]
    conf = t.write("bearer.conf", fixtures.registries_conf(
        fixtures.registry_entry(registry, credentials="env:WEIR_TEST_CREDS")))
    env = {"WEIR_TEST_CREDS": "reader:" + SECRET}
    realm = tokens.realm.split("/")[2]
    found = scan(t, events[:1], "--registries", conf, env=env, status=1)
    t.like(of_type(found, "ERROR")[0]["reason"], "realm-untrusted.*--realm " + realm,
           "a token server elsewhere on this machine is not trusted by itself")
    t.is_(tokens.requests, [], "and is not even asked")
    found = scan(t, events, "--registries", conf, "--realm", realm, env=env)
    t.is_(len(of_type(found, "TAGS")), 2, "Bearer")
    t.is_([user for user, _ in tokens.requests], ["reader", "reader"], "a token for each repository")
    t.is_(sorted(query["scope"][0] for _, query in tokens.requests),
          ["repository:team/app:pull", "repository:team/two:pull"], "that lets us pull")
    tokens.anonymous = True
    found = scan(t, events[:1], "--realm", realm)
    t.is_(len(of_type(found, "TAGS")), 1, "what is public needs no credentials")


def test_tls(t):
    registry = t.using(Registry(t.path("tls"), tls=True))
    registry.push_chart("team", "app", "1.0.0")
    event = fixtures.event(app(registry, "one"))
    entry = fixtures.registry_entry(registry)
    conf = t.write("tls.conf", fixtures.registries_conf(entry))
    t.is_(len(of_type(scan(t, [event], "--registries", conf), "TAGS")), 1, "ca_file")
    with open(entry.pop("ca_file"), encoding="ascii") as file:
        pem = file.read()
    conf = t.write("tls.conf", fixtures.registries_conf(dict(entry, ca_data=pem)))
    t.is_(len(of_type(scan(t, [event], "--registries", conf), "TAGS")), 1, "ca_data")
    conf = t.write("tls.conf", fixtures.registries_conf(entry))
    found = scan(t, [event], "--registries", conf, status=1)
    t.like(of_type(found, "ERROR")[0]["reason"], "certificate is not trusted", "without it")
    found = scan(t, [event], "--registries", conf, status=1, env={
        "SSL_CERT_FILE": registry.authority.ca, "CURL_CA_BUNDLE": registry.authority.ca})
    t.is_(of_type(found, "TAGS"), [], "no variable brings a CA in")
    trust = t.write("trust/127.0.0.1", pem)
    found = scan(t, [event], "--registries", conf, "--ca-dir", os.path.dirname(trust))
    t.is_(len(of_type(found, "TAGS")), 1, "--ca-dir, a file named after the host")
    conf = t.write("tls.conf", fixtures.registries_conf(dict(entry, insecure=True)))
    result = procs.run("tag-scan", "--registries", conf, stdin=event)
    t.has(result.stdout, '"TAGS"', "insecure")
    t.like(result.stderr, "insecure.*not verified", "is said loudly")
    broken = t.write("broken.conf", "registries:\n- name: x\n  prefix: x\n")
    t.status(procs.run("tag-scan", "--registries", broken), 100, "a broken file at the start")


def test_proxy(t, registry):
    """T23: variables that name proxies have no effect."""
    proxy = "http://127.0.0.1:1"
    found = scan(t, [fixtures.event(app(registry, "one"))], env={
        "http_proxy": proxy, "https_proxy": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy,
        "all_proxy": proxy})
    t.is_(len(of_type(found, "TAGS")), 1, "no proxy is used")


def test_reload(t):
    """registries.conf is read again; a broken one leaves the last good one in use."""
    registry = t.using(Registry(t.path("reload"), users={"user": SECRET}))
    registry.push_chart("team", "app", "1.0.0")
    registry.push_chart("team", "two", "1.0.0")
    registry.push_chart("team", "three", "1.0.0")
    good = fixtures.registries_conf(
        fixtures.registry_entry(registry, credentials="env:WEIR_TEST_CREDS"))
    conf = t.path("reload.conf")
    scanner = procs.Process(["tag-scan", "--registries", conf, "--log-level", "info"], t.tmp,
                            "reload", stdin=True, env={"WEIR_TEST_CREDS": "user:" + SECRET}).start()
    t.defer(scanner.stop)

    def put(text):
        t.write("reload.new", text)
        os.rename(t.path("reload.new"), conf)

    t.ok(scanner.wait_for("is not there", stream="stderr"), "a file that is not there is a warning")
    scanner.send(fixtures.event(app(registry, "one")) + fixtures.listed())
    t.ok(scanner.wait_for("none were found"), "without it there are no credentials")
    put(good)
    t.ok(scanner.wait_for('"TAGS"'), "with it the repository is scanned again by itself")
    put(good + "  nonsense: 1\n")
    t.ok(scanner.wait_for("nonsense is no key.*stays in use", stream="stderr"),
         "a broken one is reported")
    scanner.send(fixtures.event(app(registry, "two", chart="two")))
    t.ok(scanner.wait_for("team/two"), "and the last good one stays in use")
    os.unlink(conf)
    t.ok(scanner.wait_for("No such file.*stays in use", stream="stderr"), "one that vanishes, too")
    scanner.send(fixtures.event(app(registry, "three", chart="three")))
    t.ok(scanner.wait_for("team/three"), "indeed")
    t.lacks(scanner.stdout() + scanner.stderr(), SECRET, "no secret is shown")
    scanner.end_input()
    scanner.wait()


def main():
    with tap.Test() as t:
        registry = t.using(Registry(t.path("registry")))
        for version in ("1.0.0", "1.0.3", "1.1.0+b2"):
            registry.push_chart("team", "app", version)
        registry.push_chart("other", "app", "1.0.0")
        test_once(t, registry)
        test_origin(t, registry)
        test_following(t, registry)
        test_interval(t, registry)
        test_kubectl(t, registry)
        test_text(t, registry)
        test_proxy(t, registry)
        test_basic(t)
        test_bearer(t)
        test_tls(t)
        test_reload(t)


main()

#!/usr/bin/python3 -B
"""Registries that are hostile, broken or slow, against tag-scan: half a list is never told, no
credential goes astray, one that is slow delays no other. Threats T1-T24, faults F10-F23."""

import json
import os
import re
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import fixtures, messages, procs, tap, tls
from weirtest.httpfault import Answer, FaultServer

CANARY = "hunter2"


def tags_path(repository):
    return "/v2/%s/tags/list" % repository


def page(*tags, **more):
    return Answer(json={"name": "x", "tags": list(tags)}, **more)


def event(host, repository, name=None, **more):
    path, _, chart = repository.rpartition("/")
    return fixtures.event(fixtures.application("apps", name or repository.replace("/", "-"),
                                               repo_url=host + ("/" + path if path else ""),
                                               chart=chart, **more))


def scan(events, *options, env=None, timeout_s=120):
    result = procs.run("tag-scan", *options, stdin="".join(events), env=env, timeout_s=timeout_s)
    result.messages = messages.parse(result.stdout)
    result.tags = {m["repository"].partition("/")[2]: m for m in result.messages
                   if m["type"] == "TAGS"}
    result.errors = {m.get("about", {}).get("repository", "").partition("/")[2]: m["reason"]
                     for m in result.messages if m["type"] == "ERROR"}
    return result


def test_pagination(t):
    """T6, T5: each list is whole, or an error that says so, and nobody else is asked."""
    silent = t.using(FaultServer())
    server = t.using(FaultServer())
    cases = {
        "self": lambda path: page("1", headers={"Link": '<%s?n=1000>; rel="next"' % path}),
        "elsewhere": lambda path: page("1", headers={
            "Link": '<%s/v2/x/tags/list?last=1>; rel="next"' % silent.url}),
        "user": lambda path: page("1", headers={
            "Link": '<http://u@%s%s?last=1>; rel="next"' % (server.address, path)}),
        "scheme": lambda path: page("1", headers={
            "Link": '<https://%s%s?last=1>; rel="next"' % (server.address, path)}),
        "two": lambda path: page("1", headers=[("Link", '<%s?last=1>; rel="next"' % path),
                                               ("Link", '<%s?last=2>; rel="next"' % path)]),
        "bare": lambda path: page("1", headers={"Link": '%s?last=1; rel="next"' % path}),
        "long": lambda path: page("1", headers={
            "Link": '<%s?last=%s>; rel="next"' % (path, "x" * 65000)}),
        "empty": lambda path: page(headers={"Link": '<%s?last=1>; rel="next"' % path}),
        "numbers": lambda path: Answer(json={"tags": [1.0, None, {"a": 1}, "1.0"]}),
        "nothing": lambda path: Answer(json={"name": "x"}),
        "html": lambda path: Answer(200, "<html>sign in</html>"),
        "utf8": lambda path: Answer(200, b'{"tags":["1.0\xff"]}'),
        "redirect": lambda path: Answer(302, headers={"Location": silent.url + path}),
        "redirect-near": lambda path: Answer(307, headers={"Location": path + "?again"}),
        "gzip": lambda path: page("1", headers={"Content-Encoding": "gzip"}),
    }
    for name, answer in cases.items():
        server.on(tags_path("bad/" + name), answer(tags_path("bad/" + name)))
    aba = tags_path("bad/aba")
    server.on(aba, page("1", headers={"Link": '<%s?a>; rel=next' % aba}))
    server.on(aba + "?a", page("2", headers={"Link": '<%s?b>; rel=next' % aba}))
    server.on(aba + "?b", page("3", headers={"Link": '<%s?a>; rel=next' % aba}))
    counter = iter(range(10 ** 6))
    endless = tags_path("bad/endless")
    server.on(endless, lambda request: page("t%d" % next(counter), headers={
        "Link": '<%s?last=%d>; rel=next' % (endless, next(counter))}))
    server.on(tags_path("good/app"), page("1.0.0", headers={
        "Link": '<%s?last=1.0.0>; rel="next"' % tags_path("good/app")}))
    server.on(tags_path("good/app") + "?last=1.0.0", page("1.0.1"))
    server.on(tags_path("good/null"), Answer(json={"name": "x", "tags": None}))
    names = ["bad/" + name for name in cases] + ["bad/aba", "bad/endless"]
    result = scan([event(server.address, name) for name in names + ["good/app", "good/null"]])
    t.is_(sorted(result.tags), ["good/app", "good/null"], "only whole lists are told")
    t.is_(result.tags.get("good/app", {}).get("tags"), ["1.0.0", "1.0.1"], "two pages")
    t.is_(result.tags.get("good/null", {}).get("tags"), [], "null is an empty list")
    t.is_(sorted(result.errors), sorted(names), "each of the others is an error")
    for name in ("self", "elsewhere", "two", "bare", "long", "empty", "aba", "endless"):
        t.has(result.errors.get("bad/" + name, ""), "incomplete", "%s is called incomplete" % name)
    t.is_(silent.connections, 0, "nobody else was asked")
    t.is_(len(server.asked(endless)), 1000, "a list without end is left after 1,000 pages")


def test_cuts(t):
    """T16, F22: a list of three pages that is cut at any byte is no list."""
    server = t.using(FaultServer())
    bodies = [json.dumps({"name": "x", "tags": tags}, separators=(",", ":")).encode()
              for tags in (["1.0.0", "1.0.1"], ["1.0.2"], ["1.0.3"])]
    cuts = [(number, cut, with_length) for number, body in enumerate(bodies)
            for cut in range(len(body)) for with_length in (True, False)]

    def answer(request):
        found = re.match(r"/v2/cut/(\d+)/tags/list(?:\?p=(\d))?", request.target)
        at, number = int(found.group(1)), int(found.group(2) or 0)
        cut_page, cut, with_length = cuts[at] if at < len(cuts) else (-1, 0, True)
        headers = [("Link", '<%s?p=%d>; rel="next"' % (request.path, number + 1))]
        if number == 2:
            headers = []
        if number != cut_page:
            return Answer(200, bodies[number], headers)
        if not with_length:
            headers.append(("Content-Length", None))
        return Answer(200, bodies[number], headers, cut_after=cut)

    server.otherwise(answer)
    result = scan([event(server.address, "cut/%d" % at) for at in range(len(cuts) + 1)])
    t.is_(list(result.tags), ["cut/%d" % len(cuts)], "of %d cuts none is told" % len(cuts))
    t.is_(result.tags["cut/%d" % len(cuts)]["tags"], ["1.0.0", "1.0.1", "1.0.2", "1.0.3"],
          "the whole one is")
    t.is_(len(result.errors), len(cuts), "each is an error")


def test_tries(t):
    """F10, F11: 429 and 5xx are asked again, Retry-After is honoured, with a limit."""
    server = t.using(FaultServer())
    for repository, answers in {
            "ok/503": [Answer(503), Answer(500), page("1")],
            "ok/429": [Answer(429, headers={"Retry-After": "0"}), page("1")],
            "ok/later": [Answer(429, headers={"Retry-After": "1"}), page("1")],
            "ok/date": [Answer(503, headers={"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}),
                        page("1")],
            "ok/garbage": [Answer(429, headers={"Retry-After": "-1"}), page("1")],
            "ok/reset": [Answer(200, "x" * 99, cut_after=5, reset=True), Answer(silent=True), page("1")],
            "bad/500": [Answer(500)],
            "bad/404": [Answer(404)],
            "bad/403": [Answer(403)]}.items():
        server.on(tags_path(repository), *answers)
    server.on(tags_path("ok/pages"), page("1", headers={
        "Link": '<%s?last=1>; rel=next' % tags_path("ok/pages")}))
    server.on(tags_path("ok/pages") + "?last=1", Answer(429), page("2"))
    names = ["ok/503", "ok/429", "ok/later", "ok/date", "ok/garbage", "ok/reset", "ok/pages",
             "bad/500", "bad/404", "bad/403"]
    result = scan([event(server.address, name) for name in names])
    t.is_(sorted(result.tags), sorted(n for n in names if n.startswith("ok/")), "told in the end")
    t.is_(result.tags["ok/pages"]["tags"], ["1", "2"], "a page may be asked again, too")
    t.has(result.errors["bad/500"], "after 4 tries: the registry answers 500", "there is a limit")
    t.is_(len(server.asked(tags_path("bad/500"))), 4, "four times")
    t.is_((len(server.asked(tags_path("bad/404"))), len(server.asked(tags_path("bad/403")))), (1, 1),
          "a no is not asked again")


def test_window(t):
    """F10: while a registry said "later", it is left alone altogether."""
    server = t.using(FaultServer())
    times = []

    def answer(request):
        times.append(time.monotonic())
        return Answer(429, headers={"Retry-After": "1"}) if len(times) == 1 else page("1")

    server.otherwise(answer)
    result = scan([event(server.address, "w/%d" % i) for i in range(20)])
    t.is_(len(result.tags), 20, "all are told in the end")
    early = [at for at in times[1:] if at - times[0] < 0.9]
    t.ok(len(early) <= 8, "nothing was asked in the window but what was in flight (%d)" % len(early))


def test_bulkhead(t):
    """F21: a registry that hangs delays nobody else."""
    gate = threading.Event()
    t.defer(gate.set)
    slow, good = t.using(FaultServer()), t.using(FaultServer())
    slow.otherwise(page("1", wait=gate))
    good.otherwise(page("1"))
    scanner = procs.Process(["tag-scan"], t.tmp, "bulkhead", stdin=True).start()
    t.defer(scanner.stop)
    scanner.send("".join(event(slow.address, "s/%d" % i) for i in range(50)))
    scanner.send("".join(event(good.address, "g/%d" % i) for i in range(50)) + fixtures.listed())
    t.eventually(lambda: scanner.stdout().count('"TAGS"') == 50, "the others are told meanwhile")
    t.ok(slow.busy_peak <= 8, "the slow one has 8 connections at most")
    gate.set()
    t.eventually(lambda: scanner.stdout().count('"TAGS"') == 100, "it is told when it answers")
    scanner.end_input()
    t.is_(scanner.wait(), 0, "and all is well")


def test_keeps_last(t):
    """A scan that fails takes nothing back."""
    server = t.using(FaultServer())
    path = tags_path("keep/app")
    server.on(path, page("1.0.0"), Answer(403))
    scanner = procs.Process(["tag-scan", "--interval", "0"], t.tmp, "keep", stdin=True).start()
    t.defer(scanner.stop)
    scanner.send(event(server.address, "keep/app") + fixtures.listed())
    t.ok(scanner.wait_for('"TAGS"'), "a list")
    scanner.send(fixtures.line({"type": "PUSH", "repository": server.address + "/keep/app"}))
    t.ok(scanner.wait_for('"ERROR".*forbids'), "then none")
    scanner.send(event(server.address, "keep/app", "another"))
    t.eventually(lambda: scanner.stdout().count('"TAGS"') == 2, "the last list stays in use")
    t.is_(messages.parse(scanner.stdout())[-1]["tags"], ["1.0.0"], "as it was")
    server.on(path, page("1.0.0", "1.0.1"))
    t.ok(scanner.wait_for(r'"1\.0\.1"'), "another try comes by itself")
    scanner.end_input()
    scanner.wait()


def bearer(server, realm, **more):
    """A registry at server that wants a token from realm."""
    def answer(request):
        if request.headers.get("Authorization", "").startswith("Bearer "):
            return page("1")
        return Answer(401, CANARY, {"WWW-Authenticate": 'Bearer realm="%s",service="s"' % realm,
                                    "X-Secret": CANARY}, reason=CANARY, **more)
    server.otherwise(answer)


def docker_config(t, *hosts):
    auths = {host: {"username": "user", "password": CANARY} for host in hosts}
    t.write("docker/config.json", json.dumps({"auths": auths}))
    return {"DOCKER_CONFIG": t.path("docker")}


def test_realms(t):
    """T1, T3: a token server that is not the registry's own is not even connected to."""
    silent = t.using(FaultServer())
    port = silent.port
    realms = ["http://127.0.0.1:%d/t", "https://127.0.0.1:%d/t", "http://127.0.0.1.:%d/t",
              "http://LOCALHOST:%d/t", "http://localhost:%d/t", "http://u@127.0.0.1:%d/t",
              "http://[::1]:%d/t", "http://[::ffff:127.0.0.1]:%d/t", "http://0x7f.1:%d/t",
              "http://127.1:%d/t", "http://2130706433:%d/t", "http://017700000001:%d/t",
              "//127.0.0.1:%d/t", "http://127.0.0.1:%d\\\\@127.0.0.1/t", "http://127.0.0.1:%d;@x/t",
              "HTTP://127.0.0.1:%d/t", " http://127.0.0.1:%d/t", "http://127.0.0.1:%d#/t",
              "http:127.0.0.1:%d/t", "http:///127.0.0.1:%d/t", "ftp://127.0.0.1:%d/t",
              "http://127.0.0.1%%3a%d/t", "http://127.0.0.1:0%d/t",
              "http://\u0131\u0132.example:%d/t"]
    servers = [t.using(FaultServer()) for _ in realms]
    for server, realm in zip(servers, realms):
        bearer(server, realm % port)
    env = docker_config(t, *[server.address for server in servers])
    result = scan([event(server.address, "r/%d" % i) for i, server in enumerate(servers)], env=env)
    t.is_(result.tags, {}, "no list without a token")
    t.is_(silent.connections, 0, "the other server saw nothing")
    for i, realm in enumerate(realms):
        t.like(result.errors.get("r/%d" % i, ""), "realm-untrusted|after 4 tries|not how to prove|"
               "token server answers 404", realm)
    t.lacks(result.stdout + result.stderr, CANARY, "no secret, and nothing that a server said")


def test_tokens(t):
    """T4, T10, T11, F20: redirects, hostile answers, tokens per registry, a token that dies."""
    silent = t.using(FaultServer())
    kinds = {"redirect": Answer(302, headers={"Location": silent.url}),
             "header": Answer(json={"token": "a\r\nX: y"}), "huge": Answer(json={"token": "a" * 10 ** 7}),
             "html": Answer(200, "<html>"), "none": Answer(json={})}
    servers = {}
    for kind, answer in kinds.items():
        servers[kind] = t.using(FaultServer())
        bearer(servers[kind], "/token")
        servers[kind].on("/token", answer)
    env = docker_config(t, *[server.address for server in servers.values()])
    result = scan([event(server.address, "t/" + kind) for kind, server in servers.items()], env=env)
    t.is_(result.tags, {}, "no list without a token")
    t.is_(silent.connections, 0, "no redirect is followed")
    t.has(result.errors["t/redirect"], "token-redirect", "and that is said")
    t.lacks(result.stdout + result.stderr, CANARY, "no secret is shown")
    seen = {}
    pair = [t.using(FaultServer()), t.using(FaultServer())]
    for number, server in enumerate(pair):
        bearer(server, "/token")
        server.on("/token", Answer(json={"token": "token%d" % number, "expires_in": 300}))
    scan([event(server.address, "same/app", "app%d" % n) for n, server in enumerate(pair)] * 2)
    for number, server in enumerate(pair):
        seen[number] = {r.headers.get("Authorization") for r in server.asked(tags_path("same/app"))}
        t.is_(seen[number], {None, "Bearer token%d" % number}, "each registry sees its own token")


def test_credentials(t):
    """T7, T8, T24: many registries, some with credentials: each sees its own, or none."""
    count, servers = 12, []
    for _ in range(count):
        server = t.using(FaultServer())
        server.otherwise(lambda request: page("1") if "Authorization" in request.headers else
                         Answer(401, headers={"WWW-Authenticate": "Basic"}))
        servers.append(server)
    import base64
    auths = {server.address: {"username": "user%d" % n, "password": "p:%d" % n}
             for n, server in enumerate(servers) if n % 3 < 2}
    auths["127.0.0.1"] = {"username": "wrong", "password": "wrong"}
    t.write("docker/config.json", json.dumps({"auths": auths}))
    result = scan([event(servers[i % count].address, "c/%d" % i) for i in range(300)],
                  env={"DOCKER_CONFIG": t.path("docker")})
    t.is_(len(result.tags), 200, "those with credentials are told")
    t.is_(len(result.errors), 100, "the others are errors")
    for number, server in enumerate(servers):
        own = "Basic " + base64.b64encode(b"user%d:p:%d" % (number, number)).decode()
        got = {request.headers.get("Authorization") for request in server.asked()}
        t.is_(got, {None, own} if number % 3 < 2 else {None}, "registry %d saw its own" % number)


def test_bombs(t):
    """T12, T13, T14, T17: what is too much is refused, with little memory."""
    server = t.using(FaultServer())
    server.on(tags_path("b/endless"), Answer(chunks=[b'{"tags":["1"]' + b" " * 65536] * 200))
    server.on(tags_path("b/deep"), Answer(200, b'{"tags":[],"x":' + b"[" * 1000000))
    server.on(tags_path("b/many"), Answer(200, b'{"tags":[],"x":[{}' + b",{}" * 1000000 + b"]}"))
    server.on(tags_path("b/illegal"), page("1.0.0", "a b", "x" * 129, "a\nb", "\x1b[31m", "$(x)",
                                           "../..", "%s%n", "\u202e", "1.0.1"))
    names = ["b/endless", "b/deep", "b/many", "b/illegal"]
    result = procs.pipeline([["tag-scan"]], stdin="".join(event(server.address, n) for n in names),
                            measure_pss=True)
    found = messages.parse(result.stdout)
    tags = [m for m in found if m["type"] == "TAGS"]
    t.is_([m["tags"] for m in tags], [["1.0.0", "1.0.1"]], "illegal tags are left out")
    t.has(result.stderr, "8 tags that are no legal tags", "and counted")
    t.lacks(result.stdout + result.stderr, "\x1b", "and not shown")
    t.is_(len([m for m in found if m["type"] == "ERROR"]), 3, "the bombs are errors")
    if not os.environ.get("SANITIZE"):
        t.ok(result.pss_peak < 64 << 20, "memory stays below 64 MiB (%d KiB)" %
             (result.pss_peak >> 10))


def test_certificates(t):
    """T22, F23: what does not verify is refused; a CA file is read anew."""
    authority = tls.Authority(t.path("ca"))
    pairs = {"good": authority.issue("good", "good"),
             "name": authority.issue("name", "name", alt_names=("DNS:other.example",)),
             "expired": authority.issue("expired", "expired", days=-1),
             "unknown": tls.Authority(t.path("other"), "another CA").issue("x", "x")}
    servers, entries = {}, []
    for kind, pair in pairs.items():
        servers[kind] = t.using(FaultServer(pair=pair))
        servers[kind].otherwise(page("1"))
        entries.append({"name": kind, "prefix": servers[kind].address, "api_url": servers[kind].url,
                        "ca_file": authority.ca})
    conf = t.write("tls.conf", fixtures.registries_conf(*entries))
    result = scan([event(server.address, "c/" + kind) for kind, server in servers.items()],
                  "--registries", conf)
    t.is_(sorted(result.tags), ["c/good"], "only what verifies is listed")
    for kind in ("name", "expired", "unknown"):
        t.has(result.errors["c/" + kind], "certificate is not trusted", kind)
        t.is_(servers[kind].asked(), [], "%s: nothing was asked" % kind)


def test_limit(t):
    """registries.conf's limit: requests per second."""
    server = t.using(FaultServer())
    times = []
    server.otherwise(lambda request: times.append(time.monotonic()) or page("1"))
    conf = t.write("limit.conf", fixtures.registries_conf(
        {"name": "x", "prefix": server.address, "api_url": server.url, "limit": 20}))
    result = scan([event(server.address, "l/%d" % i) for i in range(40)], "--registries", conf)
    t.is_(len(result.tags), 40, "all are listed")
    t.ok(times[-1] - times[0] > 0.8, "not all at once (%.2f s)" % (times[-1] - times[0]))


def main():
    with tap.Test() as t:
        test_pagination(t)
        test_cuts(t)
        test_tries(t)
        test_window(t)
        test_bulkhead(t)
        test_keeps_last(t)
        test_realms(t)
        test_tokens(t)
        test_credentials(t)
        test_bombs(t)
        test_certificates(t)
        test_limit(t)


main()

#!/usr/bin/python3 -B
"""The tests' own library: registry, tokens, faults, processes, cluster. A test is
worth what its peers are worth."""

import os
import sys
import threading

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from weirtest import cluster, fixtures, net, procs, registry, tap, tls, tokens
from weirtest.httpfault import Answer, FaultServer


def fetch(server, path="/", method="GET", **options):
    client = net.Client("127.0.0.1", server.port, **options)
    try:
        return client.request(method, path)
    finally:
        client.close()


def check_registry(t):
    plain = t.using(registry.Registry(t.path("plain")))
    digest = plain.push_chart("team/charts", "app", "1.0.0+build.1")
    plain.push_chart("team/charts", "app", "1.0.1")
    plain.push_image("team/charts/app", "image")
    t.is_(plain.tags("team/charts/app"), ["1.0.0_build.1", "1.0.1", "image"],
          "a registry lists what was pushed, + as _")
    t.is_(plain.digest("team/charts/app", "1.0.0_build.1"), digest, "and tells the digest")
    plain.delete_tag("team/charts/app", "1.0.1")
    t.is_(plain.tags("team/charts/app"), ["1.0.0_build.1", "image"], "a tag is deleted")
    plain.push_index("team/index", "2")
    t.is_(plain.tags("team/index"), ["2", "2-amd64"], "an index is no chart, and can be pushed")
    t.is_(plain.tags("no/such"), [], "an unknown repository has no tags")
    t.is_(plain.requests(), [], "our own requests are not counted")
    procs.run("curl", "-s", plain.url + "/v2/team/index/tags/list?n=5")
    t.eventually(plain.requests, "others are")
    t.is_(plain.requests(), [("GET", "/v2/team/index/tags/list?n=5", 200)], "with path and status")


def check_registry_access(t):
    secure = t.using(registry.Registry(t.path("secure"), tls=True, users={"robot": "s3:cret"}))
    secure.push_chart("team", "app", "1.0.0")
    t.is_(secure.tags("team/app"), ["1.0.0"], "TLS and htpasswd, with a colon in the password")
    status, headers, _ = fetch(secure, "/v2/", ca=secure.authority.ca)
    t.is_((status, headers["WWW-Authenticate"]), (401, 'Basic realm="weir test"'),
          "nobody else gets in")
    config = secure.docker_config(t.path("docker/config.json"))
    done = procs.run("skopeo", "list-tags", "--cert-dir", secure.authority.trust,
                     "--authfile", config, "docker://%s/team/app" % secure.host)
    t.has(done.stdout + done.stderr, '"1.0.0"', "skopeo reads it with docker's config.json")
    client = net.Client("127.0.0.1", secure.port, ca=secure.authority.ca, user=("robot", "s3:cret"))
    t.is_(client.request("GET", "/v2/")[0], 200, "a user is let in")
    secure.set_users({"robot": "other", "second": "x"})
    t.is_(client.request("GET", "/v2/")[0], 401, "and not with an old password")
    client.close()
    t.is_(secure.tags("team/app"), ["1.0.0"], "while what was pushed stays")
    server = t.using(tokens.TokenServer(t.path("tokens"), {"reader": "pass"}))
    bearer = t.using(registry.Registry(t.path("bearer"), tokens=server))
    bearer.push_chart("team", "app", "1.0.0")
    status, headers, _ = fetch(bearer, "/v2/team/app/tags/list")
    t.like(headers["WWW-Authenticate"], 'Bearer realm="http://127.0.0.1:.*",service=',
           "a token is asked for")
    done = procs.run("skopeo", "list-tags", "--tls-verify=false", "--creds", "reader:pass",
                     "docker://%s/team/app" % bearer.host)
    t.has(done.stdout + done.stderr, '"1.0.0"', "and the token server's is accepted")
    t.is_(server.requests[-1][0], "reader", "the token server remembers who asked")


def check_registry_bulk(t):
    registry.prepare(t.path("bulk"), ["bench/r0/app", "bench/r1/app"],
                     ["1.0.%d" % patch for patch in range(50)])
    bulk = t.using(registry.Registry(t.path("bulk-registry"), data=t.path("bulk")))
    t.is_(len(bulk.tags("bench/r1/app")), 50, "content prepared in bulk is listed")
    content, blobs = registry.chart_artifact("app", "1.0.7")
    t.is_(bulk.digest("bench/r0/app", "1.0.7"), registry.digest_of(content), "its manifests are there")
    status, _, body = bulk.request("GET", "/v2/bench/r1/app/blobs/" + registry.digest_of(blobs[0]))
    t.is_((status, body), (200, blobs[0]), "and its blobs")


def check_notifications(t):
    receiver = t.using(FaultServer())
    receiver.otherwise(Answer(200))
    noisy = t.using(registry.Registry(t.path("noisy"), notifications=[receiver.url + "/events"],
                                      notify_headers={"Authorization": ["Bearer s3cret"]}))
    noisy.push_chart("team", "app", "1.0.0")
    def told():
        return [r for r in receiver.asked("/events") if b'"tag":"1.0.0"' in
                r.body.replace(b'": "', b'":"')]
    t.eventually(told, "a push is notified")
    t.is_(told()[0].headers["Authorization"], "Bearer s3cret", "with the configured header")


def check_faults(t):
    server = t.using(FaultServer())
    server.on("/twice", Answer(503, headers={"Retry-After": "1"}), Answer(json={"well": True}))
    status, headers, _ = fetch(server, "/twice")
    t.is_((status, headers["Retry-After"]), (503, "1"), "answers come in order")
    t.is_(fetch(server, "/twice?n=1")[2], b'{"well": true}', "the next one")
    t.is_(fetch(server, "/twice?n=1")[2], b'{"well": true}', "the last one for ever")
    server.on("/cut", Answer(body="0123456789", cut_after=4))
    got = procs.run("curl", "-s", server.url + "/cut")
    t.is_((got.status, got.stdout), (18, "0123"), "a body is cut")
    server.on("/reset", Answer(silent=True, reset=True))
    t.is_(procs.run("curl", "-s", server.url + "/reset").status, 56, "a connection is reset")
    server.on("/chunks", Answer(chunks=[b"ab", b"c"]))
    t.is_(fetch(server, "/chunks")[2], b"abc", "chunked transfer")
    server.on("/drip", Answer(body="abc", drip=(1, 0.001)))
    t.is_(fetch(server, "/drip")[2], b"abc", "drop by drop")
    gate, answers = threading.Event(), []
    server.on("/gate", Answer(body="late", wait=gate))
    asking = threading.Thread(target=lambda: answers.append(fetch(server, "/gate")[2]))
    asking.start()
    t.ok(server.wait_for(1, "/gate"), "a request waits at the gate")
    t.is_(answers, [], "unanswered")
    gate.set()
    asking.join()
    t.is_(answers, [b"late"], "until it opens")
    t.is_([r.target for r in server.asked("/twice")], ["/twice", "/twice?n=1", "/twice?n=1"],
          "requests are remembered")
    authority = tls.Authority(t.path("authority"))
    secure = t.using(FaultServer(pair=authority.issue("server", "server")))
    t.is_(fetch(secure, "/", ca=authority.ca)[0], 404, "over TLS")
    expired = t.using(FaultServer(pair=authority.issue("old", "old", days=-1)))
    t.is_(procs.run("curl", "-s", "--cacert", authority.ca, expired.url).status, 60,
          "a certificate may be expired")


def check_processes(t):
    done = procs.pipeline([["cat"], ["tr", "a-z", "A-Z"], ["sh", "-c", "cat; echo E >&2; exit 3"]],
                          stdin="abc\n", measure_pss=True)
    t.is_((done.stdout, done.statuses, done.stderr), ("ABC\n", [0, 0, 3], "E\n"), "a pipeline")
    big = b"x" * 3000000
    t.is_(procs.run("cat", stdin=big).stdout_bytes, big, "much goes through")
    work = procs.run("python3", "-c", "sum(range(3000000))", measure_pss=True)
    t.ok(work.cpu_s > 0.01 and work.pss_peak > 1 << 20, "CPU and memory are measured")
    try:
        procs.run("sleep", "60", timeout_s=0.2)
        t.ok(False, "a command that hangs is ended")
    except procs.TimedOut:
        t.ok(True, "a command that hangs is ended")
    running = t.using(procs.Process(["sh", "-c", "while read l; do echo got $l; done"], t.tmp,
                                    stdin=True))
    running.send("this\n")
    t.ok(running.wait_for("^got this$"), "a running process is talked to")
    running.end_input()
    t.is_(running.wait(), 0, "and its end is seen")
    own = procs.mark()
    procs.shell("sleep 77 >/dev/null 2>&1 & setsid env -i sleep 78 >/dev/null 2>&1 &")
    t.eventually(lambda: len(procs.leftovers(own)) == 2,
                 "leftovers are found, by mark and by descent")
    procs.kill_all(own)
    t.is_(procs.leftovers(own), [], "and killed")


def check_fixtures(t):
    padded = fixtures.application(size=9000)
    t.ok(9000 <= len(fixtures.line(padded)) < 9400, "an Application is padded to a size")
    t.is_(yaml.safe_load(fixtures.manifest(padded)), padded, "its manifest says the same")


def check_cluster(t):
    if not os.environ.get("WEIR_PEERS"):
        t.skip("the cluster", "no kube-apiserver and etcd here (make peers builds them)")
        return
    api = t.using(cluster.Cluster(t.path("cluster"), audit=True))
    api.namespace("d8-delivery")
    created = api.create(fixtures.application("d8-delivery", "myapp"))
    t.is_(api.revision("d8-delivery", "myapp"), "1.0.0", "an Application is stored")
    reader = api.user("reader", [fixtures.rule("applications", "get", "list")], ["d8-delivery"])
    t.has(api.kubectl("get", "applications", "-n", "d8-delivery", kubeconfig=reader), "myapp",
          "a user may do what its role says")
    t.is_(api.kubectl("auth", "can-i", "delete", "applications", kubeconfig=reader,
                      check=False).strip(), "no", "and nothing else")
    base = "/api/v1/namespaces/d8-delivery/configmaps"
    api.must("POST", base, {"metadata": {"name": "one"}})
    other = api.administrator("other")
    api.kubectl("delete", "-n", "d8-delivery", "configmap", "one", kubeconfig=other)
    t.eventually(lambda: api.is_idle("other"), "all that a user asked for is answered")
    t.is_(api.writes("other"), [("delete", "configmaps", "d8-delivery", "one", 200)],
          "its writes are in the audit log")
    t.ok(set(api.writes("other")) < set(api.requests("other")), "and its reads")
    t.ok("configmaps" not in {request[1] for request in api.requests("reader")},
         "those of another user apart")
    api.create_all([fixtures.application("d8-delivery", "app%d" % number, size=2000)
                    for number in range(40)])
    t.is_(len(api.list()), 41, "many are created, and listed in pages")
    api.patch("d8-delivery", "myapp", {"spec": {"source": {"targetRevision": "1.0.1"}}})
    t.is_(api.revision("d8-delivery", "myapp"), "1.0.1", "patched")
    api.delete("d8-delivery", "myapp")
    again = api.create(fixtures.application("d8-delivery", "myapp"))
    t.isnt(again["metadata"]["uid"], created["metadata"]["uid"], "deleted and recreated")
    api.stop_api()
    api.start_api()
    t.is_(len(api.list("d8-delivery")), 41, "the API server starts again with what it had")
    token = api.service_account_token("d8-delivery", "weir")
    t.is_(token.count("."), 2, "a ServiceAccount gets a token")


with tap.Test() as test:
    for check in (check_processes, check_registry, check_registry_access, check_registry_bulk,
                  check_notifications, check_faults, check_fixtures, check_cluster):
        check(test)

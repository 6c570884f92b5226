"""A token server as registries use it (Bearer): it signs tokens that the real
docker-registry accepts. It knows nothing of weir.

    tokens = t.using(TokenServer(t.path("tokens"), {"reader": "secret"}))
    registry = t.using(Registry(t.path("registry"), tokens=tokens))
"""

import base64
import http.server
import json
import os
import subprocess
import threading
import time
import urllib.parse
import uuid

SERVICE = "weir-test-registry"
ISSUER = "weir-test-issuer"


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenServer:
    """users: {name: password}; each may pull. anonymous: without credentials one gets a token
    that may pull. Tokens live lifetime_s (the registry allows a minute of clock skew). Every token
    request is kept in requests, as (user or None, query as a dict of lists)."""

    def __init__(self, folder, users=None, anonymous=False, lifetime_s=300, expires_in=None):
        self.folder, self.users, self.anonymous = folder, users or {}, anonymous
        self.lifetime_s, self.expires_in = lifetime_s, expires_in
        self.requests, self.server = [], None
        self.key = os.path.join(folder, "token.key")
        self.certificate = os.path.join(folder, "token.pem")

    def start(self):
        os.makedirs(self.folder, exist_ok=True)
        if not os.path.exists(self.key):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                            self.key, "-out", self.certificate, "-days", "30",
                            "-subj", "/CN=weir test tokens"], check=True, capture_output=True)
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                owner.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05},
                         daemon=True).start()
        return self

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @property
    def realm(self):
        return "http://127.0.0.1:%d/token" % self.server.server_port

    def registry_configuration(self):
        return {"realm": self.realm, "service": SERVICE, "issuer": ISSUER,
                "rootcertbundle": self.certificate}

    def issue(self, subject, access, lifetime_s=None):
        """A signed token: access is the list of {type, name, actions}."""
        der = subprocess.run(["openssl", "x509", "-in", self.certificate, "-outform", "DER"],
                             check=True, capture_output=True).stdout
        now = int(time.time())
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        claims = {"iss": ISSUER, "sub": subject, "aud": SERVICE, "iat": now, "nbf": now - 5,
                  "exp": now + (lifetime_s or self.lifetime_s), "jti": uuid.uuid4().hex,
                  "access": access}
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key],
                                   input=signed.encode(), check=True, capture_output=True).stdout
        return signed + "." + _base64url(signature)

    def answer(self, request):
        """Answer one GET of the token endpoint."""
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        kind, _, pair = request.headers.get("Authorization", "").partition(" ")
        user, _, password = (base64.b64decode(pair).decode().partition(":")
                             if kind == "Basic" else ("", "", ""))
        self.requests.append((user or None, query))
        known = self.users.get(user) == password if user else self.anonymous
        if not known:
            status, body = 401, {"errors": [{"code": "UNAUTHORIZED", "message": "who are you?"}]}
        else:
            access = [self._granted(scope) for scopes in query.get("scope", [])
                      for scope in scopes.split(" ") if scope]
            status, body = 200, {"token": self.issue(user or "anonymous", access)}
            if self.expires_in is not None:
                body["expires_in"] = self.expires_in
        data = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    @staticmethod
    def _granted(scope):
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        return {"type": kind, "name": name,
                "actions": [action for action in actions.split(",") if action == "pull"]}

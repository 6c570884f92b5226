"""Loopback ports, and a JSON client that keeps its connection."""

import base64
import http.client
import json
import socket
import ssl


def free_port():
    """A port of 127.0.0.1 that nobody listens on now. Whoever starts a server on it retries with
    another one when somebody was faster."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Client:
    """One kept-alive HTTP connection. Not for several threads at once."""

    def __init__(self, host, port, ca=None, certificate=None, user=None, timeout_s=60):
        self.headers = {"User-Agent": "weir-test"}
        if user:
            pair = base64.b64encode(("%s:%s" % user).encode()).decode()
            self.headers["Authorization"] = "Basic " + pair
        if ca:
            context = ssl.create_default_context(cafile=ca)
            if certificate:
                context.load_cert_chain(*certificate)
            self.connection = http.client.HTTPSConnection(host, port, timeout=timeout_s,
                                                          context=context)
        else:
            self.connection = http.client.HTTPConnection(host, port, timeout=timeout_s)

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body bytes). A kept connection that the server closed meanwhile is
        opened again, once."""
        for again in (True, False):
            try:
                self.connection.request(method, path, body, dict(self.headers, **(headers or {})))
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.connection.close()
                if not again:
                    raise

    def json(self, method, path, body=None, content_type="application/json"):
        """(status, decoded body): for an API that speaks JSON both ways."""
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = content_type
        status, _, answer = self.request(method, path, data, headers)
        return status, json.loads(answer) if answer else None

    def close(self):
        self.connection.close()

"""A scripted HTTP server for the faults that real peers do not give on demand:
it answers each path with what it was told, and keeps what was asked. It knows
no protocol above HTTP/1.1. For what a real peer can do, use the real peer.

    server = t.using(FaultServer())
    server.on("/v2/a/tags/list", Answer(503), Answer(json={"name": "a", "tags": ["1"]}))
    server.url, server.requests
"""

import collections
import http.client
import json as jsonlib
import socket
import ssl
import struct
import threading

Request = collections.namedtuple("Request", "method path target headers body connection")


class Answer:
    """One scripted answer.

    status, headers, body   body is bytes or text; json is encoded. headers: a dict, or a list of
                            pairs for headers that occur twice. Content-Length is added unless
                            given, or None in headers (then the connection closes at the end)
    chunks                  a list of bytes, sent by chunked transfer
    cut_after               send this many bytes of the body, then close the connection
    reset                   close it with RST instead of FIN; with cut_after 0 after the headers
    drip                    (bytes, seconds): send the body in such steps
    wait                    an Event: begin to answer when it is set
    hold_after, hold        after this many bytes of the body wait for the Event hold
    raw                     send exactly these bytes, and close
    silent                  close without any answer
    close                   close the connection afterwards, and say so
    """

    def __init__(self, status=200, body=b"", headers=None, json=None, chunks=None, cut_after=None,
                 reset=False, drip=None, wait=None, hold_after=0, hold=None, raw=None,
                 silent=False, close=False, reason=None):
        self.headers = list(headers.items()) if isinstance(headers, dict) else list(headers or [])
        if json is not None:
            body = jsonlib.dumps(json)
            self.headers.append(("Content-Type", "application/json"))
        self.body = body.encode() if isinstance(body, str) else body
        self.status, self.reason = status, reason or http.client.responses.get(status, "Odd")
        self.chunks, self.cut_after, self.reset, self.drip = chunks, cut_after, reset, drip
        self.wait, self.hold_after, self.hold = wait, hold_after, hold
        self.raw, self.silent, self.close = raw, silent, close

    def head(self):
        """Status line and headers as bytes."""
        lines = ["HTTP/1.1 %d %s" % (self.status, self.reason)]
        lines += ["%s: %s" % pair for pair in self.headers if pair[1] is not None]
        names = [name.lower() for name, _ in self.headers]
        if self.chunks is not None:
            lines.append("Transfer-Encoding: chunked")
        elif "content-length" not in names and self.status not in (204, 304):
            lines.append("Content-Length: %d" % len(self.body))
        if self.close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")

    def payload(self):
        if self.chunks is None:
            return self.body
        return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in self.chunks) + b"0\r\n\r\n"

    def ends_connection(self):
        without_length = self.chunks is None and any(
            name.lower() == "content-length" and value is None for name, value in self.headers)
        return self.close or without_length or self.cut_after is not None


class FaultServer:
    """The server. pair: (certificate, key) for TLS; client_ca: ask for client certificates."""

    def __init__(self, pair=None, client_ca=None, host="127.0.0.1", port=0):
        self.host, self.port = host, port
        self.requests, self.connections = [], 0
        self.busy = self.busy_peak = 0
        self._pair, self._client_ca = pair, client_ca
        self._scripts, self._fallback = {}, Answer(404, json={"errors": [{"code": "NOT_SCRIPTED"}]})
        self._change = threading.Condition()
        self._stopped = threading.Event()
        self._open = set()
        self._listener = None

    # Script

    def on(self, path, *answers, method=None):
        """Answer requests for path with these, one after the other; the last one for ever. A path
        with a query is compared with it, one without regardless of it. An answer may also be a
        function that is given the Request and gives an Answer. Replaces what was said before."""
        with self._change:
            self._scripts[(method, path)] = list(answers)

    def otherwise(self, answer):
        """What to answer to any other path (404 at first)."""
        self._fallback = answer

    # What was asked

    def asked(self, path=None, method=None):
        """The requests for this path (without query) until now."""
        with self._change:
            return [request for request in self.requests
                    if path in (None, request.path) and method in (None, request.method)]

    def wait_for(self, count=1, path=None, timeout_s=30):
        """Wait until so many requests (for path) have come; gives whether they have."""
        with self._change:
            return self._change.wait_for(lambda: len(
                [1 for request in self.requests if path in (None, request.path)]) >= count, timeout_s)

    # Life

    def start(self):
        self._stopped.clear()
        self._listener = socket.create_server((self.host, self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self):
        """Close everything. The port is kept for the next start."""
        self._stopped.set()
        if self._listener:
            # shutdown wakes accept; close alone does not.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        with self._change:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    @property
    def address(self):
        return "%s:%d" % (self.host, self.port)

    @property
    def url(self):
        return "%s://%s" % ("https" if self._pair else "http", self.address)

    def _context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._pair)
        if self._client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self._client_ca)
        return context

    def _accept(self):
        listener, context = self._listener, self._context() if self._pair else None
        while not self._stopped.is_set():
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, context), daemon=True).start()

    def _serve(self, connection, context):
        with self._change:
            self.connections += 1
            number = self.connections
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            with self._change:
                self._open.add(connection)
            with connection.makefile("rb") as stream:
                while not self._stopped.is_set() and self._exchange(connection, stream, number):
                    pass
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the client went away, or speaks no HTTP
        finally:
            with self._change:
                self._open.discard(connection)
            connection.close()

    def _exchange(self, connection, stream, number):
        """One request and its answer; false when the connection ends."""
        request = self._read(stream, number)
        if request is None:
            return False
        with self._change:
            self.requests.append(request)
            self.busy += 1
            self.busy_peak = max(self.busy_peak, self.busy)
            answer = self._choose(request)
            self._change.notify_all()
        try:
            if callable(answer):
                answer = answer(request)
            return self._send(connection, answer, request) and \
                request.headers.get("Connection", "").lower() != "close"
        finally:
            with self._change:
                self.busy -= 1

    @staticmethod
    def _read(stream, number):
        first = stream.readline(65536).decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = http.client.parse_headers(stream)
        body = b""
        if "chunked" in headers.get("Transfer-Encoding", ""):
            while True:
                size = int(stream.readline().split(b";")[0], 16)
                body += stream.read(size)
                stream.readline()
                if size == 0:
                    break
        elif headers.get("Content-Length"):
            body = stream.read(int(headers["Content-Length"]))
        return Request(first[0], first[1].partition("?")[0], first[1], headers, body, number)

    def _choose(self, request):
        for key in ((request.method, request.target), (None, request.target),
                    (request.method, request.path), (None, request.path)):
            answers = self._scripts.get(key)
            if answers:
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return self._fallback

    def _await(self, event):
        while event and not event.wait(0.02) and not self._stopped.is_set():
            pass

    def _send(self, connection, answer, request):
        """Whether the connection goes on."""
        self._await(answer.wait)
        if answer.silent:
            return self._end(connection, answer)
        if answer.raw is not None:
            connection.sendall(answer.raw)
            return self._end(connection, answer)
        connection.sendall(answer.head())
        if request.method != "HEAD":
            self._send_body(connection, answer)
        return self._end(connection, answer) if answer.ends_connection() else True

    def _send_body(self, connection, answer):
        data = answer.payload()
        if answer.cut_after is not None:
            data = data[:answer.cut_after]
        if answer.hold:
            connection.sendall(data[:answer.hold_after])
            self._await(answer.hold)
            data = data[answer.hold_after:]
        step, seconds = answer.drip or (len(data) or 1, 0)
        for start in range(0, len(data), step):
            connection.sendall(data[start:start + step])
            if seconds and self._stopped.wait(seconds):
                return

    @staticmethod
    def _end(connection, answer):
        if answer.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        return False

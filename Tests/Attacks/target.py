"""A webhook's target that takes every second request and keeps what it took."""
import hashlib
import hmac
import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Target(ThreadingHTTPServer):
    """Keeps the events that it took, in the order of their coming; every second request is refused, cut off or redirected."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.chance = threading.Lock(), random.Random(7)
        self.secret, self.taken, self.requests, self.unsigned, self.moved, self.failing = "", [], 0, 0, 0, True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    def is_signed(self, header, body):
        pairs = [part.split("=", 1) for part in (header or "").split(",") if "=" in part]
        moments = [value for name, value in pairs if name == "t"]
        if len(moments) != 1 or abs(time.time() - int(moments[0])) > 300:
            return False
        code = hmac.new(self.secret.encode(), moments[0].encode() + b"." + body, hashlib.sha256).hexdigest()
        return any(name == "v1" and hmac.compare_digest(code, value) for name, value in pairs)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.moved += 1
        self.answer(200)

    def do_POST(self):
        target = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/hook":
            target.moved += 1
            return self.answer(200)
        event = json.loads(body)
        with target.lock:
            target.requests += 1
            fate = target.chance.random() if target.failing else 1
            target.unsigned += not target.is_signed(self.headers["Frontdesk-Signature"], body)
            if fate >= 0.5:
                target.taken.append(event)
        if fate >= 0.5:
            self.answer(200)
        elif fate < 0.1:
            # Nothing is answered at all.
            self.connection.close()
            self.close_connection = True
        elif fate < 0.15:
            self.answer(307)
        else:
            self.answer(503)

    def answer(self, status):
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

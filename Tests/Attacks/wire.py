"""HTTP/1.1 and WebSocket byte by byte, so that an attack can also say what no client library would."""
import base64
import json
import os
import socket
import struct


def connect(port, timeout=10, receive_buffer=None, source=None):
    """A TCP connection to the server; `source` is another address of the loopback network, such as 127.0.0.2."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if source:
        connection.bind((source, 0))
    connection.settimeout(timeout)
    connection.connect(("127.0.0.1", port))
    return connection


def encoded(text):
    return text if isinstance(text, bytes) else text.encode()


def request_bytes(method, path, headers=(), body=None, host="127.0.0.1"):
    """A request as it is sent. `headers` are (name, value) pairs, text or bytes."""
    lines = [encoded(f"{method} {path} HTTP/1.1")]
    if host is not None:
        lines.append(encoded(f"Host: {host}"))
    lines += [encoded(name) + b": " + encoded(value) for name, value in headers]
    if body is not None:
        lines.append(encoded(f"Content-Length: {len(body)}"))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:200]!r}"


class Buffered:
    """Reads a socket in pieces of a wanted length."""

    def __init__(self, connection, rest=b""):
        self.connection, self.rest = connection, rest

    def more(self):
        data = self.connection.recv(262_144)
        if not data:
            raise ConnectionError(f"closed after {self.rest[:200]!r}")
        self.rest += data

    def exactly(self, count):
        while len(self.rest) < count:
            self.more()
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def until(self, mark):
        while mark not in self.rest:
            self.more()
        taken, self.rest = self.rest.split(mark, 1)
        return taken


def read_response(reader, method="GET"):
    """The next response of a connection; raises OSError when there is none."""
    if not isinstance(reader, Buffered):
        reader = Buffered(reader)
    lines = reader.until(b"\r\n\r\n").decode("latin1").split("\r\n")
    status = int(lines[0].split()[1])
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if status == 100:
        return read_response(reader, method)
    body = b""
    if method == "HEAD" or status in (101, 204, 304):
        pass
    elif "content-length" in headers:
        body = reader.exactly(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked":
        while size := int(reader.until(b"\r\n"), 16):
            body += reader.exactly(size)
            reader.until(b"\r\n")
        reader.until(b"\r\n")
    else:
        try:
            while True:
                reader.more()
        except ConnectionError:
            body, reader.rest = reader.rest, b""
    return Response(status, headers, body)


def is_closed(connection, timeout=5):
    """Whether the server ends the connection within the time; what it still says is dropped."""
    connection.settimeout(timeout)
    try:
        while connection.recv(65_536):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


# Tokens of the conversations that were begun here, by their ids; a page needs them.
TOKENS = {}


def token_header(path):
    step = path.split("?")[0].split("/conversations/")
    token = TOKENS.get(step[1].split("/")[0]) if len(step) == 2 else None
    return [("Frontdesk-Resume-Token", token)] if token else []


def note_token(method, path, response):
    if method == "POST" and path.endswith("/v1/conversations") and response.status == 201:
        TOKENS[response.json["id"]] = response.json["resume_token"]


class Connection:
    """A keep-alive connection, with a key's header if there is one. Shows the tokens of conversations that were begun here."""

    def __init__(self, port, key=None, headers=(), timeout=30, source=None):
        self.port = port
        self.headers = list(headers) + ([("Authorization", f"Bearer {key}")] if key else [])
        self.socket = connect(port, timeout, source=source)
        self.reader = Buffered(self.socket)

    def request(self, method, path, value=None, body=None, headers=(), host=None):
        """`value` is sent as JSON."""
        headers = self.headers + list(headers) + token_header(path)
        if value is not None:
            body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
            headers.append(("Content-Type", "application/json"))
        self.socket.sendall(request_bytes(method, path, headers, body, host or f"127.0.0.1:{self.port}"))
        response = read_response(self.reader, method)
        note_token(method, path, response)
        return response

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def http(port, method, path, value=None, key=None, headers=(), body=None, timeout=15, host=None, source=None):
    """One request on a connection of its own."""
    with Connection(port, key, list(headers) + [("Connection", "close")], timeout, source) as connection:
        return connection.request(method, path, value, body, host=host)


# WebSocket

MASK = b"\x11\x22\x33\x44"


def masked(data):
    count = len(data)
    mask = (MASK * (count // 4 + 1))[:count]
    return (int.from_bytes(data, "little") ^ int.from_bytes(mask, "little")).to_bytes(count, "little")


def frame(payload=b"", opcode=1, final=True, is_masked=True):
    """A frame as a client sends it (RFC 6455, 5.2)."""
    payload = encoded(payload)
    first, bit, count = (0x80 if final else 0) | opcode, 0x80 if is_masked else 0, len(payload)
    if count < 126:
        head = struct.pack("!BB", first, bit | count)
    elif count < 65_536:
        head = struct.pack("!BBH", first, bit | 126, count)
    else:
        head = struct.pack("!BBQ", first, bit | 127, count)
    return head + MASK + masked(payload) if is_masked else head + payload


class Refused(OSError):
    """The server gave no socket."""

    def __init__(self, response):
        super().__init__(f"no socket: {response}")
        self.response = response


class Socket:
    """An open WebSocket; raises ``Refused`` when there is none."""

    def __init__(self, port, key=None, origin=None, headers=(), timeout=10, path="/v1/ws", receive_buffer=None,
                 source=None):
        self.socket = connect(port, timeout, receive_buffer, source)
        self.reader = Buffered(self.socket)
        fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
                  ("Sec-WebSocket-Key", base64.b64encode(os.urandom(16)).decode()),
                  ("Sec-WebSocket-Protocol", "frontdesk.v1" + (f", bearer.{key}" if key else ""))]
        if origin:
            fields.append(("Origin", origin))
        self.socket.sendall(request_bytes("GET", path, fields + list(headers), None, f"127.0.0.1:{port}"))
        response = read_response(self.reader)
        if response.status != 101:
            self.socket.close()
            raise Refused(response)

    def send(self, value):
        self.socket.sendall(value if isinstance(value, bytes) else frame(json.dumps(value, ensure_ascii=False)))

    def receive(self):
        """(opcode, payload) of the next frame."""
        first, second = self.reader.exactly(2)
        count = second & 127
        if count == 126:
            count = struct.unpack("!H", self.reader.exactly(2))[0]
        elif count == 127:
            count = struct.unpack("!Q", self.reader.exactly(8))[0]
        return first & 15, self.reader.exactly(count)

    def next(self):
        """The next JSON object, or ("close", code, reason)."""
        while True:
            opcode, payload = self.receive()
            if opcode == 1:
                return json.loads(payload)
            if opcode == 8:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None
                return "close", code, payload[2:].decode(errors="replace")
            if opcode == 9:
                self.socket.sendall(frame(payload, opcode=10))

    def until(self, kind, limit=1000):
        """All objects up to the first of that type, or up to the close."""
        seen = []
        for _ in range(limit):
            seen.append(self.next())
            if isinstance(seen[-1], tuple) or seen[-1].get("type") == kind:
                break
        return seen

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

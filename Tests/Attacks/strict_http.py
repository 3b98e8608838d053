#!/usr/bin/env python3
"""HTTP/1.1 that is not allowed, or hardly: what is answered, and whether the connection ends where it must."""
from attacklib import *

attack = Attack()
data = trained_folder("http")
key = secret_key(data, "all", "chat", "classify")
server = Server(data, "--secret-rate", "100000")
BODY = b'{"text":"hi"}'
AUTHORIZATION = f"Authorization: Bearer {key}\r\n"
JSON = AUTHORIZATION + "Content-Type: application/json\r\n"


def chunked(*chunks):
    return b"".join(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" for chunk in chunks) + b"0\r\n\r\n"


def send(raw, timeout=5.0):
    """The statuses that come back, and whether the server ends the connection."""
    connection, said, has_ended = connect(server.port, timeout), b"", False
    try:
        connection.sendall(raw)
        while True:
            some = connection.recv(65_536)
            if not some:
                has_ended = True
                break
            said += some
    except TimeoutError:
        pass
    except OSError:
        has_ended = True
    connection.close()
    return [int(status) for status in re.findall(rb"HTTP/1\.\d (\d+)", said)], has_ended, said


def expect(name, raw, statuses, ends=True, timeout=5.0):
    found, has_ended, said = send(raw, timeout)
    alive = http(server.port, "GET", "/health/live").status == 200
    attack.check(name, found == statuses and (has_ended or not ends) and alive, f"{found} {'ended' if has_ended else 'open'} {said[-80:]!r}")


def predict(headers, body=b"", version="1.1", host="Host: x\r\n"):
    return f"POST /predict HTTP/{version}\r\n{host}{headers}\r\n".encode() + body


LENGTH = f"Content-Length: {len(BODY)}\r\n"
expect("a plain request", predict(JSON + LENGTH + "Connection: close\r\n", BODY), [200])
expect("chunks", predict(JSON + "Transfer-Encoding: chunked\r\nConnection: close\r\n", chunked(BODY)), [200])
for name, headers in {
    "two lengths": LENGTH + LENGTH, "a list of lengths": f"Content-Length: {len(BODY)}, {len(BODY)}\r\n",
    "a signed length": "Content-Length: +13\r\n", "a length with more behind it": "Content-Length: 13abc\r\n",
    "a negative length": "Content-Length: -1\r\n", "a length of 2^63": "Content-Length: 9223372036854775808\r\n",
    "a length of 20 nines": f"Content-Length: {'9' * 20}\r\n",
}.items():
    expect(name, predict(JSON + headers, BODY), [400])
smuggled = b"0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
expect("length and chunks at once", predict(JSON + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", smuggled), [400])
for coding in ("identity, chunked", "chunked, chunked", "xchunked", "gzip, chunked"):
    expect(f"the coding {coding}", predict(JSON + f"Transfer-Encoding: {coding}\r\n", chunked(BODY)), [400])
for size in (b"zz", b"-1", b"0xd", b"f" * 18):
    expect(f"a chunk of size {size}", predict(JSON + "Transfer-Encoding: chunked\r\n", size + b"\r\n" + BODY + b"\r\n0\r\n\r\n"), [400])
expect("no host", predict(JSON + LENGTH, BODY, host=""), [400])
expect("two hosts", predict(JSON + LENGTH, BODY, host="Host: a\r\nHost: b\r\n"), [400])
expect("HTTP/1.0 ends after its answer", b"GET /health/live HTTP/1.0\r\n\r\n", [200])
expect("HTTP/1.0 with keep-alive too", b"GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", [200])
for raw in (b"GET /health/live\r\n\r\n", b"GET /health/live HTTP/2.0\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 500, b"GET /health/live HTTP/1.1\nHost: x\n\n",
            b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", b"GET /health/live HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
            b"GET /health/live HTTP/1.1\r\n Host: x\r\n\r\n"):
    expect(f"{raw[:30]!r}…", raw, [400])

# A client that asks whether its body is wanted.
expect("100-continue before the body", predict(JSON + LENGTH + "Expect: 100-continue\r\nConnection: close\r\n"), [100], ends=False, timeout=2)
expect("100-continue with the body", predict(JSON + LENGTH + "Expect: 100-continue\r\nConnection: close\r\n", BODY), [200])
expect("a body that is not wanted is not asked for", predict("Content-Length: 100000000\r\nExpect: 100-continue\r\n"), [401])
expect("nor read", predict("Content-Length: 100000000\r\n", b"a" * 3_000_000), [401])
expect("nor with a key", predict(JSON + "Content-Length: 100000000\r\n", b"a" * 3_000_000), [413])
expect("another expectation", predict(JSON + LENGTH + "Expect: miracles\r\n", BODY), [417])
expect("a compressed body", predict(JSON + LENGTH + "Content-Encoding: gzip\r\nConnection: close\r\n", BODY), [415])
utf16 = AUTHORIZATION + "Content-Type: application/json; charset=utf-16\r\nConnection: close\r\n"
expect("a body in UTF-16", predict(utf16 + LENGTH, BODY), [415])
expect("a head of 79 kB", f"GET / HTTP/1.1\r\nHost: x\r\nX: {'a' * 79_000}\r\n\r\n".encode(), [431])
many = request_bytes("GET", "/health/live") * 300
expect("300 requests at once", many, [200] * 300, ends=False, timeout=3)

for path in ("/v1/../health/live", "/v1/%2e%2e/health/live", "/health%2flive", "/health/live%00", "/%ff%fe", "/%"):
    attack.check(f"{path} is not found", http(server.port, "GET", path, key=key).status == 404)
conversation = http(server.port, "POST", "/v1/conversations", {}, key=key)
attack.check("what is private is stored nowhere", conversation.headers.get("cache-control") == "no-store", conversation.headers)
policy = http(server.port, "GET", "/").headers.get("content-security-policy", "")
attack.check("the page may run no script but the server's", "script-src 'self';" in policy, policy)
attack.check("/metrics is not beside the API", http(server.port, "GET", "/metrics").status == 404)
attack.check("the server ends by itself", server.stop() == 0)
attack.end()

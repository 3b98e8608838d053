#!/usr/bin/env python3
"""Clients that send, read and close slowly or never: how long they hold a connection, and the server when it is stopped."""
from attacklib import *

attack = Attack()
data = trained_folder("slow")
page = publishable_key(data, "page", "https://shop.example")
key = secret_key(data, "all", "chat", "classify")
server = Server(data)
AUTHORIZATION = f"Authorization: Bearer {key}\r\n"
ANSWERED = request_bytes("GET", "/health/live")
BODY = f"POST /predict HTTP/1.1\r\nHost: x\r\n{AUTHORIZATION}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n"


def held(first, drip=b"", every=2.0, source="127.0.0.2", patience=60):
    """Seconds until the server ends a connection that sends `first` and then, now and then, `drip`; and what it said."""
    connection, began, said, last = connect(server.port, 0.2, source=source), time.monotonic(), b"", time.monotonic()
    connection.sendall(first)
    while time.monotonic() - began < patience:
        try:
            some = connection.recv(65_536)
            if not some:
                break
            said += some
        except TimeoutError:
            pass
        except OSError:
            break
        if drip and time.monotonic() - last > every:
            last = time.monotonic()
            try:
                connection.sendall(drip)
            except OSError:
                break
    connection.close()
    return time.monotonic() - began, said


kinds = {
    "no byte": (b"", b"", 10), "half a request line": (b"GET /he", b"", 10),
    "a head that drips": (b"GET / HTTP/1.1\r\nX: ", b"a", 10),
    "a head that drips after a first request": (ANSWERED + b"GET / HTTP/1.1\r\nX: ", b"a", 10),
    "half a head after a first request": (ANSWERED + b"GET / HTTP/1.1\r\nX: ", b"", 10),
    "a head for a socket that never ends": (b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n", b"", 10),
    "a body that never comes": (BODY.encode(), b"", 30), "a body that drips": (BODY.encode(), b" ", 30),
    "a body that drips, without a key": (BODY.replace(AUTHORIZATION, "").encode(), b" ", 30),
}
results, threads = {}, []
for name, (first, drip, _) in kinds.items():
    threads.append(threading.Thread(target=lambda name=name, first=first, drip=drip: results.update({name: held(first, drip)})))
    threads[-1].start()
for thread in threads:
    thread.join()
for name, (_, _, allowed) in kinds.items():
    seconds, said = results[name]
    attack.check(f"{name} holds a connection for {allowed} s at most", seconds < allowed + 3, f"{seconds:.1f} s, {said[:60]!r}")

# Answers that nobody reads.
conversation = http(server.port, "POST", "/v1/conversations", {}, key=key).json["id"]
for _ in range(60):
    message = {"intent": "greeting", "slots": {f"s{number}": "😀" * 250 for number in range(16)}}
    http(server.port, "POST", f"/v1/conversations/{conversation}/messages", message, key=key)
history = request_bytes("GET", f"/v1/conversations/{conversation}/messages?limit=500", [("Authorization", "Bearer " + key)])
files, memory = server.open_files(), server.resident_megabytes()
stuck = []
for _ in range(100):
    stuck.append(connect(server.port, 5, receive_buffer=4_096, source="127.0.0.3"))
    stuck[-1].sendall(history * 40)
time.sleep(2)
attack.note(f"100 clients that read nothing: {server.resident_megabytes() - memory:.0f} MB more")
attack.check("what they hold in memory is bounded", server.resident_megabytes() - memory < 64, f"{server.resident_megabytes() - memory:.0f} MB")
attack.check("others are served meanwhile", http(server.port, "GET", "/health/live").status == 200)
end = time.monotonic() + 70
while server.open_files() > files + 5 and time.monotonic() < end:
    time.sleep(1)
attack.check("they are cut", server.open_files() <= files + 5, f"{server.open_files() - files} more files than before")
for one in stuck:
    one.close()
attack.check("the server ends by itself", server.stop() == 0)


def ending(name, hold):
    """How long the server takes to end while the sockets of `hold` are open."""
    running = Server(data)
    kept = hold(running.port)
    time.sleep(0.5)
    began, status = time.monotonic(), running.stop(patience=60)
    for one in kept:
        one.close()
    attack.check(f"{name}: the server ends within 20 s", status == 0 and time.monotonic() - began < 20,
                 f"{status} after {time.monotonic() - began:.1f} s")


def sending(bytes_, **more):
    def hold(port):
        connection = connect(port, 5, **more)
        connection.sendall(bytes_)
        return [connection]
    return hold


ending("idle", sending(ANSWERED))
ending("half a head", sending(b"GET / HT"))
ending("a body that does not come", sending(BODY.encode()))


def dripping(port):
    connection = connect(port, 5)
    connection.sendall(BODY.encode())

    def drip():
        try:
            while True:
                connection.sendall(b" ")
                time.sleep(1)
        except OSError:
            pass
    threading.Thread(target=drip, daemon=True).start()
    return [connection]


ending("a body that drips", dripping)
ending("a history that is not read", sending(history * 40, receive_buffer=2_048))
ending("open sockets", lambda port: [Socket(port, key) for _ in range(20)])
attack.end()

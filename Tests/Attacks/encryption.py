#!/usr/bin/env python3
"""A server with a certificate: handshakes that are slow, cut, old or none, floods of them, and files that are changed under it."""
import socket
import ssl

from attacklib import *

attack = Attack()
data = trained_folder("encryption")
key = secret_key(data, "all", "chat", "classify")
folder = WORK / "data-certificates"
folder.mkdir(exist_ok=True)
CERTIFICATE, KEY = folder / "certificate.pem", folder / "key.pem"
HELLO = bytes([22, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]) + b"a" * 20


def certificate():
    """Another certificate in the place of the one before."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-out", str(CERTIFICATE), "-keyout", str(KEY)],
        check=True, capture_output=True, timeout=30)


def secured(source=None, timeout=15, version=None):
    """A connection that has shaken hands."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version is not None:
        context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", server.port), timeout, (source, 0) if source else None)
    return context.wrap_socket(plain, server_hostname="localhost")


def status(connection, path="/health/ready"):
    with connection:
        connection.sendall(request_bytes("GET", path, [("Connection", "close")], None, "localhost"))
        return read_response(Buffered(connection), "GET").status


def ended(connection, seconds):
    """How long the server took to end it; None if it did not."""
    began = time.monotonic()
    connection.settimeout(seconds)
    try:
        while connection.recv(65536):
            pass
    except (TimeoutError, socket.timeout):
        return None
    except OSError:
        pass
    return time.monotonic() - began


certificate()
server = Server(data, "--tls-certificate", CERTIFICATE, "--tls-key", KEY, ready=False)
end = time.monotonic() + 120
while status(secured()) != 200 and time.monotonic() < end:
    time.sleep(0.1)
quiet = server.resident_megabytes()
attack.check("TLS 1.2 and 1.3 are spoken",
             [status(secured(version=v)) for v in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)] == [200, 200])

# What is no handshake.
plain = http(server.port, "GET", "/health/live")
attack.check("HTTP without TLS is told what the port is for", plain.status == 400 and b"https://" in plain.body, plain.status)
for name, bytes_ in {"garbage": b"\x00\x01\x02", "a record of data": b"\x17\x03\x03\x00\x10" + b"x" * 16,
                     "a hello that is none": HELLO + b"\xff" * 486, "SSH": b"SSH-2.0-x\r\n"}.items():
    with socket.create_connection(("127.0.0.1", server.port), 15) as connection:
        connection.sendall(bytes_)
        seconds = ended(connection, 5)
        attack.check(f"{name} is cut at once", seconds is not None and seconds < 3, seconds)

# Handshakes that do not go on, as many as an address may have.
held = []
for number in range(250):
    connection = socket.create_connection(("127.0.0.1", server.port), 15)
    connection.sendall(HELLO[:number % len(HELLO)] if number % 3 else b"")
    held.append(connection)
attack.check("another address is served meanwhile", status(secured("127.0.0.2")) == 200)
began = time.monotonic()
left = [one for one in held if ended(one, max(0.1, 14 - (time.monotonic() - began))) is None]
attack.check("a handshake that does not go on is cut after 10 seconds", not left, f"{len(left)} of {len(held)} left")
for one in held:
    one.close()
attack.check("they are counted as late", server.metrics().get("frontdesk_connections_late_cut_total", 0) >= 200)


# Handshakes as fast as they come, while the certificate is exchanged.
def shake(number):
    if status(secured(f"127.0.0.{3 + number}")) != 200:
        raise OSError("not served")
    time.sleep(0.02)


with Clients(3, shake) as clients:
    for _ in range(4):
        certificate()
        server.process.send_signal(signal.SIGHUP)
        time.sleep(1)
    KEY.write_text("nothing")
    server.process.send_signal(signal.SIGHUP)
    time.sleep(1)
attack.check("no connection fails while certificates are exchanged", clients.done > 20 and clients.failed == 0,
             f"{clients.done / clients.seconds:.0f} a second, {clients.failed} failed")
attack.check("a key that is none is told", "the certificate stays as it was" in server.output)
attack.check("and the pair before it still works", status(secured()) == 200)
grown = server.resident_megabytes() - quiet
attack.check("nothing of it stays in memory", grown < 30, f"{grown:.0f} MB")
attack.check("the server ends by itself", server.stop() == 0)
attack.end()

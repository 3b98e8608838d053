#!/usr/bin/env python3
"""Behind nginx and Caddy as Operations/ sets them up: whose limits count, what a visitor can forge, sockets, and a path of its own."""
import ssl
from attacklib import *

attack = Attack()
data = trained_folder("proxies")
page = publishable_key(data, "page", "https://shop.example")
ORIGIN = ("Origin", "https://shop.example")
FOLDER = WORK / "proxies"
FOLDER.mkdir(exist_ok=True)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def certificate():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bot.example", "-keyout",
                    FOLDER / "key.pem", "-out", FOLDER / "certificate.pem"], check=True, capture_output=True)


def nginx(port, upstream):
    """The program's own example, with other ports and files."""
    block = (ROOT / "Operations/nginx.conf").read_text()
    block = re.sub(r"server \{\s+listen 80;.*?\n\}\n", "", block, count=1, flags=re.S)
    block = re.sub(r"listen \[::\]:443.*\n", "", block).replace("listen 443 ssl http2", f"listen 127.0.0.1:{port} ssl http2")
    block = block.replace("/etc/ssl/bot.example.pem", str(FOLDER / "certificate.pem")).replace("/etc/ssl/bot.example.key", str(FOLDER / "key.pem"))
    block = block.replace("127.0.0.1:8080", f"127.0.0.1:{upstream}")
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{name}_temp_path {FOLDER}/{name};\n" for name in names)
    (FOLDER / "nginx.conf").write_text(f"daemon off;\npid {FOLDER}/pid;\nerror_log {FOLDER}/error.log;\nevents {{}}\n"
                                       f"http {{\naccess_log off;\n{paths}{block}\n}}\n")
    return ["nginx", "-p", str(FOLDER), "-c", str(FOLDER / "nginx.conf")]


def caddy(port, upstream):
    text = (ROOT / "Operations/Caddyfile").read_text().replace("bot.example {", f"https://bot.example:{port} {{\n\tbind 127.0.0.1")
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{upstream}").replace("\trequest_body", "\ttls internal\n\trequest_body", 1)
    (FOLDER / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n" + text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(FOLDER / "Caddyfile")]


CONTEXT = ssl.create_default_context()
CONTEXT.check_hostname, CONTEXT.verify_mode = False, ssl.CERT_NONE


class Through(Connection):
    """A connection through the proxy, by TLS."""

    def __init__(self, port, key=None, headers=(), source=None):
        super().__init__(port, key, headers, source=source)
        self.socket = CONTEXT.wrap_socket(self.socket, server_hostname="bot.example")
        self.reader = Buffered(self.socket)

    def ask(self, method, path, value=None, headers=()):
        return self.request(method, path, value, headers=headers, host=f"bot.example:{self.port}")


def one(port, method, path, value=None, key=None, headers=(), source=None):
    with Through(port, key, headers, source) as connection:
        return connection.ask(method, path, value)


def try_out(name, command):
    if not shutil.which(name):
        return attack.note(f"{name} is not installed: left out")
    upstream, port = free_port(), free_port()
    server = Server(data, "--port", upstream, "--trusted-proxy", "127.0.0.1", "--base-path", "/bot", "--address-rate", "2")
    with open(FOLDER / f"{name}.log", "wb") as log:
        process = subprocess.Popen(command(port, upstream), stdout=log, stderr=log, env={**os.environ, "HOME": str(FOLDER)})
    try:
        end = time.monotonic() + 20
        while True:
            try:
                if one(port, "GET", "/health/ready").status == 200:
                    break
            except OSError:
                pass
            if time.monotonic() > end or process.poll() is not None:
                return attack.check(f"{name} starts", False, (FOLDER / f"{name}.log").read_text()[-500:])
            time.sleep(0.2)
        check(name, port, server)
    finally:
        process.terminate()
        process.wait(10)
        attack.check(f"{name}: the server ends by itself", server.stop() == 0)


def check(name, port, server):
    started = [one(port, "POST", "/v1/conversations", {}, page, [ORIGIN], f"127.0.1.{number}").status for number in range(1, 61)]
    attack.check(f"{name}: 60 visitors are 60 visitors", started == [201] * 60, started)
    began = time.monotonic()
    served = sum(one(port, "POST", "/v1/conversations", {}, page, [ORIGIN, ("X-Forwarded-For", f"203.0.113.{number}"),
                                                                   ("Forwarded", f"for=203.0.113.{number}")], "127.0.2.1").status == 201
                 for number in range(60))
    most = 2 * (time.monotonic() - began + 1) + 2
    attack.check(f"{name}: a visitor who writes other addresses is limited all the same", served <= most, f"{served} of 60, at most {most:.0f}")
    demo = re.search(r"fd_pk_\w+", one(port, "GET", "/bot/").body.decode())
    own = ("Origin", f"https://bot.example:{port}")
    answers = {header[1]: one(port, "POST", "/bot/v1/conversations", {}, demo and demo.group(0), [header], "127.0.3.1").status
               for header in (own, ("Origin", f"http://bot.example:{port}"), ("Origin", "https://evil.example"))}
    attack.check(f"{name}: the demo page's own origin is the one that the browser sees", list(answers.values()) == [201, 403, 403], answers)
    where = one(port, "GET", "/bot")
    attack.check(f"{name}: the path without its slash leads to the page", where.status == 308 and where.headers["location"] == "/bot/", where)
    for path in ("/v1/ws", "/bot/v1/ws"):
        with Through(port, source="127.0.3.2") as connection:
            fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
                      ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ORIGIN,
                      ("Sec-WebSocket-Protocol", f"frontdesk.v1, bearer.{page}")]
            answer = connection.ask("GET", path, headers=fields)
            attack.check(f"{name}: a socket at {path}", answer.status == 101, answer)
            connection.socket.sendall(frame('{"type":"start"}'))
            attack.check(f"{name}: the socket is answered", b"conversation_id" in connection.reader.until(b"ready"))
    attack.check(f"{name}: nothing is cut", server.metrics()["frontdesk_connections_address_refused_total"] == 0)


certificate()
try_out("nginx", nginx)
try_out("caddy", caddy)
attack.end()

#!/usr/bin/env python3
"""A ticketing system in a hundred lines: one ticket per handover, messages both ways, closing.

    FRONTDESK_KEY=fd_sk_… Examples/ticketing.py --frontdesk http://127.0.0.1:8080 --port 8090

The key needs the scopes `agent` and `admin` in the app whose conversations become tickets; the server, `--webhooks-allow 127.0.0.1`.
Tickets are kept in memory: a real system keeps them, and the ids of the events that it has seen, in its database. For its people:
    GET /tickets        POST /tickets/1/reply {"text": "…", "agent": "Ann"}        POST /tickets/1/close
"""
import argparse, hashlib, hmac, json, os, threading, time, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
tickets, seen, lock = [], set(), threading.Lock()


def frontdesk(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(options.frontdesk + path, data, method=method, headers={
        "Authorization": "Bearer " + os.environ["FRONTDESK_KEY"], "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def is_from_frontdesk(header, body):
    pairs = [part.split("=", 1) for part in header.split(",") if "=" in part]
    times = [value for name, value in pairs if name == "t"]
    if len(times) != 1 or not times[0].isdigit() or abs(time.time() - int(times[0])) > 300:
        return False
    expected = hmac.new(secret.encode(), times[0].encode() + b"." + body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected, value) for name, value in pairs if name == "v1")


def take_event(event):
    conversation = event["conversation"]["id"]
    ticket = next((one for one in tickets if one["conversation"] == conversation and one["open"]), None)
    if event["type"] == "handoff.requested" and ticket is None:
        history = frontdesk("GET", f"/v1/conversations/{conversation}/messages?limit=500")["messages"]
        ticket = {"number": len(tickets) + 1, "conversation": conversation, "open": True, "reason": event["reason"],
                  "visitor": event["conversation"]["visitor"], "messages": []}
        tickets.append(ticket)
        add(ticket, *history)
    elif event["type"] == "message.created" and ticket is not None:
        add(ticket, event["message"])
    elif event["type"] == "conversation.closed" and ticket is not None:
        ticket["open"] = False


def add(ticket, *messages):
    known = {message["seq"]: message for message in ticket["messages"]} | {message["seq"]: message for message in messages}
    ticket["messages"] = [known[seq] for seq in sorted(known)]


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, body=None):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        with lock:
            self.answer(200, tickets) if self.path == "/tickets" else self.answer(404)

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 1 << 20))
        if self.path == "/hook":
            if not is_from_frontdesk(self.headers.get("Frontdesk-Signature", ""), body):
                return self.answer(401)
            event = json.loads(body)
            with lock:  # An event that comes twice counts once; one that fails here is sent again.
                if event["id"] not in seen:
                    take_event(event)
                    seen.add(event["id"])
            return self.answer(200)
        try:
            number, action = self.path.removeprefix("/tickets/").split("/")
            conversation = "/v1/conversations/" + tickets[int(number) - 1]["conversation"]
            if action == "reply":
                fields = json.loads(body)
                frontdesk("POST", conversation + "/replies", {"text": fields["text"], "agent": fields.get("agent")})
            elif action == "close":
                frontdesk("POST", conversation + "/close", {})
            self.answer(200 if action in ("reply", "close") else 404)
        except (ValueError, LookupError) as error:
            self.answer(400, str(error))


parser = argparse.ArgumentParser()
parser.add_argument("--frontdesk", default="http://127.0.0.1:8080")
parser.add_argument("--port", type=int, default=8090)
options = parser.parse_args()
server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
hook = f"http://127.0.0.1:{options.port}/hook"
for old in frontdesk("GET", "/v1/webhooks")["webhooks"]:  # Of an earlier run, whose secret is gone.
    if old["url"] == hook:
        frontdesk("DELETE", "/v1/webhooks/" + old["id"])
secret = frontdesk("POST", "/v1/webhooks", {
    "url": hook, "events": ["handoff.requested", "message.created", "conversation.closed"]})["secret"]
print(f"listening on {hook}", flush=True)
server.serve_forever()

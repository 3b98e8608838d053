#!/usr/bin/env python3
"""A shop's own service, as the actions of the starter bot call it: order status, refund status, and asking for a refund.

    SHOP_SECRET=whsec_… Examples/shop/shop.py --port 8095

README.md beside this file says how the bot learns of it. Orders stand in this file; a real shop asks its database.
"""
import argparse, datetime, hashlib, hmac, json, os, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

today = datetime.date.today()
day = datetime.timedelta(days=1)
ORDERS = {
    "A1234567": {"status": "shipped", "carrier": "DHL", "tracking": "JD0146000042", "expected": str(today + 2 * day),
                 "total": "59.90 EUR"},
    "B7654321": {"status": "processing", "total": "18.00 EUR"},
    "C2468135": {"status": "delivered", "total": "249.00 EUR", "refund": "paid", "paid_on": str(today - 3 * day)},
}
# What was answered, by the request's id: a request that comes twice is not carried out twice. A real shop keeps this on disk.
answered, lock = {}, threading.Lock()


def is_from_frontdesk(secret, header, body):
    pairs = [part.split("=", 1) for part in header.split(",") if "=" in part]
    times = [value for name, value in pairs if name == "t"]
    if len(times) != 1 or not times[0].isdigit() or abs(time.time() - int(times[0])) > 300:
        return False
    expected = hmac.new(secret.encode(), times[0].encode() + b"." + body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected, value) for name, value in pairs if name == "v1")


def order_status(order):
    return {name: order.get(name) for name in ("status", "carrier", "tracking", "expected")}


def refund_status(order):
    return {"refund": order.get("refund", "none"), "amount": order["total"], "paid_on": order.get("paid_on")}


def refund(order):
    if "refund" in order:
        return {"accepted": False, "reason": "already_refunded"}
    order["refund"] = "requested"
    number = sum("reference" in one for one in ORDERS.values()) + 1
    order["reference"] = f"R-{number:04}"
    return {"accepted": True, "amount": order["total"], "reference": order["reference"]}


ACTIONS = {"order_status": order_status, "refund_status": refund_status, "refund": refund}


def act(request):
    order = ORDERS.get(str(request["slots"].get("order_number", "")).upper())
    # A real shop also looks whose order it is: request["conversation"]["visitor"] counts when "is_proven" is true.
    if order is None:
        return {"found": False}
    return {"found": True} | ACTIONS[request["action"]](order)


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > 65536:
            return self.answer(413, {"error": "too large"})
        body = self.rfile.read(length)
        if not is_from_frontdesk(options.secret, self.headers.get("Frontdesk-Signature", ""), body):
            return self.answer(401, {"error": "not signed by the bot"})
        request = json.loads(body)
        if request["action"] not in ACTIONS:
            return self.answer(404, {"error": "no such action"})
        attempt = self.headers.get("Frontdesk-Attempt")
        print("asked", request["action"], request["id"], "attempt", attempt, flush=True)
        if options.flaky and attempt == "1":
            return self.answer(503, {"error": "try again"})
        time.sleep(options.delay)
        with lock:
            if request["id"] not in answered:
                answered[request["id"]] = act(request)
            result = answered[request["id"]]
        print("answered", request["action"], request["id"], json.dumps(result), flush=True)
        self.answer(200, result)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8095)
    parser.add_argument("--delay", type=float, default=0, help="seconds before each answer, to see what a slow shop does")
    parser.add_argument("--flaky", action="store_true", help="fail every first try, to see which calls are tried again")
    options = parser.parse_args()
    options.secret = os.environ.get("SHOP_SECRET")
    if not options.secret:
        parser.error("SHOP_SECRET must hold the secret that 'frontdesk actions set' has printed")
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()

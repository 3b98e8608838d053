#!/usr/bin/env python3
"""What ten webhooks cost a turn: medians of blocks of turns with and without them, in turn, in one server.

Ten subscriptions to one live target, then ten to one that answers nobody. The target runs at the lowest priority, since it would be
another machine's work. [TURNS] [PAUSE in seconds]
"""
import random
import select
import socket
import statistics

from attacklib import *

# Of a turn's median; by chance two halves of the same measurement differ by one or two per cent.
COST = 0.05
BLOCK = 20


def target(is_live, port_pipe, count_pipe):
    """Answers 204 to everything, or nothing to anybody; tells the count when it is asked."""
    os.nice(19)
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    listening.listen(256)
    os.write(port_pipe, b"%d\n" % listening.getsockname()[1])
    poll, open_, count = select.epoll(), {}, 0
    poll.register(listening, select.EPOLLIN)
    poll.register(count_pipe, select.EPOLLIN)
    while True:
        for number, _ in poll.poll():
            if number == listening.fileno():
                connection, _ = listening.accept()
                open_[connection.fileno()] = [connection, b""]
                poll.register(connection, select.EPOLLIN)
            elif number == count_pipe.fileno():
                if not count_pipe.recv(1):
                    os._exit(0)
                count_pipe.send(b"%d\n" % count)
            else:
                entry = open_[number]
                data = entry[0].recv(65_536)
                if not data:
                    poll.unregister(number)
                    open_.pop(number)[0].close()
                    continue
                entry[1] += data
                while b"\r\n\r\n" in entry[1]:
                    head, rest = entry[1].split(b"\r\n\r\n", 1)
                    size = int(re.search(rb"content-length: *(\d+)", head, re.IGNORECASE).group(1))
                    if len(rest) < size:
                        break
                    entry[1], count = rest[size:], count + 1
                    if is_live:
                        entry[0].sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


class Target:
    def __init__(self, is_live):
        read, write = os.pipe()
        self.pipe, theirs = socket.socketpair()
        self.child = os.fork()
        if self.child == 0:
            self.pipe.close()
            target(is_live, write, theirs)
        theirs.close()
        self.port = int(os.read(read, 16))

    @property
    def count(self):
        self.pipe.send(b"?")
        return int(self.pipe.recv(32))

    def settle(self, least):
        """Waits until nothing has come for a moment."""
        end, last = time.monotonic() + 60, -1
        while time.monotonic() < end and (last < least or last != self.count):
            last = self.count
            time.sleep(0.5)

    def end(self):
        self.pipe.close()
        os.waitpid(self.child, 0)


WORDS = "order parcel shoes blue green return money week Monday gift card address letter box late broken size wrong".split()


def say(connection, conversation):
    # No text comes twice, so that the encoder always has its work.
    text = "my " + " ".join(random.sample(WORDS, 6)) + f" {random.randrange(10**6)}"
    began = time.perf_counter()
    answer = connection.request("POST", f"/v1/conversations/{conversation}/messages", {"text": text})
    took = time.perf_counter() - began
    if answer.status != 200:
        raise RuntimeError(repr(answer))
    return took


turns = int(sys.argv[1]) if len(sys.argv) > 1 else 600
pause = float(sys.argv[2]) if len(sys.argv) > 2 else 0
attack = Attack()
data = trained_folder("webhook-cost")
admin = secret_key(data, "owner", "admin", more=("--app", "shop"))
chat = secret_key(data, "chat", "chat", more=("--app", "shop"))


def measure(name, is_live, is_control=False):
    goal = Target(is_live)
    with Server(data, "--webhooks-allow", "127.0.0.1") as server:
        talk, owner = Connection(server.port, chat, timeout=60), Connection(server.port, admin, timeout=60)
        hooks = [owner.request("POST", "/v1/webhooks", {"url": f"http://127.0.0.1:{goal.port}/{number}", "enabled": False})
                 .json["id"] for number in range(10)]
        with_, without, expected = [], [], 0
        for block in range(2 * (turns // BLOCK) + 2):
            are_on = block % 2 == 1
            for hook in hooks:
                owner.request("PATCH", f"/v1/webhooks/{hook}", {"enabled": are_on and not is_control})
            conversation = talk.request("POST", "/v1/conversations", {"locale": "en"}).json["id"]
            times = []
            for _ in range(BLOCK):
                times.append(say(talk, conversation))
                time.sleep(pause)
            if are_on and is_live and not is_control:
                expected += 10 * (1 + 2 * BLOCK)
                goal.settle(expected)
            # The first two blocks warm everything up.
            if block > 1:
                (with_ if are_on else without).append(times)
        # Each block is compared with the one before it, so that a machine that grows slower meanwhile says nothing.
        cost = statistics.median(statistics.median(after) / statistics.median(before)
                                 for before, after in zip(without, with_)) - 1
        without, with_ = sum(without, []), sum(with_, [])
        medians = [statistics.median(times) * 1000 for times in (without, with_)]
        tail = [percentile(times, .95) * 1000 for times in (without, with_)]
        arrived = goal.count
        for hook in hooks:
            owner.request("DELETE", f"/v1/webhooks/{hook}")
        talk.close()
        owner.close()
    goal.end()
    told = (f"{medians[0]:.2f} ms → {medians[1]:.2f} ms ({cost * 100:+.1f} %), p95 {tail[0]:.1f} → {tail[1]:.1f} ms, "
            f"{len(without)} turns each, {arrived} events arrived")
    if is_control:
        attack.note(f"{name}: {told}")
        return
    attack.check(f"{name}: a turn costs at most {COST * 100:.0f} % more", cost <= COST, told)
    if is_live:
        attack.check(f"{name}: all events arrive", arrived >= expected, f"{arrived} of {expected}")


measure("ten webhooks that are off both times", True, is_control=True)
measure("ten webhooks to a live target", True)
measure("ten webhooks to a silent target", False)
attack.end()

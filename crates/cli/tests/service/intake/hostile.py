"""Hostile and broken senders at the socket: each is answered or hung up on, nothing of theirs counts, and who sends
rightly is served all the while.
"""

import http.client
import json
import socket
import time

import nightjar
import senders
import topic
from nightjar import post, say, until

LARGEST = 1 << 20


def main():
    topic_ = topic.Topic()
    settings = {
        "server.sns.origin": topic_.origin,
        "server.sns.certificate_name": topic.NAME,
        # So that the test needn't wait long.
        "server.limits.body_pause_milliseconds": "700",
        "server.limits.header_milliseconds": "700",
    }
    key = nightjar.key()
    with nightjar.Service(settings) as service:
        space = nightjar.Space(service, key["token"], "hostile")
        hook = space.webhook("generic", "hmac")
        right = Right(hook)
        for attack in (slow, large, nested, unreadable, foreign, halved):
            attack(service, space, hook)
            right.still(attack.__name__)
        certificates(space, topic_)
        right.still("certificates")
        assert service.process.poll() is None, service.tail()
        assert "panicked" not in service.log.read_text(), service.tail()
        right.account(space)
    nightjar.verify()
    print("all is well")


class Right:
    """Somebody who sends as is right."""

    def __init__(self, hook):
        self.hook, self.sent = hook, 0

    def still(self, after):
        self.sent += 1
        begun = time.monotonic()
        message = senders.generic(f"RIGHT-{self.sent}", f"trouble {self.sent}", f"place-{self.sent}")
        status, answer = senders.send(self.hook["url"], message, senders.sign_generic, self.hook["secret"])
        assert status == 200, f"after {after}: {status} {answer}"
        assert time.monotonic() - begun < 10, f"after {after} it takes long"

    def account(self, space):
        keys = [one["alert"]["key"] for one in space.all("/alerts")]
        right = [key for key in keys if key.startswith("RIGHT-")]
        assert len(right) == self.sent == len(set(right)), keys


def raw(service, text, patience=15):
    """Sends bytes and gives what comes until the other end hangs up."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=patience) as one:
        one.sendall(text)
        came = b""
        while more := one.recv(65536):
            came += more
        return came


def head(hook, length, *more):
    path = "/" + hook["url"].split("/", 3)[3]
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {length}"]
    return "\r\n".join([*lines, *more, "", ""]).encode()


def slow(service, space, hook):
    begun = time.monotonic()
    # Some bytes of a body, and then nothing: as many as may be connected at a time would bar all others.
    waiting = [socket.create_connection(("127.0.0.1", service.port), timeout=15) for _ in range(50)]
    for one in waiting:
        one.sendall(head(hook, 5000) + b'{"incidentId":')
    for one in waiting:
        came = one.recv(65536)
        assert b" 408 " in came.split(b"\r\n")[0] or came == b"", came[:200]
        one.close()
    # Headers without end.
    came = raw(service, b"POST /webhook/x HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    assert came == b"" or b" 408 " in came.split(b"\r\n")[0], came[:200]
    assert time.monotonic() - begun < 12, "slow ones are waited for"
    say("fifty slow bodies and a slow head are given up on")


def large(service, space, hook):
    status, _ = signed(hook, b" " * (LARGEST + 1))
    assert status == 413, status
    # Announced only: nothing needs to be read to refuse it.
    came = raw(service, head(hook, 1 << 40, "Connection: close"))
    assert b" 413 " in came.split(b"\r\n")[0], came[:200]
    # Without a length, in pieces.
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    text = head(hook, 0, "Connection: close").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    try:
        came = raw(service, text + chunk * 20 + b"0\r\n\r\n")
    except ConnectionError:
        came = b"HTTP/1.1 413 (it hung up while we sent)"
    assert b" 413 " in came.split(b"\r\n")[0], came[:200]
    say("more than 1 MiB is 413: sent, announced and in pieces")


def nested(service, space, hook):
    for text in (b"[" * 1_000_000, b"[" * 500_000 + b"]" * 500_000, b'{"a":' * 150_000 + b"1" + b"}" * 150_000):
        status, answer = signed(hook, text)
        assert status == 422 and answer["status"] == "rejected", f"{status} {answer}"
    wide = json.dumps({**senders.generic("WIDE", "wide", "wide"), "data": {str(n): n for n in range(60_000)}})
    status, answer = signed(hook, wide.encode())
    assert status in (200, 422), f"{status} {answer}"
    say("a megabyte of brackets is rejected, one of names is read")


def unreadable(service, space, hook):
    bodies = [b"", b"\xff\xfe\x00", b'{"incidentId": "\xc3\x28"}', b"null", b'"text"', b"{}", b"[]", b"1e999",
              b'{"incidentId": "\\ud800", "action": "created"}', b"{\"incidentId\": \"a\x00b\"}"]
    for body in bodies:
        status, answer = signed(hook, body)
        assert status == 422 and answer["status"] == "rejected", f"{body}: {status} {answer}"
        kept = space.ask("GET", f"/deliveries/{answer['deliveryId']}")
        assert kept["status"] == "rejected" and kept["reason"], kept
    odd = senders.generic("a\x00b\u202e", "<script>alert(1)</script>\x1b[2J\x00", "../../etc/passwd")
    status, answer = signed(hook, json.dumps(odd).encode())
    assert status in (200, 422), f"{status} {answer}"
    say("what isn't text, isn't JSON or says nothing is kept as rejected, with the reason")


def foreign(service, space, hook):
    """Other tools' messages, properly signed, at an address for one: they are recognised all the same."""
    only = space.webhook("pagerduty")
    message = senders.generic("FOREIGN-1", "elsewhere", "elsewhere")
    status, answer = senders.send(only["url"], message, senders.sign_pagerduty, only["secret"])
    assert status == 200, f"{status} {answer}"
    for message in ({"zen": "Keep it logically awesome."}, {"text": "hello", "channel": "#x"}):
        status, answer = senders.send(only["url"], message, senders.sign_pagerduty, only["secret"])
        assert status in (200, 422), f"{status} {answer}"
    signature = senders.sign_pagerduty(only["secret"], b"{}")
    status, _ = post(hook["url"], b"{}", signature)
    assert status == 403, status
    say("another tool's message is read as what it is; its signature isn't ours")


def halved(service, space, hook):
    """Whoever hangs up in the middle, or says the length twice, or smuggles, sends nothing."""
    before = len(space.all("/deliveries"))
    body = json.dumps(senders.generic("HALF", "half", "half")).encode()
    proof = [f"{k}: {v}" for k, v in senders.sign_generic(hook["secret"], body).items()]
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", service.port)) as one:
            one.sendall(head(hook, len(body), *proof) + body[: len(body) // 2])
    came = raw(service, head(hook, len(body), f"Content-Length: {len(body) - 1}", "Connection: close", *proof) + body)
    assert b" 400 " in came.split(b"\r\n")[0], came[:200]
    # Refused, or read in pieces; never both.
    both = head(hook, 4, "Transfer-Encoding: chunked", "Connection: close", *proof) + b"0\r\n\r\n"
    first = raw(service, both).split(b"\r\n")[0]
    assert b" 400 " in first or b" 403 " in first, first
    twice = head(hook, len(body), "Connection: close", *proof, proof[1]) + body
    assert b" 403 " in raw(service, twice).split(b"\r\n")[0]
    assert len(space.all("/deliveries")) == before, "half a message is kept"
    say("half a message is none, and of two lengths or two signatures none counts")


def certificates(space, topic_):
    """Certificates that lead elsewhere, nowhere, or to a machine that doesn't answer."""
    hook = space.webhook("cloudwatch", "sns")
    alarm = senders.cloudwatch("hostile", "hostile")
    asked = len(topic_.asked)
    for url in (
        "https://sns.eu-central-1.amazonaws.com.evil.example/x.pem",
        "http://169.254.169.254/latest/meta-data/x.pem",
        "file:///etc/passwd",
        topic_.origin.replace("127.0.0.1", "localhost") + "/certificate.pem",
        topic_.origin + "@evil.example/x.pem",
    ):
        status, answer = topic_.deliver(hook["url"], topic_.notification(alarm, certificate=url))
        assert status == 403, f"{url}: {status} {answer}"
    assert len(topic_.asked) == asked, "addresses that nobody allowed are asked"
    for path in ("/moved.pem", "/none.pem"):
        status, answer = topic_.deliver(hook["url"], topic_.notification(alarm, certificate=path))
        assert status in (403, 503), f"{path}: {status} {answer}"
    assert topic_.asked[asked:] == ["/moved.pem", "/none.pem"], topic_.asked
    # A message of a topic before anybody confirmed it, and one of another topic.
    status, _ = topic_.deliver(hook["url"], topic_.notification(alarm))
    assert status == 403, status
    assert topic_.deliver(hook["url"], topic_.confirmation())[0] == 200
    assert topic_.deliver(hook["url"], topic_.notification(alarm))[0] == 200
    other = topic_.message(
        {"Type": "Notification", "Message": json.dumps(alarm), "TopicArn": topic.ARN + "-other"}
    )
    assert topic_.deliver(hook["url"], other)[0] == 403
    # The house of certificates is gone: what is known still counts, a new address can't be had.
    topic_.server.shutdown()
    topic_.server.server_close()
    assert topic_.deliver(hook["url"], topic_.notification(alarm))[0] == 200
    begun = time.monotonic()
    status, answer = topic_.deliver(hook["url"], topic_.notification(alarm, certificate="/new.pem"))
    assert status == 503 and time.monotonic() - begun < 12, f"{status} {answer}"
    say("certificates from elsewhere are 403 unasked, redirects aren't followed, a dead host is 503: send it again")


def signed(hook, body):
    try:
        return senders.send(hook["url"], body, senders.sign_generic, hook["secret"])
    except (ConnectionError, http.client.HTTPException):
        # It answered and hung up before all was sent.
        return 413, None


if __name__ == "__main__":
    main()

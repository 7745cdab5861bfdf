"""Somebody who is told of events: keeps what comes, and checks its signature as Standard Webhooks says."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Whoever sends may be killed in the middle of it."""


class Subscriber:
    """Listens on a port of its own. `secret` is what events are signed with, once it is known."""

    def __init__(self):
        self.secret, self.wrong, self.lock = None, [], threading.Lock()
        # Every attempt that came, in order: its `webhook-id` and the event.
        self.came = []
        subscriber = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                subscriber.take(self.headers, body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/events"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, headers, body):
        with self.lock:
            problem = self.problem(headers, body)
            if problem:
                self.wrong.append(problem)
            else:
                self.came.append((headers["webhook-id"], json.loads(body)))

    def problem(self, headers, body):
        """What speaks against an event being Nightjar's, if anything."""
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        mine = "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        if mine not in headers["webhook-signature"].split():
            return f"signed otherwise: {body[:200]}"
        if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
            return "not signed now"
        if json.loads(body)["id"] != headers["webhook-id"]:
            return "two ids in one event"
        return None

    def events(self):
        """Each event once, in the order in which they first came; the same id has to be the same event."""
        with self.lock:
            assert not self.wrong, self.wrong
            known = {}
            for name, event in self.came:
                first = known.setdefault(name, event)
                assert first == event, f"{name} means two things: {first} and {event}"
            return list(known.values())

    def of_task(self, task):
        return [event for event in self.events() if event.get("subject") == task]

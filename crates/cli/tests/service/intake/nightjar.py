"""The built program, started, asked and killed by scripts; only the standard library.

Environment: NIGHTJAR (the program), SCRATCH (an empty folder), DATABASE (an address of PostgreSQL; SQLite
without it).
"""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.parse

PROGRAM = os.environ.get("NIGHTJAR", "nightjar")
SCRATCH = pathlib.Path(os.environ.get("SCRATCH", "."))
DATABASE = os.environ.get("DATABASE", "")
DATA = SCRATCH / "data"
# How long anything may take to come about, seconds.
PATIENCE = 60
# One credential and one address do all the asking here; who listens to us is on this machine.
SETTINGS = {
    "server.rate_limits": "false",
    "server.allow_loopback_subscribers": "true",
    "server.allow_loopback_providers": "true",
    "outbox.look_again_milliseconds": "50",
    "outbox.first_pause_milliseconds": "100",
}


def run(*words):
    """Runs the program to its end, which has to be a good one; gives what it printed."""
    ended = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)
    assert ended.returncode == 0, f"{words}: {ended.stdout}{ended.stderr}"
    return ended.stdout


def place():
    return ["--data", str(DATA), *(["--database", DATABASE] if DATABASE else [])]


def key(role="administrator", *words):
    """A key: `token`, `accessKeyId` and `secretAccessKey`."""
    return json.loads(run("keys", "create", "--role", role, "--json", *words, *place()))


def verify():
    """Whether nothing was altered or left out; says what was."""
    told = json.loads(run("journal", "verify", "--json", *place()))
    assert told["sound"] is True, told


def free_port():
    """A port that nobody has at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Service:
    """`nightjar serve` at one port, which it keeps from one start to the next."""

    def __init__(self, settings=None, role="all", name="serve"):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        given = {**SETTINGS, "server.public_url": self.base, **(settings or {})}
        self.environment = {
            f"NIGHTJAR_{key.upper().replace('.', '__')}": value for key, value in given.items()
        }
        self.role = role
        self.log = SCRATCH / f"{name}.log"
        self.process = None

    def start(self):
        listen = ["--listen", f"127.0.0.1:{self.port}", "--role", self.role]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", *listen, *place()],
                env={**os.environ, **self.environment},
                stdout=subprocess.PIPE,
                stderr=log,
            )
        line = self.process.stdout.readline()
        assert b"ready" in line, f"{line} instead of being ready: {self.tail()}"
        return self

    def kill(self):
        """`kill -9`."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def tail(self):
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()


def post(url, body, headers=None, method="POST", timeout=30):
    """Status and content of an answer, JSON where it is; nobody follows redirects."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    try:
        return answer.status, json.loads(text) if text else None
    except ValueError:
        return answer.status, text


class Space:
    """A space, by the native API, with an administrator's token."""

    def __init__(self, service, token, name="proof"):
        self.service, self.token = service, token
        self.path = ""
        self.id = self.ask("POST", "/api/v1/spaces", {"name": name})["id"]
        self.path = f"/api/v1/spaces/{self.id}"

    def ask(self, method, path, body=None):
        """The answer to what has to go well; `path` is within the space once there is one."""
        status, answer = self.asked(method, path, body)
        assert 200 <= status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def asked(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        text = None if body is None else json.dumps(body)
        return post(self.service.base + self.path + path, text, headers, method)

    def all(self, path):
        """All items of a list, page by page."""
        found, cursor = [], None
        sign = "&" if "?" in path else "?"
        while True:
            page = self.ask("GET", path + sign + "limit=1000" + (f"&cursor={cursor}" if cursor else ""))
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    def connect(self, capsule):
        """Uploads an archive of a capsule, and makes a connection of it."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/octet-stream"}
        at = self.service.base + self.path + "/capsules"
        status, made = post(at, pathlib.Path(capsule).read_bytes(), headers)
        assert status == 201, f"{status} {made}"
        config = {"kind": "capsule", "config": {"capsule": made["id"]}}
        return self.ask("POST", "/connections", config)["id"]

    def webhook(self, provider=None, auth=None):
        return self.ask("POST", "/webhooks", {"provider": provider, "auth": auth})

    def subscribe(self, url, *types):
        return self.ask("POST", "/subscriptions", {"url": url, "types": list(types)})


def happening_now(minutes=8, seed=3, fault="bad_deployment"):
    """An archive of a simulated shop whose trouble began `minutes` ago and goes on."""
    recipe = SCRATCH / "recipe.toml"
    recipe.write_text(
        f'name = "now"\nminutes_after = {minutes}\nunrelated_alert = true\n[[fault]]\nmode = "{fault}"\n'
    )
    worlds = SCRATCH / "worlds"
    run("simulate", "--recipe", recipe, "--seed", seed, "--ending", "now", "--out", worlds)
    archive = SCRATCH / "now.tar.zst"
    run("capsule", "pack", worlds / f"now-{seed}", archive)
    return archive


def until(what, look, patience=PATIENCE):
    """Looks again until something true comes of it."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.03)
    raise AssertionError(f"{what}: not within {patience} s; at last {look()}")


def say(line):
    """Tells what was found; the last line a script prints is `all is well`."""
    print(f"- {line}", flush=True)

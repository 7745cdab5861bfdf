"""The ClickHouse engine of PyPI's chdb behind HTTP, as far as its clients use that here: the lab's collector and
Nightjar's connector.

    python front.py FOLDER [--port PORT] [--user USER --password PASSWORD]

listens on 127.0.0.1; without a port on a free one, which it prints, until its input ends. The body of a POST, or
`query`, is SQL; `default_format`, `param_*` and settings stand behind the `?`; errors have ClickHouse's own text, code
and status. A request with `readonly` is held to reading.
"""

import argparse
import base64
import re
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chdb.session import Session

# As the server's exceptionCodeToHTTPStatus maps codes; all others are 500.
STATUS = {516: 403, 497: 403, 164: 403, 60: 404, 81: 404, 47: 400, 62: 400, 46: 404, 159: 408, 241: 500}
# Parameters of the interface that are no settings.
INTERFACE = {"query", "default_format", "database", "user", "password", "wait_end_of_query", "query_id"}
# What only a server knows.
SERVER = {"readonly", "cancel_http_readonly_queries_on_client_close"}
LONGEST = 64 << 20
READS = re.compile(r"\s*(--.*\n\s*)*(SELECT|WITH|SHOW|DESCRIBE|EXISTS|EXPLAIN)\b", re.I)


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    session, user, password = None, "", ""
    # The engine in process answers one question at a time.
    turn = threading.Lock()

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path)
        if path.path == "/ping" or (path.path == "/" and not path.query):
            return self.answer(200, b"Ok.\n", {})
        self.ask(b"", reads=True)

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST:
            return self.answer(413, b"Code: 307. DB::Exception: the body is too large. (TOO_MANY_BYTES)\n", {})
        self.ask(self.rfile.read(length), reads=False)

    def ask(self, body, reads):
        given = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query, keep_blank_values=True))
        if not self.is_known(given):
            return self.fail(516, f"{self.user}: Authentication failed: password is incorrect, or there is no "
                                  "user with such name. (AUTHENTICATION_FAILED)")
        parts = (given.get("query", ""), body.decode("utf-8", "replace"))
        query = "\n".join(part for part in parts if part).strip()
        params = {name[6:]: value for name, value in given.items() if name.startswith("param_")}
        settings = {name: value for name, value in given.items()
                    if name not in INTERFACE and not name.startswith("param_")}
        if (reads or settings.get("readonly", "0") != "0") and not READS.match(query):
            return self.fail(164, f"{self.user}: Cannot execute query in readonly mode. (READONLY)")
        own = {name: value for name, value in settings.items() if name not in SERVER}
        if own and re.match(r"\s*(SELECT|WITH)\b", query, re.I):
            pairs = (f"{name} = '{value}'" for name, value in own.items() if re.fullmatch(r"\w+", name))
            query += " SETTINGS " + ", ".join(pairs)
        wanted = given.get("default_format", "TabSeparated")
        try:
            with self.turn:
                result = self.session.query(query, wanted, params=params) if params else \
                    self.session.query(query, wanted)
                result = bytes(result.bytes())
        except Exception as error:  # whatever the engine raises is the answer
            text = str(error)
            code = re.search(r"Code: (\d+)", text)
            return self.fail(int(code[1]) if code else 0, re.sub(r"^.*?DB::Exception: ", "", text, flags=re.S))
        self.answer(200, result, {"X-ClickHouse-Format": wanted})

    def is_known(self, given):
        scheme, _, told = self.headers.get("Authorization", "").partition(" ")
        try:
            basic = base64.b64decode(told).decode() if scheme == "Basic" else ""
        except ValueError:
            basic = ""
        user, _, password = basic.partition(":")
        user, password = given.get("user", user), given.get("password", password)
        user, password = (self.headers.get("X-ClickHouse-User", user), self.headers.get("X-ClickHouse-Key", password))
        return (user, password) == (self.user, self.password)

    def fail(self, code, text):
        body = f"Code: {code}. DB::Exception: {text}\n".encode()
        self.answer(STATUS.get(code, 500), body, {"X-ClickHouse-Exception-Code": str(code)})

    def answer(self, status, body, headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    told = parser.parse_args()
    Front.session, Front.user, Front.password = Session(told.folder), told.user, told.password
    Front.session.query("CREATE DATABASE IF NOT EXISTS default")
    Front.session.query("USE default")
    server = ThreadingHTTPServer(("127.0.0.1", told.port), Front)
    if not told.port:
        print(server.server_address[1], flush=True)
        # Whoever started this ends it by closing its input.
        threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()

"""The ClickHouse engine of PyPI's chdb behind HTTP, as far as clients of ClickHouse use it: the body or `?query=` is
SQL, `default_format` and `database` are read, errors are answered with ClickHouse's own text and code.

    python front.py PORT FOLDER
"""

import re
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chdb.session import Session

# As the server maps them: unknown table, column, database; syntax; no rights; what takes too long.
STATUS = {"46": 404, "47": 400, "60": 404, "62": 400, "81": 404, "159": 408, "164": 403, "497": 403}
LONGEST = 64 << 20


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    session = None
    one_at_a_time = threading.Lock()

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path)
        if path.path == "/ping" or (path.path == "/" and not path.query):
            return self.answer(200, b"Ok.\n")
        self.ask(path, b"", readonly=True)

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST:
            return self.answer(413, b"Code: 307. DB::Exception: the body is too large. (TOO_MANY_BYTES)\n")
        self.ask(urllib.parse.urlsplit(self.path), self.rfile.read(length))

    def ask(self, path, body, readonly=False):
        given = dict(urllib.parse.parse_qsl(path.query, keep_blank_values=True))
        query = "\n".join(part for part in (given.pop("query", ""), body.decode("utf-8", "replace")) if part)
        wanted = given.pop("default_format", None) or self.headers.get("X-ClickHouse-Format") or "TabSeparated"
        parameters = {key[6:]: value for key, value in given.items() if key.startswith("param_")}
        if readonly or given.get("readonly", "0") != "0":
            if not re.match(r"\s*(--.*\n\s*)*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS)\b", query, re.I):
                text = b"Code: 164. DB::Exception: Cannot execute query in readonly mode. (READONLY)\n"
                return self.answer(403, text, {"X-ClickHouse-Exception-Code": "164"})
        try:
            with self.one_at_a_time:
                result = self.run(query, wanted, parameters)
        except Exception as error:  # whatever the engine raises is the answer
            text = str(error)
            code = (re.search(r"Code: (\d+)", text) or [None, "0"])[1]
            headers = {"X-ClickHouse-Exception-Code": code}
            return self.answer(STATUS.get(code, 500), text.encode() + b"\n", headers)
        self.answer(200, result, {"X-ClickHouse-Format": wanted})

    def run(self, query, wanted, parameters):
        if parameters:
            return bytes(self.session.query(query, wanted, params=parameters).bytes())
        return bytes(self.session.query(query, wanted).bytes())

    def answer(self, status, body, headers=None):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    port, folder = int(sys.argv[1]), sys.argv[2]
    Front.session = Session(folder)
    Front.session.query("CREATE DATABASE IF NOT EXISTS default")
    Front.session.query("USE default")
    ThreadingHTTPServer(("127.0.0.1", port), Front).serve_forever()


if __name__ == "__main__":
    main()

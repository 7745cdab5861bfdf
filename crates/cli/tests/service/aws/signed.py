"""Requests put together and signed by hand, for what no client would send."""

import dataclasses
import datetime
import hashlib
import http.client
import json
import os
import re
import urllib.parse
from unittest import mock

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import reach

HOST = urllib.parse.urlsplit(reach.URL).netloc


@dataclasses.dataclass
class Request:
    """What goes over the wire; `path` and `query` are percent-encoded already."""

    method: str
    path: str
    query: str = ""
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def code(self):
        """The type of the error."""
        return self.headers.get("x-amzn-errortype", "").split(":")[0]

    def json(self):
        return json.loads(self.body)


def build(operation, parameters):
    """The request of an operation with parameters, however wrong they are."""
    members = operation.input_shape.members
    path, query, headers, body = operation.http["requestUri"], [], {}, {}
    for name, value in parameters.items():
        place = members[name].serialization if name in members else {}
        wire_name = place.get("name", name)
        if place.get("location") == "uri":
            for label, kept in ((f"{{{wire_name}}}", ""), (f"{{{wire_name}+}}", "/")):
                path = path.replace(label, urllib.parse.quote(as_text(value), safe=kept))
        elif place.get("location") == "querystring":
            for one in value if isinstance(value, list) else [value]:
                query.append((wire_name, as_text(one)))
        elif place.get("location") == "header":
            headers[wire_name] = as_text(value)
        else:
            body[name] = value
    data = b""
    if operation.http["method"] in ("POST", "PATCH", "PUT"):
        headers["content-type"] = "application/json"
        data = json.dumps(body).encode()
    query = urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    return Request(operation.http["method"], path, query, headers, data)


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def sign(
    request, key_id=None, secret=None, at=None, host=HOST, region=reach.REGION, service="aidevops", headers=None
):
    """The same request with a signature of botocore's; `at` is a time, now without one."""
    key_id = key_id or os.environ["AWS_ACCESS_KEY_ID"]
    secret = secret or os.environ["AWS_SECRET_ACCESS_KEY"]
    at = at or datetime.datetime.now(datetime.timezone.utc)
    url = f"http://{host}{request.path}" + (f"?{request.query}" if request.query else "")
    draft = AWSRequest(
        request.method, url, headers={**request.headers, **(headers or {})}, data=request.body
    )
    signer = SigV4Auth(Credentials(key_id, secret), service, region)
    with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: at):
        signer.add_auth(draft)
    return dataclasses.replace(request, headers={"Host": host, **dict(draft.headers.items())})


def send(request):
    """Sends it as it is, and takes an answer that comes before all was sent."""
    connection = http.client.HTTPConnection(HOST, timeout=reach.PATIENCE)
    try:
        target = request.path + (f"?{request.query}" if request.query else "")
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        names = {name.lower() for name in request.headers}
        for name, value in request.headers.items():
            connection.putheader(name, value)
        if "host" not in names:
            connection.putheader("Host", HOST)
        if request.body and "content-length" not in names:
            connection.putheader("Content-Length", str(len(request.body)))
        try:
            connection.endheaders(request.body or None)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = connection.getresponse()
        body = answer.read()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)
    finally:
        connection.close()


def hash_of(body):
    return hashlib.sha256(body).hexdigest()


def refused(what, request, code, status):
    """Sends it, and holds the error against the contract; gives it as JSON."""
    answer = send(request)
    found = f"{what}: {answer.status} {answer.code!r} {answer.body[:300]!r}"
    assert (answer.status, answer.code) == (status, code), f"{found}; {status} {code} expected"
    assert re.match("application/(x-amz-)?json", answer.headers.get("content-type", "")), found
    error = answer.json()
    assert isinstance(error.get("message"), str) and error["message"], f"{found}; no message"
    assert set(error) <= {"message", "fieldList", "reason"}, f"{found}; unknown members"
    return error

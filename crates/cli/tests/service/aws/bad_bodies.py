"""Bodies that aren't what they should be, before anybody looks at their members."""

import json

import reach
import signed

PATH = "/v1/agentspaces"
JSON = {"content-type": "application/json"}


def run(client):
    for what, body in malformed():
        request = signed.sign(signed.Request("POST", PATH, headers=dict(JSON), body=body))
        signed.refused(what, request, "ValidationException", 400)
    too_large()
    compressed()
    names = [space["name"] for space in client.list_agent_spaces()["agentSpaces"]]
    assert "malformed" not in names, "one of them made a space"
    reach.say("malformed, deep and huge bodies were refused")


def malformed():
    """Yields (what it is, body)."""
    name = b'"name":"malformed"'
    yield "no body", b""
    yield "no JSON", b"name=malformed"
    yield "half a body", b'{"name":"malformed"'
    yield "something behind the body", b"{" + name + b"} {}"
    yield "a list", b"[" + json.dumps({"name": "malformed"}).encode() + b"]"
    yield "null", b"null"
    yield "a text", b'"malformed"'
    yield "a member twice", b"{" + name + b"," + name + b"}"
    yield "a member twice, once escaped", b"{" + name + b',"n\\u0061me":"other"}'
    yield "a member twice further in", b"{" + name + b',"tags":{"a":"1","a":"2"}}'
    yield "no UTF-8", b'{"name":"malformed\xff"}'
    yield "half a surrogate pair", b'{"name":"malformed\\ud800"}'
    yield "a byte order mark", b"\xef\xbb\xbf{" + name + b"}"
    yield "UTF-16", ('{"name":"malformed"}').encode("utf-16")
    yield "a comment", b"{" + name + b"/* */}"
    yield "a comma too many", b"{" + name + b",}"
    yield "NaN", b"{" + name + b',"tags":NaN}'
    for bracket, other in ((b"[", b"]"), (b'{"a":', b"}")):
        deep = bracket * 10_000 + b"1" + other * 10_000
        yield "nesting 10,000 deep", b"{" + name + b',"tags":' + deep + b"}"
        yield "nesting 10,000 deep that never ends", b"{" + name + b',"tags":' + bracket * 10_000


def too_large():
    body = json.dumps({"name": "malformed", "description": "x" * 10_000_000}).encode()
    request = signed.sign(signed.Request("POST", PATH, headers=dict(JSON), body=body))
    signed.refused("a body of 10 MB", request, "ContentSizeExceededException", 413)


def compressed():
    """The contract has no compressed requests; what isn't JSON isn't JSON."""
    headers = {**JSON, "content-encoding": "gzip"}
    request = signed.Request("POST", PATH, headers=headers, body=b"\x1f\x8b\x08\x00")
    signed.refused("a compressed body", signed.sign(request), "ValidationException", 400)

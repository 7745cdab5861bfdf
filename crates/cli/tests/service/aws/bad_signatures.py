"""Requests whose signature is wrong, old, incomplete or somebody else's."""

import dataclasses
import datetime
import os
import re

import reach
import signed

QUERY = "maxResults=5&includedData=ALL_DATA"
LIST = signed.Request("POST", "/v1/agentspaces/list", query=QUERY)
CREATE = signed.Request(
    "POST",
    "/v1/agentspaces",
    headers={"content-type": "application/json"},
    body=b'{"name":"never made"}',
)


def run(client):
    accepted()
    for what, request in tampered():
        signed.refused(what, request, "AccessDeniedException", 403)
    incomplete()
    out_of_time()
    wrong_keys()
    key_of_another_space(client)
    names = [space["name"] for space in client.list_agent_spaces()["agentSpaces"]]
    assert "never made" not in names, "one of them made a space"
    reach.say("whatever was changed, missing, old or somebody else's was refused")


def well(what, request):
    answer = signed.send(request)
    assert answer.status == 200, f"{what}: {answer}"


def accepted():
    """Where the line is: these are all good."""
    well("a plain request", signed.sign(LIST))
    port = signed.HOST.rsplit(":", 1)[1]
    for host in (f"cp.127.0.0.1:{port}", f"dp.127.0.0.1:{port}", f"cp.nightjar.example.com:{port}"):
        well(f"the host {host}", signed.sign(LIST, host=host))
    for minutes in (-4, 4):
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
        well(f"a clock {minutes} minutes off", signed.sign(LIST, at=at))
    hashed = {"X-Amz-Content-SHA256": signed.hash_of(b"")}
    well("the hash of the body as a header", signed.sign(LIST, headers=hashed))
    well("any region", signed.sign(LIST, region="us-east-1"))
    again = signed.sign(LIST)
    well("a request", again)
    well("the same request once more, within its time", again)
    spaced = signed.sign(LIST, headers={"X-Note": "  two   spaces  "})
    well("blanks in a signed header", spaced)
    swapped = dataclasses.replace(signed.sign(LIST), query="&".join(reversed(QUERY.split("&"))))
    well("the query in another order", swapped)


def tampered():
    """Yields (what, a request changed after it was signed)."""
    good = signed.sign(CREATE)
    longer = b'{"name":"never made!"}'
    yield "another body", dataclasses.replace(good, body=longer)
    yield "another path", dataclasses.replace(good, path="/v1/agentspaces/list")
    yield "another method", dataclasses.replace(good, method="PATCH", path="/v1/agentspaces/a")
    yield "a query that wasn't signed", dataclasses.replace(good, query="a=b")
    yield "another value in the query", dataclasses.replace(
        signed.sign(LIST), query=QUERY.replace("5", "6")
    )
    yield "less of the query", dataclasses.replace(signed.sign(LIST), query=QUERY.split("&")[0])
    yield "another host", changed(good, "Host", "nightjar.example.com")
    yield "another signed header", changed(
        signed.sign(CREATE, headers={"X-Note": "one"}), "X-Note", "two"
    )
    yield "another time", changed(good, "X-Amz-Date", "20260101T000000Z")
    unsigned = signed.sign(CREATE, headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    yield "a body that isn't signed", unsigned
    yield "the hash of another body", signed.sign(
        CREATE, headers={"X-Amz-Content-SHA256": signed.hash_of(b"{}")}
    )
    yield "another service", signed.sign(CREATE, service="s3")
    yield "one digit of the signature", authorization(good, r".$", lambda m: flipped(m.group()))
    yield "an empty signature", authorization(good, r"Signature=.*", "Signature=")
    yield "half a signature", authorization(good, r".{32}$", "")
    yield "a signature in capitals", authorization(
        good, r"[0-9a-f]{64}$", lambda m: m.group().upper()
    )
    yield "another day in the scope", authorization(good, r"/20\d{6}/", "/20260101/")
    yield "another region in the scope", authorization(good, reach.REGION, "us-east-1")
    yield "another end of the scope", authorization(good, "aws4_request", "aws5_request")
    yield "another algorithm", authorization(good, "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512")
    yield "the host not signed", authorization(good, ";host", "")
    yield "no signed header", authorization(good, r"SignedHeaders=[^,]*", "SignedHeaders=")
    yield "a signed header that isn't there", authorization(good, ";host", ";host;x-none")


def incomplete():
    good = signed.sign(CREATE)
    signed.refused("no signature at all", CREATE, "AccessDeniedException", 403)
    for part in ("Credential", "SignedHeaders", "Signature"):
        bad = authorization(good, rf",? ?{part}=[^,]*", "")
        signed.refused(f"no {part}", bad, "AccessDeniedException", 403)
    for text in ("", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ,,,", "AWS4-HMAC-SHA256 Credential=a/b"):
        bad = changed(good, "Authorization", text)
        signed.refused(f"the header {text!r}", bad, "AccessDeniedException", 403)
    for text in ("", "yesterday", "20260229T000000Z", "20261301T000000Z", "1790000000"):
        bad = changed(good, "X-Amz-Date", text)
        signed.refused(f"the time {text!r}", bad, "AccessDeniedException", 403)
    undated = {k: v for k, v in good.headers.items() if k != "X-Amz-Date"}
    undated = dataclasses.replace(good, headers=undated)
    signed.refused("no time", undated, "AccessDeniedException", 403)
    bad = authorization(good, r"Credential=[^/]*/", "Credential=")
    signed.refused("a scope of four parts", bad, "AccessDeniedException", 403)


def out_of_time():
    for minutes in (-10, 10, -60 * 24, 60 * 24 * 365):
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
        late = signed.sign(CREATE, at=at)
        signed.refused(f"a clock {minutes} minutes off", late, "AccessDeniedException", 403)


def wrong_keys():
    key_id = os.environ["AWS_ACCESS_KEY_ID"]
    errors = [
        signed.refused(what, signed.sign(CREATE, key_id=k, secret=s), "AccessDeniedException", 403)
        for what, k, s in [
            ("a wrong secret", key_id, "x" * 40),
            ("an unknown key", key_id[:-4] + "AAAA", "x" * 40),
            ("a key of no form", "nobody", "x" * 40),
        ]
    ]
    # As with AWS the id of a key is no secret, and a wrong secret is told apart; what has no key isn't.
    assert len({error["message"] for error in errors[1:]}) == 1, f"they tell more than AWS: {errors}"
    key = reach.native("POST", "/api/v1/keys", {"role": "administrator", "name": "to be revoked"})
    request = signed.sign(LIST, key_id=key["accessKeyId"], secret=key["secretAccessKey"])
    well("a new key", request)
    reach.native("DELETE", f"/api/v1/keys/{key['accessKeyId']}")
    signed.refused("a revoked key", request, "AccessDeniedException", 403)


def key_of_another_space(client):
    """It learns nothing of a space that isn't its own, not even that there is one."""
    mine = client.create_agent_space(name="mine")["agentSpace"]["agentSpaceId"]
    theirs = client.create_agent_space(name="theirs")["agentSpace"]["agentSpaceId"]
    key = reach.native("POST", f"/api/v1/spaces/{mine}/keys", {"role": "operator", "name": "mine"})
    stranger = reach.client(key["accessKeyId"], key["secretAccessKey"])
    assert stranger.get_agent_space(agentSpaceId=mine)["agentSpace"]["agentSpaceId"] == mine
    listed = [space["agentSpaceId"] for space in stranger.list_agent_spaces()["agentSpaces"]]
    assert listed == [mine], f"another space's key lists {listed}"
    for call, parameters in [
        ("get_agent_space", {}),
        ("list_associations", {}),
        ("list_backlog_tasks", {}),
        ("list_journal_records", {"executionId": "inv-1"}),
        ("list_triggers", {}),
        ("create_backlog_task", {"taskType": "INVESTIGATION", "title": "t", "priority": "LOW"}),
        ("delete_agent_space", {}),
    ]:
        answers = []
        for space in (theirs, "never-made"):
            try:
                getattr(stranger, call)(agentSpaceId=space, **parameters)
                raise AssertionError(f"{call} works in the space {space} of others")
            except stranger.exceptions.ClientError as error:
                found = error.response["Error"]
                answers.append((found["Code"], found["Message"].replace(space, "ID")))
        assert answers[0] == answers[1], f"{call} tells another's space from none: {answers}"
        assert answers[0][0] in ("AccessDeniedException", "ResourceNotFoundException"), answers
    assert client.get_agent_space(agentSpaceId=theirs)["agentSpace"]["name"] == "theirs"


def changed(request, header, value):
    return dataclasses.replace(request, headers={**request.headers, header: value})


def authorization(request, pattern, replacement):
    """The request with something in its `Authorization` replaced."""
    old = request.headers["Authorization"]
    new = re.sub(pattern, replacement, old, count=1)
    assert new != old, f"{pattern} isn't in {old}"
    return changed(request, "Authorization", new)


def flipped(digit):
    return "0" if digit != "0" else "1"

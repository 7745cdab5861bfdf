"""How the scripts reach Nightjar: an unmodified boto3 client, every answer of which is checked.

Environment: NIGHTJAR_URL (`http://127.0.0.1:PORT`), AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of an
administrator of the installation, and NIGHTJAR_TOKEN, the same key for the native API, which alone makes keys.
"""

import json
import os
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import checked

URL = os.environ.get("NIGHTJAR_URL", "http://127.0.0.1:0")
REGION = "eu-central-1"
ACCOUNT = "000000000000"
# How long anything may take to come about, seconds.
PATIENCE = 60


def client(key_id=None, secret=None, url=None):
    """A client of the contract; without a key, the administrator's."""
    made = boto3.client(
        "devops-agent",
        endpoint_url=url or URL,
        region_name=REGION,
        aws_access_key_id=key_id or os.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=secret or os.environ["AWS_SECRET_ACCESS_KEY"],
        # The first answer counts, also when it is bad.
        config=Config(inject_host_prefix=False, retries={"max_attempts": 0}),
    )
    checked.watch(made)
    return made


def arn(kind, identifier):
    """The name of a resource as tags want it."""
    return f"arn:aws:aidevops:{REGION}:{ACCOUNT}:{kind}/{identifier}"


def refused(code, call, **parameters):
    """Calls what must be refused with `code`; gives the error."""
    try:
        answer = call(**parameters)
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, f"{code} expected from {parameters}, {found} came"
        assert found.get("Message"), f"{code} without a message"
        return error
    raise AssertionError(f"{code} expected from {parameters}, this came: {answer}")


def until(what, look):
    """Looks again until something true comes of it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {PATIENCE} s; at last {look()}")


def pages(call, rows, size, **parameters):
    """All rows of a list, read `size` at a time by hand; `size` is `{"limit": 1}` or `{"maxResults": 1}`."""
    (most,) = size.values()
    found, token = [], None
    while True:
        page = call(**parameters, **size, **({"nextToken": token} if token else {}))
        assert len(page[rows]) <= most, f"{len(page[rows])} rows on a page of {most}"
        found.extend(page[rows])
        token = page.get("nextToken")
        if token is None:
            return found
        assert page[rows], "an empty page with another one behind it"


def native(method, path, body=None):
    """A call of the native API, for what the contract has no operation for."""
    request = urllib.request.Request(
        URL + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['NIGHTJAR_TOKEN']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def say(line):
    """Tells what was found; the last line a script prints is `all is well`."""
    print(f"- {line}", flush=True)

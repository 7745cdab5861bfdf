"""Holds every answer, as it came over the wire, against the model that the client itself was published with.

boto3 forgives much: it drops what it doesn't know and takes a number where a text is due. Other clients don't,
so nothing is forgiven here: no missing member, no unknown one, no other type, no unknown value of an enum.
"""

import base64
import binascii
import datetime
import json
import re

from botocore.model import ServiceModel

# Members that may break the pattern of the model, and why.
LENIENT = {
    ("Webhook", "webhookUrl"): "may carry a port, and http on loopback",
    ("EnableOperatorAppOutput", "operatorAppUrl"): "may carry a port, and http on loopback",
    ("GetOperatorAppOutput", "operatorAppUrl"): "may carry a port, and http on loopback",
}
# An answer from before or after is in the wrong unit.
EARLIEST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc).timestamp()
LATEST = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc).timestamp()


def watch(client):
    """From now on every answer to this client is checked, and a wrong one fails its call."""

    def look(operation_model, response_dict, **_):
        problems = judge(
            client.meta.service_model,
            operation_model,
            response_dict["status_code"],
            response_dict["headers"],
            response_dict["body"],
        )
        assert not problems, f"{operation_model.name}: " + "; ".join(problems)

    client.meta.events.register("before-parse.devops-agent", look)


def judge(service: ServiceModel, operation, status, headers, body):
    """What is wrong with an answer, in words."""
    headers = {name.lower(): value for name, value in headers.items()}
    if status < 300:
        wanted = operation.http["responseCode"]
        problems = [] if status == wanted else [f"status {status}, {wanted} expected"]
        shape = operation.output_shape
    else:
        shape, problems = error_shape(service, operation, status, headers)
    if shape is None or not shape.members:
        return problems + ([] if body in (b"", b"{}") else [f"a body where none is due: {body[:80]!r}"])
    if not headers.get("content-type", "").startswith("application/json"):
        problems.append(f"content type {headers.get('content-type')!r}")
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=without_repeats)
    except ValueError as error:
        return problems + [f"no JSON ({error}): {body[:80]!r}"]
    return problems + list(against(shape, value, ""))


def error_shape(service, operation, status, headers):
    """The shape that the header names, and what is wrong with it so far."""
    # Some services add an address behind a colon, and clients cut it off.
    code = headers.get("x-amzn-errortype", "").split(":")[0]
    modelled = {shape.name: shape for shape in operation.error_shapes}
    if code not in modelled:
        return None, [f"status {status} with the error {code!r}, which the operation hasn't"]
    shape = modelled[code]
    wanted = shape.metadata.get("error", {}).get("httpStatusCode", 400)
    problems = [] if status == wanted else [f"{code} with status {status}, {wanted} expected"]
    return shape, problems


def without_repeats(pairs):
    """An object, unless a member is there twice."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError(f"a member twice among {[name for name, _ in pairs]}")
    return dict(pairs)


def against(shape, value, path):
    """Goes through a value with its shape and yields each difference."""
    look = LOOKS.get(shape.type_name)
    assert look, f"a type this script doesn't know: {shape.type_name}"
    yield from look(shape, value, path or "/")


def structure(shape, value, path):
    if getattr(shape, "is_document_type", False):
        return  # Anything that is JSON.
    if not isinstance(value, dict):
        yield f"{path}: an object is due, not {value!r}"
        return
    for name in shape.required_members:
        if name not in value:
            yield f"{path}: {name} is missing"
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield f"{path}: one member is due, not {sorted(value)}"
    for name, inner in value.items():
        if name not in shape.members:
            yield f"{path}: {name} isn't in the model"
            continue
        found = against(shape.members[name], inner, f"{path.rstrip('/')}/{name}")
        is_lenient = (shape.name, name) in LENIENT
        yield from (problem for problem in found if not (is_lenient and "pattern" in problem))


def sequence(shape, value, path):
    if not isinstance(value, list):
        yield f"{path}: a list is due, not {value!r}"
        return
    yield from within(shape, len(value), path)
    for number, inner in enumerate(value):
        yield from against(shape.member, inner, f"{path.rstrip('/')}/{number}")


def mapping(shape, value, path):
    if not isinstance(value, dict):
        yield f"{path}: a map is due, not {value!r}"
        return
    yield from within(shape, len(value), path)
    for name, inner in value.items():
        yield from against(shape.key, name, f"{path.rstrip('/')}/{name}")
        yield from against(shape.value, inner, f"{path.rstrip('/')}/{name}")


def text(shape, value, path):
    if not isinstance(value, str):
        yield f"{path}: a text is due, not {value!r}"
        return
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} isn't one of {shape.enum}"
    yield from within(shape, len(value), path)
    pattern = shape.metadata.get("pattern", r"\p")
    # The standard library knows no classes of Unicode; these are names, which come back as they were sent.
    if r"\p" not in pattern and not re.fullmatch(pattern, value):
        yield f"{path}: {value!r} breaks the pattern {pattern}"


def whole(most):
    def look(shape, value, path):
        if not isinstance(value, int) or isinstance(value, bool) or not -most <= value < most:
            yield f"{path}: a whole number is due, not {value!r}"
            return
        yield from within(shape, value, path)

    return look


def fraction(shape, value, path):
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        yield f"{path}: a number is due, not {value!r}"


def boolean(shape, value, path):
    if not isinstance(value, bool):
        yield f"{path}: true or false is due, not {value!r}"


def timestamp(shape, value, path):
    """Seconds as a number, or a text where the model says so."""
    if shape.serialization.get("timestampFormat") == "iso8601":
        if not isinstance(value, str) or not value.endswith("Z"):
            yield f"{path}: a time like 2026-01-31T12:00:00Z is due, not {value!r}"
            return
        try:
            seconds = datetime.datetime.fromisoformat(value).timestamp()
        except ValueError:
            yield f"{path}: {value!r} is no time"
            return
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value
    else:
        yield f"{path}: seconds since 1970 are due, not {value!r}"
        return
    if not EARLIEST < seconds < LATEST:
        yield f"{path}: {value!r} is in the wrong unit"


def blob(shape, value, path):
    try:
        base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        yield f"{path}: base64 is due, not {value!r}"


def within(shape, number, path):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and number < low:
        yield f"{path}: {number} is under {low}"
    if high is not None and number > high:
        yield f"{path}: {number} is over {high}"


LOOKS = {
    "structure": structure,
    "list": sequence,
    "map": mapping,
    "string": text,
    "integer": whole(2**31),
    "long": whole(2**63),
    "double": fraction,
    "float": fraction,
    "boolean": boolean,
    "timestamp": timestamp,
    "blob": blob,
}

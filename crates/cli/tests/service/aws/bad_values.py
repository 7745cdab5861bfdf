"""Every operation with every kind of invalid value, one at a time, made from the published model."""

import unicodedata

import reach
import signed
import values

# Members that the published model has and the version of the contract that Nightjar speaks hasn't: refused as
# unknown, so where the mistake is said to be is the member itself.
NEWER = ("awsSourceMode", "sourceAwsOrg", "serviceManagementRoleArn")


def run(client):
    tried = 0
    service = client.meta.service_model
    for name in service.operation_names:
        operation = service.operation_model(name)
        for where, what, parameters in values.broken(operation.input_shape):
            if can_be_sent(operation, where, parameters):
                one(operation, where, what, parameters)
                tried += 1
    reach.say(f"{tried} invalid values were refused, each with the place it stands at")


def can_be_sent(operation, where, parameters):
    """Whether the mistake is still one on the way: a label needs a text, and all is text in a query."""
    name = where.split("/")[1]
    members = operation.input_shape.members
    if name not in members:
        return operation.http["method"] in ("POST", "PATCH")
    place = members[name].serialization.get("location")
    if place is None:
        return True
    value = parameters.get(name)
    if place == "uri":
        return isinstance(value, str) and value != ""
    if members[name].type_name == "string":
        return isinstance(value, str)
    if members[name].type_name == "list":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return value is not None and not isinstance(value, (list, dict))


def one(operation, where, what, parameters):
    told = f"{operation.name} with {what} at {where}"
    request = signed.sign(signed.build(operation, parameters))
    error = signed.refused(told, request, "ValidationException", 400)
    fields = [field["path"] for field in error.get("fieldList", [])]
    parts = where.split("/")
    newer = [number for number, part in enumerate(parts) if part in NEWER]
    if newer:
        where = "/".join(parts[: newer[0] + 1])
    # A long name that was sent isn't repeated whole, nor a control character at all.
    where = "".join("\ufffd" if unicodedata.category(c) == "Cc" else c for c in where)
    # What a query can't hold is told of the parameter, not of one of its values.
    is_there = any(
        where == f or where.startswith(f + "/") or (f.endswith("…") and where.startswith(f[:-1]))
        for f in fields
    )
    assert is_there, f"{told}: not in {error}"

"""Makes values from the published model: the smallest valid ones, and every way to be invalid."""

import re

# Texts of which one fits each pattern of the model; the first that does is taken.
SAMPLES = [
    "a",
    "abc",
    "1234567",
    "12345678",
    "CABC12345",
    "TABC12345",
    "123456789012",
    "12:00",
    "eu-central-1",
    "en-GB",
    "NRAK-ABC123",
    "on-call@example.com",
    "0190d2c1-6b1e-7cc0-8a52-0123456789ab",
    "vpc-0123456789abcdef0",
    "subnet-0123456789abcdef0",
    "sg-0123456789abcdef0",
    "ou-abcd-abcd1234",
    "https://nightjar.example.com/a",
    "https://nightjar.example.com",
    "https://nightjar.service-now.com",
    "https://nightjar.aidevops.global.app.aws/a",
    "urn:dtaccount:0190d2c1-6b1e-7cc0-8a52-0123456789ab",
    "arn:aws:iam::123456789012:role/nightjar",
    "arn:aws:kms:eu-central-1:123456789012:key/0190d2c1-6b1e-7cc0-8a52-0123456789ab",
    "arn:aws:aidevops:eu-central-1:000000000000:agentspace/a",
    "rcfg-0123456789abcdef0",
    "arn:aws:vpc-lattice:eu-central-1:123456789012:resourcegateway/rgw-0123456789abcdef0",
    "a" * 32,
]
# Longer texts than this meet the limit of the whole body first.
LONGEST = 200_000


def pattern_of(shape):
    """The pattern as the standard library takes it, which knows no classes of Unicode."""
    pattern = shape.metadata.get("pattern", "(?s).*")
    pattern = pattern.replace(r"\p{L}\p{N}\p{P}\p{S}\p{Z}", r"^\x00-\x1f\x7f")
    for name, members in [("L", "a-zA-Zäß"), ("N", "0-9"), ("Z", " ")]:
        pattern = pattern.replace(rf"\p{{{name}}}", members)
    return pattern


def fits(shape, text):
    """Whether a text is valid."""
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", LONGEST)
    return low <= len(text) <= high and re.fullmatch(pattern_of(shape), text) is not None


def smallest(shape):
    """A valid value with nothing that may be left out."""
    if shape.type_name == "structure":
        if getattr(shape, "is_document_type", False):
            return {"any": ["thing"]}
        names = shape.required_members
        if getattr(shape, "is_tagged_union", False):
            names = list(shape.members)[:1]
        return {name: smallest(shape.members[name]) for name in names}
    if shape.type_name == "list":
        return [smallest(shape.member) for _ in range(shape.metadata.get("min", 0))]
    if shape.type_name == "map":
        return {}
    if shape.type_name == "string":
        if shape.enum:
            return shape.enum[0]
        fitting = [text for text in SAMPLES if fits(shape, text)]
        assert fitting, f"no sample fits {shape.name}: {shape.metadata}"
        return fitting[0]
    if shape.type_name == "timestamp":
        is_text = "timestampFormat" in shape.serialization or "location" in shape.serialization
        return "2026-01-31T12:00:00Z" if is_text else 1_790_000_000
    if shape.type_name in ("integer", "long"):
        return max(1, shape.metadata.get("min", 0))
    return {"double": 0.5, "float": 0.5, "boolean": True, "blob": "AA=="}[shape.type_name]


def broken(shape, path=""):
    """Yields every kind of invalid value as (where, what is wrong with it, value).

    `where` is a JSON pointer to what is wrong; all around it is valid.
    """
    if shape.type_name == "structure":
        if not getattr(shape, "is_document_type", False):
            yield from broken_structure(shape, path)
    elif shape.type_name == "list":
        yield from broken_list(shape, path)
    elif shape.type_name == "map":
        yield from broken_map(shape, path)
    else:
        for what, value in broken_scalar(shape):
            yield path, what, value


def broken_structure(shape, path):
    is_union = getattr(shape, "is_tagged_union", False)
    whole = smallest(shape)
    if path:
        for what, value in [("a text", "x"), ("a list", []), ("a number", 5)]:
            yield path, f"{what} for an object", value
    yield f"{path}/unheardOf", "a member nobody knows", {**whole, "unheardOf": 1}
    if is_union:
        yield path, "none of a union", {}
        first, *others = shape.members
        if others:
            both = {name: smallest(shape.members[name]) for name in (first, others[0])}
            yield path, "two of a union", both
    for name in shape.required_members:
        yield f"{path}/{name}", "missing", {key: whole[key] for key in whole if key != name}
        yield f"{path}/{name}", "null for what is required", {**whole, name: None}
    for name, member in shape.members.items():
        for where, what, value in broken(member, f"{path}/{name}"):
            yield where, what, {name: value} if is_union else {**whole, name: value}


def broken_list(shape, path):
    for what, value in [("a text", "x"), ("an object", {"0": "x"}), ("a number", 5)]:
        yield path, f"{what} for a list", value
    one = smallest(shape.member)
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if low > 0:
        yield path, "too few", [one] * (low - 1)
    if high is not None:
        yield path, "too many", [one] * (high + 1)
    for where, what, value in broken(shape.member, f"{path}/0"):
        yield where, what, [value] + [one] * (low - 1)


def broken_map(shape, path):
    for what, value in [("a text", "x"), ("a list", []), ("a number", 5)]:
        yield path, f"{what} for a map", value
    high = shape.metadata.get("max")
    if high is not None and not shape.key.enum:
        yield path, "too many", {f"key{n}": smallest(shape.value) for n in range(high + 1)}
    for what, key in broken_scalar(shape.key):
        if isinstance(key, str):
            yield f"{path}/{key}", f"a key that is {what}", {key: smallest(shape.value)}
    key = smallest(shape.key)
    for where, what, value in broken(shape.value, f"{path}/{key}"):
        yield where, what, {key: value}


def broken_scalar(shape):
    """Yields (what is wrong, value)."""
    if shape.type_name == "string":
        yield from broken_text(shape)
    elif shape.type_name in ("integer", "long"):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        yield from [("a text", "one"), ("a fraction", 1.5), ("true", True), ("a list", [1])]
        yield "too large for its type", 2**70
        if low is not None:
            yield "under the limit", low - 1
        if high is not None:
            yield "over the limit", high + 1
    elif shape.type_name == "boolean":
        yield from [("a text", "true"), ("a number", 1), ("an object", {})]
    elif shape.type_name == "timestamp":
        yield from [("a word", "yesterday"), ("true", True), ("a list", [])]
    elif shape.type_name == "blob":
        yield from [("a number", 5), ("no base64", "no base64!")]


def broken_text(shape):
    yield from [("a number", 5), ("true", True), ("a list", ["x"]), ("an object", {"x": "x"})]
    if shape.enum:
        yield "an unknown value of an enum", "UNHEARD_OF"
        return
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", LONGEST)
    if low > 0:
        yield "too short", next(text for text in SAMPLES if len(text) >= low)[: low - 1]
    if high < LONGEST:
        sample = smallest(shape)
        longer = ["a" * (high + 1), "0" * (high + 1), sample + "a" * (high + 1 - len(sample))]
        yield "too long", next((t for t in longer if re.fullmatch(pattern_of(shape), t)), longer[0])
    for text in ("\u0007", " ", "ä:/", "no such thing"):
        if re.fullmatch(pattern_of(shape), text) is None and low <= len(text) <= high:
            yield f"against the pattern ({text!r})", text
            return

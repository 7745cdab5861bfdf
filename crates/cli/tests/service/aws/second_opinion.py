"""The same calls on spaces and tags against moto's own backend and against us: are the answers of one form?

    second_opinion.py MOTO_URL
"""

import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import reach

# Where the two may differ: step, what only moto says, what only we say, and why.
EXPECTED = {
    "make by the same token": "moto makes another space by the same token; the contract has one",
    "list one of two": "moto lists everything on one page",
    "delete again": "moto says ResourceNotFoundException; AWS documents that deleting twice is no error",
    "list tags of a deleted space": "moto answers with no tags",
}


def main():
    theirs, ours = moto(sys.argv[1]), reach.client()
    different = {}
    for (step, one), (_, other) in zip(steps(theirs), steps(ours), strict=True):
        if one != other:
            different[step] = f"moto: {one}; we: {other}"
    unexpected = {step: told for step, told in different.items() if step not in EXPECTED}
    assert not unexpected, f"unexpected: {unexpected}"
    reach.say(f"of one form, but for {len(different)} of {len(EXPECTED)} expected differences")
    for step, told in different.items():
        reach.say(f"{step}: {told}")
    print("all is well")


def moto(url):
    return boto3.client(
        "devops-agent",
        endpoint_url=url,
        region_name=reach.REGION,
        aws_access_key_id="moto",
        aws_secret_access_key="moto",
        config=Config(inject_host_prefix=False, retries={"max_attempts": 0}),
    )


def steps(client):
    """Yields (step, the form of the answer)."""
    full = {
        "name": "second opinion",
        "description": "asked of two",
        "locale": "de",
        "tags": {"a": "b"},
        "clientToken": "token",
    }
    made = client.create_agent_space(**full)
    space = made["agentSpace"]["agentSpaceId"]
    yield "make", form(made)
    again = client.create_agent_space(**full)["agentSpace"]["agentSpaceId"]
    yield "make by the same token", str(again == space)
    other = client.create_agent_space(name="short")
    yield "make with a name alone", form(other)
    short = other["agentSpace"]["agentSpaceId"]
    yield "read", form(client.get_agent_space(agentSpaceId=space))
    yield "read the short one", form(client.get_agent_space(agentSpaceId=short))
    yield "list", form(client.list_agent_spaces())
    yield "list one of two", form(client.list_agent_spaces(maxResults=1))
    yield "change", form(client.update_agent_space(agentSpaceId=space, name="another", locale="fr"))
    resource = next(
        resource
        for account in ("123456789012", reach.ACCOUNT)
        if (resource := f"arn:aws:aidevops:{reach.REGION}:{account}:agentspace/{space}")
        and error(client.list_tags_for_resource, resourceArn=resource) is None
    )
    yield "tag", form(client.tag_resource(resourceArn=resource, tags={"c": "d"}))
    yield "list tags", form(client.list_tags_for_resource(resourceArn=resource))
    yield "untag", form(client.untag_resource(resourceArn=resource, tagKeys=["a"]))
    yield "list the other tags", form(client.list_tags_for_resource(resourceArn=resource))
    yield "delete", form(client.delete_agent_space(agentSpaceId=space))
    yield "delete again", str(error(client.delete_agent_space, agentSpaceId=space))
    yield "read what is deleted", str(error(client.get_agent_space, agentSpaceId=space))
    yield "change what is deleted", str(error(client.update_agent_space, agentSpaceId=space, name="x"))
    yield "list tags of a deleted space", str(error(client.list_tags_for_resource, resourceArn=resource))


def form(value):
    """Names and types, without what they hold and without what the client adds."""
    if isinstance(value, dict):
        names = sorted(name for name in value if name != "ResponseMetadata")
        return "{" + ", ".join(f"{name}: {form(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(sorted({form(one) for one in value})) + "]"
    return type(value).__name__


def error(call, **parameters):
    """The type of the error, if it comes to one."""
    try:
        call(**parameters)
    except ClientError as found:
        return found.response["Error"]["Code"]
    return None


if __name__ == "__main__":
    main()

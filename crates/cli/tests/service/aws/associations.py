"""Associations of services with a space, their webhooks, and their ends."""

import json

import reach

AWS = {
    "aws": {
        "assumableRoleArn": "arn:aws:iam::123456789012:role/nightjar",
        "accountId": "123456789012",
        "accountType": "monitor",
    }
}
# What is associated beside the account: kind of service and configuration.
OTHERS = {
    "dynatrace": {"dynatrace": {"envId": "abc12345", "resources": ["HOST-1"]}},
    "servicenow": {"servicenow": {"instanceId": "nightjar"}},
    "pagerduty": {"pagerduty": {"services": ["P1"], "customerEmail": "on-call@example.com"}},
    "gitlab": {"gitlab": {"projectId": "7", "projectPath": "shop/payments"}},
    "mcpserver": {"mcpserver": {"tools": ["query", "list_hosts"]}},
    "mcpserversplunk": {"mcpserversplunk": {}},
    "remoteagent": {"remoteagent": {}},
}
CAPABILITIES = {"RELEASE_READINESS_REVIEW": {"enabled": False}}


def associate(client, space, registered):
    """Associates the account, a webhook and others; gives the associations by kind."""
    made = {}
    for service, kind, configuration in [
        ("aws", "aws", AWS),
        (registered["eventChannel"], "eventChannel", {"eventChannel": {}}),
        *((registered[kind], kind, configuration) for kind, configuration in OTHERS.items()),
    ]:
        answer = client.associate_service(
            agentSpaceId=space, serviceId=service, configuration=configuration
        )
        made[kind] = answer["association"]
        assert made[kind]["serviceId"] == service, answer
        assert made[kind]["configuration"] == configuration, answer
        if kind == "eventChannel":
            made["webhook"] = answer["webhook"]
    webhook = made["webhook"]
    assert webhook["webhookType"] == "hmac" and len(webhook["webhookSecret"]) >= 20, webhook
    reach.refused(
        "ResourceNotFoundException",
        client.associate_service,
        agentSpaceId=space,
        serviceId="none",
        configuration={"mcpserversplunk": {}},
    )
    reach.refused(
        "ValidationException",
        client.associate_service,
        agentSpaceId=space,
        serviceId=registered["gitlab"],
        configuration={"mcpserversplunk": {}},
    )
    reach.say(f"{len(made) - 1} services are associated, one with a webhook")
    return made


def list_and_update(client, space, made, registered):
    listed = reach.pages(client.list_associations, "associations", {"maxResults": 2}, agentSpaceId=space)
    ids = {one["associationId"] for one in listed}
    assert len(listed) == len(ids) == len(made) - 1, f"page by page: {listed}"
    found = client.list_associations(agentSpaceId=space, filterServiceTypes="gitlab, eventChannel")
    kinds = sorted(next(iter(one["configuration"])) for one in found["associations"])
    assert kinds == ["eventChannel", "gitlab"], kinds
    update(client, space, made["mcpserver"])
    overwrite(client, space, made, registered)
    webhooks(client, space, made)
    client.validate_aws_associations(agentSpaceId=space)
    account = get(client, space, made["aws"])
    assert account["status"] in ("valid", "invalid", "pending-confirmation"), account
    reach.refused(
        "ResourceNotFoundException", client.get_association, agentSpaceId=space, associationId="none"
    )
    reach.say("associations are listed, changed, overwritten and validated; secrets are told once")


def get(client, space, association):
    identifier = association["associationId"]
    return client.get_association(agentSpaceId=space, associationId=identifier)["association"]


def update(client, space, association):
    """What is given is replaced, what isn't stays."""
    identifier = association["associationId"]
    tools = {"mcpserver": {"tools": ["query"]}}
    client.update_association(
        agentSpaceId=space,
        associationId=identifier,
        configuration=association["configuration"],
        capabilities=CAPABILITIES,
    )
    answer = client.update_association(
        agentSpaceId=space, associationId=identifier, configuration=tools
    )["association"]
    assert answer["configuration"] == tools and answer["capabilities"] == CAPABILITIES, answer
    assert answer["updatedAt"] >= answer["createdAt"], answer
    assert get(client, space, association) == answer
    reach.refused(
        "ValidationException",
        client.update_association,
        agentSpaceId=space,
        associationId=identifier,
        configuration={"gitlab": {"projectId": "7", "projectPath": "shop/payments"}},
    )


def overwrite(client, space, made, registered):
    """Associating the same thing once more takes the place of the first time; another one stands beside it."""

    def associated(project, path):
        return client.associate_service(
            agentSpaceId=space,
            serviceId=registered["gitlab"],
            configuration={"gitlab": {"projectId": project, "projectPath": path}},
        )["association"]

    made["gitlab"] = associated("7", "shop/money")
    made["gitlab of another project"] = associated("8", "shop/search")
    found = client.list_associations(agentSpaceId=space, filterServiceTypes="gitlab")["associations"]
    assert found == [made["gitlab"], made["gitlab of another project"]], found


def webhooks(client, space, made):
    channel = made["eventChannel"]["associationId"]
    answer = client.list_webhooks(agentSpaceId=space, associationId=channel)
    (listed,) = answer["webhooks"]
    for member in ("webhookUrl", "webhookId", "webhookType"):
        assert listed[member] == made["webhook"][member], f"{listed} isn't {made['webhook']}"
    text = json.dumps([answer, get(client, space, made["eventChannel"])], default=str)
    assert made["webhook"]["webhookSecret"] not in text, "the secret is told twice"
    reach.refused(
        "ResourceNotFoundException", client.list_webhooks, agentSpaceId=space, associationId="none"
    )


def end(client, space, made, registered):
    reach.refused(
        "ConflictException", client.deregister_service, serviceId=registered["eventChannel"]
    )
    for kind, association in made.items():
        if kind != "webhook":
            identifier = association["associationId"]
            client.disassociate_service(agentSpaceId=space, associationId=identifier)
            client.disassociate_service(agentSpaceId=space, associationId=identifier)
            reach.refused(
                "ResourceNotFoundException",
                client.get_association,
                agentSpaceId=space,
                associationId=identifier,
            )
    assert client.list_associations(agentSpaceId=space)["associations"] == []
    reach.say("a service in use stays; associations end, and ending one twice is no error")

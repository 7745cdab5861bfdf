"""Agent spaces: made once, listed, changed, deleted for good."""

import reach


def create(client):
    """Makes a space, and by the same token no other."""
    ask = {
        "name": "payments",
        "description": "Cards, invoices & Rückbuchungen",
        "locale": "en-GB",
        "tags": {"team": "payments"},
        "preferences": {"elevatedActionsEnabled": False},
        "clientToken": "the-life-of-a-space",
    }
    made = client.create_agent_space(**ask)
    space = made["agentSpace"]
    assert space["name"] == ask["name"] and space["description"] == ask["description"], space
    assert space["locale"] == "en-GB" and space["createdAt"] == space["updatedAt"], space
    assert space["preferences"] == ask["preferences"], space
    assert made["tags"] == ask["tags"], made
    again = client.create_agent_space(**ask)
    assert again["agentSpace"] == space, f"the same token twice: {space} and {again}"
    reach.refused("ConflictException", client.create_agent_space, **{**ask, "name": "refunds"})
    other = client.create_agent_space(name="payments")["agentSpace"]
    assert other["agentSpaceId"] != space["agentSpaceId"], "names may repeat, spaces may not"
    assert "description" not in other and "locale" not in other, f"nobody said that: {other}"
    client.delete_agent_space(agentSpaceId=other["agentSpaceId"])
    reach.say(f"the space is {space['agentSpaceId']}, also when it is asked for twice")
    return space["agentSpaceId"]


def list_and_update(client, space):
    for n in range(3):
        client.create_agent_space(name=f"another {n}")
    listed = reach.pages(client.list_agent_spaces, "agentSpaces", {"maxResults": 1})
    ids = [one["agentSpaceId"] for one in listed]
    assert len(ids) == len(set(ids)) == 4 and space in ids, f"page by page: {ids}"
    paginator = client.get_paginator("list_agent_spaces")
    for size in (2, 100):
        pages = paginator.paginate(PaginationConfig={"PageSize": size})
        found = [one for page in pages for one in page["agentSpaces"]]
        assert found == listed, f"{size} to a page lists otherwise"
    short = reach.pages(
        client.list_agent_spaces, "agentSpaces", {"maxResults": 3}, includedData="METADATA_ONLY"
    )
    assert [one["agentSpaceId"] for one in short] == ids, "other spaces without their content"
    before = client.get_agent_space(agentSpaceId=space)
    assert before["tags"] == {"team": "payments"}, before
    told = client.get_agent_space(agentSpaceId=space, includedData="METADATA_ONLY")["agentSpace"]
    assert told["agentSpaceId"] == space and told["name"] == "payments", told
    after = client.update_agent_space(agentSpaceId=space, name="payments and refunds")["agentSpace"]
    assert after["name"] == "payments and refunds", after
    assert after["updatedAt"] >= after["createdAt"], after
    for kept in ("description", "locale", "preferences", "createdAt"):
        assert after[kept] == before["agentSpace"][kept], f"{kept} changed: {after}"
    assert client.get_agent_space(agentSpaceId=space)["agentSpace"] == after
    for one in listed:
        if one["agentSpaceId"] != space:
            client.delete_agent_space(agentSpaceId=one["agentSpaceId"])
    reach.say("spaces are listed page by page, read and changed")


def end(client, space):
    client.delete_agent_space(agentSpaceId=space)
    client.delete_agent_space(agentSpaceId=space)
    for call, parameters in [
        ("get_agent_space", {}),
        ("update_agent_space", {"name": "back again"}),
        ("list_associations", {}),
        ("list_backlog_tasks", {}),
        ("get_backlog_task", {"taskId": "task-1"}),
        ("create_backlog_task", {"taskType": "INVESTIGATION", "title": "t", "priority": "LOW"}),
        ("list_triggers", {}),
        ("list_goals", {}),
        ("get_operator_app", {}),
    ]:
        reach.refused(
            "ResourceNotFoundException", getattr(client, call), agentSpaceId=space, **parameters
        )
    assert space not in [one["agentSpaceId"] for one in client.list_agent_spaces()["agentSpaces"]]
    reach.say("the deleted space is gone, with everything in it")

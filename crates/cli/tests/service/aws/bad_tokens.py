"""Paging tokens of other lists and spaces, and client tokens that come back with something else."""

import reach
import signed


def run(client):
    spaces = [client.create_agent_space(name=f"tokens {n}")["agentSpace"] for n in range(2)]
    mine, theirs = (space["agentSpaceId"] for space in spaces)
    paging(client, mine, theirs)
    once(client, mine, theirs)
    reach.say("tokens of other lists were refused, and client tokens with other content")


def paging(client, mine, theirs):
    for space in (mine, theirs):
        for n in range(3):
            task(client, space, title=f"task {n}")
            trigger(client, space)
    spaces = client.list_agent_spaces(maxResults=1)["nextToken"]
    tasks = client.list_backlog_tasks(agentSpaceId=mine, limit=1)["nextToken"]
    triggers = client.list_triggers(agentSpaceId=mine, maxResults=1)["nextToken"]
    assert client.list_backlog_tasks(agentSpaceId=mine, limit=1, nextToken=tasks)["tasks"]
    for what, call, parameters in [
        ("of the list of spaces", "list_backlog_tasks", {"agentSpaceId": mine, "nextToken": spaces}),
        ("of triggers", "list_backlog_tasks", {"agentSpaceId": mine, "nextToken": triggers}),
        ("of tasks", "list_triggers", {"agentSpaceId": mine, "nextToken": tasks}),
        ("of tasks", "list_agent_spaces", {"nextToken": tasks}),
        ("of another space", "list_backlog_tasks", {"agentSpaceId": theirs, "nextToken": tasks}),
        ("of another space", "list_triggers", {"agentSpaceId": theirs, "nextToken": triggers}),
        (
            "of another filter",
            "list_backlog_tasks",
            {"agentSpaceId": mine, "nextToken": tasks, "filter": {"priority": ["HIGH"]}},
        ),
        (
            "of another order",
            "list_backlog_tasks",
            {"agentSpaceId": mine, "nextToken": tasks, "order": "ASC"},
        ),
        ("that nobody gave out", "list_agent_spaces", {"nextToken": "AAAA"}),
        ("with something appended", "list_agent_spaces", {"nextToken": spaces + "A"}),
        ("with a letter changed", "list_agent_spaces", {"nextToken": changed(spaces)}),
    ]:
        try:
            reach.refused("ValidationException", getattr(client, call), **parameters)
        except AssertionError as error:
            raise AssertionError(f"a token {what}: {error}") from error
    request = signed.Request("POST", "/v1/agentspaces/list", query="nextToken=")
    signed.refused("an empty token", signed.sign(request), "ValidationException", 400)


def once(client, mine, theirs):
    """The same request twice is one; with other content it is a conflict; elsewhere it is another."""
    made = task(client, mine, title="once", clientToken="token-1")
    again = task(client, mine, title="once", clientToken="token-1")
    assert again["taskId"] == made["taskId"], f"{again} isn't {made}"
    for other in (
        {"title": "twice"},
        {"title": "once", "priority": "LOW"},
        {"title": "once", "description": "more"},
    ):
        reach.refused(
            "ConflictException", client.create_backlog_task, **ask(mine, clientToken="token-1", **other)
        )
    assert task(client, theirs, title="twice", clientToken="token-1")["agentSpaceId"] == theirs
    fired = trigger(client, mine, clientToken="token-2")
    assert trigger(client, mine, clientToken="token-2") == fired
    reach.refused(
        "ConflictException",
        client.create_trigger,
        **trigger_ask(mine, clientToken="token-2", action={"prompt": "go home"}),
    )
    made = client.create_agent_space(name="once", clientToken="token-3")["agentSpace"]
    assert client.create_agent_space(name="once", clientToken="token-3")["agentSpace"] == made
    reach.refused(
        "ConflictException", client.create_agent_space, name="twice", clientToken="token-3"
    )


def ask(space, **more):
    return {"agentSpaceId": space, "taskType": "INVESTIGATION", "priority": "HIGH", **more}


def task(client, space, **more):
    return client.create_backlog_task(**ask(space, **more))["task"]


def trigger_ask(space, **more):
    condition = {"schedule": {"expression": "rate(1 hour)"}}
    return {
        "agentSpaceId": space,
        "type": "TIME_BASED",
        "condition": condition,
        "action": {"prompt": "look around"},
        **more,
    }


def trigger(client, space, **more):
    return client.create_trigger(**trigger_ask(space, **more))["trigger"]


def changed(token):
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    return token[:middle] + other + token[middle + 1 :]

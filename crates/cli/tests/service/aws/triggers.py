"""Triggers: one for each way to tell a schedule; made, read, listed, switched off, deleted."""

import reach

EXPRESSION = {"expression": "rate(1 hour)"}
CONDITIONS = [
    EXPRESSION,
    {"spec": {"cron": {"expression": "0 8 ? * MON-FRI *"}}},
    {"spec": {"timeRange": {"startAfter": "02:00", "startBefore": "04:00", "recurrence": {"daily": {}}}}},
    {
        "spec": {
            "timeRange": {
                "startAfter": "22:30",
                "startBefore": "23:00",
                "recurrence": {"weekly": {"dayOfWeek": "SUNDAY"}},
            }
        }
    },
    {
        "spec": {
            "timeRange": {
                "startAfter": "05:00",
                "startBefore": "06:00",
                "recurrence": {"monthly": {"dayOfMonth": 1}},
            }
        }
    },
]
ACTION = {"agent": "on-call", "prompt": "Look around.", "depth": 2, "quiet": True, "where": [None, 1.5]}


def live(client, space):
    made = [create(client, space, schedule) for schedule in CONDITIONS]
    refused_schedules(client, space)
    listed = reach.pages(client.list_triggers, "items", {"maxResults": 2}, agentSpaceId=space)
    by_id = {one["triggerId"]: one for one in listed}
    assert by_id == {one["triggerId"]: one for one in made} and len(listed) == len(made), listed
    pages = client.get_paginator("list_triggers").paginate(agentSpaceId=space)
    assert [one for page in pages for one in page["items"]] == listed
    first = made[0]["triggerId"]
    off = client.update_trigger(agentSpaceId=space, triggerId=first, status="DISABLED")["trigger"]
    assert off["status"] == "DISABLED" and off["condition"] == made[0]["condition"], off
    assert client.get_trigger(agentSpaceId=space, triggerId=first)["trigger"] == off
    found = client.list_triggers(agentSpaceId=space, status="DISABLED")["items"]
    assert found == [off], f"only what is off: {found}"
    assert len(client.list_triggers(agentSpaceId=space, status=made[1]["status"])["items"]) == len(made) - 1
    for one in made:
        client.delete_trigger(agentSpaceId=space, triggerId=one["triggerId"])
    for call in ("get_trigger", "delete_trigger"):
        reach.refused(
            "ResourceNotFoundException", getattr(client, call), agentSpaceId=space, triggerId=first
        )
    assert client.list_triggers(agentSpaceId=space)["items"] == []
    reach.say(f"{len(made)} triggers lived from their making to their end")


def create(client, space, schedule):
    trigger = client.create_trigger(
        agentSpaceId=space, type="TIME_BASED", condition={"schedule": schedule}, action=ACTION
    )["trigger"]
    told = trigger["condition"]["schedule"]
    assert told["expression"], f"the expression is always told: {trigger}"
    for member, value in schedule.items():
        assert told[member] == value, f"{member}: {trigger}"
    assert ("spec" in told) == ("spec" in schedule), trigger
    assert trigger["action"] == ACTION and trigger["type"] == "TIME_BASED", trigger
    assert client.get_trigger(agentSpaceId=space, triggerId=trigger["triggerId"])["trigger"] == trigger
    return trigger


def refused_schedules(client, space):
    for schedule in (
        {},
        {**EXPRESSION, "spec": CONDITIONS[1]["spec"]},
        {"expression": "every now and then"},
        {"expression": "rate(0 hours)"},
        {"expression": "cron(8 ? * MON)"},
    ):
        reach.refused(
            "ValidationException",
            client.create_trigger,
            agentSpaceId=space,
            type="TIME_BASED",
            condition={"schedule": schedule},
            action=ACTION,
        )

"""Goals and recommendations: what is there is listed and changed, what isn't is said not to be there."""

import reach


def goals(client, space):
    everything = reach.pages(client.list_goals, "goals", {"limit": 1}, agentSpaceId=space)
    pages = client.get_paginator("list_goals").paginate(agentSpaceId=space)
    assert [goal for page in pages for goal in page["goals"]] == everything
    for words, member in [({"status": "ACTIVE"}, "status"), ({"goalType": "ONCALL_REPORT"}, "goalType")]:
        found = client.list_goals(agentSpaceId=space, **words)["goals"]
        wanted = [goal for goal in everything if goal[member] == words[member]]
        assert found == wanted, f"{words}: {found}"
    for goal in everything:
        for state in ("DISABLED", "ENABLED"):
            changed = client.update_goal(
                agentSpaceId=space, goalId=goal["goalId"], evaluationSchedule={"state": state}
            )["goal"]
            assert changed["evaluationSchedule"]["state"] == state, changed
            assert changed["version"] > goal["version"], changed
    reach.refused(
        "ResourceNotFoundException",
        client.update_goal,
        agentSpaceId=space,
        goalId="none",
        evaluationSchedule={"state": "DISABLED"},
    )
    reach.say(f"{len(everything)} goals are listed and changed")


def recommendations(client, space):
    everything = reach.pages(
        client.list_recommendations, "recommendations", {"limit": 1}, agentSpaceId=space
    )
    for words in ({"status": "PROPOSED"}, {"priority": "HIGH"}, {"taskId": "none"}, {"goalId": "none"}):
        found = client.list_recommendations(agentSpaceId=space, **words)["recommendations"]
        ((member, value),) = words.items()
        assert found == [one for one in everything if one.get(member) == value], f"{words}: {found}"
    for one in everything:
        identifier = one["recommendationId"]
        got = client.get_recommendation(agentSpaceId=space, recommendationId=identifier)
        assert got["recommendation"] == one, got
    for call, words in [("get_recommendation", {}), ("update_recommendation", {"status": "ACCEPTED"})]:
        reach.refused(
            "ResourceNotFoundException",
            getattr(client, call),
            agentSpaceId=space,
            recommendationId="none",
            **words,
        )
    reach.say(f"{len(everything)} recommendations are listed and read")

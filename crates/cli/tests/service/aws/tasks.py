"""Tasks: started, followed to their end, run again, cancelled, and listed every way."""

import time
import itertools

import reach

ENDED = ("COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "SKIPPED", "LINKED")


def get(client, space, task):
    return client.get_backlog_task(agentSpaceId=space, taskId=task)["task"]


def followed(client, space, task):
    """The task once it has ended."""

    def look():
        found = get(client, space, task)
        return found if found["status"] in ENDED else None

    return reach.until(f"the end of {task}", look)


def executions(client, space, task, size=1):
    return reach.pages(
        client.list_executions, "executions", {"limit": size}, agentSpaceId=space, taskId=task
    )


def investigate(client, space, made):
    """Starts an investigation and follows it to its verdict."""
    ask = {
        "agentSpaceId": space,
        "taskType": "INVESTIGATION",
        "title": "Payments answer slowly",
        "description": "p99 of POST /pay is over 3 s since noon",
        "priority": "HIGH",
        "reference": {
            "system": "ticket",
            "title": "Slow payments",
            "referenceId": "T-4711",
            "referenceUrl": "https://tickets.example.com/T-4711",
            "associationId": made["eventChannel"]["associationId"],
        },
        "clientToken": "the-first-investigation",
    }
    task = client.create_backlog_task(**ask)["task"]
    for member in ("agentSpaceId", "taskType", "title", "description", "priority", "reference"):
        assert task[member] == ask[member], f"{member}: {task}"
    again = client.create_backlog_task(**ask)["task"]
    assert again["taskId"] == task["taskId"], f"the same token twice: {task} and {again}"
    reach.refused("ConflictException", client.create_backlog_task, **{**ask, "priority": "LOW"})
    ended = followed(client, space, task["taskId"])
    assert ended["status"] == "COMPLETED", ended
    assert ended["version"] > task["version"] and ended["updatedAt"] >= task["createdAt"], ended
    assert ended["executionId"], ended
    runs = executions(client, space, task["taskId"])
    assert ended["executionId"] in [run["executionId"] for run in runs], runs
    reach.refused(
        "ResourceNotFoundException", client.get_backlog_task, agentSpaceId=space, taskId="none"
    )
    reach.say(f"{task['taskId']} is COMPLETED after {len(runs)} executions")
    return task["taskId"]


def run_again(client, space, task):
    """An ended task that is pending again is looked at again."""
    before = executions(client, space, task)
    answer = client.update_backlog_task(
        agentSpaceId=space, taskId=task, taskStatus="PENDING_START", clientToken="run-again"
    )["task"]
    assert answer["taskId"] == task, answer
    reach.until(
        "another execution", lambda: len(executions(client, space, task)) > len(before)
    )
    ended = followed(client, space, task)
    assert ended["status"] == "COMPLETED", ended
    after = executions(client, space, task, size=100)
    known = {run["executionId"] for run in before}
    assert known < {run["executionId"] for run in after}, f"{before} became {after}"
    assert after == executions(client, space, task), "one to a page lists otherwise"
    reach.say(f"run again, it has {len(after)} executions")


def cancel(client, space, ended):
    """What has ended can't be cancelled; what hasn't, can."""
    reach.refused(
        "ConflictException",
        client.update_backlog_task,
        agentSpaceId=space,
        taskId=ended,
        taskStatus="CANCELED",
    )
    caught = None
    for number in range(20):
        task = client.create_backlog_task(
            agentSpaceId=space, taskType="INVESTIGATION", title=f"Never mind {number}", priority="LOW"
        )["task"]["taskId"]
        try:
            answer = client.update_backlog_task(
                agentSpaceId=space, taskId=task, taskStatus="CANCELED"
            )["task"]
        except client.exceptions.ConflictException:
            continue  # It was quicker.
        assert answer["status"] == "CANCELED", answer
        caught = task
        break
    if caught:
        assert followed(client, space, caught)["status"] == "CANCELED"
        reach.refused(
            "ConflictException",
            client.update_backlog_task,
            agentSpaceId=space,
            taskId=caught,
            taskStatus="CANCELED",
        )
    for status in ("COMPLETED", "FAILED", "LINKED", "IN_PROGRESS"):
        reach.refused(
            "ValidationException",
            client.update_backlog_task,
            agentSpaceId=space,
            taskId=ended,
            taskStatus=status,
        )
    reach.say(f"an ended task can't be cancelled, {'another was' if caught else 'none was slow enough'}")


def settled(client, space):
    """The whole list, when nothing changes any more: what is COMPLETED is looked at again for a while."""
    before = None
    for _ in range(100):
        everything = listed(client, space)
        if everything == before:
            return everything
        before = everything
        time.sleep(0.3)
    raise AssertionError("tasks don't settle")


def list_every_way(client, space):
    """Each filter and order, page by page, against the same done by hand on the whole list."""
    for priority in ("LOW", "CRITICAL", "MINIMAL", "MEDIUM"):
        task = client.create_backlog_task(
            agentSpaceId=space, taskType="INVESTIGATION", title=priority, priority=priority
        )["task"]["taskId"]
        followed(client, space, task)
    skipped = client.create_backlog_task(
        agentSpaceId=space, taskType="EVALUATION", title="How do we do?", priority="LOW"
    )["task"]
    assert skipped["status"] == "SKIPPED" and skipped["statusReason"], f"nobody does that: {skipped}"
    everything = settled(client, space)
    assert everything == listed(client, space, size=1), "one to a page lists otherwise"
    newest_first = [task["createdAt"] for task in everything]
    assert newest_first == sorted(newest_first, reverse=True), "the newest isn't first"
    pages = client.get_paginator("list_backlog_tasks").paginate(
        agentSpaceId=space, PaginationConfig={"PageSize": 3}
    )
    assert [task for page in pages for task in page["tasks"]] == everything
    middle = everything[len(everything) // 2]["createdAt"]
    for words, wanted in [
        ({"priority": ["HIGH"]}, lambda task: task["priority"] == "HIGH"),
        ({"status": ["COMPLETED"]}, lambda task: task["status"] == "COMPLETED"),
        ({"status": ["FAILED"]}, lambda task: task["status"] == "FAILED"),
        ({"taskType": ["INVESTIGATION"]}, lambda task: task["taskType"] == "INVESTIGATION"),
        ({"taskType": ["EVALUATION"]}, lambda task: task["taskType"] == "EVALUATION"),
        ({"taskType": ["RELEASE_TESTING"]}, lambda task: False),
        ({"createdAfter": middle}, lambda task: task["createdAt"] >= middle),
        ({"createdBefore": middle}, lambda task: task["createdAt"] < middle),
        ({"priority": ["LOW"], "status": ["SKIPPED"]}, lambda task: task["status"] == "SKIPPED"),
        (
            {"priority": ["HIGH"], "status": ["COMPLETED"], "taskType": ["INVESTIGATION"]},
            lambda task: task["priority"] == "HIGH" and task["status"] == "COMPLETED",
        ),
        ({"primaryTaskId": "none"}, lambda task: False),
    ]:
        by_hand = [task for task in everything if wanted(task)]
        for order, size in itertools.product(("ASC", "DESC"), (2, 100)):
            found = listed(client, space, size, filter=words, sortField="CREATED_AT", order=order)
            expected = by_hand[::-1] if order == "ASC" else by_hand
            assert ids(found) == ids(expected), f"{words} {order}: {ids(found)}, not {ids(expected)}"
    urgency = ("MINIMAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
    for order, words in itertools.product(("ASC", "DESC"), ({}, {"filter": {"createdAfter": middle}})):
        found = listed(client, space, 2, sortField="PRIORITY", order=order, **words)
        ranks = [urgency.index(task["priority"]) for task in found]
        assert ranks == sorted(ranks, reverse=order == "DESC"), f"by priority {order}: {ranks}"
        expected = [task for task in everything if not words or task["createdAt"] >= middle]
        assert sorted(ids(found)) == sorted(ids(expected)), f"by priority there are others: {words}"
    reach.say(f"{len(everything)} tasks are listed by every filter in every order")


def listed(client, space, size=100, **words):
    return reach.pages(
        client.list_backlog_tasks, "tasks", {"limit": size}, agentSpaceId=space, **words
    )


def ids(tasks):
    return [task["taskId"] for task in tasks]

"""The journal of executions: read page by page in both orders, and by the kind of record."""

import reach
import tasks

# What an investigation without anything to look at still says.
ALWAYS = {"planning", "investigation_summary_md", "investigation_gap"}


def read(client, space, task):
    kinds = set()
    for run in tasks.executions(client, space, task):
        kinds |= of_execution(client, space, run["executionId"])
    assert ALWAYS <= kinds, f"{sorted(ALWAYS - kinds)} among {sorted(kinds)} missing"
    reach.refused(
        "ResourceNotFoundException",
        client.list_journal_records,
        agentSpaceId=space,
        executionId="none",
    )
    reach.refused(
        "ResourceNotFoundException", client.list_executions, agentSpaceId=space, taskId="none"
    )
    reach.say(f"the journal tells of {', '.join(sorted(kinds))}")


def of_execution(client, space, execution):
    """Reads it every way; gives the kinds of its records."""

    def records(size=100, **words):
        return reach.pages(
            client.list_journal_records,
            "records",
            {"limit": size},
            agentSpaceId=space,
            executionId=execution,
            **words,
        )

    everything = records()
    assert everything, f"{execution} has no record"
    ids = [record["recordId"] for record in everything]
    assert len(ids) == len(set(ids)), f"a record twice: {ids}"
    for record in everything:
        assert record["content"] not in (None, "", {}, []), f"nothing in {record}"
        if record["recordType"].endswith("_md"):
            assert isinstance(record["content"], str), f"Markdown is text: {record}"
        assert record["executionId"] == execution and record["agentSpaceId"] == space, record
    times = [record["createdAt"] for record in everything]
    assert times == sorted(times, reverse=True), "the newest isn't first"
    for size in (1, 2, 3, len(ids), 100):
        assert records(min(size, 100), order="DESC") == everything, f"{size} to a page, newest first"
        assert records(min(size, 100), order="ASC") == everything[::-1], f"{size} to a page, oldest first"
    pages = client.get_paginator("list_journal_records").paginate(
        agentSpaceId=space, executionId=execution, PaginationConfig={"PageSize": 4}
    )
    assert [record for page in pages for record in page["records"]] == everything
    kinds = {record["recordType"] for record in everything}
    for kind in kinds:
        wanted = [record for record in everything if record["recordType"] == kind]
        assert records(1, recordType=kind) == wanted, f"only {kind}, newest first"
        assert records(2, recordType=kind, order="ASC") == wanted[::-1], f"only {kind}, oldest first"
    assert records(recordType="") == everything, "no kind is every kind"
    assert records(recordType="no such kind") == []
    return kinds

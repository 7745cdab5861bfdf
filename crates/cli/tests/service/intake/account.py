"""A sender that doesn't give up, and the account afterwards: nothing lost, nothing twice."""

import collections
import http.client
import pathlib
import sys
import threading
import time

sys.path.insert(1, str(pathlib.Path(__file__).parent.parent / "aws"))

import reach

import senders
from nightjar import PATIENCE, until

ENDED = ("COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "SKIPPED", "LINKED")


class Sender:
    """Sends until it is answered 2xx, as alerting systems do; keeps what it was answered."""

    def __init__(self, urls, secret):
        # Asked one after the other.
        self.urls, self.secret = urls, secret
        self.lock = threading.Lock()
        self.tried, self.receipts, self.again = set(), {}, 0

    def send(self, key, title, service, ended=lambda: False):
        """Whether it was answered well before `ended`."""
        body = senders.generic(key, title, service)
        with self.lock:
            self.tried.add(key)
        attempt = 0
        give_up = time.monotonic() + PATIENCE
        while not ended() and time.monotonic() < give_up:
            url = self.urls[(hash(key) + attempt) % len(self.urls)]
            attempt += 1
            try:
                status, answer = senders.send(url, body, senders.sign_generic, self.secret)
            except (OSError, http.client.HTTPException):
                status, answer = None, None
            if status == 200:
                with self.lock:
                    assert key not in self.receipts, key
                    self.receipts[key] = answer
                    self.again += attempt - 1
                return True
            assert status is None or status >= 500, f"{key}: {status} {answer}"
            time.sleep(0.01)
        return False


def settled(client, space):
    """All tasks, once each of them has ended."""

    def look():
        found = reach.pages(client.list_backlog_tasks, "tasks", {"limit": 100}, agentSpaceId=space.id)
        return found if all(task["status"] in ENDED for task in found) else None

    return until("the end of all tasks", look)


def check(client, space, sender, told):
    """What was answered 2xx is there once, with what came of it, and nothing else is; gives what there is."""
    tasks = settled(client, space)
    alerts = space.all("/alerts")
    keys = collections.Counter(one["alert"]["key"] for one in alerts)
    assert all(number == 1 for number in keys.values()), [k for k, n in keys.items() if n > 1]
    assert set(sender.receipts) <= set(keys), f"lost: {sorted(set(sender.receipts) - set(keys))[:5]}"
    assert set(keys) <= sender.tried, "alerts that nobody sent"
    by_key = {one["alert"]["key"]: one for one in alerts}
    by_caller = collections.Counter(task["reference"]["referenceId"] for task in tasks if "reference" in task)
    assert all(number == 1 for number in by_caller.values()), by_caller
    assert len(tasks) == len(alerts), f"{len(tasks)} tasks of {len(alerts)} alerts"
    named = {task["taskId"]: task for task in tasks}
    deliveries = {one["id"]: one for one in space.all("/deliveries")}
    for key, receipt in sender.receipts.items():
        assert by_key[key]["id"] == receipt["alertId"], (key, receipt)
        assert receipt["taskId"] in named, (key, receipt)
        delivery = deliveries[receipt["deliveryId"]]
        assert receipt["alertId"] in delivery["alerts"], (receipt, delivery)
    incidents(space, tasks, by_key)
    events(space, tasks, told)
    return tasks, alerts


def incidents(space, tasks, by_key):
    """Each alert is in one incident, and of each incident one task is the primary."""
    listed = {one["id"] for one in space.all("/incidents")}
    used = collections.Counter(one["incident"] for one in by_key.values())
    assert set(used) == listed, f"{sorted(set(used) ^ listed)[:5]} on one side only"
    primaries = [task for task in tasks if "primaryTaskId" not in task]
    assert len(primaries) == len(listed), f"{len(primaries)} primary tasks of {len(listed)} incidents"
    named = {task["taskId"] for task in primaries}
    for task in tasks:
        assert task.get("primaryTaskId", task["taskId"]) in named, task


def events(space, tasks, told):
    """Each event arrived; of each task one said that it was made."""
    pending = "/events?state=pending&limit=1"
    # What a killed process had on its way is held for a minute.
    until("all events arrive", lambda: not space.ask("GET", pending)["items"], patience=120)
    sent = space.all("/events")
    assert all(event["state"] == "delivered" for event in sent), sent[:3]
    ids = [event["event_id"] for event in sent]
    assert len(ids) == len(set(ids)), "an event twice"
    came = {event["id"]: event for event in told.events()}
    assert set(came) == set(ids), f"{len(came)} came of {len(ids)}"
    made = collections.Counter(e["subject"] for e in came.values() if e["type"].endswith("investigation.created"))
    assert made == collections.Counter(task["taskId"] for task in tasks), "made twice, or not told"

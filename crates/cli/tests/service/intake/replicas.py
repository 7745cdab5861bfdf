"""Three processes over one PostgreSQL: one does all, one answers, one works. Alerts come to both that answer; the
one that does all is killed with -9 in the middle.
"""

import threading
import time

import account
import nightjar
from account import reach
from nightjar import say, until
from subscriber import Subscriber

ALERTS = 60
SENDERS = 4
# A killed worker's jobs are taken up again soon.
SETTINGS = {
    "worker.lease_seconds": "2",
    # As replicas stand behind one name; an event that comes twice says the same, its link too.
    "server.public_url": "https://nightjar.example.com",
}


def main():
    key = nightjar.key()
    one = nightjar.Service(SETTINGS, "all", "one").start()
    two = nightjar.Service(SETTINGS, "api", "two").start()
    three = nightjar.Service(SETTINGS, "worker", "three").start()
    try:
        live(key, one, two)
    finally:
        for service in (one, two, three):
            service.kill()
    nightjar.verify()
    print("all is well")


def live(key, one, two):
    space = nightjar.Space(two, key["token"], "replicas")
    space.connect(nightjar.happening_now())
    told = Subscriber()
    told.secret = space.subscribe(told.url)["secret"]
    hook = space.webhook("generic", "hmac")
    urls = [f"{service.base}/webhook/{hook['id']}" for service in (one, two)]
    sender = account.Sender(urls, hook["secret"])
    wrong = []
    threads = [threading.Thread(target=storm, args=(sender, n, wrong)) for n in range(SENDERS)]
    for thread in threads:
        thread.start()
    # In the middle of it, and while it works.
    until("half of them are in", lambda: len(sender.receipts) >= ALERTS // 2)
    one.kill()
    before = len(sender.receipts)
    for thread in threads:
        thread.join()
    assert not wrong, wrong
    assert len(sender.receipts) == ALERTS, len(sender.receipts)
    say(f"one of three was killed after {before} of {ALERTS} alerts; all were answered in the end")
    client = reach.client(key["accessKeyId"], key["secretAccessKey"], two.base)
    tasks, alerts = account.check(client, space, sender, told)
    assert len(alerts) == ALERTS, len(alerts)
    main_one = next(one for one in alerts if one["alert"]["key"] == "alert-0-0")
    cause = until("a cause", lambda: cause_of(space, main_one["incident"]))
    assert "checkout" in cause, cause
    incidents = len(space.all("/incidents"))
    say(f"{len(alerts)} alerts, {len(tasks)} tasks, {incidents} incidents, {len(told.events())} events: each once")


def cause_of(space, incident):
    found = space.ask("GET", f"/incidents/{incident}/root-cause")
    return str(found) if "bad_deployment" in str(found) else None


# The first two hang together with the trouble that there is; the others are about what nobody knows.
SERVICES = ("checkout", "api-gateway", "unknown-a", "unknown-b", "unknown-c")


def storm(sender, number, wrong):
    try:
        for count in range(ALERTS // SENDERS):
            service = SERVICES[count % len(SERVICES)]
            assert sender.send(f"alert-{number}-{count}", f"{service} answers with errors", service)
            time.sleep(0.02)
    except BaseException as error:
        wrong.append(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()

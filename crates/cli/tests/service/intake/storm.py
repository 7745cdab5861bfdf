"""`kill -9` a hundred times at moments of chance while alerts come: nothing that was answered is lost, nothing
happens twice. SEED and KILLS may say otherwise.
"""

import collections
import os
import random
import threading
import time

import account
import nightjar
from account import reach
from nightjar import say
from subscriber import Subscriber

SEED = int(os.environ.get("SEED", "1"))
KILLS = int(os.environ.get("KILLS", "100"))
# Senders at a time, and the services that their alerts are about.
SENDERS = 3
SERVICES = 12
# The longest that a service lives, seconds.
LONGEST = 0.5


def main():
    dice = random.Random(SEED)
    key = nightjar.key()
    service = nightjar.Service().start()
    space = nightjar.Space(service, key["token"], "storm")
    told = Subscriber()
    told.secret = space.subscribe(told.url)["secret"]
    hook = space.webhook("generic", "hmac")
    sender = account.Sender([hook["url"]], hook["secret"])
    over, wrong = threading.Event(), []
    threads = [
        threading.Thread(target=storm, args=(sender, number, over, wrong)) for number in range(SENDERS)
    ]
    for thread in threads:
        thread.start()
    begun = time.monotonic()
    for _ in range(KILLS):
        # Most moments are soon after the start, when there is most to be taken up again.
        time.sleep(LONGEST * dice.random() ** 2)
        service.kill()
        service.start()
        assert not wrong, wrong
    took = time.monotonic() - begun
    over.set()
    for thread in threads:
        thread.join()
    assert not wrong, wrong
    client = reach.client(key["accessKeyId"], key["secretAccessKey"], service.base)
    tasks, alerts = account.check(client, space, sender, told)
    incidents = len(space.all("/incidents"))
    ends = collections.Counter(task["status"] for task in tasks)
    service.kill()
    nightjar.verify()
    say(
        f"{KILLS} kills in {took:.0f} s (seed {SEED}): {len(sender.receipts)} alerts were answered after "
        f"{sender.again} attempts in vain; {len(alerts)} alerts, {len(tasks)} tasks {dict(ends)}, {incidents} incidents, "
        f"{len(told.events())} events in {len(told.came)} deliveries"
    )
    print("all is well")


def storm(sender, number, over, wrong):
    count = 0
    try:
        while not over.is_set():
            count += 1
            service = f"service-{(count * SENDERS + number) % SERVICES}"
            # What was begun is brought to its end.
            assert sender.send(f"storm-{number}-{count}", f"{service} fails", service)
            time.sleep(0.02)
    except BaseException as error:
        wrong.append(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()

"""A day on call, as somebody lives it who tries Nightjar: alerts of five tools about trouble that goes on now,
each proved as its tool does it, followed by boto3 to a verdict, and told of on an address of one's own.
"""

import os
import pathlib
import subprocess
import sys

sys.path.insert(1, str(pathlib.Path(__file__).parent.parent / "aws"))

import reach
import tasks

import nightjar
import senders
import topic
from nightjar import say, until
from subscriber import Subscriber

ONE = {"incidentId": "ACME-4711", "title": "checkout: more than 5 % of requests fail"}


def main():
    topic_ = topic.Topic()
    sns = {"server.sns.origin": topic_.origin, "server.sns.certificate_name": topic.NAME}
    key = nightjar.key()
    with nightjar.Service(sns) as service:
        os.environ["NIGHTJAR_TOKEN"] = key["token"]
        client = reach.client(key["accessKeyId"], key["secretAccessKey"], service.base)
        reach.URL = service.base
        day = Day(service, key, client, topic_)
        day.prepare()
        day.five_tools_tell_of_it()
        day.one_is_worked_on_and_the_others_are_linked()
        day.the_journal_is_followed_to_the_verdict()
        day.the_endpoint_was_told()
        day.an_alert_is_taken_out()
        day.an_alert_is_skipped_and_back()
        day.what_is_wrong_is_refused()
        day.secrets_change()
        day.it_is_over()
    nightjar.verify()
    print("all is well")


class Day:
    def __init__(self, service, key, client, topic_):
        self.service, self.client, self.topic = service, client, topic_
        self.space = nightjar.Space(service, key["token"])
        self.told = Subscriber()
        self.hooks = {}
        self.stream = None

    def prepare(self):
        """Something to look at, an address for each tool, one of one's own, and a look at the journal."""
        self.space.connect(nightjar.happening_now())
        subscription = self.space.subscribe(self.told.url)
        self.told.secret = subscription["secret"]
        for kind, details in (("eventChannel", {"type": "webhook"}), ("pagerduty", PAGERDUTY)):
            made = self.client.register_service(service=kind, serviceDetails={kind: details}, name=kind)
            answer = self.client.associate_service(
                agentSpaceId=self.space.id, serviceId=made["serviceId"], configuration={kind: CONFIGURED[kind]}
            )
            webhook = answer["webhook"]
            self.hooks[kind] = (webhook["webhookUrl"], webhook["webhookSecret"], webhook["webhookId"])
        for provider, auth in (
            ("alertmanager", "basic:nightjar"),
            ("grafana", "grafana:X-Grafana-Alerting-Timestamp"),
            ("cloudwatch", "sns"),
        ):
            made = self.space.webhook(provider, auth)
            self.hooks[provider] = (made["url"], made.get("secret"), made["id"])
        self.stream = Stream(self.service, self.space)
        say("a space, a recording of what happens now, five addresses, a subscription")

    def post(self, provider, message, prove, **words):
        url, secret, _ = self.hooks[provider]
        return senders.send(url, message, prove, secret, **words)

    def five_tools_tell_of_it(self):
        status, first = self.generic("created")
        assert (status, first["status"]) == (200, "accepted"), first
        status, second = self.post(
            "pagerduty", senders.pagerduty("Q1AB", "checkout is failing", "checkout"), senders.sign_pagerduty
        )
        assert (status, second["status"]) == (200, "linked"), second
        url, secret, _ = self.hooks["alertmanager"]
        message = senders.alertmanager("abcdef0123456789", "HighErrorRate", "api-gateway")
        status, third = senders.send(url, message, basic, secret)
        assert (status, third["status"]) == (200, "linked"), third
        url, _, identifier = self.hooks["cloudwatch"]
        status, answer = self.topic.deliver(url, self.topic.confirmation())
        assert status == 200 and "ConfirmSubscription" in str(self.topic.asked), (answer, self.topic.asked)
        known = self.space.ask("GET", f"/webhooks/{identifier}")
        assert known["auth"] == f"sns:{topic.ARN}", known
        alarm = senders.cloudwatch("api-gateway-5XXError", "api-gateway")
        status, fourth = self.topic.deliver(url, self.topic.notification(alarm))
        assert (status, fourth["status"]) == (200, "linked"), fourth
        message = senders.grafana("0123456789abcdef", "Disk almost full on batch-host-1", "batch-host-1")
        status, apart = self.post("grafana", message, senders.sign_grafana)
        assert (status, apart["status"]) == (200, "accepted"), apart
        assert apart["incidentId"] != first["incidentId"], apart
        for linked in (second, third, fourth):
            assert linked["incidentId"] == first["incidentId"], linked
            assert len(linked["reason"]) > 20, linked
        self.first, self.linked, self.apart = first, [second, third, fourth], apart
        status, again = self.generic("created")
        assert (status, again["status"]) == (200, "duplicate"), again
        assert again["taskId"] == first["taskId"], again
        say("four tools tell of one incident, a fifth of another; a repeat is one")

    def generic(self, action):
        message = senders.generic(ONE["incidentId"], ONE["title"], "checkout", action)
        return self.post("eventChannel", message, senders.sign_generic)

    def one_is_worked_on_and_the_others_are_linked(self):
        primary = tasks.get(self.client, self.space.id, self.first["taskId"])
        assert primary["status"] in ("PENDING_START", "IN_PROGRESS", "COMPLETED"), primary
        listed = tasks.listed(
            self.client, self.space.id, 2, filter={"primaryTaskId": self.first["taskId"]}
        )
        assert sorted(tasks.ids(listed)) == sorted(one["taskId"] for one in self.linked), listed
        for task in listed:
            assert task["status"] == "LINKED" and task["primaryTaskId"] == self.first["taskId"], task
            assert task["statusReason"], task
        ended = tasks.followed(self.client, self.space.id, self.first["taskId"])
        assert ended["status"] == "COMPLETED" and ended["hasLinkedTasks"], ended
        alone = tasks.followed(self.client, self.space.id, self.apart["taskId"])
        assert alone["status"] == "COMPLETED" and "primaryTaskId" not in alone, alone
        say(f"{ended['taskId']} is COMPLETED, three are LINKED to it, {alone['taskId']} stands alone")

    def seen(self):
        """What the last execution of the incident that saw all alerts came to."""
        incident = self.space.ask("GET", f"/incidents/{self.first['incidentId']}")
        return incident

    def the_journal_is_followed_to_the_verdict(self):
        task = self.first["taskId"]

        def found():
            runs = tasks.executions(self.client, self.space.id, task)
            for run in runs:
                records = reach.pages(
                    self.client.list_journal_records,
                    "records",
                    {"limit": 7},
                    agentSpaceId=self.space.id,
                    executionId=run["executionId"],
                    order="ASC",
                )
                kinds = [record["recordType"] for record in records]
                if "investigation_summary_md" in kinds:
                    return records
            return None

        records = until("a summary in the journal", found)
        summary = [r for r in records if r["recordType"] == "investigation_summary_md"][-1]["content"]
        assert "checkout" in summary, summary
        cause = self.space.ask("GET", f"/incidents/{self.first['incidentId']}/root-cause")
        assert "bad_deployment" in str(cause) and "checkout" in str(cause), cause
        self.stream.follow_to("root_cause")
        self.stream.end()
        say(f"the journal tells of the deployment of checkout, in {len(records)} records and live")

    def the_endpoint_was_told(self):
        task = self.first["taskId"]
        names = until(
            "Completed is told", lambda: (n := kinds(self.told.of_task(task))) and "completed" in n and n
        )
        order = [names.index(name) for name in ("created", "in_progress", "completed")]
        assert order == sorted(order), names
        completed = [e for e in self.told.of_task(task) if e["type"].endswith("investigation.completed")]
        said = completed[-1]["data"]["data"]
        assert said["caller_id"] == ONE["incidentId"], said
        assert said["incident_id"] == self.first["incidentId"], said
        assert said["verdict"]["kind"] == "cause_found", said
        path = said["link"].removeprefix(self.service.base + self.space.path)
        assert self.space.ask("GET", path)["id"] == self.first["incidentId"], path
        for linked in self.linked:
            names = until("Linked is told", lambda one=linked: kinds(self.told.of_task(one["taskId"])))
            assert "linked" in names, names
        events = self.space.all("/events")
        known = {event["event_id"] for event in events}
        assert {event["id"] for event in self.told.events()} <= known
        say(f"{len(known)} events, signed, in order, with the sender's own incident id and a link that opens")

    def an_alert_is_taken_out(self):
        out = self.linked[1]
        self.space.ask("POST", f"/alerts/{out['alertId']}/unlink")
        alert = self.space.ask("GET", f"/alerts/{out['alertId']}")
        assert alert["incident"] not in (None, self.first["incidentId"]), alert

        def ended():
            task = tasks.get(self.client, self.space.id, out["taskId"])
            return task if task["status"] == "COMPLETED" and "primaryTaskId" not in task else None

        task = until("its own investigation", ended)
        assert task["executionId"], task
        fresh = self.space.ask("GET", f"/incidents/{alert['incident']}")
        assert "verdict" in str(fresh), fresh
        left = self.space.all(f"/incidents/{self.first['incidentId']}/alerts")
        assert out["alertId"] not in [one["id"] for one in left], left
        self.out_of = alert["incident"]
        say(f"taken out, an alert is {alert['incident']}, with an investigation of its own")

    def an_alert_is_skipped_and_back(self):
        alert, task = self.apart["alertId"], self.apart["taskId"]
        self.space.ask("POST", f"/alerts/{alert}/skip")
        assert tasks.get(self.client, self.space.id, task)["status"] == "SKIPPED"
        self.space.ask("POST", f"/alerts/{alert}/unskip")
        ended = until(
            "it is looked at again",
            lambda: (t := tasks.get(self.client, self.space.id, task))["status"] == "COMPLETED" and t,
        )
        assert "primaryTaskId" not in ended, ended
        say("an alert is skipped, and worked on again when somebody says so")

    def what_is_wrong_is_refused(self):
        url, secret, identifier = self.hooks["eventChannel"]
        before = len(self.space.all("/deliveries"))
        message = senders.generic("ACME-1", "x", "checkout")
        for what, prove, with_secret, words in (
            ("another secret", senders.sign_generic, "other", {}),
            ("a stale time", senders.sign_generic, secret, {"at": senders.now(301)}),
            ("a time to come", senders.sign_generic, secret, {"at": senders.now(-330)}),
            ("another tool's signature", senders.sign_pagerduty, secret, {}),
            ("the secret itself", senders.bearer, secret, {}),
            ("no proof", lambda _secret, _body: {}, secret, {}),
        ):
            status, answer = senders.send(url, message, prove, with_secret, **words)
            assert status == 403 and answer["status"] == "rejected", f"{what}: {status} {answer}"
        assert len(self.space.all("/deliveries")) == before, "what isn't the sender's is kept"
        status, answer = senders.send(url, b"all is lost", senders.sign_generic, secret)
        assert status == 422 and answer["status"] == "rejected", f"{status} {answer}"
        rejected = self.space.all(f"/deliveries?status=rejected&webhook={identifier}")
        assert [one["id"] for one in rejected] == [answer["deliveryId"]], rejected
        assert rejected[0]["reason"] and rejected[0]["raw"]["payload"] == "all is lost", rejected
        url, _, _ = self.hooks["cloudwatch"]
        forged = self.topic.notification(senders.cloudwatch("a", "b"), key=other_key())
        status, answer = self.topic.deliver(url, forged)
        assert status == 403, f"signed with another key: {status} {answer}"
        status, _ = nightjar.post(self.service.base + "/webhook/none", b"{}")
        assert status == 404, status
        say("wrong and stale signatures are 403; what nobody can read is 422, and kept as rejected")

    def secrets_change(self):
        url, old, identifier = self.hooks["eventChannel"]
        new = self.space.ask("POST", f"/webhooks/{identifier}/rotate", {"overlap_hours": 1})["secret"]
        for secret, number in ((old, 1), (new, 2)):
            message = senders.generic(f"R-{number}", "rotated", "nowhere", priority="LOW")
            status, answer = senders.send(url, message, senders.sign_generic, secret)
            assert status == 200, f"secret {number}: {status} {answer}"
        newest = self.space.ask("POST", f"/webhooks/{identifier}/rotate", {"overlap_hours": 0})["secret"]
        found = [
            senders.send(url, senders.generic("R-3", "rotated", "nowhere"), senders.sign_generic, secret)[0]
            for secret in (old, new, newest)
        ]
        assert found == [403, 403, 200], found
        self.hooks["eventChannel"] = (url, newest, identifier)
        say("while secrets overlap both count, afterwards only the new one")

    def it_is_over(self):
        status, answer = self.generic("resolved")
        assert (status, answer["status"]) == (200, "duplicate"), answer
        assert answer["alertId"] == self.first["alertId"], answer
        message = senders.pagerduty("Q1AB", "checkout is failing", "checkout", "resolved")
        status, answer = self.post("pagerduty", message, senders.sign_pagerduty)
        assert (status, answer["status"]) == (200, "duplicate"), answer
        message = senders.cloudwatch("api-gateway-5XXError", "api-gateway", "OK")
        status, answer = self.topic.deliver(self.hooks["cloudwatch"][0], self.topic.notification(message))
        assert (status, answer["status"]) == (200, "duplicate"), answer

        def resolved():
            alerts = self.space.all(f"/incidents/{self.first['incidentId']}/alerts")
            return alerts and all(one["alert"]["status"] == "resolved" for one in alerts)

        until("all alerts are resolved", resolved)

        def looked():
            records = self.space.ask("GET", f"/incidents/{self.first['incidentId']}/journal?limit=1000")
            return "alert resolved" in str(records)

        until("the incident was looked at because of it", looked)
        status, answer = self.post("pagerduty", senders.pagerduty("Q9", "x", "y", "resolved"), senders.sign_pagerduty)
        assert status == 200 and answer["alerts"][0]["status"] == "skipped", answer
        say("resolved alerts are told to their incident; a resolve of something unknown asks for nothing")


class Stream:
    """The live journal, as curl follows it."""

    def __init__(self, service, space):
        self.file = nightjar.SCRATCH / "stream"
        headers = ["-H", f"Authorization: Bearer {space.token}", "-H", "Accept: text/event-stream"]
        with self.file.open("wb") as out:
            self.curl = subprocess.Popen(
                ["curl", "-sSN", "--max-time", "120", *headers, f"{service.base}{space.path}/journal/stream"],
                stdout=out,
            )

    def events(self):
        return [line[7:] for line in self.file.read_text().splitlines() if line.startswith("event: ")]

    def follow_to(self, kind):
        until(f"{kind} in the stream", lambda: kind in self.events())

    def end(self):
        self.curl.kill()
        self.curl.wait()
        lines = self.file.read_text().splitlines()
        ids = [int(line[4:]) for line in lines if line.startswith("id: ")]
        assert ids == sorted(set(ids)) and ids, "the stream's ids don't rise"


PAGERDUTY = {
    "scopes": ["incidents.read"],
    "authorizationConfig": {"oAuthClientCredentials": {"clientId": "n", "clientSecret": "Geheim-0123456789"}},
}
CONFIGURED = {
    "eventChannel": {},
    "pagerduty": {"services": ["P1"], "customerEmail": "on-call@example.com"},
}


def basic(secret, _body):
    import base64

    return {"Authorization": "Basic " + base64.b64encode(f"nightjar:{secret}".encode()).decode()}


def kinds(events):
    return [event["type"].rsplit(".", 1)[-1] for event in events]


def other_key():
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


if __name__ == "__main__":
    main()

"""A real Prometheus with a rule that fires, and a real Alertmanager that sends what it says to a webhook: the task,
the repeat, the end.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time

import account
import nightjar
from account import reach
from nightjar import post, say, until

TOOLS = pathlib.Path(os.environ.get("TOOLS", "target/tools")) / "prometheus/usr/bin"
RULE = """groups:
- name: shop
  interval: 500ms
  rules:
  - alert: CheckoutFails
    expr: {expression}
    labels: {{service: checkout, severity: critical, namespace: shop}}
    annotations: {{summary: "more than 5 % of requests of checkout fail"}}
"""
PROMETHEUS = """global: {{scrape_interval: 500ms, evaluation_interval: 500ms}}
rule_files: [rule.yml]
alerting:
  alertmanagers:
  - static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
# With the same labels it is one group, told at once, and again after two seconds.
ALERTMANAGER = """global: {{resolve_timeout: 5m}}
route: {{receiver: nightjar, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 2s}}
receivers:
- name: nightjar
  webhook_configs:
  - url: {url}
    send_resolved: true
    http_config: {{authorization: {{type: Bearer, credentials_file: {secret}}}}}
"""


def main():
    programs = [find("prometheus"), find("prometheus-alertmanager")]
    if None in programs:
        print("skipped: Prometheus and Alertmanager aren't there (make tools)\nall is well")
        return
    key = nightjar.key()
    with nightjar.Service() as service, Processes() as processes:
        space = nightjar.Space(service, key["token"], "prometheus")
        space.connect(nightjar.happening_now())
        hook = space.webhook("alertmanager")
        assert hook["auth"] == "apikey", hook
        folder = Monitoring(processes, *programs, hook)
        client = reach.client(key["accessKeyId"], key["secretAccessKey"], service.base)
        live(folder, client, space, hook)
    nightjar.verify()
    print("all is well")


def live(monitoring, client, space, hook):
    monitoring.fire(True)
    monitoring.start()
    begun = time.monotonic()
    (first,) = until("a task", lambda: deliveries(space, hook, "accepted"))
    seconds = time.monotonic() - begun
    (alert,) = space.all("/alerts")
    assert alert["alert"]["provider"] == "alertmanager", alert
    assert alert["alert"]["labels"]["service"] == "checkout", alert
    assert alert["alert"]["status"] == "firing", alert
    (task,) = account.settled(client, space)
    assert task["status"] == "COMPLETED", task
    cause = str(space.ask("GET", f"/incidents/{alert['incident']}/root-cause"))
    assert "bad_deployment" in cause and "checkout" in cause, cause
    say(f"a rule fired, and after {seconds:.1f} s it was a task, which came to the deployment of checkout")
    until("a repeat", lambda: len(deliveries(space, hook, "duplicate")) >= 2)
    assert len(deliveries(space, hook, "accepted")) == 1 and len(space.all("/alerts")) == 1
    say("what Alertmanager repeats is no second alert")
    monitoring.fire(False)
    ended = until(
        "the end is told",
        lambda: (a := space.ask("GET", f"/alerts/{alert['id']}"))["alert"]["status"] == "resolved" and a,
    )
    assert ended["alert"]["ends_at"] and ended["incident"] == alert["incident"], ended

    def looked():
        path = f"/incidents/{alert['incident']}/journal?limit=1000"
        return "alert resolved" in str(space.ask("GET", path))

    until("another look because of it", looked)
    (task,) = account.settled(client, space)
    assert first["alerts"] == [alert["id"]] and task["status"] == "COMPLETED", task
    assert not deliveries(space, hook, "rejected")
    say("the rule ended, the alert is resolved, and its incident was looked at again")


def deliveries(space, hook, status):
    return space.all(f"/deliveries?status={status}&webhook={hook['id']}")


def find(program):
    if (TOOLS / program).is_file():
        return str(TOOLS / program)
    return shutil.which(program)


class Processes:
    """Programs that end with this."""

    def __init__(self):
        self.running = []

    def start(self, *words, log):
        with open(log, "wb") as out:
            self.running.append(subprocess.Popen(words, stdout=out, stderr=out, cwd=nightjar.SCRATCH))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.kill()
            process.wait()
        if sys.exc_info()[0]:
            for log in nightjar.SCRATCH.glob("*.monitoring.log"):
                print(log.name, log.read_text()[-1500:])


class Monitoring:
    def __init__(self, processes, prometheus, alertmanager, hook):
        self.processes, self.programs, self.hook = processes, (prometheus, alertmanager), hook
        self.ports = nightjar.free_port(), nightjar.free_port()
        self.folder = nightjar.SCRATCH

    def fire(self, is_firing):
        """Writes the rule, so that it fires or doesn't; a running Prometheus reads it again."""
        expression = "vector(1) > 0" if is_firing else "vector(0) > 0"
        (self.folder / "rule.yml").write_text(RULE.format(expression=expression))
        if self.processes.running:
            status, answer = post(f"http://127.0.0.1:{self.ports[0]}/-/reload", b"")
            assert status == 200, answer

    def start(self):
        templates = TOOLS.parent / "share/prometheus/alertmanager"
        if templates.is_dir():
            # Where the one of `make tools` looks for them.
            (self.folder / "alertmanager").symlink_to(templates.resolve())
        secret = self.folder / "secret"
        secret.write_text(self.hook["secret"])
        (self.folder / "prometheus.yml").write_text(PROMETHEUS.format(port=self.ports[1]))
        told = ALERTMANAGER.format(url=self.hook["url"], secret=secret)
        (self.folder / "alertmanager.yml").write_text(told)
        self.processes.start(
            self.programs[1],
            "--config.file=alertmanager.yml",
            "--storage.path=storage",
            f"--web.listen-address=127.0.0.1:{self.ports[1]}",
            "--cluster.listen-address=",
            log=self.folder / "alertmanager.monitoring.log",
        )
        self.processes.start(
            self.programs[0],
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=prometheus",
            f"--web.listen-address=127.0.0.1:{self.ports[0]}",
            "--web.enable-lifecycle",
            # Alerts from before it knows of the Alertmanager come again soon.
            "--rules.alert.resend-delay=500ms",
            log=self.folder / "prometheus.monitoring.log",
        )


if __name__ == "__main__":
    main()

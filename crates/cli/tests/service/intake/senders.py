"""Alerting systems: their messages, and how each proves that it is the sender."""

import base64
import datetime
import hashlib
import hmac
import json

from nightjar import post


def now(ago=0):
    """A time as most write it, some seconds ago."""
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def mac(secret, text, kind=hashlib.sha256):
    return hmac.new(secret.encode(), text, kind)


def sign_generic(secret, body, at=None):
    """As AWS DevOps Agent's generic webhooks are signed."""
    at = at or now()
    signature = base64.b64encode(mac(secret, at.encode() + b":" + body).digest()).decode()
    return {"x-amzn-event-timestamp": at, "x-amzn-event-signature": signature}


def sign_pagerduty(secret, body):
    return {"X-PagerDuty-Signature": f"v1={mac(secret, body).hexdigest()}"}


def sign_grafana(secret, body):
    """With the time signed too, whose header the contact point names."""
    at = str(int(datetime.datetime.now().timestamp()))
    signature = mac(secret, at.encode() + b":" + body).hexdigest()
    return {"X-Grafana-Alerting-Signature": signature, "X-Grafana-Alerting-Timestamp": at}


def bearer(secret, _body):
    return {"Authorization": f"Bearer {secret}"}


def send(url, message, prove, secret, **words):
    """Sends a message whose sender proves to be one; gives status and answer."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return post(url, body, prove(secret, body, **words))


def generic(incident, title, service, action="created", priority="HIGH", **more):
    return {
        "eventType": "incident",
        "incidentId": incident,
        "action": action,
        "priority": priority,
        "title": title,
        "timestamp": now(),
        "service": service,
        **more,
    }


def pagerduty(incident, title, service, event="triggered"):
    return {
        "event": {
            "id": f"01{incident}{event}",
            "event_type": f"incident.{event}",
            "resource_type": "incident",
            "occurred_at": now(),
            "agent": None,
            "client": None,
            "data": {
                "id": incident,
                "type": "incident",
                "html_url": f"https://shop.pagerduty.com/incidents/{incident}",
                "number": 17,
                "status": event,
                "incident_key": f"{service}/errors",
                "created_at": now(60),
                "title": title,
                "service": {"id": "P1", "type": "service_reference", "summary": service},
                "urgency": "high",
                "priority": {"id": "PSO75BM", "type": "priority", "summary": "P1"},
            },
        }
    }


def alertmanager(fingerprint, title, service, status="firing", **labels):
    labels = {"alertname": title, "service": service, "severity": "critical", **labels}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{title}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "nightjar",
        "groupLabels": {"alertname": title},
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": [
            {
                "status": status,
                "labels": labels,
                "annotations": {"summary": title},
                "startsAt": now(90),
                "endsAt": now() if status == "resolved" else "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus:9090/graph",
                "fingerprint": fingerprint,
            }
        ],
    }


def grafana(fingerprint, title, service, status="firing"):
    message = alertmanager(fingerprint, title, service, status)
    message.update(orgId=1, title=title, state="alerting" if status == "firing" else "ok", message="")
    return message


def cloudwatch(alarm, api, state="ALARM"):
    """What CloudWatch publishes to a topic."""
    at = now(30).replace("Z", "+0000")
    return {
        "AlarmName": alarm,
        "AlarmDescription": f"{api}: more than 20 errors per minute",
        "AWSAccountId": "123456789012",
        "NewStateValue": state,
        "NewStateReason": "Threshold Crossed: 2 datapoints were greater than the threshold (20.0).",
        "StateChangeTime": at,
        "Region": "EU (Frankfurt)",
        "AlarmArn": f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{alarm}",
        "OldStateValue": "OK" if state == "ALARM" else "ALARM",
        "Trigger": {
            "MetricName": "5XXError",
            "Namespace": "AWS/ApiGateway",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": "Count",
            "Dimensions": [{"name": "ApiName", "value": api}],
            "Period": 60,
            "EvaluationPeriods": 2,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 20.0,
            "TreatMissingData": "notBreaching",
        },
    }

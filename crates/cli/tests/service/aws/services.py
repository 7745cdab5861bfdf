"""Services of the account: every kind is registered, read without its secrets, and deregistered."""

import json

import reach

SECRET = "Geheim-0123456789"
OAUTH = {"clientId": "nightjar", "clientSecret": SECRET}
EXCHANGE = {**OAUTH, "exchangeUrl": "https://id.example.com/token", "scopes": ["read"]}
BEARER = {"bearerToken": {"tokenName": "token", "tokenValue": SECRET}}
API_KEY = {"apiKey": {"apiKeyName": "key", "apiKeyValue": SECRET, "apiKeyHeader": "X-Key"}}
GUID = "0190d2c1-6b1e-7cc0-8a52-0123456789ab"
ROLE = "arn:aws:iam::123456789012:role/nightjar"


def server(name, authorization):
    return {
        "name": name,
        "endpoint": f"https://{name}.example.com:8443/mcp",
        "description": "Tools",
        "authorizationConfig": authorization,
    }


# One of each kind that can be registered.
KINDS = {
    "eventChannel": {"type": "webhook"},
    "dynatrace": {
        "accountUrn": f"urn:dtaccount:{GUID}",
        "authorizationConfig": {"oAuthClientCredentials": OAUTH},
    },
    "servicenow": {
        "instanceUrl": "https://nightjar.service-now.com",
        "authorizationConfig": {"oAuthClientCredentials": OAUTH},
    },
    "pagerduty": {
        "scopes": ["incidents.read"],
        "authorizationConfig": {"oAuthClientCredentials": OAUTH},
    },
    "gitlab": {
        "targetUrl": "https://gitlab.example.com",
        "tokenType": "group",
        "tokenValue": SECRET,
        "groupId": "42",
    },
    "mcpserver": server("tools", {"customHeaders": {"headers": {"X-Key": SECRET}}}),
    "mcpserversplunk": server("splunk", BEARER),
    "mcpservernewrelic": {
        "authorizationConfig": {
            "apiKey": {"apiKey": "NRAK-GEHEIM123", "accountId": "1234567", "region": "EU"}
        }
    },
    "mcpservergrafana": server("grafana", API_KEY),
    "azureidentity": {
        "tenantId": GUID,
        "clientId": GUID,
        "webIdentityRoleArn": ROLE,
        "webIdentityTokenAudiences": ["api://AzureADTokenExchange"],
    },
    "mcpserversigv4": server(
        "signed", {"region": "eu-central-1", "service": "execute-api", "mcpRoleArn": ROLE}
    ),
    "remoteagent": server("agent", {"oAuthClientCredentials": EXCHANGE}),
    "remoteagentsigv4": server("signed-agent", {"region": "*", "service": "execute-api"}),
}
# Registered by a person's sign-in: there is no service yet, but an address to go on at; or it is done at once.
SIGN_IN = {
    "mcpserverdatadog": server(
        "datadog",
        {
            "authorizationDiscovery": {
                "returnToEndpoint": "https://nightjar.aidevops.global.app.aws/back"
            }
        },
    ),
}


def register(client):
    """Registers one of each kind; gives their ids by kind."""
    registered = {}
    for kind, details in KINDS.items():
        made = client.register_service(
            service=kind,
            serviceDetails={kind: details},
            name=f"our {kind}",
            tags={"kind": kind},
        )
        assert made["tags"] == {"kind": kind}, made
        registered[kind] = made["serviceId"]
    for kind, details in SIGN_IN.items():
        made = client.register_service(service=kind, serviceDetails={kind: details})
        assert ("serviceId" in made) != ("additionalStep" in made), made
        if "serviceId" in made:
            client.deregister_service(serviceId=made["serviceId"])
    reach.refused(
        "ValidationException",
        client.register_service,
        service="dynatrace",
        serviceDetails={"gitlab": KINDS["gitlab"]},
    )
    reach.say(f"{len(registered)} kinds of services are registered")
    return registered


def list_and_read(client, registered):
    listed = reach.pages(client.list_services, "services", {"maxResults": 5})
    kinds = {one["serviceId"]: one["serviceType"] for one in listed}
    assert kinds == {service: kind for kind, service in registered.items()}, kinds
    pages = client.get_paginator("list_services").paginate()
    assert [one for page in pages for one in page["services"]] == listed, "all on one page"
    for kind, service in registered.items():
        found = client.list_services(filterServiceType=kind)["services"]
        assert [one["serviceId"] for one in found] == [service], f"only {kind}: {found}"
        got = client.get_service(serviceId=service)
        assert got["service"] in listed and got["tags"] == {"kind": kind}, got
        assert got["service"]["name"] == f"our {kind}", got
        details = got["service"].get("additionalServiceDetails")
        assert details is None or list(details) == [kind], f"{kind} with details {details}"
        text = json.dumps(got, default=str)
        assert SECRET not in text and "GEHEIM" not in text, f"a secret came back: {text}"
    assert client.list_services(filterServiceType="slack")["services"] == []
    reach.refused("ResourceNotFoundException", client.get_service, serviceId="none")
    reach.say("services are listed by kind and read, without their secrets")


def end(client, registered):
    for service in registered.values():
        client.deregister_service(serviceId=service)
        reach.refused("ResourceNotFoundException", client.get_service, serviceId=service)
    assert client.list_services()["services"] == []
    reach.say("services are deregistered")

"""How people get to the operator app: configured, read, changed and taken back."""

import json

import reach

ROLE = "arn:aws:iam::123456789012:role/operator"
PROVIDER = {
    "issuerUrl": "https://id.example.com",
    "idpClientId": "nightjar",
    "idpClientSecret": "Geheim-0123456789",
    "provider": "Okta",
}


def enable_and_disable(client, space):
    assert not flows(client, space), "somebody enabled it"
    made = client.enable_operator_app(agentSpaceId=space, authFlow="iam", operatorAppRoleArn=ROLE)
    assert made["agentSpaceId"] == space and made["iam"]["operatorAppRoleArn"] == ROLE, made
    made = client.enable_operator_app(
        agentSpaceId=space, authFlow="idp", operatorAppRoleArn=ROLE, **PROVIDER
    )
    assert made["idp"]["issuerUrl"] == PROVIDER["issuerUrl"], made
    assert made["idp"]["clientId"] == PROVIDER["idpClientId"], made
    assert made["idp"]["provider"] == PROVIDER["provider"], made
    assert "idp" in flows(client, space), flows(client, space)
    changed = client.update_operator_app_idp_config(
        agentSpaceId=space, idpClientSecret="Geheim-9876543210"
    )
    assert changed["idp"]["issuerUrl"] == PROVIDER["issuerUrl"], changed
    told = json.dumps([made, changed, client.get_operator_app(agentSpaceId=space)], default=str)
    assert "Geheim" not in told, f"the secret came back: {told}"
    # Without a secret it is a public client, which proves itself otherwise.
    for missing in ("issuerUrl", "idpClientId"):
        less = {name: value for name, value in PROVIDER.items() if name != missing}
        reach.refused(
            "ValidationException",
            client.enable_operator_app,
            agentSpaceId=space,
            authFlow="idp",
            operatorAppRoleArn=ROLE,
            **less,
        )
    client.disable_operator_app(agentSpaceId=space, authFlow="idp")
    assert "idp" not in flows(client, space), flows(client, space)
    client.disable_operator_app(agentSpaceId=space)
    assert not flows(client, space), flows(client, space)
    reach.refused(
        "ResourceNotFoundException", client.update_operator_app_idp_config, agentSpaceId=space
    )
    reach.say("the operator app is enabled both ways, changed and disabled")


def flows(client, space):
    """Which ways in are enabled; an app that never was may be said not to exist."""
    try:
        app = client.get_operator_app(agentSpaceId=space)
    except client.exceptions.ResourceNotFoundException:
        return set()
    return {"iam", "idc", "idp"} & set(app)

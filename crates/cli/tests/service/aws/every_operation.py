"""One call of each operation that the client knows, with the smallest valid parameters.

What works must succeed, and with an answer as published; what isn't there yet must say so in the contract.
"""

import time

from botocore import xform_name

import reach
import tasks
import values

# Whose issue is still to come: full validation, then a clear refusal.
TO_COME = set(
    """
    CreatePrivateConnection DeletePrivateConnection DescribePrivateConnection ListPrivateConnections
    UpdatePrivateConnectionCertificate
    CreateAsset DeleteAsset GetAsset UpdateAsset ListAssets ListAssetTypes ListAssetVersions GetAssetContent
    CreateAssetFile DeleteAssetFile GetAssetFile UpdateAssetFile ListAssetFiles
    CreateChat GetChat ListChats UpdateChat SendMessage ListPendingMessages UpdateApprovalAction
    """.split()
)
# Nothing makes one of these yet, so there is none to be found.
NOT_FOUND = {"GetRecommendation", "UpdateRecommendation", "UpdateGoal"}
# An ended task can't become what the smallest value says.
SPECIAL = {
    "UpdateBacklogTask": {"taskStatus": "PENDING_START"},
    "CreateTrigger": {"condition": {"schedule": {"expression": "rate(1 day)"}}},
    "EnableOperatorApp": {"authFlow": "iam"},
    "RegisterService": {"service": "eventChannel", "serviceDetails": {"eventChannel": {}}},
    "AssociateService": {"configuration": {"eventChannel": {}}},
    "UpdateAssociation": {"configuration": {"eventChannel": {}}},
}


def main():
    client = reach.client()
    service = client.meta.service_model
    names = list(service.operation_names)
    assert len(names) == 65, f"the client knows {len(names)} operations"
    known = prepared(client)
    # What takes away comes last, and the space after everything else.
    idp = {"issuerUrl": "https://id.example.com", "idpClientId": "a", "idpClientSecret": "b"}
    names.sort(key=lambda name: (service.operation_model(name).http["method"] == "DELETE", name))
    names.append(names.pop(names.index("DisassociateService")))
    names.append(names.pop(names.index("DeregisterService")))
    names.append(names.pop(names.index("DeleteAgentSpace")))
    for name in names:
        shape = service.operation_model(name).input_shape
        parameters = {**values.smallest(shape), **SPECIAL.get(name, {})}
        parameters |= {member: known[member] for member in shape.members if member in known}
        if name == "UpdateOperatorAppIdpConfig":
            space, role = known["agentSpaceId"], values.smallest(shape_of_role(service))
            client.enable_operator_app(
                agentSpaceId=space, authFlow="idp", operatorAppRoleArn=role, provider="Okta", **idp
            )
        one(client, name, parameters)
    reach.say(f"{len(names)} operations answer as published, {len(TO_COME)} of them that they are to come")
    print("all is well")


def shape_of_role(service):
    return service.operation_model("EnableOperatorApp").input_shape.members["operatorAppRoleArn"]


def prepared(client):
    """Makes one of each thing; gives their ids under the names of the members that want them."""
    space = client.create_agent_space(name="every operation")["agentSpace"]["agentSpaceId"]
    service = client.register_service(service="eventChannel", serviceDetails={"eventChannel": {}})
    association = client.associate_service(
        agentSpaceId=space, serviceId=service["serviceId"], configuration={"eventChannel": {}}
    )["association"]["associationId"]
    task = client.create_backlog_task(
        agentSpaceId=space, taskType="INVESTIGATION", title="look", priority="LOW"
    )["task"]["taskId"]
    execution = tasks.followed(client, space, task)["executionId"]
    trigger = client.create_trigger(
        agentSpaceId=space,
        type="TIME_BASED",
        condition={"schedule": {"expression": "rate(1 hour)"}},
        action={},
    )["trigger"]["triggerId"]
    return {
        "agentSpaceId": space,
        "serviceId": service["serviceId"],
        "associationId": association,
        "taskId": task,
        "executionId": execution,
        "triggerId": trigger,
        "resourceArn": reach.arn("agentspace", space),
    }


def one(client, name, parameters):
    """Calls it; whether the answer is as published is looked at by `checked`."""
    call = getattr(client, xform_name(name))
    if name in TO_COME:
        if name == "SendMessage":
            parameters["executionId"] = "x" * 36
        error = reach.refused("ValidationException", call, **parameters)
        message = error.response["Error"]["Message"]
        assert len(message) > 20, f"{name} only says {message!r}"
        assert "fieldList" not in error.response, f"{name} found fault with {parameters}: {error.response}"
    elif name in NOT_FOUND:
        reach.refused("ResourceNotFoundException", call, **parameters)
    else:
        begun = time.monotonic()
        call(**parameters)
        assert time.monotonic() - begun < 10, f"{name} took {time.monotonic() - begun:.1f} s"


if __name__ == "__main__":
    main()

"""Tags of a space and of a service, under their names as resources."""

import reach


def of_a_space_and_a_service(client, space, registered):
    for kind, identifier, before in [
        ("agentspace", space, {"team": "payments"}),
        ("service", registered["gitlab"], {"kind": "gitlab"}),
    ]:
        resource = reach.arn(kind, identifier)

        def found():
            return client.list_tags_for_resource(resourceArn=resource)["tags"]

        assert found() == before, found()
        added = {"cost centre": "4711/ä=b+c-d@e:f", "empty": "", "team": "on-call"}
        client.tag_resource(resourceArn=resource, tags=added)
        assert found() == {**before, **added}, found()
        client.untag_resource(resourceArn=resource, tagKeys=["cost centre", "empty", "never there"])
        assert found() == {**before, "team": "on-call"}, found()
    assert client.get_agent_space(agentSpaceId=space)["tags"] == {"team": "on-call"}
    many = {f"key {n}": "value" for n in range(51)}
    try:
        client.tag_resource(resourceArn=reach.arn("agentspace", space), tags=many)
        raise AssertionError("51 tags were taken")
    except client.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        assert code in ("ValidationException", "ServiceQuotaExceededException"), error
    for resource in (reach.arn("agentspace", "none"), reach.arn("service", "none")):
        reach.refused(
            "ResourceNotFoundException", client.list_tags_for_resource, resourceArn=resource
        )
    reach.say("spaces and services are tagged and untagged")

"""A judge that finds nothing is worth nothing: answers made from the published model are right, and each break of
one is found. Needs no server.
"""

import json

import botocore.session

import checked
import values

JSON = {"content-type": "application/json"}


def main():
    service = botocore.session.get_session().get_service_model("devops-agent")
    right = wrong = 0
    for name in service.operation_names:
        operation = service.operation_model(name)
        shape, status = operation.output_shape, operation.http["responseCode"]
        if shape is None or not shape.members or operation.has_event_stream_output:
            continue

        def judged(value, status=status, operation=operation):
            body = json.dumps(value).encode()
            return checked.judge(service, operation, status, JSON, body)

        good = values.smallest(shape)
        assert not judged(good), f"{name}: {judged(good)}"
        right += 1
        for where, what, bad in values.broken(shape):
            # Classes of Unicode in patterns of names aren't looked at: names come back as they were sent.
            if "pattern" in what or what == "null for what is required":
                continue
            lenient = any(f"/{member}" in where for _, member in checked.LENIENT)
            assert judged(bad) or lenient, f"{name} with {what} at {where} passes"
            wrong += 1
        assert judged(good, status=202), f"{name} with another status passes"
    refusals(service)
    assert right > 40 and wrong > 1000, (right, wrong)
    print(f"- {right} right answers passed, {wrong} wrong ones were found")
    print("all is well")


def refusals(service):
    operation = service.operation_model("GetAgentSpace")

    def judged(status, code, body):
        headers = {**JSON, "x-amzn-errortype": code}
        return checked.judge(service, operation, status, headers, body)

    good = b'{"message":"there is none"}'
    assert not judged(404, "ResourceNotFoundException", good)
    assert judged(400, "ResourceNotFoundException", good), "another status"
    assert judged(404, "NotFound", good), "an unknown error"
    assert judged(500, "", good), "no error at all"
    assert judged(404, "ResourceNotFoundException", b"{}"), "no message"
    assert judged(404, "ResourceNotFoundException", b"<html>"), "no JSON"
    assert judged(404, "ResourceNotFoundException", b'{"message":"a","message":"b"}'), "twice"


if __name__ == "__main__":
    main()

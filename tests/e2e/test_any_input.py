"""Every operation with inputs that no client's own checks have seen: each is answered, and none with an internal error."""

import json
import random
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

OPERATIONS = json.loads((Path(__file__).resolve().parents[2] / "api" / "operations.json").read_text())
TEXTS = ["a", "b-c", "", " ", "<&>", "{}", "日本", "x" * 300, "0", "10.0.0.0/16",
         "arn:aws:ecs:ap-northeast-1:000000000000:cluster/x"]
NUMBERS = [0, 1, -1, 5, 100, 2**31 - 1, 2**63 - 1]
TRIES = 4


def some(shape, chance, depth=0):
    """A value of the shape: the required members and some of the others, within no limits but its type."""
    kind = shape.type_name
    if kind == "structure":
        members = {name: member for name, member in shape.members.items()
                   if name in shape.required_members or (depth < 4 and chance.random() < 0.5)}
        return {name: some(member, chance, depth + 1) for name, member in members.items()}
    if kind == "list":
        return [some(shape.member, chance, depth + 1) for _ in range(chance.choice([0, 1, 2]))] if depth < 6 else []
    if kind == "map":
        return {some(shape.key, chance, depth + 1): some(shape.value, chance, depth + 1)} if depth < 6 else {}
    if kind == "string":
        return chance.choice([*(shape.enum or []), *TEXTS])
    return {"boolean": True, "blob": b"abc", "timestamp": 1_700_000_000,
            "float": 1.5, "double": -1.5}.get(kind, chance.choice(NUMBERS))


@pytest.mark.parametrize("service", sorted(OPERATIONS))
def test_no_input_is_an_internal_error(shared_server, service):
    held = OPERATIONS[service]
    client = shared_server.boto3({"autoscaling": "application-autoscaling"}.get(service, service),
                                 parameter_validation=False, read_timeout=30, s3={"addressing_style": "path"})
    model = client.meta.service_model
    answered = 0
    for name in held["operations"]:
        if name not in model.operation_names:
            continue  # newer than Debian's botocore
        shape = model.operation_model(name).input_shape
        for number in range(TRIES):
            chance = random.Random(f"{service} {name} {number}")
            arguments = some(shape, chance) if shape and number else {}
            arguments.pop("ContentLength", None)  # a client that promises more than it sends is a slow client
            try:
                getattr(client, xform_name(name))(**arguments)
            except ClientError as refused:
                code, status = refused.response["Error"]["Code"], refused.response["ResponseMetadata"]["HTTPStatusCode"]
                fine = status < 500 or code in ("NotImplemented", "UnsupportedOperation")
                assert fine and code, f"{name}({arguments}): {refused.response}"
            except HTTPClientError as lost:
                raise AssertionError(f"{name}({arguments}) got no answer") from lost
            except (BotoCoreError, AttributeError, KeyError, TypeError, ValueError):
                continue  # the client itself could not write it
            answered += 1
    assert answered >= len(held["operations"]) / 2, "most inputs got as far as the server"
    assert shared_server.health()["status"] == "ok"

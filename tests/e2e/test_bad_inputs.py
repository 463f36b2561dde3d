"""Seven mistakes that people make. Each ends in a clear error, and nothing is left half-made."""

import json

import pytest

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "half-made"}}


def template(tmp_path, resources, **sections):
    file = tmp_path / "template.json"
    file.write_text(json.dumps({"Resources": resources, **sections}))
    return file


def nothing_was_made(server, stack=None):
    assert "QueueUrls" not in (server.aws("sqs", "list-queues") or {})
    if stack:
        done = server.aws("cloudformation", "describe-stacks", "--stack-name", stack, check=False)
        assert done.returncode != 0 or "ROLLBACK_COMPLETE" in done.stdout, done.stdout


def create(server, file, *more):
    return server.aws("cloudformation", "create-stack", "--stack-name", "bad", "--template-body", f"file://{file}", *more,
                      check=False)


def test_an_unknown_resource_type(server, tmp_path):
    done = create(server, template(tmp_path, {"Q": QUEUE, "X": {"Type": "AWS::Nowhere::Thing"}}))
    assert done.returncode != 0
    assert "Template format error: Unrecognized resource types: [AWS::Nowhere::Thing]" in done.stderr
    nothing_was_made(server, "bad")


def test_a_property_of_the_wrong_type(server, tmp_path):
    broken = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "broken", "VisibilityTimeout": {"a": 1}}}
    file = template(tmp_path, {"Q": QUEUE, "Broken": broken})
    done = server.renkei("up", file, "--stack", "bad", "--region", "ap-northeast-1", check=False)
    assert done.returncode == 1
    assert "VisibilityTimeout" in done.stderr and "Broken" in done.stderr, done.stderr
    nothing_was_made(server, "bad")


def test_an_unknown_property(server, tmp_path):
    file = template(tmp_path, {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "half-made", "Colour": "red"}}})
    done = server.renkei("up", file, "--stack", "bad", "--region", "ap-northeast-1", check=False)
    assert done.returncode == 1 and "Colour" in done.stderr, done.stderr
    nothing_was_made(server, "bad")


def test_a_circular_dependency(server, tmp_path):
    done = create(server, template(tmp_path, {
        "A": {**QUEUE, "DependsOn": "B"},
        "B": {"Type": "AWS::Logs::LogGroup", "DependsOn": "A"},
    }))
    assert "Circular dependency between resources: [" in done.stderr
    nothing_was_made(server, "bad")


def test_a_missing_parameter(server, tmp_path):
    done = create(server, template(tmp_path, {"Q": QUEUE}, Parameters={"Needed": {"Type": "String"}}))
    assert "Parameters: [Needed] must have values" in done.stderr
    nothing_was_made(server, "bad")


def test_a_nested_template_that_is_not_there(server, tmp_path):
    file = template(tmp_path, {"Q": QUEUE, "Child": {"Type": "AWS::CloudFormation::Stack",
                                                      "Properties": {"TemplateURL": "missing.yaml"}}})
    done = server.renkei("up", file, "--stack", "bad", check=False)
    assert done.returncode == 1
    assert "missing.yaml" in done.stderr and "Child" in done.stderr
    nothing_was_made(server, "bad")


def test_a_message_over_the_size_limit(server):
    url = server.aws("sqs", "create-queue", "--queue-name", "small", "--attributes", "MaximumMessageSize=1024")["QueueUrl"]
    done = server.aws("sqs", "send-message", "--queue-url", url, "--message-body", "x" * 1025, check=False)
    assert "InvalidParameterValue" in done.stderr
    assert "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes." in done.stderr
    counts = server.aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == "0"


@pytest.mark.parametrize("body", ["{", "{]", '{"Resources": {"A": [1]}}', "Resources: [", ""])
def test_templates_that_are_no_templates(server, body):
    done = server.aws("cloudformation", "validate-template", "--template-body", body or " ", check=False)
    assert done.returncode != 0 and "ValidationError" in done.stderr, done.stderr

"""AWS::SQS::Queue with all that a queue can be, QueuePolicy and QueueInlinePolicy, through stacks."""

import json

import pytest

from server import ACCOUNT, REGION, until

TEMPLATE = """
Parameters:
  Receives: {Type: Number, Default: 3}
  Content: {Type: String, Default: 'true'}
  Scope: {Type: String, Default: messageGroup}
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${AWS::StackName}-dead.fifo"
      FifoQueue: true
      RedriveAllowPolicy:
        redrivePermission: byQueue
        sourceQueueArns: [!Sub "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}-work.fifo"]
  Work:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${AWS::StackName}-work.fifo"
      FifoQueue: true
      ContentBasedDeduplication: !Ref Content
      DeduplicationScope: !Ref Scope
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: !Ref Receives}
  Inline:
    Type: AWS::SQS::QueueInlinePolicy
    Properties:
      Queue: !Ref Work
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: 'sqs:*', Resource: '*'}]}
Outputs:
  Work: {Value: !Ref Work}
  Dead: {Value: !Ref Dead}
  Policy: {Value: !Ref Inline}
"""


@pytest.fixture
def cloudformation(shared_server):
    return shared_server.boto3("cloudformation")


@pytest.fixture
def sqs(shared_server):
    return shared_server.boto3("sqs")


def settled(cloudformation, name):
    def ended():
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack
    return until(ended, 20, f"the end of {name}")


def outputs(stack):
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


def attributes(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def update(cloudformation, name, template=TEMPLATE, **parameters):
    cloudformation.update_stack(StackName=name, TemplateBody=template, Parameters=[
        {"ParameterKey": key, "ParameterValue": str(value)} for key, value in parameters.items()])
    return settled(cloudformation, name)


def test_a_fifo_queue_with_dead_letters(cloudformation, sqs):
    cloudformation.create_stack(StackName="fifo", TemplateBody=TEMPLATE)
    made = settled(cloudformation, "fifo")
    assert made["StackStatus"] == "CREATE_COMPLETE"
    work, dead, policy = (outputs(made)[name] for name in ("Work", "Dead", "Policy"))
    assert policy == work and work.endswith("/fifo-work.fifo")
    held = attributes(sqs, work)
    redrive = json.loads(held["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:fifo-dead.fifo"
    assert int(redrive["maxReceiveCount"]) == 3
    assert (held["ContentBasedDeduplication"], held["DeduplicationScope"]) == ("true", "messageGroup")
    assert json.loads(held["Policy"])["Version"] == "2012-10-17"
    assert json.loads(attributes(sqs, dead)["RedriveAllowPolicy"])["redrivePermission"] == "byQueue"

    changed = update(cloudformation, "fifo", Receives=5, Content="false", Scope="queue")
    assert changed["StackStatus"] == "UPDATE_COMPLETE" and outputs(changed)["Work"] == work, "in place"
    held = attributes(sqs, work)
    assert int(json.loads(held["RedrivePolicy"])["maxReceiveCount"]) == 5
    assert (held["ContentBasedDeduplication"], held["DeduplicationScope"]) == ("false", "queue")

    cloudformation.delete_stack(StackName="fifo")
    until(lambda: "fifo" not in [s["StackName"] for s in cloudformation.describe_stacks()["Stacks"]], 20)
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="fifo-")


def test_what_is_taken_out_goes_back_to_its_default(cloudformation, sqs):
    full = {"Resources": {
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Work": {"Type": "AWS::SQS::Queue", "Properties": {
            "VisibilityTimeout": 5, "SqsManagedSseEnabled": False,
            "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}}}},
        "Outputs": {"Work": {"Value": {"Ref": "Work"}}}}
    cloudformation.create_stack(StackName="defaults", TemplateBody=json.dumps(full))
    work = outputs(settled(cloudformation, "defaults"))["Work"]
    assert attributes(sqs, work)["SqsManagedSseEnabled"] == "false"
    del full["Resources"]["Work"]["Properties"]
    assert update(cloudformation, "defaults", json.dumps(full))["StackStatus"] == "UPDATE_COMPLETE"
    held = attributes(sqs, work)
    assert (held["VisibilityTimeout"], held["SqsManagedSseEnabled"]) == ("30", "true")
    assert "RedrivePolicy" not in held


def test_the_kind_of_a_queue_replaces_it(cloudformation, sqs):
    template = {"Resources": {"Work": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"Work": {"Value": {"Ref": "Work"}}}}
    cloudformation.create_stack(StackName="kind", TemplateBody=json.dumps(template))
    before = outputs(settled(cloudformation, "kind"))["Work"]
    template["Resources"]["Work"]["Properties"] = {"FifoQueue": True}
    after = outputs(update(cloudformation, "kind", json.dumps(template)))["Work"]
    assert after != before and after.endswith(".fifo")
    assert sqs.list_queues(QueueNamePrefix="kind-")["QueueUrls"] == [after]


def test_a_policy_that_sqs_refuses_fails_the_stack(cloudformation):
    template = {"Resources": {"Work": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {
        "deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:none", "maxReceiveCount": 1}}}}}
    cloudformation.create_stack(StackName="refused", TemplateBody=json.dumps(template))
    assert settled(cloudformation, "refused")["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [event.get("ResourceStatusReason", "") for event in
               cloudformation.describe_stack_events(StackName="refused")["StackEvents"]]
    assert any("Dead letter target does not exist." in reason for reason in reasons)

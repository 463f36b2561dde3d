"""Stacks as `aws cloudformation` and boto3 make, change and delete them."""

import json
import time

import pytest

from server import ACCOUNT, REGION, refused, until

TEMPLATE = """
Description: A queue and what belongs to it
Parameters:
  Wait: {Type: Number, Default: 30, MinValue: 0, MaxValue: 43200}
  Secret: {Type: String, Default: hush, NoEcho: true}
Conditions:
  Long: !Equals [!Ref Wait, 60]
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !Ref Wait
      Tags: [{Key: stack, Value: !Ref AWS::StackName}]
  Group:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub "/${AWS::StackName}/jobs", RetentionInDays: 7}
  Extra:
    Type: AWS::SQS::Queue
    Condition: Long
Outputs:
  QueueArn: {Value: !GetAtt Queue.Arn, Export: {Name: !Sub "${AWS::StackName}-queue"}}
  Url: {Value: !Ref Queue}
"""


@pytest.fixture
def cloudformation(shared_server):
    return shared_server.boto3("cloudformation")


@pytest.fixture
def template(tmp_path):
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    return file


def stack(cloudformation, name):
    return cloudformation.describe_stacks(StackName=name)["Stacks"][0]


def settled(cloudformation, name):
    return until(lambda: (s := stack(cloudformation, name)) and not s["StackStatus"].endswith("_IN_PROGRESS") and s, 20,
                 f"the end of {name}")


def gone(cloudformation, name):
    return name not in [s["StackName"] for s in cloudformation.describe_stacks()["Stacks"]]


def reasons(cloudformation, name):
    """(logical id, status, reason), oldest first."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return [(e["LogicalResourceId"], e["ResourceStatus"], e.get("ResourceStatusReason")) for e in reversed(events)]


def queue(name, **properties):
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}


def body(resources, **sections):
    return json.dumps({"Resources": resources, **sections})


def test_deploy_creates_and_updates_through_change_sets(shared_server, cloudformation, template):
    deploy = ["cloudformation", "deploy", "--stack-name", "app", "--template-file", template, "--tags", "team=a"]
    shared_server.aws(*deploy, text=True)
    made = stack(cloudformation, "app")
    assert (made["StackStatus"], made["Tags"]) == ("CREATE_COMPLETE", [{"Key": "team", "Value": "a"}])
    outputs = {o["OutputKey"]: o for o in made["Outputs"]}
    url = outputs["Url"]["OutputValue"]
    assert outputs["QueueArn"]["ExportName"] == "app-queue"
    assert outputs["QueueArn"]["OutputValue"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rsplit('/', 1)[1]}"
    assert {"ParameterKey": "Secret", "ParameterValue": "****"} in made["Parameters"]
    assert refused_deploy(shared_server, *deploy) == (0, "No changes to deploy. Stack app is up to date")
    next_second()
    shared_server.aws(*deploy, "--parameter-overrides", "Wait=60", text=True)
    assert stack(cloudformation, "app")["StackStatus"] == "UPDATE_COMPLETE"
    attributes = shared_server.boto3("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "60", "changed in place"
    summaries = cloudformation.list_stack_resources(StackName="app")["StackResourceSummaries"]
    assert {s["LogicalResourceId"]: s["ResourceStatus"] for s in summaries} == {
        "Queue": "UPDATE_COMPLETE", "Group": "CREATE_COMPLETE", "Extra": "CREATE_COMPLETE"}
    shared_server.aws("cloudformation", "delete-stack", "--stack-name", "app")
    shared_server.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", "app")
    assert stack(cloudformation, made["StackId"])["StackStatus"] == "DELETE_COMPLETE", "found by its id"
    assert shared_server.boto3("logs").describe_log_groups(logGroupNamePrefix="/app/")["logGroups"] == []


def next_second():
    """The CLI names a change set by the second; one without changes stays, and keeps its name."""
    time.sleep(1.01 - time.time() % 1)


def refused_deploy(server, *arguments):
    done = server.aws(*arguments, check=False)
    return done.returncode, (done.stdout + done.stderr).strip().splitlines()[-1]


def test_a_change_set_tells_what_it_would_do(cloudformation):
    cloudformation.create_stack(StackName="planned", TemplateBody=body({"A": queue("planned-a"), "B": queue("planned-b")}))
    settled(cloudformation, "planned")
    changed = body({"A": queue("planned-a", DelaySeconds=5), "B": queue("planned-b2"), "C": queue("planned-c")})
    cloudformation.create_change_set(StackName="planned", ChangeSetName="plan", TemplateBody=changed)
    plan = until(lambda: (c := cloudformation.describe_change_set(StackName="planned", ChangeSetName="plan"))
                 and c["Status"] == "CREATE_COMPLETE" and c, 10)
    changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in plan["Changes"]}
    assert {name: (c["Action"], c.get("Replacement")) for name, c in changes.items()} == {
        "A": ("Modify", "False"), "B": ("Modify", "True"), "C": ("Add", None)}
    assert stack(cloudformation, "planned")["StackStatus"] == "CREATE_COMPLETE", "nothing is done yet"
    cloudformation.create_change_set(StackName="planned", ChangeSetName="none", UsePreviousTemplate=True)
    empty = until(lambda: (c := cloudformation.describe_change_set(StackName="planned", ChangeSetName="none"))
                  and c["Status"] == "FAILED" and c, 10)
    assert empty["StatusReason"] == ("The submitted information didn't contain changes. Submit different information to "
                                     "create a change set.")
    cloudformation.execute_change_set(StackName="planned", ChangeSetName="plan")
    assert settled(cloudformation, "planned")["StackStatus"] == "UPDATE_COMPLETE"
    cloudformation.delete_stack(StackName="planned")
    until(lambda: gone(cloudformation, "planned"), 20)


def test_a_failed_creation_is_rolled_back(shared_server, cloudformation):
    shared_server.boto3("logs").create_log_group(logGroupName="/taken")
    cloudformation.create_stack(StackName="unlucky", TemplateBody=body({
        "First": queue("unlucky"), "Second": {"Type": "AWS::Logs::LogGroup", "DependsOn": "First",
                                              "Properties": {"LogGroupName": "/taken"}}}))
    assert settled(cloudformation, "unlucky")["StackStatus"] == "ROLLBACK_COMPLETE"
    told = reasons(cloudformation, "unlucky")
    assert told[0] == ("unlucky", "CREATE_IN_PROGRESS", "User Initiated")
    [failure] = [reason for name, status, reason in told if (name, status) == ("Second", "CREATE_FAILED")]
    assert "already exists" in failure
    assert ("unlucky", "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Second]. Rollback requested by user.") in told
    assert ("First", "DELETE_COMPLETE") in [one[:2] for one in told]
    assert refused(cloudformation.update_stack, StackName="unlucky", UsePreviousTemplate=True)[1].endswith(
        "is in ROLLBACK_COMPLETE state and can not be updated.")
    assert refused(shared_server.boto3("sqs").get_queue_url, QueueName="unlucky")[2] == 400
    cloudformation.delete_stack(StackName="unlucky")
    until(lambda: gone(cloudformation, "unlucky"), 20)


def test_a_failed_update_is_rolled_back(shared_server, cloudformation):
    cloudformation.create_stack(StackName="careful", TemplateBody=body({"A": queue("careful", DelaySeconds=1)}))
    settled(cloudformation, "careful")
    cloudformation.update_stack(StackName="careful", TemplateBody=body({
        "A": queue("careful", DelaySeconds=2), "B": {**queue("careful-b", VisibilityTimeout=50_000), "DependsOn": "A"}}))
    assert settled(cloudformation, "careful")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    statuses = [(name, status) for name, status, _ in reasons(cloudformation, "careful")]
    assert ("B", "CREATE_FAILED") in statuses and ("careful", "UPDATE_ROLLBACK_IN_PROGRESS") in statuses
    sqs = shared_server.boto3("sqs")
    url = sqs.get_queue_url(QueueName="careful")["QueueUrl"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["DelaySeconds"] == "1"
    assert refused(cloudformation.update_stack, StackName="careful", TemplateBody=body(
        {"A": queue("careful", DelaySeconds=1)}))[:2] == ("ValidationError", "No updates are to be performed.")
    cloudformation.delete_stack(StackName="careful")
    until(lambda: gone(cloudformation, "careful"), 20)


def test_a_nested_stack_that_fails_to_update(shared_server, cloudformation):
    s3 = shared_server.boto3("s3")
    s3.create_bucket(Bucket="nested", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="nested", Key="child.json", Body=body(
        {"Q": queue("nested", DelaySeconds={"Ref": "Delay"})}, Parameters={"Delay": {"Type": "Number"}}))
    parent = body({"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {
        "TemplateURL": f"https://nested.s3.{REGION}.amazonaws.com/child.json", "Parameters": {"Delay": {"Ref": "Delay"}}}}},
        Parameters={"Delay": {"Type": "Number"}})

    def delay(seconds):
        return {"StackName": "parent", "TemplateBody": parent,
                "Parameters": [{"ParameterKey": "Delay", "ParameterValue": seconds}]}
    cloudformation.create_stack(**delay("1"))
    assert settled(cloudformation, "parent")["StackStatus"] == "CREATE_COMPLETE"
    cloudformation.update_stack(**delay("7000"))
    assert settled(cloudformation, "parent")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    told = reasons(cloudformation, "parent")
    child = cloudformation.describe_stack_resource(StackName="parent", LogicalResourceId="Child")
    arn = child["StackResourceDetail"]["PhysicalResourceId"]
    assert ("Child", "UPDATE_FAILED",
            f"Embedded stack {arn} was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: "
            "The following resource(s) failed to update: [Q]. ") in told
    assert ("parent", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Child]. ") in told
    assert stack(cloudformation, arn)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    cloudformation.delete_stack(StackName="parent")
    until(lambda: gone(cloudformation, "parent"), 20)


def test_system_tags_where_aws_sets_them(cloudformation, shared_server):
    alarm = {"AlarmName": "tagged", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "Threshold": 1,
             "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}
    made = cloudformation.create_stack(StackName="tagged", TemplateBody=body({
        "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "tagged"}},
        "Task": {"Type": "AWS::ECS::TaskDefinition",
                 "Properties": {"Family": "tagged", "NetworkMode": "awsvpc", "RequiresCompatibilities": ["FARGATE"],
                                "Cpu": "256", "Memory": "512", "ContainerDefinitions": [{"Name": "c", "Image": "i"}]}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tagged"}},
        "Queue": queue("tagged")}), Tags=[{"Key": "team", "Value": "a"}])["StackId"]
    assert settled(cloudformation, "tagged")["StackStatus"] == "CREATE_COMPLETE", reasons(cloudformation, "tagged")

    def system(logical_id):
        return {"aws:cloudformation:stack-name": "tagged", "aws:cloudformation:stack-id": made,
                "aws:cloudformation:logical-id": logical_id, "team": "a"}

    def tags(pairs):
        return {(t.get("Key") or t["key"]): (t.get("Value") or t["value"]) for t in pairs}

    ecs, arn = shared_server.boto3("ecs"), f"arn:aws:ecs:{REGION}:{ACCOUNT}:"
    assert tags(ecs.list_tags_for_resource(resourceArn=arn + "cluster/tagged")["tags"]) == system("Cluster")
    assert tags(ecs.list_tags_for_resource(resourceArn=arn + "task-definition/tagged:1")["tags"]) == system("Task")
    assert tags(shared_server.boto3("cloudwatch").list_tags_for_resource(
        ResourceARN=f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:tagged")["Tags"]) == system("Alarm")
    s3 = shared_server.boto3("s3")
    assert tags(s3.get_bucket_tagging(Bucket="tagged")["TagSet"]) == system("Bucket")
    assert refused(s3.put_bucket_tagging, Bucket="tagged", Tagging={"TagSet": []})[:2] == (
        "InvalidTag", "System tags cannot be removed by requester")
    sqs = shared_server.boto3("sqs")  # no system tags on queues, says their schema
    assert sqs.list_queue_tags(QueueUrl=sqs.get_queue_url(QueueName="tagged")["QueueUrl"])["Tags"] == {"team": "a"}
    cloudformation.delete_stack(StackName="tagged")
    until(lambda: gone(cloudformation, "tagged"), 20)


@pytest.mark.parametrize("wish", [
    {"NotificationARNs": [f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"]},
    {"RollbackConfiguration": {"RollbackTriggers": [{"Arn": "arn:aws:cloudwatch:x", "Type": "AWS::CloudWatch::Alarm"}]}},
    {"RollbackConfiguration": {"MonitoringTimeInMinutes": 5}},
])
def test_what_is_not_there_is_refused_by_name(cloudformation, wish):
    [name] = wish
    told = ("ValidationError", f"The parameter {name} is not supported by renkei yet.", 400)
    resources = body({"Q": queue("wisher")})
    assert refused(cloudformation.create_stack, StackName="wisher", TemplateBody=resources, **wish) == told
    assert refused(cloudformation.create_change_set, StackName="wisher", TemplateBody=resources, ChangeSetName="c",
                   ChangeSetType="CREATE", **wish) == told
    assert gone(cloudformation, "wisher")


def test_a_stack_with_a_role(cloudformation, shared_server):
    iam = shared_server.boto3("iam")

    def role(name, service):
        return iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                    "Principal": {"Service": service}}]}))["Role"]["Arn"]

    builder, other = role("builder", "cloudformation.amazonaws.com"), role("other", "ecs-tasks.amazonaws.com")
    resources = body({"Q": queue("built")})
    for wrong in (other, builder + "x"):
        assert refused(cloudformation.create_stack, StackName="built", TemplateBody=resources, RoleARN=wrong) == (
            "ValidationError", f"Role {wrong} is invalid or cannot be assumed", 400)
    assert refused(cloudformation.create_stack, StackName="built", TemplateBody=resources, RoleARN="a-name-but-no-arn-at-all")[
        1] == "a-name-but-no-arn-at-all is not a valid RoleARN"
    cloudformation.create_stack(StackName="built", TemplateBody=resources, RoleARN=builder, NotificationARNs=[],
                                RollbackConfiguration={})
    made = settled(cloudformation, "built")
    assert (made["StackStatus"], made["RoleARN"], made["NotificationARNs"], made["RollbackConfiguration"]) == (
        "CREATE_COMPLETE", builder, [], {})
    cloudformation.delete_stack(StackName="built")
    until(lambda: gone(cloudformation, "built"), 20)


def test_exports_and_imports(cloudformation):
    cloudformation.create_stack(StackName="giver", TemplateBody=body(
        {"Q": queue("giver")}, Outputs={"Arn": {"Value": {"Fn::GetAtt": ["Q", "Arn"]}, "Export": {"Name": "gift"}}}))
    settled(cloudformation, "giver")
    [export] = [e for e in cloudformation.list_exports()["Exports"] if e["Name"] == "gift"]
    assert export["Value"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:giver"
    cloudformation.create_stack(StackName="taker", TemplateBody=body(
        {"Q": queue("taker", Tags=[{"Key": "from", "Value": {"Fn::ImportValue": "gift"}}])}))
    assert settled(cloudformation, "taker")["StackStatus"] == "CREATE_COMPLETE"
    assert cloudformation.list_imports(ExportName="gift")["Imports"] == ["taker"]
    cloudformation.delete_stack(StackName="giver")
    held = until(lambda: (s := settled(cloudformation, "giver")) and s.get("StackStatusReason") and s, 20)
    assert (held["StackStatus"], held["StackStatusReason"]) == (
        "CREATE_COMPLETE", "Delete canceled. Cannot delete export gift as it is in use by taker.")
    for name in ("taker", "giver"):
        cloudformation.delete_stack(StackName=name)
        until(lambda: gone(cloudformation, name), 20)  # noqa: B023
    cloudformation.create_stack(StackName="orphan", TemplateBody=body(
        {"Q": queue("orphan", Tags=[{"Key": "from", "Value": {"Fn::ImportValue": "gift"}}])}))
    settled(cloudformation, "orphan")
    assert "No export named gift found. Rollback requested by user." in [r for _, _, r in reasons(cloudformation, "orphan")]


def test_templates_are_read(cloudformation, shared_server, template):
    told = cloudformation.validate_template(TemplateBody=TEMPLATE)
    assert told["Description"] == "A queue and what belongs to it"
    assert {p["ParameterKey"]: (p.get("DefaultValue"), p["NoEcho"]) for p in told["Parameters"]} == {
        "Wait": ("30", False), "Secret": ("****", True)}
    summary = cloudformation.get_template_summary(TemplateBody=TEMPLATE)
    assert set(summary["ResourceTypes"]) == {"AWS::Logs::LogGroup", "AWS::SQS::Queue"}
    role = body({"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}}}})
    assert cloudformation.get_template_summary(TemplateBody=role)["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    assert refused(cloudformation.create_stack, StackName="role", TemplateBody=role)[:2] == (
        "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")
    assert refused(cloudformation.create_stack, StackName="wrong", TemplateBody=TEMPLATE, Parameters=[
        {"ParameterKey": "Wait", "ParameterValue": "50000"}])[0] == "ValidationError"
    [parameter] = [p for p in shared_server.aws("cloudformation", "validate-template", "--template-body",
                                                f"file://{template}")["Parameters"] if p["ParameterKey"] == "Wait"]
    assert parameter["DefaultValue"] == "30"


def test_stacks_that_are_not_there(cloudformation):
    missing = ("ValidationError", "Stack with id nobody does not exist", 400)
    assert refused(cloudformation.describe_stacks, StackName="nobody") == missing
    assert refused(cloudformation.get_template, StackName="nobody") == missing
    assert refused(cloudformation.describe_stack_events, StackName="nobody")[1] == "Stack [nobody] does not exist"
    assert refused(cloudformation.describe_change_set, ChangeSetName="c", StackName="nobody")[1] == \
        "Stack [nobody] does not exist"
    cloudformation.delete_stack(StackName="nobody")


def test_protection_and_names(cloudformation):
    cloudformation.create_stack(StackName="kept", TemplateBody=body({"Q": queue("kept")}), EnableTerminationProtection=True)
    settled(cloudformation, "kept")
    assert refused(cloudformation.create_stack, StackName="kept", TemplateBody=body({"Q": queue("kept")}))[:2] == (
        "AlreadyExistsException", "Stack [kept] already exists")
    assert refused(cloudformation.delete_stack, StackName="kept")[1] == \
        "Stack [kept] cannot be deleted while TerminationProtection is enabled"
    cloudformation.update_termination_protection(StackName="kept", EnableTerminationProtection=False)
    assert cloudformation.get_template(StackName="kept")["TemplateBody"]["Resources"]["Q"] == queue("kept")
    cloudformation.delete_stack(StackName="kept")
    until(lambda: gone(cloudformation, "kept"), 20)

"""Stacks by the AWS CLI: events, updates, change sets, exports, nested stacks, and a server killed in the middle."""

import json

import pytest

from server import REGION, until

NETWORK = """
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true}}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: !Select [0, !Cidr [!GetAtt Vpc.CidrBlock, 4, 8]]
      AvailabilityZone: !Select [0, !GetAZs ""]
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: endpoints
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: !GetAtt Vpc.CidrBlock}]
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attachment: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Route:
    Type: AWS::EC2::Route
    DependsOn: Attachment
    Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}
  Association:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {RouteTableId: !Ref Table, SubnetId: !Ref Subnet}
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      ServiceName: !Sub "com.amazonaws.${AWS::Region}.sqs"
      SubnetIds: [!Ref Subnet]
      SecurityGroupIds: [!Ref Group]
      PrivateDnsEnabled: true
  Address: {Type: AWS::EC2::EIP, DependsOn: Attachment, Properties: {Domain: vpc}}
  Nat:
    Type: AWS::EC2::NatGateway
    Properties: {SubnetId: !Ref Subnet, AllocationId: !GetAtt Address.AllocationId}
Outputs:
  VpcId: {Value: !Ref Vpc, Export: {Name: !Sub "${AWS::StackName}-vpc"}}
"""

QUEUE = {
    "Parameters": {"Timeout": {"Type": "Number", "Default": 45}, "Name": {"Type": "String", "Default": "first"}},
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "Timeout"}}},
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::Sub": "/app/${Name}"}}},
    },
    "Outputs": {"Url": {"Value": {"Ref": "Queue"}, "Export": {"Name": "queue-url"}}},
}


def write(tmp_path, body, name="template.json"):
    file = tmp_path / name
    file.write_text(body if isinstance(body, str) else json.dumps(body))
    return f"file://{file}"


def cloudformation(server, *arguments, **options):
    return server.aws("cloudformation", *arguments, **options)


def stack(server, name):
    return cloudformation(server, "describe-stacks", "--stack-name", name)["Stacks"][0]


def settle(server, name, status):
    until(lambda: not stack(server, name)["StackStatus"].endswith("IN_PROGRESS"), 60, f"{name} to come to rest")
    assert stack(server, name)["StackStatus"] == status, events(server, name)


def events(server, name):
    shown = cloudformation(server, "describe-stack-events", "--stack-name", name)["StackEvents"]
    return [(e["LogicalResourceId"], e["ResourceStatus"], e.get("ResourceStatusReason", "")) for e in reversed(shown)]


def test_a_network_comes_and_goes(server, tmp_path):
    cloudformation(server, "create-stack", "--stack-name", "net", "--template-body", write(tmp_path, NETWORK))
    settle(server, "net", "CREATE_COMPLETE")
    vpc = stack(server, "net")["Outputs"][0]["OutputValue"]
    assert vpc.startswith("vpc-")
    seen = events(server, "net")
    assert seen[0] == ("net", "CREATE_IN_PROGRESS", "User Initiated") and seen[-1][1] == "CREATE_COMPLETE"
    assert [e[1:] for e in seen if e[0] == "Vpc"] == [
        ("CREATE_IN_PROGRESS", ""), ("CREATE_IN_PROGRESS", "Resource creation Initiated"), ("CREATE_COMPLETE", "")]
    # The address can go only when the gateway that uses it has gone: killed and started again on the way.
    cloudformation(server, "delete-stack", "--stack-name", "net", text=True)
    server.kill()
    server.start()
    until(lambda: cloudformation(server, "list-stacks")["StackSummaries"][0]["StackStatus"] == "DELETE_COMPLETE", 60,
          "the network to go")
    vpcs = server.aws("ec2", "describe-vpcs")["Vpcs"]
    assert vpc not in [v["VpcId"] for v in vpcs]


def test_update_replaces_and_cleans_up(server, tmp_path):
    body = write(tmp_path, QUEUE)
    cloudformation(server, "create-stack", "--stack-name", "q", "--template-body", body)
    settle(server, "q", "CREATE_COMPLETE")
    before = len(events(server, "q"))
    cloudformation(server, "update-stack", "--stack-name", "q", "--use-previous-template", "--parameters",
                   "ParameterKey=Timeout,ParameterValue=60", "ParameterKey=Name,ParameterValue=second")
    settle(server, "q", "UPDATE_COMPLETE")
    assert events(server, "q")[before:] == [
        ("q", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("Group", "UPDATE_IN_PROGRESS",
         "Requested update requires the creation of a new physical resource; hence creating one."),
        ("Group", "UPDATE_IN_PROGRESS", "Resource creation Initiated"),
        ("Group", "UPDATE_COMPLETE", ""),
        ("Queue", "UPDATE_IN_PROGRESS", ""),
        ("Queue", "UPDATE_COMPLETE", ""),
        ("q", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
        ("Group", "DELETE_IN_PROGRESS", ""),
        ("Group", "DELETE_COMPLETE", ""),
        ("q", "UPDATE_COMPLETE", ""),
    ]
    groups = server.aws("logs", "describe-log-groups")["logGroups"]
    assert [g["logGroupName"] for g in groups] == ["/app/second"]
    done = cloudformation(server, "update-stack", "--stack-name", "q", "--use-previous-template", "--parameters",
                          "ParameterKey=Timeout,UsePreviousValue=true", "ParameterKey=Name,UsePreviousValue=true", check=False)
    assert "No updates are to be performed." in done.stderr


def test_a_failure_rolls_back(server, tmp_path):
    server.aws("logs", "create-log-group", "--log-group-name", "/app/first", text=True)
    cloudformation(server, "create-stack", "--stack-name", "q", "--template-body", write(tmp_path, QUEUE))
    settle(server, "q", "ROLLBACK_COMPLETE")
    seen = events(server, "q")
    [reason] = [e[2] for e in seen if e[:2] == ("Group", "CREATE_FAILED")]
    assert reason.startswith('Resource handler returned message: "Resource of type \'AWS::Logs::LogGroup\' with identifier ')
    assert reason.endswith("HandlerErrorCode: AlreadyExists)")
    assert ("q", "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Group]. Rollback requested by user.") in seen
    assert "QueueUrls" not in (server.aws("sqs", "list-queues") or {})
    done = cloudformation(server, "update-stack", "--stack-name", "q", "--use-previous-template", check=False)
    assert "is in ROLLBACK_COMPLETE state and can not be updated." in done.stderr


def test_deploy_change_sets_and_exports(server, tmp_path):
    body = write(tmp_path, QUEUE)
    deploy = ["deploy", "--stack-name", "q", "--template-file", body.removeprefix("file://")]
    assert "Successfully created/updated stack - q" in cloudformation(server, *deploy, text=True)
    again = cloudformation(server, *deploy, check=False)
    assert "No changes to deploy. Stack q is up to date" in again.stdout + again.stderr
    assert events(server, "q")[0] == ("q", "REVIEW_IN_PROGRESS", "User Initiated")

    cloudformation(server, "create-change-set", "--stack-name", "q", "--change-set-name", "c", "--use-previous-template",
                   "--parameters", "ParameterKey=Timeout,ParameterValue=50")
    shown = cloudformation(server, "describe-change-set", "--stack-name", "q", "--change-set-name", "c")
    assert (shown["Status"], shown["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    [change] = [c["ResourceChange"] for c in shown["Changes"]]
    assert (change["Action"], change["LogicalResourceId"], change["Replacement"]) == ("Modify", "Queue", "False")
    assert {d["ChangeSource"] for d in change["Details"]} == {"ParameterReference", "DirectModification"}

    user = {"Resources": {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {
        "LogGroupName": {"Fn::Select": [5, {"Fn::Split": ["/", {"Fn::Join": ["/", ["", "", "", {"Fn::ImportValue": "queue-url"}]]}]}]}}}}}
    cloudformation(server, "create-stack", "--stack-name", "user", "--template-body", write(tmp_path, user, "user.json"))
    until(lambda: not stack(server, "user")["StackStatus"].endswith("IN_PROGRESS"), 30, "the importing stack")
    assert cloudformation(server, "list-imports", "--export-name", "queue-url")["Imports"] == ["user"]
    cloudformation(server, "delete-stack", "--stack-name", "q", text=True)
    until(lambda: stack(server, "q").get("StackStatusReason", "").startswith("Delete canceled."), 30, "the refusal")
    assert stack(server, "q")["StackStatusReason"] == (
        "Delete canceled. Cannot delete export queue-url as it is in use by user.")


def test_nested_stacks(server, tmp_path):
    server.aws("s3", "mb", "s3://templates", text=True)
    write(tmp_path, QUEUE, "child.json")
    server.aws("s3", "cp", tmp_path / "child.json", "s3://templates/a/child.json", text=True)
    parent = {"Parameters": {"Timeout": {"Type": "Number", "Default": 45}}, "Resources": {
        "Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {
            "TemplateURL": f"https://templates.s3.{REGION}.amazonaws.com/a/child.json",
            "Parameters": {"Timeout": {"Ref": "Timeout"}}}}},
        "Outputs": {"Url": {"Value": {"Fn::GetAtt": "Child.Outputs.Url"}}}}
    cloudformation(server, "create-stack", "--stack-name", "p", "--template-body", write(tmp_path, parent))
    settle(server, "p", "CREATE_COMPLETE")
    url = stack(server, "p")["Outputs"][0]["OutputValue"]
    [child] = cloudformation(server, "describe-stack-resources", "--stack-name", "p")["StackResources"]
    assert stack(server, child["PhysicalResourceId"])["RootId"] == stack(server, "p")["StackId"]
    cloudformation(server, "update-stack", "--stack-name", "p", "--use-previous-template", "--parameters",
                   "ParameterKey=Timeout,ParameterValue=99999999")
    settle(server, "p", "UPDATE_ROLLBACK_COMPLETE")
    [reason] = [e[2] for e in events(server, "p") if e[:2] == ("Child", "UPDATE_FAILED")]
    assert "was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: " in reason
    attributes = server.aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    assert attributes["VisibilityTimeout"] == "45"
    cloudformation(server, "delete-stack", "--stack-name", "p", text=True)
    until(lambda: cloudformation(server, "describe-stacks")["Stacks"] == [], 30, "both stacks to go")
    assert "QueueUrls" not in (server.aws("sqs", "list-queues") or {})


@pytest.mark.parametrize("call, text", [
    (["describe-stacks", "--stack-name", "x"], "Stack with id x does not exist"),
    (["describe-stack-events", "--stack-name", "x"], "Stack [x] does not exist"),
    (["get-template", "--stack-name", "x"], "Stack with id x does not exist"),
    (["describe-stack-resource", "--stack-name", "x", "--logical-resource-id", "y"], "Stack 'x' does not exist"),
    (["create-stack", "--stack-name", "x"], "Either Template URL or Template Body must be specified."),
    (["list-imports", "--export-name", "x"], "Export 'x' is not imported by any stack."),
])
def test_refusals(shared_server, call, text):
    done = cloudformation(shared_server, *call, check=False)
    assert done.returncode != 0 and text in done.stderr

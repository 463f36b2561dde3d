"""Roles, policies and STS, as boto3 and the AWS CLI make and see them."""

import json

import pytest

from server import ACCOUNT, refused

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
SEND = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}
EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


@pytest.fixture
def iam(shared_server):
    return shared_server.boto3("iam")


@pytest.fixture
def role(iam, request):
    return iam.create_role(RoleName=request.node.name[:60], Path="/app/", AssumeRolePolicyDocument=json.dumps(TRUST),
                           Description="of a test", Tags=[{"Key": "team", "Value": "a"}])["Role"]


def test_a_role(iam, role):
    name = role["RoleName"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/app/{name}"
    assert role["RoleId"].startswith("AROA") and len(role["RoleId"]) == 21
    shown = iam.get_role(RoleName=name)["Role"]
    assert shown["AssumeRolePolicyDocument"] == TRUST, "boto3 decodes the document"
    assert (shown["Description"], shown["MaxSessionDuration"], shown["Tags"]) == (
        "of a test", 3600, [{"Key": "team", "Value": "a"}])
    assert name in [r["RoleName"] for r in iam.list_roles(PathPrefix="/app/")["Roles"]]
    iam.update_role(RoleName=name, MaxSessionDuration=7200)
    assert iam.get_role(RoleName=name)["Role"]["MaxSessionDuration"] == 7200
    assert refused(iam.create_role, RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST)) == (
        "EntityAlreadyExists", f"Role with name {name} already exists.", 409)
    assert refused(iam.get_role, RoleName="nobody") == (
        "NoSuchEntity", "The role with name nobody cannot be found.", 404)


def test_inline_and_attached_policies(iam, role):
    name = role["RoleName"]
    iam.put_role_policy(RoleName=name, PolicyName="send", PolicyDocument=json.dumps(SEND))
    iam.attach_role_policy(RoleName=name, PolicyArn=EXECUTION)
    assert iam.get_role_policy(RoleName=name, PolicyName="send")["PolicyDocument"] == SEND
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == [
        {"PolicyName": "AmazonECSTaskExecutionRolePolicy", "PolicyArn": EXECUTION}]
    entities = iam.list_entities_for_policy(PolicyArn=EXECUTION)["PolicyRoles"]
    assert name in [entity["RoleName"] for entity in entities]
    assert refused(iam.delete_role, RoleName=name) == (
        "DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
    iam.detach_role_policy(RoleName=name, PolicyArn=EXECUTION)
    assert refused(iam.delete_role, RoleName=name)[1] == "Cannot delete entity, must delete policies first."
    iam.delete_role_policy(RoleName=name, PolicyName="send")
    iam.delete_role(RoleName=name)


def test_a_managed_policy_and_its_versions(iam):
    arn = iam.create_policy(PolicyName="send", PolicyDocument=json.dumps(SEND))["Policy"]["Arn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/send"
    changed = {**SEND, "Statement": [{**SEND["Statement"][0], "Action": "sqs:*"}]}
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(changed), SetAsDefault=True)
    assert version["PolicyVersion"]["VersionId"] == "v2"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == SEND
    assert refused(iam.delete_policy, PolicyArn=arn)[0] == "DeleteConflict"
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.get_policy, PolicyArn=arn) == ("NoSuchEntity", f"Policy {arn} was not found.", 404)


def test_documents_that_are_refused(iam):
    for document in ("{", "[]", json.dumps({"Statement": [{"Effect": "Allow", "Action": "sqs:*"}]}),
                     json.dumps({"Statement": [{"Effect": "Perhaps", "Action": "sqs:*", "Resource": "*"}]})):
        code, text, status = refused(iam.create_policy, PolicyName="broken", PolicyDocument=document)
        assert (code, status) == ("MalformedPolicyDocument", 400) and text
    assert "broken" not in [p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]]


def test_pages(iam):
    made = {iam.create_role(RoleName=f"page-{number}", Path="/pages/", AssumeRolePolicyDocument=json.dumps(TRUST))
            ["Role"]["RoleName"] for number in range(5)}
    pages = list(iam.get_paginator("list_roles").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": 2}))
    assert [len(page["Roles"]) for page in pages] == [2, 2, 1]
    assert {role["RoleName"] for page in pages for role in page["Roles"]} == made


def test_sts(shared_server, role):
    sts = shared_server.boto3("sts")
    assert sts.get_caller_identity()["Account"] == ACCOUNT
    assumed = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session", DurationSeconds=900)
    assert assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role['RoleName']}/session"
    assert assumed["Credentials"]["AccessKeyId"].startswith("ASIA")
    code, text, status = refused(sts.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/nobody", RoleSessionName="s1")
    assert (code, status) == ("AccessDenied", 403)
    assert text.endswith(f"is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::{ACCOUNT}:role/nobody")


def test_the_cli(shared_server, role, tmp_path):
    (tmp_path / "policy.json").write_text(json.dumps(SEND))
    shared_server.aws("iam", "put-role-policy", "--role-name", role["RoleName"], "--policy-name", "p",
                      "--policy-document", f"file://{tmp_path}/policy.json")
    assert shared_server.aws("iam", "list-role-policies", "--role-name", role["RoleName"])["PolicyNames"] == ["p"]
    shared_server.aws("iam", "wait", "role-exists", "--role-name", role["RoleName"])
    assert shared_server.aws("sts", "get-caller-identity")["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"

"""Containers get parameters and secrets as their environment: with their execution role, through their network."""

import json

import pytest

from conftest import needs_root
from server import ACCOUNT, REGION, until
from small_tasks import SmallTasks

pytestmark = needs_root()
PROGRAM = """#!/bin/sh
echo "$STORED $WHOLE $USER_NAME $OLD"
sleep 1000 &
wait $!
"""
ROLE = r"User: arn:aws:sts::%s:assumed-role/execution/" % ACCOUNT


@pytest.fixture(scope="module")
def world():
    from server import Server
    server = Server("--launch-timeout", "1").start()
    try:
        ssm, secrets = server.boto3("ssm"), server.boto3("secretsmanager")
        ssm.put_parameter(Name="/app/stored", Type="SecureString", Value="hush-parameter")
        arn = secrets.create_secret(Name="app/db", SecretString='{"user":"hush-old"}')["ARN"]
        secrets.put_secret_value(SecretId=arn, SecretString='{"user":"hush-user"}')
        tasks = SmallTasks(server, program=PROGRAM, secrets=[
            {"name": "STORED", "valueFrom": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/app/stored"},
            {"name": "WHOLE", "valueFrom": arn},
            {"name": "USER_NAME", "valueFrom": arn + ":user::"},
            {"name": "OLD", "valueFrom": arn + ":user:AWSPREVIOUS:"}])
        tasks.arn, tasks.vpc = arn, tasks.private()
        yield tasks
    finally:
        server.remove()


def may(world, **actions):
    """What the execution role may do beyond pulling and logging: action=resource, with '_' for ':'."""
    statements = [{"Effect": "Allow", "Action": action.replace("_", ":"), "Resource": resource}
                  for action, resource in actions.items()]
    world.server.boto3("iam").put_role_policy(RoleName="execution", PolicyName="secrets", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": statements}))


def open_way(world, service):
    vpc, network = world.vpc
    group = world.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]
    world.ec2.create_vpc_endpoint(
        VpcId=vpc, VpcEndpointType="Interface", ServiceName=f"com.amazonaws.{REGION}.{service}", PrivateDnsEnabled=True,
        SubnetIds=network["awsvpcConfiguration"]["subnets"], SecurityGroupIds=[group["GroupId"]])

    def available():
        endpoints = world.ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["VpcEndpoints"]
        return all(endpoint["State"] == "available" for endpoint in endpoints)
    until(available, 30, "the endpoint")


def failure(world):
    """Why the next task does not run."""
    task = world.run(world.vpc[1])[0]
    until(lambda: world.describe([task])[task]["lastStatus"] == "STOPPED", 40, "the end of the task")
    return world.describe([task])[task]["stoppedReason"]


def test_each_thing_that_is_missing_and_then_the_values(world):
    begin = "ResourceInitializationError: unable to pull secrets or registry auth: "
    assert failure(world).startswith(begin + "unable to retrieve secrets from ssm: The task cannot pull secrets from AWS")
    open_way(world, "ssm")
    denied = failure(world)
    assert f"{ROLE}" in denied and "is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:" in denied
    may(world, ssm_GetParameters=f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/app/*")
    assert failure(world).startswith(begin + "unable to retrieve secret from asm: There is a connection issue between the")
    open_way(world, "secretsmanager")
    assert failure(world).endswith(
        f"on resource: {world.arn} because no identity-based policy allows the secretsmanager:GetSecretValue action")
    may(world, ssm_GetParameters="*", secretsmanager_GetSecretValue=world.arn)

    task = world.run(world.vpc[1])[0]
    until(lambda: world.lines().get(task), 40, "the task's line")
    assert world.lines()[task] == ['hush-parameter {"user":"hush-user"} hush-user hush-old']
    # Whoever looks at tasks and their definitions sees where the values come from, not what they are.
    told = json.dumps([world.describe([task]), world.ecs.describe_task_definition(taskDefinition="small")["taskDefinition"]],
                      default=str)
    assert "hush" not in told and "/app/stored" in told
    assert "hush" not in world.server.log.read_text(errors="replace")

    # What has gone in the meantime fails the next launch, and leaves this task alone.
    world.server.boto3("ssm").delete_parameter(Name="/app/stored")
    assert failure(world).endswith(f"invalid parameters: arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/app/stored")
    assert world.describe([task])[task]["lastStatus"] == "RUNNING"

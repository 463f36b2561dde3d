"""Scalable targets and policies on a service without tasks, as boto3 and the AWS CLI make and see them."""

import re

import pytest

from server import ACCOUNT, REGION, refused, until

RESOURCE = "service/scaled/workers"
TARGET = {"ServiceNamespace": "ecs", "ResourceId": RESOURCE, "ScalableDimension": "ecs:service:DesiredCount"}
LENGTH = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible",
          "Dimensions": [{"Name": "QueueName", "Value": "jobs"}], "Statistic": "Average"}


@pytest.fixture(scope="module", autouse=True)
def ecs_service(shared_server):
    ecs = shared_server.boto3("ecs")
    ecs.create_cluster(clusterName="scaled")
    ecs.register_task_definition(
        family="workers", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        containerDefinitions=[{"name": "worker", "image": "nowhere"}])
    ec2 = shared_server.boto3("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    ecs.create_service(cluster="scaled", serviceName="workers", taskDefinition="workers", desiredCount=0,
                       launchType="FARGATE", networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}})
    return ecs


@pytest.fixture
def autoscaling(shared_server):
    return shared_server.boto3("application-autoscaling")


@pytest.fixture
def target(autoscaling):
    autoscaling.register_scalable_target(**TARGET, MinCapacity=0, MaxCapacity=3)
    yield TARGET
    autoscaling.deregister_scalable_target(**TARGET)


def test_a_target(autoscaling, target):
    [shown] = autoscaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (shown["ResourceId"], shown["MinCapacity"], shown["MaxCapacity"]) == (RESOURCE, 0, 3)
    assert shown["RoleARN"] == (f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
                                "AWSServiceRoleForApplicationAutoScaling_ECSService")
    assert shown["SuspendedState"] == {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False,
                                       "ScheduledScalingSuspended": False}
    autoscaling.register_scalable_target(**TARGET, MaxCapacity=5)
    [shown] = autoscaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (shown["MinCapacity"], shown["MaxCapacity"]) == (0, 5)


def test_targets_that_are_refused(autoscaling):
    def register(**more):
        return refused(autoscaling.register_scalable_target, **{**TARGET, "MinCapacity": 0, "MaxCapacity": 1, **more})
    assert register(MinCapacity=2)[0] == "ValidationException"
    assert register(ResourceId="service/scaled/nobody")[0] == "ValidationException"
    code, text, _ = register(ServiceNamespace="dynamodb", ScalableDimension="dynamodb:table:ReadCapacityUnits",
                             ResourceId="table/t")
    assert code == "UnsupportedOperation" and "dynamodb" in text, text
    assert refused(autoscaling.deregister_scalable_target, **TARGET)[:2] == (
        "ObjectNotFoundException", "No scalable target found for service namespace: ecs, resource ID: "
        f"{RESOURCE}, scalable dimension: ecs:service:DesiredCount")


def test_a_minimum_above_the_desired_count_scales_at_once(autoscaling, ecs_service, target):
    def desired():
        return ecs_service.describe_services(cluster="scaled", services=["workers"])["services"][0]["desiredCount"]
    autoscaling.register_scalable_target(**TARGET, MinCapacity=1)
    until(lambda: desired() == 1, 10, "a desired count of 1")
    [activity] = autoscaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    assert activity["Description"] == "Setting desired count to 1."
    assert activity["Cause"] == "minimum capacity was set to 1"
    autoscaling.register_scalable_target(**TARGET, MinCapacity=0, MaxCapacity=0)
    until(lambda: desired() == 0, 10, "a desired count of 0")


def test_a_policy_and_its_alarms(shared_server, autoscaling, target):
    made = autoscaling.put_scaling_policy(
        **TARGET, PolicyName="length", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 3.0, "CustomizedMetricSpecification": LENGTH, "ScaleOutCooldown": 60, "ScaleInCooldown": 60})
    assert re.fullmatch(rf"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:[0-9a-f-]{{36}}:resource/ecs/{RESOURCE}:"
                        "policyName/length", made["PolicyARN"])
    names = {alarm["AlarmName"] for alarm in made["Alarms"]}
    assert len(names) == 2
    alarms = {a["AlarmName"]: a for a in shared_server.boto3("cloudwatch").describe_alarms()["MetricAlarms"]}
    assert set(alarms) == names
    high, low = (next(a for name, a in alarms.items() if side in name) for side in ("AlarmHigh", "AlarmLow"))
    assert (high["Threshold"], high["EvaluationPeriods"], high["ComparisonOperator"]) == (3, 3, "GreaterThanThreshold")
    assert (round(low["Threshold"], 6), low["EvaluationPeriods"], low["ComparisonOperator"]) == (2.7, 15, "LessThanThreshold")
    assert re.fullmatch(re.escape(made["PolicyARN"]) + ":createdBy/[0-9a-f-]{36}", high["AlarmActions"][0])
    [shown] = autoscaling.describe_scaling_policies(ServiceNamespace="ecs", PolicyNames=["length"])["ScalingPolicies"]
    assert shown["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"] == LENGTH
    autoscaling.delete_scaling_policy(**TARGET, PolicyName="length")
    assert shared_server.boto3("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert refused(autoscaling.delete_scaling_policy, **TARGET, PolicyName="length")[0] == "ObjectNotFoundException"


def test_the_cli(shared_server, target):
    [shown] = shared_server.aws("application-autoscaling", "describe-scalable-targets", "--service-namespace", "ecs",
                                "--resource-ids", RESOURCE)["ScalableTargets"]
    assert shown["ScalableDimension"] == "ecs:service:DesiredCount"
    where = ["--service-namespace", "ecs", "--resource-id", RESOURCE, "--scalable-dimension", "ecs:service:DesiredCount"]
    shared_server.aws("application-autoscaling", "put-scheduled-action", *where, "--scheduled-action-name", "nightly",
                      "--schedule", "cron(0 22 * * ? *)", "--timezone", "Europe/Berlin",
                      "--scalable-target-action", "MinCapacity=0,MaxCapacity=1")
    [action] = shared_server.aws("application-autoscaling", "describe-scheduled-actions", "--service-namespace", "ecs",
                                 "--scheduled-action-names", "nightly")["ScheduledActions"]
    assert (action["Schedule"], action["Timezone"]) == ("cron(0 22 * * ? *)", "Europe/Berlin")
    assert action["ScalableTargetAction"] == {"MinCapacity": 0, "MaxCapacity": 1}
    shared_server.aws("application-autoscaling", "delete-scheduled-action", *where, "--scheduled-action-name", "nightly")
    done = shared_server.aws("application-autoscaling", "put-scheduled-action", *where, "--scheduled-action-name", "n",
                             "--schedule", "cron(0 22 * * ? *)", "--timezone", "../../etc/passwd",
                             "--scalable-target-action", "MinCapacity=0", check=False)
    assert done.returncode != 0 and "time zone" in done.stderr


def test_a_deleted_service_takes_its_target_along(autoscaling, ecs_service, shared_server):
    service = ecs_service.describe_services(cluster="scaled", services=["workers"])["services"][0]
    ecs_service.create_service(cluster="scaled", serviceName="going", taskDefinition="workers", desiredCount=0,
                               launchType="FARGATE", networkConfiguration=service["networkConfiguration"])
    target = {**TARGET, "ResourceId": "service/scaled/going"}
    autoscaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=3)
    autoscaling.put_scaling_policy(
        **target, PolicyName="length", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 1, "CustomizedMetricSpecification": LENGTH})
    cloudwatch = shared_server.boto3("cloudwatch")
    prefix = "TargetTracking-service/scaled/going-"
    assert len(cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]) == 2
    ecs_service.delete_service(cluster="scaled", service="going")
    left = autoscaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[target["ResourceId"]])
    assert left["ScalableTargets"] == []
    assert cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"] == []

"""A VPC without a way out, with the endpoints that a task's launch and its program need; and programs that run there."""

import json

from python_image import python_image
from server import ACCOUNT, REGION, until

ECS_TASKS = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


def tasks_role(server, name, document=None, managed=()):
    iam = server.boto3("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ECS_TASKS))["Role"]["Arn"]
    if document:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    for policy in managed:
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    return arn


class PrivateNetwork:
    def __init__(self, server, cidr, services=("ecr.api", "ecr.dkr", "logs", "sqs")):
        self.ec2 = server.boto3("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr.replace("/16", "/24"))["Subnet"]["SubnetId"]
        self.tasks = self.group("tasks")  # nothing comes in, everything goes out
        endpoints = self.group("endpoints")
        self.ec2.authorize_security_group_ingress(GroupId=endpoints, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": cidr}]}])
        for service in services:
            self.ec2.create_vpc_endpoint(VpcId=self.vpc, VpcEndpointType="Interface", SubnetIds=[self.subnet],
                                         ServiceName=f"com.amazonaws.{REGION}.{service}", SecurityGroupIds=[endpoints],
                                         PrivateDnsEnabled=True)
        table = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["RouteTables"][0]
        self.ec2.create_vpc_endpoint(VpcId=self.vpc, ServiceName=f"com.amazonaws.{REGION}.s3",
                                     RouteTableIds=[table["RouteTableId"]])
        until(lambda: all(one["State"] == "available" for one in self.endpoints()), 120, "the endpoints")

    def group(self, name):
        return self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]

    def endpoints(self):
        return self.ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["VpcEndpoints"]


class Programs:
    """Images pushed to the server's registry, run as tasks with a log each."""

    def __init__(self, server):
        self.server, self.ecs, self.logs = server, server.boto3("ecs"), server.boto3("logs")
        self.ecs.create_cluster(clusterName="c")
        self.logs.create_log_group(logGroupName="/programs")
        self.execution = tasks_role(server, "execution", managed=[EXECUTION])

    def push_python(self, name, text):
        self.push(name, python_image(name, text))

    def push(self, name, archive):
        self.server.boto3("ecr").create_repository(repositoryName=name)
        self.server.renkei("push", archive, f"{name}:latest", "--region", REGION)

    def start(self, name, network, group=None, role=None, image=None, memory="512", **environment):
        definition = dict(
            family=name, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory=memory,
            executionRoleArn=self.execution, containerDefinitions=[{
                "name": "program", "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{image or name}:latest",
                "environment": [{"name": key, "value": str(value)} for key, value in environment.items()],
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": "/programs", "awslogs-region": REGION, "awslogs-stream-prefix": name}}}])
        if role:
            definition["taskRoleArn"] = role
        self.ecs.register_task_definition(**definition)
        return self.ecs.run_task(cluster="c", taskDefinition=name, launchType="FARGATE", networkConfiguration={
            "awsvpcConfiguration": {"subnets": [network.subnet], "securityGroups": [group or network.tasks]}},
        )["tasks"][0]["taskArn"]

    def task(self, arn):
        return self.ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]

    def address(self, arn):
        details = self.task(arn)["attachments"][0]["details"]
        return next(one["value"] for one in details if one["name"] == "privateIPv4Address")

    def running(self, arn):
        def status():
            task = self.task(arn)
            assert task["lastStatus"] != "STOPPED", (task["stoppedReason"], self.log(arn))
            return task["lastStatus"] == "RUNNING"
        until(status, 120, "the task")
        return self.address(arn)

    def stop(self, arn):
        self.ecs.stop_task(cluster="c", task=arn)

    def log(self, arn):
        task = self.task(arn)
        name = task["taskDefinitionArn"].rsplit("/", 1)[1].split(":")[0]
        stream = f"{name}/program/{arn.rsplit('/', 1)[1]}"
        events = self.logs.get_log_events(logGroupName="/programs", logStreamName=stream, startFromHead=True)["events"]
        return [event["message"] for event in events]

    def finished(self, arn, seconds=180):
        """What the program has written, when it has ended by itself, well."""
        until(lambda: self.task(arn)["lastStatus"] == "STOPPED", seconds, "the task's end")
        task = self.task(arn)
        assert task["stopCode"] == "EssentialContainerExited", task["stoppedReason"]
        lines = self.log(arn)
        assert task["containers"][0].get("exitCode") == 0, lines
        return lines

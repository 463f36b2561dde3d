"""Tasks that cost little: a busybox that asks an endpoint of its network for an answer every second and writes down
whether one came. Twenty of them fit on a small machine."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from server import ACCOUNT, BUILD, REGION

ENDPOINTS = ("sqs", "ecr.api", "ecr.dkr", "logs")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
PROGRAM = f"""#!/bin/sh
trap 'echo ending; exit 0' TERM
while :; do
  answer=$(printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | nc -w 3 sqs.{REGION}.amazonaws.com 80)
  case $answer in HTTP/1.1*) echo reached ;; *) echo lost ;; esac
  sleep 1 &
  wait $!
done
"""


def small_image(name, program=PROGRAM):
    """An OCI archive with busybox, and the text of a shell program that it runs as its first process."""
    archive = BUILD / "e2e" / f"{name}.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="renkei-image-"))
    try:
        for part in ("bin", "tmp", "etc"):
            (folder / part).mkdir()
        shutil.copy("/bin/busybox", folder / "bin" / "busybox")
        for tool in ("sh", "sleep", "nc", "cat", "echo", "nslookup", "wget", "ls", "id", "dd", "sync"):
            (folder / "bin" / tool).symlink_to("busybox")
        (folder / "etc" / "passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
        (folder / "main").write_text(program)
        (folder / "main").chmod(0o755)
        done = subprocess.run([str(BUILD / "examples" / "make_image"), "--root", str(folder), str(archive), f"{name}:latest",
                               "/main"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return archive
    finally:
        shutil.rmtree(folder)


class SmallTasks:
    """A cluster, a task definition, and networks: private() with endpoints only, public() with an internet gateway."""

    def __init__(self, server, name="small", program=PROGRAM, cpu="256", memory="512", **container):
        self.server, self.name = server, name
        self.connect()
        self.ecr.create_repository(repositoryName=name)
        server.renkei("push", small_image(name, program), f"{name}:latest", "--region", REGION)
        self.logs.create_log_group(logGroupName=f"/{name}")
        iam = server.boto3("iam")
        execution = iam.create_role(RoleName="execution", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam.attach_role_policy(RoleName="execution",
                               PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
        self.ecs.create_cluster(clusterName="c")
        self.ecs.register_task_definition(
            family=name, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu=cpu, memory=memory,
            executionRoleArn=execution, containerDefinitions=[{
                "name": "main", "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}:latest",
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": f"/{name}", "awslogs-region": REGION, "awslogs-stream-prefix": "t"}}, **container}])

    def connect(self):
        """Again after the server has another port."""
        self.ecs, self.ec2, self.logs, self.ecr = map(self.server.boto3, ("ecs", "ec2", "logs", "ecr"))

    def network(self, cidr="10.7.0.0/16"):
        vpc = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr.replace("/16", "/24"))["Subnet"]["SubnetId"]
        table = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]
        return vpc, subnet, table["RouteTableId"]

    def private(self):
        """(VPC, network configuration of a task). The VPC's default group lets its members reach each other."""
        vpc, subnet, table = self.network()
        group = self.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]
        for service in ENDPOINTS:
            self.ec2.create_vpc_endpoint(
                VpcId=vpc, VpcEndpointType="Interface", ServiceName=f"com.amazonaws.{REGION}.{service}",
                SubnetIds=[subnet], SecurityGroupIds=[group["GroupId"]], PrivateDnsEnabled=True)
        self.ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[table])
        return vpc, {"awsvpcConfiguration": {"subnets": [subnet]}}

    def public(self):
        vpc, subnet, table = self.network()
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        return vpc, {"awsvpcConfiguration": {"subnets": [subnet], "assignPublicIp": "ENABLED"}}

    def run(self, network, count=1):
        """Ids of new tasks."""
        done = self.ecs.run_task(cluster="c", taskDefinition=self.name, launchType="FARGATE", count=count,
                                 networkConfiguration=network)
        assert not done["failures"], done["failures"]
        return [task["taskArn"].rsplit("/", 1)[1] for task in done["tasks"]]

    def ids(self, status="RUNNING"):
        """Of tasks that are, or are to be, in that state."""
        pages = self.ecs.get_paginator("list_tasks").paginate(cluster="c", desiredStatus=status)
        return [arn.rsplit("/", 1)[1] for page in pages for arn in page["taskArns"]]

    def describe(self, ids):
        out = {}
        for start in range(0, len(ids), 100):
            for task in self.ecs.describe_tasks(cluster="c", tasks=ids[start:start + 100])["tasks"]:
                out[task["taskArn"].rsplit("/", 1)[1]] = task
        return out

    def lines(self, since_ms=0):
        """What tasks wrote since then: {task id: [text]}."""
        out = {}
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=f"/{self.name}", startTime=since_ms)
        for page in pages:
            for event in page["events"]:
                out.setdefault(event["logStreamName"].rsplit("/", 1)[1], []).append(event["message"])
        return out

"""What a role may do: policies in front of every request of a task's role, and with --auth strict of every session; the
words of a denial in each protocol; and the way a person finds it."""

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest

from conftest import needs_root
from python_image import python_image
from server import ACCOUNT, REGION, Server, refused, until

KEY, SECRET = "AKIAEXAMPLE", "a/secret+of=signs"
ANYBODY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "*", "Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def allow(*actions, resource="*", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}]})


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    keys = tmp_path_factory.mktemp("auth") / "keys"
    keys.write_text(f"{KEY} {SECRET}\n")
    server = Server("--auth", "strict", "--keys", str(keys)).start()
    yield server
    server.remove()


class Worker:
    """A role, a queue, and sessions of the role."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.iam = server.boto3("iam", KEY, SECRET)
        self.arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ANYBODY))["Role"]["Arn"]
        self.owner = server.boto3("sqs", KEY, SECRET)
        self.url = self.owner.create_queue(QueueName=name)["QueueUrl"]
        self.queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def may(self, document):
        self.iam.put_role_policy(RoleName=self.name, PolicyName="p", PolicyDocument=document)

    def credentials(self, **more):
        sts = self.server.boto3("sts", KEY, SECRET)
        return sts.assume_role(RoleArn=self.arn, RoleSessionName="me", **more)["Credentials"]

    def client(self, service, **more):
        given = self.credentials(**more)
        return self.server.boto3(service, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def denial(self, action, reason):
        return (f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{self.name}/me is not authorized to perform: {action} "
                f"on resource: {self.queue_arn} {reason}")

    def no_policy(self, action):
        return self.denial(action, f"because no identity-based policy allows the {action} action")


@pytest.fixture
def worker(strict, request):
    return Worker(strict, request.node.name.removeprefix("test_")[:60].replace("[", "-").replace("]", ""))


def test_a_role_without_delete(worker):
    """A consumer whose role forgot sqs:DeleteMessage: it receives, and is refused when it deletes."""
    worker.may(allow("sqs:GetQueueUrl", "sqs:ReceiveMessage", resource=worker.queue_arn))
    worker.owner.send_message(QueueUrl=worker.url, MessageBody="1700000000")
    sqs = worker.client("sqs")  # boto3 1.26 speaks the query protocol
    assert sqs.get_queue_url(QueueName=worker.name)["QueueUrl"]
    handle = sqs.receive_message(QueueUrl=worker.url)["Messages"][0]["ReceiptHandle"]
    assert refused(sqs.delete_message, QueueUrl=worker.url, ReceiptHandle=handle) == (
        "AccessDenied", worker.no_policy("sqs:deletemessage"), 403)
    assert refused(sqs.delete_message_batch, QueueUrl=worker.url,
                   Entries=[{"Id": "a", "ReceiptHandle": handle}])[1] == worker.no_policy("sqs:deletemessage")
    worker.may(allow("sqs:*", resource=worker.queue_arn))
    sqs.delete_message(QueueUrl=worker.url, ReceiptHandle=handle)


def raw_refusal(worker, body, **headers):
    """Status, headers and body of a refusal, as they come over the wire, of a session of the role."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    given = worker.credentials()
    request = AWSRequest("POST", worker.server.url + "/", data=body.encode(), headers=headers)
    SigV4Auth(Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]), "sqs",
              REGION).add_auth(request)
    ready = request.prepare()
    try:
        urllib.request.urlopen(urllib.request.Request(ready.url, data=ready.body, headers=dict(ready.headers)), timeout=5)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()
    raise AssertionError("was not refused")


def test_the_refusal_over_json(worker):
    status, headers, body = raw_refusal(worker, json.dumps({"QueueUrl": worker.url, "ReceiptHandle": "x"}), **{
        "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.DeleteMessage"})
    assert status == 403
    assert headers["x-amzn-query-error"] == "AccessDenied;Sender"
    assert json.loads(body) == {"__type": "com.amazon.coral.service#AccessDeniedException",
                                "Message": worker.no_policy("sqs:deletemessage")}


def test_the_refusal_over_query(worker):
    form = urllib.parse.urlencode({"Action": "DeleteMessage", "Version": "2012-11-05", "QueueUrl": worker.url,
                                   "ReceiptHandle": "x"})
    status, _, body = raw_refusal(worker, form, **{"content-type": "application/x-www-form-urlencoded"})
    assert status == 403
    assert body.startswith('<?xml version="1.0"?><ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error>'
                           "<Type>Sender</Type><Code>AccessDenied</Code><Message>User: ")
    assert f"<Message>{worker.no_policy('sqs:deletemessage')}</Message><Detail/></Error><RequestId>" in body


def test_session_policies(worker):
    worker.may(allow("sqs:*"))
    worker.client("sqs").send_message(QueueUrl=worker.url, MessageBody="m")
    limited = worker.client("sqs", Policy=allow("sqs:ReceiveMessage"))
    assert limited.receive_message(QueueUrl=worker.url)["Messages"]
    assert refused(limited.send_message, QueueUrl=worker.url, MessageBody="m")[:2] == ("AccessDenied", worker.denial(
        "sqs:sendmessage", "because no session policy allows the sqs:sendmessage action"))
    by_arn = worker.client("sqs", PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"}])
    assert by_arn.get_queue_attributes(QueueUrl=worker.url)
    assert refused(by_arn.purge_queue, QueueUrl=worker.url)[0] == "AccessDenied"
    assert refused(worker.client, service="sqs", Policy="{")[0] == "MalformedPolicyDocument"


def test_a_queue_that_denies(worker):
    worker.may(allow("sqs:*"))
    worker.owner.set_queue_attributes(QueueUrl=worker.url, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage",
                                               "Resource": worker.queue_arn,
                                               "Condition": {"ArnLike": {"aws:PrincipalArn": worker.arn}}}})})
    assert refused(worker.client("sqs").send_message, QueueUrl=worker.url, MessageBody="m")[1] == worker.denial(
        "sqs:sendmessage", "with an explicit deny in a resource-based policy")
    worker.owner.send_message(QueueUrl=worker.url, MessageBody="m")


def test_a_queue_that_allows(worker):
    worker.owner.set_queue_attributes(QueueUrl=worker.url, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": worker.arn},
                                               "Action": "sqs:SendMessage", "Resource": worker.queue_arn}})})
    sqs = worker.client("sqs")
    sqs.send_message(QueueUrl=worker.url, MessageBody="m")
    assert refused(sqs.receive_message, QueueUrl=worker.url)[0] == "AccessDenied"


def test_other_services_in_their_words(worker):
    user = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{worker.name}/me is not authorized to perform: "

    def words(action, on=""):
        return user + action + on + f" because no identity-based policy allows the {action} action"

    assert refused(worker.client("ecs").list_clusters) == (
        "AccessDeniedException", words("ecs:ListClusters", " on resource: *"), 400)
    assert refused(worker.client("ecr").get_authorization_token) == (
        "AccessDeniedException", words("ecr:GetAuthorizationToken", " on resource: *"), 400)
    group = f" on resource: arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/g:log-stream:s"
    assert refused(worker.client("logs").create_log_stream, logGroupName="/g", logStreamName="s") == (
        "AccessDeniedException", words("logs:CreateLogStream", group), 400)
    assert refused(worker.client("ec2").describe_vpcs) == (
        "UnauthorizedOperation", "You are not authorized to perform this operation. " + words("ec2:DescribeVpcs"), 403)
    assert refused(worker.client("s3").get_object, Bucket="b", Key="k") == (
        "AccessDenied", words("s3:GetObject", ' on resource: "arn:aws:s3:::b/k"'), 403)
    stack = f" on resource: arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/s/*"
    assert refused(worker.client("cloudformation").describe_stacks, StackName="s") == (
        "AccessDenied", words("cloudformation:DescribeStacks", stack), 403)
    assert refused(worker.client("sts").assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/none", RoleSessionName="me") == (
        "AccessDenied", user + f"sts:AssumeRole on resource: arn:aws:iam::{ACCOUNT}:role/none", 403)


def test_an_expired_session(tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"{KEY} {SECRET}\n")
    # A quarter of an hour, the shortest, is less than a second here; what clients sign has the machine's time.
    server = Server("--auth", "off", "--speed", "1000").start()
    try:
        worker = Worker(server, "short")
        sqs, ecs = worker.client("sqs", DurationSeconds=900), worker.client("ecs", DurationSeconds=900)
        until(lambda: refused(ecs.list_clusters) if expired(ecs.list_clusters) else None, 30, "the end of the session")
        assert refused(ecs.list_clusters) == (
            "ExpiredTokenException", "The security token included in the request is expired", 400)
        assert refused(sqs.list_queues) == ("ExpiredToken", "The security token included in the request is expired", 403)
    finally:
        server.remove()


def expired(call):
    from botocore.exceptions import ClientError
    try:
        call()
        return False
    except ClientError as error:
        return error.response["Error"]["Code"].startswith("ExpiredToken")


def test_without_strict_only_tasks_are_asked(shared_server):
    worker = Worker(shared_server, "outside")
    worker.client("sqs").send_message(QueueUrl=worker.url, MessageBody="a session from outside, without any policy")


def test_users_are_not_there(strict):
    assert refused(strict.boto3("iam", KEY, SECRET).create_access_key, UserName="me")[0] == "UnsupportedOperation"


def test_a_denial_can_be_found(worker, monkeypatch):
    refused(worker.client("sqs").purge_queue, QueueUrl=worker.url)
    with urllib.request.urlopen(worker.server.url + "/_renkei/denials", timeout=5) as reply:
        last = json.load(reply)["denials"][0]
    assert last["principal"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{worker.name}/me"
    assert (last["action"], last["resource"], last["operation"]) == ("sqs:purgequeue", worker.queue_arn, "PurgeQueue")
    assert last["reason"] == "because no identity-based policy allows the sqs:purgequeue action"
    assert f"refused: {last['principal']} sqs:purgequeue on {worker.queue_arn} because no" in worker.server.tail()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    shown = worker.server.renkei("status").stdout
    assert f"{worker.name}/me" in shown and "sqs:purgequeue" in shown and "no identity-based policy" in shown
    assert json.loads(worker.server.renkei("status", "--json").stdout)["denials"][0]["action"] == "sqs:purgequeue"


PROGRAM = """
import boto3, json, os, urllib.request
from botocore.exceptions import ClientError
given = json.load(urllib.request.urlopen(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]))
print("CREDENTIALS", json.dumps([given["RoleArn"], given["Expiration"], given["AccessKeyId"][:4]]), flush=True)
sqs = boto3.client("sqs", endpoint_url=os.environ["ENDPOINT"])
url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
try:
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
except ClientError as error:
    print("REFUSED", error.response["Error"]["Code"], error.response["Error"]["Message"], flush=True)
print("WHO", boto3.client("sts", endpoint_url=os.environ["ENDPOINT"]).get_caller_identity()["Arn"], flush=True)
"""


def run_program(server, role):
    ecs, ec2, logs = server.boto3("ecs"), server.boto3("ec2"), server.boto3("logs")
    server.boto3("ecr").create_repository(repositoryName="program")
    server.renkei("push", python_image("identity", PROGRAM), "program:latest", "--region", REGION)
    logs.create_log_group(logGroupName="/program")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ecs.create_cluster(clusterName="c")
    execution = server.boto3("iam").create_role(RoleName="execution", AssumeRolePolicyDocument=json.dumps(ANYBODY))["Role"]
    server.boto3("iam").attach_role_policy(
        RoleName="execution", PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
    ecs.register_task_definition(
        family="program", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        taskRoleArn=role, executionRoleArn=execution["Arn"],
        containerDefinitions=[{
            "name": "program", "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/program:latest",
            "environment": [{"name": "ENDPOINT", "value": server.url}],
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "/program", "awslogs-region": REGION, "awslogs-stream-prefix": "p"}}}])
    task = ecs.run_task(cluster="c", taskDefinition="program", launchType="FARGATE",
                        networkConfiguration={"awsvpcConfiguration": {
                            "subnets": [subnet], "assignPublicIp": "ENABLED"}})["tasks"][0]["taskArn"]
    until(lambda: ecs.describe_tasks(cluster="c", tasks=[task])["tasks"][0]["lastStatus"] == "STOPPED", 120, "the task's end")
    task_id = task.rsplit("/", 1)[1]
    stream = f"p/program/{task_id}"
    events = logs.get_log_events(logGroupName="/program", logStreamName=stream, startFromHead=True)["events"]
    return task_id, [event["message"] for event in events]


@pytest.fixture
def host_network():
    server = Server("--network", "host").start()
    yield server
    server.remove()


@needs_root()
def test_a_task_is_refused_without_strict_too(host_network):
    server = host_network
    worker = Worker(server, "jobs")
    worker.may(allow("sqs:GetQueueUrl", "sqs:ReceiveMessage"))
    worker.owner.send_message(QueueUrl=worker.url, MessageBody="m")
    task, lines = run_program(server, worker.arn)
    said = dict(line.split(" ", 1) for line in lines if line.split(" ")[0] in ("CREDENTIALS", "REFUSED", "WHO"))
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/jobs/{task}"
    assert said.get("WHO") == session, lines
    assert said["REFUSED"] == (
        f"AccessDenied User: {session} is not authorized to perform: sqs:deletemessage on resource: {worker.queue_arn} "
        "because no identity-based policy allows the sqs:deletemessage action")
    role, expiration, start = json.loads(said["CREDENTIALS"])
    assert (role, start) == (worker.arn, "ASIA") and expiration.endswith("Z")

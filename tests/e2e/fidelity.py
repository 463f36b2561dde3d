"""The example's system with one thing forgotten, and what AWS makes of that: for tools/fidelity and test_fidelity.py.

Each variant is the example's templates with an edit, deployed by Debian's AWS CLI. The failure is looked for where a
person would find it: in the stopped task, in the service's events, in the program's log, in the stack's events. Then
the mended templates are deployed over it, as they would be on AWS, and both services must run.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from server import ACCOUNT, BUILD, REGION, Server, until

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "examples" / "sqs-fargate" / "templates"
CLUSTER, CONSUMER, PRODUCER = "sqs-fargate-cluster", "sqs-fargate-consumer", "sqs-fargate-producer"
BUCKET = f"https://templates.s3.{REGION}.amazonaws.com/"
STACK = "system"

ADDRESS = r"\d+\.\d+\.\d+\.\d+"
NO_AUTHORIZATION = (
    "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon "
    "ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. operation "
    "error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error StatusCode: 0, "
    f'RequestID: , request send failed, Post "https://api.ecr.{REGION}.amazonaws.com/": dial tcp IP:443: i/o timeout')
NO_MANIFEST = (
    "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref IMAGE:latest: failed "
    "to do request: Head \"https://REGISTRY/v2/NAME/manifests/latest\": dial tcp IP:443: i/o timeout")
NO_LAYERS = (
    "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to "
    f'do request: Get "https://prod-{REGION}-starport-layer-bucket.s3.{REGION}.amazonaws.com/…": dial tcp IP:443: i/o '
    "timeout")
NO_LOGS = (
    "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group "
    "defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your "
    "network configuration. : signal: killed")
NO_GROUP = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create "
    "Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1")
NO_TAG = ("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
          "IMAGE:missing: IMAGE:missing: not found")
NO_ROLE = (
    f"(service NAME) failed to launch a task with (error ECS was unable to assume the role "
    f"'arn:aws:iam::{ACCOUNT}:role/missing' that was provided for this task. Please verify that the role being passed has "
    "the proper trust relationship and permissions and that your IAM user has permissions to pass this role.).")
ROLE = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/ROLE/TASK is not authorized to perform: "
NO_ECR_RIGHT = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to "
    "retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: " + ROLE +
    "ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action")
ENDPOINT_FORBIDS = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create "
    "Cloudwatch log stream: AccessDeniedException: " + ROLE + f"logs:CreateLogStream on resource: arn:aws:logs:{REGION}:"
    f"{ACCOUNT}:log-group:…:log-stream:… because no VPC endpoint policy allows the logs:CreateLogStream action : exit "
    "status 1")
NO_CREDENTIALS = "ResourceInitializationError: unable to pull secrets or registry auth: "
NO_SSM = (
    NO_CREDENTIALS + "unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a "
    "connection issue between the task and AWS Systems Manager Parameter Store. Check your task network configuration. "
    "RequestCanceled: request context canceled caused by: context deadline exceeded")
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:…"
NO_ASM = (
    NO_CREDENTIALS + "unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets "
    f"Manager. Check your task network configuration. failed to fetch secret {SECRET} from secrets manager: operation error "
    "Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded")
NO_SSM_RIGHT = (
    NO_CREDENTIALS + "execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been "
    f"retried 1 time(s): AccessDeniedException: {ROLE}ssm:GetParameters on resource: arn:aws:ssm:{REGION}:{ACCOUNT}:"
    "parameter/… because no identity-based policy allows the ssm:GetParameters action")
NO_ASM_RIGHT = (
    NO_CREDENTIALS + "execution resource retrieval failed: unable to retrieve secret from asm: service call has been "
    f"retried 1 time(s): failed to fetch secret {SECRET} from secrets manager: AccessDeniedException: {ROLE}"
    f"secretsmanager:GetSecretValue on resource: {SECRET} because no identity-based policy allows the "
    "secretsmanager:GetSecretValue action")
# The task runs; it is its program's SDK that gives up, in words of its own. Ours says this.
TIMEOUT = r"cannot connect to sqs\.[\w.-]+: timed out"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:sqs-fargate-queue"


def right_missing(action):
    return ROLE + f"{action} on resource: {QUEUE} because no identity-based policy allows the {action} action"


def pattern(text):
    """What AWS says, with the parts that differ from run to run left open."""
    holes = {"IMAGE": r"[\w.-]+/[\w.-]+", "REGISTRY": r"[\w.-]+", "NAME": r"[\w.-]+", "IP": ADDRESS, "ROLE": r"[\w.-]+",
             "TASK": r"[0-9a-f]{32}", "…": r"\S+"}
    return re.sub("|".join(map(re.escape, holes)), lambda hole: holes[hole.group()], re.escape(text))


def without(file, resource):
    """Takes a resource out of a template: its line and all that is indented below."""
    def edit(templates):
        cut, found = re.subn(rf"^  {resource}:\n(?:    .*\n|\n)*", "", templates[file], flags=re.M)
        assert found == 1, f"{resource} is not in {file}"
        templates[file] = cut
    return edit


def changed(file, before, after, count=1):
    def edit(templates):
        assert templates[file].count(before) >= count, f"{before!r} is not in {file}"
        templates[file] = templates[file].replace(before, after)
    return edit


def private_dns_off(resource):
    def edit(templates):
        text = templates["endpoints.yaml"]
        start = text.index(f"  {resource}:")
        templates["endpoints.yaml"] = text[:start] + text[start:].replace("PrivateDnsEnabled: true",
                                                                          "PrivateDnsEnabled: false", 1)
    return edit


INTERNET_GATEWAY = """Resources:
  InternetGateway:
    Type: AWS::EC2::InternetGateway

  Attachment:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties:
      VpcId: !Ref VPC
      InternetGatewayId: !Ref InternetGateway

  DefaultRoute:
    Type: AWS::EC2::Route
    DependsOn: Attachment
    Properties:
      RouteTableId: !Ref RouteTable
      DestinationCidrBlock: 0.0.0.0/0
      GatewayId: !Ref InternetGateway

"""


def by_internet_gateway(public_address):
    """Public subnets and hardly an endpoint; tasks with or without the address that they need there."""
    def edit(templates):
        for resource in ("ECRApiEndpoint", "ECRDkrEndpoint", "SQSEndpoint", "S3Endpoint"):
            without("endpoints.yaml", resource)(templates)
        changed("network.yaml", "Resources:\n", INTERNET_GATEWAY)(templates)
        if public_address:
            for file in ("producer.yaml", "consumer.yaml"):
                changed(file, "AssignPublicIp: DISABLED", "AssignPublicIp: ENABLED")(templates)
    return edit


STORES = {  # what makes the value, what a role needs for it, and its ARN
    "ssm": ("AWS::SSM::Parameter\n    Properties: {Type: String, Value: stored}", "ssm:GetParameters",
            '!Sub "arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${Stored}"'),
    "secretsmanager": ("AWS::SecretsManager::Secret\n    Properties: {GenerateSecretString: {PasswordLength: 20}}",
                       "secretsmanager:GetSecretValue", "!Ref Stored"),
}


def with_secret(store, endpoint=True, right=True):
    """The consumer gets a secret of this store, with what that needs, or not."""
    made, action, arn = STORES[store]

    def edit(templates):
        changed("consumer.yaml", "Resources:\n", f"Resources:\n  Stored:\n    Type: {made}\n\n")(templates)
        changed("consumer.yaml", "              Value: !Ref Interval\n", "              Value: !Ref Interval\n          Secrets:\n"
                f"            - Name: Stored\n              ValueFrom: {arn}\n")(templates)
        if right:
            role = "        - arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy\n"
            changed("consumer.yaml", role, role + "      Policies:\n        - PolicyName: secret\n          PolicyDocument:\n"
                    f"            Statement: [{{Effect: Allow, Action: '{action}', Resource: {arn}}}]\n")(templates)
        if endpoint:
            text = templates["endpoints.yaml"]
            start = text.index("  SQSEndpoint:")
            one = text[start: text.index("\n\n", start) + 2]
            templates["endpoints.yaml"] = text[:start] + one.replace("SQSEndpoint", "StoreEndpoint").replace(
                "}.sqs", "}." + store) + text[start:]
    return edit


FORBIDDING = """      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: "*"
            Action: logs:PutLogEvents
            Resource: "*"
"""
# A group always has egress rules: one that leads nowhere replaces the default.
NOWHERE = "CidrIp: 127.0.0.1/32"


@dataclass
class Variant:
    name: str
    edit: Callable
    expected: str
    where: str = "task"  # "service", "log" or "stack": where the failure shows
    service: str = CONSUMER
    mend: Callable | None = None  # the templates as they are, unless this says otherwise

    @property
    def said(self):
        if self.expected != "TIMEOUT":
            return self.expected
        return f'the task runs, and its SDK gives up: Connect timeout on endpoint URL: "https://sqs.{REGION}.amazonaws.com/"'


VARIANTS = [
    Variant("no ecr.api endpoint", without("endpoints.yaml", "ECRApiEndpoint"), NO_AUTHORIZATION),
    Variant("no ecr.dkr endpoint", without("endpoints.yaml", "ECRDkrEndpoint"), NO_MANIFEST),
    Variant("no S3 gateway endpoint", without("endpoints.yaml", "S3Endpoint"), NO_LAYERS),
    Variant("no logs endpoint", without("endpoints.yaml", "LogsEndpoint"), NO_LOGS),
    Variant("endpoint group without the ingress rule",
            changed("network.yaml", "SourceSecurityGroupId: !Ref TaskSecurityGroup", NOWHERE), NO_AUTHORIZATION),
    Variant("task group without egress", changed("network.yaml", "CidrIp: 0.0.0.0/0", NOWHERE), NO_AUTHORIZATION),
    Variant("private DNS off", private_dns_off("ECRApiEndpoint"), NO_AUTHORIZATION),
    Variant("VPC without DNS host names", changed("network.yaml", "EnableDnsHostnames: true", "EnableDnsHostnames: false"),
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "
            "vpc-…", "stack"),
    Variant("S3 endpoint in another route table",
            changed("endpoints.yaml", "      RouteTableIds: [!Ref RouteTable]\n", ""), NO_LAYERS),
    Variant("internet gateway, but no public address", by_internet_gateway(False), NO_AUTHORIZATION,
            mend=by_internet_gateway(True)),
    Variant("execution role missing",
            changed("consumer.yaml", "ExecutionRoleArn: !Ref ExecutionRole",
                    'ExecutionRoleArn: !Sub "arn:aws:iam::${AWS::AccountId}:role/missing"'), NO_ROLE, "service"),
    Variant("execution role without its policy",
            changed("consumer.yaml", "      ManagedPolicyArns:\n"
                    "        - arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy\n", ""), NO_ECR_RIGHT),
    Variant("image tag missing", changed("consumer.yaml", "${Repository}:latest", "${Repository}:missing"), NO_TAG),
    Variant("log group missing", changed("consumer.yaml", "awslogs-group: !Ref LogGroup", "awslogs-group: missing"),
            NO_GROUP),
    Variant("wrong Fargate size", changed("consumer.yaml", "Memory: 512", "Memory: 4096"),
            "No Fargate configuration exists for given values", "stack"),
    Variant("endpoint policy that denies",
            changed("endpoints.yaml", '      ServiceName: !Sub "com.amazonaws.${AWS::Region}.logs"\n',
                    '      ServiceName: !Sub "com.amazonaws.${AWS::Region}.logs"\n' + FORBIDDING), ENDPOINT_FORBIDS),
    Variant("no ssm endpoint", with_secret("ssm", endpoint=False), NO_SSM, mend=with_secret("ssm")),
    Variant("no secretsmanager endpoint", with_secret("secretsmanager", endpoint=False), NO_ASM,
            mend=with_secret("secretsmanager")),
    Variant("execution role without ssm:GetParameters", with_secret("ssm", right=False), NO_SSM_RIGHT,
            mend=with_secret("ssm")),
    Variant("execution role without secretsmanager:GetSecretValue", with_secret("secretsmanager", right=False), NO_ASM_RIGHT,
            mend=with_secret("secretsmanager")),
    Variant("no SQS endpoint", without("endpoints.yaml", "SQSEndpoint"), "TIMEOUT", "log"),
    Variant("private DNS of SQS off", private_dns_off("SQSEndpoint"), "TIMEOUT", "log"),
    Variant("task role without sqs:SendMessage", changed("producer.yaml", "                  - sqs:SendMessage\n", ""),
            right_missing("sqs:sendmessage"), "log", PRODUCER),
    Variant("task role without sqs:DeleteMessage", changed("consumer.yaml", "                  - sqs:DeleteMessage\n", ""),
            right_missing("sqs:deletemessage"), "log"),
]


class Fidelity:
    """One server, on which the variants are deployed one after the other: by the AWS CLI; what is only looked at, and
    often, is by boto3, which starts in less time."""

    def __init__(self, *arguments):
        self.server = Server("--no-queue-rests", *arguments)  # the same queue comes and goes all the time
        self.shown = set()  # ids of what earlier variants left to be seen: stopped tasks are there for an hour

    def __enter__(self):
        self.server.start()
        try:
            self.prepare()
        except BaseException:
            self.server.remove()
            raise
        return self

    def __exit__(self, *_):
        self.server.remove()

    def prepare(self):
        aws = self.server.aws
        self.stacks, self.ecs, self.logs, self.s3 = map(self.server.boto3, ("cloudformation", "ecs", "logs", "s3"))
        aws("cloudformation", "create-stack", "--stack-name", "repositories", "--template-body",
            f"file://{TEMPLATES}/repositories.yaml")
        aws("cloudformation", "wait", "stack-create-complete", "--stack-name", "repositories")
        aws("s3", "mb", "s3://templates", text=True)
        password = aws("ecr", "get-login-password", text=True).strip()
        for name in (PRODUCER, CONSUMER):
            done = subprocess.run(["skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", f"AWS:{password}",
                                   f"oci-archive:{BUILD}/examples/{name}.tar",
                                   f"docker://127.0.0.1:{self.server.port}/{name}:latest"], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr + self.server.tail()

    # -- deploying

    def upload(self, edit):
        templates = {file.name: file.read_text() for file in TEMPLATES.glob("*.yaml")}
        if edit:
            edit(templates)
        for name, text in templates.items():
            text = re.sub(r"(TemplateURL: )(?=\w+\.yaml)", r"\1" + BUCKET, text)
            self.s3.put_object(Bucket="templates", Key=name, Body=text.encode())

    def deploy(self, verb, tasks):
        self.server.aws("cloudformation", f"{verb}-stack", "--stack-name", STACK, "--template-url", BUCKET + "system.yaml",
                        "--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "--parameters",
                        f"ParameterKey=InitialTasks,ParameterValue={tasks}", "ParameterKey=Interval,ParameterValue=0")

    def settled(self):
        """The stack's status, when nothing is going on; "gone" when there is none."""
        status = next((stack["StackStatus"] for stack in self.stacks.describe_stacks()["Stacks"]
                       if stack["StackName"] == STACK), "gone")
        return None if status.endswith("_IN_PROGRESS") else status

    def delete(self):
        self.server.aws("cloudformation", "delete-stack", "--stack-name", STACK)
        assert until(self.settled, 120, "the stack's end", every=0.3) == "gone", list(self.stack_failures())

    # -- looking

    def stack_failures(self):
        """(id, reason), of the nested stacks too."""
        for stack in self.stacks.list_stacks()["StackSummaries"]:
            for event in self.stacks.describe_stack_events(StackName=stack["StackId"])["StackEvents"]:
                if "FAILED" in event["ResourceStatus"]:
                    yield event["EventId"], event.get("ResourceStatusReason", "")

    def described(self, service):
        return self.ecs.describe_services(cluster=CLUSTER, services=[service])["services"][0]

    def stopped_tasks(self, service):
        arns = self.ecs.list_tasks(cluster=CLUSTER, serviceName=service, desiredStatus="STOPPED")["taskArns"]
        return self.ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []

    def log(self, service):
        """Newest first."""
        lines = self.logs.filter_log_events(logGroupName=service)["events"]
        return [line["message"] for line in lines][::-1]

    def places(self, variant):
        """(id, text) of everything in which the failure may show."""
        if variant.where == "stack":
            return list(self.stack_failures())
        if variant.where == "log":
            return [(line, line) for line in self.log(variant.service)]
        if variant.where == "service":
            return [(event["id"], event["message"]) for event in self.described(variant.service)["events"]]
        return [(task["taskArn"], task["stoppedReason"]) for task in self.stopped_tasks(variant.service)
                if task["stopCode"] == "TaskFailedToStart"]

    def seen(self, variant):
        return [text for name, text in self.places(variant) if name not in self.shown]

    def failure(self, variant):
        """What is seen, and whether it is what AWS says."""
        wanted = re.compile(TIMEOUT if variant.expected == "TIMEOUT" else pattern(variant.expected))
        try:
            return until(lambda: next(filter(wanted.search, self.seen(variant)), None), 40, "the failure", every=0.3), True
        except AssertionError:
            return next(iter(self.seen(variant)), "nothing"), False

    def run(self, variant):
        """(what is seen of the failure, whether it is as on AWS, whether the mended system runs)"""
        try:
            self.shown = {name for name, _ in self.places(variant)}
        except (self.ecs.exceptions.ClientError, self.logs.exceptions.ClientError, IndexError):
            self.shown = set()  # there is no cluster, log group or service yet
        self.upload(variant.edit)
        refused = variant.where == "stack"
        self.deploy("create", 0)
        status = until(self.settled, 120, "the stack", every=0.3)
        assert status == ("ROLLBACK_COMPLETE" if refused else "CREATE_COMPLETE"), list(self.stack_failures())
        if not refused:
            for service in (PRODUCER, CONSUMER):
                self.ecs.update_service(cluster=CLUSTER, service=service, desiredCount=1)
        text, good = self.failure(variant)
        if refused:
            self.delete()
        self.upload(variant.mend)
        verb = "create" if refused else "update"
        self.deploy(verb, 1)
        mended = until(self.settled, 180, "the mended stack", every=0.3) == f"{verb.upper()}_COMPLETE" and self.works()
        self.delete()
        return text, good, mended

    def works(self):
        """Both services run, and a message has gone all the way."""
        def judged():
            return any(re.search(r"is (even|odd)\.$", line) for line in self.log(CONSUMER))
        try:
            until(judged, 60, "a judged message", every=0.5)
        except AssertionError:
            return False
        return all(self.described(name)["runningCount"] >= 1 for name in (PRODUCER, CONSUMER))

"""The example's system, deployed with Debian's AWS CLI alone, its images pushed with skopeo, in time-lapse."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from conftest import needs_root
from server import ACCOUNT, BUILD, REGION, Server, until

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "examples" / "sqs-fargate" / "templates"
CLUSTER, CONSUMER, PRODUCER = "sqs-fargate-cluster", "sqs-fargate-consumer", "sqs-fargate-producer"
RESOURCE = f"service/{CLUSTER}/{CONSUMER}"

pytestmark = needs_root()


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    server = Server("--speed", "30").start()
    try:
        deploy(server, tmp_path_factory.mktemp("templates"))
        yield server
    finally:
        server.remove()


def upload(server, folder):
    """The nested templates on S3. Not `aws cloudformation package`: Debian's AWS CLI has it ignore --endpoint-url."""
    bucket = f"https://templates.s3.{REGION}.amazonaws.com/"
    for file in TEMPLATES.glob("*.yaml"):
        (folder / file.name).write_text(re.sub(r"(TemplateURL: )(?=\w+\.yaml)", r"\1" + bucket, file.read_text()))
    server.aws("s3", "mb", "s3://templates", text=True)
    server.aws("s3", "cp", "--recursive", folder, "s3://templates/", text=True)
    return bucket + "system.yaml"


def push(server, name):
    registry = f"127.0.0.1:{server.port}"
    password = server.aws("ecr", "get-login-password", text=True).strip()  # tells the region, too
    done = subprocess.run(["skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", f"AWS:{password}",
                           f"oci-archive:{BUILD}/examples/{name}.tar", f"docker://{registry}/{name}:latest"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + server.tail()


def deploy(server, folder):
    server.aws("cloudformation", "create-stack", "--stack-name", "repositories", "--template-body",
               f"file://{TEMPLATES}/repositories.yaml")
    server.aws("cloudformation", "wait", "stack-create-complete", "--stack-name", "repositories")
    for name in (PRODUCER, CONSUMER):
        push(server, name)
    url = upload(server, folder)
    server.aws("cloudformation", "create-stack", "--stack-name", "system", "--template-url", url,
               "--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")
    server.aws("cloudformation", "wait", "stack-create-complete", "--stack-name", "system")


def service(server, name):
    return server.aws("ecs", "describe-services", "--cluster", CLUSTER, "--services", name)["services"][0]


def test_1_stacks_and_their_events(system):
    stacks = {s["StackName"]: s["StackStatus"] for s in system.aws("cloudformation", "describe-stacks")["Stacks"]}
    assert stacks["system"] == stacks["repositories"] == "CREATE_COMPLETE"
    assert len(stacks) == 9 and set(stacks.values()) == {"CREATE_COMPLETE"}
    events = system.aws("cloudformation", "describe-stack-events", "--stack-name", "system")["StackEvents"]
    assert events[0]["ResourceStatus"] == "CREATE_COMPLETE" and events[0]["LogicalResourceId"] == "system"
    assert events[-1]["ResourceStatus"] == "CREATE_IN_PROGRESS"
    assert events[-1]["ResourceStatusReason"] == "User Initiated"
    reasons = {e.get("ResourceStatusReason") for e in events if e["ResourceType"] == "AWS::CloudFormation::Stack"}
    assert "Resource creation Initiated" in reasons


def test_2_scales_out_to_three_and_in_to_one(system):
    until(lambda: service(system, CONSUMER)["runningCount"] >= 3, 170, "three running consumers", every=1)
    until(lambda: service(system, CONSUMER)["runningCount"] == 1 == service(system, CONSUMER)["desiredCount"], 170,
          "one running consumer", every=1)
    events = [e["message"] for e in service(system, CONSUMER)["events"]]
    assert any(re.fullmatch(rf"\(service {CONSUMER}\) has reached a steady state\.", m) for m in events)
    assert any(re.fullmatch(rf"\(service {CONSUMER}\) has started [123] tasks: \(task [0-9a-f]{{32}}\).*", m) for m in events)
    assert any(f"(service {CONSUMER}) has stopped" in m for m in events)


def test_3_scaling_activities(system):
    activities = system.aws("application-autoscaling", "describe-scaling-activities", "--service-namespace", "ecs",
                            "--resource-id", RESOURCE)["ScalingActivities"]
    by_text = {a["Description"]: a for a in activities}
    assert {"Setting desired count to 3.", "Setting desired count to 1."} <= set(by_text)
    out = by_text["Setting desired count to 3."]
    assert re.fullmatch(r"monitor alarm TargetTracking-service/sqs-fargate-cluster/sqs-fargate-consumer-AlarmHigh-"
                        r"[0-9a-f-]{36} in state ALARM triggered policy sqs-fargate-queue-length", out["Cause"])
    assert out["StatusMessage"] in (
        "Successfully set desired count to 3. Change successfully fulfilled by ecs.",
        "Successfully set desired count to 3. Found it was later changed to 1.")


def test_4_alarm_history(system):
    alarms = system.aws("cloudwatch", "describe-alarms")["MetricAlarms"]
    high = next(a for a in alarms if "AlarmHigh" in a["AlarmName"])
    assert (high["Threshold"], high["EvaluationPeriods"], high["Period"]) == (3.0, 3, 60)
    low = next(a for a in alarms if "AlarmLow" in a["AlarmName"])
    assert (round(low["Threshold"], 6), low["EvaluationPeriods"]) == (2.7, 15)
    history = system.aws("cloudwatch", "describe-alarm-history", "--alarm-name", high["AlarmName"])["AlarmHistoryItems"]
    summaries = [item["HistorySummary"] for item in history]
    assert f'Alarm "{high["AlarmName"]}" created' in summaries
    assert any(s.endswith("to ALARM") for s in summaries)
    assert any(s.startswith("Successfully executed action arn:aws:autoscaling:") for s in summaries)
    state = next(json.loads(i["HistoryData"]) for i in history if i["HistorySummary"].endswith("to ALARM"))
    assert re.match(r"Threshold Crossed: 3 datapoints \[[\d.]+ \(\d\d/\d\d/\d\d \d\d:\d\d:\d\d\), .*\] were greater than "
                    r"the threshold \(3\.0\)\.", state["newState"]["stateReason"])


def test_5_logs_and_queue(system):
    out = system.aws("logs", "tail", CONSUMER, "--since", "1d", text=True)
    assert re.search(r"INFO:root:\d{10} is (even|odd)\.", out)
    assert re.search(rf"{CONSUMER.split('-')[-1]}/consumer/[0-9a-f]{{32}}", out)
    url = system.aws("sqs", "get-queue-url", "--queue-name", "sqs-fargate-queue")["QueueUrl"]
    attributes = system.aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    assert attributes["QueueArn"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:sqs-fargate-queue"


def test_6_a_killed_server_adopts_the_same_containers(system):
    def tasks():
        arns = system.aws("ecs", "list-tasks", "--cluster", CLUSTER)["taskArns"]
        described = system.aws("ecs", "describe-tasks", "--cluster", CLUSTER, "--tasks", *arns)["tasks"]
        return {t["taskArn"]: (t["lastStatus"], t["containers"][0].get("runtimeId")) for t in described}
    before = tasks()
    assert before and all(status == "RUNNING" for status, _ in before.values())
    pids = containers(system)
    assert len(pids) == len(before)
    for _ in range(3):
        system.kill()
        system.start()
    after = tasks()
    assert set(before.items()) <= set(after.items())
    assert pids <= containers(system), "a container was started anew"


def containers(server):
    """Process ids of the conmon that watches each container of this server."""
    found = set()
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if command.split(b"\0")[0].endswith(b"conmon") and os.fsencode(str(server.data)) in command:
                found.add(int(process.name))
    return found


def test_7_an_image_that_is_not_there(system):
    role = system.aws("iam", "create-role", "--role-name", "execution", "--assume-role-policy-document", json.dumps(
        {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                        "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    system.aws("iam", "attach-role-policy", "--role-name", "execution", "--policy-arn",
               "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{CONSUMER}:missing"
    definition = system.aws("ecs", "register-task-definition", "--family", "missing", "--network-mode", "awsvpc",
                            "--requires-compatibilities", "FARGATE", "--cpu", "256", "--memory", "512",
                            "--execution-role-arn", role, "--container-definitions",
                            json.dumps([{"name": "c", "image": image}]))["taskDefinition"]["taskDefinitionArn"]
    network = service(system, CONSUMER)["networkConfiguration"]
    [task] = system.aws("ecs", "run-task", "--cluster", CLUSTER, "--launch-type", "FARGATE", "--task-definition", definition,
                        "--network-configuration", json.dumps(network))["tasks"]

    def stopped():
        [now] = system.aws("ecs", "describe-tasks", "--cluster", CLUSTER, "--tasks", task["taskArn"])["tasks"]
        return now if now["lastStatus"] == "STOPPED" else None
    ended = until(stopped, 60, "the task's end")
    assert ended["stopCode"] == "TaskFailedToStart"
    assert ended["stoppedReason"].startswith("CannotPullContainerError: ") and "not found" in ended["stoppedReason"]


def test_8_everything_goes_away(system):
    system.aws("cloudformation", "delete-stack", "--stack-name", "system")
    system.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", "system")
    system.aws("cloudformation", "delete-stack", "--stack-name", "repositories")
    system.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", "repositories")
    assert system.aws("cloudformation", "describe-stacks")["Stacks"] == []
    until(lambda: not containers(system), 60, "the end of all containers")
    assert "QueueUrls" not in (system.aws("sqs", "list-queues") or {})
    assert system.aws("ecr", "describe-repositories")["repositories"] == []
    mounts = Path("/proc/mounts").read_text()
    assert str(system.data) not in mounts

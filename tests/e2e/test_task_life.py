"""The life of tasks with real containers: scale-in with protection, SIGTERM heard and not heard, crash loops and
back-off, a failed deployment that is rolled back: texts and order as on AWS. In time-lapse; the programs are linked
statically and keep the machine's time."""

import json
import re

import pytest

from conftest import needs_root
from server import ACCOUNT, REGION, Server, refused, until
from small_tasks import TRUST, SmallTasks

pytestmark = needs_root()

SPEED = 10
PROGRAM = r"""#!/bin/sh
agent=${ECS_AGENT_URI#http://169.254.170.2}/task-protection/v1/state
ask() {
  printf '%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' $1 $agent ${#2} "$2" |
    { nc -w 5 169.254.170.2 80; echo; } | while read line; do case $line in {*) echo "$1 $line" ;; esac; done
}
case $KIND in
  heard) trap 'echo ending; exit 0' TERM ;;
  crash) exit 3 ;;
  protect)
    trap 'exit 0' TERM
    ask GET
    ask PUT '{"ProtectionEnabled":true,"ExpiresInMinutes":600}'
    echo "STATS $(wget -qO- $ECS_CONTAINER_METADATA_URI_V4/stats)"
    echo "TASK $(wget -qO- $ECS_CONTAINER_METADATA_URI_V4/task/stats)" ;;
esac
echo ready
while :; do sleep 1 & wait $!; done
"""


class Life(SmallTasks):
    """Task definitions of one image, by the kind of its program."""

    def __init__(self, server):
        super().__init__(server, "life", PROGRAM)
        iam = server.boto3("iam")
        self.role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        self.iam = iam
        _, self.net = self.public()

    def define(self, kind, tag="latest", **container):
        made = self.ecs.register_task_definition(
            family=kind, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
            executionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/execution", taskRoleArn=self.role, containerDefinitions=[{
                "name": "main", "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/life:{tag}",
                "environment": [{"name": "KIND", "value": kind}],
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": "/life", "awslogs-region": REGION, "awslogs-stream-prefix": "t"}}, **container}])
        return made["taskDefinition"]["taskDefinitionArn"]

    def serve(self, name, definition, count, **more):
        self.ecs.create_service(cluster="c", serviceName=name, taskDefinition=definition, launchType="FARGATE",
                                desiredCount=count, networkConfiguration=self.net, **more)

    def service(self, name):
        return self.ecs.describe_services(cluster="c", services=[name])["services"][0]

    def events(self, name):
        """Oldest first."""
        return [event["message"] for event in reversed(self.service(name)["events"])]

    def of(self, name, status="RUNNING"):
        arns = self.ecs.list_tasks(cluster="c", serviceName=name, desiredStatus=status)["taskArns"]
        return self.describe([arn.rsplit("/", 1)[1] for arn in arns]) if arns else {}

    def settle(self, name, count):
        def settled():
            service = self.service(name)
            return service["runningCount"] == count and len(service["deployments"]) == 1 and \
                service["deployments"][0]["rolloutState"] == "COMPLETED"
        until(settled, 90, f"{name} at {count}")

    def one(self, definition):
        """The id of a task that runs and is ready."""
        done = self.ecs.run_task(cluster="c", taskDefinition=definition, launchType="FARGATE",
                                 networkConfiguration=self.net)
        task = done["tasks"][0]["taskArn"].rsplit("/", 1)[1]
        until(lambda: "ready" in self.lines().get(task, []), 60, "a task that is ready")
        return task

    def stopped(self, task):
        return until(lambda: (one := self.describe([task])[task])["lastStatus"] == "STOPPED" and one, 60, "the end")


@pytest.fixture(scope="module")
def life():
    server = Server("--speed", str(SPEED)).start()
    yield Life(server)
    server.remove()


def test_scale_in_with_protection(life):
    denied = life.define("protect")
    first = life.one(denied)
    said = life.lines()[first]
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/c/{first}"
    refusal = json.loads(next(line for line in said if line.startswith("GET "))[4:])
    assert refusal["error"] == {
        "Arn": arn, "Code": "AccessDeniedException",
        "Message": f"User: arn:aws:sts::{ACCOUNT}:assumed-role/worker/{first} is not authorized to perform: "
                   f"ecs:GetTaskProtection on resource: {arn} because no identity-based policy allows the "
                   "ecs:GetTaskProtection action"}
    assert refusal["requestID"]
    life.ecs.stop_task(cluster="c", task=first)

    life.iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": [
            "ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]}]}))
    life.serve("kept", "protect", 3)
    life.settle("kept", 3)
    ids = sorted(life.of("kept"))
    until(lambda: all("ready" in life.lines().get(task, []) for task in ids), 30, "three that are ready")
    line = next(line for line in life.lines()[ids[0]] if line.startswith("PUT "))
    protection = json.loads(line[4:])["protection"]
    assert protection["ProtectionEnabled"] and protection["TaskArn"].endswith(ids[0])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", protection["ExpirationDate"])
    held = life.ecs.get_task_protection(cluster="c", tasks=ids)["protectedTasks"]
    assert [one["protectionEnabled"] for one in held] == [True] * 3

    life.ecs.update_service(cluster="c", service="kept", desiredCount=1)
    deployment = life.service("kept")["deployments"][0]["id"]
    blocked = (f"(service kept) was unable to reach steady state because task set ({deployment}) was unable to scale in. "
               "Reason: The number of protected tasks are more than the desired count of tasks.")
    until(lambda: blocked in life.events("kept"), 30, "the event")
    assert sorted(life.of("kept")) == ids
    again = life.ecs.update_task_protection(cluster="c", tasks=[ids[0]], protectionEnabled=True)
    assert again["failures"][0]["reason"] == "DEPLOYMENT_BLOCKED"
    life.ecs.update_task_protection(cluster="c", tasks=ids[:2], protectionEnabled=False)
    life.settle("kept", 1)
    assert list(life.of("kept")) == [ids[2]]
    gone = life.of("kept", "STOPPED")
    assert {one["stoppedReason"] for one in gone.values()} == {
        f"Scaling activity initiated by (deployment {deployment})"}
    assert {one["stopCode"] for one in gone.values()} == {"ServiceSchedulerInitiated"}
    until(lambda: life.events("kept")[-1] == "(service kept) has reached a steady state.", 60, "a steady state")
    events = life.events("kept")
    stops = [text for text in events[events.index(blocked):] if "has stopped" in text]
    assert len(stops) == 1 and re.fullmatch(
        r"\(service kept\) has stopped 2 running tasks: \(task (\w{32})\) \(task (\w{32})\)\.", stops[0]), stops
    life.ecs.delete_service(cluster="c", service="kept", force=True)


def test_a_task_measures_itself(life):
    task = life.one(life.define("protect"))
    said = life.lines()[task]
    stats = json.loads(next(line for line in said if line.startswith("STATS "))[6:])
    assert stats["name"] == "main" and stats["id"].startswith(task)
    assert stats["cpu_stats"]["cpu_usage"]["total_usage"] > 0
    assert stats["memory_stats"]["usage"] > 0 and stats["pids_stats"]["current"] >= 1
    assert sum(one["rx_bytes"] for one in stats["networks"].values()) > 0
    whole = json.loads(next(line for line in said if line.startswith("TASK "))[5:])
    assert list(whole) == [stats["id"]]
    assert whole[stats["id"]]["preread"] == stats["read"]
    life.ecs.stop_task(cluster="c", task=task)


def test_sigterm_heard_and_not_heard(life):
    heard = life.one(life.define("heard"))
    deaf = life.one(life.define("deaf", stopTimeout=20))
    for task in (heard, deaf):
        life.ecs.stop_task(cluster="c", task=task, reason="enough")
    ended = life.stopped(heard)
    assert ended["containers"][0]["exitCode"] == 0 and life.lines()[heard][-1] == "ending"
    assert (ended["stopCode"], ended["stoppedReason"]) == ("UserInitiated", "enough")
    killed = life.stopped(deaf)
    assert killed["containers"][0]["exitCode"] == 137
    assert (killed["executionStoppedAt"] - killed["stoppingAt"]).total_seconds() >= 20
    assert (killed["stopCode"], killed["stoppedReason"]) == ("UserInitiated", "enough")


def test_a_crash_loop_goes_on(life):
    """Tasks that reached RUNNING are replaced again and again, without back-off."""
    life.serve("crashing", life.define("crash"), 1)
    until(lambda: len(life.of("crashing", "STOPPED")) >= 3, 60, "three crashes")
    ended = [one for one in life.of("crashing", "STOPPED").values() if one["lastStatus"] == "STOPPED"]
    assert {(one["stopCode"], one["stoppedReason"]) for one in ended} == {
        ("EssentialContainerExited", "Essential container in task exited")}
    assert {one["containers"][0]["exitCode"] for one in ended} == {3}

    def texts():
        return [re.sub(r"\w{32}", "ID", text) for text in life.events("crashing")]

    until(lambda: texts().count("(service crashing) has started 1 tasks: (task ID).") >= 4, 60, "the fourth start")
    assert not any("unable" in text for text in texts()), texts()
    life.ecs.delete_service(cluster="c", service="crashing", force=True)


def test_what_never_starts_is_tried_ever_more_seldom(life):
    life.serve("missing", life.define("missing", tag="nowhere"), 1)
    impaired = "(service missing) is unable to consistently start tasks successfully."
    until(lambda: impaired in life.events("missing") and len(life.of("missing", "STOPPED")) >= 4, 90, "four failures")
    tasks = sorted(life.of("missing", "STOPPED").values(), key=lambda one: one["createdAt"])
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/life:nowhere"
    reason = ("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
              f"{image}: {image}: not found")
    assert {(one["stopCode"], one["stoppedReason"]) for one in tasks} == {("TaskFailedToStart", reason)}
    assert all("exitCode" not in one["containers"][0] for one in tasks)
    waits = [(later["createdAt"] - earlier["createdAt"]).total_seconds() for earlier, later in zip(tasks, tasks[1:])]
    assert waits[0] >= 10 and waits[1] >= 20 and waits[2] >= 40, waits
    events = life.events("missing")
    failed = f"(service missing) was unable to place a task. Reason: {reason}."
    assert [text for text in events[:7] if "has started" not in text] == [failed] * 3 + [impaired]
    life.ecs.delete_service(cluster="c", service="missing", force=True)


def test_a_failed_deployment_is_rolled_back(life):
    good = life.define("heard")
    life.serve("rolled", good, 1, deploymentConfiguration={
        "deploymentCircuitBreaker": {"enable": True, "rollback": True}})
    life.settle("rolled", 1)
    old = list(life.of("rolled"))
    first = life.service("rolled")["deployments"][0]["id"]
    before = len(life.events("rolled"))
    life.ecs.update_service(cluster="c", service="rolled", taskDefinition=life.define("missing", tag="nowhere"))
    second = life.service("rolled")["deployments"][0]["id"]
    back = f"(service rolled) rolling back to deployment {first}."
    until(lambda: back in life.events("rolled"), 90, "the roll-back")
    life.settle("rolled", 1)
    service = life.service("rolled")
    assert service["taskDefinition"] == good and list(life.of("rolled")) == old
    assert service["deployments"][0]["id"] == first
    assert service["deployments"][0]["rolloutStateReason"] == f"ECS deployment {first} completed."
    texts = [text for text in life.events("rolled")[before:] if "started" not in text and "place a task" not in text]
    order = [f"(service rolled) (deployment {second}) deployment failed: tasks failed to start.", back,
             f"(service rolled) (deployment {first}) deployment completed.",
             "(service rolled) has reached a steady state."]
    assert [text for text in texts if text in order] == order, texts
    life.ecs.delete_service(cluster="c", service="rolled", force=True)


def test_protection_says_what_is_wrong(life):
    code, text, _ = refused(life.ecs.update_task_protection, cluster="c", tasks=["f" * 32], protectionEnabled=True,
                            expiresInMinutes=2881)
    assert (code, text) == ("InvalidParameterException", "expiresInMinutes must be between 1 and 2880.")
    missing = life.ecs.get_task_protection(cluster="c", tasks=["f" * 32])["failures"][0]
    assert missing["reason"] == "MISSING"

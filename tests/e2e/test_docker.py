"""`serve --runtime docker`: tasks as containers of Debian's dockerd, which the tests start on a socket of their own."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import needs_root
from host_state import Host
from server import BINARY, BUILD, REGION, Server, until
from small_tasks import TRUST, SmallTasks

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from docker_daemon import DockerDaemon, NoDocker  # noqa: E402

pytestmark = needs_root()

COUNTING = """#!/bin/sh
trap 'echo ending; exit 7' TERM
i=0
while :; do i=$((i + 1)); echo "number $i"; echo "error $i" >&2; sleep 0.2; done
"""


@pytest.fixture(scope="module")
def daemon():
    try:
        running = DockerDaemon(BUILD)
    except NoDocker as why:
        pytest.skip(str(why))
    yield running
    running.close()


@pytest.fixture
def server(daemon):
    running = Server("--runtime", f"docker={daemon.socket}")
    host = Host(running.data)
    running.start()
    running.host = host
    yield running
    running.remove()
    left = {kind: things for kind, things in host.new().items() if kind in ("links", "mounts", "namespaces", "tables")}
    assert not left, left
    for what in (("ps", "--all", "--quiet"), ("network", "ls", "--quiet", "--filter", "type=custom"),
                 ("volume", "ls", "--quiet")):
        assert not daemon.docker(*what).stdout.split(), what


def running(tasks, ids):
    until(lambda: all(t["lastStatus"] == "RUNNING" for t in tasks.describe(ids).values()), 60, "running tasks", every=0.3)


def stopped(tasks, task, seconds=60):
    until(lambda: tasks.describe([task])[task]["lastStatus"] == "STOPPED", seconds, "the task's end", every=0.3)
    return tasks.describe([task])[task]


def inspect(daemon, identifier):
    return json.loads(daemon.docker("inspect", identifier).stdout)[0]


def containers_of(daemon, task):
    """Docker's ids by the container's name; "" is the one that holds the network."""
    listed = daemon.docker("ps", "--all", "--no-trunc", "--filter", f"label=renkei.task={task}", "--format",
                           '{{.Label "renkei.container"}} {{.ID}}').stdout.splitlines()
    return {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in listed}


def test_tasks_are_in_their_vpc_and_reach_their_endpoint(server, daemon):
    tasks = SmallTasks(server)
    _, network = tasks.private()
    ids = tasks.run(network, 2)
    running(tasks, ids)
    until(lambda: all("reached" in tasks.lines().get(task, []) for task in ids), 60, "an answer for each", every=0.5)
    for task, described in tasks.describe(ids).items():
        container = described["containers"][0]
        there = containers_of(daemon, task)
        assert container["runtimeId"] == there["main"]
        holder = inspect(daemon, there[""])["NetworkSettings"]["Networks"]
        assert [net["IPAddress"] for net in holder.values()] == [container["networkInterfaces"][0]["privateIpv4Address"]]
    tasks.ecs.stop_task(cluster="c", task=ids[0])
    ended = stopped(tasks, ids[0])
    assert (ended["stopCode"], ended["containers"][0]["exitCode"]) == ("UserInitiated", 0)
    assert "ending" in tasks.lines()[ids[0]]
    assert not containers_of(daemon, ids[0])
    log = server.log.read_text()
    assert "tasks run on Docker" in log
    assert "security groups and network ACLs are not enforced" in log
    tasks.ecs.stop_task(cluster="c", task=ids[1])
    stopped(tasks, ids[1])


def test_a_killed_server_adopts_them_and_loses_no_line(server, daemon):
    tasks = SmallTasks(server, program=COUNTING, stopTimeout=5)
    _, network = tasks.private()
    (task,) = tasks.run(network)
    running(tasks, [task])
    before = containers_of(daemon, task)
    for _ in range(3):
        server.kill()
        time.sleep(1)
        server.start()
        tasks.connect()
        since = int(time.time() * 1000)
        until(lambda: tasks.lines(since).get(task), 30, "a line", every=0.3)
    assert containers_of(daemon, task) == before
    tasks.ecs.stop_task(cluster="c", task=task)
    ended = stopped(tasks, task)
    assert ended["containers"][0]["exitCode"] == 7
    lines = tasks.lines()[task]
    for kind in ("number", "error"):
        numbers = [int(line.split()[1]) for line in lines if line.startswith(kind)]
        assert numbers == list(range(1, len(numbers) + 1)), kind
    assert lines[-1] == "ending"


def test_ends_of_all_kinds(server, daemon):
    tasks = SmallTasks(server, memory="512", cpu="256")
    _, network = tasks.private()

    def end_of(name, command, **container):
        tasks.ecs.register_task_definition(
            family=name, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
            executionRoleArn=definition["executionRoleArn"],
            containerDefinitions=[{**definition["containerDefinitions"][0], "entryPoint": command, **container}])
        started = tasks.ecs.run_task(cluster="c", taskDefinition=name, launchType="FARGATE", networkConfiguration=network)
        return stopped(tasks, started["tasks"][0]["taskArn"].rsplit("/", 1)[1])

    definition = tasks.ecs.describe_task_definition(taskDefinition="small")["taskDefinition"]
    failed = end_of("three", ["/bin/sh", "-c", 'echo "$WORD"; exit 3'], environment=[{"name": "WORD", "value": "said"}])
    assert (failed["stopCode"], failed["containers"][0]["exitCode"]) == ("EssentialContainerExited", 3)
    assert "said" in tasks.lines()[failed["taskArn"].rsplit("/", 1)[1]]
    missing = end_of("missing", ["/bin/no-such-program"])
    assert missing["stopCode"] == "TaskFailedToStart"
    assert "no such file or directory" in missing["containers"][0]["reason"], missing
    full = end_of("full", ["/bin/sh", "-c", "x=a; while :; do x=$x$x; done"], memory=32)
    assert full["containers"][0]["exitCode"] == 137
    assert full["containers"][0]["reason"] == "OutOfMemoryError: Container killed due to memory usage", full
    nowhere = end_of("nowhere", ["/bin/sh"], image=definition["containerDefinitions"][0]["image"] + "-none")
    assert re.search("CannotPullContainerError", nowhere["stoppedReason"]), nowhere["stoppedReason"]


def test_health_and_a_shared_volume(server, daemon):
    tasks = SmallTasks(server)
    _, network = tasks.private()
    definition = tasks.ecs.describe_task_definition(taskDefinition="small")["taskDefinition"]
    main = definition["containerDefinitions"][0]
    where = [{"sourceVolume": "shared", "containerPath": "/shared"}]
    check = {"command": ["CMD-SHELL", "test -e /shared/ready || exit 1"], "interval": 5, "retries": 3, "timeout": 5}
    tasks.ecs.register_task_definition(
        family="two", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        executionRoleArn=definition["executionRoleArn"], volumes=[{"name": "shared"}], containerDefinitions=[
            {**main, "name": "reader", "mountPoints": where, "healthCheck": check,
             "entryPoint": ["/bin/sh", "-c", "while :; do nc -l -p 7000 -e /bin/cat /shared/ready; done"]},
            {**main, "name": "writer", "mountPoints": where, "essential": False,
             "entryPoint": ["/bin/sh", "-c", "echo word > /shared/ready; while ! nc -w 2 127.0.0.1 7000; do sleep 0.2; done"]}])
    task = tasks.ecs.run_task(cluster="c", taskDefinition="two", launchType="FARGATE",
                              networkConfiguration=network)["tasks"][0]["taskArn"].rsplit("/", 1)[1]
    until(lambda: tasks.describe([task])[task]["healthStatus"] == "HEALTHY", 60, "a healthy task", every=0.5)
    # Containers of a task are one machine: they meet at 127.0.0.1.
    until(lambda: "word" in tasks.lines().get(task, []), 30, "what one container had of the other", every=0.5)
    tasks.ecs.stop_task(cluster="c", task=task)
    stopped(tasks, task)


def test_an_unchanged_program_calls_sqs_over_https(server, daemon):
    """By the service's own name, through a VPC endpoint, trusting the certificate, with the role's credentials."""
    tasks = SmallTasks(server)
    _, network = tasks.private()
    tasks.ecr.create_repository(repositoryName="producer")
    server.renkei("push", BUILD / "examples" / "sqs-fargate-producer.tar", "producer:latest", "--region", REGION)
    sqs, iam = server.boto3("sqs"), server.boto3("iam")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    role = iam.create_role(RoleName="task", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName="task", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"],
                                                "Resource": "*"}]}))
    definition = tasks.ecs.describe_task_definition(taskDefinition="small")["taskDefinition"]
    container = definition["containerDefinitions"][0]
    environment = {"QueueName": "q", "RegionName": REGION, "SQSEndpointUrl": f"https://sqs.{REGION}.amazonaws.com"}
    container["image"] = container["image"].replace("/small:", "/producer:")
    container["environment"] = [{"name": name, "value": value} for name, value in environment.items()]
    tasks.ecs.register_task_definition(
        family="small", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        executionRoleArn=definition["executionRoleArn"], taskRoleArn=role, containerDefinitions=[container])
    (task,) = tasks.run(network)
    got = until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages"), 60, "a message")
    assert re.fullmatch(r"\d{10}", got[0]["Body"]), tasks.lines()
    tasks.ecs.stop_task(cluster="c", task=task)
    stopped(tasks, task)


def test_docker_may_be_restarted(server, daemon):
    tasks = SmallTasks(server)
    _, network = tasks.private()
    (first,) = tasks.run(network)
    until(lambda: "reached" in tasks.lines().get(first, []), 60, "an answer", every=0.3)
    daemon.stop()  # which ends its containers
    assert daemon.start(daemon.options)
    assert stopped(tasks, first)["containers"][0]["exitCode"] == 0
    (second,) = tasks.run(network)
    until(lambda: "reached" in tasks.lines().get(second, []), 60, "an answer after the restart", every=0.3)
    tasks.ecs.stop_task(cluster="c", task=second)
    stopped(tasks, second)


def test_what_is_left_is_removed(daemon):
    server = Server("--runtime", f"docker={daemon.socket}").start()
    try:
        tasks = SmallTasks(server)
        _, network = tasks.private()
        running(tasks, tasks.run(network, 2))
        server.kill()
        embedded = Server(data=server.data)
        with pytest.raises(RuntimeError, match="has tasks of Docker. Remove them first: renkei doctor"):
            embedded.start()
        embedded.process.wait(timeout=10)
        embedded.process.stdout.close()
        removed = subprocess.run([BINARY, "doctor", "--data", server.data, "--remove-containers"], capture_output=True,
                                 text=True)
        assert removed.returncode == 0, removed.stderr
        assert not daemon.docker("ps", "--all", "--quiet").stdout.split()
        assert not daemon.docker("network", "ls", "--quiet", "--filter", "type=custom").stdout.split()
    finally:
        server.remove()


def test_without_docker_it_says_so(tmp_path):
    server = Server("--runtime", f"docker={tmp_path}/none.sock")
    try:
        with pytest.raises(RuntimeError, match="cannot connect to"):
            server.start()
        server.process.wait(timeout=10)
        server.process.stdout.close()
        server.process = None
    finally:
        server.remove()

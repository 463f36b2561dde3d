"""A server of a user who is not root: everything but tasks works and says so; with a Docker, tasks do too."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from conftest import needs_root
from server import BINARY, BUILD, Server, until
from small_tasks import SmallTasks

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from docker_daemon import DockerDaemon, NoDocker  # noqa: E402

pytestmark = needs_root()

NOBODY = 65534
PROGRAM = """#!/bin/sh
trap 'exit 0' TERM
wget -q -O - "$AWS_ENDPOINT_URL/_renkei/health" && echo
echo "credentials ${AWS_CONTAINER_CREDENTIALS_FULL_URI%/*}/"
while :; do sleep 1 & wait $!; done
"""


class NobodysServer(Server):
    """Run by the user nobody, from a copy of the program that they can read."""

    def __init__(self, *arguments):
        self.folder = Path(tempfile.mkdtemp(prefix="renkei-nobody-"))
        self.folder.chmod(0o755)
        shutil.copy(BINARY, self.folder / "renkei")
        data = self.folder / "data"
        data.mkdir()
        os.chown(data, NOBODY, NOBODY)
        super().__init__(*arguments, data=data)
        self.program = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all",
                        str(self.folder / "renkei")]

    def remove(self):
        super().remove()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def nobody():
    server = NobodysServer().start()
    yield server
    server.remove()


@pytest.fixture
def socket():
    try:
        daemon = DockerDaemon(BUILD)
    except NoDocker as why:
        pytest.skip(str(why))
    daemon.run.chmod(0o755)
    daemon.socket.chmod(0o666)
    yield daemon.socket
    daemon.close()


def test_queues_and_stacks_work(nobody):
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}}}
    nobody.aws("cloudformation", "create-stack", "--stack-name", "s", "--template-body", json.dumps(template))
    nobody.aws("cloudformation", "wait", "stack-create-complete", "--stack-name", "s")
    sqs = nobody.boto3("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="m")
    nobody.kill()
    nobody.start()
    sqs = nobody.boto3("sqs")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "m"
    assert "not root: tasks cannot be started; everything else works" in nobody.log.read_text()


def test_a_task_says_why_it_does_not_start(nobody):
    tasks = SmallTasks(nobody)
    _, network = tasks.public()
    (task,) = tasks.run(network)
    until(lambda: tasks.describe([task])[task]["lastStatus"] == "STOPPED", 30, "the task's end", every=0.2)
    stopped = tasks.describe([task])[task]
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert "renkei runs without root and has no Docker to start containers with" in stopped["stoppedReason"]


def test_doctor_says_what_would_help(nobody):
    said = subprocess.run([*nobody.program, "doctor", "--json"], capture_output=True, text=True, timeout=60)
    findings = {one["what"]: one for one in json.loads(said.stdout)["findings"]}
    assert said.returncode == 1
    assert not findings["root"]["good"]
    assert findings["root"]["mend"].startswith("run renkei as root, or with --runtime docker --network host")
    assert findings["networks of tasks"]["detail"] == "not tried: that needs root"
    assert findings["docker"]["good"]


def test_networks_of_vpcs_are_refused(socket):
    server = NobodysServer("--runtime", f"docker={socket}")
    try:
        with pytest.raises(RuntimeError, match="Run it as root, or add --network host"):
            server.start()
        server.process.wait(timeout=10)
        server.process.stdout.close()
        server.process = None
    finally:
        server.remove()


def test_tasks_on_docker(socket):
    server = NobodysServer("--runtime", f"docker={socket}", "--network", "host").start()
    try:
        role = server.boto3("iam").create_role(RoleName="task", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                                                    "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
        tasks = SmallTasks(server, program=PROGRAM)
        definition = tasks.ecs.describe_task_definition(taskDefinition="small")["taskDefinition"]
        tasks.ecs.register_task_definition(
            family="small", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
            executionRoleArn=definition["executionRoleArn"], taskRoleArn=role,
            containerDefinitions=definition["containerDefinitions"])
        _, network = tasks.public()
        (task,) = tasks.run(network)
        until(lambda: len(tasks.lines().get(task, [])) >= 2, 60, "what the task says", every=0.3)
        health, credentials = tasks.lines()[task][:2]
        assert "status" in json.loads(health)
        assert credentials == f"credentials {server.url}/v2/credentials/"
        tasks.ecs.stop_task(cluster="c", task=task)
        until(lambda: tasks.describe([task])[task]["lastStatus"] == "STOPPED", 60, "the task's end", every=0.2)
        assert tasks.describe([task])[task]["containers"][0]["exitCode"] == 0
    finally:
        server.remove()

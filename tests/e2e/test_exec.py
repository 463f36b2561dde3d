"""Commands in running containers: `renkei exec`, and what ExecuteCommand refuses."""

import json
import os
import pty
import re
import subprocess
import time

import pytest

from conftest import needs_root
from server import ACCOUNT, BINARY, REGION, Server, refused, until
from small_tasks import TRUST, SmallTasks

pytestmark = needs_root()

PROGRAM = """#!/bin/sh
trap 'exit 0' TERM
echo ready
while :; do sleep 1 & wait $!; done
"""


class Place:
    def __init__(self, server):
        self.server = server
        self.tasks = SmallTasks(server, "app", PROGRAM, environment=[{"name": "COLOUR", "value": "blue"}])
        self.vpc, self.network = self.tasks.public()
        self.iam = server.boto3("iam")
        self.role = self.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        self.plain = self.run()
        self.enabled = self.run(enableExecuteCommand=True, overrides={"taskRoleArn": self.role})

    def run(self, **more):
        done = self.tasks.ecs.run_task(cluster="c", taskDefinition="app", launchType="FARGATE",
                                       networkConfiguration=self.network, **more)
        task = done["tasks"][0]["taskArn"].rsplit("/", 1)[1]
        until(lambda: "ready" in self.tasks.lines().get(task, []), 60, "a task that is ready")
        return task

    def exec(self, *command, task=None, input=None, options=()):
        return subprocess.run(
            [str(BINARY), "exec", task or self.plain, "--cluster", "c", "--endpoint", self.server.url, "--region", REGION,
             *options, "--", *command], input=input, capture_output=True, timeout=60, env=self.server.environment())


@pytest.fixture(scope="module")
def place():
    server = Server().start()
    yield Place(server)
    server.remove()


def test_streams_and_exit_code(place):
    done = place.exec("sh", "-c", "echo $COLOUR; echo 'it''s wrong' >&2; exit 7", input=b"")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"blue\n", b"its wrong\n")
    assert place.exec("sh", "-c", "id -u; echo $AWS_EXECUTION_ENV", input=b"").stdout == b"0\nAWS_ECS_FARGATE\n"
    gone = place.exec("/no/such/program", input=b"")
    assert gone.returncode != 0 and b"/no/such/program" in gone.stderr


def test_a_terminal_of_the_callers_size(place):
    leader, follower = pty.openpty()
    import fcntl, struct, termios  # noqa: E401
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 41, 97, 0, 0))
    process = subprocess.Popen(
        [str(BINARY), "exec", place.plain, "--cluster", "c", "--endpoint", place.server.url, "--region", REGION, "-i", "--",
         "/bin/sh"], stdin=follower, stdout=follower, stderr=follower, env=place.server.environment(),
        start_new_session=True)
    os.close(follower)
    said = b""

    def see(text, seconds=30):
        nonlocal said
        deadline = time.monotonic() + seconds
        while not re.search(text, said):
            assert time.monotonic() < deadline, said
            try:
                said += os.read(leader, 4096)
            except OSError:
                break
        assert re.search(text, said), said
    see(rb"[#$] ")
    time.sleep(1)
    os.write(leader, b"busybox stty size; echo $((6*7))\r")
    see(rb"41 97\r\n42\r\n")
    os.write(leader, b"sleep 1000\r")
    time.sleep(1)
    os.write(leader, b"\x03")  # goes to the program, not to us
    os.write(leader, b"exit 5\r")
    assert process.wait(30) == 5
    os.close(leader)


def test_what_aws_refuses(place):
    place.iam.put_role_policy(RoleName="worker", PolicyName="exec", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "*", "Action": "ssmmessages:*"}]}))
    ask = dict(cluster="c", command="/bin/sh", interactive=True)
    assert refused(place.tasks.ecs.execute_command, task=place.plain, **ask) == (
        "InvalidParameterException", "The execute command failed because execute command was not enabled when the task was "
        "run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled "
        "and try again.", 400)
    assert refused(place.tasks.ecs.execute_command, task=place.enabled, **ask) == (
        "TargetNotConnectedException", "The execute command failed due to an internal error. Try again later.", 400)
    assert refused(place.tasks.ecs.execute_command, task=place.enabled, cluster="c", command="ls", interactive=False) == (
        "InvalidParameterException", "Interactive is the only mode supported currently.", 400)


def test_a_session_opens_once_and_only_with_its_token(place):
    from session_plugin import DataChannel
    with pytest.raises(EOFError):
        channel = DataChannel({"StreamUrl": place.server.url.replace("http", "ws") + "/v1/data-channel/ecs-execute-command-x"
                               "?role=publish_subscribe", "TokenValue": "guessed"})
        name, _, payload = channel.message()
        assert name == "channel_closed" and "not known" in json.loads(payload)["Output"]
        channel.message()


def test_a_role_needs_permission(tmp_path):
    """With --auth strict who calls must be allowed ecs:ExecuteCommand."""
    keys = tmp_path / "keys"
    keys.write_text("AKIAEXAMPLE secret\n")
    server = Server("--auth", "strict", "--keys", str(keys)).start()
    try:
        iam = server.boto3("iam", "AKIAEXAMPLE", "secret")
        anybody = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})
        role = iam.create_role(RoleName="person", AssumeRolePolicyDocument=anybody)["Role"]["Arn"]
        given = server.boto3("sts", "AKIAEXAMPLE", "secret").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
        server.boto3("ecs", "AKIAEXAMPLE", "secret").create_cluster(clusterName="c")
        task = "0123456789abcdef" * 2
        done = subprocess.run(
            [str(BINARY), "exec", task, "--cluster", "c", "--endpoint", server.url, "--region", REGION, "--", "ls"],
            capture_output=True, text=True, timeout=30, env={
                **server.environment(), "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"], "AWS_SESSION_TOKEN": given["SessionToken"]})
        assert done.returncode == 1
        assert (f"User: arn:aws:sts::{ACCOUNT}:assumed-role/person/me is not authorized to perform: ecs:ExecuteCommand on "
                f"resource: arn:aws:ecs:{REGION}:{ACCOUNT}:task/c/{task} because no identity-based policy allows the "
                "ecs:ExecuteCommand action") in done.stderr, done.stderr
    finally:
        server.remove()

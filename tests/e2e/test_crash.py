"""kill -9 at any instant loses nothing that was acknowledged, also when what was not synced goes with the process.
RENKEI_KILLS makes a longer run."""

import http.client
import json
import os
import random
import subprocess
import threading
import time
from pathlib import Path

import pytest

from server import Server

KILLS = int(os.environ.get("RENKEI_KILLS", "20"))
GROUPS = 6


class Client:
    """SQS in JSON on one connection that is kept alive, without a signature: as much load as Python can make. Returns
    the answer, or None when there was none or the server was not well: `refusal` is what it then said last."""

    def __init__(self, server):
        self.port = server.port
        self.connection = None
        self.refusal = None

    def __call__(self, operation, **body):
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.connection.request("POST", "/", json.dumps(body), {
                "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS." + operation})
            reply = self.connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            time.sleep(0.005)
            return None
        if reply.status >= 500:
            self.refusal = json.loads(text) if text else {}
            return None
        assert reply.status == 200, text
        return json.loads(text) if text else {}


class Load:
    """Senders and receivers that know what the server has acknowledged."""

    def __init__(self, server):
        self.server = server
        self.stopping = threading.Event()
        self.wrong = []
        self.threads = []

    def queue(self, name):
        return f"{self.server.url}/000000000000/{name}"

    def start(self, *works):
        for work in works:
            thread = threading.Thread(target=self.guarded, args=(work,))
            thread.start()
            self.threads.append(thread)

    def guarded(self, work):
        client = Client(self.server)
        try:
            while not self.stopping.is_set():
                work(client)
        except Exception as wrong:  # noqa: BLE001 any of them is a finding
            self.wrong.append(repr(wrong))

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(timeout=70)


class Standard(Load):
    def __init__(self, server):
        super().__init__(server)
        self.lock = threading.Lock()
        self.number = 0
        self.attempted = set()  # bodies that were sent, answered or not
        self.sent = set()       # whose send was answered
        self.deleted = set()    # whose delete was answered
        self.deleting = set()   # whose delete was tried

    def send(self, client):
        with self.lock:
            bodies = [f"m{self.number + i}" for i in range(10)]
            self.number += 10
            self.attempted.update(bodies)
        answer = client("SendMessageBatch", QueueUrl=self.queue("crash"),
                        Entries=[{"Id": body, "MessageBody": body} for body in bodies])
        if answer is not None:
            with self.lock:
                self.sent.update(entry["Id"] for entry in answer["Successful"])

    def receive(self, client):
        answer = client("ReceiveMessage", QueueUrl=self.queue("crash"), MaxNumberOfMessages=10, VisibilityTimeout=3)
        messages = (answer or {}).get("Messages", [])
        if not messages:
            return
        bodies = [message["Body"] for message in messages]
        with self.lock:
            back = self.deleted.intersection(bodies)
            invented = set(bodies) - self.attempted
            if back or invented:
                self.wrong.append(f"deleted and came back: {back}; never sent: {invented}")
            self.deleting.update(bodies)
        answer = client("DeleteMessageBatch", QueueUrl=self.queue("crash"),
                        Entries=[{"Id": m["Body"], "ReceiptHandle": m["ReceiptHandle"]} for m in messages])
        if answer is not None:
            with self.lock:
                self.deleted.update(entry["Id"] for entry in answer["Successful"])

    def check(self, left):
        bodies = [message["Body"] for message in left]
        lost = self.sent - set(bodies) - self.deleting
        assert not lost, f"{len(lost)} of {len(self.sent)} acknowledged messages are gone: {sorted(lost)[:5]}"
        assert not set(bodies) - self.attempted, "messages that nobody sent"
        assert not self.deleted & set(bodies), "deleted messages came back"
        assert len(bodies) == len(set(bodies)), "a message is there twice"


class Fifo(Load):
    """Each sender has groups of its own and repeats a send until it is answered, as an SDK does: deduplication makes
    that once. So the messages of a group are 1, 2, 3, … without gaps, and come in that order."""

    def __init__(self, server):
        super().__init__(server)
        self.sent = dict.fromkeys(range(GROUPS), 0)
        self.next = dict.fromkeys(range(GROUPS), 1)  # the first number that was not received yet
        self.deleted = {group: set() for group in range(GROUPS)}

    def sender(self, group):
        def send(client):
            number = self.sent[group] + 1
            body = f"{group}:{number}"
            while not self.stopping.is_set():
                answer = client("SendMessage", QueueUrl=self.queue("crash.fifo"), MessageBody=body,
                                MessageGroupId=f"g{group}", MessageDeduplicationId=body)
                if answer is not None:
                    self.sent[group] = number
                    return
        return send

    def note(self, body):
        group, number = map(int, body.split(":"))
        if number in self.deleted[group]:
            self.wrong.append(f"{body} was deleted and came back")
        if number > self.next[group]:
            self.wrong.append(f"{body} overtook {group}:{self.next[group]}")
        self.next[group] = max(self.next[group], number + 1)

    def receive(self, client):
        answer = client("ReceiveMessage", QueueUrl=self.queue("crash.fifo"), MaxNumberOfMessages=10, VisibilityTimeout=2)
        messages = (answer or {}).get("Messages", [])
        for message in messages:
            self.note(message["Body"])
        if not messages:
            return
        answer = client("DeleteMessageBatch", QueueUrl=self.queue("crash.fifo"),
                        Entries=[{"Id": m["Body"].replace(":", "_"), "ReceiptHandle": m["ReceiptHandle"]} for m in messages])
        for entry in (answer or {}).get("Successful", []):
            group, number = map(int, entry["Id"].split("_"))
            self.deleted[group].add(number)

    def check(self, left):
        for message in left:
            self.note(message["Body"])
        assert not self.wrong, self.wrong[:5]
        for group, last in self.sent.items():
            # One more than was acknowledged may be there: the send that the last kill or the end interrupted.
            assert last <= self.next[group] - 1 <= last + 1, f"group {group}: {last} sent, {self.next[group] - 1} received"


def drain(server, name):
    """Everything that is there, deleted as it comes: a FIFO queue gives no more of a group before that."""
    client = Client(server)
    url = f"{server.url}/000000000000/{name}"
    left = []
    empty = 0
    while empty < 2:
        messages = client("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60,
                          WaitTimeSeconds=3).get("Messages", [])
        empty = 0 if messages else empty + 1
        left += messages
        if messages:
            client("DeleteMessageBatch", QueueUrl=url, Entries=[
                {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)])
    return left


@pytest.mark.parametrize("disk", ["remembers", "forgets"])
def test_no_acknowledgement_is_broken_by_kills_under_load(disk, tmp_path, monkeypatch):
    if disk == "forgets":
        library = tmp_path / "forgetful-disk.so"
        source = Path(__file__).with_name("forgetful_disk.cpp")
        subprocess.run(["g++", "-std=c++20", "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
        monkeypatch.setenv("LD_PRELOAD", str(library))
    server = Server().start()
    try:
        client = Client(server)
        assert client("CreateQueue", QueueName="crash") is not None
        assert client("CreateQueue", QueueName="crash.fifo", Attributes={"FifoQueue": "true"}) is not None
        standard, fifo = Standard(server), Fifo(server)
        standard.start(standard.send, standard.send, standard.receive)
        fifo.start(*[fifo.sender(group) for group in range(GROUPS)], fifo.receive)
        moments = random.Random(7)
        try:
            for _ in range(KILLS):
                time.sleep(moments.uniform(0.02, 0.4))
                server.kill()
                server.start()
            time.sleep(0.5)
        finally:
            standard.stop()
            fifo.stop()
        assert not standard.wrong + fifo.wrong, (standard.wrong + fifo.wrong)[:5]
        time.sleep(3.5)  # what was received and not deleted becomes visible again
        left = drain(server, "crash")
        standard.check(left)
        fifo.check(drain(server, "crash.fifo"))
        assert len(standard.sent) > 10 * KILLS and sum(fifo.sent.values()) > KILLS
        print(f"{KILLS} kills, disk {disk}; standard: {len(standard.sent)} sent, {len(standard.deleted)} deleted, {len(left)} left; "
              f"FIFO: {sum(fifo.sent.values())} sent, {sum(map(len, fifo.deleted.values()))} deleted under load")
    finally:
        server.remove()


def test_two_servers_cannot_share_a_data_directory(server):
    second = Server(data=server.data)
    with pytest.raises(RuntimeError, match="in use by another renkei server"):
        second.start()
    second.process.wait(timeout=10)
    second.process.stdout.close()


def test_everything_is_there_after_a_kill(server):
    server.aws("sqs", "create-queue", "--queue-name", "kept", "--attributes", "VisibilityTimeout=77", "--tags", "a=b")
    server.aws("logs", "create-log-group", "--log-group-name", "kept")
    server.aws("cloudwatch", "put-metric-alarm", "--alarm-name", "kept", "--namespace", "N", "--metric-name", "m",
               "--statistic", "Sum", "--period", 60, "--evaluation-periods", 1, "--threshold", 1,
               "--comparison-operator", "GreaterThanThreshold")
    server.aws("iam", "create-role", "--role-name", "kept", "--assume-role-policy-document",
               '{"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}')
    server.kill()
    server.start()
    url = server.aws("sqs", "get-queue-url", "--queue-name", "kept")["QueueUrl"]
    attributes = server.aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    assert attributes["VisibilityTimeout"] == "77"
    assert server.aws("sqs", "list-queue-tags", "--queue-url", url)["Tags"] == {"a": "b"}
    assert server.aws("logs", "describe-log-groups")["logGroups"][0]["logGroupName"] == "kept"
    assert server.aws("cloudwatch", "describe-alarms")["MetricAlarms"][0]["AlarmName"] == "kept"
    assert server.aws("iam", "get-role", "--role-name", "kept")["Role"]["RoleName"] == "kept"

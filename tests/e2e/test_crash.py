"""kill -9 at any instant loses nothing that was acknowledged."""

import random
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from server import Server

KILLS = 100


class Load:
    """Senders and a receiver that know what the server has acknowledged."""

    def __init__(self, server):
        self.server = server
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.sent = set()      # bodies whose SendMessage was answered
        self.deleted = set()   # bodies whose DeleteMessage was answered
        self.deleting = set()  # deletes under way when the server died: either outcome is right
        self.received_after_delete = []
        self.number = 0

    def queue(self):
        return f"{self.server.url}/000000000000/crash"

    def run_sender(self):
        client = self.server.boto3("sqs")
        while not self.stopping.is_set():
            with self.lock:
                self.number += 1
                body = f"m{self.number}"
            try:
                client.send_message(QueueUrl=self.queue(), MessageBody=body)
            except (ClientError, BotoCoreError):
                time.sleep(0.01)
                continue
            with self.lock:
                self.sent.add(body)

    def run_receiver(self):
        client = self.server.boto3("sqs")
        while not self.stopping.is_set():
            try:
                messages = client.receive_message(QueueUrl=self.queue(), VisibilityTimeout=2,
                                                  MaxNumberOfMessages=2).get("Messages", [])
                for message in messages:
                    with self.lock:
                        if message["Body"] in self.deleted:
                            self.received_after_delete.append(message["Body"])
                        self.deleting.add(message["Body"])
                    client.delete_message(QueueUrl=self.queue(), ReceiptHandle=message["ReceiptHandle"])
                    with self.lock:
                        self.deleted.add(message["Body"])
            except (ClientError, BotoCoreError):
                time.sleep(0.01)
            time.sleep(0.02)  # the senders stay ahead, so that there is something to lose


def drain(server):
    client = server.boto3("sqs")
    url = f"{server.url}/000000000000/crash"
    left = []
    empty = 0
    while empty < 2:
        messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600,
                                          WaitTimeSeconds=3).get("Messages", [])
        empty = 0 if messages else empty + 1
        left += [message["Body"] for message in messages]
    return left


def test_no_acknowledged_message_is_lost_over_a_hundred_kills():
    server = Server().start()
    try:
        server.boto3("sqs").create_queue(QueueName="crash")
        load = Load(server)
        threads = [threading.Thread(target=load.run_sender) for _ in range(2)]
        threads.append(threading.Thread(target=load.run_receiver))
        for thread in threads:
            thread.start()
        moments = random.Random(7)
        try:
            for _ in range(KILLS):
                time.sleep(moments.uniform(0.02, 0.25))
                server.kill()
                server.start()
        finally:
            time.sleep(0.3)
            load.stopping.set()
            for thread in threads:
                thread.join(timeout=70)
        time.sleep(2)  # what was received and not deleted becomes visible again
        left = drain(server)
        lost = load.sent - set(left) - load.deleting
        assert not lost, f"{len(lost)} of {len(load.sent)} acknowledged messages are gone: {sorted(lost)[:5]}"
        assert not load.received_after_delete, load.received_after_delete[:5]
        assert not load.deleted & set(left), "deleted messages came back"
        assert len(left) == len(set(left)), "a message is there twice"
        assert len(load.sent) > 2 * KILLS, f"only {len(load.sent)} messages were sent"
        print(f"{KILLS} kills, {len(load.sent)} sent, {len(load.deleted)} deleted, {len(left)} left")
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

"""SQS under the libraries that people use it with, unmodified: sqs-consumer and sqs-producer from npm, kombu and Celery,
boto3's resources, and the AWS CLI."""

import collections
import os
import re
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from server import REGION, until

HERE = Path(__file__).parent
JS = HERE / "js"


def test_npm_consumer_and_producer(server):
    if not (JS / "node_modules" / "sqs-consumer").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=JS, check=True, timeout=300)
    done = subprocess.run(["node", "--test", "consumer.test.cjs"], cwd=JS, env={**os.environ, "ENDPOINT": server.url},
                          capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr + server.tail()
    assert int(re.search(r"^# pass (\d+)", done.stdout, re.M).group(1)) == 8, done.stdout


@pytest.fixture
def queue_name():
    return f"q-{uuid.uuid4().hex[:8]}"


def broker(server):
    return f"sqs://test:test@127.0.0.1:{server.port}"


@pytest.mark.parametrize("suffix", ["", ".fifo"])
def test_kombu(shared_server, queue_name, suffix):
    kombu = pytest.importorskip("kombu")
    queue_name += suffix
    options = {"region": REGION, "is_secure": False, "wait_time_seconds": 1}
    with kombu.Connection(broker(shared_server), transport_options=options) as connection:
        queue = connection.SimpleQueue(queue_name)
        for i in range(25):
            queue.put({"number": i, "text": "日本"})
        assert queue.qsize() == 25
        got = []
        for _ in range(25):
            message = queue.get(timeout=10)
            got.append(message.payload["number"])
            assert message.payload["text"] == "日本"
            message.ack()
        assert (got if suffix else sorted(got)) == list(range(25))
        with pytest.raises(queue.Empty):
            queue.get(timeout=2)
        queue.put("again")
        message = queue.get(timeout=10)
        message.requeue()  # ChangeMessageVisibility to 0
        message = queue.get(timeout=10)
        assert message.payload == "again"
        message.ack()  # or kombu writes it to a file in /tmp when the process ends
        queue.clear()
        queue.close()


class Celery:
    def __init__(self, server, queue, output, visibility=30):
        self.output = output
        self.environment = {**os.environ, "BROKER": broker(server), "QUEUE": queue, "OUTPUT": str(output),
                            "VISIBILITY": str(visibility), "C_FORCE_ROOT": "1", "PYTHONDONTWRITEBYTECODE": "1"}

    def send(self, *calls):
        code = "import celery_tasks as t\n" + "\n".join(f"t.{call}" for call in calls)
        subprocess.run([sys.executable, "-c", code], cwd=HERE, env=self.environment, check=True, timeout=60)

    def worker(self, **environment):
        command = [sys.executable, "-m", "celery", "-A", "celery_tasks", "worker", "--concurrency=2", "--loglevel=warning",
                   "--without-gossip", "--without-mingle", "--without-heartbeat"]
        return subprocess.Popen(command, cwd=HERE, env={**self.environment, **environment}, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, start_new_session=True)

    def lines(self):
        return collections.Counter(self.output.read_text().splitlines()) if self.output.exists() else {}


def end(worker, number):
    """The worker is a session of its own: its pool ends with it."""
    try:
        if number == signal.SIGKILL:
            os.killpg(worker.pid, number)
        else:
            worker.send_signal(number)
        worker.wait(timeout=30)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    worker.stderr.close()


def test_celery(server, queue_name, tmp_path):
    pytest.importorskip("celery")
    pytest.importorskip("pycurl")
    celery = Celery(server, queue_name, tmp_path / "done")
    celery.send(*[f"add.delay({i}, {i})" for i in range(40)], "flaky.delay('f')")
    worker = celery.worker()
    try:
        wanted = {f"add {i} {i} {2 * i}" for i in range(40)} | {f"flaky f {n}" for n in range(3)}
        until(lambda: wanted <= set(celery.lines()), what="all tasks", seconds=60)
    finally:
        end(worker, signal.SIGTERM)
    assert set(celery.lines().values()) == {1}, celery.lines()
    attributes = server.boto3("sqs").get_queue_attributes(
        QueueUrl=f"{server.url}/000000000000/{queue_name}", AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_celery_gets_back_what_a_killed_worker_had(server, queue_name, tmp_path):
    pytest.importorskip("celery")
    pytest.importorskip("pycurl")
    celery = Celery(server, queue_name, tmp_path / "done", visibility=4)
    celery.send("slow.delay('killed')")
    worker = celery.worker(FIRST="1")
    try:
        until(lambda: "started killed" in celery.lines(), what="the task's start", seconds=60)
    finally:
        end(worker, signal.SIGKILL)
    assert "finished killed" not in celery.lines()
    worker = celery.worker()
    try:
        until(lambda: "finished killed" in celery.lines(), what="the task", seconds=60)
    finally:
        end(worker, signal.SIGTERM)
    assert celery.lines()["started killed"] == 2


def test_boto3_resources(shared_server, queue_name):
    import boto3
    sqs = boto3.resource("sqs", endpoint_url=shared_server.url, region_name=REGION, aws_access_key_id="test",
                         aws_secret_access_key="test")
    queue = sqs.create_queue(QueueName=queue_name, Attributes={"VisibilityTimeout": "77"}, tags={"team": "a"})
    assert sqs.get_queue_by_name(QueueName=queue_name) == queue
    assert queue.attributes["VisibilityTimeout"] == "77"
    assert queue in list(sqs.queues.filter(QueueNamePrefix=queue_name))
    queue.set_attributes(Attributes={"DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "1"})
    queue.send_message(MessageBody="one", MessageAttributes={"k": {"DataType": "Binary", "BinaryValue": b"\0\xff"}})
    sent = queue.send_messages(Entries=[{"Id": str(i), "MessageBody": str(i)} for i in range(9)])
    assert len(sent["Successful"]) == 9
    messages = queue.receive_messages(MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"])
    assert sorted(message.body for message in messages) == sorted([str(i) for i in range(9)] + ["one"])
    [first] = [message for message in messages if message.body == "one"]
    assert first.message_attributes["k"]["BinaryValue"] == b"\0\xff"
    assert first.attributes["ApproximateReceiveCount"] == "1"
    first.change_visibility(VisibilityTimeout=0)
    [again] = queue.receive_messages()
    assert again.message_id == first.message_id
    again.delete()
    done = queue.delete_messages(Entries=[{"Id": str(i), "ReceiptHandle": message.receipt_handle}
                                          for i, message in enumerate(messages) if message is not first])
    assert len(done["Successful"]) == 9
    queue.reload()
    assert queue.attributes["ApproximateNumberOfMessagesNotVisible"] == "0"
    queue.purge()
    queue.delete()


def test_aws_cli(shared_server, queue_name):
    aws = shared_server.aws
    url = aws("sqs", "create-queue", "--queue-name", queue_name, "--attributes", "DelaySeconds=0", "--tags", "a=b")["QueueUrl"]
    assert url in aws("sqs", "list-queues", "--queue-name-prefix", queue_name)["QueueUrls"]
    aws("sqs", "set-queue-attributes", "--queue-url", url, "--attributes", '{"VisibilityTimeout":"5"}')
    aws("sqs", "send-message", "--queue-url", url, "--message-body", "hello <&>\n日本", "--message-attributes",
        '{"n":{"DataType":"Number","StringValue":"3.50"}}')
    [message] = aws("sqs", "receive-message", "--queue-url", url, "--attribute-names", "All", "--message-attribute-names",
                    "All", "--wait-time-seconds", 2)["Messages"]
    assert message["Body"] == "hello <&>\n日本"
    assert message["MessageAttributes"]["n"] == {"DataType": "Number", "StringValue": "3.50"}
    aws("sqs", "change-message-visibility", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"],
        "--visibility-timeout", 60)
    aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
    entries = '[{"Id":"a","MessageBody":"1"},{"Id":"b","MessageBody":"2","DelaySeconds":60}]'
    assert len(aws("sqs", "send-message-batch", "--queue-url", url, "--entries", entries)["Successful"]) == 2
    attributes = aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    assert (attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesDelayed"]) == ("1", "1")
    aws("sqs", "purge-queue", "--queue-url", url)
    aws("sqs", "delete-queue", "--queue-url", url)
    refused = aws("sqs", "get-queue-url", "--queue-name", queue_name, check=False)
    assert refused.returncode == 254 and "NonExistentQueue" in refused.stderr

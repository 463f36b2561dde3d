"""`renkei bench` against renkei: each mix ends by itself, counts what it did, and leaves nothing behind."""

import json
import subprocess
import time

import pytest

from server import BINARY, REGION, Server


@pytest.fixture(scope="module")
def server():
    server = Server().start()
    yield server
    server.remove()


def bench(server, *arguments):
    return json.loads(server.renkei("bench", "--connections", "4", "--json", *arguments).stdout)


def test_it_sends_what_it_was_told_to(server):
    result = bench(server, "--messages", "200", "--queues", "2", "--queue", "told")
    assert result["sent"] == result["requests"] == result["latency_us"]["SendMessage"]["count"] == 200
    assert server.boto3("sqs").list_queues(QueueNamePrefix="told").get("QueueUrls", []) == []


def test_what_was_kept_is_drained(server):
    assert bench(server, "--messages", "300", "--batch", "10", "--keep", "--queue", "kept")["sent"] == 300
    result = bench(server, "--mix", "drain", "--batch", "10", "--queue", "kept", "--warm-up", "0")
    assert result["deleted"] == 300 and result["errors"] == {}


def test_end_to_end_at_a_rate(server, tmp_path):
    picture = tmp_path / "latency.svg"
    result = bench(server, "--mix", "end-to-end", "--rate", "50", "--duration", "2", "--pid", str(server.process.pid),
                   "--picture", str(picture))
    assert 60 <= result["sent"] <= 140 and result["deleted"] > 0
    assert result["latency_us"]["in queue"]["p50"] > 0 and result["server_cpu_seconds"] >= 0
    assert picture.read_text().startswith("<svg")


def test_what_does_not_fit_together(server):
    done = server.renkei("bench", "--batch", "11", check=False)
    assert done.returncode == 2 and "--batch is 1 to 10" in done.stderr
    done = server.renkei("bench", "--queue", "no such name!", check=False)
    assert done.returncode == 1 and "Can only include alphanumeric" in done.stderr


def test_a_cycle_leaves_the_depth_as_it_is(server):
    sqs = server.boto3("sqs")
    url = sqs.create_queue(QueueName="round")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="was here before")
    result = bench(server, "--mix", "cycle", "--batch", "10", "--messages", "400", "--queue-url", url, "--region",
                   REGION)
    assert result["deleted"] >= 400 and result["errors"] == {}
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert int(counts["ApproximateNumberOfMessages"]) < 100


def test_a_load_that_erases_leaves_nothing_in_flight(server):
    sqs = server.boto3("sqs")
    url = sqs.create_queue(QueueName="group.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for _ in range(3):  # a group left in flight would hold up the next round
        result = bench(server, "--mix", "cycle", "--fifo-groups", "1", "--duration", "0.3", "--warm-up", "0", "--queue-url",
                       url, "--region", REGION)
        assert result["deleted"] > 0
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_idle_polls_wait(server):
    result = bench(server, "--mix", "poll", "--duration", "1", "--warm-up", "0")
    assert result["requests"] == 0 and result["errors"] == {}


def test_it_goes_on_when_the_server_comes_back():
    server = Server().start()
    load = subprocess.Popen([BINARY, "bench", "--endpoint", server.url, "--connections", "8", "--mix", "cycle", "--json",
                             "--duration", "4", "--warm-up", "0"], env=server.environment(), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        time.sleep(1)
        server.kill()
        time.sleep(0.5)
        server.start()
        output, complaints = load.communicate(timeout=60)
        result = json.loads(output)
        # What was under way when the server went is an error; a connection that the dying server still took is broken
        # once more. The load goes on to its end.
        assert 1 <= sum(result["errors"].values()) <= 3 * 8 and load.returncode == 1, result["errors"]
        assert result["seconds"] >= 4 and result["deleted"] > 0, complaints
    finally:
        load.kill()
        load.wait()
        server.remove()


def test_it_gives_up_when_the_server_stays_away():
    server = Server().start()
    load = subprocess.Popen([BINARY, "bench", "--endpoint", server.url, "--connections", "2", "--duration", "60"],
                            env=server.environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        time.sleep(1)
        server.kill()
        _, complaints = load.communicate(timeout=40)
        assert load.returncode == 1 and "can't connect to" in complaints, complaints
    finally:
        load.kill()
        load.wait()
        server.remove()

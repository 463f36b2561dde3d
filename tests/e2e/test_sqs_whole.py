"""FIFO queues, dead letters and permissions through Debian's boto3 and AWS CLI, which speak the query protocol."""

import json
import time
from datetime import datetime, timedelta, timezone

import pytest

from server import ACCOUNT, REGION, Server, refused, until


@pytest.fixture
def sqs(shared_server):
    return shared_server.boto3("sqs")


def arn(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def create(sqs, name, **attributes):
    return sqs.create_queue(QueueName=name, Attributes={key: str(value) for key, value in attributes.items()})["QueueUrl"]


def attributes_of(sqs, url, *names):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names) or ["All"]).get("Attributes", {})


def bodies(sqs, url, **arguments):
    answer = sqs.receive_message(QueueUrl=url, **{"MaxNumberOfMessages": 10, **arguments})
    return [message["Body"] for message in answer.get("Messages", [])]


def test_fifo_order_and_locks(sqs):
    url = create(sqs, "order.fifo", FifoQueue="true")
    sent = [sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0], MessageDeduplicationId=body)
            for body in ("a1", "a2", "b1", "a3")]
    numbers = [one["SequenceNumber"] for one in sent]
    assert numbers == sorted(numbers) and all(len(number) == 20 for number in numbers)
    [first] = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert first["Body"] == "a1"
    assert first["Attributes"]["SequenceNumber"] == numbers[0]
    assert first["Attributes"]["MessageDeduplicationId"] == "a1"
    assert bodies(sqs, url) == ["b1"], "the rest of group a waits"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert bodies(sqs, url) == ["a2", "a3"]
    counts = attributes_of(sqs, url)
    assert (counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesNotVisible"]) == ("0", "3")
    sqs.delete_queue(QueueUrl=url)


def test_fifo_duplicates(sqs):
    url = create(sqs, "duplicates.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    first = sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="g")
    again = sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": "1", "MessageBody": "same", "MessageGroupId": "h"},
        {"Id": "2", "MessageBody": "other", "MessageGroupId": "h"}])["Successful"]
    assert [one["MessageId"] == first["MessageId"] for one in again] == [True, False]
    assert bodies(sqs, url) == ["same", "other"]
    sqs.delete_queue(QueueUrl=url)


def test_fifo_refusals(sqs):
    url = create(sqs, "refusals.fifo", FifoQueue="true")
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x") == (
        "MissingParameter", "The request must contain the parameter MessageGroupId.", 400)
    code, text, _ = refused(sqs.send_message_batch, QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "x"}])
    assert (code, text) == ("InvalidParameterValue", "The request must contain the parameter MessageGroupId.")
    code, text, _ = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "false"})
    assert code == "InvalidAttributeValue" and text.endswith("Modifying queue type is not supported.")
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="d")
    [message] = sqs.receive_message(QueueUrl=url, VisibilityTimeout=1)["Messages"]
    time.sleep(1.2)
    code, text, _ = refused(sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert code == "InvalidParameterValue" and text.endswith("Reason: The receipt handle has expired.")
    sqs.delete_queue(QueueUrl=url)


def test_dead_letters(sqs):
    dead = create(sqs, "dead")
    work = create(sqs, "work", VisibilityTimeout=0,
                  RedrivePolicy=json.dumps({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": "2"}))
    sent = sqs.send_message(QueueUrl=work, MessageBody="poison")
    assert [bodies(sqs, work) for _ in range(3)] == [["poison"], ["poison"], []]
    [letter] = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"])["Messages"]
    assert letter["MessageId"] == sent["MessageId"]
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == arn("work")
    assert letter["Attributes"]["ApproximateReceiveCount"] == "3"
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [work]
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(QueueUrl=dead, PaginationConfig={"PageSize": 1})
    assert [url for page in pages for url in page["queueUrls"]] == [work]
    assert refused(sqs.set_queue_attributes, QueueUrl=work, Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn("none"), "maxReceiveCount": 1})})[0] == "InvalidParameterValue"
    sqs.delete_queue(QueueUrl=work)
    sqs.delete_queue(QueueUrl=dead)


def test_permissions(sqs):
    url = create(sqs, "permissions")
    sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=["111111111111"], Actions=["SendMessage", "ReceiveMessage"])
    [statement] = json.loads(attributes_of(sqs, url, "Policy")["Policy"])["Statement"]
    assert statement["Action"] == ["SQS:SendMessage", "SQS:ReceiveMessage"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}
    assert refused(sqs.add_permission, QueueUrl=url, Label="l", AWSAccountIds=["111111111111"], Actions=["SendMessage"]) == (
        "InvalidParameterValue", "Value l for parameter Label is invalid. Reason: Already exists.", 400)
    sqs.remove_permission(QueueUrl=url, Label="l")
    assert "Policy" not in attributes_of(sqs, url)
    sqs.delete_queue(QueueUrl=url)


def test_largest_message_and_batch(sqs):
    url = create(sqs, "large")
    size = 1024 * 1024
    sqs.send_message(QueueUrl=url, MessageBody="x" * size)
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x" * (size + 1))[1] == (
        f"One or more parameters are invalid. Reason: Message must be shorter than {size} bytes.")
    half = "x" * (size // 2)
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": half}, {"Id": "2", "MessageBody": half}])
    code, text, _ = refused(sqs.send_message_batch, QueueUrl=url, Entries=[
        {"Id": "1", "MessageBody": half}, {"Id": "2", "MessageBody": half + "x"}])
    assert code == "AWS.SimpleQueueService.BatchRequestTooLong"
    assert text == f"Batch requests cannot be longer than {size} bytes. You have sent {size + 1} bytes."
    assert sorted(map(len, bodies(sqs, url))) == [size // 2, size // 2, size]
    sqs.delete_queue(QueueUrl=url)


def test_the_cli_on_a_fifo_queue(shared_server):
    url = shared_server.aws("sqs", "create-queue", "--queue-name", "cli.fifo", "--attributes",
                            "FifoQueue=true,ContentBasedDeduplication=true")["QueueUrl"]
    for body in ("1", "2"):
        sent = shared_server.aws("sqs", "send-message", "--queue-url", url, "--message-body", body,
                                 "--message-group-id", "g")
        assert len(sent["SequenceNumber"]) == 20
    got = shared_server.aws("sqs", "receive-message", "--queue-url", url, "--max-number-of-messages", "10",
                            "--attribute-names", "All")
    assert [message["Body"] for message in got["Messages"]] == ["1", "2"]


def test_fifo_state_survives_a_crash(server):
    sqs = server.boto3("sqs")
    url = create(sqs, "crash.fifo", FifoQueue="true")
    for body in ("1", "2", "3"):
        first = sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body)
    [held] = sqs.receive_message(QueueUrl=url)["Messages"]
    server.kill()
    server.start()
    again = sqs.send_message(QueueUrl=url, MessageBody="3", MessageGroupId="g", MessageDeduplicationId="3")
    assert again["SequenceNumber"] == first["SequenceNumber"], "still known as a duplicate"
    assert bodies(sqs, url) == [], "the group is still locked"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    assert bodies(sqs, url) == ["2", "3"]
    later = sqs.send_message(QueueUrl=url, MessageBody="4", MessageGroupId="g", MessageDeduplicationId="4")
    assert later["SequenceNumber"] > first["SequenceNumber"]


def test_a_name_rests_after_its_queue_was_deleted(sqs):
    sqs.delete_queue(QueueUrl=create(sqs, "rests"))
    assert refused(sqs.create_queue, QueueName="rests")[0] == "AWS.SimpleQueueService.QueueDeletedRecently"


def test_no_rests_for_test_suites():
    server = Server("--no-queue-rests").start()
    try:
        sqs = server.boto3("sqs")
        for _ in range(3):
            url = create(sqs, "again")
            sqs.purge_queue(QueueUrl=url)
            sqs.purge_queue(QueueUrl=url)
            sqs.delete_queue(QueueUrl=url)
    finally:
        server.remove()


def test_counters_agree_with_what_was_done():
    server = Server("--speed", "60").start()  # a minute a second
    try:
        sqs, cloudwatch = server.boto3("sqs"), server.boto3("cloudwatch")
        url = create(sqs, "counted.fifo", FifoQueue="true", ContentBasedDeduplication="true", VisibilityTimeout=43200)
        for body in ("a", "bb", "ccc", "a"):
            sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        sqs.receive_message(QueueUrl=url)
        for message in got[:2]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

        def points(name):
            now = datetime.now(timezone.utc)
            return cloudwatch.get_metric_statistics(
                Namespace="AWS/SQS", MetricName=name, Dimensions=[{"Name": "QueueName", "Value": "counted.fifo"}], Period=60,
                StartTime=now - timedelta(hours=1), EndTime=now + timedelta(hours=12),
                Statistics=["Sum", "SampleCount", "Maximum"])["Datapoints"]

        def total(name, statistic="Sum"):
            return sum(point[statistic] for point in points(name))

        until(lambda: total("NumberOfMessagesDeleted") == 2, 20, "the metrics of the minutes that are over")
        assert total("NumberOfMessagesSent") == 3
        assert total("NumberOfDeduplicatedSentMessages") == 1
        assert total("NumberOfMessagesReceived") == 3
        assert total("NumberOfEmptyReceives") == 1
        assert (total("SentMessageSize"), total("SentMessageSize", "SampleCount")) == (6, 3)
        latest = max(points("ApproximateNumberOfGroupsWithInflightMessages"), key=lambda point: point["Timestamp"])
        assert (latest["Maximum"], latest["SampleCount"]) == (1, 1)
    finally:
        server.remove()

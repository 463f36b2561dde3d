"""Debian's boto3 speaks the query protocol to SQS, its AWS CLI too."""

import hashlib
import json
import threading
import time
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sqs(shared_server):
    return shared_server.boto3("sqs")


@pytest.fixture
def queue(sqs, request):
    url = sqs.create_queue(QueueName=request.node.name[:70].replace("[", "-").replace("]", ""))["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def test_send_receive_delete(sqs, queue):
    sent = sqs.send_message(QueueUrl=queue, MessageBody="hello")
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"hello").hexdigest()
    [message] = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"]
    assert (message["Body"], message["MessageId"]) == ("hello", sent["MessageId"])
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == counts["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_long_poll_is_woken_by_a_message(sqs, queue):
    got = []
    waiter = threading.Thread(target=lambda: got.append(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)))
    started = time.monotonic()
    waiter.start()
    time.sleep(0.5)
    sqs.send_message(QueueUrl=queue, MessageBody="wake")
    waiter.join(timeout=15)
    assert got and got[0]["Messages"][0]["Body"] == "wake"
    assert time.monotonic() - started < 10


def test_message_attributes_and_their_digest(sqs, queue):
    attributes = {"General": {"DataType": "String", "StringValue": "Kenobi"},
                  "Hello": {"DataType": "String", "StringValue": "There"},
                  "Help.Me": {"DataType": "String", "StringValue": "Me"}}
    sent = sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=attributes)
    assert sent["MD5OfMessageAttributes"] == "4c360f3fdafd970e05fae2f149d997f5"
    [message] = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["Hello"]["StringValue"] == "There"


def test_a_message_over_the_limit_is_refused_and_nothing_is_kept(sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "1024"})
    with pytest.raises(ClientError) as refused:
        sqs.send_message(QueueUrl=queue, MessageBody="x" * 1025)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert "Message must be shorter than 1024 bytes." in refused.value.response["Error"]["Message"]
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_unknown_queue(sqs):
    with pytest.raises(ClientError) as refused:
        sqs.get_queue_url(QueueName="not-there")
    assert refused.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_the_cli_reads_the_same_queue(shared_server, sqs, queue):
    shared_server.aws("sqs", "send-message", "--queue-url", queue, "--message-body", "from the cli")
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "from the cli"


def post(url, target, body):
    """A JSON request as SDKs send it that post to the QueueUrl itself: (status, headers, document)."""
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers={
        "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{target}",
        "X-Amz-Date": "20240101T000000Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20240101/ap-northeast-1/sqs/aws4_request, "
                         "SignedHeaders=host, Signature=" + "0" * 64})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.headers, json.loads(reply.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.loads(error.read())


def test_json_on_the_path_of_a_queue(sqs, queue):
    assert post(queue, "SendMessage", {"MessageBody": "by path"})[0] == 200
    status, _, answer = post(queue, "ReceiveMessage", {"MaxNumberOfMessages": 10})
    assert status == 200 and answer["Messages"][0]["Body"] == "by path"
    status, _, answer = post(queue, "ReceiveMessage", {})
    assert status == 200 and "Messages" not in answer


def test_json_errors_carry_the_query_code_in_a_header(shared_server):
    status, headers, answer = post(shared_server.url, "GetQueueUrl", {"QueueName": "none"})
    assert status == 400
    assert answer["__type"] == "com.amazonaws.sqs#QueueDoesNotExist"
    assert answer["message"] == "The specified queue does not exist."
    assert headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"

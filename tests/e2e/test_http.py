"""What no SDK of ours sends, but others do: requests to the gateway by hand."""

import base64
import gzip
import hashlib
import http.client
import json
import ssl
import time
import urllib.parse
import zlib

import pytest

from server import until

JSON = "application/x-amz-json-1.0"
FORM = "application/x-www-form-urlencoded"


def send(server, method, target, body=None, tls=False, **headers):
    if tls:
        context = ssl.create_default_context(cafile=str(server.data / "tls" / "ca.pem"))
        connection = http.client.HTTPSConnection("localhost", server.port, timeout=30, context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, target, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
    reply = connection.getresponse()
    data = reply.read()
    connection.close()
    return reply.status, {k.lower(): v for k, v in reply.getheaders()}, data


def target(operation, prefix="AmazonSQS"):
    return {"X_Amz_Target": f"{prefix}.{operation}", "Content_Type": JSON}


def scope(service, region="ap-northeast-1"):
    return {"X_Amz_Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=AKID/20260101/{region}/{service}/aws4_request, "
                             "SignedHeaders=host;x-amz-date, Signature=00"}


@pytest.fixture(scope="module")
def queue(shared_server):
    """The path of a queue in the region of callers that name none."""
    status, _, body = send(shared_server, "POST", "/", '{"QueueName":"by-hand"}', **target("CreateQueue"))
    assert status == 200
    return urllib.parse.urlparse(json.loads(body)["QueueUrl"]).path


def test_requests_to_the_queue_url_itself(shared_server, queue):
    status, headers, body = send(shared_server, "POST", queue, '{"MessageBody":"one"}', **target("SendMessage"))
    assert (status, headers["content-type"]) == (200, JSON)
    assert json.loads(body)["MD5OfMessageBody"] == hashlib.md5(b"one").hexdigest()
    assert send(shared_server, "POST", queue, "{}", **target("GetQueueAttributes"))[0] == 200
    status, headers, body = send(shared_server, "POST", queue, "Action=SendMessage&MessageBody=two+words%21",
                                 Content_Type=FORM)
    assert (status, headers["content-type"]) == (200, "text/xml")
    assert hashlib.md5(b"two words!").hexdigest().encode() in body
    status, _, body = send(shared_server, "GET", queue + "?Action=ReceiveMessage&MaxNumberOfMessages=10")
    assert status == 200 and b"<Body>" in body


def test_gzip_bodies(shared_server, queue):
    packed = gzip.compress(b'{"MessageBody":"' + b"x" * 20_000 + b'"}')
    status, _, body = send(shared_server, "POST", queue, packed, Content_Encoding="gzip", **target("SendMessage"))
    assert (status, json.loads(body)["MD5OfMessageBody"]) == (200, hashlib.md5(b"x" * 20_000).hexdigest())
    status, _, body = send(shared_server, "POST", queue, b"no gzip", Content_Encoding="gzip", **target("SendMessage"))
    assert status == 400 and json.loads(body)["__type"].endswith("SerializationException")
    bomb = gzip.compress(b" " * (64 << 20))
    assert send(shared_server, "POST", queue, bomb, Content_Encoding="gzip", **target("SendMessage"))[0] == 400


def test_what_is_not_there(shared_server):
    def told(answer):
        assert answer[1].get("x-amzn-requestid") or answer[1].get("x-amz-request-id")
        return answer[0], answer[2].decode(errors="replace")

    status, text = told(send(shared_server, "POST", "/", "{}", **target("StartMessageMoveTaskX")))
    assert status == 404 and "UnknownOperationException" in text
    status, text = told(send(shared_server, "POST", "/", "{}", **target("DescribeRegistry", "AmazonEC2ContainerRegistry_V20150921")))
    assert status == 400 and "DescribeRegistry of ecr is not supported" in text
    status, text = told(send(shared_server, "POST", "/", "{}", **scope("dynamodb"), **target("ListTables", "DynamoDB_20120810")))
    assert status == 400 and "The service 'dynamodb' is not supported by renkei." in text
    status, text = told(send(shared_server, "POST", "/", "Action=Nope&Version=2011-06-15", Content_Type=FORM))
    assert status == 400 and "<Code>InvalidAction</Code>" in text
    status, text = told(send(shared_server, "POST", "/", "Version=2011-06-15", Content_Type=FORM))
    assert status == 400 and "<Code>MissingAction</Code>" in text
    status, text = told(send(shared_server, "POST", "/", "{", **target("ListQueues")))
    assert status == 400 and "SerializationException" in text
    status, text = told(send(shared_server, "POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics", b"\xa0",
                             Smithy_Protocol="rpc-v2-cbor", X_Amz_Target="A.B"))
    assert status == 400
    assert send(shared_server, "GET", "/_renkei/nothing")[0] == 404
    assert send(shared_server, "POST", "/", "x" * (17 << 20), **target("SendMessage"))[0] == 413


def test_regions_come_from_the_signature(shared_server):
    for region in ("eu-west-1", "eu-west-2"):
        status, _, body = send(shared_server, "POST", "/", "Action=ListQueues&Version=2012-11-05", Content_Type=FORM,
                               **scope("sqs", region))
        assert status == 200 and b"<QueueUrl>" not in body
    send(shared_server, "POST", "/", '{"QueueName":"west"}', **target("CreateQueue"), **scope("sqs", "eu-west-1"))
    listed = send(shared_server, "POST", "/", "{}", **target("ListQueues"), **scope("sqs", "eu-west-1"), Host="sqs.example:99")
    assert json.loads(listed[2])["QueueUrls"] == ["http://sqs.example:99/000000000000/west"]


def test_a_long_poll_whose_client_is_gone_takes_no_message(shared_server, queue):
    send(shared_server, "POST", "/", '{"QueueName":"gone"}', **target("CreateQueue"))
    connection = http.client.HTTPConnection("127.0.0.1", shared_server.port, timeout=30)
    connection.request("POST", "/000000000000/gone", '{"WaitTimeSeconds":20}',
                       {"X-Amz-Target": "AmazonSQS.ReceiveMessage", "Content-Type": JSON})
    time.sleep(0.3)
    connection.close()
    time.sleep(0.3)
    send(shared_server, "POST", "/000000000000/gone", '{"MessageBody":"mine"}', **target("SendMessage"))
    started = time.monotonic()
    _, _, body = send(shared_server, "POST", "/000000000000/gone", '{"WaitTimeSeconds":5}', **target("ReceiveMessage"))
    assert json.loads(body)["Messages"][0]["Body"] == "mine"
    assert time.monotonic() - started < 2


def test_the_path_of_a_queue(shared_server):
    send(shared_server, "POST", "/", '{"QueueName":"path"}', **target("CreateQueue"))
    path = "/000000000000/path"
    # A body that speaks of QueueUrl names no queue.
    body = json.dumps({"MessageBody": '{"QueueUrl": "elsewhere"}'})
    assert send(shared_server, "POST", path, body, **target("SendMessage"))[0] == 200
    body = json.dumps({"MessageBody": '"QueueUrl"', "QueueUrl": f"http://anywhere{path}"})
    assert send(shared_server, "POST", "/000000000000/none", body, **target("SendMessage"))[0] == 200
    form = "Action=SendMessage&MessageBody=%26QueueUrl%3Delsewhere"
    assert send(shared_server, "POST", path, form, Content_Type=FORM)[0] == 200
    _, _, received = send(shared_server, "POST", path, '{"MaxNumberOfMessages":10}', **target("ReceiveMessage"))
    assert sorted(message["Body"] for message in json.loads(received)["Messages"]) == [
        '"QueueUrl"', "&QueueUrl=elsewhere", '{"QueueUrl": "elsewhere"}']
    # A browser, and what only the account can be asked for.
    for headers in ({}, scope("sqs"), {"Accept": "application/json"}):
        assert send(shared_server, "GET", path, **headers)[::2] == (404, b"<UnknownOperationException/>")
    for action in ("ListQueues", "CreateQueue&QueueName=other"):
        status, _, body = send(shared_server, "POST", path, f"Action={action}", Content_Type=FORM)
        assert status == 400 and b"<Code>InvalidAction</Code>" in body and b"is not valid for this endpoint." in body
    # No queue has such a name: an object of a bucket with a number for a name.
    assert b"NoSuchBucket" in send(shared_server, "GET", path + ".png")[2]


def test_tls_on_the_same_port(shared_server):
    status, _, body = send(shared_server, "POST", "/", '{"QueueName":"by-tls"}', tls=True, **target("CreateQueue"))
    assert status == 200 and json.loads(body)["QueueUrl"].startswith(f"https://localhost:{shared_server.port}/")


def test_uploads_as_newer_sdks_send_them(shared_server):
    assert send(shared_server, "PUT", "/uploads")[0] == 200
    body = b"hello world" * 10_000
    crc = zlib.crc32(body).to_bytes(4, "big")
    trailer = base64.b64encode(crc).decode()
    coded = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (len(body), body, trailer.encode())
    head = {"Content_Encoding": "aws-chunked", "X_Amz_Trailer": "x-amz-checksum-crc32",
            "X_Amz_Decoded_Content_Length": str(len(body)), "X_Amz_Content_SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
    status, headers, _ = send(shared_server, "PUT", "/uploads/key", iter([coded[:5000], coded[5000:]]), **head)
    assert (status, headers["etag"]) == (200, f'"{hashlib.md5(body).hexdigest()}"')
    status, headers, got = send(shared_server, "GET", "/uploads/key")
    assert (status, got) == (200, body) and "aws-chunked" not in headers.get("content-encoding", "")
    assert send(shared_server, "GET", "/key", Host="uploads.s3.us-east-1.amazonaws.com")[2] == body
    broken = coded.replace(b"hello", b"hellO", 1)
    status, _, text = send(shared_server, "PUT", "/uploads/key", broken, **head)
    assert status == 400 and b"<Code>BadDigest</Code>" in text
    assert send(shared_server, "GET", "/uploads/key")[2] == body
    status, headers, data = send(shared_server, "HEAD", "/uploads/key")
    assert (status, headers["content-length"], data) == (200, str(len(body)), b"")
    # What was refused leaves no file behind.
    until(lambda: len(list((shared_server.data / "objects").iterdir())) == 1, 5, "one object file")


def test_metrics_page(shared_server, queue):
    status, headers, body = send(shared_server, "GET", "/_renkei/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain")
    assert b'renkei_requests_total{service="sqs",operation="CreateQueue",status="200"}' in body
    assert b'renkei_request_seconds_bucket{service="sqs",le="+Inf"}' in body

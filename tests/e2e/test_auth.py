"""--auth strict: who may in, and the words for who may not, by each family of services."""

import json
import urllib.error
import urllib.request

import pytest

from server import REGION, Server, refused

KEY, SECRET = "AKIAEXAMPLE", "a/secret+of=signs"


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    keys = tmp_path_factory.mktemp("auth") / "keys"
    keys.write_text(f"# access key, secret key\n{KEY} {SECRET}\n")
    server = Server("--auth", "strict", "--keys", str(keys)).start()
    yield server
    server.remove()


def test_the_right_key_passes(strict):
    sqs = strict.boto3("sqs", KEY, SECRET)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x" * 100_000)
    assert strict.boto3("ecs", KEY, SECRET).list_clusters()["clusterArns"] == []
    assert strict.boto3("sts", KEY, SECRET).get_caller_identity()["Account"]


def test_the_command_line_signs_what_it_sends(strict, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    strict.renkei("status", "--json")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
    assert "signature" in strict.renkei("status", check=False).stderr


WRONG_SECRET = ("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
                "Key and signing method. Consult the service documentation for details.")
UNKNOWN_KEY = "The security token included in the request is invalid."


@pytest.mark.parametrize("service,call,wrong_secret,unknown_key", [
    ("sts", "get_caller_identity", ("SignatureDoesNotMatch", WRONG_SECRET, 403), ("InvalidClientTokenId", UNKNOWN_KEY, 403)),
    ("sqs", "list_queues", ("SignatureDoesNotMatch", WRONG_SECRET, 403), ("InvalidClientTokenId", UNKNOWN_KEY, 403)),
    ("ecs", "list_clusters", ("InvalidSignatureException", WRONG_SECRET, 400),
     ("UnrecognizedClientException", UNKNOWN_KEY, 400)),
    ("logs", "describe_log_groups", ("InvalidSignatureException", WRONG_SECRET, 400),
     ("UnrecognizedClientException", UNKNOWN_KEY, 400)),
    ("ec2", "describe_vpcs", ("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
     ("AuthFailure", "AWS was not able to validate the provided access credentials", 401)),
    ("s3", "list_buckets",
     ("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your "
      "key and signing method.", 403),
     ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)),
])
def test_wrong_keys(strict, service, call, wrong_secret, unknown_key):
    assert refused(getattr(strict.boto3(service, KEY, "another secret"), call)) == wrong_secret
    assert refused(getattr(strict.boto3(service, "AKIANOBODY", SECRET), call)) == unknown_key


def test_unsigned_requests(strict):
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(strict.url, data=body), timeout=5)
    assert caught.value.code == 403
    assert "<Code>MissingAuthenticationToken</Code>" in caught.value.read().decode()
    with urllib.request.urlopen(strict.url + "/_renkei/health", timeout=5) as reply:
        assert reply.status == 200


def test_presigned_urls(strict):
    right = strict.boto3("sts", KEY, SECRET).generate_presigned_url("get_caller_identity", HttpMethod="GET")
    with urllib.request.urlopen(right, timeout=5) as reply:
        assert b"<Account>" in reply.read()
    changed = right.replace("X-Amz-Expires=3600", "X-Amz-Expires=3601")
    assert changed != right
    for url in (changed, strict.boto3("sts", KEY, "wrong").generate_presigned_url("get_caller_identity", HttpMethod="GET")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url, timeout=5)
        assert caught.value.code == 403 and "<Code>SignatureDoesNotMatch</Code>" in caught.value.read().decode()


ROLE = {"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}


def test_the_keys_of_a_session(strict):
    iam = strict.boto3("iam", KEY, SECRET)
    arn = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(ROLE))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    given = strict.boto3("sts", KEY, SECRET).assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    key, secret, token = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
    caller = strict.boto3("sts", key, secret, token).get_caller_identity()
    assert caller["Arn"].endswith(":assumed-role/worker/me")

    s3 = strict.boto3("s3", key, secret, token, signature_version="s3v4")
    s3.create_bucket(Bucket="of-a-session", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="of-a-session", Key="k", Body=b"chunks are signed with the session's key")
    with urllib.request.urlopen(s3.generate_presigned_url("get_object", {"Bucket": "of-a-session", "Key": "k"})) as reply:
        assert reply.read().startswith(b"chunks")

    invalid = ("UnrecognizedClientException", UNKNOWN_KEY, 400)
    assert refused(strict.boto3("ecs", key, secret).list_clusters) == invalid
    assert refused(strict.boto3("ecs", key, secret, "another token").list_clusters) == invalid
    assert refused(strict.boto3("s3", key, secret, "another").list_buckets)[:2] == (
        "InvalidToken", "The provided token is malformed or otherwise invalid.")
    assert refused(strict.boto3("sqs", key, "wrong", token).list_queues)[0] == "SignatureDoesNotMatch"


def test_strict_needs_keys(tmp_path):
    server = Server("--auth", "strict")
    with pytest.raises(RuntimeError, match="--keys"):
        server.start()
    server.remove()
